/// Whose turn it is to bring a file that no piece map vouches for: one mirror after the other.
///
/// What one has left the next may go on with. Where that has come out wrong, each is asked alone.
struct MirrorTurns {
    struct Turn: Equatable {
        let mirror: Mirror
        /// What is there already does not count: all of the file is to come from this mirror.
        var isFresh = false
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

    mutating func next() -> Turn? {
        guard !waiting.isEmpty else { return nil }
        let turn = waiting.removeFirst()
        if turn.isFresh { askedAlone.append(turn.mirror) } else { past.append(turn.mirror) }
        return turn
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
