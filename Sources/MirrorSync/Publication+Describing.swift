internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

// What stands beside the published archives. It is written behind them, so that a list never names
// what is not there yet, and only where it is another than before.
extension Publication {
    /// A file that can be seen, and its proof.
    struct Item: Sendable {
        let file: ManifestFile
        let receipt: Receipt
    }

    /// What can be seen of a data set.
    struct Shown: Sendable {
        let manifest: Manifest
        let files: [Item]
    }

    func describe(_ shown: [Shown], _ data: DataFolder, _ torrentFolders: [Path]) throws {
        let folder = try Folder.creating(folder)
        let items = shown.flatMap(\.files)
        for item in items where item.file.torrent != nil {
            let name = Path(item.file.name).appendingSuffix(".torrent")
            if try folder.status(name) != nil { continue }
            let search = TorrentSources(folders: torrentFolders, data: data, base: nil)
            if let bytes = search.find(for: item.file).found?.bytes {
                try folder.publish(name, bytes)
            }
        }
        try Self.write(Self.list(.md5, items), as: "MD5SUMS", in: folder)
        try Self.write(Self.list(.sha256, items), as: "SHA256SUMS", in: folder)
        for set in shown {
            guard let own = try manifest(set) else { continue }
            try Self.write(own.json(), as: Path("\(set.manifest.name).json"), in: folder)
        }
        try folder.publish("TRACE", Array("\(UTCTime.now)\n".utf8), synced: false)
    }

    /// The manifest of what can be seen, this place being the first mirror.
    private func manifest(_ set: Shown) throws(ManifestError) -> Manifest? {
        guard let url else { return nil }
        let files = set.files.map { item in
            var file = item.file
            file.mirrors = [url + file.name] + file.mirrors.filter { $0 != url + file.name }
            return file
        }
        let all = set.manifest
        return try Manifest(
            name: all.name, title: all.title, homepage: all.homepage, terms: all.terms,
            classes: all.classes, labels: all.labels, files: files)
    }

    private static func list(_ algorithm: DigestAlgorithm, _ items: [Item]) -> [UInt8] {
        var text = ""
        for item in items {
            let known =
                item.file.digest(algorithm)
                ?? item.receipt.digests.first { $0.algorithm == algorithm }
            if let known { text += "\(known.hex)  \(item.file.name)\n" }
        }
        return Array(text.utf8)
    }

    private static func write(
        _ bytes: [UInt8], as name: Path, in folder: borrowing Folder
    ) throws(DiskError) {
        if try folder.status(name)?.kind == .file {
            let file = try folder.file(name, .readingNoLink)
            if try file.size() == Int64(bytes.count),
                try file.contents(limit: bytes.count) == bytes
            {
                return
            }
        }
        try folder.publish(name, bytes)
    }
}
