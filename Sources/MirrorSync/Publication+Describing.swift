internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

// The lists, torrents and manifest beside the published archives. They are written last, so that a
// list never names a missing file, and only when they change. An existing file is replaced only if
// we wrote it or its contents show that it is ours, because the state may be lost while the folder
// remains.
extension Publication {
    struct Item: Sendable {
        let file: ManifestFile
        let receipt: Receipt
    }

    struct Shown: Sendable {
        let manifest: Manifest
        let files: [Item]
    }

    /// - Parameter fail: is told what cannot be written; the rest is written all the same.
    func describe(
        _ shown: [Shown], _ data: DataFolder, _ torrentFolders: [Path],
        fail: (any Error) -> Void
    ) throws {
        let folder = try Folder.creating(folder)
        let items = shown.flatMap(\.files)
        let torrents = TorrentSources(folders: torrentFolders, data: data, base: nil)
        for item in items {
            do {
                try PublishedTorrent(item.file, data, torrents).update(in: folder)
            } catch {
                fail(error)
            }
        }
        var indexes: [String: ClassIndex] = [:]
        for item in items {
            do {
                indexes[item.file.name] = try describeClasses(of: item, in: folder, data)
            } catch {
                fail(error)
            }
        }
        for (algorithm, name) in [(DigestAlgorithm.md5, Path("MD5SUMS")), (.sha256, "SHA256SUMS")] {
            do {
                try Self.write(Self.list(algorithm, items), as: name, in: folder, data) { old in
                    Self.isList(old, algorithm, of: shown)
                }
            } catch {
                fail(error)
            }
        }
        for set in shown {
            do {
                guard let own = try manifest(set, indexes) else { continue }
                let name = Path("\(set.manifest.name).json")
                try Self.write(own.json(), as: name, in: folder, data) {
                    Self.isManifest($0, of: set)
                }
            } catch {
                fail(error)
            }
        }
        if let old = try Self.contents(of: Trace.name, in: folder), !Trace.isTrace(old) {
            throw SyncError.somethingElse(self.folder.appending(Trace.name))
        }
        try Self.show(Trace.name, in: folder, synced: false) { file in
            try file.write(Array("\(UTCTime.now)\n".utf8), at: 0)
        }
    }

    /// Writes where the classes of an archive lie.
    private func describeClasses(
        of item: Item, in folder: borrowing Folder, _ data: DataFolder
    ) throws -> ClassIndex? {
        let published = PublishedIndex(item.file, data)
        let size = item.receipt.identity.size
        guard let index = try published.index(in: folder, size: size) else { return nil }
        let file = ClassIndexFile(index, of: item.file.name, size: size)
        try Self.write(file.encoded, as: published.name, in: folder, data, isOurs: published.isOurs)
        return index
    }

    /// The manifest of the published files, with this place as the first mirror.
    private func manifest(
        _ set: Shown, _ indexes: [String: ClassIndex]
    ) throws(ManifestError) -> Manifest? {
        guard let url else { return nil }
        let files = set.files.map { item in
            var file = item.file
            file.mirrors = [url + file.name] + file.mirrors.filter { $0 != url + file.name }
            file.classIndex = file.classIndex ?? indexes[file.name]
            return file
        }
        let all = set.manifest
        return try Manifest(
            name: all.name, title: all.title, homepage: all.homepage, terms: all.terms,
            classes: all.classes, labels: all.labels, subsets: all.subsets, files: files)
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

    // MARK: What is ours

    /// Whether we could have written every line for some file of these data sets.
    private static func isList(
        _ bytes: [UInt8], _ algorithm: DigestAlgorithm, of shown: [Shown]
    ) -> Bool {
        let files = shown.flatMap(\.manifest.files)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").allSatisfy { line in
            guard let end = line.firstIndex(of: " "), line[end...].hasPrefix("  "),
                let digest = Digest(algorithm, hex: line[..<end]),
                let file = files.first(where: { $0.name == line[end...].dropFirst(2) })
            else { return false }
            return file.digest(algorithm).map { $0 == digest } ?? true
        }
    }

    /// Whether it is a manifest of this name as we write it, with one place as each file's first
    /// mirror.
    private static func isManifest(_ bytes: [UInt8], of set: Shown) -> Bool {
        guard let old = try? Manifest(json: bytes, source: set.manifest.name),
            old.name == set.manifest.name, old.json() == bytes
        else { return false }
        let places = old.files.map { file in
            file.mirrors.first.flatMap { url in
                url.hasSuffix("/" + file.name) ? url.dropLast(file.name.count) : nil
            }
        }
        return Set(places).count <= 1 && !places.contains(nil)
    }

    // MARK: Writing

    /// More bytes than any list or manifest has.
    private static let sizeLimit = 16 << 20

    /// - Returns: nil where there is nothing.
    /// - Throws: `SyncError` `.somethingElse` where there is something other than a file of ours.
    static func contents(of name: Path, in folder: borrowing Folder) throws -> [UInt8]? {
        guard let status = try folder.status(name) else { return nil }
        guard status.kind == .file, status.size <= Int64(sizeLimit) else {
            throw SyncError.somethingElse(folder.path.appending(name))
        }
        return try folder.file(name, .readingNoLink).contents(limit: sizeLimit)
    }

    private static func write(
        _ bytes: [UInt8], as name: Path, in folder: borrowing Folder, _ data: DataFolder,
        isOurs: ([UInt8]) -> Bool
    ) throws {
        if let old = try contents(of: name, in: folder) {
            if old == bytes { return }
            guard try isLast(old, name, data) || isOurs(old) else {
                throw SyncError.somethingElse(folder.path.appending(name))
            }
        }
        do {
            try show(name, in: folder) { try $0.write(bytes, at: 0) }
        } catch let error as DiskError where error.code == .noSpace {
            // No list is better than one that names withdrawn files, and its space may be enough.
            try folder.remove(name)
            try show(name, in: folder) { try $0.write(bytes, at: 0) }
        }
        guard let text = name.string, let now = try identity(name, in: folder) else { return }
        try PublishedCopy.receipts(data).save(
            Receipt(
                fileName: text, digests: [Hasher.digest(.sha256, bytes)], identity: now,
                proof: .digests))
    }

    /// Whether we wrote these bytes last under this name, perhaps for other files or before a
    /// digest was corrected.
    private static func isLast(
        _ bytes: [UInt8], _ name: Path, _ data: DataFolder
    ) throws(DiskError) -> Bool {
        guard let text = name.string,
            case .receipt(let last) = try PublishedCopy.receipts(data).load(text)
        else { return false }
        return last.digests == [Hasher.digest(.sha256, bytes)]
    }
}
