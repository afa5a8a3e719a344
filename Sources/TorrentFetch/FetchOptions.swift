public import Disk

/// How a fetch goes about it; the same for all its files.
public struct FetchOptions: Sendable {
    /// Where the bytes may come from.
    public enum Sources: String, Sendable, CaseIterable {
        /// The swarm first; mirrors join when it stalls or is slower than they are.
        case auto
        /// Together from the start.
        case both
        /// No HTTP for payload.
        case swarm
        /// No torrent port is opened at all.
        case mirrors
    }

    static let usualPeers = 256
    static let usualReserve: Int64 = 1 << 30
    /// Bytes a second: less is no progress.
    public static let leastRate: Int64 = 4 << 10

    public var sources = Sources.auto
    /// URLs and folders that a person has named; they come before those of the manifest.
    public var mirrors: [String] = []
    public var mirrorOptions = MirrorOptions()
    public var maxPeers = Self.usualPeers
    /// Numeric addresses and ports that a person has named.
    public var peers: [(address: String, port: UInt16)] = []
    public var ports = 0...0
    public var usesDHT = true
    public var usesLSD = false
    /// Bytes a second; 0 is no limit.
    public var maxDownload: Int64 = 0
    public var maxUpload: Int64 = 0
    /// How long the swarm is given to after a file is whole.
    public var seedTime: Duration = .zero
    /// How long a file may make no progress worth the name.
    public var stallTimeout: Duration = .seconds(60)
    /// Folders to look for .torrent files in, the state folder apart.
    public var torrentFolders: [Path] = []
    /// Where a .torrent can be downloaded by its infohash, before `INFOHASH.torrent`.
    public var torrentSite: String? = "https://academictorrents.com/download/"
    /// Space to leave free while fetching.
    public var reserve = Self.usualReserve
    /// Bytes that what is made of the files takes on the same disk, afterwards.
    public var furtherBytes: Int64 = 0
    public var allowsUnverified = false
    /// Takes a .torrent from `torrentFolders` for a file that nobody pins.
    public var trustsTorrents = false

    public init() {}

    /// As the swarm understands them.
    var swarmSettings: Swarm.Settings {
        var settings = Swarm.Settings()
        settings.ports = ports
        settings.maxPeers = maxPeers
        settings.maxDownload = Int(clamping: maxDownload)
        settings.maxUpload = Int(clamping: maxUpload)
        settings.usesDHT = usesDHT
        settings.usesLSD = usesLSD
        settings.peers = peers.map { Swarm.Peer(address: $0.address, port: $0.port) }
        return settings
    }

    /// The time that a swarm is given to come up to its speed.
    var swarmTrial: Duration { min(stallTimeout / 6, .seconds(10)) }

    /// The rate below which a file of this size makes no progress worth the name: it would take a
    /// month and more. Bytes a second.
    func slowestRate(ofSize size: Int64) -> Int64 {
        let rate = max(size / (30 * 24 * 60 * 60), Self.leastRate)
        return maxDownload > 0 ? min(rate, maxDownload / 2) : rate
    }

    /// How the mirrors of one file are asked.
    var poolOptions: MirrorOptions {
        var pool = mirrorOptions
        // Help that comes after the end is none.
        pool.patience = min(pool.patience, stallTimeout / 3)
        return pool
    }

    var usesSwarm: Bool { sources != .mirrors }
    var usesMirrors: Bool { sources != .swarm }
}
