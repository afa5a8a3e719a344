internal import ArchiveVerify
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

/// The step of a run that publishes what is verified, and nothing else.
struct Showcase {
    let run: SyncRun

    func withdraw(_ target: Target) {
        guard let publication = run.sync.options.publication else { return }
        do {
            if try publication.withdrawLink(target.file.name, from: run.data) {
                tellWithdrawn(target.file)
            }
        } catch {
            run.fail(target.file, error)
        }
    }

    private func tellWithdrawn(_ file: ManifestFile) {
        run.sum.update { $0.withdrawn.append(file.name) }
        run.report(.withdrawn(file.name))
    }

    func show(_ sets: [MirrorSync.DataSet], _ publication: Publication) {
        do throws(DiskError) {
            _ = try Folder.creating(publication.folder)
        } catch {
            return run.fail(nil, error)
        }
        let terms = Publication.Terms(
            interval: run.sync.options.scrubInterval,
            reserve: max(run.sync.options.fetch.reserve, 0),
            isOver: { [run] in
                let isOver = run.end() is TimeIsUp
                if isOver { run.sum.update { $0.isOutOfTime = true } }
                return isOver
            }, stop: run.stop)
        var undecided = false
        let shown = sets.map { set in
            Publication.Shown(
                manifest: set.manifest,
                files: set.selected.files.compactMap { show($0, publication, terms, &undecided) })
        }
        // Files that could not be judged in time are no worse than before: the lists stay, unless
        // they would name withdrawn files.
        if undecided, run.sum.read({ $0.withdrawn.isEmpty }) { return }
        do {
            try publication.describe(shown, run.data, run.sync.options.fetch.torrentFolders) {
                error in
                run.fail(nil, error)
            }
        } catch {
            run.fail(nil, error)
        }
    }

    /// - Parameter undecided: becomes true for a published file that could not be judged in time.
    /// - Returns: the file and its proof, where it is published now.
    private func show(
        _ file: ManifestFile, _ publication: Publication, _ terms: Publication.Terms,
        _ undecided: inout Bool
    ) -> Publication.Item? {
        do {
            guard let receipt = try run.data.proof(of: file) else {
                switch try publication.keep(file, run.data, terms) {
                case .shown(let receipt): return Publication.Item(file: file, receipt: receipt)
                case .withdrawn: tellWithdrawn(file)
                case .nothing: break
                }
                return nil
            }
            if try publication.publish(file.name, receipt, run.data, terms) {
                run.sum.update { $0.published.append(file.name) }
                run.report(.published(file.name))
            }
            return Publication.Item(file: file, receipt: receipt)
        } catch {
            // A stopped copy is no failure: the next run makes it.
            if error is TimeIsUp || run.stop.reason != nil {
                if (try? publication.shows(file.name)) == true { undecided = true }
                return nil
            }
            run.fail(file, error)
            return nil
        }
    }
}
