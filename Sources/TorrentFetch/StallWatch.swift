/// Notices that nothing newly proven arrives: not a slow connection, but no progress at all.
struct StallWatch {
    private let clock = ContinuousClock()
    private var proven: Int
    private var since: ContinuousClock.Instant

    init(proven: Int) {
        self.proven = proven
        since = clock.now
    }

    /// How long nothing has been proven.
    mutating func silence(proven now: Int) -> Duration {
        if now != proven {
            proven = now
            since = clock.now
        }
        return clock.now - since
    }
}
