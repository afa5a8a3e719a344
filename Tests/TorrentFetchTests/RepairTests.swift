import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

@testable import TorrentFetch

@Suite(.timeLimit(.minutes(5))) struct RepairTests {
    /// A file that was whole once, in its data folder, and another copy of it beside.
    private final class Rig {
        let growing: GrowingFile
        let length = GrowingFile.pieceLength
        var options = FetchOptions()

        init() throws {
            growing = try GrowingFile()
            options.sources = .mirrors
            options.reserve = 0
            options.stallTimeout = .seconds(2)
            options.torrentSite = nil
            options.torrentFolders = [growing.folder["torrents"]]
            try growing.folder.write(
                growing.file.torrent.bytes, to: "torrents/\(growing.name).torrent")
            try put(bytes)
        }

        var bytes: [UInt8] { growing.file.bytes }
        var path: Path { growing.final }
        var fetcher: Fetcher { Fetcher(growing.data, options) }

        var manifestFile: ManifestFile {
            ManifestFile(
                name: growing.name, part: "val", size: Int64(bytes.count),
                digests: [growing.md5], torrent: growing.file.torrent.infoHash)
        }

        func put(_ bytes: [UInt8]) throws {
            try Folder.creating(path.parent).publish(path.lastComponent, bytes)
        }

        /// The bytes with every piece of these damaged in one place.
        func damaged(_ pieces: [Int]) -> [UInt8] {
            var result = bytes
            for piece in pieces { result[piece * length + 77] ^= 1 }
            return result
        }

        func mirror(_ name: String, _ bytes: [UInt8]) throws {
            try growing.folder.write(bytes, to: "\(name)/\(growing.name)")
            options.mirrors.append(growing.folder[name].description + "/")
        }

        func there() throws -> [UInt8] {
            try FileDescriptor(path, .reading).contents(limit: 1 << 24)
        }

        func examine() throws -> Examination {
            try fetcher.examine(manifestFile, at: path) { _ in }
        }

        func hasUndo() throws -> Bool {
            let folder = growing.data.state.appending("undo")
            guard let open = try? Folder(folder) else { return false }
            return try !open.entries().isEmpty
        }

        func receipt() throws -> Receipt? {
            if case .receipt(let receipt) = try growing.data.receipts.load(growing.name) {
                return receipt
            }
            return nil
        }
    }

    private func code(_ body: () throws -> Void) -> FetchError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? FetchError)?.code
        }
    }

    @Test("damage has an address, and two damaged copies make one good file")
    func heal() throws {
        let rig = try Rig()
        try rig.put(rig.damaged([3, 4, 20]))
        try rig.mirror("a", rig.damaged([4, 7]))
        try rig.mirror("b", rig.damaged([3, 9, 20]))
        let before = try FileDescriptor(rig.path, .reading).identity().inode
        let examination = try rig.examine()
        let length = Int64(rig.length)
        #expect(examination.damage == [3 * length..<5 * length, 20 * length..<21 * length])
        #expect(examination.bytesToFetch == 3 * length)
        let result = try rig.fetcher.repair(examination) { _ in }
        #expect(result.mirrorBytes == 3 * length)
        #expect(result.digests == [rig.growing.md5])
        #expect(try rig.there() == rig.bytes)
        // Where it lay: links to it are mended too.
        #expect(try FileDescriptor(rig.path, .reading).identity().inode == before)
        #expect(try !rig.hasUndo())
        let receipt = try #require(try rig.receipt())
        #expect(receipt.holds(for: try FileDescriptor(rig.path, .reading).identity()))
        #expect(receipt.sources["existing"] == Int64(rig.bytes.count) - 3 * length)
        #expect(try rig.examine().isWhole)
    }

    @Test("what does not come is as it was, and what came stays")
    func partly() throws {
        let rig = try Rig()
        let wrong = rig.damaged([2, 5])
        try rig.put(wrong)
        try rig.mirror("a", rig.damaged([5]))
        let examination = try rig.examine()
        #expect(throws: FetchError.self) { _ = try rig.fetcher.repair(examination) { _ in } }
        #expect(try rig.there() == rig.damaged([5]))
        #expect(try rig.receipt() == nil)
        #expect(try rig.hasUndo())
        try rig.mirror("b", rig.bytes)
        _ = try rig.fetcher.repair(try rig.examine()) { _ in }
        #expect(try rig.there() == rig.bytes)
        #expect(try !rig.hasUndo())
    }

    @Test("a file that is too short or too long gets its length, or keeps the one it had")
    func length() throws {
        let rig = try Rig()
        let short = Array(rig.bytes[..<(rig.bytes.count - 30_000)])
        let long = rig.damaged([1]) + Array("more".utf8)
        try rig.mirror("a", [UInt8](repeating: 0, count: rig.bytes.count))
        for wrong in [short, long] {
            try rig.put(wrong)
            let examination = try rig.examine()
            #expect(!examination.isWhole)
            #expect(throws: FetchError.self) { _ = try rig.fetcher.repair(examination) { _ in } }
            #expect(try rig.there() == wrong)
        }
        rig.options.mirrors = []
        try rig.mirror("b", rig.bytes)
        for wrong in [short, long] {
            try rig.put(wrong)
            _ = try rig.fetcher.repair(try rig.examine()) { _ in }
            #expect(try rig.there() == rig.bytes)
        }
    }

    @Test("when all pieces are right and the whole is not, everything is as it was")
    func contradiction() throws {
        let rig = try Rig()
        let wrong = rig.damaged([6])
        try rig.put(wrong)
        try rig.mirror("a", rig.bytes)
        var file = rig.manifestFile
        file.digests = [Hasher.digest(.md5, [1])]
        let fetcher = rig.fetcher
        let examination = try fetcher.examine(file, at: rig.path) { _ in }
        #expect(code { _ = try fetcher.repair(examination) { _ in } } == .mismatch)
        #expect(try rig.there() == wrong)
        #expect(try !rig.hasUndo())
    }

    @Test("a repair that was killed in the middle of a piece is gone on with")
    func killed() throws {
        let rig = try Rig()
        let wrong = rig.damaged([2, 8])
        try rig.put(wrong)
        // As a killed one leaves it: the old bytes aside, and half a piece written over.
        let file = try FileDescriptor(rig.path, .updating)
        var undo = try UndoFile(
            for: rig.growing.name, try file.identity(), in: rig.growing.data)
        for piece in [2, 8] { try undo.keep(rig.growing.file.map.range(of: piece), of: file) }
        try undo.sync()
        try file.write([UInt8](repeating: 9, count: 5000), at: Int64(2 * rig.length))
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

    @Test("a repair that was killed after its last byte leaves nothing behind once that is seen")
    func killedAtTheEnd() throws {
        let rig = try Rig()
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

    @Test("a piece map of our own serves as well as a torrent, and without one nothing is touched")
    func ownPieces() throws {
        let rig = try Rig()
        rig.options.torrentFolders = []
        var file = rig.manifestFile
        file.torrent = nil
        try rig.put(rig.damaged([11]))
        try rig.mirror("a", rig.bytes)
        let fetcher = rig.fetcher
        #expect(code { _ = try fetcher.examine(file, at: rig.path) { _ in } } == .noPieces)
        try rig.growing.data.pieces.save(
            ProvenPieces(
                fileName: file.name, digests: [rig.growing.md5], map: rig.growing.file.map))
        _ = try fetcher.repair(try fetcher.examine(file, at: rig.path) { _ in }) { _ in }
        #expect(try rig.there() == rig.bytes)
    }

    @Test("a file that changed since it was examined is left alone")
    func changed() throws {
        let rig = try Rig()
        try rig.put(rig.damaged([1]))
        try rig.mirror("a", rig.bytes)
        let examination = try rig.examine()
        let other = rig.damaged([2])
        try rig.put(other)
        #expect(code { _ = try rig.fetcher.repair(examination) { _ in } } == .changed)
        #expect(try rig.there() == other)
    }

    @Test("a file that another run works on is not written to, by whatever name")
    func busy() throws {
        let rig = try Rig()
        try rig.put(rig.damaged([1]))
        try rig.mirror("a", rig.bytes)
        let examination = try rig.examine()
        do {
            let other = try FileDescriptor(rig.path, .updating)
            try other.claim()
            #expect(throws: DiskError.busy(rig.path)) {
                _ = try rig.fetcher.repair(examination) { _ in }
            }
        }
        do {
            // One with another state folder.
            let data = DataFolder(rig.growing.data.path, state: rig.growing.folder["state"])
            let lock = try data.lock()
            #expect(throws: DiskError.busy(rig.path.parent)) {
                _ = try rig.fetcher.repair(examination) { _ in }
            }
            withExtendedLifetime(lock) {}
        }
        #expect(try rig.there() == rig.damaged([1]))
        _ = try rig.fetcher.repair(examination) { _ in }
        #expect(try rig.there() == rig.bytes)
    }

    @Test("no room for what is kept aside: refused before anything is written")
    func noSpace() throws {
        let rig = try Rig()
        rig.options.reserve = 1 << 60
        let wrong = rig.damaged([1])
        try rig.put(wrong)
        try rig.mirror("a", rig.bytes)
        let examination = try rig.examine()
        #expect(code { _ = try rig.fetcher.repair(examination) { _ in } } == .noSpace)
        #expect(try rig.there() == wrong)
    }

    @Test("half a record of an undo file is none, and one of another file is not used")
    func undoFile() throws {
        let rig = try Rig()
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
        try again.restore(to: file) { _ in true }
        let now = try rig.there()
        #expect(now[..<1000] == rig.bytes[..<1000])
        #expect(now[5000..<5100].allSatisfy { $0 == 1 })
        let other = FileIdentity(
            fileSystem: identity.fileSystem, inode: identity.inode + 1, size: 5,
            modified: identity.modified, changed: identity.changed)
        let stranger = try UndoFile(for: "a", other, in: rig.growing.data)
        #expect(stranger.originalSize == 5)
        try file.write([2], at: 0)
        try stranger.restore(to: file) { _ in true }
        #expect(try rig.there()[0] == 2)
    }
}
