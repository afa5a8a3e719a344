import Disk
import Support
import Testing

@testable import TorrentFetch

@Suite struct PieceQueueTests {
    /// A staging file of ten pieces of 64 KiB, into which nobody writes by himself.
    private final class Rig {
        let folder: TemporaryFolder
        let file: TorrentedFile
        let running: RunningStaging

        init() throws {
            folder = try TemporaryFolder()
            file = try TorrentedFile(size: 640 << 10, pieceLength: 64 << 10)
            running = try RunningStaging(file, at: folder["part"])
        }

        var staging: StagingFile { running.staging }

        /// Brings a piece as a mirror would.
        func bring(_ piece: Int) throws {
            let buffer = try #require(running.buffers.take())
            let start = piece * (64 << 10)
            buffer.bytes.copyBytes(from: file.bytes[start..<start + (64 << 10)])
            let verdict = Monitor<StagingFile.Verdict?>(nil)
            staging.submit(piece, buffer) { result in verdict.update { $0 = result } }
            _ = verdict.wait { $0 }
        }
    }

    @Test("pieces are handed out in order, each once, and again when they are given back")
    func order() throws {
        let rig = try Rig()
        let queue = PieceQueue(rig.staging)
        #expect(queue.takeRun(for: 0, from: nil, bytes: 128 << 10) == 0..<2)
        #expect(queue.takeRun(for: 1, from: nil, bytes: 1) == 2..<3)
        queue.giveBack(0..<2, from: 0)
        #expect(queue.takeRun(for: 1, from: nil, bytes: 1 << 30) == 0..<2)
        rig.running.stop()
    }

    @Test("nobody works further ahead of the digests than the window is wide")
    func window() throws {
        let rig = try Rig()
        let queue = PieceQueue(rig.staging, window: 192 << 10)
        #expect(queue.takeRun(for: 0, from: nil, bytes: 1 << 30) == 0..<3)
        #expect(queue.takeRun(for: 0, from: nil, bytes: 1 << 30) == nil)
        // Without the first piece the digests stand still, whatever else arrives.
        try rig.bring(1)
        #expect(queue.takeRun(for: 0, from: nil, bytes: 1 << 30) == nil)
        try rig.bring(0)
        rig.staging.ledger.wait { $0.position.offset < 128 << 10 ? nil : () }
        #expect(queue.takeRun(for: 0, from: nil, bytes: 1 << 30) == 3..<5)
        rig.running.stop()
    }

    @Test("the swarm has the next bytes to itself while it leads")
    func lead() throws {
        let rig = try Rig()
        let queue = PieceQueue(rig.staging)
        queue.setLead(.bytes(256 << 10))
        #expect(queue.takeRun(for: 0, from: nil, bytes: 1) == 4..<5)
        queue.setLead(.none)
        #expect(queue.takeRun(for: 0, from: nil, bytes: 1) == 0..<1)
        rig.running.stop()
    }

    @Test("what mirrors brought is told once, and what others brought is not")
    func news() throws {
        let rig = try Rig()
        let queue = PieceQueue(rig.staging)
        #expect(queue.takeRun(for: 0, from: nil, bytes: 128 << 10) == 0..<2)
        try rig.bring(0)
        try rig.bring(7)
        #expect(queue.takeNews() == [0])
        #expect(queue.takeNews().isEmpty)
        rig.running.stop()
    }

    @Test("the swarm is kept from pieces for as long as a mirror is bringing them")
    func kept() throws {
        let rig = try Rig()
        let said = Said()
        let queue = PieceQueue(rig.staging)
        queue.share { said.note($0, $1) }
        #expect(queue.takeRun(for: 0, from: nil, bytes: 192 << 10) == 0..<3)
        #expect(said.unwanted == [0, 1, 2])
        try rig.bring(0)
        queue.giveBack(2..<3, from: 0)
        queue.wasWrong(1, from: 0)
        #expect(said.unwanted == [0])
        rig.running.stop()
    }

    @Test("when nothing else is missing, the swarm gets what mirrors are bringing, after a while")
    func shared() throws {
        let rig = try Rig()
        let said = Said()
        let queue = PieceQueue(rig.staging)
        queue.share { said.note($0, $1) }
        #expect(queue.takeRun(for: 0, from: nil, bytes: 128 << 10) == 0..<2)
        queue.shareWhatHoldsUp(after: .zero)
        queue.shareWhatHoldsUp(after: .zero)
        // The swarm has eight others to bring.
        #expect(said.unwanted == [0, 1])
        for piece in 2..<10 { try rig.bring(piece) }
        queue.shareWhatHoldsUp(after: .seconds(60))
        queue.shareWhatHoldsUp(after: .seconds(60))
        #expect(said.unwanted == [0, 1])
        queue.shareWhatHoldsUp(after: .zero)
        #expect(said.unwanted == [])
        // They are still that mirror's.
        #expect(queue.takeRun(for: 1, from: nil, bytes: 1) == nil)
        rig.running.stop()
    }

    @Test("a piece that the digests wait for is shared when much has come behind it")
    func frontier() throws {
        let rig = try Rig()
        let said = Said()
        let queue = PieceQueue(rig.staging, window: 256 << 10)
        queue.share { said.note($0, $1) }
        #expect(queue.takeRun(for: 0, from: nil, bytes: 1) == 0..<1)
        for piece in 1..<3 { try rig.bring(piece) }
        queue.shareWhatHoldsUp()
        #expect(said.unwanted == [0])
        try rig.bring(3)
        queue.shareWhatHoldsUp()
        #expect(said.unwanted == [])
        rig.running.stop()
    }

    @Test("a piece that a mirror had wrong three times is never asked of it again")
    func ruledOut() throws {
        let rig = try Rig()
        let queue = PieceQueue(rig.staging)
        for piece in 1..<10 { try rig.bring(piece) }
        for _ in 0..<3 {
            #expect(!queue.isExhausted(for: [0]))
            queue.wasWrong(0, from: 0)
        }
        #expect(queue.isExhausted(for: [0]))
        #expect(!queue.isExhausted(for: [0, 1]))
        #expect(queue.takeRun(for: 0, from: nil, bytes: 1) == nil)
        #expect(queue.takeRun(for: 1, from: nil, bytes: 1) == 0..<1)
        // It is on its way.
        #expect(!queue.isExhausted(for: [0]))
        queue.giveBack(0..<1, from: 1)
        queue.forgetWrong()
        #expect(queue.takeRun(for: 0, from: nil, bytes: 1) == 0..<1)
        rig.running.stop()
    }

    @Test("a stopped queue hands out nothing")
    func stopped() throws {
        let rig = try Rig()
        let queue = PieceQueue(rig.staging)
        queue.stop()
        #expect(queue.takeRun(for: 0, from: nil, bytes: 1) == nil)
        rig.running.stop()
    }

    /// What the swarm was told not to ask for.
    private final class Said: Sendable {
        private let pieces = Monitor<Set<Int>>([])

        var unwanted: Set<Int> { pieces.read { $0 } }

        func note(_ range: Range<Int>, _ isWanted: Bool) {
            pieces.update { if isWanted { $0.subtract(range) } else { $0.formUnion(range) } }
        }
    }
}
