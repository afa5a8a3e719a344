internal import Disk

/// What keeps runs off each other's shards: one lock that slices share and a whole run has alone, and
/// one for each slice. Let go with the object.
final class ShardLocks {
    private var held: [Shared<FileLock>] = []

    /// For a whole run, and for whoever removes the folder.
    ///
    /// - Parameter name: what the locks in the folder begin with.
    /// - Throws: `.busy` while anybody is at work in it.
    func takeAlone(_ work: borrowing Folder, named name: String) throws(DiskError) {
        try take(work, Path(name))
        for other in try slices(work, name) { try take(work, other) }
    }

    /// - Throws: `.busy` while a whole run is at work, the same slice, or one of another count, which
    ///   has some of the same shards.
    func takeSlice(
        _ slice: ShardSlice, _ work: borrowing Folder, named name: String
    ) throws(DiskError) {
        held.append(Shared(try FileLock(work.path.appending(name), isShared: true)))
        // Its own before it looks at others: of two that begin at once, one at least sees the other.
        let suffix = "-of-\(slice.count)"
        try take(work, Path("\(name).\(slice.index)\(suffix)"))
        for other in try slices(work, name) where !other.hasSuffix(suffix) {
            _ = try FileLock(work.path.appending(other))
        }
    }

    private func take(_ work: borrowing Folder, _ name: Path) throws(DiskError) {
        held.append(Shared(try FileLock(work.path.appending(name))))
    }

    /// The locks of slices, held or left.
    private func slices(_ work: borrowing Folder, _ name: String) throws(DiskError) -> [Path] {
        try work.entries().map(\.name).filter { $0.description.hasPrefix(name + ".") }
    }
}
