internal import DatasetManifest

struct FoundTorrent: Sendable {
    let infoHash: InfoHash
    let bytes: [UInt8]
    let trackers: [String]
    let map: PieceMap

    init?(_ found: TorrentSources.Found) {
        let metainfo = found.metainfo
        guard let infoHash = InfoHash(metainfo.infoHash), let map = metainfo.pieces else {
            return nil
        }
        self.infoHash = infoHash
        self.map = map
        bytes = found.bytes
        trackers = found.trackers
    }
}
