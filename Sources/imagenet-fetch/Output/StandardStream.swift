import Disk
import Glibc

/// A destination for text.
protocol Sink: Sendable {
    func write(_ bytes: [UInt8]) throws(DiskError)
}

/// Standard output or standard error (`write(2)`).
struct StandardStream: Sink {
    let raw: CInt
    let path: Path

    static let output = StandardStream(raw: 1, path: "standard output")
    static let error = StandardStream(raw: 2, path: "standard error")

    /// Opens missing standard streams: otherwise the next opened file would get the number and
    /// receive our messages.
    static func fillGaps() {
        // Read-only, so that writing still fails. The lowest free number is used.
        for raw: CInt in 0...2 where fcntl(raw, F_GETFD) < 0 { _ = open("/dev/null", O_RDONLY) }
    }

    func write(_ bytes: [UInt8]) throws(DiskError) {
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes { buffer in
                Glibc.write(raw, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            }
            if written >= 0 {
                done += written
            } else if errno == EAGAIN {
                // Another process has made the shared pipe non-blocking.
                var wanted = pollfd(fd: raw, events: Int16(POLLOUT), revents: 0)
                poll(&wanted, 1, -1)
            } else if errno != EINTR {
                throw DiskError(.write, path, errno: errno)
            }
        }
    }

    /// The width of the terminal (`TIOCGWINSZ`), or nil.
    var terminalWidth: Int? {
        var size = winsize()
        guard ioctl(raw, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
