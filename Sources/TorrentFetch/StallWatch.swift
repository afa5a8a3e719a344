/// Notices that nothing newly proven arrives: not a slow connection, but no progress at all.
struct StallWatch {
    private let clock = ContinuousClock()
    private let room: Int64
    private var proven: Int
    private var received: Int64 = 0
    private var provenAt: Int64 = 0
    private var since: ContinuousClock.Instant

    /// - Parameter room: so many bytes may come before any of them proves something: over a slow
    ///   line many pieces grow together, and each takes its time. Beyond that they are no good.
    init(proven: Int, room: Int64) {
        self.proven = proven
        self.room = room
        since = clock.now
    }

    /// How long nothing has been proven, or come on its way to that.
    mutating func silence(proven now: Int, received bytes: Int64) -> Duration {
        if now != proven {
            (proven, provenAt) = (now, bytes)
            since = clock.now
        } else if bytes != received, bytes - provenAt <= room {
            since = clock.now
        }
        received = bytes
        return clock.now - since
    }
}
