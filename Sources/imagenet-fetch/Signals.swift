// Its header declares sigset_t too, and an optimised build may take it from there.
import CLinux
import Disk
import Glibc
import Synchronization

/// The wish of somebody outside that this run should end: commands poll it between two pieces of
/// work, bring what they have into a state to go on from, and throw what `check()` throws.
final class StopRequest: Sendable {
    private let number = Atomic<CInt>(0)
    private let time = Monitor<ContinuousClock.Instant?>(nil)

    /// The signal that asked, or nil while nobody has.
    var signal: CInt? {
        let value = number.load(ordering: .acquiring)
        return value == 0 ? nil : value
    }

    /// When it asked.
    var asked: ContinuousClock.Instant? { signal == nil ? nil : time.read { $0 } ?? .now }

    /// Notes a request.
    ///
    /// - Returns: false if there was one before, so that this is the second.
    @discardableResult
    func request(_ signal: CInt) -> Bool {
        time.update { $0 = $0 ?? .now }
        return number.compareExchange(
            expected: 0, desired: signal, ordering: .acquiringAndReleasing
        )
        .exchanged
    }

    func check() throws(Stopped) {
        if let signal { throw Stopped(signal: signal) }
    }

    /// The same for libraries, which know no signals.
    var asCheck: StopCheck { StopCheck { [self] in signal.map { Stopped(signal: $0) } } }
}

/// A command has ended early because a signal asked it to.
struct Stopped: Failure {
    let signal: CInt
    var message: String { "stopped by signal \(signal)" }
}

/// The signals of this process.
enum Signals {
    /// A reader that goes away (`| head`) shows as EPIPE where we write, and not as a death.
    static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// For who writes a log that may be rotated: the end of a terminal session is no end for it.
    static func ignoreHangUp() { signal(SIGHUP, SIG_IGN) }

    /// From here on the first SIGINT, SIGTERM or SIGHUP sets `stop`, and the second ends the
    /// process at once. So does time: a name server or a disk that does not answer must not keep a
    /// run for longer, and what is killed in the middle can be gone on with.
    ///
    /// They are blocked and awaited by one thread (`sigwait(3)`), so that no code of ours ever runs
    /// inside a signal handler. Threads inherit the mask: call this before any other thread starts.
    /// Programs inherit it too: whoever spawns one gives it an empty mask.
    static func listen(_ stop: StopRequest) {
        let awaited = [SIGINT, SIGTERM, SIGHUP].filter { !isIgnored($0) }
        var set = signalSet(awaited)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        // The thread of its own ends with the process: nobody joins it.
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

    /// Ends the process by this signal, as if it had never been caught: a shell must see that its
    /// loop was interrupted and not only that a program failed.
    static func die(by number: CInt) -> Never {
        signal(number, SIG_DFL)
        var set = signalSet([number])
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        kill(getpid(), number)
        // Only reached by a signal that does not kill.
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
