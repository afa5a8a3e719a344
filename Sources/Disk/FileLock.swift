internal import Glibc

/// A lock that dies with the process (`flock(2)`), so that no stale one is ever left.
public struct FileLock: ~Copyable, Sendable {
    private let file: FileDescriptor

    /// Takes the lock on `path`, making the file if need be.
    ///
    /// - Parameter isShared: whether others may share it, as long as nobody has it alone.
    /// - Throws: `.busy` while another process holds it, or has just removed the file.
    public init(_ path: Path, isShared: Bool = false) throws(DiskError) {
        let file = try FileDescriptor(path, .openingOrCreating, mode: 0o644)
        let kind = isShared ? LOCK_SH : LOCK_EX
        _ = try calling(.flock, path) { flock(file.raw, kind | LOCK_NB) }
        // A file that was removed between the two keeps nobody out: others lock the next one.
        let locked = try file.status().inode
        guard try Folder(path.parent).status(path.lastComponent)?.inode == locked else {
            throw DiskError(.flock, path, errno: EWOULDBLOCK)
        }
        self.file = file
    }
}
