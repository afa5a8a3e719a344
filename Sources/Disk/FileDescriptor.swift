internal import Glibc

/// One open file with one owner, closed when the owner goes.
///
/// Reading and writing are at offsets, with no seek position to share, so that several threads may
/// use one descriptor. `close()` says whether everything written has arrived; a descriptor that is
/// merely dropped is closed silently, which is right for reading only.
public struct FileDescriptor: ~Copyable, Sendable {
    /// How to open a file. Links at the end of the path are followed only by `.reading`, for inputs
    /// that a person has named.
    public enum Access: Sendable {
        /// An existing file, for reading.
        case reading
        /// An existing file, for reading, never through a link.
        case readingNoLink
        /// An existing file, for reading and writing.
        case updating
        /// A new file; it is an error if there is one.
        case creating
        /// The file that is there, or a new one.
        case openingOrCreating

        var flags: CInt {
            switch self {
            case .reading: O_RDONLY | O_CLOEXEC
            case .readingNoLink: O_RDONLY | O_CLOEXEC | O_NOFOLLOW
            case .updating: O_RDWR | O_CLOEXEC | O_NOFOLLOW
            case .creating: O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
            case .openingOrCreating: O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
            }
        }
    }

    package private(set) var raw: CInt
    public let path: Path

    /// Opens `path` as a plain file: a folder, a socket or a pipe is refused (`open(2)`).
    public init(_ path: Path, _ access: Access, mode: UInt32 = 0o666) throws(DiskError) {
        try self.init(at: AT_FDCWD, path, shownAs: path, access, mode: mode)
    }

    init(
        at folder: CInt, _ name: Path, shownAs path: Path, _ access: Access, mode: UInt32
    ) throws(DiskError) {
        // Without O_NONBLOCK, opening a pipe would wait forever for its other end.
        let flags = access.flags | O_NONBLOCK
        let opened: CInt
        do {
            opened = try calling(.open, path) {
                name.withCString { openat(folder, $0, flags, mode) }
            }
        } catch {
            throw error.code == .isALink ? .isALink(path) : error
        }
        // What was just made is a plain file.
        if access != .creating, let refusal = Self.refusal(opened, path) {
            _ = Glibc.close(opened)
            throw refusal
        }
        raw = opened
        self.path = path
    }

    private static func refusal(_ raw: CInt, _ path: Path) -> DiskError? {
        var status = stat()
        guard fstat(raw, &status) == 0 else { return DiskError(.fstat, path, errno: errno) }
        switch FileStatus(status).kind {
        case .file: return nil
        case .folder: return DiskError(.open, path, errno: EISDIR)
        case .link, .other:
            return DiskError(
                .notAFile, "cannot read \(path): it is not a plain file",
                hint: "to read from a pipe, write its output to a file first")
        }
    }

    deinit {
        if raw >= 0 { _ = Glibc.close(raw) }
    }

    /// Closes the file, and says so if the last bytes could not be written (`close(2)`).
    public consuming func close() throws(DiskError) {
        let closing = raw
        raw = -1
        let fault = Faults.next(.close, path)
        // Not repeated on EINTR: Linux has released the descriptor by then.
        let failed = Glibc.close(closing) != 0 && errno != EINTR
        if case .failure(let code)? = fault { throw DiskError(.close, path, errno: code) }
        if failed { throw DiskError(.close, path, errno: errno) }
    }

    public func status() throws(DiskError) -> FileStatus { FileStatus(try rawStatus()) }

    func rawStatus() throws(DiskError) -> stat {
        var result = stat()
        _ = try calling(.fstat, path) { fstat(raw, &result) }
        return result
    }

    public func size() throws(DiskError) -> Int64 { try status().size }

    public func identity() throws(DiskError) -> FileIdentity {
        let status = try status()
        var system = statvfs()
        _ = try calling(.fstatvfs, path) { fstatvfs(raw, &system) }
        return FileIdentity(
            fileSystem: UInt64(system.f_fsid), inode: status.inode, size: status.size,
            modified: status.modified,
            changed: status.changed)
    }

    // MARK: Reading

    /// Reads what one `pread(2)` gives: 0 only at the end of the file.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64)
        throws(DiskError) -> Int
    {
        try moving(.pread, path, buffer.count, at: offset) {
            pread(raw, buffer.baseAddress, $0, off_t(offset))
        }
    }

    /// Fills the buffer, or what the file has for it, and returns how many bytes that were.
    public func readUpTo(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int64)
        throws(DiskError) -> Int
    {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try read(into: rest, at: offset + Int64(done))
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Fills the whole buffer; an end of file before that is an error.
    public func readFully(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int64)
        throws(DiskError)
    {
        let done = try readUpTo(buffer, at: offset)
        if done < buffer.count { throw .endOfFile(path, at: offset + Int64(done)) }
    }

    /// Tells the system that these bytes are wanted soon (`posix_fadvise(2)`). Advice cannot fail.
    public func willRead(_ count: Int, at offset: Int64) {
        _ = posix_fadvise(raw, off_t(offset), off_t(count), POSIX_FADV_WILLNEED)
    }

    // MARK: Writing

    /// Writes all the bytes at `offset`, in as many `pwrite(2)` as it takes.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(DiskError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            done += try moving(.pwrite, path, rest.count) {
                pwrite(raw, rest.baseAddress, $0, off_t(offset) + off_t(done))
            }
        }
    }

    public func write(_ bytes: [UInt8], at offset: Int64) throws(DiskError) {
        // withUnsafeBytes loses the error's type.
        let result = bytes.withUnsafeBytes { raw in
            Result { () throws(DiskError) in try write(raw, at: offset) }
        }
        try result.get()
    }

    public func truncate(to size: Int64) throws(DiskError) {
        _ = try calling(.ftruncate, path) { ftruncate(raw, off_t(size)) }
    }

    public func setMode(_ mode: UInt32) throws(DiskError) {
        _ = try calling(.fchmod, path) { fchmod(raw, mode) }
    }

    /// Syncs data and length (`fdatasync(2)`). After an error, nothing written since the last sync
    /// can be trusted.
    public func syncData() throws(DiskError) { try sync(.fdatasync) { fdatasync(raw) } }

    /// Syncs everything (`fsync(2)`). After an error, nothing written since the last sync can be
    /// trusted.
    public func sync() throws(DiskError) { try sync(.fsync) { fsync(raw) } }

    private func sync(_ call: SystemCall, _ body: () -> CInt) throws(DiskError) {
        do throws(DiskError) {
            _ = try calling(call, path, body)
        } catch {
            // A failed sync leaves pages in memory that the disk does not have, and marks them as
            // written: whoever reads the file next must see what the disk has.
            _ = posix_fadvise(raw, 0, 0, POSIX_FADV_DONTNEED)
            throw error
        }
    }

    /// Syncs writes through shared mappings: a later write to a page that is still dirty would not
    /// change the file's times. To be called before a file is read for a proof.
    public func syncMappings() throws(DiskError) {
        do throws(DiskError) {
            try sync()
        } catch  where error.code == .unsupported || error.code == .readOnly {
            // Where nothing can be written, nothing is dirty.
        }
    }
}
