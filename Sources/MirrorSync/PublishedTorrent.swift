internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

/// The torrent beside a published file, as pinned.
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

    /// Writes it where it is missing, or replaces the one of an earlier pin.
    func update(in folder: borrowing Folder) throws {
        guard let pin = file.torrent else { return }
        if let there = try Publication.contents(of: name, in: folder) {
            if there == kept(pin) { return }
            let old = (try? Metainfo(there, source: folder.path.appending(name)))
                .flatMap { InfoHash($0.infoHash) }
            // The pinned one, whoever made it.
            if old == pin { return }
            guard let old, there == kept(old) else {
                throw SyncError.somethingElse(folder.path.appending(name))
            }
            // It is for another file; none is better.
            try folder.remove(name)
        }
        if let bytes = sources.find(for: file).found?.bytes {
            try Publication.show(name, in: folder) { try $0.write(bytes, at: 0) }
        }
    }

    /// The verified torrent of this pin in the state folder.
    private func kept(_ pin: InfoHash) -> [UInt8]? {
        let path = data.torrents.appending("\(pin.hex).torrent")
        guard let file = try? FileDescriptor(path, .readingNoLink) else { return nil }
        return try? file.contents(limit: Metainfo.maximumByteCount)
    }
}
