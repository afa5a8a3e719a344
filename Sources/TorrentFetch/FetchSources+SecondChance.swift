internal import DataFolder
internal import Disk

// Banned peers get another chance where nobody else gives anything; `SecondChance` says when.
extension FetchSources {
    /// Removes the torrent, so that `bringBack` adds it without its bans.
    ///
    /// - Returns: whether it did.
    func askBannedAgain() -> Bool {
        guard let swarm, let store, !isSetAside, !isMirrorBusy,
            secondChance.isDue(bans: swarm.events.bannedPeers, proven: store.provenPieces)
        else { return false }
        job.note(
            "no peer sends anything, and some were banned for wrong pieces: asking them once more")
        swarm.setAside()
        isSetAside = true
        return true
    }

    private var isMirrorBusy: Bool { shift.map { $0.end == nil && $0.speed > 0 } ?? false }

    /// Adds the torrent again when nothing of the last time is under way.
    func bringBack() {
        guard isSetAside, let swarm, let torrent, let store, store.letGo() else { return }
        isSetAside = false
        do throws(FetchError) {
            try add(torrent, to: swarm, store)
        } catch {
            loseSwarm(error.message)
        }
    }
}
