struct Rival: Sendable {
    /// Expected bytes a second.
    let speed: Double
    /// How many times as fast it must be: more where its speed is a guess.
    let margin: Double
    /// Whether it cannot use what is there.
    let beginsAnew: Bool

    /// - Parameters:
    ///   - rate: the current bytes a second.
    ///   - missing: bytes still to download.
    func isFaster(than rate: Double, missing: Int64, of size: Int64) -> Bool {
        guard rate * margin < speed else { return false }
        let left = Double(beginsAnew ? size : missing)
        return left / speed * margin < Double(missing) / max(rate, 1)
    }
}

struct Overtaken: Error {
    /// Its bytes a second.
    let rate: Double
}

/// Measures the rate over one stretch of time after another.
struct Pace {
    private var mark: (time: ContinuousClock.Instant, bytes: Int64)

    init(_ now: ContinuousClock.Instant) { mark = (now, 0) }

    /// Bytes a second over the last stretch; nil while it goes on.
    mutating func rate(
        _ bytes: Int64, over stretch: Duration, at now: ContinuousClock.Instant
    ) -> Double? {
        let elapsed = now - mark.time
        guard elapsed >= stretch, elapsed > .zero else { return nil }
        defer { mark = (now, bytes) }
        return Double(bytes - mark.bytes) / elapsed.seconds
    }
}
