internal import DataFolder
internal import Disk

/// Decides which missing pieces mirrors bring, in order, while the swarm takes others.
///
/// The swarm goes through the file from its beginning. Mirrors work so far ahead of it that the two
/// do not meet, and nobody works so far ahead of the digests that too much would have to be read
/// again: whole-file digests go from the first byte to the last.
///
/// What is known of a piece is in the ledger; here is only what concerns mirrors as a whole.
final class PieceQueue: PieceSource {
    /// How mirrors and the swarm share the file.
    enum Lead: Sendable {
        /// There is no swarm, or it does not deliver: from the first missing piece on.
        case none
        /// The swarm has the next so many bytes to itself.
        case bytes(Int64)
    }

    private struct State {
        var lead = Lead.none
        var isStopped = false
        var hasChanged = false
        /// Since when the swarm has nothing to do.
        var idleSince: ContinuousClock.Instant?
        /// How often a mirror sent a piece that was wrong, and when it last did.
        var wrong: [Place: (times: Int, last: ContinuousClock.Instant)] = [:]
        /// Tells the swarm whether it may ask for pieces: not for those that mirrors bring.
        var want: (@Sendable (Range<Int>, Bool) -> Void)?

        /// Whether a piece is left to others, for now or for good: who asks the same mirror at once
        /// gets the same bytes.
        func isLeftToOthers(_ piece: Int, by mirror: Int) -> Bool {
            guard !wrong.isEmpty, let wrong = wrong[Place(piece: piece, mirror: mirror)] else {
                return false
            }
            return wrong.times >= PieceQueue.chances
                || ContinuousClock.now - wrong.last < PieceQueue.chanceOfOthers
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

    private static let chanceOfOthers: Duration = .seconds(2)
    /// A mirror that was wrong so often about a piece is not asked for it again.
    private static let chances = 3

    private let ledger: Monitor<PieceLedger>
    private let pieceLength: Int64
    private let hasMap: Bool
    /// Bytes that may have arrived and not be hashed: the digests still need them after the last
    /// byte has come. All four digests on one core take half a second for this.
    private let window: Int64
    /// Held around the ledger's, never within it, and while the swarm is told: it must hear of
    /// changes in their order.
    private let state = Monitor(State())

    init(_ staging: StagingFile, window: Int64 = 256 << 20) {
        ledger = staging.ledger
        pieceLength = Int64(staging.pieceLength)
        hasMap = staging.map != nil
        self.window = window
    }

    func setLead(_ lead: Lead) { state.update { $0.lead = lead } }

    /// Hands out nothing more.
    func stop() { state.update { $0.isStopped = true } }

    /// Whether a mirror that has given unproven pieces turned out to have another file by now.
    var hasChanged: Bool { state.read { $0.hasChanged } }

    /// The pieces that mirrors have brought since the last call: the swarm need not ask for them.
    func takeNews() -> [Int] { ledger.update { $0.takeNews() } }

    /// Tells a swarm that begins, or begins anew, what it must not ask for, now and from now on.
    func share(with want: @escaping @Sendable (Range<Int>, Bool) -> Void) {
        state.update { state in
            state.want = want
            state.tell(ledger.read { $0.keptPieces }, isWanted: false)
        }
    }

    /// Lets the swarm ask for pieces that mirrors are bringing as well, where they hold up all else:
    /// nothing but them has been missing for a while, or the digests wait for one of them while
    /// much has come after it.
    func shareWhatHoldsUp(after patience: Duration = .seconds(1)) {
        state.update { state in
            let (kept, missing, holdsUp) = ledger.read { ledger in
                (
                    ledger.kept.members, ledger.missing,
                    ledger.unhashedBytes > window / 2 && ledger.kept[ledger.proven.firstMissing()]
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

    /// The piece that nobody may ask for yet, nor any after it.
    private func limit(_ ledger: PieceLedger) -> Int {
        Int(ledger.position.offset / pieceLength + max(window / pieceLength, 1))
    }

    // MARK: PieceSource

    var isFinished: Bool { ledger.read { $0.proven.isComplete } }

    func takeRun(for mirror: Int, from piece: Int?, bytes: Int64) -> Range<Int>? {
        state.update { state in
            if state.isStopped { return nil }
            var lead = 0
            if case .bytes(let bytes) = state.lead {
                lead = Int((bytes + pieceLength - 1) / pieceLength)
            }
            let run: Range<Int>? = ledger.update { ledger in
                let start = ledger.proven.firstMissing() + lead
                if let piece, piece < start { return nil }
                return ledger.ask(
                    from: piece ?? start, isFixed: piece != nil, before: limit(ledger),
                    bytes: bytes, unless: { state.isLeftToOthers($0, by: mirror) })
            }
            if let run { state.want?(run, false) }
            return run
        }
    }

    func isTooFarAhead(_ piece: Int) -> Bool {
        !state.read { $0.isStopped }
            && ledger.read { piece >= limit($0) && !$0.isTaken(piece) }
    }

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

    func isExhausted(for mirrors: [Int]) -> Bool {
        state.read { state in
            ledger.read { ledger in
                let limit = min(limit(ledger), ledger.proven.count)
                var piece = ledger.proven.firstMissing()
                guard piece < limit else { return false }
                while piece < limit {
                    if ledger.asked[piece]
                        || !mirrors.allSatisfy({ state.isRuledOut(piece, by: $0) })
                    {
                        return false
                    }
                    piece = ledger.proven.firstMissing(from: piece + 1)
                }
                return true
            }
        }
    }

    /// The mirrors have other numbers from now on, and new chances.
    func forgetWrong() { state.update { $0.wrong = [:] } }

    func changed(_ mirror: Int) {
        // With a piece map every piece has been checked by itself.
        if !hasMap { state.update { $0.hasChanged = true } }
    }
}
