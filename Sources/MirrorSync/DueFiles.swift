internal import ArchiveVerify
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

/// The step of a run that verifies files again, those with the oldest proof first.
struct DueFiles {
    let run: SyncRun

    func findDamaged(_ files: [ManifestFile], _ set: MirrorSync.DataSet) throws -> [Target] {
        let targets = try files.compactMap { file in try target(file) }
        let scrub = Scrub(every: run.sync.options.scrubInterval)
        guard !scrub.due(targets).isEmpty else { return [] }
        let broken = Monitor<[Target]>([])
        let isDone = try verifier(set).scrub(
            targets, scrub, within: timeLeft, stop: run.stop,
            report: { [self] verification in
                run.report(.verified(verification))
                // For display only.
                try? DamageStore(run.data).save(
                    verification.damage.map(\.range), of: verification.target.file.name)
                guard count(verification) else { return checkMemory(of: verification) }
                // At once: the rest may take hours, while others download from here.
                Showcase(run: run).withdraw(verification.target)
                broken.update { $0.append(verification.target) }
            })
        if !isDone { run.sum.update { $0.isOutOfTime = true } }
        return broken.read { $0 }
    }

    private func target(_ file: ManifestFile) throws(DiskError) -> Target? {
        let found = try run.data.look(for: file.name)
        guard let there = found.final else { return nil }
        var receipt: Receipt?
        if case .receipt(let known) = found.receipt { receipt = known }
        if receipt == nil, try run.data.receipts.isDamaged(file.name) {
            run.report(.note("\(escaped(file.name)): its receipt is damaged; it is verified again"))
        }
        return Target(
            run.data.archive(file.name), file, data: run.data, size: there.size, receipt: receipt)
    }

    /// A proof that cannot be saved is a failure: the file is read again every night and never
    /// published.
    private func checkMemory(of verification: Verification) {
        let file = verification.target.file
        guard verification.status == .ok else { return }
        do throws(DiskError) {
            if try run.data.proof(of: file) == nil {
                run.fail(file, SyncError.notRemembered(file.name, verification.notes.last))
            }
        } catch {
            run.fail(file, error)
        }
    }

    private var timeLeft: Duration? {
        run.sync.options.timeLimit.map { $0 - (run.sync.now() - run.start) }
    }

    private func verifier(_ set: MirrorSync.DataSet) -> Verifier {
        var options = Verifier.Options()
        options.allowsFirstUse = run.sync.options.fetch.allowsUnverified
        var verifier = Verifier(known: KnownFiles([set.manifest]), options)
        let folders = run.sync.options.fetch.torrentFolders
        verifier.torrentPieces = { target in
            guard target.file.torrent != nil else { return nil }
            let sources = TorrentSources(folders: folders, data: target.data, base: nil)
            return sources.find(for: target.file).found?.metainfo.pieces
        }
        return verifier
    }

    private func count(_ verification: Verification) -> Bool {
        switch verification.status {
        case .ok:
            run.sum.update { sum in
                sum.verified.append(verification.target.file.name)
                sum.provenBytes += verification.bytes ?? 0
            }
            return false
        case .missing: return false
        case .failed, .unreadable: return true
        }
    }
}
