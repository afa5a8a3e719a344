internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// Gets one file: opens what is there, lets swarm and mirrors bring the rest, and gives it its name
/// when the digests of the whole file are right.
final class FileFetch {
    private let file: ManifestFile
    private let data: DataFolder
    private let options: FetchOptions
    private let torrent: FoundTorrent?
    private let size: Int64
    private let mirrors: [Mirror]
    private let isStopped: @Sendable () -> (any Error)?
    private let report: @Sendable (FetchEvent) -> Void
    private let clock = ContinuousClock()

    /// A piece of a file that has no torrent.
    private static let plainPieceLength = 2 << 20
    /// So many may well be on their way at once.
    private static let growingPieces = 32
    /// Memory for pieces that are on their way: the largest part of all that a fetch takes.
    private static let bufferBytes = 72 << 20

    init(
        _ file: ManifestFile, size: Int64, torrent: FoundTorrent?, mirrors: [Mirror],
        data: DataFolder, options: FetchOptions,
        isStopped: @escaping @Sendable () -> (any Error)?,
        report: @escaping @Sendable (FetchEvent) -> Void
    ) {
        self.file = file
        self.size = size
        self.torrent = torrent
        self.mirrors = mirrors
        self.data = data
        self.options = options
        self.isStopped = isStopped
        self.report = report
    }

    /// Fetches with all sources. Without a piece map, mirrors take turns: what several of them gave
    /// could be told right only all together.
    func run() throws -> FetchResult {
        if torrent != nil { return try attempt(mirrors) }
        var failure: (any Error)?
        for mirror in mirrors {
            do {
                return try attempt([mirror])
            } catch let error as FetchError {
                report(.note(file, error.message))
                failure = FetchError.worse(failure as? FetchError, error)
            }
        }
        throw failure ?? FetchError.noSource(file, swarmIsOff: !options.usesSwarm)
    }

    private func attempt(_ mirrors: [Mirror]) throws -> FetchResult {
        let started = clock.now
        switch try opener.open(try data.journals()) {
        case .whole(let receipt, let notes): return wasThere(receipt, notes, started)
        case .growing(let opened):
            return try grow(opened, mirrors, started)
        }
    }

    /// Proves what is there under the final name; nil when it is not what it should be.
    func prove() throws -> FetchResult? {
        let started = clock.now
        var notes: [String] = []
        guard let receipt = try opener.prove(&notes) else { return nil }
        return wasThere(receipt, notes, started)
    }

    private func wasThere(
        _ receipt: Receipt, _ notes: [String], _ started: ContinuousClock.Instant
    ) -> FetchResult {
        for note in notes { report(.note(file, note)) }
        var result = FetchResult(bytes: size)
        result.digests = receipt.digests
        result.wasThere = true
        result.seconds = (clock.now - started).seconds
        report(.done(file, result))
        return result
    }

    private var opener: StagingOpener {
        StagingOpener(
            data: data, name: file.name, size: size, pieceLength: pieceLength,
            map: torrent?.map, pin: pin, algorithms: file.algorithms, expected: file.digests,
            torrent: torrent.map(\.infoHash),
            goOn: { [report, file, isStopped] done in
                report(.reading(file, done))
                return isStopped() == nil
            })
    }

    private var pieceLength: Int { torrent?.map.pieceLength ?? Self.plainPieceLength }

    private var pin: String { torrent.map(\.infoHash.hex) ?? "size-\(size)" }

    private func grow(
        _ opened: consuming StagingOpener.Opened, _ mirrors: [Mirror],
        _ started: ContinuousClock.Instant
    ) throws -> FetchResult {
        for note in opened.notes { report(.note(file, note)) }
        let there = opened.proven
        let isReserved = opened.reservation == .allocated
        let buffers = PieceBuffers(pieceLength: pieceLength, bytes: Self.bufferBytes)
        let staging = opener.staging(opened, holds: max(buffers.capacity / 3, 2))
        let threads = [Thread { staging.work() }, Thread { staging.hash() }]
        let trouble = Monitor<DiskError?>(nil)
        let keeper = JournalKeeper(
            staging, try data.journals(), fileName: file.name, pin: pin
        ) { [report, file] problem in
            switch problem {
            case .journalNotSaved(let error): report(.note(file, error.message))
            case .dataNotSynced(let error): trouble.update { $0 = error }
            }
        }
        let sources = FetchSources(
            staging, buffers, torrent: torrent, mirrors: mirrors,
            memory: MirrorMemory.load(from: data.state), options: options,
            note: { [report, file] in report(.note(file, $0)) })
        defer {
            sources.end()
            staging.close()
            for thread in threads { thread.join() }
            // By now nobody writes to the file any more.
            keeper.stop()
            remember(sources.mirrorReports)
        }
        var result = FetchResult(bytes: size)
        var space = isReserved ? nil : SpaceWatch(data, reserve: options.reserve)
        try watch(staging, sources, trouble, &space)
        // The last byte is there: the digests follow within the moment.
        let last = clock.now
        sources.endTaking()
        guard let digests = try staging.finish() else { throw FetchError.interrupted(file) }
        result.digests = digests
        result.proofDelay = (clock.now - last).seconds
        sources.account(in: &result, provenBefore: there)
        keeper.stop()
        try publish(result)
        result.seconds = (clock.now - started).seconds
        report(.done(file, result))
        sources.giveBack(for: options.seedTime, until: isStopped)
        return result
    }

    /// Waits until every piece is there, and does something about it when they do not come.
    private func watch(
        _ staging: StagingFile, _ sources: FetchSources, _ trouble: Monitor<DiskError?>,
        _ space: inout SpaceWatch?
    ) throws {
        try sources.start()
        var stall = StallWatch(
            proven: staging.proven.members, room: Int64(Self.growingPieces * pieceLength))
        var ladder = 0
        while true {
            let proven = staging.proven
            if proven.isComplete { return report(.progress(progress(proven, sources))) }
            if let stopped = isStopped() { throw stopped }
            if let error = trouble.read({ $0 }) ?? staging.failure { throw error }
            try space?.look()
            try sources.look(proven)
            report(.progress(progress(proven, sources)))
            let silence = stall.silence(proven: proven.members, received: sources.received)
            if silence < options.stallTimeout / 3 { ladder = 0 }
            // A third of the time for each step: ask again, let mirrors in, give up.
            if silence > options.stallTimeout / 3, ladder == 0 {
                ladder = 1
                sources.askAgain()
                sources.letMirrorsIn("nothing has come for \(Int(silence.seconds)) s")
            }
            if silence > options.stallTimeout { throw sources.stalled(file, silence) }
            Thread.sleep(milliseconds: 100)
        }
    }

    /// A mirror's speed and its strikes count for the next run.
    private func remember(_ reports: [MirrorReport]) {
        guard !reports.isEmpty else { return }
        var memory = MirrorMemory.load(from: data.state)
        for report in reports { memory.note(report) }
        // Without it the next run begins in the manifest's order: no reason to fail.
        try? memory.save(to: data.state)
    }

    private func progress(_ proven: PieceSet, _ sources: FetchSources) -> FetchProgress {
        let bytes = min(Int64(proven.members) * Int64(pieceLength), size)
        return FetchProgress(
            file: file, proven: bytes, size: size, peers: sources.peers,
            activeMirrors: sources.activeMirrors)
    }

    private func publish(_ result: FetchResult) throws {
        let publishing = Publishing(
            data: data, name: file.name, size: size, expected: file.digests,
            torrent: torrent.map(\.infoHash))
        var origins = result.fromMirrors
        if result.fromSwarm > 0 { origins["swarm"] = result.fromSwarm }
        switch try publishing.publish(
            digests: result.digests, sources: origins, try data.journals())
        {
        case .published(_, let notes): for note in notes { report(.note(file, note)) }
        case .mismatch(let error): throw error
        }
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
