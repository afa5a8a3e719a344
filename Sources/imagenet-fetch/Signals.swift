// Its header declares sigset_t too, and an optimised build may take it from there.
import CLinux
import Disk
import Glibc
import Synchronization

/// A request to end this run. Commands poll it between two pieces of work, save what they have, and
/// throw what `check()` throws.
final class StopRequest: Sendable {
    private let number = Atomic<CInt>(0)
    private let time = Monitor<ContinuousClock.Instant?>(nil)

    /// The signal of the request, or nil.
    var signal: CInt? {
        let value = number.load(ordering: .acquiring)
        return value == 0 ? nil : value
    }

    /// When it was requested.
    var asked: ContinuousClock.Instant? { signal == nil ? nil : time.read { $0 } ?? .now }

    /// - Returns: false for the second and later requests.
    @discardableResult
    func request(_ signal: CInt) -> Bool {
        time.update { $0 = $0 ?? .now }
        return number.compareExchange(
            expected: 0, desired: signal, ordering: .acquiringAndReleasing
        )
        .exchanged
    }

    /// For a command that only a request ends: its own status says how the run was.
    func fulfil() { number.store(0, ordering: .releasing) }

    func check() throws(Stopped) {
        if let signal { throw Stopped(signal: signal) }
    }

    /// The same for libraries, which know no signals.
    var asCheck: StopCheck { StopCheck { [self] in signal.map { Stopped(signal: $0) } } }
}

/// A signal has ended a command early.
struct Stopped: Failure {
    let signal: CInt
    var message: String { "stopped by signal \(signal)" }
}

enum Signals {
    /// A reader that goes away (`| head`) then shows as EPIPE and does not kill us.
    static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// For runs with a log that may be rotated: the end of the terminal session must not end them.
    static func ignoreHangUp() { signal(SIGHUP, SIG_IGN) }

    /// From here on the first SIGINT, SIGTERM or SIGHUP sets `stop`. A second one ends the process
    /// at once, and so does a timeout: a slow name server or disk must not hold a run, and a killed
    /// run can be resumed.
    ///
    /// They are blocked and awaited by one thread (`sigwait(3)`), so no code of ours runs inside a
    /// signal handler. Threads inherit the mask: call this before any other thread starts. Programs
    /// inherit it too: give a child an empty mask.
    static func listen(_ stop: StopRequest) {
        let awaited = [SIGINT, SIGTERM, SIGHUP].filter { !isIgnored($0) }
        var set = signalSet(awaited)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        // Nobody joins this thread: it ends with the process.
        _ = Thread {
            var set = signalSet(awaited)
            var first: CInt = 0
            while sigwait(&set, &first) != 0 {}
            stop.request(first)
            var patience = timespec(tv_sec: 4, tv_nsec: 500_000_000)
            let second = sigtimedwait(&set, nil, &patience)
            die(by: second > 0 ? second : first)
        }
    }

    /// Ends the process by this signal as if it had never been caught, so that a shell sees an
    /// interrupted loop and not only a failed program.
    static func die(by number: CInt) -> Never {
        signal(number, SIG_DFL)
        var set = signalSet([number])
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        kill(getpid(), number)
        // Reached only if the signal does not kill.
        _exit(128 + number)
    }

    /// `nohup` and shells without job control start us with signals ignored on purpose.
    private static func isIgnored(_ number: CInt) -> Bool {
        var current = sigaction()
        guard sigaction(number, nil, &current) == 0 else { return false }
        return unsafeBitCast(current.__sigaction_handler.sa_handler, to: Int.self) == 1
    }

    private static func signalSet(_ numbers: [CInt]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        return set
    }
}
