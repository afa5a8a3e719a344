internal import CLinux
internal import Glibc

/// The space that is left for this user.
public struct FreeSpace: Sendable, Equatable {
    public let bytes: Int64
    /// Files that can still be made; nil where the file system does not count them.
    public let inodes: Int64?

    public init(bytes: Int64, inodes: Int64?) {
        self.bytes = bytes
        self.inodes = inodes
    }
}

extension Folder {
    /// The space left on the file system of this folder (`fstatvfs(3)`).
    public func freeSpace() throws(DiskError) -> FreeSpace {
        var system = statvfs()
        _ = try calling(.fstatvfs, path) { fstatvfs(raw, &system) }
        let (bytes, overflow) = Int64(clamping: system.f_bavail)
            .multipliedReportingOverflow(by: Int64(clamping: system.f_frsize))
        return FreeSpace(
            bytes: overflow ? .max : bytes,
            inodes: system.f_files == 0 ? nil : Int64(clamping: system.f_favail))
    }
}

extension FileDescriptor {
    /// How the room for a file was reserved.
    public enum Reservation: Sendable { case allocated, sparse }

    /// Gives the file its length and reserves the blocks for it where the file system can
    /// (`fallocate(2)`); elsewhere the file is sparse and the space must be watched.
    ///
    /// Not `posix_fallocate(3)`: glibc writes every block where the file system cannot reserve. And
    /// not in memory, where reserving clears every page: a second for 3 GiB.
    public func reserve(_ size: Int64) throws(DiskError) -> Reservation {
        if cl_is_in_memory(raw) != 0 {
            try truncate(to: size)
            return .sparse
        }
        do throws(DiskError) {
            _ = try calling(.fallocate, path) { fallocate(raw, 0, 0, off_t(size)) }
            return .allocated
        } catch  where error.code == .unsupported {
            try truncate(to: size)
            return .sparse
        }
    }
}
