/// The BitTorrent protocol on a connection that a peer has made: a handshake, then messages.
struct PeerWire: Sendable {
    enum Kind: UInt8 {
        case choke = 0
        case unchoke = 1
        case interested = 2
        case uninterested = 3
        case have = 4
        case bitfield = 5
        case request = 6
        case piece = 7
        case haveAll = 14
        case haveNone = 15
        case reject = 16
        case extended = 20
    }

    private let connection: LoopbackServer.Connection

    /// Answers the handshake.
    ///
    /// - Parameters:
    ///   - id: 12 bytes. Two peers of one name are one peer.
    ///   - reserved: bits that say what this side knows.
    init?(
        _ connection: LoopbackServer.Connection, infoHash: [UInt8], id: [UInt8],
        reserved: [UInt8] = [UInt8](repeating: 0, count: 8)
    ) {
        // The first attempt is an encrypted one, which begins with random bytes.
        guard let head = connection.receive(68), head.starts(with: Self.protocolName) else {
            return nil
        }
        self.connection = connection
        connection.send(Self.protocolName + reserved + infoHash + Array("-LY0000-".utf8) + id)
    }

    private static let protocolName: [UInt8] = [19] + Array("BitTorrent protocol".utf8)

    static func newID() -> [UInt8] { (0..<12).map { _ in UInt8.random(in: 0...255) } }

    func send(_ kind: Kind, _ bytes: some Sequence<UInt8> = []) {
        let message = [kind.rawValue] + bytes
        connection.send(Self.bytes(message.count) + message)
    }

    /// The next message: its kind, and what follows. Empty ones keep the connection open.
    func receive() -> [UInt8]? {
        guard let head = connection.receive(4) else { return nil }
        let length = Self.numbers(head[...])[0]
        return length == 0 ? [] : connection.receive(length)
    }

    static func bytes(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(number).bigEndian, Array.init)
    }

    /// The numbers of 4 bytes each that these bytes are.
    static func numbers(_ bytes: ArraySlice<UInt8>) -> [Int] {
        stride(from: bytes.startIndex, through: bytes.endIndex - 4, by: 4).map { start in
            bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        }
    }

    static func bitfield(_ pieces: some Sequence<Int>, of count: Int) -> [UInt8] {
        var bits = [UInt8](repeating: 0, count: (count + 7) / 8)
        for piece in pieces { bits[piece / 8] |= 0x80 >> (piece % 8) }
        return bits
    }
}
