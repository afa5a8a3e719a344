internal import DataFolder
internal import Disk

/// Whether a finished tree still has its files, by the times of its folders: adding or removing a
/// name changes the time of its folder. A thousand folders take milliseconds; only changed ones are
/// counted again. Only `verify` finds changes inside files.
struct TreeFolders {
    /// A folder with the wrong number of files.
    struct Lack: Sendable, Equatable {
        let path: Path
        /// Nil if a killed run left half a file there.
        let found: Int?
        let expected: Int?
    }

    /// For the next receipt.
    private(set) var folders: [OutputReceipt.TreeFolder] = []
    private(set) var lacks: [Lack] = []
    /// Whether a folder has another identity or time.
    private(set) var hasChanged = false

    /// The folders of a new tree.
    ///
    /// - Returns: nothing for names that a receipt cannot store.
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
            // `check` reports extra files; loaders ignore files that are not images.
            if folder.files.map({ found < $0 }) ?? true {
                lacks.append(
                    Lack(
                        path: path, found: folder.files == nil ? nil : found,
                        expected: folder.files))
            }
        }
    }

    var fault: String? {
        guard let first = lacks.first else { return nil }
        let name = first.path.bytes.isEmpty ? "the folder itself" : "\(first.path)"
        let what =
            if let found = first.found, let expected = first.expected {
                "\(name) holds \(found) \(found == 1 ? "file" : "files"), not \(expected)"
            } else {
                "\(name) is incomplete"
            }
        switch lacks.count - 1 {
        case 0: return what
        case 1: return "\(what), and 1 more folder is wrong"
        case let more: return "\(what), and \(more) more folders are wrong"
        }
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
