import Checksums
import DatasetManifest
import Disk
import Support
import Testing

@testable import ArchiveVerify

/// Files on a disk with moving heads are read one after the other.
@Suite struct SpinningDiskReadTests {
    private static let size = 8 << 20

    /// Two disks, by a kernel made of folders.
    private func disks(in folder: borrowing TemporaryFolder) throws -> [Set<SpinningDisks.Disk>] {
        var disks: [Set<SpinningDisks.Disk>] = []
        for number in 1...2 {
            try folder.write("8:\(number)\n", to: "sys/dev/block/8:\(number)/dev")
            try folder.write("1\n", to: "sys/dev/block/8:\(number)/queue/rotational")
            let system = SpinningDisks(system: folder["sys"])
            disks.append(system.disks(ofDevice: 8, UInt32(number)))
        }
        return disks
    }

    /// How many bytes were read when each file was begun, in the order of that.
    private func beginnings(
        _ rig: VerifyRig, _ map: PieceMap, _ options: Verifier.Options
    ) throws -> [(name: String, bytes: Int64)] {
        let done = Monitor(Int64(0))
        let begun = Monitor([(name: String, bytes: Int64)]())
        var verifier = rig.verifier(options)
        verifier.torrentPieces = { target in
            let bytes = done.read { $0 }
            begun.update { $0.append((target.file.name, bytes)) }
            return map
        }
        let results = Monitor([Verification.Status]())
        try verifier.run(
            try rig.targets(),
            progress: { now in
                done.update { $0 = max($0, now.done) }
            }, report: { result in results.update { $0.append(result.status) } })
        #expect(results.read { $0 } == rig.known.map { _ in .ok })
        return begun.read { $0 }
    }

    @Test("one file at a time of each such disk, and of the others as many as there are")
    func order() throws {
        let folder = try TemporaryFolder()
        let disks = try disks(in: folder)
        #expect(disks[0].count == 1 && disks[0] != disks[1])
        let rig = try VerifyRig()
        let bytes = VerifyRig.bytes(Self.size)
        let map = try VerifyRig.map(of: bytes, pieceLength: 1 << 20)
        for name in ["a1", "b1", "c2", "d0", "e1"] { try rig.add(name, bytes) }
        var options = Verifier.Options.piecesAlone
        // Of several threads, those that come late would tell other numbers each time.
        options.threads = 1
        options.tooFastForHeads = .infinity
        options.disks = { path in
            switch path.bytes.last {
            case UInt8(ascii: "1"): disks[0]
            case UInt8(ascii: "2"): disks[1]
            default: []
            }
        }
        let begun = try beginnings(rig, map, options)
        #expect(begun.map(\.name) == ["a1", "c2", "d0", "b1", "e1"])
        // What is on other disks does not wait.
        let (one, all) = (Int64(Self.size), Int64(4 * Self.size))
        #expect(begun.map(\.bytes) == [0, 0, 0, one, all])
        // What is faster than heads has none, as its first block shows.
        options.tooFastForHeads = 0
        let fast = try beginnings(rig, map, options)
        #expect(fast.map(\.name) == ["a1", "c2", "d0", "b1", "e1"])
        #expect(fast.map(\.bytes) == [0, 0, 0, 2 << 20, 2 << 20])
        options.disks = { _ in [] }
        let free = try beginnings(rig, map, options)
        #expect(free.map(\.name) == ["a1", "b1", "c2", "d0", "e1"])
        #expect(free.allSatisfy { $0.bytes == 0 })
    }

    @Test("it comes to its end on any number of threads, while digests wait and where none do")
    func threads() throws {
        let folder = try TemporaryFolder()
        let disks = try disks(in: folder)
        let rig = try VerifyRig()
        // More than is kept in memory of one.
        let bytes = [UInt8](repeating: 7, count: 70 << 20)
        for name in ["a", "b", "c"] { try rig.add(name, bytes, [.sha256]) }
        for index in 0..<20 { try rig.add("x\(index)", VerifyRig.bytes(1000 * index)) }
        for (threads, speed) in [(1, 0), (2, 0), (2, Double.infinity), (5, .infinity), (5, 1e9)] {
            var options = Verifier.Options()
            options.tooFastForHeads = speed
            options.threads = threads
            options.disks = { _ in disks[0] }
            #expect(try rig.verify(options).allSatisfy { $0.status == .ok })
        }
    }

    @Test("files stand in line by their disks, each line in its order")
    func line() throws {
        let folder = try TemporaryFolder()
        let disks = try disks(in: folder)
        var line = FilesInLine(5) { [disks[0], [], disks[0], disks[0].union(disks[1]), []][$0] }
        #expect(line.hasDisks)
        func next(_ busy: Set<SpinningDisks.Disk>) -> Int? {
            line.first(without: busy).map { line.take($0) }
        }
        #expect(next([]) == 0)
        #expect(next(disks[0]) == 1)
        #expect(next(disks[1]) == 2)
        #expect(next(disks[1]) == 4)
        #expect(next(disks[1]) == nil && !line.isEmpty)
        #expect(next([]) == 3 && line.isEmpty && line.taken == 5)
        #expect(next([]) == nil)
        #expect(!FilesInLine(3) { _ in [] }.hasDisks)
        #expect(FilesInLine(0) { _ in [] }.isEmpty)
    }
}
