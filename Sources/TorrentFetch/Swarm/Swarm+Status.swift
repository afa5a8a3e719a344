internal import CTorrent

// What a swarm is told, and what it tells.
extension Swarm {
    package struct Settings: Sendable {
        /// What is listened on: addresses of this machine, and the first port of the range that is
        /// free there; 0 is one of the system's choice.
        package var addresses = ["0.0.0.0", "[::]"]
        package var ports = 0...0
        package var maxPeers = FetchOptions.usualPeers
        package var maxDownload = 0
        package var maxUpload = 0
        package var usesTCP = true
        package var usesDHT = true
        package var usesLSD = false
        /// Peers that a person has named; they may share an address.
        package var peers: [Peer] = []

        package init() {}
    }

    package struct Peer: Sendable, Hashable {
        package let address: String
        package let port: UInt16

        package init(address: String, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    /// What has happened so far, as far as anybody wants to know.
    package struct Facts: Sendable {
        package var isListening = false
        package var listenFailure: String?
        package var isFinished = false
        package var hasMetadata = false
        package var failure: String?
        package var trackerReplies = 0
        package var peersFromTrackers = 0
        package var lastTrackerError: String?
        /// Those to which there was no way, at least once.
        package var distantTrackers: Set<String> = []
        package var badPieces = 0
        /// How often a peer was shut out, each bad piece of the same one counted.
        package var bannedPeers = 0
        package var peakPeers = 0
    }

    /// What the torrent is doing.
    package struct Status: Sendable {
        package var peers = 0
        /// Those among them that have everything.
        package var seeds = 0
        /// Those among them that are reached by TCP, and not by uTP.
        package var tcpPeers = 0
        /// Addresses known and not connected to.
        package var candidates = 0
        package var pieces = 0
        /// Bytes a second of payload.
        package var downloadRate = 0
        package var uploadRate = 0
        package var downloaded: Int64 = 0
        package var uploaded: Int64 = 0
        /// Bytes that failed their hash, and bytes that came twice.
        package var failed: Int64 = 0
        package var redundant: Int64 = 0
        /// What the trackers said of the swarm; nil while none has.
        package var swarmSeeds: Int?
        package var swarmPeers: Int?
        package var isFinished = false
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
