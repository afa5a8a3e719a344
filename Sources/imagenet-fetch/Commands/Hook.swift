import Disk
import Glibc

/// A shell command of the user. It learns what happened only from its environment, so nothing from
/// outside gets into the command's text.
struct Hook {
    private let command: String
    private let variables: [String: String]

    /// - Parameter variables: without the prefix `IMAGENET_FETCH_`.
    init(_ command: String, _ variables: [String: String]) {
        self.command = command
        self.variables = variables
    }

    /// Runs the command and waits. A failure is reported and changes nothing else.
    ///
    /// After a signal our own time is short, and the command must not outlive us. A command that
    /// reports that end gets some of the time.
    func run(_ console: Console, _ stop: StopRequest) {
        let wasAsked = stop.signal != nil
        let patience: Duration = wasAsked ? .milliseconds(2500) : .zero
        let grace: Duration = .seconds(wasAsked ? 1 : 2)
        guard let child = spawn() else {
            return console.warn("the hook could not be started: \(escaped(command))")
        }
        var status: CInt = 0
        var isTold = false
        while waitpid(child, &status, WNOHANG) == 0 {
            if let asked = stop.asked {
                let waited = ContinuousClock.now - asked
                if waited > patience + grace {
                    kill(child, SIGKILL)
                } else if waited >= patience, !isTold {
                    isTold = true
                    kill(child, SIGTERM)
                }
            }
            Thread.sleep(milliseconds: 10)
        }
        if status != 0 { console.warn("the hook failed: \(escaped(command))") }
    }

    /// With default signals, and nothing open but the standard streams.
    private func spawn() -> pid_t? {
        var attributes = posix_spawnattr_t()
        var actions = posix_spawn_file_actions_t()
        posix_spawnattr_init(&attributes)
        posix_spawn_file_actions_init(&actions)
        defer {
            posix_spawnattr_destroy(&attributes)
            posix_spawn_file_actions_destroy(&actions)
        }
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        // Ours close by themselves, but libtorrent leaves some open. A missing one is no error.
        for descriptor: CInt in 3..<512 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        let words = Self.copies(["/bin/sh", "-c", command])
        let environment = Self.copies(environment)
        defer { for text in words + environment { free(text) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, "/bin/sh", &actions, &attributes, words, environment)
        return code == 0 ? child : nil
    }

    /// As C strings, terminated by NULL.
    private static func copies(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        texts.map { text in strdup(text) } + [nil]
    }

    private var environment: [String] {
        let own = variables.map { (name: "IMAGENET_FETCH_\($0.key)=", value: $0.value) }
        var result: [String] = []
        var next = environ
        while let text = next.pointee {
            let inherited = String(cString: text)
            // Programs disagree on which of two equal names counts.
            if !own.contains(where: { inherited.hasPrefix($0.name) }) { result.append(inherited) }
            next += 1
        }
        return result + own.map { $0.name + $0.value }.sorted()
    }
}
