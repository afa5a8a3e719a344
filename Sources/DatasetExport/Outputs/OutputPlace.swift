internal import DataFolder
public import Disk

/// Where an output appears: a name in a parent folder. It is written under another name there, and
/// renamed when it is complete.
public struct OutputPlace: Sendable, Hashable {
    /// A folder that the outputs of several splits share, because loaders expect all in one.
    public struct SharedFolder: Sendable, Hashable {
        /// Below the parent.
        let path: Path
        /// How the names of this output's files begin, and no others.
        let prefix: String
    }

    public let parent: Path
    /// Of the receipt and of the unfinished output; also of the folder, if it is not shared.
    public let name: String
    /// Nil for a folder.
    private let fileSuffix: String?
    /// Nil for a folder that is not shared, and for a file.
    let shared: SharedFolder?
    /// Whether the receipt is in the folder, hidden: a folder that no loader walks may be anywhere,
    /// and be moved, and nothing of ours lies beside it.
    var holdsReceipt = false

    public init(parent: Path, name: String, fileSuffix: String? = nil) {
        self.init(parent: parent, name: name, fileSuffix: fileSuffix, shared: nil)
    }

    init(parent: Path, name: String, fileSuffix: String? = nil, shared: SharedFolder?) {
        self.parent = parent
        self.name = name
        self.fileSuffix = fileSuffix
        self.shared = shared
    }

    public var path: Path { parent.appending(relative) }

    /// The path as people see it: outputs in a shared folder differ.
    public var shownPath: Path { Self.shown(path, shared) }

    static func shown(_ path: Path, _ shared: SharedFolder?) -> Path {
        shared.map { path.appending($0.prefix + "*") } ?? path
    }

    private var relative: Path { shared?.path ?? Path(fileName) }

    /// Of the output itself.
    var fileName: String { name + (fileSuffix ?? "") }

    /// The folder of the unfinished output.
    var work: Path { Path(".\(name).new") }
    /// The replaced output until it is removed.
    private var old: Path { Path(".\(name).old") }

    /// The parent, created if needed. Finishes what a run left that was killed between two
    /// renamings.
    func open() throws(DiskError) -> Folder {
        let folder = try Folder.creating(parent)
        try finishSwap(in: folder)
        return folder
    }

    /// The folder of its files; a link in its place is refused.
    func finished() throws(DiskError) -> Folder {
        try fileSuffix == nil ? Folder(parent).folder(relative) : Folder(parent)
    }

    /// Whether something is there, whatever it is.
    public func isThere() throws(DiskError) -> Bool {
        guard let folder = try ifPresent(Folder(parent)) else { return false }
        return try exists(in: folder)
    }

    /// The folders of the parent's path that do not exist, innermost first.
    func missingFolders() throws(DiskError) -> [Path] {
        let there = try Folder.nearest(to: parent).path
        var missing: [Path] = []
        var path = parent
        while path != there, path.parent != path {
            missing.append(path)
            path = path.parent
        }
        return missing
    }

    /// Removes folders that were created for nothing, up to the first that is not empty.
    static func removeEmpty(_ folders: [Path]) {
        for path in folders {
            guard let above = try? Folder(path.parent),
                (try? above.remove(path.lastComponent, isFolder: true)) != nil
            else { return }
        }
    }

    func finishSwap(in folder: borrowing Folder) throws(DiskError) {
        guard shared == nil, try folder.status(old) != nil else { return }
        if try folder.status(Path(fileName)) == nil {
            try folder.rename(old, to: Path(fileName))
        } else {
            try folder.removeTree(old)
        }
    }

    func exists(in folder: borrowing Folder) throws(DiskError) -> Bool {
        if let shared { return try !shared.files(in: folder).isEmpty }
        return try folder.status(Path(fileName)) != nil
    }

    /// Refuses to replace what is not ours: it may be the only copy.
    ///
    /// - Parameter kind: of the output; outputs of other kinds are refused too.
    /// - Throws: `.exists`, except for nothing, an empty folder, or a finished output with its
    ///   receipt.
    func checkReplaceable(in folder: borrowing Folder, by kind: String) throws {
        if let shared { return try checkReplaceable(shared, in: folder, by: kind) }
        guard let there = try folder.status(Path(fileName))?.kind else { return }
        if let receipt = try receipt(in: folder) {
            if receipt.kind == kind { return }
            throw ExportError.notOurs(path, "an output of \(receipt.kind) is there")
        }
        // An empty folder is no loss.
        if there == .folder, try folder.folder(Path(fileName)).entries().isEmpty { return }
        throw ExportError.notOurs(path, "something else is there, without a receipt")
    }

    private func checkReplaceable(
        _ shared: SharedFolder, in folder: borrowing Folder, by kind: String
    ) throws {
        var own: Set<Path> = []
        if case .receipt(let receipt) = try OutputReceipt.load(name, in: folder) {
            if receipt.kind != kind {
                throw ExportError.notOurs(
                    path, "an output of \(receipt.kind) has its receipt there")
            }
            own = Set(receipt.files.map { Path($0.name) })
        }
        if let other = try shared.files(in: folder).first(where: { !own.contains($0) }) {
            throw ExportError.notOurs(path.appending(other), "it is not in a receipt")
        }
    }

    /// The receipt of a finished output; nil if there is none, or it is to be replaced.
    ///
    /// - Throws: `.exists` for what must not be replaced.
    func finished(by kind: String, isForced: Bool) throws -> OutputReceipt? {
        guard let folder = try ifPresent(Folder(parent)), try exists(in: folder) else { return nil }
        try checkReplaceable(in: folder, by: kind)
        return isForced ? nil : try receipt(in: folder)
    }

    private func receipt(in folder: borrowing Folder) throws(DiskError) -> OutputReceipt? {
        if holdsReceipt, let inside = try OutputReceipt.inside(Path(name), in: folder) {
            return inside
        }
        // Where those of version 0.2 lie.
        return try OutputReceipt.load(name, in: folder).record
    }

    func checkRoom(
        _ parent: borrowing Folder, bytes: Int64, files: Int64, for what: String = "the output",
        isAtLeast: Bool = false
    ) throws {
        let space = try parent.freeSpace()
        if bytes > space.bytes {
            throw ExportError.noRoom(
                self.parent, needed: bytes, free: space.bytes, for: what, isAtLeast: isAtLeast)
        }
        if let inodes = space.inodes, files > inodes {
            throw ExportError.noInodes(self.parent, needed: files, free: inodes, for: what)
        }
    }

    /// Gives the work its name, and removes what had it.
    ///
    /// - Parameter receipt: that the output will have.
    func publish(in folder: borrowing Folder, _ receipt: OutputReceipt) throws(DiskError) {
        if let shared {
            try publish(in: folder, receipt, to: shared)
        } else {
            try publish(in: folder)
        }
    }

    func publish(in folder: borrowing Folder) throws(DiskError) {
        if fileSuffix != nil {
            // A run that was killed may have come further.
            let made = try folder.folder(work)
            if try made.status(Path(fileName)) != nil {
                if try exists(in: folder) { try folder.rename(Path(fileName), to: old) }
                try made.move(Path(fileName), into: folder)
            }
            try folder.sync()
            try folder.removeTree(work)
        } else {
            if try exists(in: folder) { try folder.rename(Path(name), to: old) }
            try folder.rename(work, to: Path(name))
            try folder.sync()
        }
        try folder.removeTree(old)
    }

    /// Moves the files into the shared folder. If the run is killed, the next one moves the rest.
    private func publish(
        in folder: borrowing Folder, _ receipt: OutputReceipt, to shared: SharedFolder
    ) throws(DiskError) {
        let new = Set(receipt.files.map { Path($0.name) })
        let target = try folder.folder(shared.path, creating: true)
        // Of another run's files only shards can be ours.
        for name in try shared.files(in: folder)
        where !new.contains(name) && name.description.contains("-of-") {
            try target.remove(name)
        }
        let work = try folder.folder(self.work)
        for entry in try work.entries() { try work.move(entry.name, into: target) }
        try target.sync()
        try folder.remove(self.work, isFolder: true)
        try folder.sync()
    }

    // MARK: Apart from the input

    /// Refuses a place that holds the input, which `--force` would replace, or that is inside of
    /// it.
    func checkApart(
        from source: Path, isFolder: Bool,
        hint: Remedy = "choose another folder with \(.outputFolder)"
    ) throws(ExportError) {
        let (from, to) = (Self.real(source), Self.real(path))
        if from == to || Self.isInside(from, to) {
            throw .otherOutput(
                path, "its input \(source) would be replaced", hint: hint)
        }
        if isFolder, Self.isInside(to, from) {
            throw .otherOutput(
                path, "it is inside its input \(source)", hint: hint)
        }
    }

    private static func isInside(_ path: Path, _ folder: Path) -> Bool {
        path.bytes.starts(with: folder.bytes + [UInt8(ascii: "/")])
    }

    /// The absolute path, also of something that does not exist yet.
    static func real(_ path: Path) -> Path {
        if let found = try? path.resolved() { return found }
        if path.parent == path { return path }
        return real(path.parent).appending(path.lastComponent)
    }
}

extension OutputPlace.SharedFolder {
    /// The names of the output's files.
    func files(in parent: borrowing Folder) throws(DiskError) -> [Path] {
        do throws(DiskError) {
            return try parent.folder(path).entries().map(\.name)
                .filter { $0.bytes.starts(with: prefix.utf8) }
        } catch  where error.code == .notFound {
            return []
        }
    }
}
