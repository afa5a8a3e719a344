import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

@testable import ArchiveVerify

@Suite struct VerifierTests {
    private static let block = 2 << 20

    @Test(
        "the digests are those of one read from front to back, on any number of threads",
        arguments: [1, 2, 5])
    func digests(_ threads: Int) throws {
        let rig = try VerifyRig()
        let sizes = [
            0, 1, Self.block - 1, Self.block, Self.block + 1, 3 * Self.block + 77, 20 * Self.block,
        ]
        for (index, size) in sizes.enumerated() {
            try rig.add(
                "\(index).tar", VerifyRig.bytes(size, seed: UInt64(index)),
                DigestAlgorithm.allCases)
        }
        let results = try rig.verify(.on(threads: threads))
        #expect(results.map(\.target.file.name) == sizes.indices.map { "\($0).tar" })
        for result in results {
            #expect(result.status == .ok)
            #expect(result.proof == .digests)
            #expect(result.actual == result.target.file.digests)
        }
    }

    @Test("pieces of any length are right, and every damaged one is found, digests or not")
    func damage() throws {
        var numbers = SeededNumbers(seed: 5)
        for round in 0..<24 {
            let rig = try VerifyRig()
            let pieceLength = [16 << 10, 48 << 10, 2 << 20, 3 << 20].randomElement(using: &numbers)!
            let size = Int.random(in: 1...(7 << 20), using: &numbers)
            var bytes = numbers.bytes(size)
            let map = try VerifyRig.map(of: bytes, pieceLength: pieceLength)
            try rig.add("a.tar", bytes)
            var wrong: Set<Int> = []
            for _ in 0..<round % 4 {
                let place = Int.random(in: 0..<size, using: &numbers)
                bytes[place] ^= 1
                wrong.insert(place / pieceLength)
            }
            try rig.folder.write(bytes, to: "a.tar")
            let isRight = try VerifyRig.map(of: bytes, pieceLength: pieceLength) == map
            for options in [Verifier.Options(), .piecesAlone] {
                let result = try #require(try rig.verify(options, pieces: map).first)
                #expect(result.status == (isRight ? .ok : .failed))
                let pieces = result.damage.flatMap { damage in
                    Int(damage.range.lowerBound) / pieceLength..<(Int(damage.range.upperBound) - 1)
                        / pieceLength + 1
                }
                #expect(isRight ? pieces.isEmpty : Set(pieces) == wrong)
                #expect(pieces.count == Set(pieces).count)
                #expect(result.damage.allSatisfy { Int($0.range.upperBound) <= size })
            }
        }
    }

    @Test("neighbouring bad pieces are one range, and what lies there is asked for at once")
    func members() throws {
        let rig = try VerifyRig()
        let bytes = VerifyRig.bytes(100_000)
        let map = try VerifyRig.map(of: bytes, pieceLength: 16384)
        try rig.add("a.tar", bytes)
        for place in [16384, 32768 + 5, 99_999] {
            try rig.overwrite("a.tar", [bytes[place] ^ 1], at: place)
        }
        let asked = Monitor([[Range<Int64>]]())
        let result = try #require(
            try rig.verify(
                pieces: map,
                members: { path, ranges in
                    asked.update { $0.append(ranges) }
                    return [["x.JPEG"]]
                }
            ).first)
        #expect(asked.read { $0 } == [[16384..<49152, 98304..<100_000]])
        #expect(
            result.damage == [
                Damage(range: 16384..<49152, members: ["x.JPEG"]),
                Damage(range: 98304..<100_000, members: []),
            ])
        #expect(result.diagnosis == .damaged(pieces: 3, of: 7))
    }

    @Test("a first proof leaves a receipt and a map, by which the file is proven and damage found")
    func ownMap() throws {
        let rig = try VerifyRig()
        let bytes = VerifyRig.bytes(5 * Self.block + 3)
        try rig.add("a.tar", bytes, [.md5, .xxh64])
        _ = try rig.verify()
        let receipt = try #require(try rig.receipt(of: "a.tar"))
        #expect(receipt.digests == rig.known[0].digests)
        #expect(receipt.proof == .digests)
        #expect(receipt.sources == ["existing": Int64(bytes.count)])
        let pieces = try #require(try rig.pieces.load("a.tar"))
        #expect(pieces.map == (try VerifyRig.map(of: bytes, pieceLength: Self.block)))
        #expect(try rig.verify(.piecesAlone).first?.proof == .pieces)

        try rig.overwrite("a.tar", [bytes[3 * Self.block] ^ 1], at: 3 * Self.block)
        for options in [Verifier.Options(), .piecesAlone] {
            let result = try #require(try rig.verify(options).first)
            #expect(result.status == .failed)
            let place = Int64(3 * Self.block)
            #expect(result.damage.map(\.range) == [place..<place + Int64(Self.block)])
        }
        // Refuted by nothing: the map is still that of the right file.
        #expect(try rig.pieces.load("a.tar") == pieces)
    }

    @Test("a map that digests refute is made again, and one of other digests is not asked")
    func wrongMap() throws {
        let rig = try VerifyRig()
        let bytes = VerifyRig.bytes(2 * Self.block)
        try rig.add("a.tar", bytes)
        let other = try VerifyRig.map(of: bytes.reversed(), pieceLength: Self.block)
        try rig.pieces.save(
            ProvenPieces(fileName: "a.tar", digests: rig.known[0].digests, map: other))
        #expect(try rig.verify(.piecesAlone).first?.status == .failed)
        #expect(try rig.verify().first?.status == .ok)
        #expect(try rig.verify(.piecesAlone).first?.status == .ok)

        try rig.pieces.save(
            ProvenPieces(fileName: "a.tar", digests: [Hasher.digest(.md5, [])], map: other))
        let result = try #require(try rig.verify(.piecesAlone).first)
        #expect(result.status == .ok)
        #expect(result.proof == .digests)
    }

    @Test("pieces alone prove nothing that digests are asked for, and leave no receipt")
    func piecesLeaveNoReceipt() throws {
        let rig = try VerifyRig()
        let bytes = VerifyRig.bytes(50_000)
        try rig.add("a.tar", bytes)
        let map = try VerifyRig.map(of: bytes, pieceLength: 16384)
        #expect(try rig.verify(.piecesAlone, pieces: map).first?.proof == .pieces)
        #expect(try rig.receipt(of: "a.tar") == nil)
    }

    @Test("a file that only its torrent pins is proven by it, digests written down, or not at all")
    func onlyTorrent() throws {
        let rig = try VerifyRig()
        let bytes = VerifyRig.bytes(50_000)
        try rig.add("a.tar", bytes, [])
        rig.known[0].torrent = InfoHash([UInt8](repeating: 9, count: 20))
        let absent = try #require(try rig.verify().first)
        #expect(absent.status == .failed)
        #expect(absent.diagnosis == .noTorrent)
        let map = try VerifyRig.map(of: bytes, pieceLength: 16384)
        let result = try #require(try rig.verify(pieces: map).first)
        #expect(result.proof == .pieces)
        let receipt = try #require(try rig.receipt(of: "a.tar"))
        #expect(receipt.torrent == rig.known[0].torrent)
        #expect(receipt.digests == [Hasher.digest(.sha256, bytes)])
        // Once proven without it, its digests would do: but they are no pin of the manifest's.
        #expect(try rig.verify(.piecesAlone, pieces: map).first?.status == .ok)
        #expect(try rig.receipt(of: "a.tar")?.digests == receipt.digests)
    }

    @Test("right pieces and other digests are no proof: somebody is wrong")
    func contradiction() throws {
        let rig = try VerifyRig()
        let bytes = VerifyRig.bytes(50_000)
        try rig.add("a.tar", bytes)
        rig.known[0].digests = [Hasher.digest(.md5, [1])]
        let map = try VerifyRig.map(of: bytes, pieceLength: 16384)
        let result = try #require(try rig.verify(pieces: map).first)
        #expect(result.status == .failed)
        #expect(result.diagnosis == .contradiction(rig.known[0].digests))
    }

    @Test("it stops when it is told to, and begins nothing more when the time is over")
    func stopped() throws {
        let rig = try VerifyRig()
        for name in ["a", "b", "c"] { try rig.add(name, VerifyRig.bytes(100_000)) }
        #expect(throws: CancellationError.self) {
            try rig.verify(stop: StopCheck { CancellationError() })
        }
        let asked = Monitor(0)
        let seen = Monitor([String]())
        let count = try rig.verifier(.on(threads: 1)).run(
            try rig.targets(),
            mayBegin: {
                asked.update { count in
                    count += 1
                    return count <= 2
                }
            }, report: { result in seen.update { $0.append(result.target.file.name) } })
        #expect(count == 2)
        #expect(seen.read { $0 } == ["a", "b"])
    }

    @Test("progress ends where the bytes end, and files that need no reading do not count")
    func progress() throws {
        let rig = try VerifyRig()
        try rig.add("a", VerifyRig.bytes(3 << 20))
        _ = try rig.verify()
        try rig.add("b", VerifyRig.bytes(5 << 20))
        let last = Monitor(Verifier.Progress(done: 0, total: 0))
        _ = try rig.verify(
            .trusting(.seconds(60)),
            progress: { now in
                last.update { if now.done > $0.done { $0 = now } }
            })
        #expect(last.read { $0.done } == 5 << 20)
        #expect(last.read { $0.total } == 5 << 20)
    }
}
