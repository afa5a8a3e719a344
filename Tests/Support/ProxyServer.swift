import Disk

/// An HTTP proxy on 127.0.0.1. The only names that it knows are those that a test gives it, so what
/// is asked of it never leaves this machine.
public final class ProxyServer: Sendable {
    private let server: LoopbackServer
    private let seen: Requests

    private final class Requests: Sendable {
        let lines = Monitor<[String]>([])
    }

    public var url: String { server.url }

    /// The first line of the first request of each connection.
    public var requests: [String] { seen.lines.update { $0 } }

    /// - Parameter ports: where on this machine each name is.
    public init(_ ports: [String: UInt16] = [:]) throws {
        let seen = Requests()
        self.seen = seen
        server = try LoopbackServer { connection in
            let line = connection.head.prefix { $0 != "\r\n" }
            seen.lines.update { $0.append(String(line)) }
            let isTunnel = line.hasPrefix("CONNECT ")
            guard let port = ports[Self.host(of: connection.path, isTunnel: isTunnel)] else {
                return connection.answer("502 Bad Gateway", type: "text/plain")
            }
            // Servers take requests with a whole URL too (RFC 9112, 3.2.2).
            connection.relay(to: port, passingHead: !isTunnel)
        }
    }

    /// The name in `HOST:PORT`, or in a whole URL.
    private static func host(of target: String, isTunnel: Bool) -> String {
        let rest = isTunnel ? target[...] : target.drop { $0 != "/" }.drop { $0 == "/" }
        return String(rest.prefix { $0 != ":" && $0 != "/" })
    }
}
