public import DataFolder
public import DatasetManifest
internal import Disk

/// Asks who has a file before a long download: trackers for the number of seeds, each mirror for
/// the file's size.
public struct SourceSurvey: Sendable {
    public struct SwarmState: Sendable {
        /// What trackers said; nil while none has answered.
        public var seeds: Int?
        public var peers: Int?
        public var reached = 0
        public var error: String?
    }

    public struct MirrorState: Sendable {
        public let mirror: String
        public let size: Result<Int64, FetchError>
    }

    public struct Answer: Sendable {
        public let file: ManifestFile
        /// nil for a file without a torrent, or when the swarm was left out.
        public let swarm: SwarmState?
        public let mirrors: [MirrorState]
    }

    private let fetcher: Fetcher
    private let options: FetchOptions

    /// How long to try seeds that trackers know.
    private static let grace: Duration = .seconds(2)

    public init(_ data: DataFolder, _ options: FetchOptions) {
        self.options = options
        fetcher = Fetcher(data, options)
    }

    /// Asks for one file; takes up to `patience` for the swarm.
    public func ask(_ file: ManifestFile, patience: Duration = .seconds(10)) -> Answer {
        let chosen = fetcher.mirrors(of: file)
        let states = chosen.mirrors.map { mirror in
            MirrorState(
                mirror: mirror.description,
                size: Result { () throws(FetchError) in
                    try mirror.probe(size: file.size, options: options.mirrorOptions)
                })
        }
        let refused = chosen.refused.map { MirrorState(mirror: $0.address, size: .failure($0.why)) }
        return Answer(file: file, swarm: askSwarm(file, patience), mirrors: states + refused)
    }

    private func askSwarm(_ file: ManifestFile, _ patience: Duration) -> SwarmState? {
        guard options.usesSwarm, let pin = file.torrent else { return nil }
        var state = SwarmState()
        // A local .torrent may name more trackers.
        let torrent = fetcher.findTorrent(
            for: fetcher.job(file, .never, { _ in }), isLocal: true
        ).torrent
        do throws(FetchError) {
            let swarm = try Swarm(options.swarmSettings)
            defer { swarm.end() }
            try swarm.add(
                infoHash: pin,
                trackers: torrent?.trackers ?? TorrentSources.trackers(of: nil, pin))
            let clock = ContinuousClock()
            var end = clock.now + patience
            while clock.now < end {
                if let now = swarm.status {
                    state.seeds = now.swarmSeeds
                    state.peers = now.swarmPeers
                    state.reached = max(state.reached, now.peers)
                }
                if state.reached > 0 || swarm.isCutOff { break }
                // A tracker's answer is enough. A connected peer is a better one, but comes soon or
                // not at all.
                if let seeds = state.seeds {
                    end = min(end, clock.now + (seeds > 0 ? Self.grace : .zero))
                }
                Thread.sleep(milliseconds: 200)
            }
            state.error = swarm.events.lastTrackerError
        } catch {
            state.error = error.message
        }
        return state
    }
}
