internal import Glibc

/// What tells that a file is still the one that was looked at before.
///
/// A copy, an edit, a replacement or a roll-back changes at least one of these. `fsid` stands for
/// the device because `st_dev` may change when the machine starts again.
public struct FileIdentity: Hashable, Sendable {
    public let fileSystem: UInt64
    public let inode: UInt64
    public let size: Int64
    public let modified: Timestamp
    public let changed: Timestamp

    public init(
        fileSystem: UInt64, inode: UInt64, size: Int64, modified: Timestamp, changed: Timestamp
    ) {
        self.fileSystem = fileSystem
        self.inode = inode
        self.size = size
        self.modified = modified
        self.changed = changed
    }
}

/// A time of the file system's: compared for equality, and for order only with another of the same
/// file.
public struct Timestamp: Hashable, Sendable, CustomStringConvertible {
    public let seconds: Int64
    public let nanoseconds: Int64

    public init(seconds: Int64, nanoseconds: Int64) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Reads what `description` gives.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let seconds = Int64(parts[0]), let nanoseconds = Int64(parts[1])
        else { return nil }
        self.init(seconds: seconds, nanoseconds: nanoseconds)
    }

    /// `SECONDS.NANOSECONDS`, as records have it.
    public var description: String { "\(seconds).\(nanoseconds)" }

    /// How much later it is than another; less than zero where that was later.
    public func since(_ other: Timestamp) -> Duration {
        .seconds(seconds) + .nanoseconds(nanoseconds) - .seconds(other.seconds)
            - .nanoseconds(other.nanoseconds)
    }
}

/// The part of `fstat(2)` that is used here.
public struct FileStatus: Sendable {
    public enum Kind: Sendable { case file, folder, link, other }

    public let kind: Kind
    public let size: Int64
    /// Bytes that the file really takes up: less than `size` where it has holes.
    public let allocated: Int64
    public let mode: UInt32
    public let links: UInt64
    public let inode: UInt64
    public let modified: Timestamp
    let changed: Timestamp

    init(_ raw: stat) {
        kind =
            switch raw.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        size = Int64(raw.st_size)
        allocated = Int64(raw.st_blocks) * 512
        mode = raw.st_mode & 0o7777
        links = UInt64(raw.st_nlink)
        inode = UInt64(raw.st_ino)
        modified = Timestamp(
            seconds: Int64(raw.st_mtim.tv_sec), nanoseconds: Int64(raw.st_mtim.tv_nsec))
        changed = Timestamp(
            seconds: Int64(raw.st_ctim.tv_sec), nanoseconds: Int64(raw.st_ctim.tv_nsec))
    }
}

extension FileIdentity {
    /// Whether it is the same file, however it has changed since.
    public func isSameFile(as other: FileIdentity) -> Bool {
        fileSystem == other.fileSystem && inode == other.inode
    }
}

extension Folder {
    /// What this folder itself is.
    public func status() throws(DiskError) -> FileStatus {
        var status = stat()
        _ = try calling(.fstat, path) { fstat(raw, &status) }
        return FileStatus(status)
    }

    /// Whether this is the same folder, by whatever path it was opened.
    public func isSame(as other: borrowing Folder) throws(DiskError) -> Bool {
        let (mine, others) = (try place(), try other.place())
        return mine == others
    }

    /// Whether both take their room from the same file system.
    public func sharesFileSystem(with other: borrowing Folder) throws(DiskError) -> Bool {
        let (mine, others) = (try place()[0], try other.place()[0])
        return mine == others
    }

    /// Whether a name of this folder is still that of an open file, and of no other by now.
    public func leads(
        _ name: Path, to file: borrowing FileDescriptor
    ) throws(DiskError) -> Bool {
        let inode = try file.status().inode
        return try status(name)?.inode == inode
    }

    private func place() throws(DiskError) -> [UInt64] {
        var status = stat()
        _ = try calling(.fstat, path) { fstat(raw, &status) }
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }
}
