internal import Checksums
internal import DatasetManifest
internal import Disk
internal import TorrentFetch

/// The lists that a mirror publishes, compared with what is known here.
struct UpstreamLists {
    /// What is known of the files of a data set.
    struct Known {
        let manifest: Manifest
        let selected: Set<String>
        /// The digests of files that are here, by name.
        let verified: [String: [Digest]]
    }

    typealias Read = (_ name: String, _ folder: MirrorFolder, _ limit: Int) -> [UInt8]?

    private static let sizeLimit = 4 << 20
    private let folder: MirrorFolder
    private let known: [Known]
    private let read: Read

    init(_ folder: MirrorFolder, _ known: [Known], read: @escaping Read) {
        self.folder = folder
        self.known = known
        self.read = read
    }

    /// A clause for each, such as "contradicts the manifest: …". A list that is missing or cannot be
    /// read says nothing.
    var contradictions: [String] {
        var found: [String] = []
        for name in ["MD5SUMS", "SHA256SUMS"] {
            guard let bytes = contents(name), let list = try? ChecksumList(bytes, source: name)
            else { continue }
            for entry in list.entries where entry.path.components.count == 1 {
                found += contradictions(
                    in: name, of: entry.path.string ?? "", size: nil, entry.digests)
            }
        }
        for set in known {
            let name = "\(set.manifest.name).json"
            if let bytes = contents(name), let other = try? Manifest(json: bytes, source: name) {
                found += other.files.flatMap {
                    contradictions(
                        in: name, of: $0.name, size: $0.size, $0.digests, torrent: $0.torrent)
                }
            }
            for file in set.manifest.files
            where file.role == .trainImages && set.selected.contains(file.name) {
                found += contradictions(of: file)
            }
        }
        return found
    }

    /// Those of a published class index.
    private func contradictions(of file: ManifestFile) -> [String] {
        let name = ClassIndexFile.name(for: file.name)
        guard let bytes = contents(name),
            let other = try? ClassIndexFile(json: bytes, source: name), other.fileName == file.name
        else { return [] }
        if let size = file.size, let theirs = other.size, size != theirs {
            return [clause(name, "another size", file.name, "the manifest")]
        }
        if let index = file.classIndex, index != other.index {
            return [clause(name, "other classes", file.name, "the manifest")]
        }
        return []
    }

    private func contradictions(
        in list: String, of name: String, size: Int64?, _ digests: [Digest],
        torrent: InfoHash? = nil
    ) -> [String] {
        for set in known {
            guard let file = set.manifest.files.first(where: { $0.name == name }) else { continue }
            if let size, let wanted = file.size, size != wanted {
                return [clause(list, "another size", name, "the manifest")]
            }
            if let torrent, let wanted = file.torrent, torrent != wanted {
                return [clause(list, "another torrent", name, "the manifest")]
            }
            let sources = [
                (file.digests, "the manifest"), (set.verified[name] ?? [], "the verified file"),
            ]
            for (wanted, what) in sources {
                for digest in digests {
                    let mine = wanted.first { $0.algorithm == digest.algorithm }
                    if let mine, mine != digest {
                        return [
                            clause(list, "another \(digest.algorithm.rawValue)", name, what)
                        ]
                    }
                }
            }
        }
        return []
    }

    private func clause(
        _ list: String, _ what: String, _ file: String, _ known: String
    ) -> String {
        "contradicts \(known): its \(escaped(list)) has \(what) for \(escaped(file))"
    }

    private func contents(_ name: String) -> [UInt8]? { read(name, folder, Self.sizeLimit) }
}
