/// Which machine of a lab downloads from outside: the one with the lowest address that nobody else
/// gives anything to.
///
/// All begin with the gate closed, and take from their neighbours only. One that got nothing for some
/// time opens its gate, that of the lowest address first. Then the others get something from it, so
/// theirs stay closed; when it ends, theirs run dry, and the next one opens. Nobody is elected, so
/// there is nothing to agree on and nothing to lie about.
struct LabGate {
    /// How long a machine waits for each neighbour with a lower address, and once for itself:
    /// neighbours find each other within a second, and a piece must have had time to come.
    static let patience = Duration.seconds(5)

    private(set) var isOpen = false
    private var bytes: Int64 = 0
    private var since: ContinuousClock.Instant

    init(_ now: ContinuousClock.Instant) { since = now }

    /// - Parameter received: bytes of the swarm that were right.
    /// - Returns: whether the gate has moved.
    mutating func look(
        at now: ContinuousClock.Instant, _ neighbours: Swarm.Neighbours, received: Int64
    ) -> Bool {
        if received > bytes { (bytes, since) = (received, now) }
        let wasOpen = isOpen
        if isOpen {
            // Two have opened at once, and the other one goes on.
            if neighbours.lower > 0, neighbours.isLowerAhead { isOpen = false }
        } else {
            isOpen = now - since >= Self.patience * (neighbours.lower + 1)
        }
        if isOpen != wasOpen { since = now }
        return isOpen != wasOpen
    }
}
