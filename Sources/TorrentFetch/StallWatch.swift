/// Notices that a file makes no progress: no bytes, only wrong ones, or far too few.
struct StallWatch {
    typealias Instant = ContinuousClock.Instant

    private let room: Int64
    private let floor: Int64
    private var proven: Int
    private var provenAt: Int64 = 0
    private var passedOver: Int64 = 0
    private var found = 0
    /// Where the count of the bytes that may prove something began.
    private var mark: (time: Instant, bytes: Int64)
    private var since: Instant

    /// Bytes that come in bursts are counted together for so long.
    private static let window: Duration = .seconds(5)

    /// - Parameters:
    ///   - room: so many bytes may come before any of them proves something: over a slow line many
    ///     pieces grow together, and each takes its time. Beyond that they are no good.
    ///   - floor: what must come in a second to count.
    init(proven: Int, room: Int64, floor: Int64, now: Instant) {
        self.proven = proven
        self.room = room
        self.floor = floor
        mark = (now, 0)
        since = now
    }

    /// How long it has made no progress.
    ///
    /// - Parameters:
    ///   - bytes: all that have come, right or wrong.
    ///   - passedOver: those of them that a server without ranges had to send first.
    ///   - found: how many classes were found: looking for them takes time and hardly any bytes.
    mutating func silence(
        proven now: Int, received bytes: Int64, passedOver passed: Int64 = 0, found links: Int = 0,
        at time: Instant
    ) -> Duration {
        if links > found {
            found = links
            since = time
            mark = (time, bytes)
        }
        if now != proven || passed != passedOver {
            (proven, passedOver, provenAt) = (now, passed, bytes)
        }
        let useful = min(bytes, provenAt + room)
        let elapsed = time - mark.time
        if Double(useful - mark.bytes) >= Double(floor) * max(elapsed, .seconds(1)).seconds {
            since = time
            mark = (time, useful)
        } else if elapsed >= Self.window {
            mark = (time, useful)
        }
        return time - since
    }
}
