internal import Glibc

/// A lock that dies with the process (`flock(2)`), so that no stale lock is ever left.
public struct FileLock: ~Copyable, Sendable {
    private let file: FileDescriptor

    /// Takes the lock on `path`, creating the file if it is missing.
    ///
    /// - Parameter isShared: whether other shared locks are allowed.
    /// - Throws: `.busy` while another process holds it, or has just removed the file.
    public init(_ path: Path, isShared: Bool = false) throws(DiskError) {
        let file = try FileDescriptor(path, .openingOrCreating, mode: 0o644)
        let kind = isShared ? LOCK_SH : LOCK_EX
        _ = try calling(.flock, path) { lock(file.raw, kind) }
        // A lock on a file that was just removed excludes nobody: others lock the next file.
        let locked = try file.status().inode
        guard try Folder(path.parent).status(path.lastComponent)?.inode == locked else {
            throw DiskError(.flock, path, errno: EWOULDBLOCK)
        }
        self.file = file
    }
}

/// The same on a folder, without creating a file in it.
///
/// It is an additional lock: where the file system has no locks, as NFS without its lock daemon, it
/// is skipped.
public struct FolderLock: ~Copyable, Sendable {
    private let folder: Folder

    /// - Throws: `.busy` while another process holds it.
    public init(_ path: Path) throws(DiskError) {
        let folder = try Folder(path)
        try claim(folder.raw, folder.path)
        self.folder = folder
    }
}

extension FileDescriptor {
    /// Keeps others from claiming the same file, by any name, until this descriptor is closed.
    /// Where the file system has no locks, nothing happens.
    ///
    /// - Throws: `.busy` while another descriptor has it.
    public func claim() throws(DiskError) { try Disk.claim(raw, path) }
}

/// A child that another thread has just made holds this process's locks until it runs its program:
/// "busy" counts when it lasts.
private func lock(_ raw: CInt, _ kind: CInt) -> CInt {
    for _ in 0..<5 {
        if flock(raw, kind | LOCK_NB) == 0 || errno != EWOULDBLOCK { break }
        usleep(10_000)
    }
    return flock(raw, kind | LOCK_NB)
}

private func claim(_ raw: CInt, _ path: Path) throws(DiskError) {
    do throws(DiskError) {
        _ = try calling(.flock, path) { lock(raw, LOCK_EX) }
    } catch  where error.code == .busy {
        throw error
    } catch {
        // ENOLCK, EOPNOTSUPP, EBADF of a folder on some network file systems: locks are not available.
    }
}

extension DiskError {
    /// Somebody else is using `path`.
    package static func busy(_ path: Path) -> DiskError {
        DiskError(.flock, path, errno: EWOULDBLOCK)
    }
}
