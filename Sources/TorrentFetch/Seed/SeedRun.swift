internal import DataFolder
public import DatasetManifest
public import Disk

/// How much was given so far.
public struct SeedProgress: Sendable {
    public struct File: Sendable {
        public let file: ManifestFile
        /// How much of it was offered at the start.
        public let offered: Int64
        public var given: Int64 = 0
        /// False once it was found damaged.
        public var isSeeded = true
    }

    public var files: [File] = []
    public var peers = 0
    public var peakPeers = 0
    /// Bytes a second.
    public var rate = 0

    public var given: Int64 { files.reduce(0) { $0 + $1.given } }
    public var offered: Int64 { files.reduce(0) { $0 + $1.offered } }
    /// How often what was offered has been given.
    public var ratio: Double { offered > 0 ? Double(given) / Double(offered) : 0 }
}

public enum SeedEvent: Sendable {
    case listening(port: Int)
    case progress(SeedProgress)
    case note(String)
    /// This file is no longer given.
    case failed(ManifestFile, any Error)
}

public struct SeedResult: Sendable {
    public var progress: SeedProgress
    public var failures: [any Error]
}

extension Seeder {
    /// Gives files to peers.
    ///
    /// - Parameters:
    ///   - ratio: ends when so many times the offered bytes were given; nil never does.
    ///   - stop: ends it, too: being stopped is no failure.
    ///   - report: gets the progress a few times a second.
    public func run(
        _ offers: [SeedOffer], ratio: Double? = nil, stop: StopCheck = .never,
        report: @escaping (SeedEvent) -> Void
    ) throws -> SeedResult {
        var settings = options.swarmSettings
        settings.givesOnly = true
        var run = SeedRun(try Swarm(settings), offers, report)
        defer { run.end() }
        var isRatioReached = false
        while true {
            try run.look()
            let isOver = stop.reason != nil || run.isEmpty || isRatioReached
            if isOver { return run.result }
            // One look later, because the last bytes are still on their way to the peer.
            isRatioReached = ratio.map { run.progress.ratio >= $0 } ?? false
            run.waitForNews()
        }
    }
}

/// The files of one session.
private struct SeedRun {
    private struct Given {
        let offer: SeedOffer
        let store: SeedStore
        let torrent: GivenTorrent
    }

    private let swarm: Swarm
    private let report: (SeedEvent) -> Void
    private let readers = SeedReaders()
    /// Whether a store has failed that was not looked at yet.
    private let news = Monitor(false)
    /// By their place in `progress.files`.
    private var given: [Int: Given] = [:]
    private var failures: [any Error] = []
    private(set) var progress = SeedProgress()
    private var isPortTold = false
    private let start = ContinuousClock.now

    private static let interval = Duration.milliseconds(250)

    init(_ swarm: Swarm, _ offers: [SeedOffer], _ report: @escaping (SeedEvent) -> Void) {
        self.swarm = swarm
        self.report = report
        for (place, offer) in offers.enumerated() {
            progress.files.append(SeedProgress.File(file: offer.file, offered: offer.bytes))
            let store = SeedStore(offer, readers) { [news] in news.update { $0 = true } }
            do throws(FetchError) {
                let torrent = try swarm.give(offer.torrent, have: offer.pieces, store: store)
                given[place] = Given(offer: offer, store: store, torrent: torrent)
            } catch {
                fail(place, offer, SeedStore.Fault(error: error))
            }
        }
    }

    var isEmpty: Bool { given.isEmpty }

    var result: SeedResult { SeedResult(progress: progress, failures: failures) }

    mutating func look() throws(FetchError) {
        let events = swarm.events
        if events.isSessionOver, let failure = events.failure {
            throw FetchError(.other, "the swarm failed: \(escaped(failure))")
        }
        tellPort()
        (progress.peers, progress.rate) = (0, 0)
        for (place, one) in given {
            if let now = one.torrent.status {
                progress.files[place].given = now.uploaded
                progress.peers += now.peers
                progress.rate += now.uploadRate
            }
            guard let fault = one.store.fault else { continue }
            one.torrent.remove()
            given[place] = nil
            fail(place, one.offer, fault)
        }
        progress.peakPeers = max(progress.peakPeers, progress.peers)
        report(.progress(progress))
    }

    func waitForNews() {
        _ = news.wait(atMost: Self.interval) { hasFailed -> Void? in
            guard hasFailed else { return nil }
            hasFailed = false
            return ()
        }
    }

    func end() {
        for one in given.values { one.torrent.remove() }
        // A session that is not over waits for answers, perhaps of a disk that gives none.
        readers.close(waits: swarm.end())
    }

    private mutating func tellPort() {
        if isPortTold { return }
        let port = Int(swarm.port)
        // It may not listen yet.
        if port == 0, ContinuousClock.now - start < .seconds(3) { return }
        isPortTold = true
        if let note = Swarm.portNote(port, of: swarm.settings.ports) {
            report(.note(note))
        }
        report(.listening(port: port))
    }

    private mutating func fail(_ place: Int, _ offer: SeedOffer, _ fault: SeedStore.Fault) {
        progress.files[place].isSeeded = false
        failures.append(fault.error)
        report(.failed(offer.file, fault.error))
        guard let piece = fault.piece else { return }
        do throws(DiskError) {
            try offer.forgetProof(of: piece)
        } catch {
            report(.note("\(escaped(offer.file.name)): this is not recorded: \(error.message)"))
        }
    }
}

extension SeedOffer {
    /// Says in the data folder that a piece is wrong, unless the file was repaired since.
    fileprivate func forgetProof(of piece: Int) throws(DiskError) {
        guard isWhole else { return try data.forget([piece], of: file.name) }
        if case .receipt(let receipt) = try data.receipts.load(file.name),
            receipt.holds(for: identity)
        {
            try data.receipts.revoke(file.name)
        }
    }
}
