internal import Glibc

/// A terminal without a screen (`pty(7)`): programs that are given its `path` think that a person
/// sits there.
public final class PseudoTerminal {
    /// What programs open.
    public let path: String
    private let master: CInt
    // Held open, so that the other end does not look closed before a program has come.
    private let slave: CInt
    private var shown: [UInt8] = []

    // TIOCSPTLCK and TIOCGPTN (ioctl_tty(2)), which are macros of a kind that is not imported.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430

    struct Failed: Error { let reason: String }

    public init() throws {
        // What posix_openpt(3) and its like do, which Swift does not see in glibc's headers.
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var isLocked: CInt = 0
        var number: CInt = 0
        guard master >= 0, ioctl(master, Self.setLock, &isLocked) == 0,
            ioctl(master, Self.getNumber, &number) == 0
        else { throw Failed(reason: "no terminal: errno \(errno)") }
        self.master = master
        path = "/dev/pts/\(number)"
        slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    }

    deinit {
        close(slave)
        close(master)
    }

    /// Everything that was shown so far.
    public var text: String {
        while takeMore(waiting: 0) {}
        return String(decoding: shown, as: UTF8.self)
    }

    /// Waits until something is shown, half a minute at most, and says whether it was.
    public func shows(_ words: String) -> Bool {
        for _ in 0..<300 {
            if text.contains(words) { return true }
            _ = takeMore(waiting: 100)
        }
        return text.contains(words)
    }

    /// Types something.
    public func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    private func takeMore(waiting milliseconds: CInt) -> Bool {
        var waiting = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, milliseconds) > 0 else { return false }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(master, &bytes, bytes.count)
        if count > 0 { shown += bytes[..<count] }
        return count > 0
    }
}
