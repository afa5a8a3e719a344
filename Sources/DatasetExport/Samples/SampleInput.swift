internal import Archives
internal import Checksums
public import DataFolder
public import DatasetManifest
public import Disk

/// Where the images of one split come from.
public enum SampleInput: Sendable, Hashable {
    /// A tar, or a tar of class tars.
    case archive(Path)
    /// A folder of class folders, or of images.
    case tree(Path)
    /// A tar of class tars of which only some are there.
    case partial(PartialArchive)

    public var path: Path {
        switch self {
        case .archive(let path), .tree(let path): path
        case .partial(let partial): partial.path
        }
    }

    var archive: Path? {
        if case .tree = self { nil } else { path }
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

    /// Whether all these classes are there, judged by the names of folders.
    public func has(_ classes: ClassSelection) throws -> Bool {
        switch self {
        case .archive: return true
        case .partial(let partial): return try partial.has(classes)
        case .tree(let path):
            let there = Set(try Folder(path).entries().compactMap { WNID(bytes: $0.name.bytes) })
            return there.isEmpty || classes.wnids.allSatisfy(there.contains)
        }
    }

    // MARK: Reading

    /// Finds all images of the split. Only headers of an archive are read.
    ///
    /// - Parameters:
    ///   - expectedImages: if known, it decides whether an archive is complete in which a class
    ///     tar has no end mark.
    ///   - choice: the chosen classes; nil for all.
    /// - Throws: `ArchiveError` for a damaged archive, `ExportError` `.badInput` where images and
    ///   labels do not fit together, and for a chosen class that is not there.
    func table(
        _ split: SampleTable.Split, labels: ClassLabels?, extensions: [String],
        expectedImages: Int? = nil, choice: ClassChoice? = nil, progress: (Int) throws -> Void
    ) throws -> (table: SampleTable, leftOut: SampleCollector.LeftOut) {
        var collector = SampleCollector(
            split, labels: labels, extensions: extensions, choice: choice)
        let expected =
            choice.map { labels?.trainImages(of: $0.classes) } ?? expectedImages
        switch self {
        case .archive(let path): try Self.walk(path, expected, &collector, progress)
        case .tree(let path): try Self.walk(tree: path, &collector, progress)
        case .partial(let partial):
            let wanted = choice?.classes.wnids ?? labels?.classes.map(\.wnid) ?? []
            try Self.walk(partial, wanted, expected, &collector, progress)
        }
        let leftOut = collector.leftOut
        return (try collector.finish(in: path), leftOut)
    }

    private static func walk(
        _ archive: Path, _ expectedImages: Int?, _ collector: inout SampleCollector,
        _ progress: (Int) throws -> Void
    ) throws {
        var counts = Counts()
        var walk = MemberWalk(endsAtDamage: true)
        let wanted = collector
        walk.wantsTar = { wanted.wants(tar: $0) }
        let outcome = try walk.run(archive) { member in
            try counts.add(member, of: archive, to: &collector, progress)
        }
        if let damage = outcome.damage { throw damage }
        guard outcome.hasOffsets else {
            throw ExportError.badInput(
                "cannot read images by offset from \(archive): it is compressed",
                hint: "unpack it first with untar, or decompress it")
        }
        guard outcome.hasEndMark else { throw ExportError.cutArchive(archive) }
        if let tar = outcome.openTar, counts.images != expectedImages {
            throw ExportError.cutClassTar(tar, in: archive)
        }
    }

    private static func walk(
        _ partial: PartialArchive, _ wanted: [WNID], _ expectedImages: Int?,
        _ collector: inout SampleCollector, _ progress: (Int) throws -> Void
    ) throws {
        var counts = Counts()
        var openTar: Path?
        for tar in try partial.classTars(wanted) {
            let name = Path("\(tar.wnid).tar")
            let outcome = try partial.walk.run(
                partial.path, inside: tar.offset..<tar.offset + tar.size, container: name
            ) { member in
                try counts.add(member, of: partial.path, to: &collector, progress)
            }
            if let damage = outcome.damage ?? outcome.missing { throw damage }
            if !outcome.hasEndMark, openTar == nil { openTar = name }
        }
        if let openTar, counts.images != expectedImages {
            throw ExportError.cutClassTar(openTar, in: partial.path)
        }
    }

    /// What is counted on the way over an archive.
    private struct Counts {
        private var members = 0
        private(set) var images = 0

        mutating func add(
            _ member: ArchiveMember, of archive: Path, to collector: inout SampleCollector,
            _ progress: (Int) throws -> Void
        ) throws {
            members += 1
            if members.isMultiple(of: 4096) { try progress(members) }
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
        for (name, wnid) in classes where collector.wants(wnid) {
            try add(tree.appending(name), wnid)
        }
    }

    // MARK: For the receipt

    func receipt(digests: [Digest], table: SampleTable?) throws -> OutputReceipt.Input {
        switch self {
        case .archive(let path):
            let identity = try FileDescriptor(path, .reading).identity()
            return OutputReceipt.Input(
                name: "\(path.lastComponent)", size: identity.size, identity: identity,
                digests: digests)
        case .partial(let partial): return partial.input
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
