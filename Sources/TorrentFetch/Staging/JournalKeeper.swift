internal import DataFolder
internal import Disk

/// Saves what is known of a growing file as it grows: every second for a killed run, and every 30
/// seconds or 256 MiB, after the data was brought to the disk, for a machine that stops.
///
/// A journal that cannot be saved, as on a full disk, stops nothing: it is told once, and the one
/// before it still says something true.
final class JournalKeeper: Sendable {
    struct Rhythm: Sendable {
        var quick: Duration = .seconds(1)
        var synced: Duration = .seconds(30)
        /// Bytes after which the data is synced, however short the time.
        var syncedBytes: Int64 = 256 << 20
    }

    enum Trouble: Sendable {
        /// The journal could not be written; more may have to be read or fetched again.
        case journalNotSaved(DiskError)
        /// The data could not be brought to the disk: what was written may be lost. Nothing is saved
        /// from then on, and the fetch should stop.
        case dataNotSynced(DiskError)
    }

    private struct State {
        var stopping = false
        var lastSynced: Journal?
        var isTold = false
        var isBroken = false
    }

    private let staging: StagingFile
    private let journals: JournalStore
    private let fileName: String
    private let pin: @Sendable () -> String
    private let rhythm: Rhythm
    private let report: @Sendable (Trouble) -> Void
    private let state = Monitor(State())
    private let thread = Monitor<Thread?>(nil)

    /// Begins to save. `report` is called on the keeper's thread, or on that which calls `stop()`;
    /// so is `pin`, each time: who brings the pieces may show only when the first of them comes.
    init(
        _ staging: StagingFile, _ journals: consuming JournalStore, fileName: String,
        pin: @autoclosure @escaping @Sendable () -> String,
        rhythm: Rhythm = Rhythm(), report: @escaping @Sendable (Trouble) -> Void
    ) {
        self.staging = staging
        self.journals = journals
        self.fileName = fileName
        self.pin = pin
        self.rhythm = rhythm
        self.report = report
        thread.update { $0 = Thread { [self] in keep() } }
    }

    /// Saves a last time and ends. The journal is then a clean one, which is believed without
    /// reading anything: call it only when nobody writes to the file any more.
    func stop() {
        let isFirst = state.update { state in
            defer { state.stopping = true }
            return !state.stopping
        }
        guard isFirst else { return }
        thread.update { $0 }?.join()
        save(.synced, isClean: true)
    }

    private func keep() {
        let clock = ContinuousClock()
        var syncedAt = clock.now
        // What was there at the beginning may have been adopted, or believed of a killed run: nobody
        // has synced it yet.
        var syncedPieces = 0
        var saved = -1
        while true {
            let isOver = state.wait(atMost: rhythm.quick) { $0.stopping ? true : nil }
            if isOver == true { return }
            let pieces = staging.proven.members
            let (bytes, overflow) = Int64(pieces - syncedPieces)
                .multipliedReportingOverflow(by: Int64(staging.pieceLength))
            if pieces > syncedPieces,
                overflow || bytes >= rhythm.syncedBytes || clock.now - syncedAt >= rhythm.synced
            {
                save(.synced, isClean: false)
                syncedAt = clock.now
                syncedPieces = pieces
                saved = -1
            }
            // The digests may have come further without a new piece, but they are soon made again.
            if pieces != saved {
                save(.quick, isClean: false)
                saved = pieces
            }
        }
    }

    private func save(_ tier: JournalStore.Tier, isClean: Bool) {
        if state.update({ $0.isBroken }) { return }
        do throws(DiskError) {
            // What is in the journal must have been written before the sync: it is made first.
            var journal = try staging.journal(fileName: fileName, pin: pin(), isClean: isClean)
            if tier == .synced {
                do throws(DiskError) {
                    try staging.sync()
                } catch {
                    giveUp(error)
                    return
                }
                // Some file systems set the time of the last write only when they bring it out.
                if isClean {
                    journal = try staging.journal(fileName: fileName, pin: pin(), isClean: true)
                }
            }
            try journals.save(journal, tier)
            if tier == .synced {
                let kept = journal
                state.update { $0.lastSynced = kept }
                // The newest word must not be an older, unclean one.
                if isClean { try journals.save(journal, .quick) }
            }
            state.update { $0.isTold = false }
        } catch {
            let isNew = state.update { state in
                defer { state.isTold = true }
                return !state.isTold
            }
            if isNew { report(.journalNotSaved(error)) }
        }
    }

    /// After a failed sync the kernel may have dropped what was written: only what was synced before
    /// is known to be there, and the quick journal says too much.
    private func giveUp(_ error: DiskError) {
        let last = state.update { state in
            state.isBroken = true
            return state.lastSynced
        }
        do throws(DiskError) {
            if let last {
                try journals.save(last, .quick)
            } else {
                try journals.remove(fileName)
            }
        } catch {
            report(.journalNotSaved(error))
        }
        report(.dataNotSynced(error))
    }
}
