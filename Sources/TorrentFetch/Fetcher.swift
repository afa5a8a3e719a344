internal import Checksums
public import DataFolder
public import DatasetManifest
public import Disk

/// Downloads and verifies files of a data set one by one, small files first.
///
///     let fetcher = Fetcher(DataFolder("data"), FetchOptions())
///     let plan = try fetcher.plan(manifest.select(.parts(["val"])))
///     let outcomes = fetcher.run(plan) { event in … }
public struct Fetcher: Sendable {
    public struct Outcome: Sendable {
        public let file: ManifestFile
        public let result: Result<FetchResult, any Error>
    }

    let data: DataFolder
    let options: FetchOptions

    public init(_ data: DataFolder, _ options: FetchOptions = FetchOptions()) {
        self.data = data
        self.options = options
    }

    // MARK: The plan

    /// What is missing, from where, and whether it fits. Nothing is created and no payload is read.
    /// A mirror is asked only for a size that is not known otherwise.
    public func plan(_ selected: SelectedFiles) throws -> FetchPlan {
        var selected = selected
        selected.files = selected.files.map(pinned)
        let first = try survey(selected)
        for item in first.items where item.isToFetch && item.file.size == nil {
            guard let index = selected.files.firstIndex(where: { $0.name == item.file.name }),
                item.file.torrent == nil || !options.usesSwarm
            else { continue }
            selected.files[index].size = try? size(of: item.file)
        }
        let isSame = zip(selected.files, first.items).allSatisfy { $0.size == $1.file.size }
        return isSame ? first : try survey(selected)
    }

    /// The same without asking anybody.
    public func survey(_ selected: SelectedFiles) throws(DiskError) -> FetchPlan {
        try FetchPlan.survey(selected, in: data, options, classes: classWork)
    }

    /// What the chosen classes of a file come to; nil for a file that is fetched whole.
    private func classWork(_ file: ManifestFile, _ found: FoundFile) -> ClassWork? {
        guard let classes = options.classes(of: file), let size = file.size else { return nil }
        let length = found.journal.map { Int($0.pieceLength) } ?? knownMap(of: file)?.pieceLength
        return ClassWork(
            classes, in: classIndex(of: file), size: size, pieceLength: length,
            proven: found.staging == nil ? nil : found.journal?.pieces)
    }

    /// All classes of a partial archive whose places are known; nil for any other file.
    public func knownClasses(of file: ManifestFile, total: Int?) -> ClassWork? {
        guard file.role == .trainImages, let found = try? data.look(for: file.name),
            found.staging != nil, let journal = found.journal
        else { return nil }
        let index = classIndex(of: file)
        return ClassSelection(title: file.name, wnids: index.entries.map(\.wnid), of: total).map {
            ClassWork(
                $0, in: index, size: journal.size, pieceLength: Int(clamping: journal.pieceLength),
                proven: journal.pieces)
        }
    }

    /// The pieces of the file, where they are known without asking anybody.
    func knownMap(of file: ManifestFile) -> PieceMap? {
        let sources = TorrentSources(
            folders: options.torrentFolders, data: data, base: nil, keeps: false)
        return sources.find(for: file).found?.metainfo.pieces
    }

    /// Where classes lie, from whoever says so first: hints, all of them.
    func classIndex(of file: ManifestFile) -> ClassIndex {
        if let named = options.classIndex { return named }
        if let own = file.classIndex { return own }
        guard let size = file.size else { return ClassIndex() }
        return (try? data.classIndexes.load(file.name, size: size)) ?? ClassIndex()
    }

    /// The file, pinned by a trusted torrent where the manifest has no pin.
    func pinned(_ file: ManifestFile) -> ManifestFile {
        TorrentSources(
            folders: options.torrentFolders, data: data, trustsUnpinned: options.trustsTorrents
        ).pinned(file)
    }

    /// The size that the first mirror that answers declares.
    private func size(of file: ManifestFile) throws(FetchError) -> Int64 {
        var failure: FetchError?
        for mirror in mirrors(of: file).mirrors {
            do throws(FetchError) {
                return try mirror.probe(options: options.mirrorOptions)
            } catch {
                failure = FetchError.worse(failure, error)
            }
        }
        throw failure
            ?? FetchError(
                .noSource, "cannot fetch \(escaped(file.name)): its size is unknown",
                hint: "name a mirror that has it with \(.mirror)")
    }

    /// Where to get the file: mirrors named by a person first. A refused address does not keep the
    /// others from being used.
    func mirrors(of file: ManifestFile) -> ChosenMirrors {
        var chosen = ChosenMirrors()
        guard options.usesMirrors else { return chosen }
        let mine = options.mirrors.compactMap { Mirror.address($0, of: file.name) }
        let allowsInsecureHTTP = options.mirrorOptions.allowsInsecureHTTP
        let named = chosen.take(mine, for: file, allowsInsecureHTTP: allowsInsecureHTTP)
        let others = chosen.take(
            file.mirrors, for: file, allowsInsecureHTTP: allowsInsecureHTTP)
        let memory = MirrorMemory.load(from: data.state)
        chosen.mirrors = named + memory.ranking(of: others.filter { !named.contains($0) })
        return chosen
    }

    // MARK: The run

    /// Carries out the plan; a file that fails does not stop the others.
    ///
    /// - Parameter stop: what came before it is kept.
    /// - Throws: `DiskError` `.busy` while another run holds the folder.
    public func run(
        _ plan: FetchPlan, stop: StopCheck = .never,
        report: @escaping @Sendable (FetchEvent) -> Void
    ) throws -> [Outcome] {
        if plan.isNothingToDo {
            return plan.items.compactMap { outcome(withoutWork: $0, report) }
        }
        // The folder must exist to be locked: a run with another state folder may use it too.
        _ = try data.openArchives()
        let lock = try data.lock()
        if let left = lock.leftBy, let first = plan.items.first(where: \.isToDo) {
            report(
                .note(
                    first.file,
                    "another run (\(escaped(left.description))) ended without releasing its lock, "
                        + "which is free now"))
        }
        return try withExtendedLifetime(lock) { try runLocked(plan, stop, report) }
    }

    private func runLocked(
        _ plan: FetchPlan, _ stop: StopCheck, _ report: @escaping @Sendable (FetchEvent) -> Void
    ) throws -> [Outcome] {
        var outcomes: [Outcome] = []
        for item in plan.items {
            if let outcome = outcome(withoutWork: item, report) {
                outcomes.append(outcome)
                continue
            }
            guard item.isToDo else { continue }
            try stop()
            report(.started(item.file))
            let result = Result { try fetch(item, job(item.file, stop, report)) }
            if case .failure(let error) = result {
                // It failed because it was stopped.
                try stop()
                report(.failed(item.file, error))
            }
            outcomes.append(Outcome(file: item.file, result: result))
        }
        return outcomes
    }

    func job(
        _ file: ManifestFile, _ stop: StopCheck, _ report: @escaping @Sendable (FetchEvent) -> Void
    ) -> FetchJob {
        var job = FetchJob(file: file, data: data, options: options, stop: stop, report: report)
        if job.classes != nil { job.classIndex = classIndex(of: file) }
        return job
    }

    /// The outcome of a file that needs no work; nil for others and for unwanted ones.
    private func outcome(
        withoutWork item: FetchPlan.Item, _ report: @Sendable (FetchEvent) -> Void
    ) -> Outcome? {
        if let refusal = item.refusal {
            report(.failed(item.file, refusal))
            return Outcome(file: item.file, result: .failure(refusal))
        }
        let result: FetchResult
        switch item.state {
        case .whole(let receipt): result = FetchResult(receipt)
        case .classesThere:
            guard let there = item.classes else { return nil }
            result = FetchResult(there)
        default: return nil
        }
        report(.done(item.file, result))
        return Outcome(file: item.file, result: .success(result))
    }

    private func fetch(
        _ item: FetchPlan.Item, _ job: FetchJob
    ) throws -> FetchResult {
        let file = job.file
        let chosen = mirrors(of: file)
        job.notes(chosen.notes)
        let mirrors = chosen.mirrors
        // A file that is there can be verified without peers.
        let isPatient = mirrors.isEmpty || file.digests.isEmpty || job.classes != nil
        var search = findTorrent(for: job, isLocal: !item.isToFetch, isPatient: isPatient)
        let size = try file.size ?? search.torrent?.map.size ?? item.size ?? size(of: file)
        let expected = try expectedDigests(of: file)
        let fetch = { (torrent: FoundTorrent?) in
            var job = job
            (job.torrent, job.mirrors) = (torrent, mirrors)
            return FileFetch(job, size: size, digests: expected)
        }
        let isProvable = !expected.isEmpty || !file.isPinned
        if !item.isToFetch, search.torrent == nil {
            if isProvable, let result = try fetch(nil).prove() { return result }
            if case .manual(let how) = file.source { throw FetchError.wrongByHand(file, how) }
            search = findTorrent(for: job, isLocal: false, isPatient: isPatient)
        }
        if let torrent = search.torrent { return try fetch(torrent).run() }
        if job.classes != nil { throw FetchError.noPieceHashes(file) }
        if mirrors.isEmpty {
            if let refused = chosen.refused.first { throw refused.why }
            if search.isCutOff { throw FetchError.outOfReach(file, askedForTorrent, nil) }
        }
        // Nothing could verify what comes.
        if !isProvable { throw FetchError.noTorrent(file) }
        do {
            return try fetch(nil).run()
        } catch let error as FetchError where error.isOfMirror && search.isCutOff {
            guard error.code == .network else { throw error }
            throw FetchError.outOfReach(file, askedForTorrent + mirrors.map(\.shortName), error)
        } catch let error as FetchError
            where error.isOfMirror && !isPatient && file.torrent != nil && options.usesSwarm
        {
            // The mirrors did not wait for the swarm; now there is time for it.
            job.note(error.message)
            let late = findTorrent(for: job, isLocal: false)
            guard let torrent = late.torrent, job.stop.reason == nil else { throw error }
            return try fetch(torrent).run()
        }
    }

    private var askedForTorrent: [String] {
        let site = options.torrentSite.flatMap { URLParts($0)?.host }
        return [site, FetchError.swarmName].compactMap { $0 }
    }

    /// Why files of the plan would be left alone: a file in their place may be somebody's. It is
    /// read to find out; nothing is changed.
    public func refusals(
        of plan: FetchPlan, report: @escaping @Sendable (FetchEvent) -> Void
    ) throws -> [FetchError] {
        try plan.items.compactMap { item in
            guard item.isToDo, item.bytesThere > 0 else { return nil }
            var job = job(item.file, .never, report)
            job.torrent = findTorrent(for: job, isLocal: true).torrent
            guard let size = item.file.size ?? job.torrent?.map.size ?? item.size else {
                return nil
            }
            let digests = try expectedDigests(of: item.file)
            return try FileFetch(job, size: size, digests: digests).refusal()
        }
    }

    /// The digests that the whole file must have: those of its first use where it has no pin.
    func expectedDigests(of file: ManifestFile) throws(DiskError) -> [Digest] {
        guard case .receipt(let receipt) = try data.receipts.load(file.name) else {
            return file.digests
        }
        return file.expectedDigests(after: receipt)
    }

    /// - Parameter isPatient: whether the fetch cannot start without the torrent. Where mirrors can
    ///   start, the swarm is asked only briefly.
    /// - Returns: the torrent; if there is none, whether asking again is useless.
    func findTorrent(
        for job: FetchJob, isLocal: Bool, isPatient: Bool = true
    ) -> (torrent: FoundTorrent?, isCutOff: Bool) {
        let file = job.file
        guard file.torrent != nil else { return (nil, false) }
        let isAsking = options.usesSwarm && !isLocal
        let patience =
            isPatient
            ? options.stallTimeout
            : options.sources == .both
                ? min(options.stallTimeout, .seconds(5)) : options.swarmTrial
        let peers: TorrentSources.Peers = { infoHash, trackers in
            job.note("no .torrent file; asking peers")
            return try askPeers(infoHash, trackers, for: patience, job.stop)
        }
        let sources = TorrentSources(
            folders: options.torrentFolders, data: data,
            base: isAsking ? options.torrentSite : nil,
            certificates: options.mirrorOptions.certificates,
            peers: isAsking ? peers : nil)
        let search = sources.find(for: file)
        job.notes(search.notes)
        return (search.found.flatMap(FoundTorrent.init), search.isCutOff)
    }

    /// Asks peers for the metadata (BEP 9) for this long, or longer while one is connected.
    ///
    /// - Throws: `.network` when no peer can be reached.
    private func askPeers(
        _ infoHash: InfoHash, _ trackers: [String], for patience: Duration, _ stop: StopCheck
    ) throws -> [UInt8]? {
        let swarm = try Swarm(options.swarmSettings)
        defer { swarm.end() }
        try swarm.add(infoHash: infoHash, trackers: trackers)
        let clock = ContinuousClock()
        let start = clock.now
        while stop.reason == nil {
            let waited = clock.now - start
            if waited > options.stallTimeout { return nil }
            if waited > patience, swarm.status?.peers ?? 0 == 0 { return nil }
            if swarm.isCutOff { throw FetchError(.network, "no peer can be reached") }
            if swarm.waitForMetadata(atMost: .milliseconds(100)) { return swarm.metainfo }
        }
        return nil
    }
}
