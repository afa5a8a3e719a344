internal import CTorrent

// Settings and reports of a swarm.
extension Swarm {
    struct Settings: Sendable {
        /// Addresses of this machine to listen on, and a range of which the first free port is
        /// taken; 0 lets the system choose.
        var addresses = ["0.0.0.0", "[::]"]
        var ports = 0...0
        var maxPeers = FetchOptions.usualPeers
        var maxDownload = 0
        var maxUpload = 0
        var usesTCP = true
        var usesDHT = true
        var usesLSD = false
        var isLab = false
        /// Peers named by a person; they may share an address.
        var peers: [Peer] = []
        /// Whether all torrents are given and none is downloaded.
        var givesOnly = false

        init() {}

        /// Left to the system, each address gets another port, and libtorrent 2.0.8 tells the local
        /// network only the first one. So this chooses one of the dynamic ports for all.
        var usedPorts: ClosedRange<Int> {
            guard usesLSD, ports == 0...0 else { return ports }
            let first = Int.random(in: 49_152...65_000)
            return first...first + 500
        }
    }

    struct Peer: Sendable, Hashable {
        let address: String
        let port: UInt16

        init(address: String, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    /// The peers of the local network.
    struct Neighbours: Sendable, Equatable {
        var count = 0
        /// Those with a lower address than this machine's.
        var lower = 0
        /// Whether one of those has a piece that is missing here.
        var isLowerAhead = false
        /// Those that have not got everything.
        var unfinished = 0
    }

    struct Facts: Sendable {
        var isListening = false
        var listenFailure: String?
        var isFinished = false
        var hasMetadata = false
        var failure: String?
        var isSessionOver = false
        var trackerReplies = 0
        var peersFromTrackers = 0
        var lastTrackerError: String?
        /// Trackers that could not be reached at least once.
        var distantTrackers: Set<String> = []
        var badPieces = 0
        /// How often a peer was banned, once for each of its bad pieces.
        var bannedPeers = 0
        var peakPeers = 0
    }

    struct Status: Sendable {
        var peers = 0
        /// Those of them that have everything.
        var seeds = 0
        /// Those of them that are connected by TCP, not uTP.
        var tcpPeers = 0
        /// Addresses known and not connected to.
        var candidates = 0
        var pieces = 0
        /// Bytes a second of payload.
        var downloadRate = 0
        var uploadRate = 0
        var downloaded: Int64 = 0
        var uploaded: Int64 = 0
        /// Bytes that failed their hash, and bytes that came twice.
        var failed: Int64 = 0
        var redundant: Int64 = 0
        /// The trackers' numbers; nil while none has answered.
        var swarmSeeds: Int?
        var swarmPeers: Int?
        var isFinished = false
    }
}

extension Swarm.Status {
    /// - Parameter past: totals from before libtorrent began to count.
    init(_ status: ct_torrent_status, after past: Self) {
        peers = Int(status.peers)
        seeds = Int(status.seeds)
        tcpPeers = Int(status.tcp_peers)
        candidates = Int(status.candidates)
        pieces = Int(status.pieces)
        downloadRate = Int(status.download_rate)
        uploadRate = Int(status.upload_rate)
        downloaded = past.downloaded + status.downloaded
        uploaded = past.uploaded + status.uploaded
        failed = past.failed + status.failed
        redundant = past.redundant + status.redundant
        swarmSeeds = status.swarm_seeds < 0 ? nil : Int(status.swarm_seeds)
        swarmPeers = status.swarm_peers < 0 ? nil : Int(status.swarm_peers)
        isFinished = status.is_finished
    }
}

extension Swarm {
    /// What to say of a port that a person has named and that is not available.
    static func portNote(_ port: Int, of wanted: ClosedRange<Int>) -> String? {
        if wanted.lowerBound == 0 || wanted.contains(port) { return nil }
        let named =
            wanted.count == 1
            ? "port \(wanted.lowerBound) is" : "ports \(wanted.lowerBound)-\(wanted.upperBound) are"
        return "\(named) taken: "
            + (port == 0 ? "no peer can connect" : "listening on \(port) instead")
    }
}
