internal import Archives
internal import Checksums
public import DataFolder
internal import DatasetManifest
public import Disk

/// Where the images of one split come from.
public enum SampleInput: Sendable, Hashable {
    /// A tar, or a tar of class tars.
    case archive(Path)
    /// A folder of class folders, or of images.
    case tree(Path)

    public var path: Path {
        switch self {
        case .archive(let path), .tree(let path): path
        }
    }

    var archive: Path? {
        if case .archive(let path) = self { path } else { nil }
    }

    // MARK: Finding

    /// Finds the archive of a split, or else an unpacked tree.
    ///
    /// - Parameters:
    ///   - name: the archive's name without `.tar`.
    ///   - place: the folder that was given: of the archive, of trees, or the tree itself.
    ///   - isOnly: whether only this split is wanted, so that the place may be the tree.
    ///   - extensions: of image names; a folder without an image is not a tree.
    public static func find(
        _ split: SampleTable.Split, named name: String, in data: DataFolder, or place: Path?,
        isOnly: Bool, extensions: [String] = ExportOptions.usualExtensions
    ) -> SampleInput? {
        let archive = Path(name).appendingSuffix(".tar")
        let folders =
            place.map { [$0, $0.appending("tar"), $0.appending("untar")] }
            ?? [data.folder(.archives), data.folder(.unpacked)]
        for folder in folders where isFile(folder.appending(archive)) {
            return .archive(folder.appending(archive))
        }
        let tree = "Data/CLS-LOC/\(split.rawValue)"
        for folder in folders {
            for inner in [name, tree, "ILSVRC/" + tree, "ILSVRC2017/" + tree, split.rawValue]
            where holdsImages(folder.appending(inner), extensions) {
                return .tree(folder.appending(inner))
            }
        }
        guard let place, isOnly else { return nil }
        if isFile(place) { return .archive(place) }
        return holdsImages(place, extensions) ? .tree(place) : nil
    }

    private static func isFile(_ path: Path) -> Bool {
        (try? FileDescriptor(path, .reading)) != nil
    }

    /// Whether there is an image in a folder or in a class folder in it.
    private static func holdsImages(_ path: Path, _ extensions: [String]) -> Bool {
        struct Found: Error {}
        let endings = extensions.map { Array(".\($0.lowercased())".utf8) }
        var classes: [Path] = []
        do {
            // No list of names: a flat tree has a million, and one is enough.
            try Folder(path).visit { item in
                if item.kind == .folder || item.kind == .link, WNID(bytes: item.name) != nil {
                    classes.append(path.appending(Path(bytes: item.name)))
                } else if item.kind != .folder, SampleCollector.isImage(item.name, endings) {
                    throw Found()
                }
            }
        } catch {
            return error is Found
        }
        return classes.contains { holdsImages($0, extensions) }
    }

    // MARK: Reading

    /// Finds all images of the split. Only headers of an archive are read.
    ///
    /// - Parameter expectedImages: if known, it decides whether an archive is complete in which a
    ///   class tar has no end mark.
    /// - Throws: `ArchiveError` for a damaged archive, `ExportError` `.badInput` where images and
    ///   labels do not fit together.
    func table(
        _ split: SampleTable.Split, labels: ClassLabels?, extensions: [String],
        expectedImages: Int? = nil, progress: (Int) throws -> Void
    ) throws -> (table: SampleTable, leftOut: SampleCollector.LeftOut) {
        var collector = SampleCollector(split, labels: labels, extensions: extensions)
        switch self {
        case .archive(let path): try Self.walk(path, expectedImages, &collector, progress)
        case .tree(let path): try Self.walk(tree: path, &collector, progress)
        }
        let leftOut = collector.leftOut
        return (try collector.finish(in: path), leftOut)
    }

    private static func walk(
        _ archive: Path, _ expectedImages: Int?, _ collector: inout SampleCollector,
        _ progress: (Int) throws -> Void
    ) throws {
        var count = 0
        var images = 0
        let outcome = try MemberWalk(endsAtDamage: true).run(archive) { member in
            count += 1
            if count.isMultiple(of: 4096) { try progress(count) }
            guard member.kind == .file, !member.isContainer else { return }
            guard let offset = member.offset, member.isWhole, !member.isSparse else { return }
            let slash = member.name.lastIndex(of: UInt8(ascii: "/"))
            let folder = UnsafeRawBufferPointer(rebasing: member.name[..<(slash ?? 0)])
            let name = UnsafeRawBufferPointer(
                rebasing: member.name[(slash.map { $0 + 1 } ?? 0)...])
            let holder = member.container.isEmpty ? folder : member.container
            if name.first != UInt8(ascii: ".") { images += 1 }
            try collector.add(
                name, in: holder, offset: offset, size: member.storedSize, of: archive)
        }
        if let damage = outcome.damage { throw damage }
        guard outcome.hasOffsets else {
            throw ExportError.badInput(
                "cannot read images by offset from \(archive): it is compressed",
                hint: "unpack it first with untar, or decompress it")
        }
        guard outcome.hasEndMark else { throw ExportError.cutArchive(archive) }
        if let tar = outcome.openTar, images != expectedImages {
            throw ExportError.cutClassTar(tar, in: archive)
        }
    }

    private static func walk(
        tree: Path, _ collector: inout SampleCollector, _ progress: (Int) throws -> Void
    ) throws {
        var count = 0
        func add(_ path: Path, _ wnid: WNID?) throws {
            let folder = try Folder(path)
            let number = collector.addFolder(path)
            for entry in try folder.entries() where entry.kind == .file || entry.kind == .link {
                count += 1
                if count.isMultiple(of: 4096) { try progress(count) }
                let size =
                    entry.kind == .file
                    ? try folder.status(entry.name)?.size ?? 0
                        // `layout` and people make trees of links.
                    : try FileDescriptor(path.appending(entry.name), .reading).size()
                try collector.add(entry.name, in: wnid, folder: number, size: size)
            }
        }
        let classes = try Folder(tree).entries().compactMap { entry in
            entry.kind == .folder || entry.kind == .link
                ? WNID(bytes: entry.name.bytes).map { (entry.name, $0) } : nil
        }
        if classes.isEmpty { return try add(tree, nil) }
        for (name, wnid) in classes { try add(tree.appending(name), wnid) }
    }

    // MARK: For the receipt

    func receipt(digests: [Digest], table: SampleTable?) throws -> OutputReceipt.Input {
        switch self {
        case .archive(let path):
            let identity = try FileDescriptor(path, .reading).identity()
            return OutputReceipt.Input(
                name: "\(path.lastComponent)", size: identity.size, identity: identity,
                digests: digests)
        case .tree(let path):
            var hasher = Hasher(.sha256)
            for sample in 0..<(table?.count ?? 0) {
                let name = String(decoding: table?.name(sample) ?? [], as: UTF8.self)
                let (rank, size) = (table?.rank(sample) ?? 0, table?.size(sample) ?? 0)
                hasher.update(Array("\(rank) \(name) \(size)\n".utf8))
            }
            return OutputReceipt.Input(
                name: "\(path.lastComponent)", size: table?.totalBytes ?? 0,
                digests: [hasher.digest])
        }
    }
}
