public import DatasetManifest
public import Disk

/// How to fetch; the same for all files of a run.
public struct FetchOptions: Sendable {
    public enum Sources: String, Sendable, CaseIterable {
        /// The swarm first; mirrors join when it stalls or is slower than they are.
        case auto
        case both
        /// No HTTP for payload.
        case swarm
        /// No torrent port is opened at all.
        case mirrors
    }

    static let usualPeers = 256
    static let usualReserve: Int64 = 1 << 30
    /// Bytes a second. Less does not count as progress.
    public static let leastRate: Int64 = 4 << 10

    public var sources = Sources.auto
    /// URLs and folders named by a person. They come before those of the manifest.
    public var mirrors: [String] = []
    public var mirrorOptions = MirrorOptions()
    public var maxPeers = Self.usualPeers
    /// Numeric addresses and ports named by a person.
    public var peers: [(address: String, port: UInt16)] = []
    public var ports = 0...0
    public var usesDHT = true
    public var usesLSD = false
    /// Whether one machine of the local network downloads from outside, and all others from it and
    /// from each other.
    public var isLab = false
    /// Bytes a second; 0 is no limit.
    public var maxDownload: Int64 = 0
    public var maxUpload: Int64 = 0
    /// How long to seed after a file is complete.
    public var seedTime: Duration = .zero
    /// How long a file may go without progress.
    public var stallTimeout: Duration = .seconds(60)
    /// Folders to search for .torrent files, besides the state folder.
    public var torrentFolders: [Path] = []
    /// Where to download a .torrent: `INFOHASH.torrent` is appended.
    var torrentSite: String? = "https://academictorrents.com/download/"
    /// Space to leave free while fetching.
    public var reserve = Self.usualReserve
    /// Bytes that outputs made from the files will need on the same disk.
    public var furtherBytes: Int64 = 0
    /// The only classes to download of an archive of class tars.
    public var classes: ClassSelection?
    /// Where classes lie, for the archive of class tars: a hint.
    public var classIndex: ClassIndex?
    /// Downloads files without a pin too; their first use pins them.
    public var allowsUnverified = false
    /// Downloads files again that were removed after they were unpacked.
    public var fetchesRetired = true
    /// Takes a .torrent from `torrentFolders` for a file without a pin.
    public var trustsTorrents = false

    public init() {}

    func classes(of file: ManifestFile) -> ClassSelection? {
        file.role == .trainImages ? classes : nil
    }

    var swarmSettings: Swarm.Settings {
        var settings = Swarm.Settings()
        settings.ports = ports
        settings.maxPeers = maxPeers
        settings.maxDownload = Int(clamping: maxDownload)
        settings.maxUpload = Int(clamping: maxUpload)
        settings.usesDHT = usesDHT
        settings.usesLSD = usesLSD || isLab
        settings.isLab = isLab
        settings.peers = peers.map { Swarm.Peer(address: $0.address, port: $0.port) }
        return settings
    }

    /// How long a swarm may take to reach its speed.
    var swarmTrial: Duration { min(stallTimeout / 6, .seconds(10)) }

    /// Bytes a second that count as progress for a file of this size. At less it would take a
    /// month.
    func slowestRate(ofSize size: Int64) -> Int64 {
        let rate = max(size / (30 * 24 * 60 * 60), Self.leastRate)
        return maxDownload > 0 ? min(rate, maxDownload / 2) : rate
    }

    var poolOptions: MirrorOptions {
        var pool = mirrorOptions
        // Help must come before the stall timeout ends the file.
        pool.patience = min(pool.patience, stallTimeout / 3)
        return pool
    }

    public var usesSwarm: Bool { sources != .mirrors }
    var usesMirrors: Bool { sources != .swarm }
}
