internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import Synchronization

/// Swarm and mirrors of one file, as one thing that brings pieces.
final class FetchSources {
    private let staging: StagingFile
    private let buffers: PieceBuffers
    private let torrent: FoundTorrent?
    private let mirrors: [Mirror]
    private let origin: MirrorOrigin?
    private let options: FetchOptions
    private let note: (String) -> Void
    private var queue: PieceQueue
    private let clock = ContinuousClock()

    private var swarm: Swarm?
    private var status = Swarm.Status()
    private let startTime: ContinuousClock.Instant
    /// Bytes a second that the best of the mirrors can be expected to bring.
    private let mirrorSpeed: Int
    private var statusTime: ContinuousClock.Instant
    /// When the swarm last brought something.
    private var swarmTime: ContinuousClock.Instant
    private var isPortTold = false
    private var shift: MirrorShift?
    /// What mirrors did that have left again.
    private var pastReports: [MirrorReport] = []
    /// What the swarm had brought at some time while mirrors are at work.
    private var mark: (time: ContinuousClock.Instant, bytes: Int64)

    /// What is expected of a mirror that was never asked: bytes a second.
    private static let usualMirrorSpeed = 1 << 20
    /// The swarm has the next so many bytes to itself: what its peers have been asked for already.
    private static let swarmLead: Int64 = 64 << 20

    init(
        _ staging: StagingFile, _ buffers: PieceBuffers, torrent: FoundTorrent?,
        mirrors: [Mirror], origin: MirrorOrigin? = nil, memory: MirrorMemory,
        options: FetchOptions,
        note: @escaping (String) -> Void
    ) {
        self.staging = staging
        self.buffers = buffers
        self.torrent = options.usesSwarm ? torrent : nil
        self.mirrors = mirrors
        self.origin = origin
        self.options = options
        self.note = note
        queue = PieceQueue(staging)
        let now = clock.now
        (startTime, statusTime, swarmTime) = (now, now, now)
        mark = (now, 0)
        mirrorSpeed =
            mirrors.compactMap { memory.speed(of: $0) }.max().map { Int(clamping: $0) }
            ?? Self.usualMirrorSpeed
    }

    func start() throws(FetchError) {
        if let torrent { try startSwarm(torrent) }
        if torrent == nil || options.sources == .both { letMirrorsIn(nil) }
    }

    private func startSwarm(_ torrent: FoundTorrent) throws(FetchError) {
        let swarm = try Swarm(options.swarmSettings)
        self.swarm = swarm
        queue = PieceQueue(staging) { swarm.want($0, $1) }
        let store = SwarmStore(staging: staging, buffers: buffers) { swarm.resumeWriters() }
        try swarm.add(
            metainfo: torrent.bytes, have: bytes(fromHex: staging.proven.hex) ?? [],
            trackers: torrent.trackers, store: store)
    }

    /// Lets the mirrors take part, if there are any and they do not already.
    func letMirrorsIn(_ reason: String?) {
        guard shift?.end != nil || shift == nil, options.usesMirrors else { return }
        // What has lied is not asked again; what was out of reach may be back.
        let reports = (pastReports + (shift?.reports ?? []))
        let liars = reports.filter { $0.error?.code == .mirrorRefused }.map(\.mirror)
        let mirrors = mirrors.filter { !liars.contains($0) }
        guard !mirrors.isEmpty else { return }
        if let reason { note("\(reason): asking \(mirrors.count == 1 ? "the mirror" : "mirrors")") }
        endShift()
        queue.forgetWrong()
        let pool = MirrorPool(
            mirrors, into: staging, buffers: buffers, from: queue, options: options.mirrorOptions,
            origin: origin)
        shift = MirrorShift(pool)
        mark = (clock.now, status.downloaded)
        if swarm != nil { shareLimit(taken: Double(options.maxDownload) / 2) }
    }

    private func endShift() {
        shift?.leave()
        pastReports += shift?.reports ?? []
        shift = nil
    }

    /// Does what there is left to do while nothing comes.
    func askAgain() {
        swarm?.reannounce()
        swarm?.allowUTP()
    }

    /// Looks after both, a few times a second.
    ///
    /// - Throws: what ends the fetch: no source is left.
    func look(_ proven: PieceSet) throws {
        lookAtSwarm()
        for piece in queue.takeNews() {
            swarm?.announce(piece, length: staging.length(of: piece))
        }
        if let shift, shift.end == nil {
            let missing = Int64(proven.count - proven.members) * Int64(staging.pieceLength)
            let isAlone =
                swarm == nil || status.peers == 0 || clock.now - swarmTime > .seconds(5)
            // Ever less towards the end, where both meet: a few pieces come twice there.
            queue.setLead(isAlone ? .none : .bytes(min(Self.swarmLead, missing / 2)))
            queue.shareWhatHoldsUp()
            shift.pool.wake()
            if options.sources == .auto, isSwarmBack(beside: shift) {
                note("the swarm is fast again: leaving the mirrors alone")
                endShift()
            }
        } else if shift == nil, options.sources == .auto, isSwarmSlow {
            letMirrorsIn("the swarm is slow")
        }
        try lookAtEnds()
    }

    private func lookAtSwarm() {
        let elapsed = (clock.now - statusTime).seconds
        guard let swarm, elapsed > 0.5 else { return }
        statusTime = clock.now
        tellPort(swarm)
        guard let now = swarm.status else { return }
        if now.downloaded > status.downloaded { swarmTime = clock.now }
        // What came since the last look is what mirrors leave to it within the limit.
        shareLimit(taken: Double(now.downloaded - status.downloaded) / elapsed)
        status = now
    }

    /// Who has named a port, and let it through a firewall, wants to know that it is another.
    private func tellPort(_ swarm: Swarm) {
        let wanted = options.ports
        guard !isPortTold, wanted.lowerBound > 0 else { return }
        let port = Int(swarm.port)
        // It may not have come to that yet.
        if port == 0, clock.now - startTime < .seconds(3) { return }
        isPortTold = true
        if wanted.contains(port) { return }
        let named =
            wanted.count == 1
            ? "port \(wanted.lowerBound) is" : "ports \(wanted.lowerBound)-\(wanted.upperBound) are"
        note(
            "\(named) taken: "
                + (port == 0 ? "no peer can connect" : "listening on \(port) instead"))
    }

    /// The limit is for all sources together: mirrors have what the swarm leaves of it.
    private func shareLimit(taken: Double) {
        guard let shift, options.maxDownload > 0 else { return }
        let rest = Double(options.maxDownload) - max(taken, 0)
        // Not nothing: a mirror that is never read from breaks the connection.
        let rate = max(Int64(rest), options.maxDownload / 16, 1)
        shift.pool.maximumRate.store(rate, ordering: .relaxed)
    }

    private var trial: Duration { options.swarmTrial }

    /// Nothing for a while, or less than the mirrors brought in earlier runs.
    private var isSwarmSlow: Bool {
        if clock.now - swarmTime > trial { return true }
        guard clock.now - startTime > trial else { return false }
        // One that is held back on purpose is not slow.
        let limit = options.maxDownload > 0 ? Int(clamping: options.maxDownload / 2) : .max
        return status.downloadRate < min(mirrorSpeed, limit)
    }

    /// Whether it has been bringing far more than the mirrors. Over some time: peers give in bursts,
    /// and libtorrent keeps a limit in bursts.
    private func isSwarmBack(beside shift: MirrorShift) -> Bool {
        let seconds = (clock.now - mark.time).seconds
        guard seconds > (trial * 3).seconds else { return false }
        let speed = Double(status.downloaded - mark.bytes) / seconds
        mark = (clock.now, status.downloaded)
        return speed > 2 * max(shift.speed, Double(mirrorSpeed))
    }

    private func lookAtEnds() throws {
        if let failure = swarm?.events.failure {
            // The disk's own error is told elsewhere; a torrent that cannot go on leaves mirrors.
            note("the swarm ended: \(escaped(failure))")
            endSwarm()
            letMirrorsIn(nil)
        }
        guard swarm == nil, let end = shift?.end else {
            if swarm == nil, shift == nil { throw noSource }
            return
        }
        let outcome = try end.get()
        if let error = outcome.diskError { throw error }
        if queue.hasChanged { origin?.setChanged() }
        if !outcome.isFinished { throw mirrorError ?? noSource }
    }

    private var noSource: FetchError {
        FetchError(
            .stalled, "no source is left", hint: "name a mirror or a peer with --mirror or --peer")
    }

    /// What the mirrors were dropped for, the worst of it.
    private var mirrorError: FetchError? {
        mirrorReports.compactMap(\.error).reduce(nil) { FetchError.worse($0, $1) }
    }

    /// The sentence for when nothing has come for too long.
    func stalled(_ file: ManifestFile, _ silence: Duration) -> FetchError {
        var tried: [String] = []
        if let swarm {
            let events = swarm.events
            let peers = status.peers == 1 ? "1 peer" : "\(status.peers) peers"
            tried.append(
                events.lastTrackerError.map { "the swarm has \(peers) (\(escaped($0)))" }
                    ?? "the swarm has \(peers)")
        }
        let silent = (shift?.reports ?? []).filter { $0.phase == .active && $0.error == nil }
        if !silent.isEmpty {
            let names = silent.map(\.mirror.description).joined(separator: ", ")
            tried.append("\(names) \(silent.count == 1 ? "brings" : "bring") nothing more")
        }
        var code = FetchError.Code.stalled
        if let error = mirrorError {
            if tried.isEmpty { return error }
            tried.append(error.message)
            // A mirror that lies is not the end where a swarm might still deliver.
            if error.code != .mirrorRefused || status.peers == 0 { code = error.code }
        }
        return FetchError(
            code,
            "\(escaped(file.name)) has stalled: no new byte for \(Int(silence.seconds)) s "
                + "(\(tried.isEmpty ? "nobody was asked" : tried.joined(separator: "; ")))",
            hint: "run the same command again later: it goes on; or name a source with --mirror or "
                + "--peer")
    }

    /// Bytes that have come from anywhere, right or wrong.
    var received: Int64 { mirrorReports.reduce(status.downloaded) { $0 + $1.receivedBytes } }

    var peers: Int { swarm == nil ? 0 : status.peers }

    var activeMirrors: [String] {
        (shift?.reports ?? []).filter { $0.phase == .active }.map(\.mirror.description)
    }

    // MARK: The end

    var givesBack: Bool { swarm != nil && options.seedTime > .zero }

    /// Goes on giving, for those who want that.
    func giveBack(for time: Duration, until isStopped: () -> (any Error)?) {
        guard let swarm, time > .zero else { return }
        let end = clock.now + time
        while clock.now < end, isStopped() == nil {
            if let now = swarm.status { status = now }
            Thread.sleep(milliseconds: 500)
        }
    }

    /// Takes nothing more; the swarm may still be given to.
    func endTaking() {
        queue.stop()
        endShift()
        lookLast()
    }

    /// Ends both; the staging file's workers must still answer.
    func end() {
        endTaking()
        endSwarm()
    }

    private func lookLast() {
        guard let swarm else { return }
        if let last = swarm.status { status = last }
        peakPeers = max(peakPeers, swarm.events.peakPeers)
    }

    private func endSwarm() {
        lookLast()
        swarm?.end()
        swarm = nil
    }

    private var peakPeers = 0

    /// Says how much came from where.
    func account(in result: inout FetchResult, provenBefore: PieceSet) {
        let proven = staging.proven
        let pieces = (0..<proven.count).filter { proven[$0] && !provenBefore[$0] }
        let arrived = pieces.reduce(Int64(0)) { $0 + Int64(staging.length(of: $1)) }
        for report in mirrorReports {
            if report.provenBytes > 0 {
                result.fromMirrors[report.mirror.description, default: 0] += report.provenBytes
            }
            for (why, bytes) in report.wasted where bytes > 0 {
                result.discarded[why.rawValue, default: 0] += bytes
            }
        }
        result.fromSwarm = torrent == nil ? 0 : max(arrived - result.mirrorBytes, 0)
        if status.failed > 0 { result.discarded["wrong", default: 0] += status.failed }
        if status.redundant > 0 { result.discarded["duplicate", default: 0] += status.redundant }
        // A short one may have come and gone between two looks.
        result.peakPeers = max(peakPeers, result.fromSwarm > 0 ? 1 : 0)
    }

    /// What the mirrors have shown of themselves.
    var mirrorReports: [MirrorReport] { pastReports + (shift?.reports ?? []) }
}
