internal import Disk
internal import Glibc

/// A server on 127.0.0.1 that says whatever a test wants. Each request is handed to a closure on a
/// thread of its own; the connection is closed when it returns.
public final class LoopbackServer: Sendable {
    public struct Connection: Sendable {
        let socket: CInt
        /// What stands behind GET.
        public let path: String

        public func send(_ text: String) { send(Array(text.utf8)) }

        /// Sends all of it, or as much as the other side takes.
        public func send(_ bytes: [UInt8]) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes {
                    Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
                if sent <= 0 { return }
                rest = rest.dropFirst(sent)
            }
        }

        /// An answer with a body and its length.
        public func answer(
            _ status: String, type: String = "application/x-bittorrent", _ body: [UInt8] = []
        ) {
            send(
                "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\n"
                    + "Connection: close\r\n\r\n")
            send(body)
        }

        /// Says nothing more, until the other side has had enough.
        public func stall() {
            var byte: UInt8 = 0
            while recv(socket, &byte, 1, 0) > 0 {}
        }
    }

    public let port: UInt16
    private let listener: CInt
    private let acceptor: Thread

    public var url: String { "http://127.0.0.1:\(port)" }

    public init(_ answer: @escaping @Sendable (Connection) -> Void) throws {
        let listener = socket(
            AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard bound else {
            close(listener)
            throw Failed(reason: "no loopback port: errno \(errno)")
        }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        acceptor = Thread { Self.accept(on: listener, answer) }
    }

    public struct Failed: Error { public let reason: String }

    deinit {
        // Wakes the thread that waits in accept(2).
        shutdown(listener, CInt(SHUT_RDWR))
        acceptor.join()
        close(listener)
    }

    private static func accept(
        on listener: CInt, _ answer: @escaping @Sendable (Connection) -> Void
    ) {
        while true {
            let socket = Glibc.accept(listener, nil, nil)
            if socket < 0 { return }
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            // Nobody joins it: it ends with its connection, which the client closes at the latest.
            _ = Thread {
                if let path = path(from: socket) { answer(Connection(socket: socket, path: path)) }
                close(socket)
            }
        }
    }

    /// Reads the head of a request, nil when it does not come whole.
    private static func path(from socket: CInt) -> String? {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard head.count < 65536, recv(socket, &byte, 1, 0) == 1 else { return nil }
            head.append(byte)
            // No letter: TLS, for one.
            if byte < 0x09 || (byte > 0x0D && byte < 0x20) { return nil }
        }
        let words = head.split(separator: UInt8(ascii: " "))
        return words.count < 2 ? nil : String(decoding: words[1], as: UTF8.self)
    }
}
