/// One way of showing progress.
protocol ProgressRenderer: Sendable {
    mutating func show(_ line: ProgressLine)
    /// Removes what must not stay.
    mutating func end()
}

/// A terminal line that is redrawn.
struct RedrawnLine: ProgressRenderer {
    static let interval = Duration.milliseconds(100)
    let console: Console

    func show(_ line: ProgressLine) {
        // The last column stays free: some terminals wrap as soon as it is filled.
        let width = max((console.terminal.width() ?? 80) - 1, 1)
        console.drawBar(line.text(width: width))
    }

    func end() { console.drawBar(nil) }
}

/// Full lines, for logs and simple terminals.
struct PlainLines: ProgressRenderer {
    static let interval = Duration.seconds(30)
    /// What takes less has one line.
    static let shortest = Duration.seconds(1)
    let console: Console
    private var last: ProgressLine?

    init(console: Console) { self.console = console }

    mutating func show(_ line: ProgressLine) {
        if line == last { return }
        last = line
        console.progressLine(line.text)
    }

    func end() {}
}

/// An object per line, for programs.
struct JSONLines: ProgressRenderer {
    let console: Console

    func show(_ line: ProgressLine) {
        let now = line.snapshot
        let object = JSON.line(
            schema: "imagenet-fetch.progress/1",
            [
                "stage": .string(now.stage), "done": .int(now.done),
                "total": now.total.map { .int($0) }, "unit": .string(now.unit.rawValue),
                "rate": line.rate.map { .number($0) }, "source": now.source.map { .string($0) },
                "secondsLeft": line.timeLeft.map { .int($0.components.seconds) },
                "file": now.file.map(Self.file),
            ])
        console.progressLine(object.text)
    }

    /// Which of several files it is, where `done` and `total` count all of them.
    private static func file(_ file: ProgressSnapshot.File) -> JSON {
        .members([
            "name": .string(file.name), "number": .int(Int64(file.number)),
            "count": .int(Int64(file.count)), "done": .int(file.done),
            "total": file.total.map { .int($0) },
        ])
    }

    func end() {}
}

struct NoProgress: ProgressRenderer {
    func show(_ line: ProgressLine) {}
    func end() {}
}

/// Passes on one line per interval, and the first line of each stage at once. A line that was held
/// back is shown when its stage ends, so that the last state is always shown; not after a stage
/// too short for two lines.
struct Throttled: ProgressRenderer {
    private var renderer: any ProgressRenderer
    private let interval: Duration
    private let shortest: Duration
    private let clock: MonotonicClock
    private var began: Duration = .zero
    private var lastShown: (stage: String, time: Duration)?
    private var pending: ProgressLine?

    init(
        _ renderer: any ProgressRenderer, every interval: Duration, shortest: Duration = .zero,
        clock: MonotonicClock
    ) {
        self.renderer = renderer
        self.interval = interval
        self.shortest = shortest
        self.clock = clock
    }

    mutating func show(_ line: ProgressLine) {
        let now = clock.now()
        if let lastShown, lastShown.stage == line.stage {
            guard now - lastShown.time >= interval else {
                pending = line
                return
            }
        } else {
            flush()
            began = now
        }
        pending = nil
        lastShown = (line.stage, now)
        renderer.show(line)
    }

    mutating func end() {
        flush()
        lastShown = nil
        renderer.end()
    }

    private mutating func flush() {
        if let pending, clock.now() - began >= shortest { renderer.show(pending) }
        pending = nil
    }
}

/// The style, chosen once per run.
enum ProgressStyle: Sendable, Equatable {
    case redrawn, plain, json, none

    static func choose(_ arguments: Arguments, _ console: Console) -> ProgressStyle {
        switch arguments.progress {
        case .never: return .none
        case .json: return .json
        case .auto where arguments.verbosity == .quiet: return .none
        case .auto, .always: break
        }
        return console.terminal.isError && console.terminal.isCapable ? .redrawn : .plain
    }

    func renderer(_ console: Console, _ clock: MonotonicClock) -> any ProgressRenderer {
        switch self {
        case .redrawn:
            Throttled(
                RedrawnLine(console: console), every: RedrawnLine.interval, clock: clock)
        case .plain:
            Throttled(
                PlainLines(console: console), every: PlainLines.interval,
                shortest: PlainLines.shortest, clock: clock)
        case .json:
            Throttled(JSONLines(console: console), every: RedrawnLine.interval, clock: clock)
        case .none: NoProgress()
        }
    }
}
