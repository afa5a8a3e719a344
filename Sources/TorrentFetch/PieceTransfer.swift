internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// Downloads the missing pieces of one file from swarm and mirrors, and computes the digests of the
/// whole file as they come. A fetch and a repair both use it.
struct PieceTransfer: Sendable {
    let job: FetchJob
    /// The only source, where there is no piece map.
    var origin: MirrorOrigin?
    /// A mirror that might be faster.
    var rival: Rival?
    var started = ContinuousClock.now
    /// A failed sync, which ends the transfer.
    let trouble = Monitor<DiskError?>(nil)
    private let clock = ContinuousClock()

    private var options: FetchOptions { job.options }

    private static let growingPieces = 32
    /// Memory for pieces under way: most of what a fetch uses.
    private static let bufferBytes = 72 << 20

    func buffers(pieceLength: Int) -> PieceBuffers {
        PieceBuffers(pieceLength: pieceLength, bytes: Self.bufferBytes)
    }

    /// Runs until the file is complete and its digests are known, or all wanted classes are there.
    ///
    /// - Parameters:
    ///   - space: watches the disk where the file's blocks are not reserved.
    ///   - writingEnded: is called when nobody writes to the file any more; twice at most.
    ///   - whole: takes the complete file, and throws if its digests are wrong.
    func run(
        _ staging: StagingFile, _ buffers: PieceBuffers, _ space: SpaceWatch? = nil,
        writingEnded: () -> Void = {}, whole: (FetchResult) throws -> Void
    ) throws -> FetchResult {
        let there = staging.proven
        let threads = [Thread { staging.work() }, Thread { staging.hash() }]
        let sources = FetchSources(job, staging, buffers, origin: origin)
        defer {
            sources.end()
            staging.close()
            for thread in threads { thread.join() }
            writingEnded()
            remember(sources.mirrorReports)
        }
        try watch(staging, sources, space)
        sources.endTaking()
        var result = FetchResult(bytes: staging.size)
        let isWhole = staging.proven.isComplete
        if isWhole {
            // The digests follow the last byte within a moment.
            let last = clock.now
            guard let digests = try staging.finish() else { throw FetchError.interrupted(job.file) }
            result.digests = digests
            result.proofDelay = (clock.now - last).seconds
        } else {
            result.classes = job.classes
            result.bytes = staging.bytes(of: staging.wanted)
        }
        sources.account(in: &result, provenBefore: there)
        writingEnded()
        // The last sync may have been the one that failed.
        if let error = trouble.read({ $0 }) { throw error }
        if isWhole { try whole(result) }
        result.seconds = (clock.now - started).seconds
        if sources.seedsOn {
            // The result is the last event about a file.
            let minutes = Int(options.seedTime.seconds / 60)
            job.note("seeding for \(minutes) min")
        }
        job.report(.done(job.file, result))
        sources.seedForNeighbours()
        sources.seed(for: options.seedTime)
        return result
    }

    /// Waits until every piece is there, and acts when they do not come.
    private func watch(
        _ staging: StagingFile, _ sources: FetchSources, _ space: SpaceWatch?
    ) throws {
        var space = space
        try sources.start()
        let search = classSearch(staging, sources)
        defer { search?.end(in: job.data) }
        var stall = StallWatch(
            proven: staging.proven.members, room: Int64(Self.growingPieces * staging.pieceLength),
            floor: options.slowestRate(ofSize: staging.size), now: clock.now)
        var pace = Pace(clock.now)
        var ladder = 0
        while true {
            if let search { try search.look() }
            if staging.isDone { return report(staging, sources, search) }
            try job.stop()
            if let error = trouble.read({ $0 }) ?? staging.failure { throw error }
            try space?.look()
            try sources.look()
            report(staging, sources, search)
            let received = sources.received
            let now = clock.now
            if let rival, let rate = pace.rate(received, over: options.swarmTrial, at: now),
                rival.isFaster(
                    than: rate, missing: staging.missingBytes, of: staging.size)
            {
                throw Overtaken(rate: rate)
            }
            let silence = stall.silence(
                proven: staging.proven.members, received: received,
                passedOver: sources.passedOver, found: search?.links ?? 0, at: now)
            if silence < options.stallTimeout / 3 { ladder = 0 }
            // After one third: ask again and let mirrors join. After all of it: give up.
            if silence > options.stallTimeout / 3, ladder == 0 {
                ladder = 1
                sources.askAgain()
                sources.letMirrorsIn("no data for \(Int(silence.seconds)) s")
            }
            if silence > options.stallTimeout { throw sources.stalled(silence) }
            // A small file is complete long before the next look.
            staging.waitForNews(atMost: .milliseconds(100))
        }
    }

    private func remember(_ reports: [MirrorReport]) {
        guard !reports.isEmpty else { return }
        MirrorMemory.update(in: job.data.state) { memory in
            for report in reports { memory.note(report) }
        }
    }

    private func classSearch(_ staging: StagingFile, _ sources: FetchSources) -> ClassSearch? {
        job.classes.map { classes in
            ClassSearch(
                classes, job, staging, sources.queue, hasten: { sources.hasten($0) })
        }
    }

    private func report(_ staging: StagingFile, _ sources: FetchSources, _ search: ClassSearch?) {
        let wanted = staging.bytes(of: staging.wanted)
        job.report(
            .progress(
                FetchProgress(
                    file: job.file, proven: max(wanted - staging.missingBytes, 0),
                    size: max(wanted, search?.bytesAbout ?? 0), peers: sources.peers,
                    activeMirrors: sources.activeMirrors)))
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
