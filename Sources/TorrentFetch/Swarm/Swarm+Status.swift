internal import CTorrent

// What a swarm is told, and what it tells.
extension Swarm {
    struct Settings: Sendable {
        /// What is listened on: addresses of this machine, and the first port of the range that is
        /// free there; 0 is one of the system's choice.
        var addresses = ["0.0.0.0", "[::]"]
        var ports = 0...0
        var maxPeers = FetchOptions.usualPeers
        var maxDownload = 0
        var maxUpload = 0
        var usesTCP = true
        var usesDHT = true
        var usesLSD = false
        /// Peers that a person has named; they may share an address.
        var peers: [Peer] = []

        init() {}
    }

    struct Peer: Sendable, Hashable {
        let address: String
        let port: UInt16

        init(address: String, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    /// What has happened so far, as far as anybody wants to know.
    struct Facts: Sendable {
        var isListening = false
        var listenFailure: String?
        var isFinished = false
        var hasMetadata = false
        var failure: String?
        var trackerReplies = 0
        var peersFromTrackers = 0
        var lastTrackerError: String?
        /// Those to which there was no way, at least once.
        var distantTrackers: Set<String> = []
        var badPieces = 0
        /// How often a peer was shut out, each bad piece of the same one counted.
        var bannedPeers = 0
        var peakPeers = 0
    }

    /// What the torrent is doing.
    struct Status: Sendable {
        var peers = 0
        /// Those among them that have everything.
        var seeds = 0
        /// Those among them that are reached by TCP, and not by uTP.
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
        /// What the trackers said of the swarm; nil while none has.
        var swarmSeeds: Int?
        var swarmPeers: Int?
        var isFinished = false
    }
}

extension Swarm.Status {
    /// - Parameter past: what was moved before libtorrent began to count.
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
