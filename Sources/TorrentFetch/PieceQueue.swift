internal import DataFolder
internal import Disk

/// Hands out the missing pieces of a file to mirrors, in order, while the swarm takes others.
///
/// The swarm goes through the file from its beginning. Mirrors work so far ahead of it that the two
/// do not meet, and nobody works so far ahead of the digests that too much would have to be read
/// again: whole-file digests go from the first byte to the last.
final class PieceQueue: PieceSource {
    /// How mirrors and the swarm share the file.
    enum Lead: Sendable {
        /// There is no swarm, or it does not deliver: from the first missing piece on.
        case none
        /// The swarm has the next so many bytes to itself.
        case bytes(Int64)
    }

    private struct State {
        var taken: PieceSet
        var announced: PieceSet
        /// Those that the swarm must not ask for.
        var kept: PieceSet
        /// Since when the swarm has nothing to do.
        var idleSince: ContinuousClock.Instant?
        var lead = Lead.none
        var isStopped = false
        var hasChanged = false
        /// How often a mirror sent a piece that was wrong, and when it last did.
        var wrong: [Place: (times: Int, last: ContinuousClock.Instant)] = [:]

        /// Pieces that have come are kept from nobody any more.
        mutating func forgetKept(_ proven: PieceSet) {
            var piece = kept.firstPresent()
            while piece < kept.count {
                if proven[piece] { kept[piece] = false }
                piece = kept.firstPresent(from: piece + 1)
            }
        }

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
    }

    private struct Place: Hashable {
        let piece: Int
        let mirror: Int
    }

    private static let chanceOfOthers: Duration = .seconds(2)
    /// A mirror that was wrong so often about a piece is not asked for it again.
    private static let chances = 3

    private let staging: StagingFile
    /// Bytes that may have arrived and not be hashed: what the verdict has to wait for behind the
    /// last byte. All four digests on one core take half a second for this.
    private let window: Int64
    /// Says whether the swarm may ask for pieces: not for those that mirrors bring.
    private let want: @Sendable (Range<Int>, Bool) -> Void
    private let state: Monitor<State>

    init(
        _ staging: StagingFile, window: Int64 = 256 << 20,
        want: @escaping @Sendable (Range<Int>, Bool) -> Void = { _, _ in }
    ) {
        self.staging = staging
        self.window = window
        self.want = want
        let none = PieceSet(count: staging.pieceCount)
        state = Monitor(State(taken: none, announced: none, kept: none))
    }

    func setLead(_ lead: Lead) { state.update { $0.lead = lead } }

    /// Hands out nothing more.
    func stop() { state.update { $0.isStopped = true } }

    /// Whether a mirror that has given unproven pieces turned out to have another file by now.
    var hasChanged: Bool { state.read { $0.hasChanged } }

    /// The pieces that mirrors have brought since the last call: the swarm need not ask for them.
    func takeNews() -> [Int] {
        let proven = staging.proven
        return state.update { state in
            var news: [Int] = []
            var piece = state.taken.firstPresent()
            while piece < state.taken.count {
                if proven[piece], !state.announced[piece] {
                    state.announced[piece] = true
                    news.append(piece)
                }
                piece = state.taken.firstPresent(from: piece + 1)
            }
            return news
        }
    }

    /// Lets the swarm ask for pieces that mirrors are bringing as well, where they hold up all else:
    /// nothing but them has been missing for a while, or the digests wait for one of them while
    /// much has come behind it.
    func shareWhatHoldsUp(after patience: Duration = .seconds(1)) {
        let proven = staging.proven
        let arrived = Int64(proven.members) * Int64(staging.pieceLength)
        let isFarAhead = arrived - staging.hashedBytes > window / 2
        state.update { state in
            state.forgetKept(proven)
            let missing = proven.count - proven.members
            if state.kept.isEmpty || state.kept.members < missing { state.idleSince = nil }
            let now = ContinuousClock.now
            let idle = now - (state.idleSince ?? now)
            if state.kept.members == missing, state.idleSince == nil { state.idleSince = now }
            guard idle > patience || isFarAhead && state.kept[proven.firstMissing()] else { return }
            var piece = state.kept.firstPresent()
            while piece < state.kept.count {
                state.kept[piece] = false
                want(piece..<piece + 1, true)
                piece = state.kept.firstPresent(from: piece + 1)
            }
        }
    }

    /// Tells a swarm that has begun anew what it must not ask for.
    func tellKept() {
        state.update { state in
            var piece = state.kept.firstPresent()
            while piece < state.kept.count {
                want(piece..<piece + 1, false)
                piece = state.kept.firstPresent(from: piece + 1)
            }
        }
    }

    /// The piece that nobody may ask for yet, nor any behind it.
    private var limit: Int {
        let length = Int64(staging.pieceLength)
        return Int(staging.hashedBytes / length + max(window / length, 1))
    }

    // MARK: PieceSource

    var isFinished: Bool { staging.proven.isComplete }

    func takeRun(for mirror: Int, from piece: Int?, bytes: Int64) -> Range<Int>? {
        let proven = staging.proven
        let first = proven.firstMissing()
        let length = Int64(staging.pieceLength)
        let limit = limit
        return state.update { state in
            if state.isStopped { return nil }
            var start = first
            if case .bytes(let lead) = state.lead { start += Int((lead + length - 1) / length) }
            if let piece {
                guard piece >= start else { return nil }
                start = piece
            }
            while start < proven.count,
                proven[start] || state.taken[start] || state.isLeftToOthers(start, by: mirror)
            {
                if piece != nil { return nil }
                start += 1
            }
            guard start < min(proven.count, limit) else { return nil }
            var end = start
            while end < min(proven.count, limit), !proven[end], !state.taken[end],
                !state.isLeftToOthers(end, by: mirror),
                Int64(end - start) * length < bytes
            {
                state.taken[end] = true
                state.kept[end] = true
                end += 1
            }
            want(start..<end, false)
            return start..<end
        }
    }

    func isTooFarAhead(_ piece: Int) -> Bool {
        piece >= limit && !staging.isProven(piece)
            && state.read { !$0.isStopped && !$0.taken[piece] }
    }

    func giveBack(_ pieces: Range<Int>, from mirror: Int) {
        state.update { state in for piece in pieces { letGo(piece, &state) } }
    }

    func wasWrong(_ piece: Int, from mirror: Int) {
        state.update { state in
            letGo(piece, &state)
            let place = Place(piece: piece, mirror: mirror)
            state.wrong[place] = ((state.wrong[place]?.times ?? 0) + 1, .now)
        }
    }

    func isExhausted(for mirrors: [Int]) -> Bool {
        let proven = staging.proven
        let limit = min(limit, proven.count)
        return state.read { state in
            var piece = proven.firstMissing()
            guard piece < limit else { return false }
            while piece < limit {
                if state.taken[piece] || !mirrors.allSatisfy({ state.isRuledOut(piece, by: $0) }) {
                    return false
                }
                piece = proven.firstMissing(from: piece + 1)
            }
            return true
        }
    }

    /// The mirrors have other numbers from now on, and new chances.
    func forgetWrong() { state.update { $0.wrong = [:] } }

    func changed(_ mirror: Int) {
        // With a piece map every piece has been checked by itself.
        if staging.map == nil { state.update { $0.hasChanged = true } }
    }

    private func letGo(_ piece: Int, _ state: inout State) {
        state.taken[piece] = false
        guard state.kept[piece] else { return }
        state.kept[piece] = false
        want(piece..<piece + 1, true)
    }
}
