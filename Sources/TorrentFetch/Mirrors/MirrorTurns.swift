/// Whose turn it is to bring a file that no piece map vouches for: one mirror after the other.
///
/// What one has left the next may go on with. Where that has come out wrong, each is asked alone. One
/// that is slow waits until all others were tried; then the fastest goes on.
struct MirrorTurns {
    struct Turn: Equatable {
        let mirror: Mirror
        /// What is there already does not count: all of the file is to come from this mirror.
        var isFresh = false
        /// Bytes a second that it brought until it was left for another one.
        var rate: Double?
    }

    private var waiting: [Turn]
    /// Those that may have given something.
    private var past: [Mirror] = []
    private var askedAlone: [Mirror] = []

    /// - Parameter pin: that of the journal: who began goes first, so that nothing of it is lost.
    init(_ mirrors: [Mirror], goingOnFrom pin: String?, size: Int64) {
        let isFirst = { (mirror: Mirror) in
            pin.flatMap { MirrorOrigin(mirror, size: size).version(in: $0) } != nil
        }
        waiting = (mirrors.filter(isFirst) + mirrors.filter { !isFirst($0) }).map {
            Turn(mirror: $0)
        }
    }

    var isOver: Bool { waiting.isEmpty }

    /// Whose turn is next: those that were never tried come first, then the fastest.
    var following: Turn? { followingIndex.map { waiting[$0] } }

    private var followingIndex: Int? {
        waiting.firstIndex { $0.rate == nil }
            ?? waiting.indices.max { waiting[$0].rate ?? 0 < waiting[$1].rate ?? 0 }
    }

    mutating func next() -> Turn? {
        guard let index = followingIndex else { return nil }
        let turn = waiting.remove(at: index)
        if turn.isFresh { askedAlone.append(turn.mirror) } else { past.append(turn.mirror) }
        return turn
    }

    /// Others are tried first.
    mutating func overtaken(_ turn: Turn, rate: Double) {
        waiting.append(Turn(mirror: turn.mirror, isFresh: turn.isFresh, rate: rate))
    }

    /// The mirror has another file by now: from the beginning, but only once.
    mutating func again(_ turn: Turn) {
        if !turn.isFresh { waiting.insert(Turn(mirror: turn.mirror, isFresh: true), at: 0) }
    }

    /// What several have given together is wrong: each of them alone, the last one first, which is
    /// known to deliver.
    mutating func separate(_ turn: Turn) {
        let mirrors = [turn.mirror] + waiting.map(\.mirror) + past
        waiting = []
        for mirror in mirrors
        where !askedAlone.contains(mirror) && !waiting.contains(where: { $0.mirror == mirror }) {
            waiting.append(Turn(mirror: mirror, isFresh: true))
        }
    }
}
