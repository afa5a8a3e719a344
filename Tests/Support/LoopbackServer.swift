internal import Disk
internal import Glibc

/// A server on 127.0.0.1 that says whatever a test wants. Each request is handed to a closure on a
/// thread of its own; the connection is closed when it returns.
public final class LoopbackServer: Sendable {
    public struct Connection: Sendable {
        let socket: CInt
        /// The whole head of the request.
        public let head: String

        /// What stands behind GET.
        public var path: String {
            let words = head.split(separator: " ", maxSplits: 2)
            return words.count < 2 ? "" : String(words[1])
        }

        /// The value of a header field of the request.
        public func field(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2, parts[0].lowercased() == name.lowercased() {
                    return String(parts[1].drop { $0 == " " })
                }
            }
            return nil
        }

        /// The bytes that are asked for, both ends included.
        public var range: ClosedRange<Int>? {
            guard let words = field("Range")?.split(separator: "="), words.count == 2 else {
                return nil
            }
            let ends = words[1].split(separator: "-").compactMap { Int($0) }
            return ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : nil
        }

        /// Breaks the connection as a crash does: the other side gets ECONNRESET.
        public func reset() {
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                socket, SOL_SOCKET, SO_LINGER, &linger,
                socklen_t(MemoryLayout.size(ofValue: linger)))
        }

        /// Passes bytes both ways to another port of this machine, as a proxy does: after CONNECT,
        /// or with the head of this request as the first of them.
        public func relay(to port: UInt16, passingHead: Bool = false) {
            guard let other = connectedSocket(port) else { return }
            defer { close(other) }
            if passingHead {
                Connection(socket: other, head: "").send(head)
            } else {
                send("HTTP/1.1 200 Connection established\r\n\r\n")
            }
            let back = Thread { [socket] in Self.copy(from: other, to: socket) }
            Self.copy(from: socket, to: other)
            back.join()
        }

        private static func copy(from source: CInt, to target: CInt) {
            var bytes = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = recv(source, &bytes, bytes.count, 0)
                if count <= 0 { break }
                if Glibc.send(target, bytes, count, CInt(MSG_NOSIGNAL)) <= 0 { break }
            }
            shutdown(source, CInt(SHUT_RDWR))
            shutdown(target, CInt(SHUT_RDWR))
        }

        /// The next bytes from the other side, nil when it has no more so many.
        public func receive(_ count: Int) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: count)
            return recv(socket, &bytes, count, CInt(MSG_WAITALL)) == count ? bytes : nil
        }

        public func send(_ text: String) { send(Array(text.utf8)) }

        /// Sends all of it, or as much as the other side takes: then false.
        @discardableResult
        public func send(_ bytes: [UInt8]) -> Bool {
            var rest = bytes[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes {
                    Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
                if sent <= 0 { return false }
                rest = rest.dropFirst(sent)
            }
            return true
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
    private let clients: Clients

    /// Connections that are open, and the threads of all that were.
    private final class Clients: Sendable {
        let open = Monitor<Set<CInt>>([])
        let threads = Monitor<[Thread]>([])
    }

    public var url: String { "http://127.0.0.1:\(port)" }

    /// - Parameter readsHead: whether requests have heads, as those of HTTP.
    public init(
        readsHead: Bool = true, _ answer: @escaping @Sendable (Connection) -> Void
    ) throws {
        let listener = loopbackSocket()
        var address = loopbackAddress(0)
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
        let clients = Clients()
        self.clients = clients
        acceptor = Thread { Self.accept(on: listener, clients, readsHead, answer) }
    }

    public struct Failed: Error { public let reason: String }

    deinit {
        // Wakes the thread that waits in accept(2).
        shutdown(listener, CInt(SHUT_RDWR))
        acceptor.join()
        close(listener)
        clients.open.update { for socket in $0 { shutdown(socket, CInt(SHUT_RDWR)) } }
        for thread in clients.threads.update({ $0 }) { thread.join() }
    }

    private static func accept(
        on listener: CInt, _ clients: Clients, _ readsHead: Bool,
        _ answer: @escaping @Sendable (Connection) -> Void
    ) {
        while true {
            let socket = Glibc.accept(listener, nil, nil)
            if socket < 0 { return }
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            clients.open.update { _ = $0.insert(socket) }
            let thread = Thread {
                if let head = readsHead ? head(from: socket) : "" {
                    answer(Connection(socket: socket, head: head))
                }
                // Closed under the lock: its number may be another's at once.
                clients.open.update { open in
                    open.remove(socket)
                    close(socket)
                }
            }
            clients.threads.update { $0.append(thread) }
        }
    }

    /// Reads the head of a request, nil when it does not come whole.
    private static func head(from socket: CInt) -> String? {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard head.count < 65536, recv(socket, &byte, 1, 0) == 1 else { return nil }
            head.append(byte)
            // No letter: TLS, for one.
            if byte < 0x09 || (byte > 0x0D && byte < 0x20) { return nil }
        }
        return String(decoding: head, as: UTF8.self)
    }
}

/// Waits, on a thread of a test's own.
public func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }
