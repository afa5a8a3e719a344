internal import Checksums
internal import DataFolder
public import DatasetManifest
public import Disk

/// A folder of links in the layout that another tool expects: nothing is copied.
///
/// Folders and archives are symbolic links. A flat folder that does not exist is made of hard
/// links, or symbolic ones on another file system.
public struct Layout: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case torchvision, tfds
        case deepVision = "deep-vision"
        case imageDatasets = "image-datasets"
    }

    struct Part: Sendable {
        enum Content: Sendable {
            case link(Path)
            /// A folder of links to chosen class folders.
            case classes(Path, [Path])
            /// A folder of links to the shards in these.
            case shards([Path])
            /// A flat folder of the files in class folders.
            case flat(Path, isPrefixed: Bool)
            case file([UInt8])
        }

        let name: String
        let content: Content
    }

    public struct Summary: Sendable {
        public let path: Path
        public let isAlreadyDone: Bool
        public let parts: [String]
        /// What is missing, and what would make it.
        public let missing: [(name: String, how: Remedy)]
        public let files: Int
    }

    public static let receiptKind = "layout"

    public let kind: Kind
    public private(set) var place: OutputPlace
    public let sources: LayoutSources
    /// The chosen classes; nil for all that are unpacked.
    public var classes: ClassSelection?
    /// Folders that must not become a layout, even if they are empty.
    public var reserved: [Path] = []
    /// Replaces an existing layout when this one is complete.
    public var isForced = false
    public var threads = Workers.processors
    private let boot = JournalStore.currentBoot()

    public init(_ kind: Kind, at path: Path, from sources: LayoutSources) {
        self.kind = kind
        place = OutputPlace(
            parent: path.parent, name: path.lastComponent.description)
        place.holdsReceipt = true
        self.sources = sources
    }

    /// Makes the folder, unless it is there.
    ///
    /// - Throws: `ExportError` `.badInput` if there is nothing to link.
    public func run(progress: @escaping @Sendable (Int) throws -> Void) throws -> Summary {
        _ = try TreeState.end(place).finishKilledRun { folder, _ in try place.publish(in: folder) }
        let (parts, lacking) = try sources.parts(of: kind, classes)
        guard parts.contains(where: { if case .file = $0.content { false } else { true } }) else {
            throw ExportError.badInput(
                "there is nothing to link for a \(kind.rawValue) layout: "
                    + lacking.map { "no \($0.name)" }.joined(separator: ", "),
                hint: lacking.first?.how)
        }
        try checkApart(parts)
        try checkUnreserved()
        try checkWhole(parts)
        let wanted = receipt(parts)
        if let files = try finished(wanted) {
            return summary(parts, lacking, files: files, isAlreadyDone: true)
        }
        let missing = try place.missingFolders()
        let parent = try place.open()
        let state = TreeState(place: place, wanted: wanted, boot: boot)
        let begun = try state.begin(in: parent)
        if begun.goesOn {
            try parent.removeTree(place.work)
            _ = try parent.folder(place.work, creating: true)
        }
        var files = 0
        do {
            for part in parts { files += try make(part, in: parent, progress) }
        } catch {
            try? state.abandon(in: parent)
            OutputPlace.removeEmpty(missing)
            throw error
        }
        var receipt = wanted
        receipt.counts["files"] = Int64(files)
        try state.finish(in: parent, receipt, publish: place.publish(in:))
        withExtendedLifetime(begun) {}
        return summary(parts, lacking, files: files, isAlreadyDone: false)
    }

    // MARK: Parts

    /// Refuses trees of ours that lack files.
    private func checkWhole(_ parts: [Part]) throws {
        for part in parts {
            let tree: Path
            switch part.content {
            case .link(let path), .flat(let path, _), .classes(let path, _): tree = path
            case .shards, .file: continue
            }
            guard let name = tree.lastComponent.string,
                case .receipt(let receipt) = try OutputReceipt.load(name, in: Folder(tree.parent)),
                receipt.kind == Unpacker.kind, !receipt.folders.isEmpty,
                let fault = try TreeFolders(try Folder(tree), receipt).fault
            else { continue }
            throw ExportError.brokenOutput(
                tree, fault,
                hint: "\(run: .untar) with the same options writes what is missing")
        }
    }

    private func summary(
        _ parts: [Part], _ missing: [(name: String, how: Remedy)], files: Int, isAlreadyDone: Bool
    ) -> Summary {
        Summary(
            path: place.path, isAlreadyDone: isAlreadyDone, parts: parts.map(\.name),
            missing: missing, files: files)
    }

    private func receipt(_ parts: [Part]) -> OutputReceipt {
        var options = ["layout": kind.rawValue]
        for part in parts {
            options[part.name] =
                switch part.content {
                case .link(let path): "link to \(path)"
                case .classes(let path, let names):
                    "\(names.map(\.description).joined(separator: ",")) of \(path)"
                case .shards(let paths): "shards of \(paths.map(\.description))"
                case .flat(let path, _):
                    (classes.map { "\(ClassChoice.text($0.wnids)) of " } ?? "") + "files of \(path)"
                case .file(let bytes): Hasher.digest(.sha256, bytes).hex
                }
        }
        return OutputReceipt(
            kind: Self.receiptKind, name: place.name, options: options, inputs: [])
    }

    /// Refuses a folder that contains what would be linked: it would be replaced, and the links
    /// would lead to themselves.
    private func checkApart(_ parts: [Part]) throws {
        for part in parts {
            let targets: [Path] =
                switch part.content {
                case .link(let path), .flat(let path, _), .classes(let path, _): [path]
                case .shards(let paths): paths
                case .file: []
                }
            for target in targets {
                try place.checkApart(
                    from: target, isFolder: false, hint: "choose another folder")
            }
        }
    }

    /// Refuses a folder of another command, even if it is empty or missing.
    private func checkUnreserved() throws {
        let here = OutputPlace.real(place.path)
        guard reserved.contains(where: { OutputPlace.real($0) == here }) else { return }
        throw ExportError.otherOutput(
            place.path, "the data folder uses it", hint: "choose another folder")
    }

    private func finished(_ wanted: OutputReceipt) throws -> Int? {
        guard let receipt = try place.finished(by: Self.receiptKind, isForced: isForced)
        else { return nil }
        if receipt.isSame(as: wanted) {
            for name in wanted.options.keys where name != "layout" {
                if try Folder(place.path).status(Path(name)) == nil {
                    throw ExportError.otherOutput(place.path, "\(name) is missing in it")
                }
            }
            return Int(clamping: receipt.counts["files"] ?? 0)
        }
        throw ExportError.otherOutput(
            place.path, "another layout is there, or a layout of other folders")
    }

    /// - Returns: the number of names.
    private func make(
        _ part: Part, in parent: borrowing Folder,
        _ progress: @escaping @Sendable (Int) throws -> Void
    ) throws -> Int {
        let work = try parent.folder(place.work)
        let name = Path(part.name)
        switch part.content {
        case .link(let target):
            try work.makeSymbolicLink(name, to: target)
            return 1
        case .file(let bytes):
            try work.publish(name, bytes, synced: false)
            return 1
        case .classes(let tree, let names):
            let inner = try work.folder(name, creating: true)
            for name in names { try inner.makeSymbolicLink(name, to: tree.appending(name)) }
            return names.count
        case .shards(let folders):
            let inner = try work.folder(name, creating: true)
            var count = 0
            for folder in folders {
                for entry in try Folder(folder).entries() where entry.kind == .file {
                    try inner.makeSymbolicLink(entry.name, to: folder.appending(entry.name))
                    count += 1
                }
            }
            return count
        case .flat(let tree, let isPrefixed):
            let flat = ImageJobs.Tree(try work.folder(name, creating: true))
            return try FlatLinks.make(
                of: ImageJobs.Tree(try Folder(tree)), in: flat, isPrefixed: isPrefixed,
                replaces: false, fallsBack: true, classes: classes, threads: threads,
                step: progress)
        }
    }
}
