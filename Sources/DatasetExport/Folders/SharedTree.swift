internal import Disk

/// The folder that several archives share: each moves its own folders and files into it when it is
/// complete.
struct SharedTree {
    /// Refuses what cannot be moved, before anything is: a file in the place of a folder, a folder
    /// in the place of a file, and existing files.
    ///
    /// - Parameter replacing: whether existing files may be replaced.
    static func checkFree(
        _ work: borrowing Folder, in tree: borrowing Folder, replacing: Bool
    ) throws {
        for entry in try work.entries() {
            guard let there = try tree.status(entry.name)?.kind else { continue }
            switch (entry.kind, there) {
            case (.folder, .folder):
                try checkFree(
                    try work.folder(entry.name), in: try tree.folder(entry.name),
                    replacing: replacing)
            case (.folder, _), (_, .folder):
                throw ExportError.otherKind(
                    tree.path.appending(entry.name), isFolder: there == .folder)
            default:
                if !replacing { throw ExportError.inTheWay(tree.path.appending(entry.name)) }
            }
        }
    }

    /// Moves everything into the tree, over existing files. If the run is killed, the next one
    /// moves the rest.
    static func merge(_ work: borrowing Folder, into tree: borrowing Folder) throws {
        for entry in try work.entries() {
            let there = try tree.status(entry.name)?.kind
            if entry.kind == .folder, there == .folder {
                let inner = try work.folder(entry.name)
                try merge(inner, into: try tree.folder(entry.name))
                try work.remove(entry.name, isFolder: true)
            } else {
                try work.move(entry.name, into: tree)
            }
        }
        try tree.sync()
    }
}
