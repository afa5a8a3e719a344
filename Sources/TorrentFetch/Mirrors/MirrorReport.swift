/// What a mirror has done so far.
public struct MirrorReport: Sendable {
    /// Why bytes that came were thrown away.
    public enum Waste: String, Sendable, CaseIterable {
        /// The piece was not what its hash says.
        case wrong
        /// Somebody else was faster.
        case duplicate
        /// The connection broke in the middle of a piece.
        case cut
    }

    public enum Phase: Sendable, Equatable {
        case untried, active
        /// Left alone for a while, after a failure or because it asked for that.
        case resting
        /// Not asked any more in this run.
        case dropped
    }

    public let mirror: Mirror
    public internal(set) var phase = Phase.untried
    /// Bytes of pieces that were taken in.
    public internal(set) var provenBytes: Int64 = 0
    public internal(set) var receivedBytes: Int64 = 0
    /// Bytes of a server without ranges that were there already: they bring the missing ones nearer.
    var passedOverBytes: Int64 = 0
    public internal(set) var wasted: [Waste: Int64] = [:]
    /// Bytes a second, smoothed.
    public internal(set) var speed: Double = 0
    /// Wrong pieces.
    public internal(set) var strikes = 0
    public internal(set) var connections = 0
    /// What went wrong last, and for `.dropped` why.
    public internal(set) var error: FetchError?

    init(_ mirror: Mirror) { self.mirror = mirror }
}
