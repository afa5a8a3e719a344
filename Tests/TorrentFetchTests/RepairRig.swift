import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support

@testable import TorrentFetch

/// A file that was whole once, in its data folder, and another copy of it beside.
final class RepairRig {
    let growing: GrowingFile
    let length = GrowingFile.pieceLength
    var options = FetchOptions()

    init() throws {
        growing = try GrowingFile()
        options.sources = .mirrors
        options.reserve = 0
        options.stallTimeout = .seconds(2)
        options.torrentSite = nil
        options.torrentFolders = [growing.folder["torrents"]]
        try growing.folder.write(
            growing.file.torrent.bytes, to: "torrents/\(growing.name).torrent")
        try put(bytes)
    }

    var bytes: [UInt8] { growing.file.bytes }
    var path: Path { growing.final }
    var fetcher: Fetcher { Fetcher(growing.data, options) }

    var manifestFile: ManifestFile {
        ManifestFile(
            name: growing.name, part: "val", size: Int64(bytes.count),
            digests: [growing.md5], torrent: growing.file.torrent.infoHash)
    }

    func put(_ bytes: [UInt8]) throws {
        try Folder.creating(path.parent).publish(path.lastComponent, bytes)
    }

    /// The bytes with every piece of these damaged in one place.
    func damaged(_ pieces: [Int]) -> [UInt8] {
        var result = bytes
        for piece in pieces { result[piece * length + 77] ^= 1 }
        return result
    }

    func mirror(_ name: String, _ bytes: [UInt8]) throws {
        try growing.folder.write(bytes, to: "\(name)/\(growing.name)")
        options.mirrors.append(growing.folder[name].description + "/")
    }

    func there() throws -> [UInt8] {
        try FileDescriptor(path, .reading).contents(limit: 1 << 24)
    }

    func examine() throws -> Examination {
        try fetcher.examine(manifestFile, at: path) { _ in }
    }

    func hasUndo() throws -> Bool {
        let folder = growing.data.state.appending("undo")
        guard let open = try? Folder(folder) else { return false }
        return try !open.entries().isEmpty
    }

    func receipt() throws -> Receipt? {
        if case .receipt(let receipt) = try growing.data.receipts.load(growing.name) {
            return receipt
        }
        return nil
    }
}

/// What a body throws, if it is an error of a fetch.
func fetchErrorCode(_ body: () throws -> Void) -> FetchError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? FetchError)?.code
    }
}
