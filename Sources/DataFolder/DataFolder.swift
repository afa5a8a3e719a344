public import DatasetManifest
public import Disk

/// Where things lie below `--data`. A value of paths: nothing is made until something is written.
public struct DataFolder: Sendable {
    public let root: Path
    /// What is known of the archives: receipts, journals, torrents.
    public let state: Path

    /// - Parameter state: nil for the usual place, hidden in the folder of the archives.
    public init(_ root: Path, state: Path? = nil) {
        self.root = root
        self.state = state ?? root.appending("tar").appending(".imagenet-fetch")
    }

    /// The archives themselves.
    public var archives: Path { root.appending("tar") }

    /// What was unpacked.
    public var unpacked: Path { root.appending("untar") }

    /// Where the .torrent of an infohash is kept.
    public func torrent(_ infoHash: InfoHash) -> Path {
        torrents.appending("\(infoHash.hex).torrent")
    }

    /// Keeps a .torrent under its infohash.
    public func saveTorrent(_ bytes: [UInt8], _ infoHash: InfoHash) throws(DiskError) {
        try Folder.creating(torrents).publish(torrent(infoHash).lastComponent, bytes)
    }

    private var torrents: Path { state.appending("torrents") }
}
