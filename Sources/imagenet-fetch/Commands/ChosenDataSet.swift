import DataFolder
import DatasetManifest
import Disk

extension Arguments {
    /// The data set of `--manifest` or `--dataset`, else the usual one.
    func chosenManifest(_ context: Context) throws -> Manifest {
        if let manifest { return try Self.read(context.resolve(manifest), context) }
        return try BuiltIn.manifest(named: dataset ?? "ilsvrc2012")
    }

    /// Reads a manifest or a checksum list.
    static func read(_ path: Path, _ context: Context) throws -> Manifest {
        let bytes = try FileDescriptor(path, .reading).contents(limit: 17 << 20)
        return try Manifest.read(bytes, source: path.description) { refusal in
            context.console.warn(
                "line \(refusal.line) of \(path) is left out: \(refusal.reason)")
        }
    }

    /// The data set whose manifest pins this infohash, the chosen one first.
    func pinning(
        _ infoHash: InfoHash, _ context: Context
    ) throws -> (manifest: Manifest, file: ManifestFile)? {
        let others = manifest == nil && dataset == nil ? BuiltIn.manifests : []
        for manifest in [try chosenManifest(context)] + others {
            for file in manifest.files where file.torrent == infoHash { return (manifest, file) }
        }
        return nil
    }

    func folder(_ context: Context) -> DataFolder {
        DataFolder(context.resolve(dataFolder), state: state.map(context.resolve))
    }
}

extension Selection {
    /// As the manifest understands it.
    var forManifest: DatasetManifest.Selection {
        isAll ? .all : names.isEmpty ? .defaults : .parts(names)
    }
}
