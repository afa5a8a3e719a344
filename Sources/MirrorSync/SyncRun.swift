internal import ArchiveVerify
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

/// One run: what has been done so far, and how long it may go on.
final class SyncRun: Sendable {
    let sync: MirrorSync
    let stop: StopCheck
    let report: @Sendable (MirrorSync.Event) -> Void
    let start: ContinuousClock.Instant
    let sum = Monitor(SyncSummary())

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
    var fetcher: Fetcher { Fetcher(data, sync.options.fetch) }

    /// Looks after the files of one data set.
    func keep(_ set: MirrorSync.DataSet) throws {
        let files = try fetchMissing(set)
        for target in try damaged(files, set) { try mend(target) }
    }

    /// Why the run should end now; nil while it may go on.
    ///
    /// - Parameter begin: when that began whose time it is; nil for the run.
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

    /// One sentence about a file is enough: what comes after it is mostly because of it.
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

    // MARK: What is missing

    /// - Returns: the files that are there to be looked after.
    private func fetchMissing(_ set: MirrorSync.DataSet) throws -> [ManifestFile] {
        var options = FetchPlan.Options()
        options.allowsUnverified = true
        // What was unpacked and removed on purpose stays away.
        options.fetchesRetired = false
        let selected = visible(set.selected)
        let survey = try FetchPlan.survey(selected, in: data, options)
        for item in survey.items {
            guard case .manual(let how, let found) = item.state, let refusal = item.refusal else {
                continue
            }
            fail(item.file, found == nil ? SyncError.byHand(item.file, how) : refusal)
        }
        let missing = survey.items.filter { item in
            switch item.state {
            case .absent, .partial, .candidate, .halfFinished: true
            // There, under its name: it is proven, or mended, where it lies.
            case .unproven, .wrongSize: false
            case .whole, .retired, .manual, .superseded: false
            }
        }
        try fetch(missing)
        let failed = Set(sum.read { $0.failures.compactMap(\.file?.name) })
        return selected.files.filter { !failed.contains($0.name) }
    }

    /// The files that can be looked at, and that something can verify. One that cannot keeps none
    /// of the others waiting.
    private func visible(_ selected: SelectedFiles) -> SelectedFiles {
        var selected = selected
        selected.files = selected.files.filter { file in
            do throws(DiskError) {
                let found = try data.look(for: file.name)
                guard isLeftOut(file, found) else { return true }
                report(
                    .note(
                        "\(escaped(file.name)): left out, because the manifest has neither a digest "
                            + "nor a torrent for it"))
                return false
            } catch {
                fail(file, error)
                return false
            }
        }
        return selected
    }

    /// Whether nothing can verify a file: neither the manifest nor its first use.
    private func isLeftOut(_ file: ManifestFile, _ found: FoundFile) -> Bool {
        guard !file.isPinned, !sync.options.fetch.allowsUnverified else { return false }
        if case .receipt = found.receipt { return false }
        return true
    }

    /// First what is published already, for which nobody need be asked.
    private func fetch(_ missing: [FetchPlan.Item]) throws {
        let files = try missing.filter { try !restore($0) }.map(\.file)
        guard !files.isEmpty else { return }
        if let end = end() { throw end }
        let others = try files.filter { file in
            guard let copy = copy(of: file) else { return true }
            return try !fetch([copy.file], with: copy.fetcher, isLast: false, stop: ending())
        }
        if !others.isEmpty { try fetch(others, with: fetcher, stop: ending()) }
    }

    private func restore(_ item: FetchPlan.Item) throws -> Bool {
        guard case .absent = item.state, let publication = sync.options.publication else {
            return false
        }
        // What stands in the way here is told of the fetch.
        return (try? publication.restore(item.file.name, data)) ?? false
    }

    /// Fetches whole files. What came and what failed is counted at once: a run may be stopped at
    /// the next file.
    ///
    /// - Parameter isLast: whether what fails has failed; else it is tried elsewhere.
    /// - Returns: whether all of them came.
    @discardableResult
    func fetch(
        _ files: [ManifestFile], with fetcher: Fetcher, isLast: Bool = true,
        stop: StopCheck
    ) throws -> Bool {
        let plan: FetchPlan
        do {
            let all = try fetcher.plan(SelectedFiles(files: files))
            let (fitting, others) = all.fitting()
            if !others.isEmpty {
                if isLast { failForSpace(others, all) }
                if fitting.isEmpty { return false }
            }
            plan = others.isEmpty ? all : try fetcher.plan(SelectedFiles(files: fitting))
            if let refusal = plan.refusal { throw refusal }
        } catch {
            if isLast { for file in files { fail(file, error) } }
            return false
        }
        let came = Monitor((done: 0, failed: 0))
        let busy = Monitor<DiskError?>(nil)
        do {
            _ = try fetcher.run(plan, stop: stop) { [self] event in
                switch event {
                case .done(let file, let result):
                    came.update { $0.done += 1 }
                    sum.update { sum in
                        sum.fetched.append(file.name)
                        sum.count(Self.bytes(result))
                    }
                case .failed(let file, let error):
                    came.update { $0.failed += 1 }
                    if let error = error as? DiskError, error.code == .busy {
                        busy.update { $0 = error }
                        break
                    }
                    guard isLast else { return }
                    fail(file, error)
                default: break
                }
                report(.fetch(event))
            }
        } catch is TimeIsUp where came.read({ $0.done + $0.failed }) == files.count {
            // It was over when all was done.
        }
        // Somebody else fetches or mends it, maybe on another machine.
        if let busy = busy.read({ $0 }) { throw busy }
        return came.read { $0.done } == files.count
    }

    /// One sentence for all files that the disk has no room for.
    private func failForSpace(_ files: [ManifestFile], _ plan: FetchPlan) {
        guard let first = files.first, let refusal = plan.refusal else { return }
        let error = SyncError.noSpace(for: files, refusal)
        fail(first, error)
        sum.update { sum in
            let failed = Set(sum.failures.compactMap(\.file?.name))
            for file in files where !failed.contains(file.name) {
                sum.failures.append(SyncSummary.Failure(file: file, error: error))
            }
        }
    }

    static func bytes(_ result: FetchResult) -> FetchedBytes {
        FetchedBytes(
            swarm: result.fromSwarm, mirrors: result.mirrorBytes, proven: result.bytes)
    }

    // MARK: The end

    /// The receipt of a file that is there and proven as it is.
    func proof(of file: ManifestFile) throws(DiskError) -> Receipt? {
        let found = try data.look(for: file.name)
        guard let final = found.final, case .receipt(let receipt) = found.receipt,
            receipt.holds(for: final.identity), receipt.proves(file)
        else { return nil }
        return receipt
    }

    func summary(_ sets: [MirrorSync.DataSet], interruption: (any Error)?) -> SyncSummary {
        var oldest: UTCTime?
        var (proven, wanted) = (0, 0)
        for file in sets.flatMap(\.selected.files) where isWanted(file) {
            wanted += 1
            // What cannot be looked at has failed already.
            guard let receipt = try? proof(of: file) else { continue }
            proven += 1
            oldest = min(oldest ?? receipt.when, receipt.when)
        }
        let manual = Set(sets.flatMap(\.selected.manual).map(\.name))
        let seconds = (sync.now() - start) / .seconds(1)
        return sum.update { sum in
            // A file that only a person can get counts where it was asked for by name.
            wanted += sum.failures.count { manual.contains($0.file?.name ?? "") }
            sum.interruption = interruption
            sum.oldestProof = oldest
            (sum.filesProven, sum.filesWanted) = (proven, wanted)
            sum.seconds = seconds
            return sum
        }
    }

    /// What was unpacked and removed on purpose is not missed, nor what nothing can verify.
    private func isWanted(_ file: ManifestFile) -> Bool {
        guard let found = try? data.look(for: file.name) else { return true }
        if isLeftOut(file, found) { return false }
        guard found.final == nil, case .receipt(let receipt) = found.receipt else { return true }
        return receipt.proof != .retired
    }

    /// A run in which something happened is kept for those who look at the mirror later.
    func remember(_ summary: SyncSummary) {
        guard summary.provenBytes > 0 || !summary.failures.isEmpty else { return }
        let history = SyncHistory(data)
        if history.isDamaged { report(.note("the history of runs is damaged; it begins anew")) }
        // Without it nothing is less whole.
        try? history.add(summary)
    }
}
