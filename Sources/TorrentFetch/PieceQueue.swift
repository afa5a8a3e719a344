internal import DataFolder
internal import Disk

/// Decides which missing pieces mirrors bring, in order, while the swarm brings others.
///
/// The swarm takes the file from its beginning. Mirrors stay ahead of it, so that the two do not
/// meet, and within a window behind the digests, so that little has to be read back from the disk.
///
/// What is known of a piece is in the ledger; here is only what concerns mirrors as a whole.
final class PieceQueue: Sendable {
    enum Lead: Sendable {
        /// No swarm delivers: mirrors begin at the first missing piece.
        case none
        /// Mirrors leave this many bytes to the swarm.
        case bytes(Int64)
    }

    private struct State {
        var lead = Lead.none
        var isStopped = false
        var hasChanged = false
        var idleSince: ContinuousClock.Instant?
        /// How often a mirror sent a wrong piece, and when it last did.
        var wrong: [Place: (times: Int, last: ContinuousClock.Instant)] = [:]
        /// Tells the swarm whether to ask for pieces: not for those that mirrors bring.
        var want: (@Sendable (Range<Int>, Bool) -> Void)?

        /// Whether a piece is left to others, for now or for good: the same mirror would send the
        /// same bytes again.
        func isLeftToOthers(_ piece: Int, by mirror: Int, for time: Duration) -> Bool {
            guard !wrong.isEmpty, let wrong = wrong[Place(piece: piece, mirror: mirror)] else {
                return false
            }
            return wrong.times >= PieceQueue.chances
                || ContinuousClock.now - wrong.last < time
        }

        func isRuledOut(_ piece: Int, by mirror: Int) -> Bool {
            (wrong[Place(piece: piece, mirror: mirror)]?.times ?? 0) >= PieceQueue.chances
        }

        func tell(_ pieces: [Int], isWanted: Bool) {
            for piece in pieces { want?(piece..<piece + 1, isWanted) }
        }
    }

    private struct Place: Hashable {
        let piece: Int
        let mirror: Int
    }

    /// A mirror that sent a piece wrong so often is not asked for it again.
    private static let chances = 3

    private let ledger: Monitor<PieceLedger>
    private let pieceLength: Int64
    private let hasMap: Bool
    /// Bytes that may have arrived and not be hashed. All four digests on one core take half a
    /// second for this.
    private let window: Int64
    /// How long others have the chance to bring a piece that a mirror sent wrong.
    private let pause: Duration
    /// Taken before the ledger's, never after it, and held while the swarm is told, so that changes
    /// reach the swarm in order.
    private let state = Monitor(State())

    init(_ staging: StagingFile, window: Int64 = 256 << 20, pause: Duration = .seconds(2)) {
        self.pause = pause
        ledger = staging.ledger
        pieceLength = Int64(staging.pieceLength)
        hasMap = staging.map != nil
        self.window = window
    }

    func setLead(_ lead: Lead) { state.update { $0.lead = lead } }

    func stop() { state.update { $0.isStopped = true } }

    /// Whether a mirror that sent unverified pieces has another file by now.
    var hasChanged: Bool { state.read { $0.hasChanged } }

    /// The pieces that mirrors brought since the last call.
    func takeNews() -> [Int] { ledger.update { $0.takeNews() } }

    /// Tells a new swarm what not to ask for, now and from now on.
    func share(with want: @escaping @Sendable (Range<Int>, Bool) -> Void) {
        state.update { state in
            state.want = want
            let (kept, unwanted) = ledger.read { ($0.keptPieces, $0.wanted.missingRanges) }
            for pieces in unwanted { want(pieces, false) }
            state.tell(kept, isWanted: false)
        }
    }

    /// Downloads these pieces too.
    func want(_ pieces: Range<Int>) {
        state.update { state in
            state.tell(ledger.update { $0.want(pieces) }, isWanted: true)
        }
    }

    /// Forgets what was wanted: it was asked for by mistake.
    func wantNothing() {
        state.update { state in
            let count = ledger.update { ledger in
                ledger.wantNothing()
                return ledger.proven.count
            }
            state.want?(0..<count, false)
        }
    }

    /// Nothing more will be wanted.
    func endGrowing() { ledger.update { $0.endGrowing() } }

    /// Waits for a piece before anything else: what else is wanted stands in it.
    func await(_ piece: Int) {
        want(piece..<piece + 1)
        ledger.update { $0.awaited = piece }
    }

    /// Lets the swarm ask for pieces of the mirrors too when these hold up the rest: only they have
    /// been missing for a while, or the digests wait for one of them while much has come after it.
    func shareWhatHoldsUp(after patience: Duration = .seconds(1)) {
        state.update { state in
            let (kept, missing, holdsUp) = ledger.read { ledger in
                (
                    ledger.kept.members, ledger.missing,
                    ledger.unhashedBytes > window / 2 && ledger.kept[ledger.firstMissing()]
                )
            }
            let now = ContinuousClock.now
            if kept == 0 || kept < missing { state.idleSince = nil }
            let idle = now - (state.idleSince ?? now)
            if kept == missing, state.idleSince == nil { state.idleSince = now }
            guard idle > patience || holdsUp else { return }
            state.tell(ledger.update { $0.share() }, isWanted: true)
        }
    }

    /// No piece from here on may be asked for yet.
    private func limit(_ ledger: PieceLedger) -> Int {
        if ledger.isPartial { return ledger.proven.count }
        return Int(ledger.position.offset / pieceLength + max(window / pieceLength, 1))
    }

    // MARK: For mirrors, on their threads

    var isFinished: Bool { ledger.read { $0.isDone } }

    /// The next run of missing pieces for a mirror; nil while all are under way or must not come yet.
    ///
    /// - Parameters:
    ///   - piece: if given, the run must begin with it.
    ///   - bytes: about the size of the run; at least one piece is given.
    func takeRun(for mirror: Int, from piece: Int?, bytes: Int64) -> Range<Int>? {
        state.update { state in
            if state.isStopped { return nil }
            var lead = 0
            if case .bytes(let bytes) = state.lead {
                lead = Int((bytes + pieceLength - 1) / pieceLength)
            }
            let run: Range<Int>? = ledger.update { ledger in
                let start = ledger.firstMissing() + lead
                if let piece, piece < start { return nil }
                return ledger.ask(
                    from: piece ?? start, isFixed: piece != nil, before: limit(ledger),
                    bytes: bytes, unless: { state.isLeftToOthers($0, by: mirror, for: pause) })
            }
            if let run { state.want?(run, false) }
            return run
        }
    }

    /// Whether a missing piece only lies too far ahead for now.
    func isTooFarAhead(_ piece: Int) -> Bool {
        !state.read { $0.isStopped }
            && ledger.read { piece >= limit($0) && !$0.isTaken(piece) }
    }

    /// Pieces that will not come. Another source may have brought some by now.
    func giveBack(_ pieces: Range<Int>, from mirror: Int) {
        state.update { $0.tell(ledger.update { $0.giveBack(pieces) }, isWanted: true) }
    }

    func wasWrong(_ piece: Int, from mirror: Int) {
        state.update { state in
            state.tell(ledger.update { $0.giveBack(piece..<piece + 1) }, isWanted: true)
            let place = Place(piece: piece, mirror: mirror)
            state.wrong[place] = ((state.wrong[place]?.times ?? 0) + 1, .now)
        }
    }

    /// Whether each of these mirrors was wrong again and again about all pieces that may come now.
    func isExhausted(for mirrors: [Int]) -> Bool {
        state.read { state in
            ledger.read { ledger in
                let limit = min(limit(ledger), ledger.proven.count)
                var piece = ledger.firstMissing()
                guard piece < limit else { return false }
                while piece < limit {
                    if ledger.asked[piece]
                        || !mirrors.allSatisfy({ state.isRuledOut(piece, by: $0) })
                    {
                        return false
                    }
                    piece = ledger.firstMissing(from: piece + 1)
                }
                return true
            }
        }
    }

    func forgetWrong() { state.update { $0.wrong = [:] } }

    /// The mirror's file has changed: its bytes are void, unless their hashes were checked.
    func changed(_ mirror: Int) {
        // With a piece map every piece was verified by itself.
        if !hasMap { state.update { $0.hasChanged = true } }
    }
}
