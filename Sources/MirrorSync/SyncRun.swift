internal import ArchiveVerify
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

/// One run: what has been done so far, and how long it may go on.
final class SyncRun: Sendable {
    private let sync: MirrorSync
    private let isStopped: @Sendable () -> (any Error)?
    private let report: @Sendable (MirrorSync.Event) -> Void
    private let start = ContinuousClock.now
    private let sum = Monitor(SyncSummary())

    init(
        _ sync: MirrorSync, _ isStopped: @escaping @Sendable () -> (any Error)?,
        _ report: @escaping @Sendable (MirrorSync.Event) -> Void
    ) {
        self.sync = sync
        self.isStopped = isStopped
        self.report = report
    }

    private var data: DataFolder { sync.data }
    private var fetcher: Fetcher { Fetcher(data, sync.options.fetch) }

    /// Looks after the files of one data set.
    func keep(_ set: MirrorSync.DataSet) throws {
        try fetchMissing(set)
        for target in try damaged(set) { try mend(target, set) }
    }

    /// Why the run should end now; nil while it may go on.
    private func end() -> (any Error)? {
        if let stopped = isStopped() { return stopped }
        guard let limit = sync.options.timeLimit, ContinuousClock.now - start > limit else {
            return nil
        }
        sum.update { $0.isOutOfTime = true }
        return TimeIsUp()
    }

    private func fail(_ file: ManifestFile, _ error: any Error) {
        sum.update { $0.failures.append(SyncSummary.Failure(file: file, error: error)) }
        report(.failed(file, error))
    }

    // MARK: What is missing

    private func fetchMissing(_ set: MirrorSync.DataSet) throws {
        var options = FetchPlan.Options()
        options.allowsUnverified = true
        // What was unpacked and removed on purpose stays away.
        options.fetchesRetired = false
        let survey = try FetchPlan.survey(set.selected, in: data, options)
        let missing = survey.items.filter { item in
            switch item.state {
            case .absent, .partial, .candidate, .halfFinished: true
            // There, under its name: it is proven, or mended, where it lies.
            case .unproven, .wrongSize: false
            case .whole, .retired, .manual, .superseded: false
            }
        }
        guard !missing.isEmpty else { return }
        try fetch(missing.map(\.file))
    }

    /// Fetches whole files; what fails is counted.
    private func fetch(_ files: [ManifestFile]) throws {
        let selected = SelectedFiles(files: files)
        let plan: FetchPlan
        do {
            plan = try fetcher.plan(selected)
            if let refusal = plan.refusal { throw refusal }
        } catch {
            for file in files { fail(file, error) }
            return
        }
        let outcomes = try fetcher.run(plan, isStopped: { [self] in end() }) { [report] event in
            report(.fetch(event))
        }
        for outcome in outcomes {
            switch outcome.result {
            case .success(let result):
                sum.update { sum in
                    sum.fetched.append(outcome.file.name)
                    sum.count(Self.bytes(result))
                }
            case .failure(let error): fail(outcome.file, error)
            }
        }
    }

    private static func bytes(_ result: FetchResult) -> FetchedBytes {
        FetchedBytes(
            swarm: result.fromSwarm, mirrors: result.mirrorBytes, proven: result.bytes)
    }

    // MARK: What is due

    /// Reads what is due, and says what of it is damaged.
    private func damaged(_ set: MirrorSync.DataSet) throws -> [Target] {
        let targets = try set.selected.files.compactMap { file throws(DiskError) -> Target? in
            let found = try data.look(for: file.name)
            guard let there = found.final else { return nil }
            var receipt: Receipt?
            if case .receipt(let known) = found.receipt { receipt = known }
            return Target(
                data.archive(file.name), file, data: data, size: there.size, receipt: receipt)
        }
        let scrub = Scrub(every: sync.options.scrubInterval)
        guard !scrub.due(targets).isEmpty else { return [] }
        let broken = Monitor<[Target]>([])
        do {
            let isDone = try verifier(set).scrub(
                targets, scrub, within: timeLeft, goOn: { [self] _ in end() == nil },
                report: { [self] verification in
                    report(.verified(verification))
                    if count(verification) { broken.update { $0.append(verification.target) } }
                })
            if !isDone { sum.update { $0.isOutOfTime = true } }
        } catch is CancellationError {
            withdraw(broken.read { $0 })
            throw end() ?? CancellationError()
        }
        let result = broken.read { $0 }
        withdraw(result)
        return result
    }

    private var timeLeft: Duration? {
        sync.options.timeLimit.map { $0 - (ContinuousClock.now - start) }
    }

    private func verifier(_ set: MirrorSync.DataSet) -> Verifier {
        var options = Verifier.Options()
        options.allowsFirstUse = sync.options.fetch.allowsUnverified
        var verifier = Verifier(known: KnownFiles([set.manifest]), options)
        let folders = sync.options.fetch.torrentFolders
        verifier.torrentPieces = { target in
            guard target.file.torrent != nil else { return nil }
            let search = TorrentSources(folders: folders, data: target.data, base: nil)
            guard let metainfo = search.find(for: target.file).found?.metainfo else { return nil }
            return try? PieceMap(
                pieceLength: metainfo.pieceLength, size: metainfo.size,
                hashes: metainfo.pieceHashes)
        }
        return verifier
    }

    /// Counts a verdict; true for a file that has to be mended.
    private func count(_ verification: Verification) -> Bool {
        switch verification.status {
        case .ok:
            sum.update { sum in
                sum.verified.append(verification.target.file.name)
                sum.provenBytes += verification.bytes ?? 0
            }
            return false
        case .missing: return false
        case .failed, .unreadable: return true
        }
    }

    // MARK: What broke

    private func mend(_ target: Target, _ set: MirrorSync.DataSet) throws {
        if let over = end() { throw over }
        do {
            let examination = try fetcher.examine(
                target.file, at: target.path, isStopped: { [self] in end() },
                report: { [report] in report(.fetch($0)) })
            sum.update { $0.damagedPieces += examination.damagedPieces }
            if examination.isWhole { return try fetcher.confirm(examination) }
            let result = try fetcher.repair(
                examination, isStopped: { [self] in end() },
                report: { [report] in report(.fetch($0)) })
            sum.update { sum in
                sum.repaired.append(target.file.name)
                sum.repairedPieces += examination.damagedPieces
                sum.count(Self.bytes(result))
            }
            report(.repaired(target.file, pieces: examination.damagedPieces))
        } catch let error as FetchError where error.code == .noPieces {
            try fetchAfresh(target)
        } catch {
            if let over = end() { throw over }
            fail(target.file, error)
        }
    }

    /// Nothing tells the right parts of it from the wrong ones: a whole new copy takes its place.
    private func fetchAfresh(_ target: Target) throws {
        do throws(DiskError) {
            // Or it would be taken for proven, at least by some.
            try data.receipts.remove(target.file.name)
        } catch {
            return fail(target.file, error)
        }
        let before = sum.read { $0.failures.count }
        try fetch([target.file])
        guard sum.read({ $0.failures.count }) == before else { return }
        sum.update { $0.repaired.append(target.file.name) }
        report(.repaired(target.file, pieces: 0))
    }

    // MARK: What others see

    private func withdraw(_ targets: [Target]) {
        guard let publication = sync.options.publication else { return }
        for target in targets {
            do {
                guard try publication.withdraw(target.file.name, from: data) else { continue }
                sum.update { $0.withdrawn.append(target.file.name) }
                report(.withdrawn(target.file.name))
            } catch {
                fail(target.file, error)
            }
        }
    }

    /// Brings the published folder up to what is proven.
    func show(_ sets: [MirrorSync.DataSet], _ publication: Publication) {
        let shown = sets.map { set in
            Publication.Shown(
                manifest: set.manifest,
                files: set.selected.files.compactMap { show($0, publication) })
        }
        do {
            try publication.describe(shown, data, sync.options.fetch.torrentFolders)
        } catch {
            if let file = sets.first?.selected.files.first { fail(file, error) }
        }
    }

    /// - Returns: the file and its proof, where it can be seen now.
    private func show(_ file: ManifestFile, _ publication: Publication) -> Publication.Item? {
        do {
            guard let receipt = try proof(of: file) else {
                if try publication.withdraw(file.name, from: data) {
                    sum.update { $0.withdrawn.append(file.name) }
                    report(.withdrawn(file.name))
                }
                return nil
            }
            if try publication.publish(file.name, receipt, data) {
                sum.update { $0.published.append(file.name) }
                report(.published(file.name))
            }
            return Publication.Item(file: file, receipt: receipt)
        } catch {
            fail(file, error)
            return nil
        }
    }

    /// The receipt of a file that is there and proven as it is.
    private func proof(of file: ManifestFile) throws(DiskError) -> Receipt? {
        let found = try data.look(for: file.name)
        guard let final = found.final, case .receipt(let receipt) = found.receipt,
            receipt.holds(for: final.identity), receipt.proves(file)
        else { return nil }
        return receipt
    }

    // MARK: The end

    func summary(_ sets: [MirrorSync.DataSet]) -> SyncSummary {
        var oldest: UTCTime?
        var (proven, wanted) = (0, 0)
        for file in sets.flatMap(\.selected.files) {
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

    /// A run in which something happened is kept for those who look at the mirror later.
    func remember(_ summary: SyncSummary) {
        guard summary.provenBytes > 0 || !summary.failures.isEmpty else { return }
        // Without it nothing is less whole.
        try? SyncHistory(data).add(summary)
    }
}
