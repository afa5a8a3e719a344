/// Another mirror that could bring a file instead of the one whose turn it is.
struct Rival: Sendable {
    /// Bytes a second that can be expected of it.
    let speed: Double
    /// So many times as fast it must be: more where its speed is a guess.
    let margin: Double
    /// Nothing that is there counts for it.
    let beginsAnew: Bool

    /// - Parameters:
    ///   - rate: what comes now, in bytes a second.
    ///   - missing: the bytes that are still to come.
    func isFaster(than rate: Double, missing: Int64, of size: Int64) -> Bool {
        guard rate * margin < speed else { return false }
        let left = Double(beginsAnew ? size : missing)
        return left / speed * margin < Double(missing) / max(rate, 1)
    }
}

/// A transfer that was ended because another mirror may be faster.
struct Overtaken: Error {
    /// Bytes a second that it brought.
    let rate: Double
}

/// Measures what comes, over one stretch of time after the other.
struct Pace {
    private var mark: (time: ContinuousClock.Instant, bytes: Int64)

    init(_ now: ContinuousClock.Instant) { mark = (now, 0) }

    /// Bytes a second since the last stretch ended; nil while this one goes on.
    mutating func rate(
        _ bytes: Int64, over stretch: Duration, at now: ContinuousClock.Instant
    ) -> Double? {
        let elapsed = now - mark.time
        guard elapsed >= stretch, elapsed > .zero else { return nil }
        defer { mark = (now, bytes) }
        return Double(bytes - mark.bytes) / elapsed.seconds
    }
}
