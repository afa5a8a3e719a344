internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import Synchronization

final class FetchSources {
    let job: FetchJob
    let staging: StagingFile
    private let buffers: PieceBuffers
    private let origin: MirrorOrigin?
    let queue: PieceQueue
    private let clock = ContinuousClock()

    private(set) var swarm: Swarm?
    private(set) var store: SwarmStore?
    var secondChance = SecondChance()
    /// The torrent was removed and will be added again.
    var isSetAside = false
    private(set) var status = Swarm.Status()
    private let startTime: ContinuousClock.Instant
    /// Bytes a second to expect from the best mirror.
    private let mirrorSpeed: Int
    private var statusTime: ContinuousClock.Instant
    /// When the swarm last delivered something.
    private var swarmTime: ContinuousClock.Instant
    private var isPortTold = false
    /// Whether no peer can be reached.
    private var isCutOff = false
    /// Nil outside a lab.
    private var gate: LabGate?
    private(set) var shift: MirrorShift?
    private var pastReports: [MirrorReport] = []
    /// How much the swarm had delivered at a time since the mirrors joined.
    private var mark: (time: ContinuousClock.Instant, bytes: Int64)

    /// Mirrors stay this far ahead of the swarm: its peers were already asked for these bytes.
    private static let swarmLead: Int64 = 64 << 20

    init(
        _ job: FetchJob, _ staging: StagingFile, _ buffers: PieceBuffers,
        origin: MirrorOrigin? = nil
    ) {
        self.job = job
        self.staging = staging
        self.buffers = buffers
        self.origin = origin
        queue = PieceQueue(staging)
        let now = clock.now
        (startTime, statusTime, swarmTime) = (now, now, now)
        mark = (now, 0)
        let memory = MirrorMemory.load(from: job.data.state)
        mirrorSpeed = Int(
            clamping: job.mirrors.compactMap { memory.speed(of: $0) }.max()
                ?? MirrorMemory.usualSpeed)
    }

    private var options: FetchOptions { job.options }
    var torrent: FoundTorrent? { options.usesSwarm ? job.torrent : nil }

    func start() throws(FetchError) {
        if let torrent { try startSwarm(torrent) }
        if torrent == nil || options.sources == .both && gate == nil { letMirrorsIn(nil) }
    }

    private func startSwarm(_ torrent: FoundTorrent) throws(FetchError) {
        let swarm = try Swarm(options.swarmSettings)
        self.swarm = swarm
        if options.isLab { gate = LabGate(clock.now) }
        let store = SwarmStore(staging: staging, buffers: buffers) { swarm.resumeWriters() }
        self.store = store
        try add(torrent, to: swarm, store)
    }

    func add(
        _ torrent: FoundTorrent, to swarm: Swarm, _ store: SwarmStore
    ) throws(FetchError) {
        try swarm.add(
            metainfo: torrent.bytes, have: bytes(fromHex: staging.proven.hex) ?? [],
            trackers: torrent.trackers, store: store)
        queue.share(with: { swarm.want($0, $1) })
    }

    /// Lets the mirrors join, if there are any and they have not joined yet.
    func letMirrorsIn(_ reason: String?) {
        guard shift?.end != nil || shift == nil, options.usesMirrors else { return }
        // A mirror that lied is not asked again; one that was out of reach is.
        let reports = (pastReports + (shift?.reports ?? []))
        let liars = reports.filter { $0.error?.code == .mirrorRefused }.map(\.mirror)
        let mirrors = job.mirrors.filter { !liars.contains($0) }
        guard !mirrors.isEmpty else { return }
        if let reason {
            job.note("\(reason): asking \(mirrors.count == 1 ? "the mirror" : "mirrors")")
        }
        endShift()
        queue.forgetWrong()
        let pool = MirrorPool(
            mirrors, into: staging, buffers: buffers, from: queue, options: options.poolOptions,
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

    /// Has the swarm bring a piece before all others.
    func hasten(_ piece: Int) { swarm?.hasten(piece) }

    func askAgain() {
        swarm?.allowUTP()
        if status.seeds > 0 || !askBannedAgain() { swarm?.reannounce() }
    }

    func loseSwarm(_ reason: String) {
        job.note("the swarm failed: \(escaped(reason))")
        endSwarm()
        letMirrorsIn(nil)
    }

    /// Looks after both, a few times a second.
    ///
    /// - Throws: when no source is left.
    func look() throws {
        bringBack()
        lookAtSwarm()
        for piece in queue.takeNews() {
            swarm?.announce(piece, length: staging.length(of: piece))
        }
        if let shift, shift.end == nil {
            let missing = staging.missingBytes
            let isAlone =
                swarm == nil || status.peers == 0 || clock.now - swarmTime > .seconds(5)
            // The lead shrinks towards the end, where both meet: a few pieces come twice.
            queue.setLead(isAlone ? .none : .bytes(min(Self.swarmLead, missing / 2)))
            queue.shareWhatHoldsUp()
            shift.pool.wake()
            if options.sources == .auto, isSwarmBack(beside: shift) {
                job.note("the swarm is fast again: mirrors are no longer used")
                endShift()
            }
        } else if shift == nil, gate?.isOpen != false {
            if options.sources == .both, gate != nil {
                letMirrorsIn(nil)
            } else if options.sources == .auto, isCutOff || isSwarmSlow {
                letMirrorsIn(isCutOff ? "no peer can be reached" : "the swarm is slow")
            }
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
        // Mirrors get what the swarm left of the limit since the last look.
        shareLimit(taken: Double(now.downloaded - status.downloaded) / elapsed)
        status = now
        lookAtGate(swarm)
        // A network that goes away later may come back.
        isCutOff = now.downloaded == 0 && swarm.isCutOff
        if now.peers == 0, now.candidates == 0, clock.now - swarmTime > .seconds(2) {
            _ = askBannedAgain()
        }
    }

    private func lookAtGate(_ swarm: Swarm) {
        guard var gate, let neighbours = swarm.neighbours else { return }
        if gate.look(at: clock.now, neighbours, received: status.downloaded - status.failed) {
            let count = neighbours.count
            job.note(
                gate.isOpen
                    ? "downloading from outside, for \(count) neighbour\(count == 1 ? "" : "s") too"
                    : "a neighbour downloads from outside")
            swarm.openOutside(gate.isOpen)
            if !gate.isOpen { endShift() }
        }
        self.gate = gate
    }

    /// A person who opened a port in a firewall must know that it is another one.
    private func tellPort(_ swarm: Swarm) {
        let wanted = options.ports
        guard !isPortTold, wanted.lowerBound > 0 else { return }
        let port = Int(swarm.port)
        // It may not listen yet.
        if port == 0, clock.now - startTime < .seconds(3) { return }
        isPortTold = true
        if let note = Swarm.portNote(port, of: wanted) { job.note(note) }
    }

    /// The limit is for all sources together: mirrors get what the swarm leaves.
    private func shareLimit(taken: Double) {
        guard let shift, options.maxDownload > 0 else { return }
        let rest = Double(options.maxDownload) - max(taken, 0)
        // Never zero: a mirror that nobody reads from closes the connection.
        let rate = max(Int64(rest), options.maxDownload / 16, 1)
        shift.pool.maximumRate.store(rate, ordering: .relaxed)
    }

    private var trial: Duration { options.swarmTrial }

    /// Whether it delivers nothing, or less than mirrors did in earlier runs.
    private var isSwarmSlow: Bool {
        if clock.now - swarmTime > trial { return true }
        guard clock.now - startTime > trial else { return false }
        // A swarm that is throttled on purpose is not slow.
        let limit = options.maxDownload > 0 ? Int(clamping: options.maxDownload / 2) : .max
        return status.downloadRate < min(mirrorSpeed, limit)
    }

    /// Whether it delivers far more than the mirrors. Measured over some time, because peers and
    /// libtorrent's limiter both work in bursts.
    private func isSwarmBack(beside shift: MirrorShift) -> Bool {
        let seconds = (clock.now - mark.time).seconds
        guard seconds > (trial * 3).seconds else { return false }
        let speed = Double(status.downloaded - mark.bytes) / seconds
        mark = (clock.now, status.downloaded)
        return speed > 2 * max(shift.speed, Double(mirrorSpeed))
    }

    private func lookAtEnds() throws {
        if let failure = swarm?.events.failure {
            // Without the torrent the mirrors are left; without the disk nobody is.
            if let error = store?.failure { throw error }
            loseSwarm(failure)
        }
        guard swarm == nil || isCutOff else { return }
        guard let end = shift?.end else {
            if shift == nil { throw isCutOff ? outOfReach : noSource }
            return
        }
        let outcome = try end.get()
        if let error = outcome.diskError { throw error }
        if queue.hasChanged { origin?.setChanged() }
        if outcome.isFinished { return }
        let error = mirrorError ?? noSource
        throw isCutOff && error.code == .network ? outOfReach : error
    }

    var received: Int64 { mirrorReports.reduce(status.downloaded) { $0 + $1.receivedBytes } }

    /// Those of them that a server without ranges had to send first.
    var passedOver: Int64 { mirrorReports.reduce(0) { $0 + $1.passedOverBytes } }

    var peers: Int { swarm == nil ? 0 : status.peers }

    var activeMirrors: [String] {
        (shift?.reports ?? []).filter { $0.phase == .active }.map(\.mirror.description)
    }

    // MARK: The end

    var seedsOn: Bool { swarm != nil && options.seedTime > .zero }

    /// In a lab: gives to neighbours until all have everything, or take nothing any more.
    func seedForNeighbours() {
        guard let swarm, gate != nil else { return }
        var (uploaded, since) = (status.uploaded, clock.now)
        while job.stop.reason == nil, clock.now - since < Self.neighbourPatience,
            let neighbours = swarm.neighbours, neighbours.unfinished > 0
        {
            if let now = swarm.status { status = now }
            if status.uploaded > uploaded { (uploaded, since) = (status.uploaded, clock.now) }
            Thread.sleep(milliseconds: 500)
        }
    }

    /// Longer than any gate takes to open, so that the last pieces are not downloaded twice.
    private static let neighbourPatience = Duration.seconds(30)

    func seed(for time: Duration) {
        guard let swarm, time > .zero else { return }
        let end = clock.now + time
        while clock.now < end, job.stop.reason == nil {
            bringBack()
            if let now = swarm.status { status = now }
            Thread.sleep(milliseconds: 500)
        }
    }

    /// Downloads nothing more; the swarm may still be seeded.
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

    private(set) var peakPeers = 0

    var mirrorReports: [MirrorReport] { pastReports + (shift?.reports ?? []) }
}
