internal import CTorrent

/// The BitTorrent library that is loaded.
public enum TorrentLibrary {
    public static var version: String { String(cString: ct_version()) }
}
