import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Synchronization
import Testing

@testable import TorrentFetch

@Suite struct PieceAuditTests {
    @Test("says what a plain loop over the bytes says, however a file is cut, damaged and holed")
    func likeALoop() throws {
        var numbers = SeededNumbers(seed: 11)
        let folder = try TemporaryFolder()
        for round in 0..<60 {
            let pieceLength = [16384, 32768, 65536].randomElement(using: &numbers) ?? 16384
            let size = Int.random(in: 1...(20 * pieceLength), using: &numbers)
            var bytes = numbers.bytes(size)
            // Archives have runs of zeros, and some of them are whole pieces.
            for piece in 0..<size / pieceLength where piece % 5 == 3 {
                for index in piece * pieceLength..<(piece + 1) * pieceLength { bytes[index] = 0 }
            }
            var builder = PieceMapBuilder(pieceLength: pieceLength)
            builder.update(bytes)
            let map = try builder.map()
            let path = folder["\(round)"]
            let file = try FileDescriptor(path, .creating)
            let length =
                Bool.random(using: &numbers) ? size : Int.random(in: 0...size + 5, using: &numbers)
            try file.truncate(to: Int64(length))
            var there = [UInt8](repeating: 0, count: length)
            for piece in 0..<map.count where Int.random(in: 0..<4, using: &numbers) > 0 {
                let range = map.range(of: piece)
                let part = Array(
                    bytes[
                        Int(
                            range.lowerBound)..<min(
                                Int(range.upperBound), max(length, Int(range.lowerBound)))])
                try file.write(part, at: range.lowerBound)
                for (index, byte) in part.enumerated() {
                    there[Int(range.lowerBound) + index] = byte
                }
            }
            if length > 0, Bool.random(using: &numbers) {
                let spot = Int.random(in: 0..<length, using: &numbers)
                there[spot] ^= 0x10
                try file.write([there[spot]], at: Int64(spot))
            }
            let expected = Expectation(
                name: "a.tar", size: Int64(size), pieceLength: pieceLength, map: map,
                algorithms: [.md5, .xxh64])
            let audit = PieceAudit(expected: expected, threads: 1 + round % 3)
            let findings = try audit.run(try FileDescriptor(path, .reading))
            var prefix = 0
            for piece in 0..<map.count {
                let range = map.range(of: piece)
                let isRight =
                    Int(range.upperBound) <= length
                    && there[Int(range.lowerBound)..<Int(range.upperBound)]
                        == bytes[Int(range.lowerBound)..<Int(range.upperBound)]
                #expect(findings.proven[piece] == isRight, "round \(round), piece \(piece)")
                if isRight, prefix == Int(range.lowerBound) { prefix = Int(range.upperBound) }
            }
            #expect(findings.position.offset == Int64(prefix))
            var fan = HashFan([.md5, .xxh64])
            fan.update(Array(bytes[..<prefix]))
            #expect(findings.position.fan.digests == fan.digests)
        }
    }

    @Test("138 GiB of holes with a few pieces in them are judged within a second")
    func sparse() throws {
        let pieceLength = 2 << 20
        let size: Int64 = 147_897_477_120
        let count = 70_524
        var numbers = SeededNumbers(seed: 3)
        let piece = numbers.bytes(pieceLength)
        let hash = Hasher.digest(.sha1, piece).bytes
        let map = try PieceMap(
            pieceLength: pieceLength, size: size,
            hashes: [UInt8]((0..<count).flatMap { _ in hash }))
        let folder = try TemporaryFolder()
        let data = DataFolder(folder.path)
        _ = try Folder.creating(data.folder(.archives))
        let file = try FileDescriptor(data.staging("a.tar"), .creating)
        try file.truncate(to: size)
        for index in [0, 1, 35_000, 70_522] {
            try file.write(piece, at: Int64(index) * Int64(pieceLength))
        }
        let read = Atomic<Int64>(0)
        let expected = Expectation(
            name: "a.tar", size: size, pieceLength: pieceLength, map: map, algorithms: [.md5])
        var opener = StagingOpener(data: data, expected: expected, pin: "p", reserves: false)
        opener.tell = { read.store($0, ordering: .relaxed) }
        let clock = ContinuousClock()
        let start = clock.now
        guard case .growing(let opened) = try opener.open(try data.journals()) else {
            Issue.record("nothing of it was whole")
            return
        }
        let seconds = clock.now - start
        #expect((0..<count).filter { opened.proven[$0] } == [0, 1, 35_000, 70_522])
        #expect(opened.position.offset == Int64(2 * pieceLength))
        #expect(read.load(ordering: .relaxed) == Int64(4 * pieceLength))
        #expect(seconds < .seconds(1))
    }

    @Test("pieces of 64 MiB are read with little memory beside them")
    func largePieces() throws {
        let folder = try TemporaryFolder()
        let pieceLength = 64 << 20
        let size = Int64(pieceLength) + 3
        let file = try FileDescriptor(folder["a"], .creating)
        try file.truncate(to: size)
        let expected = Expectation(
            name: "a", size: size, pieceLength: pieceLength, algorithms: [.xxh64])
        let audit = PieceAudit(expected: expected, threads: 2)
        let findings = try audit.run(file)
        #expect(findings.proven.isComplete)
        #expect(findings.position.offset == size)
    }
}
