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
        let id = PeerWire.newID()
        server = try LoopbackServer(readsHead: false) { connection in
            guard !isOver.read({ $0 }),
                let wire = PeerWire(connection, infoHash: infoHash, id: id)
            else { return }
            wire.send(.bitfield, PeerWire.bitfield(pieces, of: count))
            wire.send(.unchoke)
            while let message = wire.receive() {
                guard message.first == PeerWire.Kind.request.rawValue, message.count == 13 else {
                    continue
                }
                let numbers = PeerWire.numbers(message.dropFirst())
                let request = Request(piece: numbers[0], offset: numbers[1], length: numbers[2])
                seen.all.update { $0.append(request) }
                switch answer(request) {
                case .nothing: continue
                case .last(let block):
                    isOver.update { $0 = true }
                    return wire.send(.piece, message[1..<9] + block)
                case .choke: wire.send(.choke)
                }
            }
        }
    }
}
