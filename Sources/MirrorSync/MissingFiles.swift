internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

struct MissingFiles {
    let run: SyncRun

    /// - Returns: the files that are there.
    func fetch(_ set: MirrorSync.DataSet) throws -> [ManifestFile] {
        var options = FetchOptions()
        options.allowsUnverified = true
        // Archives that were unpacked and removed on purpose are not missing.
        options.fetchesRetired = false
        let selected = visible(set.selected)
        let survey = try FetchPlan.survey(selected, in: run.data, options)
        for item in survey.items {
            guard case .manual(let how, let found) = item.state, let refusal = item.refusal else {
                continue
            }
            run.fail(item.file, found == nil ? SyncError.byHand(item.file, how) : refusal)
        }
        let missing = survey.items.filter { item in
            switch item.state {
            case .absent, .partial, .candidate, .halfFinished: true
            // Files under their final names are verified or repaired in place.
            case .unproven, .wrongSize: false
            case .whole, .classesThere, .retired, .manual, .superseded: false
            }
        }
        try fetch(missing)
        let failed = Set(run.sum.read { $0.failures.compactMap(\.file?.name) })
        return selected.files.filter { !failed.contains($0.name) }
    }

    /// The files that can be read and verified. A bad one does not stop the others.
    private func visible(_ selected: SelectedFiles) -> SelectedFiles {
        var selected = selected
        selected.files = selected.files.filter { file in
            do throws(DiskError) {
                let found = try run.data.look(for: file.name)
                guard run.isLeftOut(file, found) else { return true }
                run.report(
                    .note(
                        "\(escaped(file.name)): left out, because the manifest has neither a digest "
                            + "nor a torrent for it"))
                return false
            } catch {
                run.fail(file, error)
                return false
            }
        }
        return selected
    }

    /// Published copies go first: they need no network.
    private func fetch(_ missing: [FetchPlan.Item]) throws {
        let files = try missing.filter { try !restore($0) }.map(\.file)
        guard !files.isEmpty else { return }
        if let end = run.end() { throw end }
        let others = try files.filter { file in
            guard let copy = SyncSource.copy(of: file, run) else { return true }
            return try !copy.fetch([file], stop: run.ending())
        }
        if !others.isEmpty { try SyncSource.usual(run).fetch(others, stop: run.ending()) }
    }

    private func restore(_ item: FetchPlan.Item) throws -> Bool {
        guard case .absent = item.state, let publication = run.sync.options.publication else {
            return false
        }
        // The fetch reports what is in the way here.
        return (try? publication.restore(item.file.name, run.data)) ?? false
    }
}
