internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

/// The torrent beside a published file: that of its pin, or none.
struct PublishedTorrent {
    private let file: ManifestFile
    private let name: Path
    private let data: DataFolder
    private let sources: TorrentSources

    init(_ file: ManifestFile, _ data: DataFolder, _ sources: TorrentSources) {
        self.file = file
        name = Path(file.name).appendingSuffix(".torrent")
        self.data = data
        self.sources = sources
    }

    /// Puts it there where it is known and lacks, or is one of an earlier pin.
    func update(in folder: borrowing Folder) throws {
        guard let pin = file.torrent else { return }
        if let there = try Publication.contents(of: name, in: folder) {
            if there == kept(pin) { return }
            let old = (try? Metainfo(there, source: folder.path.appending(name)))
                .flatMap { InfoHash($0.infoHash) }
            // The pinned one, whoever has made it.
            if old == pin { return }
            guard let old, there == kept(old) else {
                throw SyncError.somethingElse(folder.path.appending(name))
            }
            // It is of another file; none is better.
            try folder.remove(name)
        }
        if let bytes = sources.find(for: file).found?.bytes {
            try Publication.show(name, in: folder) { try $0.write(bytes, at: 0) }
        }
    }

    /// The torrent that was found right once for this pin: what we publish is kept there too.
    private func kept(_ pin: InfoHash) -> [UInt8]? {
        let path = data.torrents.appending("\(pin.hex).torrent")
        guard let file = try? FileDescriptor(path, .readingNoLink) else { return nil }
        return try? file.contents(limit: Metainfo.maximumByteCount)
    }
}
