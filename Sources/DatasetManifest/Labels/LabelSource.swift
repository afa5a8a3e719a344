public import Disk

/// A place that labels can be taken from.
///
///     for source in LabelSource.find(in: ["data/tar", "aux"]) { print(source.path) }
///     let labels = try LabelSource.file("ILSVRC2012_devkit_t12.tar.gz").read()
public enum LabelSource: Sendable, Hashable {
    /// A devkit as it is downloaded, or gunzipped by a browser: ids, words and labels.
    case devkitArchive(Path)
    /// A devkit that was unpacked, at any level.
    case devkitFolder(Path)
    /// The boxes of the validation images: WNIDs and labels, no ids, no words.
    case validationBoxes(Path)
    /// how-to-imagenet's folder of text files: ids and labels, no words.
    case auxFolder(Path)
    /// TensorFlow's list of a WNID a validation image.
    case synsetList(Path)
    /// A file or folder that the user has named, told apart by content.
    case file(Path)

    public var path: Path {
        switch self {
        case .devkitArchive(let path), .devkitFolder(let path), .validationBoxes(let path),
            .auxFolder(let path), .synsetList(let path), .file(let path):
            path
        }
    }

    // MARK: Reading

    /// Reads classes and labels. The content of a file decides how it is read, not its name.
    ///
    /// - Parameter classes: what is known of the classes from elsewhere. A text file of ILSVRC ids
    ///   needs it; others keep its ids and words.
    public func read(classes: ClassLabels? = nil) throws(LabelError) -> ClassLabels {
        switch self {
        case .devkitArchive(let path), .validationBoxes(let path):
            return try LabelArchive.read(path)
        case .devkitFolder(let path), .auxFolder(let path): return try Self.readFolder(path)
        case .synsetList(let path): return try Self.readText(path, classes)
        case .file(let path):
            if Self.isFolder(path) { return try Self.readFolder(path) }
            if try Self.isArchive(path) { return try LabelArchive.read(path) }
            return try Self.readText(path, classes)
        }
    }

    private static func readFolder(_ path: Path) throws(LabelError) -> ClassLabels {
        let folder = try LabelError.catching(Folder(path))
        for inner in devkitFolders {
            var devkit = Devkit()
            for role in Devkit.Role.allCases {
                for name in role.names {
                    let relative = inner.appending(name)
                    guard LabelFile.isThere(relative, in: folder) else { continue }
                    let file = path.appending(relative)
                    let bytes = try LabelFile.bytes(file, limit: role.longest)
                    try devkit.add(role, bytes, file: file.description)
                }
            }
            // An aux folder has the ground truth too, and a list of ids instead of the rest.
            if devkit.hasClasses { return try devkit.labels(source: path.description) }
        }
        if let labels = try AuxFolder.read(folder) { return labels }
        throw .unknownSource(path, "it holds neither a devkit nor text files of labels")
    }

    private static func readText(_ path: Path, _ classes: ClassLabels?) throws(LabelError)
        -> ClassLabels
    {
        let bytes = try LabelFile.bytes(path, limit: LabelText.longestFile)
        let file = path.description
        let list: ClassLabels.Truth.List
        switch try LabelText(bytes, file: file) {
        case .wnids(let wnids), .images(let wnids): list = .wnids(wnids)
        case .ids(let ids): list = .ids(ids)
        case .classes:
            throw .incomplete(file, "it lists classes and their ids, but no validation labels")
        }
        let truth = ClassLabels.Truth(list: list, file: file)
        if let classes { return try classes.replacingValidation(truth, source: file) }
        guard case .wnids(let wnids) = list else {
            throw .needsClasses(file)
        }
        return try ClassLabels(validation: wnids, in: file, source: file)
    }

    private static func isFolder(_ path: Path) -> Bool {
        (try? Folder(path)) != nil
    }

    /// Whether a file begins like a compressed file or a zip, or has a tar's mark.
    private static func isArchive(_ path: Path) throws(LabelError) -> Bool {
        let start = try LabelError.catching(FileDescriptor(path, .reading).bytes(upTo: 512))
        let marks: [[UInt8]] = [
            [0x1F, 0x8B], Array("BZh".utf8), [0xFD, 0x37, 0x7A, 0x58], [0x28, 0xB5, 0x2F, 0xFD],
            Array("PK".utf8),
        ]
        if marks.contains(where: { start.starts(with: $0) }) { return true }
        return start.dropFirst(257).starts(with: "ustar".utf8)
    }

    // MARK: Finding

    /// The sources in these folders, the best first.
    ///
    /// Only a few names are looked for, so folders with a million files cost nothing. They are not
    /// read, and may still be refused.
    public static func find(in folders: [Path]) -> [LabelSource] {
        var found: [[LabelSource]] = Array(repeating: [], count: 5)
        for path in folders {
            guard let folder = try? Folder(path) else { continue }
            for name in devkitArchives where isFile(name, in: folder) {
                found[0].append(.devkitArchive(path.appending(name)))
            }
            for inner in devkitFolders where isDevkit(inner, in: folder) {
                found[1].append(.devkitFolder(path.appending(inner)))
            }
            for name in boxArchives where isFile(name, in: folder) {
                found[2].append(.validationBoxes(path.appending(name)))
            }
            for inner in [Path(""), "aux"]
            where isFile(inner.appending(AuxFolder.classNames), in: folder)
                && isFile(inner.appending(AuxFolder.truthNames), in: folder)
            {
                found[3].append(.auxFolder(path.appending(inner)))
            }
            if isFile(synsetListName, in: folder) {
                found[4].append(.synsetList(path.appending(synsetListName)))
            }
        }
        return found.flatMap { $0 }
    }

    private static let devkitArchives: [Path] =
        [".tar.gz", ".tgz", ".tar"].map { Path("ILSVRC2012_devkit_t12" + $0) }
        + (2014...2017).reversed().flatMap { year in
            [".tar.gz", ".tgz", ".tar"].map { Path("ILSVRC\(year)_devkit" + $0) }
        }

    /// Where a devkit's files may be below a folder.
    private static let devkitFolders: [Path] = [
        "", "data", "ILSVRC2012_devkit_t12/data", "devkit/data", "ILSVRC/devkit/data",
        "ILSVRC2017/devkit/data", "ILSVRC2017_devkit/data", "ILSVRC2015/devkit/data",
        "ILSVRC2015_devkit/data", "ILSVRC2014_devkit/data", "ILSVRC2013_devkit/data",
    ]

    private static let boxArchives: [Path] = [".tgz", ".tar.gz", ".tar"].map {
        Path("ILSVRC2012_bbox_val_v3" + $0)
    }

    private static let synsetListName: Path = "imagenet_2012_validation_synset_labels.txt"

    private static func isDevkit(_ inner: Path, in folder: borrowing Folder) -> Bool {
        let classes = Devkit.Role.metadata.names + Devkit.Role.map.names
        return classes.contains { isFile(inner.appending($0), in: folder) }
            && Devkit.Role.truth.names.contains { isFile(inner.appending($0), in: folder) }
    }

    private static func isFile(_ relative: Path, in folder: borrowing Folder) -> Bool {
        LabelFile.isThere(relative, in: folder)
    }
}
