internal import CBuiltIn

/// The data sets and swarms that are compiled into the program. They are read when they are first
/// asked for, never before.
public enum BuiltIn {
    // What does not parse would be missing here; a test proves that nothing is.

    /// Every built-in data set.
    public static let manifests: [Manifest] = resources.compactMap { resource in
        guard resource.name.hasSuffix(".json") else { return nil }
        return try? Manifest(json: resource.bytes, source: resource.name)
    }

    /// Every pinned swarm.
    package static let magnets: [MagnetLink] = resources.compactMap { resource in
        guard resource.name.hasSuffix(".magnet") else { return nil }
        return try? MagnetLink(resource.bytes, source: resource.name)
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

    static var resources: [(name: String, bytes: [UInt8])] {
        (0..<built_in_count()).map { index in
            let file = built_in_file(index)
            return (
                String(cString: file.name),
                Array(UnsafeBufferPointer(start: file.bytes, count: file.size))
            )
        }
    }
}
