/// Says when peers that libtorrent has shut out are to be asked once more.
///
/// Whoever had a share in four or so wrong pieces is shut out. CTorrent's `Trust` keeps liars from
/// sharing pieces with others, as a rule. Where they have left nobody all the same, a liar may come
/// back for the sake of the others: it costs a few pieces.
struct SecondChance {
    private var forgiven = 0
    private var proven = 0
    private var given = 0
    private var pause = Duration.zero
    private var notBefore: ContinuousClock.Instant?

    /// So often without anything coming of it: then those that are left are liars.
    private static let most = 3

    /// Whether now is the time; it is taken for used then.
    ///
    /// - Parameters:
    ///   - bans: how often somebody was shut out, ever.
    ///   - proven: how many pieces that came from peers were right.
    mutating func isDue(
        bans: Int, proven now: Int, at time: ContinuousClock.Instant = .now
    ) -> Bool {
        if now > proven { (proven, given) = (now, 0) }
        guard bans > forgiven, given < Self.most, time >= notBefore ?? time else { return false }
        forgiven = bans
        given += 1
        // Each tells the trackers: those who are now wrong, now right may not make it many.
        pause = min(max(pause * 2, .seconds(2)), .seconds(60))
        notBefore = time + pause
        return true
    }
}
