import Disk

/// A BitTorrent peer on 127.0.0.1 that has nothing, wants everything, and notes what it is shown.
public final class TakingPeer: Sendable {
    /// What the other side has told so far.
    public struct View: Sendable {
        /// What it says that it has.
        public var pieces: Set<Int> = []
        /// The pieces whose requests were refused, and those of which a block has come.
        public var refused: [Int] = []
        public var received: [Int] = []
    }

    private struct State {
        var view = View()
        var wire: PeerWire?
    }

    private let server: LoopbackServer
    private let state: Monitor<State>

    public var port: UInt16 { server.port }
    public var view: View { state.read { $0.view } }

    /// - Parameter forgets: whether it knows the message that takes a piece back (BEP 54).
    public init(infoHash: [UInt8], of count: Int, forgets: Bool = true) throws {
        let state = Monitor(State())
        self.state = state
        let id = PeerWire.newID()
        server = try LoopbackServer(readsHead: false) { connection in
            // BEP 10 and BEP 6.
            let reserved: [UInt8] = [0, 0, 0, 0, 0, 0x10, 0, 0x04]
            guard
                let wire = PeerWire(connection, infoHash: infoHash, id: id, reserved: reserved)
            else { return }
            let known = forgets ? "11:lt_donthavei\(Self.dontHave)e" : ""
            wire.send(.extended, [0] + Array("d1:md\(known)ee".utf8))
            wire.send(.haveNone)
            wire.send(.interested)
            state.update { $0.wire = wire }
            while let message = wire.receive() {
                state.update { Self.note(message, of: count, in: &$0.view) }
            }
        }
    }

    /// What it calls that message.
    private static let dontHave: UInt8 = 9

    private static func note(_ message: [UInt8], of count: Int, in view: inout View) {
        guard let kind = message.first.flatMap(PeerWire.Kind.init(rawValue:)) else { return }
        let rest = message.dropFirst()
        switch kind {
        case .have: view.pieces.insert(PeerWire.numbers(rest)[0])
        case .haveAll: view.pieces = Set(0..<count)
        case .haveNone: view.pieces = []
        case .bitfield:
            view.pieces = Set(
                (0..<count).filter { rest[1 + $0 / 8] & 0x80 >> ($0 % 8) != 0 })
        case .extended where rest.first == dontHave:
            view.pieces.remove(PeerWire.numbers(rest.dropFirst())[0])
        case .reject: view.refused.append(PeerWire.numbers(rest)[0])
        case .piece: view.received.append(PeerWire.numbers(rest.prefix(4))[0])
        default: break
        }
    }

    /// Asks for the beginning of a piece.
    public func request(_ piece: Int, length: Int = 16 << 10) {
        send(.request, PeerWire.bytes(piece) + PeerWire.bytes(0) + PeerWire.bytes(length))
    }

    /// Says that it has a piece, from wherever.
    public func has(_ piece: Int) { send(.have, PeerWire.bytes(piece)) }

    public func loseInterest() { send(.uninterested) }

    private func send(_ kind: PeerWire.Kind, _ bytes: [UInt8] = []) {
        state.wait { $0.wire }.send(kind, bytes)
    }
}
