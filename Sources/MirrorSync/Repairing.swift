internal import ArchiveVerify
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

/// The step of a run that repairs a damaged file in place, first from its published copy.
struct Repairing {
    let run: SyncRun

    /// Each repair has the full time of a run, however long it took to find the damage.
    func repair(_ target: Target) throws {
        var pieces: Int?
        if let copy = SyncSource.copy(of: target.file, run) {
            do {
                if try repair(target, copy, &pieces) { return }
            } catch {
                try run.stop()
                if error is TimeIsUp || (error as? DiskError)?.code == .busy { throw error }
                run.report(
                    .note(
                        "\(escaped(target.file.name)): the published copy cannot repair it: "
                            + SyncRun.text(error)))
            }
        }
        do {
            _ = try repair(target, .usual(run), &pieces)
        } catch let error as DiskError where error.code == .busy {
            // Another run uses the file.
            throw error
        } catch {
            try run.stop()
            if error is TimeIsUp { throw error }
            run.fail(target.file, error)
        }
    }

    /// - Parameter pieces: how many were damaged at the first look.
    /// - Returns: whether the file is complete.
    private func repair(
        _ target: Target, _ source: SyncSource, _ pieces: inout Int?
    ) throws -> Bool {
        let relay: @Sendable (FetchEvent) -> Void = { [run] event in
            if case .failed = event, !source.isLast { return }
            run.report(.fetch(event))
        }
        do {
            let examination = try source.fetcher.examine(
                source.own(target.file), at: target.path, stop: run.stop, report: relay)
            let damaged = pieces ?? examination.damagedPieces
            if pieces == nil { run.sum.update { $0.damagedPieces += damaged } }
            pieces = damaged
            if examination.isWhole {
                try source.fetcher.confirm(examination)
                return true
            }
            let result = try source.fetcher.repair(
                examination, stop: run.ending(since: run.sync.now()), report: relay)
            run.sum.update { sum in
                sum.repairedPieces += damaged
                sum.count(result)
            }
            recordRepair(target.file, pieces: damaged)
            return true
        } catch let error as FetchError where error.code == .noPieces {
            return try fetchAfresh(target, source)
        }
    }

    private func recordRepair(_ file: ManifestFile, pieces: Int) {
        run.sum.update { $0.repaired.append(file.name) }
        try? DamageStore(run.data).save([], of: file.name)
        run.report(.repaired(file, pieces: pieces))
    }

    /// Without piece hashes a new complete copy replaces the file.
    private func fetchAfresh(_ target: Target, _ source: SyncSource) throws -> Bool {
        let file = target.file
        // The receipt would say that the file is proven.
        if case .receipt = try run.data.receipts.load(file.name) {
            try run.data.receipts.revoke(file.name)
        }
        let came = try source.fetch([file], stop: run.ending(since: run.sync.now()))
        if came { recordRepair(target.file, pieces: 0) }
        return came
    }
}
