internal import ArchiveVerify
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

/// One run: what has been done so far, and how long it may go on.
final class SyncRun: Sendable {
    let sync: MirrorSync
    let isStopped: @Sendable () -> (any Error)?
    let report: @Sendable (MirrorSync.Event) -> Void
    let start = ContinuousClock.now
    let sum = Monitor(SyncSummary())

    init(
        _ sync: MirrorSync, _ isStopped: @escaping @Sendable () -> (any Error)?,
        _ report: @escaping @Sendable (MirrorSync.Event) -> Void
    ) {
        self.sync = sync
        self.isStopped = isStopped
        self.report = report
    }

    var data: DataFolder { sync.data }
    private var fetcher: Fetcher { Fetcher(data, sync.options.fetch) }

    /// Looks after the files of one data set.
    func keep(_ set: MirrorSync.DataSet) throws {
        let files = try fetchMissing(set)
        for target in try damaged(files, set) { try mend(target) }
    }

    /// Why the run should end now; nil while it may go on.
    ///
    /// - Parameter begin: when that began whose time it is; nil for the run.
    func end(since begin: ContinuousClock.Instant? = nil) -> (any Error)? {
        if let stopped = isStopped() { return stopped }
        guard let limit = sync.options.timeLimit,
            ContinuousClock.now - (begin ?? start) > limit
        else { return nil }
        sum.update { $0.isOutOfTime = true }
        return TimeIsUp()
    }

    /// One sentence about a file is enough: what comes after it is mostly because of it.
    func fail(_ file: ManifestFile?, _ error: any Error) {
        let isFirst = sum.update { sum in
            let isFirst = !sum.failures.contains { $0.file?.name == file?.name }
            if isFirst { sum.failures.append(SyncSummary.Failure(file: file, error: error)) }
            return isFirst
        }
        if isFirst { report(.failed(file, error)) }
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
        let missing = survey.items.filter { item in
            switch item.state {
            case .absent, .partial, .candidate, .halfFinished: true
            // There, under its name: it is proven, or mended, where it lies.
            case .unproven, .wrongSize: false
            case .whole, .retired, .manual, .superseded: false
            }
        }
        if !missing.isEmpty { try fetch(missing.map(\.file)) { [self] in end() } }
        let failed = Set(sum.read { $0.failures.compactMap(\.file?.name) })
        return selected.files.filter { !failed.contains($0.name) }
    }

    /// Those that can be looked at; one that cannot keeps none of the others waiting.
    private func visible(_ selected: SelectedFiles) -> SelectedFiles {
        var selected = selected
        selected.files = selected.files.filter { file in
            do throws(DiskError) {
                _ = try data.look(for: file.name)
                return true
            } catch {
                fail(file, error)
                return false
            }
        }
        return selected
    }

    /// Fetches whole files; what fails is counted.
    ///
    /// - Returns: whether all of them came.
    @discardableResult
    private func fetch(
        _ files: [ManifestFile], isStopped: @escaping @Sendable () -> (any Error)?
    ) throws -> Bool {
        let selected = SelectedFiles(files: files)
        let plan: FetchPlan
        do {
            plan = try fetcher.plan(selected)
            if let refusal = plan.refusal { throw refusal }
        } catch {
            for file in files { fail(file, error) }
            return false
        }
        let outcomes = try fetcher.run(plan, isStopped: isStopped) { [report] event in
            report(.fetch(event))
        }
        var busy: DiskError?
        for outcome in outcomes {
            switch outcome.result {
            case .success(let result):
                sum.update { sum in
                    sum.fetched.append(outcome.file.name)
                    sum.count(Self.bytes(result))
                }
            case .failure(let error as DiskError) where error.code == .busy: busy = error
            case .failure(let error): fail(outcome.file, error)
            }
        }
        // Somebody else fetches or mends it, maybe on another machine.
        if let busy { throw busy }
        return outcomes.allSatisfy { (try? $0.result.get()) != nil }
    }

    private static func bytes(_ result: FetchResult) -> FetchedBytes {
        FetchedBytes(
            swarm: result.fromSwarm, mirrors: result.mirrorBytes, proven: result.bytes)
    }

    // MARK: What broke

    /// However long it took to find the damage: it has the time of a run of its own to be mended.
    private func mend(_ target: Target) throws {
        do {
            let examination = try fetcher.examine(
                target.file, at: target.path, isStopped: isStopped,
                report: { [report] in report(.fetch($0)) })
            sum.update { $0.damagedPieces += examination.damagedPieces }
            if examination.isWhole { return try fetcher.confirm(examination) }
            let begin = ContinuousClock.now
            let result = try fetcher.repair(
                examination, isStopped: { [self] in end(since: begin) },
                report: { [report] in report(.fetch($0)) })
            sum.update { sum in
                sum.repairedPieces += examination.damagedPieces
                sum.count(Self.bytes(result))
            }
            mended(target.file, pieces: examination.damagedPieces)
        } catch let error as FetchError where error.code == .noPieces {
            try fetchAfresh(target)
        } catch let error as DiskError where error.code == .busy {
            // Somebody else mends or fetches.
            throw error
        } catch {
            if let stopped = isStopped() { throw stopped }
            if error is TimeIsUp { throw error }
            fail(target.file, error)
        }
    }

    private func mended(_ file: ManifestFile, pieces: Int) {
        sum.update { $0.repaired.append(file.name) }
        try? DamageStore(data).save([], of: file.name)
        report(.repaired(file, pieces: pieces))
    }

    /// Nothing tells the right parts of it from the wrong ones: a whole new copy takes its place.
    private func fetchAfresh(_ target: Target) throws {
        let file = target.file
        do throws(DiskError) {
            // Or it would be taken for proven, at least by some.
            if case .receipt = try data.receipts.load(file.name) {
                try data.receipts.revoke(file.name)
            }
        } catch {
            return fail(target.file, error)
        }
        let begin = ContinuousClock.now
        guard try fetch([file], isStopped: { [self] in end(since: begin) }) else { return }
        mended(target.file, pieces: 0)
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

    func summary(_ sets: [MirrorSync.DataSet]) -> SyncSummary {
        var oldest: UTCTime?
        var (proven, wanted) = (0, 0)
        for file in sets.flatMap(\.selected.files) where !isRetired(file) {
            wanted += 1
            // What cannot be looked at has failed already.
            guard let receipt = try? proof(of: file) else { continue }
            proven += 1
            oldest = min(oldest ?? receipt.when, receipt.when)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return sum.update { sum in
            sum.oldestProof = oldest
            (sum.filesProven, sum.filesWanted) = (proven, wanted)
            sum.seconds = seconds
            return sum
        }
    }

    /// What was unpacked and removed on purpose is not missed.
    private func isRetired(_ file: ManifestFile) -> Bool {
        guard let found = try? data.look(for: file.name), found.final == nil,
            case .receipt(let receipt) = found.receipt
        else { return false }
        return receipt.proof == .retired
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
