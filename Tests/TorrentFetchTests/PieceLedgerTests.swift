import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

@testable import TorrentFetch

@Suite struct PieceLedgerTests {
    private static let length = 100

    private func ledger(
        _ count: Int, hasMap: Bool = true, isPartial: Bool = false, holds: Int = 2
    ) throws -> PieceLedger {
        let hashes = [UInt8](repeating: 0, count: 20 * count)
        let size = Int64(count * Self.length - 30)
        let map = try PieceMap(pieceLength: Self.length, size: size, hashes: hashes)
        let expected = Expectation(
            name: "a", size: size, pieceLength: Self.length, map: hasMap ? map : nil,
            algorithms: [.md5])
        return PieceLedger(
            expected, proven: PieceSet(count: count),
            from: PieceLedger.Position(offset: 0, fan: HashFan([.md5])),
            isPartial: isPartial, holds: holds)
    }

    private func hash(_ ledger: inout PieceLedger) -> Int? {
        guard let next = ledger.takeNext() else { return nil }
        var position = ledger.position
        position.offset += Int64(next.length)
        ledger.hash(upTo: position)
        return next.length
    }

    @Test("a piece is asked for once, proven once, and hashed in order")
    func path() throws {
        var ledger = try ledger(3)
        #expect(
            ledger.ask(from: 0, isFixed: false, before: 3, bytes: 150, unless: { _ in false })
                == 0..<2)
        #expect(
            ledger.ask(from: 0, isFixed: true, before: 3, bytes: 1, unless: { _ in false }) == nil)
        #expect(ledger.keptPieces == [0, 1])
        #expect(ledger.prove(1, Digest.zero, nil) && !ledger.prove(1, Digest.zero, nil))
        #expect(ledger.takeNext() == nil && ledger.lag == 0)
        #expect(ledger.prove(0, Digest.zero, nil) && ledger.lag == 2)
        #expect(ledger.takeNews() == [1, 0] && ledger.takeNews().isEmpty)
        #expect(hash(&ledger) == 100 && hash(&ledger) == 100 && hash(&ledger) == nil)
        #expect(ledger.prove(2, Digest.zero, nil) && hash(&ledger) == 70)
        #expect(ledger.position.offset == 270 && ledger.takeNews().isEmpty)
    }

    @Test("of a part, only what is wanted is asked for, and more may be wanted later")
    func part() throws {
        var ledger = try ledger(200, isPartial: true)
        let ask = { (ledger: inout PieceLedger, start: Int) in
            ledger.ask(from: start, isFixed: false, before: 200, bytes: 1000) { _ in false }
        }
        let early = ask(&ledger, 0)
        #expect(early == nil)
        #expect(!ledger.isDone && ledger.missing == 0)
        let new = [ledger.want(70..<72), ledger.want(71..<73), ledger.want(150..<151)]
        #expect(new == [[70, 71], [72], [150]])
        #expect(ledger.missing == 4 && ledger.firstMissing() == 70)
        let runs = [ask(&ledger, 0), ask(&ledger, 0)]
        #expect(runs == [70..<73, 150..<151])
        for piece in [70, 71, 72, 150] {
            #expect(!ledger.isDone)
            let isNew = ledger.prove(piece, Digest.zero, nil)
            #expect(isNew)
        }
        #expect(ledger.missing == 0 && !ledger.isDone)
        // A peer may bring what nobody wants.
        _ = ledger.prove(3, Digest.zero, nil)
        #expect(ledger.missing == 0)
        let unneeded = ledger.want(3..<4)
        #expect(unneeded.isEmpty)
        ledger.endGrowing()
        #expect(ledger.isDone && ledger.unhashedBytes == 0)
    }

    @Test("what was wanted by mistake is not missing any more")
    func mistake() throws {
        var ledger = try ledger(10, isPartial: true)
        _ = ledger.want(0..<8)
        _ = ledger.ask(from: 0, isFixed: false, before: 10, bytes: 200) { _ in false }
        ledger.wantNothing()
        #expect(ledger.missing == 0)
        // It was asked for, and comes.
        _ = ledger.prove(0, Digest.zero, nil)
        #expect(ledger.missing == 0)
        let new = ledger.want(0..<3)
        #expect(new == [1, 2] && ledger.missing == 2)
    }

    @Test("what is given back is missing again, unless another source has brought it")
    func givenBack() throws {
        var ledger = try ledger(4)
        _ = ledger.ask(from: 0, isFixed: false, before: 4, bytes: 300, unless: { _ in false })
        _ = ledger.prove(1, Digest.zero, nil)
        #expect(ledger.giveBack(0..<3) == [0, 2])
        #expect(ledger.giveBack(0..<3).isEmpty)
        #expect(!ledger.isTaken(0) && ledger.isTaken(1))
    }

    @Test("a piece that cannot be read back is missing again where there is a map")
    func unreadable() throws {
        for hasMap in [true, false] {
            var ledger = try ledger(2, hasMap: hasMap)
            _ = ledger.prove(0, Digest.zero, nil)
            ledger.failToHash(DiskError.busy("a"))
            #expect(ledger.proven[0] != hasMap)
            #expect(ledger.lag == 0 && ledger.failure != nil)
        }
    }

    @Test("whatever happens in whatever order, each piece is in one state")
    func invariants() throws {
        var numbers = SeededNumbers(seed: 5)
        let buffers = PieceBuffers(pieceLength: Self.length, bytes: 40 * Self.length)
        for _ in 0..<50 {
            var ledger = try ledger(20)
            for _ in 0..<200 {
                let piece = Int.random(in: 0..<20, using: &numbers)
                switch Int.random(in: 0..<6, using: &numbers) {
                case 0:
                    _ = ledger.ask(
                        from: piece, isFixed: false, before: 18, bytes: 250, unless: { $0 == 7 })
                case 1: _ = ledger.giveBack(piece..<min(piece + 3, 20))
                case 2: _ = ledger.share()
                case 3: _ = ledger.takeNews()
                case 4: _ = hash(&ledger)
                default: _ = ledger.prove(piece, Digest.zero, buffers.take())
                }
                for piece in 0..<20 {
                    #expect(!(ledger.proven[piece] && ledger.asked[piece]))
                    #expect(!ledger.kept[piece] || ledger.asked[piece])
                }
                #expect(ledger.position.offset <= Int64(ledger.proven.firstMissing() * Self.length))
                // Two are held, and one is being hashed.
                #expect(buffers.free >= buffers.capacity - 3)
            }
        }
    }
}

extension Digest {
    fileprivate static let zero = Hasher.digest(.sha1, [])
}
