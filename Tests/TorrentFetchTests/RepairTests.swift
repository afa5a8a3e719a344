import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@testable import TorrentFetch

@Suite(.timeLimit(.minutes(5))) struct RepairTests {
    @Test("damage has an address, and two damaged copies make one good file")
    func heal() throws {
        let rig = try RepairRig()
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
        let rig = try RepairRig()
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
        let rig = try RepairRig()
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
        let rig = try RepairRig()
        let wrong = rig.damaged([6])
        try rig.put(wrong)
        try rig.mirror("a", rig.bytes)
        var file = rig.manifestFile
        file.digests = [Hasher.digest(.md5, [1])]
        let fetcher = rig.fetcher
        let examination = try fetcher.examine(file, at: rig.path) { _ in }
        #expect(fetchErrorCode { _ = try fetcher.repair(examination) { _ in } } == .mismatch)
        #expect(try rig.there() == wrong)
        #expect(try !rig.hasUndo())
    }

    @Test("another file that only bears the name is not written over, whatever its size")
    func foreign() throws {
        let rig = try RepairRig()
        try rig.mirror("a", rig.bytes)
        let size = rig.bytes.count
        var numbers = SeededNumbers(seed: 5)
        for count in [size, size - 512, size + 10240, 700] {
            let other = numbers.bytes(count)
            try rig.put(other)
            let examination = try rig.examine()
            #expect(examination.refusal?.message.contains("no piece of it is right") == true)
            #expect(
                fetchErrorCode { _ = try rig.fetcher.repair(examination) { _ in } } == .foreign)
            #expect(try rig.there() == other)
            #expect(try !rig.hasUndo())
        }
    }

    @Test("a file with another name is mended in a copy, also after a repair that did not succeed")
    func linked() throws {
        let rig = try RepairRig()
        let damaged = rig.damaged([3, 11])
        try rig.put(damaged)
        let mine = rig.growing.folder["mine"]
        #expect(link(rig.path.description, mine.description) == 0)
        #expect(throws: FetchError.self) {
            _ = try rig.fetcher.repair(try rig.examine()) { _ in }
        }
        #expect(try rig.there() == damaged)
        try rig.mirror("a", rig.bytes)
        _ = try rig.fetcher.repair(try rig.examine()) { _ in }
        #expect(try rig.there() == rig.bytes)
        #expect(try FileDescriptor(mine, .reading).contents(limit: 1 << 24) == damaged)
        #expect(try Folder(rig.path.parent).entries().map(\.name).contains(rig.path.lastComponent))
        #expect(try Folder(rig.path.parent).entries().filter { $0.kind == .file }.count == 1)
    }

    @Test("a file that was proven where it lies is mended, be there damage in each of its pieces")
    func provenOnce() throws {
        let rig = try RepairRig()
        let file = try FileDescriptor(rig.path, .updating)
        try rig.fetcher.confirm(try rig.examine())
        let all = Array(0..<rig.growing.count)
        try file.write(rig.damaged(all), at: 0)
        try file.truncate(to: Int64(rig.bytes.count - rig.length))
        #expect(try rig.examine().refusal != nil)
        try file.truncate(to: 0)
        try file.write(rig.damaged(all), at: 0)
        try rig.growing.data.receipts.revoke(rig.growing.name)
        try rig.mirror("a", rig.bytes)
        _ = try rig.fetcher.repair(try rig.examine()) { _ in }
        #expect(try rig.there() == rig.bytes)
    }

    @Test("what is of no use to anybody is mended: nothing, zeros, a web page")
    func worthless() throws {
        let rig = try RepairRig()
        try rig.mirror("a", rig.bytes)
        let zeros = [UInt8](repeating: 0, count: rig.bytes.count)
        let page = Array(" <!DOCTYPE html><title>Log in</title>".utf8)
        for wrong in [[], zeros, Array(zeros[..<9000]), page] {
            try rig.put(wrong)
            _ = try rig.fetcher.repair(try rig.examine()) { _ in }
            #expect(try rig.there() == rig.bytes)
        }
    }

    @Test("a piece map of our own serves as well as a torrent, and without one nothing is touched")
    func ownPieces() throws {
        let rig = try RepairRig()
        rig.options.torrentFolders = []
        var file = rig.manifestFile
        file.torrent = nil
        try rig.put(rig.damaged([11]))
        try rig.mirror("a", rig.bytes)
        let fetcher = rig.fetcher
        #expect(
            fetchErrorCode { _ = try fetcher.examine(file, at: rig.path) { _ in } } == .noPieces)
        try rig.growing.data.pieces.save(
            ProvenPieces(
                fileName: file.name, digests: [rig.growing.md5], map: rig.growing.file.map))
        _ = try fetcher.repair(try fetcher.examine(file, at: rig.path) { _ in }) { _ in }
        #expect(try rig.there() == rig.bytes)
    }

    @Test("a file that changed since it was examined is left alone")
    func changed() throws {
        let rig = try RepairRig()
        try rig.put(rig.damaged([1]))
        try rig.mirror("a", rig.bytes)
        let examination = try rig.examine()
        let other = rig.damaged([2])
        try rig.put(other)
        #expect(fetchErrorCode { _ = try rig.fetcher.repair(examination) { _ in } } == .changed)
        #expect(try rig.there() == other)
    }

    @Test("a file that another run works on is not written to, by whatever name")
    func busy() throws {
        let rig = try RepairRig()
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
        let rig = try RepairRig()
        rig.options.reserve = 1 << 60
        let wrong = rig.damaged([1])
        try rig.put(wrong)
        try rig.mirror("a", rig.bytes)
        let examination = try rig.examine()
        #expect(fetchErrorCode { _ = try rig.fetcher.repair(examination) { _ in } } == .noSpace)
        #expect(try rig.there() == wrong)
    }
}
