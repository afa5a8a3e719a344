internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

/// The step of a run that asks published mirrors when they synced, and compares their lists with
/// what is known here. Bytes are verified whoever sends them; this is for the person who relies on
/// another mirror.
struct UpstreamCheck {
    let run: SyncRun

    /// Servers behind one name may be a night apart, and clocks wrong by hours.
    private static let tolerance: Int64 = 86_400

    func ask(_ sets: [MirrorSync.DataSet]) {
        let named = named(sets)
        let folders = folders(sets, named)
        if folders.isEmpty { return }
        let store = UpstreamStore(run.data)
        let now = run.sync.wall()
        var known = store.all
        var liars: Set<MirrorFolder> = []
        for folder in folders {
            if run.end() != nil { break }
            let before = known.first { $0.mirror == folder.description }
            guard let upstream = look(at: folder, before, sets, now) else { continue }
            known.removeAll { $0.mirror == upstream.mirror }
            known.append(upstream)
            if !upstream.lies.isEmpty { liars.insert(folder) }
        }
        run.liars.update {
            $0.folders = liars
            $0.addresses = Set(named.filter { liars.contains($0.folder) }.map(\.address))
        }
        // Without it the same is said again.
        if known.contains(where: { $0.asked == now }) { try? store.save(known) }
    }

    // MARK: Whom to ask

    /// The mirrors that a person named.
    private func named(
        _ sets: [MirrorSync.DataSet]
    ) -> [(address: String, folder: MirrorFolder)] {
        let files = sets.flatMap(\.selected.files)
        return run.sync.options.fetch.mirrors.compactMap { address in
            for file in files {
                if let folder = MirrorFolder(of: address, holding: file.name) {
                    return (address, folder)
                }
            }
            return nil
        }
    }

    /// Those, and the place that a published manifest names first. Others publish no `TRACE`.
    private func folders(
        _ sets: [MirrorSync.DataSet], _ named: [(address: String, folder: MirrorFolder)]
    ) -> [MirrorFolder] {
        let options = run.sync.options
        guard options.fetch.sources != .swarm else { return [] }
        let places = sets.compactMap { set in
            let first = Set(
                set.selected.files.map { file in
                    file.mirrors.first.flatMap { MirrorFolder(of: $0, holding: file.name) }
                })
            return first.count == 1 ? first.first ?? nil : nil
        }
        let own = options.publication?.url.flatMap { MirrorFolder(of: $0, holding: "") }
        var seen: Set<MirrorFolder> = []
        return (named.map(\.folder) + places).filter {
            $0 != own && !$0.isImageNet && seen.insert($0).inserted
        }
    }

    // MARK: What it says

    /// - Returns: nil for a place that is no published mirror.
    private func look(
        at folder: MirrorFolder, _ before: Upstream?, _ sets: [MirrorSync.DataSet], _ now: UTCTime
    ) -> Upstream? {
        let trace = contents(of: Trace.name.description, in: folder, limit: 64)
            .flatMap(Trace.time)
        guard trace != nil || before != nil else { return nil }
        var upstream = before ?? Upstream(mirror: folder.description, asked: now, ageLimit: .zero)
        upstream.asked = now
        upstream.ageLimit = run.sync.options.upstreamAgeLimit
        // A mirror that cannot be asked is as it was.
        if let trace {
            upstream.lies = []
            if trace.secondsSince1970 > now.secondsSince1970 + Self.tolerance {
                upstream.lies = [
                    "says that it synced in the future, \(trace): its clock or that of this "
                        + "machine is wrong"
                ]
            } else if let last = before?.lastSync,
                trace.secondsSince1970 < last.secondsSince1970 - Self.tolerance
            {
                upstream.lies = ["went back in time: its TRACE says \(trace), and said \(last)"]
            } else {
                upstream.lastSync = max(trace, upstream.lastSync ?? trace)
            }
            upstream.lies += UpstreamLists(folder, known(sets), read: contents).contradictions
        }
        tell(&upstream, before, now)
        return upstream
    }

    private func tell(_ upstream: inout Upstream, _ before: Upstream?, _ now: UTCTime) {
        let isStale = upstream.isStale(at: now)
        if isStale || upstream.isStaleTold {
            run.report(
                .upstream(
                    upstream.sentence(at: now), isNews: isStale && !upstream.isStaleTold))
        }
        upstream.isStaleTold = isStale
        for lie in upstream.lies {
            run.report(
                .upstream(
                    "\(upstream.mirror) \(lie); nothing is downloaded from it",
                    isNews: before?.lies.contains(lie) != true))
        }
        if upstream.lies.isEmpty, before?.lies.isEmpty == false {
            run.report(.upstream("\(upstream.mirror) is used again", isNews: false))
        }
    }

    private func contents(of name: String, in folder: MirrorFolder, limit: Int) -> [UInt8]? {
        try? folder.contents(
            of: name, limit: limit, options: run.sync.options.fetch.mirrorOptions,
            stop: run.ending())
    }

    // MARK: What is known here

    /// The pins of the manifest, and for the files that are here also the digests of their proof.
    private func known(_ sets: [MirrorSync.DataSet]) -> [UpstreamLists.Known] {
        sets.map { set in
            let selected = Set(set.selected.files.map(\.name))
            let verified = set.manifest.files.map { file -> Receipt? in
                guard selected.contains(file.name), let receipt = try? run.data.proof(of: file),
                    // The first copy may itself be the wrong one.
                    receipt.proof != .firstUse
                else { return nil }
                return receipt
            }
            return UpstreamLists.Known(
                manifest: set.manifest, selected: selected,
                verified: Dictionary(
                    uniqueKeysWithValues: zip(set.manifest.files.map(\.name), verified)
                        .compactMap { name, receipt in receipt.map { (name, $0.digests) } }))
        }
    }
}
