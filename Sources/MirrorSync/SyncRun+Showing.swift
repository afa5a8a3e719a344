internal import ArchiveVerify
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

// What others see: what is proven, and nothing else.
extension SyncRun {
    func withdraw(_ target: Target) {
        guard let publication = sync.options.publication else { return }
        do {
            if try publication.withdrawLink(target.file.name, from: data) {
                tellWithdrawn(target.file)
            }
        } catch {
            fail(target.file, error)
        }
    }

    private func tellWithdrawn(_ file: ManifestFile) {
        sum.update { $0.withdrawn.append(file.name) }
        report(.withdrawn(file.name))
    }

    /// Brings the published folder up to what is proven.
    func show(_ sets: [MirrorSync.DataSet], _ publication: Publication) {
        do throws(DiskError) {
            _ = try Folder.creating(publication.folder)
        } catch {
            return fail(nil, error)
        }
        let terms = Publication.Terms(
            interval: sync.options.scrubInterval, reserve: max(sync.options.fetch.reserve, 0),
            isOver: { [self] in
                let isOver = end() is TimeIsUp
                if isOver { sum.update { $0.isOutOfTime = true } }
                return isOver
            }, stop: stop)
        var undecided = false
        let shown = sets.map { set in
            Publication.Shown(
                manifest: set.manifest,
                files: set.selected.files.compactMap { show($0, publication, terms, &undecided) })
        }
        // What can be seen and could not be judged in time is no worse than before: the lists stay,
        // unless they would name what is gone.
        if undecided, sum.read({ $0.withdrawn.isEmpty }) { return }
        do {
            try publication.describe(shown, data, sync.options.fetch.torrentFolders) { error in
                fail(nil, error)
            }
        } catch {
            fail(nil, error)
        }
    }

    /// - Parameter undecided: becomes true where it can be seen, and the run ended before it was
    ///   known whether it is right.
    /// - Returns: the file and its proof, where it can be seen now.
    private func show(
        _ file: ManifestFile, _ publication: Publication, _ terms: Publication.Terms,
        _ undecided: inout Bool
    ) -> Publication.Item? {
        do {
            guard let receipt = try proof(of: file) else {
                switch try publication.keep(file, data, terms) {
                case .shown(let receipt): return Publication.Item(file: file, receipt: receipt)
                case .withdrawn: tellWithdrawn(file)
                case .nothing: break
                }
                return nil
            }
            if try publication.publish(file.name, receipt, data, terms) {
                sum.update { $0.published.append(file.name) }
                report(.published(file.name))
            }
            return Publication.Item(file: file, receipt: receipt)
        } catch {
            // A copy that was stopped is no fault: the next run makes it.
            if error is TimeIsUp || stop.reason != nil {
                if (try? publication.shows(file.name)) == true { undecided = true }
                return nil
            }
            fail(file, error)
            return nil
        }
    }
}
