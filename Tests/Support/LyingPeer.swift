import Disk

/// A BitTorrent peer on 127.0.0.1 that says what it has, and does with requests what a test wants.
public final class LyingPeer: Sendable {
    /// A block that is asked for.
    public struct Request: Sendable, Equatable {
        public let piece: Int
        public let offset: Int
        public let length: Int
    }

    public enum Answer: Sendable {
        case nothing
        /// A block, and never a word again.
        case last([UInt8])
        case choke
    }

    private let server: LoopbackServer
    private let seen: Requests

    private final class Requests: Sendable {
        let all = Monitor<[Request]>([])
    }

    public var port: UInt16 { server.port }

    /// What it was asked for so far.
    public var requests: [Request] { seen.all.read { $0 } }

    /// - Parameter pieces: those that it has, of `count`.
    public init(
        infoHash: [UInt8], pieces: Range<Int>, of count: Int,
        _ answer: @escaping @Sendable (Request) -> Answer
    ) throws {
        let seen = Requests()
        self.seen = seen
        let isOver = Monitor(false)
        // Two peers of one name are one peer.
        let id = (0..<12).map { _ in UInt8.random(in: 0...255) }
        server = try LoopbackServer(readsHead: false) { connection in
            guard !isOver.read({ $0 }) else { return }
            // The first attempt is an encrypted one, which begins with random bytes.
            guard let head = connection.receive(68), head.starts(with: Self.protocolName) else {
                return
            }
            connection.send(
                Self.protocolName + [UInt8](repeating: 0, count: 8) + infoHash
                    + Array("-LY0000-".utf8) + id)
            Self.send(connection, 5, Self.bitfield(pieces, of: count))
            Self.send(connection, 1)
            while let message = Self.message(from: connection) {
                guard message.first == 6, message.count == 13 else { continue }
                let numbers = (0..<3).map { Self.number(message[(1 + 4 * $0)...]) }
                let request = Request(piece: numbers[0], offset: numbers[1], length: numbers[2])
                seen.all.update { $0.append(request) }
                switch answer(request) {
                case .nothing: continue
                case .last(let block):
                    isOver.update { $0 = true }
                    return Self.send(connection, 7, message[1..<9] + block)
                case .choke: Self.send(connection, 0)
                }
            }
        }
    }

    private static let protocolName: [UInt8] = [19] + Array("BitTorrent protocol".utf8)

    private static func bitfield(_ pieces: Range<Int>, of count: Int) -> [UInt8] {
        var bits = [UInt8](repeating: 0, count: (count + 7) / 8)
        for piece in pieces { bits[piece / 8] |= 0x80 >> (piece % 8) }
        return bits
    }

    private static func send(
        _ connection: LoopbackServer.Connection, _ kind: UInt8, _ bytes: some Sequence<UInt8> = []
    ) {
        let message = [kind] + bytes
        let length = UInt32(message.count).bigEndian
        connection.send(withUnsafeBytes(of: length, Array.init) + message)
    }

    private static func message(from connection: LoopbackServer.Connection) -> [UInt8]? {
        guard let head = connection.receive(4) else { return nil }
        let length = number(head[...])
        return length == 0 ? [] : connection.receive(length)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
}
