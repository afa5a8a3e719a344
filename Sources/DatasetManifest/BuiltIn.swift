internal import CBuiltIn

/// The data sets, swarms, piece hashes and labels that are compiled into the program. Each is read
/// when it is first asked for, never before.
public enum BuiltIn {
    // What does not parse would be missing here; a test proves that nothing is.

    /// Every built-in data set.
    public static let manifests: [Manifest] = resources(".json").compactMap { resource in
        try? Manifest(json: Array(resource.bytes), source: resource.name)
    }

    /// Every pinned swarm.
    package static let magnets: [MagnetLink] = resources(".magnet").compactMap { resource in
        try? MagnetLink(Array(resource.bytes), source: resource.name)
    }

    /// - Throws: `.unknownDataSet`, with the names that there are.
    public static func manifest(named name: String) throws(ManifestError) -> Manifest {
        guard let manifest = manifests.first(where: { $0.name == name }) else {
            throw .unknownDataSet(name, known: manifests.map(\.name))
        }
        return manifest
    }

    /// The file of this name, in whichever built-in data set it is.
    public static func file(named name: String) -> ManifestFile? {
        manifests.lazy.compactMap { $0.file(named: name) }.first
    }

    /// The link with this infohash. Names do not count: anybody can choose them.
    public static func magnet(for infoHash: InfoHash) -> MagnetLink? {
        magnets.first { $0.infoHash == infoHash }
    }

    // MARK: Pieces

    /// The piece hashes of the file, if they are built in.
    ///
    /// Only the infohash counts, so that a file of somebody's own manifest has them too.
    public static func pieces(of file: ManifestFile) -> PieceMap? {
        guard let pieces = file.torrent.flatMap({ torrent(for: $0) })?.pieces,
            file.size ?? pieces.size == pieces.size
        else { return nil }
        return pieces
    }

    /// The whole torrent with this infohash, with the pinned name and trackers.
    public static func torrent(for infoHash: InfoHash) -> TorrentFile? {
        guard
            let file = manifests.lazy.flatMap(\.files).first(where: {
                $0.torrent == infoHash && $0.pieces != nil
            }), let size = file.size, let pieces = file.pieces,
            let resource = resource(named: pieces.fileName),
            let map = try? PieceMap(
                pieceLength: pieces.length, size: size, hashes: Array(resource.bytes))
        else { return nil }
        let trackers = magnet(for: infoHash)?.trackers ?? []
        return try? TorrentFile(name: file.name, pieces: map, trackers: trackers.map { [$0] })
    }

    // MARK: Resources

    /// A file that is compiled in. Its bytes are constants of the program: nobody has copied them,
    /// and nobody has to read them to know the name.
    struct Resource {
        let name: String
        let bytes: UnsafeBufferPointer<UInt8>
    }

    static var resources: some RandomAccessCollection<Resource> {
        (0..<built_in_count()).lazy.map { index in
            let file = built_in_file(index)
            return Resource(
                name: String(cString: file.name),
                bytes: UnsafeBufferPointer(start: file.bytes, count: file.size))
        }
    }

    static func resource(named name: String) -> Resource? {
        resources.first { $0.name == name }
    }

    private static func resources(_ ending: String) -> [Resource] {
        resources.filter { $0.name.hasSuffix(ending) }
    }
}
