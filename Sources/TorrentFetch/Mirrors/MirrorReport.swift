/// What a mirror has done so far.
public struct MirrorReport: Sendable {
    /// Why bytes were discarded.
    public enum Waste: String, Sendable, CaseIterable {
        /// The piece had the wrong hash.
        case wrong
        /// Another source was faster.
        case duplicate
        /// The connection broke in the middle of a piece.
        case cut
    }

    public enum Phase: Sendable, Equatable {
        case untried, active
        /// Resting, after a failure or because it asked for a pause.
        case resting
        /// Not asked any more in this run.
        case dropped
    }

    public let mirror: Mirror
    public internal(set) var phase = Phase.untried
    /// Bytes of right pieces.
    public internal(set) var provenBytes: Int64 = 0
    public internal(set) var receivedBytes: Int64 = 0
    /// Bytes that were there already, but that a server without ranges must send first.
    var passedOverBytes: Int64 = 0
    public internal(set) var wasted: [Waste: Int64] = [:]
    /// Bytes a second, smoothed.
    public internal(set) var speed: Double = 0
    /// Wrong pieces.
    public internal(set) var strikes = 0
    public internal(set) var connections = 0
    /// The last error, and for `.dropped` the reason.
    public internal(set) var error: FetchError?

    init(_ mirror: Mirror) { self.mirror = mirror }
}
