internal import DataFolder
public import Disk

/// Where an output appears: a folder of a name in a parent folder. It is written under another name
/// beside it, and gets its own when it is whole.
public struct OutputPlace: Sendable, Hashable {
    public let parent: Path
    public let name: String

    public init(parent: Path, name: String) {
        self.parent = parent
        self.name = name
    }

    public var path: Path { parent.appending(name) }

    /// What is written and not yet whole.
    var work: Path { Path(".\(name).new") }
    /// What was replaced and not yet removed.
    private var old: Path { Path(".\(name).old") }

    /// The parent, made if need be. What a run that was killed between two renamings has left is put
    /// in order.
    func open() throws(DiskError) -> Folder {
        let folder = try Folder.creating(parent)
        try settle(folder)
        return folder
    }

    /// The folders of the parent's path that are not there yet, the innermost first.
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

    /// Removes folders that were made for nothing. What somebody has put something into stays, and
    /// so do those above it.
    static func removeEmpty(_ folders: [Path]) {
        for path in folders {
            guard let above = try? Folder(path.parent),
                (try? above.remove(path.lastComponent, isFolder: true)) != nil
            else { return }
        }
    }

    func settle(_ folder: borrowing Folder) throws(DiskError) {
        guard try folder.status(old) != nil else { return }
        if try folder.status(Path(name)) == nil {
            try folder.rename(old, to: Path(name))
        } else {
            try folder.removeTree(old)
        }
    }

    func exists(in folder: borrowing Folder) throws(DiskError) -> Bool {
        try folder.status(Path(name)) != nil
    }

    /// Refuses to replace what is none of ours: it may be all that somebody has of it.
    ///
    /// - Parameter kind: what the output is; one of another kind that we have made is refused too.
    /// - Throws: `.exists` unless nothing is there, an empty folder, or a finished output with its
    ///   receipt.
    func checkReplaceable(in folder: borrowing Folder, by kind: String) throws {
        guard let there = try folder.status(Path(name))?.kind else { return }
        if case .receipt(let receipt) = try OutputReceipt.load(name, in: folder) {
            if receipt.kind == kind { return }
            throw ExportError.notOurs(path, "another output is there, of \(receipt.kind)")
        }
        // A folder that somebody has made for this is nobody's loss.
        if there == .folder, try folder.folder(Path(name)).entries().isEmpty { return }
        throw ExportError.notOurs(path, "something else is there, without a receipt")
    }

    /// Gives the work its name, in place of what had it.
    func publish(in folder: borrowing Folder) throws(DiskError) {
        if try exists(in: folder) { try folder.rename(Path(name), to: old) }
        try folder.rename(work, to: Path(name))
        try folder.sync()
        try folder.removeTree(old)
    }

    // MARK: Apart from the input

    /// Refuses a place that holds what the images come from, or lies in it: `--force` would replace
    /// them, and their tree would hold shards.
    func checkApart(from source: Path, isFolder: Bool) throws(ExportError) {
        let (from, to) = (Self.real(source), Self.real(path))
        if from == to || Self.isInside(from, to) {
            throw .otherOutput(
                path, "the images come from \(source), which would be replaced",
                hint: "name another folder with \(.outputFolder)")
        }
        if isFolder, Self.isInside(to, from) {
            throw .otherOutput(
                path, "it lies in \(source), which the images come from",
                hint: "name another folder with \(.outputFolder)")
        }
    }

    private static func isInside(_ path: Path, _ folder: Path) -> Bool {
        path.bytes.starts(with: folder.bytes + [UInt8(ascii: "/")])
    }

    /// The absolute path that something has, or will have once it is made.
    private static func real(_ path: Path) -> Path {
        if let found = try? path.resolved() { return found }
        if path.parent == path { return path }
        return real(path.parent).appending(path.lastComponent)
    }
}
