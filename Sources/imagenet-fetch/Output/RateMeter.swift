/// A rate, smoothed over five seconds, and the time left.
struct RateMeter {
    private struct Sample {
        let time: Duration
        let done: Int64
    }

    static let window = Duration.seconds(5)
    /// Samples closer than this are merged, to keep them few.
    private static let spacing = Duration.milliseconds(100)

    private var samples: [Sample] = []

    /// The number of samples, limited by the window.
    var sampleCount: Int { samples.count }

    mutating func add(_ done: Int64, at time: Duration) {
        // The newest is replaced until it is far enough from the one before it.
        if let last = samples.last, samples.count > 1,
            last.time - samples[samples.count - 2].time < Self.spacing
        {
            samples.removeLast()
        }
        samples.append(Sample(time: time, done: done))
        // One sample older than the window is kept, so that the window is always full.
        while samples.count > 2, time - samples[1].time >= Self.window { samples.removeFirst() }
    }

    mutating func reset() { samples = [] }

    /// Units per second, or nil while there is nothing to compare.
    var rate: Double? { rate(from: samples.first, to: samples.last) }

    /// The time left; nil for the first second and while nothing comes.
    func timeLeft(of remaining: Int64) -> Duration? {
        guard let first = samples.first, let last = samples.last,
            last.time - first.time >= .seconds(1), let rate, rate > 0
        else { return nil }
        let seconds = Double(max(remaining, 0)) / rate
        return seconds < 1e9 ? .seconds(Int64(seconds.rounded(.up))) : nil
    }

    private func rate(from first: Sample?, to last: Sample?) -> Double? {
        guard let first, let last, last.time > first.time else { return nil }
        // Bytes that turned out bad are subtracted; that is not a speed.
        let moved = Double(max(last.done - first.done, 0))
        return moved / ((last.time - first.time) / .seconds(1))
    }
}
