internal import DataFolder
public import Disk

/// Where an output appears: a name in a parent folder. It is written under another name there, and
/// renamed when it is complete.
public struct OutputPlace: Sendable, Hashable {
    public let parent: Path
    /// Of the receipt.
    public let name: String
    /// Nil for a folder.
    private let fileSuffix: String?

    public init(parent: Path, name: String, fileSuffix: String? = nil) {
        self.parent = parent
        self.name = name
        self.fileSuffix = fileSuffix
    }

    public var path: Path { parent.appending(fileName) }

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
        try fileSuffix == nil ? Folder(parent).folder(Path(name)) : Folder(parent)
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
        guard try folder.status(old) != nil else { return }
        if try folder.status(Path(fileName)) == nil {
            try folder.rename(old, to: Path(fileName))
        } else {
            try folder.removeTree(old)
        }
    }

    func exists(in folder: borrowing Folder) throws(DiskError) -> Bool {
        try folder.status(Path(fileName)) != nil
    }

    /// Refuses to replace what is not ours: it may be the only copy.
    ///
    /// - Parameter kind: of the output; outputs of other kinds are refused too.
    /// - Throws: `.exists`, except for nothing, an empty folder, or a finished output with its
    ///   receipt.
    func checkReplaceable(in folder: borrowing Folder, by kind: String) throws {
        guard let there = try folder.status(Path(fileName))?.kind else { return }
        if case .receipt(let receipt) = try OutputReceipt.load(name, in: folder) {
            if receipt.kind == kind { return }
            throw ExportError.notOurs(path, "an output of \(receipt.kind) is there")
        }
        // An empty folder is no loss.
        if there == .folder, try folder.folder(Path(fileName)).entries().isEmpty { return }
        throw ExportError.notOurs(path, "something else is there, without a receipt")
    }

    /// The receipt of a finished output; nil if there is none, or it is to be replaced.
    ///
    /// - Throws: `.exists` for what must not be replaced.
    func finished(by kind: String, isForced: Bool) throws -> OutputReceipt? {
        guard let folder = try ifPresent(Folder(parent)), try exists(in: folder) else { return nil }
        try checkReplaceable(in: folder, by: kind)
        guard !isForced, case .receipt(let receipt) = try OutputReceipt.load(name, in: folder)
        else { return nil }
        return receipt
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
