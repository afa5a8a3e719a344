internal import Checksums
internal import Disk

/// The number of files in each folder of a tree.
struct TreeListing: Sendable, Equatable {
    private(set) var folders: [Path: Int] = [:]

    /// Also adds the folders above.
    mutating func add(_ folder: Path, files: Int) {
        if folders[folder] == nil, !folder.bytes.isEmpty { add(folder.above, files: 0) }
        folders[folder, default: 0] += files
    }

    var files: Int { folders.values.reduce(0, +) }

    /// With these numbers for the folders that the other listing has.
    func replacing(_ other: TreeListing) -> TreeListing {
        var listing = self
        for (folder, files) in other.folders where files > 0 || folders[folder] == nil {
            listing.folders[folder] = files
        }
        return listing
    }

    /// SHA-256 over a line for each folder, sorted by path: path, tab, number of files. The tree
    /// itself has an empty path.
    var digest: Digest {
        var hasher = Hasher(.sha256)
        for (path, files) in folders.sorted(by: {
            $0.key.bytes.lexicographicallyPrecedes($1.key.bytes)
        }) {
            hasher.update(path.bytes + Array("\t\(files)\n".utf8))
        }
        return hasher.digest
    }

    /// Compares the tree on the disk. Only names are read.
    ///
    /// - Throws: `.brokenOutput` for a link, a device, or a wrong number of files.
    func check(_ root: borrowing Folder) throws {
        let found = try Self.of(root)
        for (path, files) in folders where found.folders[path] != files {
            throw ExportError.miscounted(
                path.bytes.isEmpty ? root.path : root.path.appending(path),
                found.folders[path] ?? 0, expected: files)
        }
        for (path, files) in found.folders where folders[path] == nil {
            throw ExportError.miscounted(root.path.appending(path), files, expected: 0)
        }
    }

    static func of(_ root: borrowing Folder) throws -> TreeListing {
        var listing = TreeListing()
        try count(root, "", &listing)
        return listing
    }

    private static func count(
        _ folder: borrowing Folder, _ path: Path, _ listing: inout TreeListing
    ) throws {
        var files = 0
        var inner: [Path] = []
        var stray: Path?
        try folder.visit { item in
            switch item.kind {
            case .file: files += 1
            case .folder: inner.append(Path(bytes: item.name))
            case .link, .other: stray = Path(bytes: item.name)
            }
        }
        if let stray {
            throw ExportError.brokenOutput(
                folder.path.appending(stray), "it is neither a file nor a folder")
        }
        listing.add(path, files: files)
        for name in inner {
            let below = path.bytes.isEmpty ? name : path.appending(name)
            try count(try folder.folder(name), below, &listing)
        }
    }
}

extension Path {
    /// The folder above a relative path: empty for a bare name.
    fileprivate var above: Path { components.count > 1 ? parent : "" }
}
