internal import Disk

/// The folder that several archives share: each brings its own folders and files into it, by
/// renaming, once it is whole.
struct SharedTree {
    /// Refuses a file of the work that stands in the tree already, before anything is moved.
    static func checkFree(_ work: borrowing Folder, in tree: borrowing Folder) throws {
        for entry in try work.entries() {
            guard let there = try tree.status(entry.name)?.kind else { continue }
            guard entry.kind == .folder, there == .folder else {
                throw ExportError.inTheWay(tree.path.appending(entry.name))
            }
            try checkFree(
                try work.folder(entry.name), in: try tree.folder(entry.name))
        }
    }

    /// Moves all that is in the work into the tree, whole folders where the tree has none of that
    /// name. A run that is killed in between leaves the rest, to be moved by the next.
    static func merge(_ work: borrowing Folder, into tree: borrowing Folder) throws {
        for entry in try work.entries() {
            let there = try tree.status(entry.name)?.kind
            if entry.kind == .folder, there == .folder {
                let inner = try work.folder(entry.name)
                try merge(inner, into: try tree.folder(entry.name))
                try work.remove(entry.name, isFolder: true)
            } else {
                if there == .folder { try tree.removeTree(entry.name) }
                try work.move(entry.name, into: tree)
            }
        }
        try tree.sync()
    }
}
