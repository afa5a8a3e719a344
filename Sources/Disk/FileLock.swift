internal import CLinux
internal import Glibc

/// A lock that dies with the process (`flock(2)`), so that no stale lock is ever left.
///
/// On NFS the kernel makes a lock of `fcntl(2)` of it, which other machines see. The file says who
/// holds the lock, for the messages of others; a run that was killed leaves that text behind.
public struct FileLock: ~Copyable, Sendable {
    private let file: FileDescriptor
    /// Whether the file names this process.
    private let isNoted: Bool
    /// A run on another machine that has lost the lock, or ended without releasing it.
    public let leftBy: LockOwner?

    /// Takes the lock on `path`, creating the file if it is missing.
    ///
    /// - Parameters:
    ///   - isShared: whether other shared locks are allowed. The file then names nobody.
    ///   - isNoted: false for a lock that is taken only to see whether it is free.
    /// - Throws: `.busy` while another process holds it, or has just removed the file; `.perhapsBusy`
    ///   where another machine may hold it and its locks cannot be seen; `.noLocks`.
    public init(
        _ path: Path, isShared: Bool = false, isNoted: Bool = true
    ) throws(DiskError) {
        try self.init(
            path, isShared: isShared, isNoted: isNoted, as: .current, on: MountTable.current)
    }

    /// - Parameters:
    ///   - here: this process.
    ///   - mounts: is read only where another machine is named.
    init(
        _ path: Path, isShared: Bool = false, isNoted: Bool = true, as here: LockOwner,
        on mounts: @autoclosure () -> MountTable
    ) throws(DiskError) {
        let file = try FileDescriptor(path, .openingOrCreating, mode: 0o644)
        let kind = isShared ? LOCK_SH : LOCK_EX
        do throws(DiskError) {
            _ = try calling(.flock, path) { lock(file.raw, kind) }
        } catch  where error.code == .busy {
            throw .busy(path, LockOwner(decoding: Self.text(file)), from: here)
        }
        // A lock on a file that was just removed excludes nobody: others lock the next file.
        let status = try file.rawStatus()
        guard try Folder(path.parent).status(path.lastComponent)?.inode == UInt64(status.st_ino)
        else { throw .busy(path) }
        let text = Self.text(file)
        let left = LockOwner(decoding: text).flatMap { $0.isElsewhere(from: here) ? $0 : nil }
        if let left, let locks = mounts().localLocks(on: DeviceNumber(status.st_dev)) {
            throw .perhapsBusy(path, left, locks)
        }
        var isNamed = false
        if LockOwner.mayReplace(text), isNoted {
            isNamed = !isShared && Self.write(here, to: file)
            // Of somebody who had it alone before.
            if !isNamed, !text.isEmpty { try? file.truncate(to: 0) }
        }
        self.file = file
        self.isNoted = isNamed
        leftBy = left
    }

    deinit {
        if isNoted { try? file.truncate(to: 0) }
    }

    private static func text(_ file: borrowing FileDescriptor) -> [UInt8] {
        (try? file.bytes(upTo: LockOwner.lengthLimit)) ?? []
    }

    /// Without room for the text the lock holds all the same.
    private static func write(_ owner: LockOwner, to file: borrowing FileDescriptor) -> Bool {
        do throws(DiskError) {
            try file.truncate(to: 0)
            try file.write(owner.encoded, at: 0)
        } catch {
            return false
        }
        // Other machines read what the file server has. This does not wait for any disk.
        _ = sync_file_range(file.raw, 0, 0, 2 /* SYNC_FILE_RANGE_WRITE */)
        return true
    }
}

/// The same on a folder, without creating a file in it.
///
/// It is an additional lock: where the file system has no locks, as NFS without its lock daemon, it
/// is skipped. NFS has none on folders at all.
public struct FolderLock: ~Copyable, Sendable {
    private let folder: Folder

    /// - Throws: `.busy` while another process holds it.
    public init(_ path: Path) throws(DiskError) {
        let folder = try Folder(path)
        _ = try claim(folder.raw, folder.path)
        self.folder = folder
    }
}

extension FileDescriptor {
    /// Keeps others from claiming the same file, by any name, until this descriptor is closed.
    /// Where the file system has no locks, nothing happens.
    ///
    /// - Returns: whether there are locks.
    /// - Throws: `.busy` while another descriptor has it.
    @discardableResult
    public func claim() throws(DiskError) -> Bool { try Disk.claim(raw, path) }
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

private func claim(_ raw: CInt, _ path: Path) throws(DiskError) -> Bool {
    do throws(DiskError) {
        _ = try calling(.flock, path) { lock(raw, LOCK_EX) }
        return true
    } catch  where error.code == .busy {
        throw error
    } catch {
        // ENOLCK, EOPNOTSUPP, EBADF of a folder on some network file systems: locks are not available.
        return false
    }
}
