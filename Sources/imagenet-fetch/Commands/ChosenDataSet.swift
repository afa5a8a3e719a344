import DataFolder
import DatasetManifest
import Disk

extension Arguments {
    /// The data set of `--manifest` or `--dataset`, else the default one.
    func chosenManifest(_ context: Context) throws -> Manifest {
        if let manifest { return try Self.read(context.resolve(manifest), context) }
        return try BuiltIn.manifest(named: dataset ?? "ilsvrc2012")
    }

    /// Reads a manifest or a checksum list.
    static func read(_ path: Path, _ context: Context) throws -> Manifest {
        let bytes = try FileDescriptor(path, .reading).contents(limit: 17 << 20)
        return try Manifest.read(bytes, source: path.description) { refusal in
            context.console.warn(
                "ignored line \(refusal.line) of \(path): \(refusal.reason)")
        }
    }

    /// The data set that pins this infohash; the chosen one is tried first.
    func pinning(
        _ infoHash: InfoHash, _ context: Context
    ) throws -> (manifest: Manifest, file: ManifestFile)? {
        let others = manifest == nil && dataset == nil ? BuiltIn.manifests : []
        for manifest in [try chosenManifest(context)] + others {
            for file in manifest.files where file.torrent == infoHash { return (manifest, file) }
        }
        return nil
    }

    /// What `--only…` chose; nil without a choice and with `--all`.
    func chosenFiles(_ manifest: Manifest) throws -> [ManifestFile]? {
        if selection.isDefault || selection.isAll { return nil }
        let selected = try manifest.select(selection.forManifest)
        return selected.files + selected.manual + selected.superseded
    }

    /// The first word after the command, which the parser has made sure of.
    var path: Path { Path(bytes: positionals.first?.bytes ?? []) }

    /// The folders that are searched for .torrent files. Whoever makes a manifest puts them beside it,
    /// and `sample` beside its archives.
    func torrentFolders(_ context: Context) -> [Path] {
        let beside = manifest.map { [$0.parent, $0.parent.appending("torrents")] } ?? []
        let usual = [dataFolder.appending("torrents"), "bt"]
        return ([torrentFolder].compactMap { $0 } + beside + usual).map(context.resolve)
    }

    /// The folders that are searched for archives.
    func archiveFolders(_ context: Context) -> [Path] {
        export.inputDir.map(context.resolve).map { [$0, $0.appending("tar")] }
            ?? [folder(context).folder(.archives)]
    }

    func folder(_ context: Context) -> DataFolder {
        DataFolder(context.resolve(dataFolder), state: state.map(context.resolve))
    }
}

extension Path {
    var canBeRead: Bool { (try? FileDescriptor(self, .reading)) != nil }
}

extension Selection {
    /// The selection in the manifest's terms.
    var forManifest: DatasetManifest.Selection {
        isAll ? .all : names.isEmpty ? .defaults : .parts(names)
    }
}
