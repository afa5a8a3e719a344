/// Decides when banned peers are asked again.
///
/// libtorrent bans a peer that had a share in about four wrong pieces. CTorrent's `Trust` mostly
/// keeps liars from sharing pieces with others. Where everybody is banned all the same, a liar may
/// come back with the others: that costs a few pieces.
struct SecondChance {
    private var forgiven = 0
    private var proven = 0
    private var given = 0
    private var pause = Duration.zero
    private var notBefore: ContinuousClock.Instant?

    /// So often without a right piece: those that are left are liars.
    private static let most = 3

    /// Whether now is the time. If so, the chance is used up.
    ///
    /// - Parameters:
    ///   - bans: how many bans there were so far.
    ///   - proven: how many pieces from peers were right.
    mutating func isDue(
        bans: Int, proven now: Int, at time: ContinuousClock.Instant = .now
    ) -> Bool {
        if now > proven { (proven, given) = (now, 0) }
        guard bans > forgiven, given < Self.most, time >= notBefore ?? time else { return false }
        forgiven = bans
        given += 1
        // Each chance announces to the trackers, so there must not be many.
        pause = min(max(pause * 2, .seconds(2)), .seconds(60))
        notBefore = time + pause
        return true
    }
}
