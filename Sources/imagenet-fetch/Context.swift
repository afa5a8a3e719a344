import Disk
import Glibc

/// Everything outside the process that a command touches, so that tests can replace it.
struct Context: Sendable {
    /// Results, notes, errors and progress, all through one lock.
    var console: Console
    /// There is a person at a terminal to ask.
    let canAsk: Bool
    let environment: @Sendable (String) -> Word?
    let clock: MonotonicClock
    /// The base of relative paths; empty for the process's current folder.
    let currentFolder: Path
    /// The folder of the system-wide config file.
    let systemFolder: Path
    /// From here on signals only request a stop, which the command must poll. To be called before
    /// any thread starts, because threads inherit the signal mask.
    let listenForSignals: @Sendable () -> StopRequest

    func resolve(_ path: Path) -> Path { currentFolder.appending(path) }

    /// A progress display that fits the terminal and the options.
    ///
    /// - Parameter delay: shorter work shows none.
    func progress(_ arguments: Arguments, after delay: Duration = .zero) -> Progress {
        Progress(
            console: console, style: .choose(arguments, console), clock: clock, after: delay)
    }
}

/// A clock that never goes back; its origin is arbitrary.
struct MonotonicClock: Sendable {
    let now: @Sendable () -> Duration

    static var system: MonotonicClock {
        let start = ContinuousClock.now
        return MonotonicClock { ContinuousClock.now - start }
    }
}

extension Context {
    /// The real process.
    static func live(stop: StopRequest) -> Context {
        let variable: @Sendable (String) -> Word? = { name in
            getenv(name).map { Word(bytes: UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
        }
        let isCapable = variable("TERM").map { $0 != "dumb" && $0 != "" } ?? false
        let hasColor = isCapable && (variable("NO_COLOR")?.bytes.isEmpty ?? true)
        return Context(
            console: Console(
                output: StandardStream.output, error: StandardStream.error,
                terminal: Terminal(
                    isOutput: isatty(1) == 1, isError: isatty(2) == 1, isCapable: isCapable,
                    hasColor: hasColor && isatty(2) == 1,
                    width: { StandardStream.error.terminalWidth })),
            canAsk: isatty(0) == 1 && isatty(2) == 1, environment: variable, clock: .system,
            currentFolder: Path(""), systemFolder: "/etc",
            listenForSignals: {
                Signals.listen(stop)
                return stop
            })
    }
}
