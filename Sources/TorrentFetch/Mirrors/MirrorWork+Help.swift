// A slow connection must not hold up the end or the digests: idle connections take over half of its
// run, and in the end its last piece too.
extension MirrorWork {
    func help(_ connection: MirrorConnection, _ now: ContinuousClock.Instant) {
        var slowest: (connection: MirrorConnection, remaining: Duration)?
        for other in active.values where !other.isDoubled {
            guard let remaining = other.remaining(now), remaining > options.patience,
                remaining > slowest?.remaining ?? .zero
            else { continue }
            slowest = (other, remaining)
        }
        guard let slow = slowest?.connection, let hop = connection.site.hop else { return }
        if let ceded = slow.cede() {
            start(connection, ceded, at: hop, isOld: true)
        } else if slow.site !== connection.site {
            // The same server would be as slow again.
            slow.isDoubled = true
            start(connection, slow.run, at: hop, isOld: true)
        }
    }

    /// Ends other requests for a piece that is there.
    func endDoubles(of piece: Int) {
        for connection in active.values where connection.isDoubled {
            if connection.run == piece..<piece + 1 {
                _ = release(connection, keepsRun: true)
            }
        }
    }
}
