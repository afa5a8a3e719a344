internal import Checksums
internal import DataFolder
internal import DatasetManifest
public import Disk

/// A folder that looks as another tool expects the data set, made of links: nothing is copied.
///
/// Folders and archives are symbolic links. A folder of images that is there in no form, as a flat
/// one of class folders, is made of hard links, or of symbolic ones on another file system.
public struct Layout: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case torchvision, tfds
        case deepVision = "deep-vision"
        case imageDatasets = "image-datasets"
    }

    /// One name in the folder.
    struct Part: Sendable {
        enum Content: Sendable {
            /// A symbolic link to a folder or file.
            case link(Path)
            /// A folder of symbolic links to the shards in these.
            case shards([Path])
            /// A folder of the files of class folders.
            case flat(Path, isPrefixed: Bool)
            case file([UInt8])
        }

        let name: String
        let content: Content
    }

    public struct Summary: Sendable {
        public let path: Path
        public let isAlreadyDone: Bool
        /// The names that it has.
        public let parts: [String]
        /// The names that it has not, with what would make them.
        public let missing: [(name: String, how: Remedy)]
        public let files: Int
    }

    public static let receiptKind = "layout"

    public let kind: Kind
    public let place: OutputPlace
    public let sources: LayoutSources
    /// Folders that never become a layout, empty ones neither.
    public var reserved: [Path] = []
    /// Replaces a layout that is there, once this one is whole.
    public var isForced = false
    public var threads = Workers.processors
    private let boot = JournalStore.currentBoot()

    public init(_ kind: Kind, at path: Path, from sources: LayoutSources) {
        self.kind = kind
        place = OutputPlace(
            parent: path.parent, name: path.lastComponent.description)
        self.sources = sources
    }

    /// Makes the folder, or finds that it is there.
    ///
    /// - Throws: `ExportError` `.badInput` where nothing at all is there to link.
    public func run(progress: @escaping @Sendable (Int) throws -> Void) throws -> Summary {
        try TreeState.settle(place) { try place.publish(in: $0) }
        let (parts, lacking) = sources.parts(of: kind)
        guard parts.contains(where: { if case .file = $0.content { false } else { true } }) else {
            throw ExportError.badInput(
                "there is nothing to make a \(kind.rawValue) layout of: "
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
        try state.finish(in: parent, receipt) { try place.publish(in: $0) }
        withExtendedLifetime(begun) {}
        return summary(parts, lacking, files: files, isAlreadyDone: false)
    }

    // MARK: Parts

    /// Refuses trees of ours that have lost files since they were unpacked.
    private func checkWhole(_ parts: [Part]) throws {
        for part in parts {
            let tree: Path
            switch part.content {
            case .link(let path), .flat(let path, _): tree = path
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

    /// What decides the folder, for its receipt.
    private func receipt(_ parts: [Part]) -> OutputReceipt {
        var options = ["layout": kind.rawValue]
        for part in parts {
            options[part.name] =
                switch part.content {
                case .link(let path): "link to \(path)"
                case .shards(let paths): "shards of \(paths.map(\.description))"
                case .flat(let path, _): "files of \(path)"
                case .file(let bytes): Hasher.digest(.sha256, bytes).hex
                }
        }
        return OutputReceipt(
            kind: Self.receiptKind, name: place.name, options: options, inputs: [])
    }

    /// Refuses a folder that holds what is to be linked: it would be replaced, and the links would
    /// lead to themselves.
    private func checkApart(_ parts: [Part]) throws {
        guard let here = try? place.path.resolved() else { return }
        for part in parts {
            let targets: [Path] =
                switch part.content {
                case .link(let path), .flat(let path, _): [path]
                case .shards(let paths): paths
                case .file: []
                }
            for target in targets
            where target == here || target.bytes.starts(with: here.bytes + [UInt8(ascii: "/")]) {
                throw ExportError.otherOutput(
                    place.path, "it holds what is to be linked, \(target)",
                    hint: "name another folder")
            }
        }
    }

    /// Refuses a folder that something else will be looked for in, be it empty or not there yet.
    private func checkUnreserved() throws {
        let here = Self.real(place.path)
        guard reserved.contains(where: { Self.real($0) == here }) else { return }
        throw ExportError.otherOutput(
            place.path, "it is a folder of the data folder's own", hint: "name another folder")
    }

    /// A path without links, whether it is there or yet to be made.
    private static func real(_ path: Path) -> Path {
        if let there = try? path.resolved() { return there }
        let parent = try? path.parent.resolved()
        return parent?.appending(path.lastComponent) ?? path
    }

    private func finished(_ wanted: OutputReceipt) throws -> Int? {
        let folder = try Folder.nearest(to: place.parent)
        guard folder.path == place.parent, let kind = try folder.status(Path(place.name))?.kind
        else { return nil }
        try place.checkReplaceable(in: folder, by: Self.receiptKind)
        if isForced { return nil }
        guard case .receipt(let receipt) = try OutputReceipt.load(place.name, in: folder) else {
            return nil
        }
        if receipt.isSame(as: wanted) {
            for name in wanted.options.keys where name != "layout" {
                if try kind == .folder
                    && folder.folder(Path(place.name)).status(Path(name)) == nil
                {
                    throw ExportError.otherOutput(place.path, "\(name) is gone from it")
                }
            }
            return Int(clamping: receipt.counts["files"] ?? 0)
        }
        throw ExportError.otherOutput(
            place.path, "another layout is there, or one of other folders")
    }

    /// - Returns: how many names it took.
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
                replaces: false, fallsBack: true, threads: threads, step: progress)
        }
    }
}
