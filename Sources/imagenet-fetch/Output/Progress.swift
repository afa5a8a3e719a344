import Disk

/// The progress of some work; commands send it as often as they like.
struct ProgressSnapshot: Sendable, Equatable {
    enum Unit: String, Sendable { case bytes, items }

    /// What is being done, safe for a terminal: `downloading ILSVRC2012_img_val.tar`.
    var stage: String
    var done: Int64
    /// Nil if unknown.
    var total: Int64?
    var unit = Unit.bytes
    /// The sources: `12 peers`, `image-net.org`.
    var source: String?
}

/// A line of progress, with rate and time left.
struct ProgressLine: Sendable, Equatable {
    let snapshot: ProgressSnapshot
    let rate: Double?
    let timeLeft: Duration?
    let text: String
    var stage: String { snapshot.stage }

    init(_ snapshot: ProgressSnapshot, rate: Double?, timeLeft: Duration?) {
        (self.snapshot, self.rate, self.timeLeft) = (snapshot, rate, timeLeft)
        var parts = [snapshot.stage]
        if let percent = Self.percent(snapshot) {
            parts.append("\(percent)%".rightAligned(in: 4))
        }
        let amount = { (count: Int64) in
            snapshot.unit == .bytes ? Shown.bytes(count) : Shown.count(count)
        }
        let done = amount(snapshot.done)
        if let total = snapshot.total.map(amount) {
            // Wide enough for both, so that the text after it stays in place.
            let width = max(total.count, snapshot.unit == .bytes ? 10 : 0)
            parts.append("\(done.rightAligned(in: width))/\(total)")
        } else {
            parts.append(done.rightAligned(in: 10))
        }
        if let rate {
            let text =
                snapshot.unit == .bytes
                ? Shown.rate(rate) : Shown.count(Int64(min(rate, 1e18))) + "/s"
            parts.append(text.rightAligned(in: 12))
        }
        if let source = snapshot.source { parts.append(source) }
        if let timeLeft { parts.append("ETA " + Shown.duration(timeLeft)) }
        text = parts.joined(separator: "  ")
    }

    /// Rounded down, so 100 % means done.
    private static func percent(_ snapshot: ProgressSnapshot) -> Int64? {
        guard let total = snapshot.total else { return nil }
        if snapshot.done >= total { return 100 }
        return Int64(UInt128(max(snapshot.done, 0)) * 100 / UInt128(total))
    }
}

/// The progress of a run. Any thread may update it.
final class Progress: Sendable {
    private struct State {
        var meter = RateMeter()
        var stage: String?
        var renderer: any ProgressRenderer
    }

    private let clock: MonotonicClock
    private let start: Duration
    private let state: Monitor<State>

    init(
        console: Console, style: ProgressStyle, clock: MonotonicClock,
        after delay: Duration = .zero
    ) {
        self.clock = clock
        start = clock.now() + delay
        state = Monitor(State(renderer: style.renderer(console, clock)))
    }

    /// Shows this if it is due.
    func update(_ snapshot: ProgressSnapshot) {
        guard clock.now() >= start else { return }
        state.update { state in
            if state.stage != snapshot.stage {
                state.stage = snapshot.stage
                state.meter.reset()
            }
            state.meter.add(snapshot.done, at: clock.now())
            let remaining = snapshot.total.map { max($0 - snapshot.done, 0) }
            let timeLeft = remaining.flatMap { $0 > 0 ? state.meter.timeLeft(of: $0) : nil }
            state.renderer.show(
                ProgressLine(snapshot, rate: state.meter.rate, timeLeft: timeLeft))
        }
    }

    /// Shows what was held back, then removes the line.
    func end() { state.update { $0.renderer.end() } }
}
