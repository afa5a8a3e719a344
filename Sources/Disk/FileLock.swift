internal import Glibc

/// An exclusive lock that dies with the process (`flock(2)`), so that no stale one is ever left.
public struct FileLock: ~Copyable, Sendable {
    private let file: FileDescriptor

    /// Takes the lock on `path`, making the file if need be.
    ///
    /// - Throws: `.busy` while another process holds it.
    public init(_ path: Path) throws(DiskError) {
        let file = try FileDescriptor(path, .openingOrCreating, mode: 0o644)
        _ = try calling(.flock, path) { flock(file.raw, LOCK_EX | LOCK_NB) }
        self.file = file
    }
}
