struct MirrorReport: Sendable {
    enum Waste: String, Sendable, CaseIterable {
        /// The piece had the wrong hash.
        case wrong
        case duplicate
        /// The connection broke in the middle of a piece.
        case cut
    }

    enum Phase: Sendable, Equatable {
        case untried, active
        /// Resting, after a failure or because it asked for a pause.
        case resting
        case dropped
    }

    let mirror: Mirror
    var phase = Phase.untried
    var provenBytes: Int64 = 0
    var receivedBytes: Int64 = 0
    /// Bytes that were there already, but that a server without ranges must send first.
    var passedOverBytes: Int64 = 0
    var wasted: [Waste: Int64] = [:]
    /// Bytes a second, smoothed.
    var speed: Double = 0
    var strikes = 0
    var connections = 0
    /// The last error, and for `.dropped` the reason.
    var error: FetchError?

    init(_ mirror: Mirror) { self.mirror = mirror }
}
