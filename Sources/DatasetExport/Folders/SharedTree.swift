internal import Disk

/// The folder that several archives share: each brings its own folders and files into it, by
/// renaming, once it is whole.
struct SharedTree {
    /// Refuses what cannot be moved into the tree, before anything is moved: a folder where the tree
    /// has none but something else, a file where it has a folder, and a file that is there already.
    ///
    /// - Parameter replacing: whether files that are there are no hindrance.
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

    /// Moves all that is in the work into the tree, whole folders where the tree has none of that
    /// name, over files that are there. A run that is killed in between leaves the rest, to be moved
    /// by the next.
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
