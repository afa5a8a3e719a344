internal import Glibc

/// The system calls that this project makes, by name. Nothing else calls them directly, so that
/// EINTR is retried, errno translated and faults injected in this one place.
package enum SystemCall: String, Sendable {
    case open, close, read, pread, pwrite, write, fsync, fdatasync, fstat, fstatat, ftruncate,
        fallocate
    case mkdirat, renameat, unlinkat, fstatvfs, flock
    case fdopendir, readdir, fchmod, lseek, syncfs, linkat, symlinkat, realpath
    case copyFileRange = "copy_file_range"

    /// What the call does, as in "cannot … FILE".
    var verb: String {
        switch self {
        case .open: "open"
        case .close: "finish writing"
        case .read, .pread: "read"
        case .pwrite, .write: "write"
        case .fsync, .fdatasync, .syncfs: "sync"
        case .fstat, .fstatat: "inspect"
        case .ftruncate: "set the length of"
        case .fallocate: "reserve space for"
        case .mkdirat: "create the folder"
        case .renameat: "rename"
        case .unlinkat: "remove"
        case .fstatvfs: "get the free space of"
        case .flock: "lock"
        case .fdopendir, .readdir: "list"
        case .fchmod: "set the mode of"
        case .lseek: "find the holes of"
        case .linkat, .symlinkat: "create the link"
        case .realpath: "find"
        case .copyFileRange: "copy"
        }
    }
}

/// Makes one call until it is not interrupted, and turns its failure into a `DiskError`. The path is
/// put together only for an error.
@inline(__always)
func calling<Result: FixedWidthInteger & SignedInteger>(
    _ call: SystemCall, _ path: @autoclosure () -> Path, _ body: () -> Result
) throws(DiskError) -> Result {
    while true {
        if case .failure(let code)? = Faults.next(call, path()) {
            if code == EINTR { continue }
            throw DiskError(call, path(), errno: code)
        }
        let result = body()
        if result >= 0 { return result }
        let code = errno
        if code == EINTR { continue }
        throw DiskError(call, path(), errno: code)
    }
}

/// The same for a call that moves bytes, which tests can also make move fewer.
@inline(__always)
func moving(
    _ call: SystemCall, _ path: Path, _ count: Int, at offset: Int64? = nil, _ body: (Int) -> Int
) throws(DiskError) -> Int {
    while true {
        var count = count
        switch Faults.next(call, path, of: offset.map { $0..<$0 + min(Int64(count), .max - $0) }) {
        case .failure(EINTR)?: continue
        case .failure(let code)?: throw DiskError(call, path, errno: code)
        case .short(let limit)?: count = min(count, limit)
        case .late(let milliseconds)?: Thread.sleep(milliseconds: milliseconds)
        case nil: break
        }
        let result = body(count)
        if result >= 0 { return result }
        if errno == EINTR { continue }
        throw DiskError(call, path, errno: errno)
    }
}
