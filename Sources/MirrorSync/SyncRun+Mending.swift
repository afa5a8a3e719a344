internal import ArchiveVerify
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

// What broke: mended where it lies, first from what is published on another disk.
extension SyncRun {
    /// A file, and who gets its bytes.
    struct Source {
        let file: ManifestFile
        let fetcher: Fetcher
    }

    /// The published copy of a file as the only source of it; nil where there is none, or nothing
    /// would tell whether it is right.
    func copy(of file: ManifestFile) -> Source? {
        guard file.isPinned, let publication = sync.options.publication,
            let path = (try? publication.copy(of: file, data))?.string, !path.contains("://")
        else { return nil }
        var options = sync.options.fetch
        options.sources = .mirrors
        options.mirrors = [path]
        // Limits are for what others share.
        options.maxDownload = 0
        options.mirrorOptions.maximumRate = 0
        var file = file
        file.mirrors = []
        return Source(file: file, fetcher: Fetcher(data, options))
    }

    /// However long it took to find the damage: it has the time of a run of its own to be mended.
    func mend(_ target: Target) throws {
        var pieces: Int?
        if let copy = copy(of: target.file) {
            do {
                if try mend(target, copy, &pieces, isLast: false) { return }
            } catch {
                try stop()
                if error is TimeIsUp || (error as? DiskError)?.code == .busy { throw error }
                report(
                    .note(
                        "\(escaped(target.file.name)): what is published of it does not mend it: "
                            + Self.text(error)))
            }
        }
        do {
            let usual = Source(file: target.file, fetcher: fetcher)
            _ = try mend(target, usual, &pieces, isLast: true)
        } catch let error as DiskError where error.code == .busy {
            // Somebody else mends or fetches.
            throw error
        } catch {
            try stop()
            if error is TimeIsUp { throw error }
            fail(target.file, error)
        }
    }

    /// - Parameter pieces: how many were damaged when it was looked at first.
    /// - Returns: whether it is whole.
    private func mend(
        _ target: Target, _ source: Source, _ pieces: inout Int?, isLast: Bool
    ) throws -> Bool {
        let relay: @Sendable (FetchEvent) -> Void = { [report] event in
            if case .failed = event, !isLast { return }
            report(.fetch(event))
        }
        do {
            let examination = try source.fetcher.examine(
                source.file, at: target.path, stop: stop, report: relay)
            let damaged = pieces ?? examination.damagedPieces
            if pieces == nil { sum.update { $0.damagedPieces += damaged } }
            pieces = damaged
            if examination.isWhole {
                try source.fetcher.confirm(examination)
                return true
            }
            let begin = sync.now()
            let result = try source.fetcher.repair(
                examination, stop: ending(since: begin), report: relay)
            sum.update { sum in
                sum.repairedPieces += damaged
                sum.count(Self.bytes(result))
            }
            mended(target.file, pieces: damaged)
            return true
        } catch let error as FetchError where error.code == .noPieces {
            return try fetchAfresh(target, source, isLast: isLast)
        }
    }

    private func mended(_ file: ManifestFile, pieces: Int) {
        sum.update { $0.repaired.append(file.name) }
        try? DamageStore(data).save([], of: file.name)
        report(.repaired(file, pieces: pieces))
    }

    /// Nothing tells the right parts of it from the wrong ones: a whole new copy takes its place.
    private func fetchAfresh(_ target: Target, _ source: Source, isLast: Bool) throws -> Bool {
        let file = source.file
        // Or it would be taken for proven, at least by some.
        if case .receipt = try data.receipts.load(file.name) {
            try data.receipts.revoke(file.name)
        }
        let begin = sync.now()
        let came = try fetch(
            [file], with: source.fetcher, isLast: isLast, stop: ending(since: begin))
        if came { mended(target.file, pieces: 0) }
        return came
    }
}
