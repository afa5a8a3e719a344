import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

@testable import TorrentFetch

/// What a repair keeps aside, and what the next one makes of it.
@Suite(.timeLimit(.minutes(5))) struct RepairUndoTests {
    @Test("a repair that was killed in the middle of a piece is gone on with")
    func killed() throws {
        let rig = try RepairRig()
        let wrong = rig.damaged([2, 8])
        try rig.put(wrong)
        // As a killed one leaves it: the old bytes aside, and half a piece written over.
        let file = try FileDescriptor(rig.path, .updating)
        var undo = try UndoFile(
            for: rig.growing.name, try file.identity(), in: rig.growing.data)
        for piece in [2, 8] { try undo.keep(rig.growing.file.map.range(of: piece), of: file) }
        try undo.sync()
        try file.write([UInt8](repeating: 9, count: 5000), at: Int64(2 * rig.length))
        try undo.note(try file.identity())
        // Without a source it is undone.
        try rig.mirror("a", rig.damaged([2, 8]))
        #expect(throws: FetchError.self) {
            _ = try rig.fetcher.repair(try rig.examine()) { _ in }
        }
        #expect(try rig.there() == wrong)
        rig.options.mirrors = []
        try rig.mirror("b", rig.bytes)
        _ = try rig.fetcher.repair(try rig.examine()) { _ in }
        #expect(try rig.there() == rig.bytes)
    }

    @Test("what a killed repair has kept is not put back over what somebody has written since")
    func writtenSince() throws {
        let rig = try RepairRig()
        let short = Array(rig.damaged([2])[..<(4 * rig.length + 100)])
        try rig.put(short)
        let file = try FileDescriptor(rig.path, .updating)
        var undo = try UndoFile(
            for: rig.growing.name, try file.identity(), in: rig.growing.data)
        for piece in [2, 4] { try undo.keep(rig.growing.file.map.range(of: piece), of: file) }
        try undo.sync()
        try file.truncate(to: Int64(rig.bytes.count))
        try undo.note(try file.identity())
        // The same file, with other bytes in the same places and a fault in the last piece.
        let last = (rig.bytes.count - 1) / rig.length
        var newer = rig.damaged([last])
        for place in [2 * rig.length + 5, 4 * rig.length + 5] { newer[place] ^= 1 }
        try file.write(newer, at: 0)
        try rig.mirror("a", [UInt8](repeating: 0, count: rig.bytes.count))
        #expect(throws: FetchError.self) {
            _ = try rig.fetcher.repair(try rig.examine()) { _ in }
        }
        #expect(try rig.there() == newer)
        #expect(try !rig.hasUndo())
        rig.options.mirrors = []
        try rig.mirror("b", rig.bytes)
        _ = try rig.fetcher.repair(try rig.examine()) { _ in }
        #expect(try rig.there() == rig.bytes)
    }

    @Test("a file that a killed repair has made longer or shorter gets its own length again")
    func lengthAfterKill() throws {
        let short = 4 * GrowingFile.pieceLength + 100
        for isLong in [false, true] {
            let rig = try RepairRig()
            let wrong =
                isLong ? rig.damaged([2]) + Array("more".utf8) : Array(rig.damaged([2])[..<short])
            try rig.put(wrong)
            let file = try FileDescriptor(rig.path, .updating)
            var undo = try UndoFile(
                for: rig.growing.name, try file.identity(), in: rig.growing.data)
            for piece in [2, 4] {
                try undo.keep(rig.growing.file.map.range(of: piece), of: file)
            }
            let size = Int64(rig.bytes.count)
            try undo.keep(size..<size + 4, of: file)
            try file.truncate(to: size)
            try undo.mark(of: try FileDescriptor(rig.path, .reading)).note()
            try rig.mirror("a", [UInt8](repeating: 0, count: rig.bytes.count))
            #expect(throws: FetchError.self) {
                _ = try rig.fetcher.repair(try rig.examine()) { _ in }
            }
            #expect(try rig.there() == wrong)
        }
    }

    @Test("a repair of something worthless that was killed early is gone on with")
    func killedEarly() throws {
        let rig = try RepairRig()
        try rig.put(Array("<html>".utf8))
        let file = try FileDescriptor(rig.path, .updating)
        var undo = try UndoFile(
            for: rig.growing.name, try file.identity(), in: rig.growing.data)
        try undo.keep(rig.growing.file.map.range(of: 0), of: file)
        try file.truncate(to: Int64(rig.bytes.count))
        try file.write([UInt8](repeating: 9, count: 5000), at: 0)
        try undo.note(try file.identity())
        try rig.mirror("a", rig.bytes)
        _ = try rig.fetcher.repair(try rig.examine()) { _ in }
        #expect(try rig.there() == rig.bytes)
    }

    @Test("a repair that was killed after its last byte leaves nothing behind once that is seen")
    func killedAtTheEnd() throws {
        let rig = try RepairRig()
        let file = try FileDescriptor(rig.path, .updating)
        var undo = try UndoFile(
            for: rig.growing.name, try file.identity(), in: rig.growing.data)
        try undo.keep(rig.growing.file.map.range(of: 2), of: file)
        try undo.sync()
        let folder = rig.growing.data.state.appending("undo")
        #expect(try Folder(folder).entries().count == 1)
        let examination = try rig.examine()
        #expect(examination.isWhole)
        try rig.fetcher.confirm(examination)
        #expect(try Folder(folder).entries().isEmpty)
        // Nor is there anything to leave where no repair ever was.
        try Folder(rig.growing.data.state).removeTree("undo")
        try rig.fetcher.confirm(examination)
    }

    @Test("what is kept aside is not kept behind a link")
    func linkedUndo() throws {
        let rig = try RepairRig()
        let wrong = rig.damaged([1])
        try rig.put(wrong)
        try rig.mirror("a", rig.bytes)
        _ = try Folder.creating(rig.growing.folder["elsewhere"])
        try Folder.creating(rig.growing.data.state)
            .makeSymbolicLink("undo", to: rig.growing.folder["elsewhere"])
        let error = #expect(throws: DiskError.self) {
            _ = try rig.fetcher.repair(try rig.examine()) { _ in }
        }
        #expect(error?.code == .isALink)
        #expect(try rig.there() == wrong)
        #expect(try rig.growing.folder.names(in: "elsewhere").isEmpty)
    }

    @Test("half a record of an undo file is none, and one of another file is not used")
    func undoFile() throws {
        let rig = try RepairRig()
        let file = try FileDescriptor(rig.path, .updating)
        let identity = try file.identity()
        let ranges: [Range<Int64>] = [0..<1000, 5000..<5100]
        var undo = try UndoFile(for: "a", identity, in: rig.growing.data)
        for range in ranges { try undo.keep(range, of: file) }
        let store = rig.growing.data.state.appending("undo/a.undo")
        let whole = try FileDescriptor(store, .updating)
        try whole.truncate(to: try whole.size() - 3)
        try file.write([UInt8](repeating: 1, count: 6000), at: 0)
        let again = try UndoFile(for: "a", identity, in: rig.growing.data)
        try again.restore(to: file, in: [0..<Int64.max])
        let now = try rig.there()
        #expect(now[..<1000] == rig.bytes[..<1000])
        #expect(now[5000..<5100].allSatisfy { $0 == 1 })
        let other = FileIdentity(
            fileSystem: identity.fileSystem, inode: identity.inode + 1, size: 5,
            modified: identity.modified, changed: identity.changed)
        let stranger = try UndoFile(for: "a", other, in: rig.growing.data)
        #expect(stranger.originalSize == 5)
        try file.write([2], at: 0)
        try stranger.restore(to: file, in: [0..<Int64.max])
        #expect(try rig.there()[0] == 2)
    }
}
