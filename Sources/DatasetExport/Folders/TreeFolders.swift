internal import DataFolder
internal import Disk

/// Whether a finished tree still has its files, told by the times of its folders alone: whoever adds
/// or removes a name changes the time of its folder. A thousand folders take milliseconds; only those
/// that have changed are counted again. What was written into a file that is there, only `verify`
/// tells.
struct TreeFolders {
    /// A folder that does not hold what it should.
    struct Lack: Sendable, Equatable {
        let path: Path
        /// Nil for a folder in which a run that was killed has left files half-written.
        let found: Int?
        let expected: Int?
    }

    /// What to look at next time.
    private(set) var folders: [OutputReceipt.TreeFolder] = []
    private(set) var lacks: [Lack] = []
    /// Whether any folder has another identity or time than it had.
    private(set) var hasChanged = false

    /// The folders of a tree that was just made and counted.
    ///
    /// - Returns: none for a tree with names that a receipt cannot keep.
    static func of(
        _ root: borrowing Folder, _ listing: TreeListing
    ) throws -> [OutputReceipt.TreeFolder] {
        var folders: [OutputReceipt.TreeFolder] = []
        for (path, files) in listing.folders {
            guard let name = path.bytes.isEmpty ? "" : path.string,
                let status = try status(of: path, in: root)
            else { return [] }
            folders.append(
                OutputReceipt.TreeFolder(
                    path: name, files: files, inode: status.inode, modified: status.modified))
        }
        return folders.sorted { $0.path < $1.path }
    }

    /// Looks at the tree of a receipt.
    init(_ root: borrowing Folder, _ receipt: OutputReceipt) throws {
        for folder in receipt.folders {
            let path = Path(folder.path)
            let status = try Self.status(of: path, in: root)
            var now = folder
            if let status, status.kind == .folder {
                (now.inode, now.modified) = (status.inode, status.modified)
            }
            folders.append(now)
            if now == folder, folder.files != nil, status?.kind == .folder { continue }
            hasChanged = true
            let found = status?.kind == .folder ? try Self.count(path, in: root) : 0
            // A file too many is `check`'s matter: loaders pass over what is no image.
            if folder.files.map({ found < $0 }) ?? true {
                lacks.append(
                    Lack(
                        path: path, found: folder.files == nil ? nil : found,
                        expected: folder.files))
            }
        }
    }

    /// What is wrong, in a few words.
    var fault: String? {
        guard let first = lacks.first else { return nil }
        let name = first.path.bytes.isEmpty ? "the folder itself" : "\(first.path)"
        let what =
            if let found = first.found, let expected = first.expected {
                "\(name) holds \(found) files, not \(expected)"
            } else {
                "files of \(name) were being written"
            }
        return lacks.count == 1 ? what : "\(what), and \(lacks.count - 1) more folders are wrong"
    }

    private static func status(
        of path: Path, in root: borrowing Folder
    ) throws(DiskError) -> FileStatus? {
        if path.bytes.isEmpty { return try root.status() }
        do throws(DiskError) {
            return try root.status(path)
        } catch  where error.code == .notAFolder || error.code == .isALink {
            return nil
        }
    }

    private static func count(_ path: Path, in root: borrowing Folder) throws -> Int {
        if path.bytes.isEmpty { return try files(root) }
        return try files(try root.folder(path))
    }

    private static func files(_ folder: borrowing Folder) throws -> Int {
        var files = 0
        try folder.visit { if $0.kind == .file { files += 1 } }
        return files
    }
}
