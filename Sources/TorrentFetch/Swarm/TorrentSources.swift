internal import Checksums
public import DataFolder
public import DatasetManifest
public import Disk

/// Finds the .torrent of a file: in folders named by a person, among earlier ones and those that are
/// built in, on the web, and last among peers.
///
/// It must hash to the manifest's pin and hold this one file, whatever its own name. A wrong one is
/// ignored with a note.
public struct TorrentSources: Sendable {
    public struct Found: Sendable {
        public let metainfo: Metainfo
        public let bytes: [UInt8]
        /// The trackers of the .torrent, then those of the built-in link with its infohash.
        public let trackers: [String]
    }

    public struct Search: Sendable {
        public var found: Found?
        public var notes: [String] = []
        /// Whether no peer can be reached, so that asking again is useless.
        public var isCutOff = false
    }

    /// Asks peers for the metadata; nil when none had it in time.
    public typealias Peers =
        @Sendable (_ infoHash: InfoHash, _ trackers: [String]) throws -> [UInt8]?

    /// Most files that are read in one folder.
    static let fileLimit = 1000

    let folders: [Path]
    let data: DataFolder
    let base: String?
    let trustsUnpinned: Bool
    let keeps: Bool
    let peers: Peers?
    let certificates: Path?

    /// - Parameters:
    ///   - folders: where to look, in this order; a missing one is ignored.
    ///   - base: the web address to which `INFOHASH.torrent` is appended; nil asks nobody.
    ///   - trustsUnpinned: takes a .torrent from `folders` for a file without a pin, if it has this
    ///     name and size. One that was taken before is taken anyway.
    ///   - keeps: whether a .torrent from elsewhere is saved for the next run.
    ///   - certificates: a file of certificates to trust instead of the usual ones.
    public init(
        folders: [Path], data: DataFolder,
        base: String? = "https://academictorrents.com/download/", trustsUnpinned: Bool = false,
        keeps: Bool = true, certificates: Path? = nil, peers: Peers? = nil
    ) {
        self.folders = folders
        self.data = data
        self.base = base
        self.trustsUnpinned = trustsUnpinned
        self.keeps = keeps
        self.certificates = certificates
        self.peers = peers
    }

    /// Blocks while it asks the web and peers.
    public func find(for file: ManifestFile) -> Search {
        guard let pin = file.torrent else { return findTrusted(for: file) }
        var search = Search()
        look(in: folders, for: file, &search)
        if search.found == nil {
            look(in: data.torrents, for: file, isNamed: false, &search)
            if search.found == nil, let builtIn = BuiltIn.torrent(for: pin) {
                take(builtIn.bytes, source: "the built-in torrent", file, isFile: false, &search)
            }
            // It need not be saved for the next run.
            if search.found != nil { return search }
            download(pin, file, &search)
        }
        if search.found == nil { ask(pin, file, &search) }
        keep(&search)
        return search
    }

    /// The file, with the pin of a trusted .torrent where the manifest has none.
    func pinned(_ file: ManifestFile) -> ManifestFile {
        guard file.torrent == nil, let found = find(for: file).found else { return file }
        var file = file
        file.torrent = InfoHash(found.metainfo.infoHash)
        file.size = found.metainfo.size
        return file
    }

    private func findTrusted(for file: ManifestFile) -> Search {
        var search = Search()
        look(in: data.torrents, for: file, isNamed: false, &search)
        guard search.found == nil, trustsUnpinned else { return search }
        look(in: folders, for: file, &search)
        keep(&search)
        return search
    }

    private func keep(_ search: inout Search) {
        guard keeps, let found = search.found, let infoHash = InfoHash(found.metainfo.infoHash)
        else { return }
        do throws(DiskError) {
            try data.saveTorrent(found.bytes, infoHash)
        } catch {
            search.notes.append("cannot save the torrent for the next run: \(error.message)")
        }
    }

    // MARK: On this machine

    private func look(in folders: [Path], for file: ManifestFile, _ search: inout Search) {
        for folder in folders where search.found == nil {
            look(in: folder, for: file, isNamed: true, &search)
        }
    }

    private func look(
        in folder: Path, for file: ManifestFile, isNamed: Bool, _ search: inout Search
    ) {
        do throws(DiskError) {
            let opened = try Folder(folder)
            let names = try opened.entries().filter {
                ($0.kind == .file || $0.kind == .link) && $0.name.hasSuffix(".torrent")
            }
            if names.count > Self.fileLimit {
                search.notes.append(
                    "\(folder) holds \(names.count) torrents; only \(Self.fileLimit) are read")
            }
            for entry in names.prefix(Self.fileLimit) {
                let path = folder.appending(entry.name)
                do throws(DiskError) {
                    // A person's own folder may hold links.
                    let descriptor = try FileDescriptor(path, isNamed ? .reading : .readingNoLink)
                    let bytes = try descriptor.contents(limit: Metainfo.maximumByteCount)
                    take(bytes, source: path, file, isFile: true, &search)
                } catch {
                    search.notes.append("ignored a torrent: \(error.message)")
                }
                if search.found != nil { return }
            }
        } catch  where error.code == .notFound {
            // The folder is optional.
        } catch {
            search.notes.append("cannot look for torrents: \(error.message)")
        }
    }

    // MARK: Elsewhere

    private func download(_ pin: InfoHash, _ file: ManifestFile, _ search: inout Search) {
        guard let base else { return }
        let url = "\(base)\(pin.hex).torrent"
        do throws(FetchError) {
            let bytes = try TorrentDownload.bytes(from: url, certificates: certificates)
            take(bytes, source: Path(url), file, isFile: false, &search)
        } catch {
            search.notes.append(error.message)
        }
    }

    private func ask(_ pin: InfoHash, _ file: ManifestFile, _ search: inout Search) {
        guard let peers else { return }
        do {
            guard let bytes = try peers(pin, Self.trackers(of: nil, pin)) else {
                search.notes.append("no peer has sent the torrent of \(escaped(file.name))")
                return
            }
            take(bytes, source: "the swarm", file, isFile: false, &search)
        } catch {
            let reason = (error as? any Failure)?.message ?? "\(error)"
            search.isCutOff = (error as? FetchError)?.code == .network
            search.notes.append(
                "no peer has sent the torrent of \(escaped(file.name)): \(reason)")
        }
    }

    // MARK: Judging

    private func take(
        _ bytes: [UInt8], source: Path, _ file: ManifestFile, isFile: Bool,
        _ search: inout Search
    ) {
        do throws(FetchError) {
            let metainfo = try Metainfo(bytes, source: source)
            if let pin = file.torrent {
                // A folder of torrents holds many others.
                let isOther = metainfo.infoHash != pin.bytes && metainfo.name != file.name
                if isFile && isOther { return }
                try metainfo.check(pinned: pin.bytes, name: file.name, size: file.size)
            } else {
                guard metainfo.name == file.name,
                    file.size == nil || metainfo.size == file.size
                else { return }
            }
            let trackers = Self.trackers(of: metainfo, InfoHash(metainfo.infoHash))
            search.found = Found(metainfo: metainfo, bytes: bytes, trackers: trackers)
        } catch {
            search.notes.append("ignored a torrent: \(error.message)")
        }
    }

    /// Each tracker once, those of the .torrent first; only safe kinds.
    static func trackers(of metainfo: Metainfo?, _ infoHash: InfoHash?) -> [String] {
        let own = metainfo.map { $0.trackers.flatMap { $0 } } ?? []
        let builtIn = infoHash.flatMap { BuiltIn.magnet(for: $0) }?.trackers ?? []
        var seen: Set<String> = []
        return (own + builtIn).filter { tracker in
            let isKnown = ["https://", "http://", "udp://"].contains {
                tracker.lowercased().hasPrefix($0)
            }
            return isKnown && seen.insert(tracker).inserted
        }
    }
}
