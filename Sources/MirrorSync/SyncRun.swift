internal import ArchiveVerify
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

/// One run: what was done so far, how long it may go on, and who is told. Its steps share it.
final class SyncRun: Sendable {
    let sync: MirrorSync
    let stop: StopCheck
    let report: @Sendable (MirrorSync.Event) -> Void
    let start: ContinuousClock.Instant
    let sum = Monitor(SyncSummary())
    /// Mirrors that contradict themselves or what is known here, and their addresses as a person
    /// named them. Nothing is downloaded from them.
    let liars = Monitor((folders: Set<MirrorFolder>(), addresses: Set<String>()))

    init(
        _ sync: MirrorSync, _ stop: StopCheck,
        _ report: @escaping @Sendable (MirrorSync.Event) -> Void
    ) {
        self.sync = sync
        self.stop = stop
        self.report = report
        start = sync.now()
    }

    var data: DataFolder { sync.data }

    /// Fetches, verifies and repairs the files of one data set.
    func keep(_ set: MirrorSync.DataSet) throws {
        let files = try MissingFiles(run: self).fetch(set)
        for target in try DueFiles(run: self).findDamaged(files, set) {
            try Repairing(run: self).repair(target)
        }
    }

    /// Why the run should end now; nil while it may go on.
    ///
    /// - Parameter begin: the start of the work that is limited; nil for the run.
    func end(since begin: ContinuousClock.Instant? = nil) -> (any Error)? {
        if let stopped = stop.reason { return stopped }
        guard let limit = sync.options.timeLimit,
            sync.now() - (begin ?? start) > limit
        else { return nil }
        return TimeIsUp()
    }

    func ending(since begin: ContinuousClock.Instant? = nil) -> StopCheck {
        StopCheck { [self] in end(since: begin) }
    }

    /// Reports only the first failure of a file: the next ones mostly follow from it.
    func fail(_ file: ManifestFile?, _ error: any Error) {
        let isFirst = sum.update { sum in
            let isFirst = !sum.failures.contains { earlier in
                guard earlier.file?.name == file?.name else { return false }
                return file != nil || Self.text(earlier.error) == Self.text(error)
            }
            if isFirst { sum.failures.append(SyncSummary.Failure(file: file, error: error)) }
            return isFirst
        }
        if isFirst { report(.failed(file, error)) }
    }

    static func text(_ error: any Error) -> String {
        (error as? any Failure)?.message ?? "\(error)"
    }

    /// Whether nothing can verify a file: neither the manifest nor its first use.
    func isLeftOut(_ file: ManifestFile, _ found: FoundFile) -> Bool {
        guard !file.isPinned, !sync.options.fetch.allowsUnverified else { return false }
        if case .receipt = found.receipt { return false }
        return true
    }

    // MARK: The end

    func summary(_ sets: [MirrorSync.DataSet], interruption: (any Error)?) -> SyncSummary {
        var oldest: UTCTime?
        var (proven, wanted) = (0, 0)
        for file in sets.flatMap(\.selected.files) where isWanted(file) {
            wanted += 1
            // An unreadable file has failed already.
            guard let receipt = try? data.proof(of: file) else { continue }
            proven += 1
            oldest = min(oldest ?? receipt.when, receipt.when)
        }
        let manual = Set(sets.flatMap(\.selected.manual).map(\.name))
        let seconds = (sync.now() - start) / .seconds(1)
        return sum.update { sum in
            // A file to download by hand counts if it was selected by name.
            wanted += sum.failures.count { manual.contains($0.file?.name ?? "") }
            sum.interruption = interruption
            sum.oldestProof = oldest
            (sum.filesProven, sum.filesWanted) = (proven, wanted)
            sum.seconds = seconds
            return sum
        }
    }

    /// Archives that were unpacked and removed on purpose do not count, nor files that nothing can
    /// verify.
    private func isWanted(_ file: ManifestFile) -> Bool {
        guard let found = try? data.look(for: file.name) else { return true }
        if isLeftOut(file, found) { return false }
        guard found.final == nil, case .receipt(let receipt) = found.receipt else { return true }
        return receipt.proof != .retired
    }

    /// Adds a run with any work to the history.
    func remember(_ summary: SyncSummary) {
        guard summary.provenBytes > 0 || !summary.failures.isEmpty else { return }
        let history = SyncHistory(data)
        if history.isDamaged { report(.note("the history of runs is damaged; a new one is begun")) }
        // The history is not essential.
        try? history.add(summary)
    }
}

extension DataFolder {
    /// The receipt that proves the file as it is now.
    func proof(of file: ManifestFile) throws(DiskError) -> Receipt? {
        let found = try look(for: file.name)
        guard let final = found.final, case .receipt(let receipt) = found.receipt,
            receipt.holds(for: final.identity), receipt.proves(file)
        else { return nil }
        return receipt
    }
}
