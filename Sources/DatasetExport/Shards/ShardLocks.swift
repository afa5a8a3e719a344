internal import Disk

/// Keeps runs away from each other's shards: one lock that slices share and a whole run has alone,
/// and one for each slice. Released with the object.
final class ShardLocks {
    private var held: [Shared<FileLock>] = []

    /// For a whole run, and for removing the folder.
    ///
    /// - Parameter name: the prefix of lock files.
    /// - Throws: `.busy` while any run works there.
    func takeAlone(_ work: borrowing Folder, named name: String) throws(DiskError) {
        do throws(DiskError) {
            try take(work, Path(name))
        } catch  where error.code == .busy {
            // Slices share that lock, which then names nobody; their own locks do.
            for other in try slices(work, name) { try look(work, other) }
            throw error
        }
        for other in try slices(work, name) { try take(work, other) }
    }

    /// - Throws: `.busy` while another run writes some of the same shards: a whole run, the same
    ///   slice, or a slice of another count.
    func takeSlice(
        _ slice: ShardSlice, _ work: borrowing Folder, named name: String
    ) throws(DiskError) {
        held.append(Shared(try FileLock(work.path.appending(name), isShared: true)))
        // Locks its own slice first: if two begin at once, at least one sees the other.
        let suffix = ShardSlice.suffix(slice.count)
        try take(work, Path("\(name).\(slice)"))
        for other in try slices(work, name) where !other.hasSuffix(suffix) {
            try look(work, other)
        }
    }

    private func look(_ work: borrowing Folder, _ name: Path) throws(DiskError) {
        _ = try FileLock(work.path.appending(name), isNoted: false)
    }

    private func take(_ work: borrowing Folder, _ name: Path) throws(DiskError) {
        held.append(Shared(try FileLock(work.path.appending(name))))
    }

    /// Held or not.
    private func slices(_ work: borrowing Folder, _ name: String) throws(DiskError) -> [Path] {
        try work.entries().map(\.name).filter { $0.description.hasPrefix(name + ".") }
    }
}
