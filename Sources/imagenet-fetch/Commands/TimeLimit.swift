import Disk

/// A stop that comes from a person or after a time.
struct TimeLimit: Sendable {
    /// The time is over.
    struct Over: Failure {
        let limit: Duration
        var message: String { "stopped at the time limit of \(Shown.span(limit))" }
    }

    private let limit: Duration?
    private let stop: StopRequest
    private let clock: MonotonicClock
    private let start: Duration

    /// It begins now; without a limit only a person ends it.
    init(_ limit: Duration?, _ stop: StopRequest, _ clock: MonotonicClock) {
        self.limit = limit
        self.stop = stop
        self.clock = clock
        start = clock.now()
    }

    var asCheck: StopCheck {
        let person = stop.asCheck
        guard let limit else { return person }
        return StopCheck { [clock, start] in
            person.reason ?? (clock.now() - start >= limit ? Over(limit: limit) : nil)
        }
    }
}
