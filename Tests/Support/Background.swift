import Disk
internal import Glibc
internal import Synchronization

/// A program that runs beside a test, until the test lets go of it.
public final class Background: Sendable {
    private let process: pid_t
    private let status = Monitor<Int32?>(nil)

    /// - Parameters:
    ///   - program: found in PATH unless it has a slash.
    ///   - input: the file, or the terminal, that it reads from.
    ///   - output: what it prints goes to the end of this file, errors as well.
    ///   - errors: where errors go instead.
    public init(
        _ program: String, _ arguments: [String], input: String = "/dev/null",
        output: String = "/dev/null", errors: String? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors ?? output, flags, 0o600)
        // libtorrent 2.0.8 leaks its sockets into children, where nobody would close them.
        for descriptor in 3..<1000 as Range<CInt> {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        // Swift's own threads block signals; a child that inherits that cannot be ended.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var process = pid_t()
        let failure = posix_spawnp(&process, program, &actions, &attributes, &words, environ)
        guard failure == 0 else { throw CannotRun(program: program, errno: failure) }
        self.process = process
    }

    public var pid: Int32 { process }

    /// Sends it a signal, unless it has ended and been waited for.
    public func send(_ signal: Int32) {
        status.update { status in if status == nil { kill(process, signal) } }
    }

    /// Waits for its end; 128+N is an end by signal N.
    @discardableResult
    public func wait() -> Int32 {
        status.update { status in
            if let status { return status }
            var raw: CInt = 0
            while waitpid(process, &raw, 0) < 0, errno == EINTR {}
            let ended = raw & 0x7F
            let result = ended == 0 ? (raw >> 8) & 0xFF : 128 + ended
            status = result
            return result
        }
    }

    /// Waits for its end that long at the most; nil when it goes on.
    public func wait(seconds: Int) -> Int32? {
        for _ in 0..<seconds * 100 where !hasEnded { usleep(10_000) }
        return status.update { $0 }
    }

    deinit {
        send(SIGTERM)
        // One that a test has stopped must hear it too.
        send(SIGCONT)
        for _ in 0..<300 {
            if hasEnded { return }
            usleep(10_000)
        }
        send(SIGKILL)
        wait()
    }

    private var hasEnded: Bool {
        status.update { status in
            if status != nil { return true }
            var raw: CInt = 0
            guard waitpid(process, &raw, WNOHANG) != 0 else { return false }
            status = (raw & 0x7F) == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
            return true
        }
    }
}
