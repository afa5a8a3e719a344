internal import DataFolder
internal import Disk

/// Saves the state of a growing file: twice a second in case the process is killed, and after a
/// sync every 30 seconds or 256 MiB in case the machine stops.
///
/// A journal that cannot be saved, as on a full disk, stops nothing. It is reported once, and the
/// journal before it is still true.
final class JournalKeeper: Sendable {
    struct Rhythm: Sendable {
        /// Writes later than this after the last journal look like somebody else's to the next run.
        var quick: Duration = .milliseconds(500)
        var synced: Duration = .seconds(30)
        /// Bytes after which the data is synced at the latest.
        var syncedBytes: Int64 = 256 << 20
    }

    enum Trouble: Sendable {
        /// The journal could not be written; more may have to be read or downloaded again.
        case journalNotSaved(DiskError)
        /// The data could not be synced and may be lost. Nothing is saved from then on, and the
        /// fetch should stop.
        case dataNotSynced(DiskError)
    }

    private struct State {
        var stopping = false
        var lastSynced: Journal?
        /// The journal whose failure was reported.
        var told: JournalStore.Tier?
        var isBroken = false
    }

    private let staging: StagingFile
    private let journals: JournalStore
    private let fileName: String
    private let pin: @Sendable () -> String
    private let rhythm: Rhythm
    private let report: @Sendable (Trouble) -> Void
    private let state = Monitor(State())
    private let threads = Monitor<[Thread]>([])

    /// Begins to save. `report` and `pin` are called on the keeper's threads or the one that calls
    /// `stop()`. `pin` may change when the first piece comes.
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
        // Two threads: a sync of a slow disk takes longer than a killed run may lose.
        threads.update {
            $0 = [Thread { [self] in keepQuick() }, Thread { [self] in keepSynced() }]
        }
    }

    /// Saves a last time and ends. The clean journal is believed without reading anything, so call
    /// this only when nobody writes to the file any more.
    func stop() {
        let isFirst = state.update { state in
            defer { state.stopping = true }
            return !state.stopping
        }
        guard isFirst else { return }
        for thread in threads.update({ $0 }) { thread.join() }
        // A file of one piece has its name before a journal would be on the disk.
        if staging.pieceCount == 1, staging.proven.isComplete { return }
        save(.synced, isClean: true)
    }

    private func keepQuick() {
        var saved = -1
        while !isOver(after: rhythm.quick) {
            let pieces = staging.proven.members
            // The digests may have advanced without a new piece, but they are cheap to redo.
            if pieces == saved { continue }
            save(.quick)
            saved = pieces
        }
    }

    private func keepSynced() {
        let clock = ContinuousClock()
        var syncedAt = clock.now
        // What was there at the beginning may have been adopted or left by a killed run, and nobody
        // has synced it.
        var syncedPieces = 0
        while !isOver(after: rhythm.quick) {
            let pieces = staging.proven.members
            let (bytes, overflow) = Int64(pieces - syncedPieces)
                .multipliedReportingOverflow(by: Int64(staging.pieceLength))
            guard pieces > syncedPieces,
                overflow || bytes >= rhythm.syncedBytes || clock.now - syncedAt >= rhythm.synced
            else { continue }
            save(.synced)
            syncedAt = clock.now
            syncedPieces = pieces
        }
    }

    private func isOver(after time: Duration) -> Bool {
        state.wait(atMost: time) { $0.stopping ? true : nil } ?? false
    }

    private func save(_ tier: JournalStore.Tier, isClean: Bool = false) {
        if state.read({ $0.isBroken }) { return }
        do throws(DiskError) {
            // The journal is made first: the sync must cover everything it says.
            var journal = try staging.journal(fileName: fileName, pin: pin(), isClean: isClean)
            if tier == .synced {
                do throws(DiskError) {
                    try staging.sync()
                } catch {
                    giveUp(error)
                    return
                }
                // Some file systems set the time of the last write only when they sync it.
                if isClean {
                    journal = try staging.journal(fileName: fileName, pin: pin(), isClean: true)
                }
            }
            // The quick journal must not be older than this one. It comes first because it can be
            // written even on a full disk.
            if tier == .quick || isClean { try saveQuick(journal) }
            if tier == .synced {
                try journals.save(journal, .synced)
                let kept = journal
                state.update { $0.lastSynced = kept }
            }
            state.update { if $0.told == tier { $0.told = nil } }
        } catch {
            let isNew = state.update { state in
                if state.told != nil { return false }
                state.told = tier
                return true
            }
            if isNew { report(.journalNotSaved(error)) }
        }
    }

    /// Never after `giveUp`, on whichever thread.
    private func saveQuick(_ journal: Journal) throws(DiskError) {
        let result = state.update { state in
            Result { () throws(DiskError) in
                if !state.isBroken { try journals.save(journal, .quick) }
            }
        }
        try result.get()
    }

    /// After a failed sync the kernel may have dropped writes: only what was synced before is
    /// certain, and the quick journal claims too much.
    private func giveUp(_ error: DiskError) {
        let result = state.update { state in
            state.isBroken = true
            return Result { () throws(DiskError) in
                if let last = state.lastSynced {
                    try journals.save(last, .quick)
                } else {
                    try journals.remove(fileName)
                }
            }
        }
        if case .failure(let error) = result { report(.journalNotSaved(error)) }
        report(.dataNotSynced(error))
    }
}
