import Disk
import Glibc

/// Everything of the world outside that a command touches, so that tests can give it another one.
struct Context: Sendable {
    /// Results, notes, errors and progress, all through one lock.
    let console: Console
    /// Standard input is a terminal, so that somebody can be asked.
    let canAsk: Bool
    /// A variable of the environment.
    let environment: @Sendable (String) -> Word?
    let clock: MonotonicClock
    /// What relative paths start from; empty where that is the process's own current folder.
    let currentFolder: Path
    /// The folder of the system-wide config file.
    let systemFolder: Path
    /// Makes signals ask politely from here on; for commands that poll the answer.
    let listenForSignals: @Sendable () -> StopRequest

    /// The same world with another way out.
    func with(_ console: Console) -> Context {
        Context(
            console: console, canAsk: canAsk, environment: environment, clock: clock,
            currentFolder: currentFolder, systemFolder: systemFolder,
            listenForSignals: listenForSignals)
    }

    func resolve(_ path: Path) -> Path { currentFolder.appending(path) }

    /// A progress display for this run, in the way that fits the terminal and the options.
    func progress(_ arguments: Arguments) -> Progress {
        Progress(console: console, style: .choose(arguments, console), clock: clock)
    }
}

/// Time that only goes forward, from any beginning.
struct MonotonicClock: Sendable {
    let now: @Sendable () -> Duration

    static var system: MonotonicClock {
        let start = ContinuousClock.now
        return MonotonicClock { ContinuousClock.now - start }
    }
}

extension Context {
    /// The process's own world.
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
