internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

/// Where a run gets bytes from: the usual sources, or a published copy alone.
struct SyncSource {
    let run: SyncRun
    let fetcher: Fetcher
    /// Whether no other source is tried after this one.
    let isLast: Bool

    static func usual(_ run: SyncRun) -> SyncSource {
        var options = run.sync.options.fetch
        let liars = run.liars.read { $0.addresses }
        options.mirrors.removeAll(where: liars.contains)
        return SyncSource(run: run, fetcher: Fetcher(run.data, options), isLast: true)
    }

    /// The published copy of a file; nil where there is none, or nothing could verify it.
    static func copy(of file: ManifestFile, _ run: SyncRun) -> SyncSource? {
        guard file.isPinned, let publication = run.sync.options.publication,
            let path = (try? publication.copy(of: file, run.data))?.string, !path.contains("://")
        else { return nil }
        var options = run.sync.options.fetch
        options.sources = .mirrors
        options.mirrors = [path]
        // Rate limits are for shared links.
        options.maxDownload = 0
        options.mirrorOptions.maximumRate = 0
        return SyncSource(run: run, fetcher: Fetcher(run.data, options), isLast: false)
    }

    /// The file without mirrors that lie, and without any if this is a published copy.
    func own(_ file: ManifestFile) -> ManifestFile {
        var file = file
        if !isLast { file.mirrors = [] }
        let liars = run.liars.read { $0.folders }
        file.mirrors.removeAll { address in
            MirrorFolder(of: address, holding: file.name).map(liars.contains) ?? false
        }
        return file
    }

    /// Downloads whole files. Each result is counted at once, because the run may be stopped at the
    /// next file.
    ///
    /// - Returns: whether all of them came.
    @discardableResult
    func fetch(_ files: [ManifestFile], stop: StopCheck) throws -> Bool {
        let files = files.map(own)
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
            if isLast { for file in files { run.fail(file, error) } }
            return false
        }
        let came = Monitor((done: 0, failed: 0))
        let busy = Monitor<DiskError?>(nil)
        do {
            _ = try fetcher.run(plan, stop: stop) { event in
                switch event {
                case .done(let file, let result):
                    came.update { $0.done += 1 }
                    run.sum.update { sum in
                        sum.fetched.append(file.name)
                        sum.count(result)
                    }
                case .failed(let file, let error):
                    came.update { $0.failed += 1 }
                    if let error = error as? DiskError, error.code == .busy {
                        busy.update { $0 = error }
                        break
                    }
                    guard isLast else { return }
                    run.fail(file, error)
                default: break
                }
                run.report(.fetch(event))
            }
        } catch is TimeIsUp where came.read({ $0.done + $0.failed }) == files.count {
            // The time was over only after the last file.
        }
        // Another run uses it, maybe on another machine.
        if let busy = busy.read({ $0 }) { throw busy }
        return came.read { $0.done } == files.count
    }

    /// One error for all files that do not fit.
    private func failForSpace(_ files: [ManifestFile], _ plan: FetchPlan) {
        guard let first = files.first, let refusal = plan.refusal else { return }
        let error = SyncError.noSpace(for: files, refusal)
        run.fail(first, error)
        run.sum.update { sum in
            let failed = Set(sum.failures.compactMap(\.file?.name))
            for file in files where !failed.contains(file.name) {
                sum.failures.append(SyncSummary.Failure(file: file, error: error))
            }
        }
    }
}
