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
    /// Which of several files this is, where `done` and `total` count all of them.
    var file: File?

    struct File: Sendable, Equatable {
        var name: String
        /// From 1.
        var number: Int
        var count: Int
        /// How much of this file is done.
        var done: Int64 = 0
        var total: Int64?
    }

    /// `downloading a.tar (file 2 of 3), at 26 % (8.7 MiB of 32.7 MiB)`.
    var words: String {
        var text = stage
        if let file, file.count > 1 { text += " (file \(file.number) of \(file.count))" }
        guard let total else { return text }
        let shown = { (count: Int64) in unit == .bytes ? Shown.bytes(count) : Shown.count(count) }
        return text + ", at \(Share(done, of: total).part(of: 100)) % "
            + "(\(shown(done)) of \(shown(total)))"
    }

    /// What is counted: as long as it is the same, `done` never goes back.
    fileprivate var counted: String { file == nil ? stage : "" }
}

/// The progress of a run. Any thread may update it.
final class Progress: Sendable {
    private struct State {
        var meter = RateMeter()
        var counted: String?
        /// The most so far: bytes that turned out wrong are not taken back from a person.
        var done: Int64 = 0
        var renderer: any ProgressRenderer
    }

    private let console: Console
    private let clock: MonotonicClock
    private let start: Duration
    private let state: Monitor<State>

    init(
        console: Console, style: ProgressStyle, clock: MonotonicClock,
        after delay: Duration = .zero
    ) {
        self.console = console
        self.clock = clock
        start = clock.now() + delay
        state = Monitor(State(renderer: style.renderer(console, clock)))
    }

    /// Shows this if it is due.
    func update(_ snapshot: ProgressSnapshot) {
        console.follow(snapshot)
        guard clock.now() >= start else { return }
        state.update { state in
            var snapshot = snapshot
            if state.counted != snapshot.counted {
                state.counted = snapshot.counted
                state.done = snapshot.done
                state.meter.reset()
            }
            state.done = max(state.done, snapshot.done)
            snapshot.done = state.done
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
