/// The order of mirrors for a file without a piece map: one after the other.
///
/// The next mirror continues what the last one left. If the result is wrong, each is asked alone. A
/// slow mirror waits until all others were tried; then the fastest continues.
struct MirrorTurns {
    struct Turn: Equatable {
        let mirror: Mirror
        /// What is there does not count: this mirror must send the whole file.
        var isFresh = false
        /// Its bytes a second until another one was tried.
        var rate: Double?
    }

    private var waiting: [Turn]
    /// Mirrors that may have contributed.
    private var past: [Mirror] = []
    private var askedAlone: [Mirror] = []

    /// - Parameter pin: that of the journal. The mirror that began goes first, so that nothing is
    ///   lost.
    init(_ mirrors: [Mirror], continuingFrom pin: String?, size: Int64) {
        let isFirst = { (mirror: Mirror) in
            pin.flatMap { MirrorOrigin(mirror, size: size).version(in: $0) } != nil
        }
        waiting = (mirrors.filter(isFirst) + mirrors.filter { !isFirst($0) }).map {
            Turn(mirror: $0)
        }
    }

    var isOver: Bool { waiting.isEmpty }

    /// The next turn: untried mirrors first, then the fastest.
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

    mutating func overtaken(_ turn: Turn, rate: Double) {
        waiting.append(Turn(mirror: turn.mirror, isFresh: turn.isFresh, rate: rate))
    }

    /// The mirror's file has changed: it starts from the beginning, but only once.
    mutating func again(_ turn: Turn) {
        if !turn.isFresh { waiting.insert(Turn(mirror: turn.mirror, isFresh: true), at: 0) }
    }

    /// The mixture was wrong: asks each mirror alone, the last one first, because it delivers.
    mutating func separate(_ turn: Turn) {
        let mirrors = [turn.mirror] + waiting.map(\.mirror) + past
        waiting = []
        for mirror in mirrors
        where !askedAlone.contains(mirror) && !waiting.contains(where: { $0.mirror == mirror }) {
            waiting.append(Turn(mirror: mirror, isFresh: true))
        }
    }
}
