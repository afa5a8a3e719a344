internal import Glibc

/// The contents of a folder: as a list, or name by name for folders of a million names.
extension Folder {
    public struct Entry: Sendable, Hashable {
        public let name: Path
        public let kind: FileStatus.Kind
    }

    /// One name in a folder. A view, valid until the visitor returns: to keep the name, make a `Path`.
    public struct Item {
        public let name: UnsafeRawBufferPointer
        /// What it is; a link stands for itself.
        public let kind: FileStatus.Kind
        fileprivate let folder: CInt

        /// What the name leads to, through links too; nil where a link leads nowhere.
        ///
        /// - Parameter path: the folder's, for errors.
        public func target(in path: Path) throws(DiskError) -> FileStatus? {
            try status(flags: 0, path)
        }

        fileprivate func status(flags: CInt, _ path: Path) throws(DiskError) -> FileStatus? {
            guard let start = name.bindMemory(to: CChar.self).baseAddress else { return nil }
            var result = stat()
            while fstatat(folder, start, &result, flags) != 0 {
                switch errno {
                case EINTR: continue
                // Removed meanwhile, or a link that leads nowhere or in a circle.
                case ENOENT, ENOTDIR, ELOOP: return nil
                default: throw DiskError(.fstatat, path.appending(Path(bytes: name)), errno: errno)
                }
            }
            return FileStatus(result)
        }
    }

    /// Everything in this folder but `.` and `..`, in the order of the names' bytes.
    public func entries() throws(DiskError) -> [Entry] {
        let names = try Names(of: self)
        var result: [Entry] = []
        while let item = try names.next() {
            result.append(Entry(name: Path(bytes: item.name), kind: item.kind))
        }
        return result.sorted { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
    }

    /// Hands everything in this folder but `.` and `..` to `visit`, in no order.
    public func visit(_ visit: (Item) throws -> Void) throws {
        let names = try Names(of: self)
        while let item = try names.next() { try visit(item) }
    }

    /// The names in a folder, as the system gives them (`readdir(3)`).
    private final class Names {
        // Not `d_name` itself: Swift knows only 256 bytes of it, and names may be longer.
        private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19

        private let stream: OpaquePointer
        private let folder: CInt
        private let path: Path

        init(of folder: borrowing Folder) throws(DiskError) {
            let (raw, path) = (folder.raw, folder.path)
            // A second descriptor: fdopendir(3) takes over the one it is given.
            let own = try calling(.open, path) {
                openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            }
            guard let stream = fdopendir(own) else {
                let code = errno
                _ = Glibc.close(own)
                throw DiskError(.fdopendir, path, errno: code)
            }
            self.stream = stream
            self.folder = raw
            self.path = path
        }

        deinit { closedir(stream) }

        /// Good until the next call.
        func next() throws(DiskError) -> Item? {
            while true {
                if case .failure(let code)? = Faults.next(.readdir, path) {
                    throw DiskError(.readdir, path, errno: code)
                }
                errno = 0
                guard let entry = readdir(stream) else {
                    if errno != 0 { throw DiskError(.readdir, path, errno: errno) }
                    return nil
                }
                let start = UnsafeRawPointer(entry) + Self.nameOffset
                let name = UnsafeRawBufferPointer(
                    start: start, count: strlen(start.assumingMemoryBound(to: CChar.self)))
                if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) { continue }
                if let item = try item(name, entry.pointee.d_type) { return item }
            }
        }

        /// - Returns: nil for what was removed meanwhile.
        private func item(
            _ name: UnsafeRawBufferPointer, _ type: UInt8
        ) throws(DiskError) -> Item? {
            switch Int32(type) {
            case Int32(DT_REG): return Item(name: name, kind: .file, folder: folder)
            case Int32(DT_DIR): return Item(name: name, kind: .folder, folder: folder)
            case Int32(DT_LNK): return Item(name: name, kind: .link, folder: folder)
            case Int32(DT_UNKNOWN):
                // Some file systems do not report the kind here.
                let unknown = Item(name: name, kind: .other, folder: folder)
                guard let status = try unknown.status(flags: AT_SYMLINK_NOFOLLOW, path) else {
                    return nil
                }
                return Item(name: name, kind: status.kind, folder: folder)
            default: return Item(name: name, kind: .other, folder: folder)
            }
        }
    }
}

extension Folder {
    public func identity() throws(DiskError) -> FolderIdentity {
        var (status, system) = (stat(), statvfs())
        _ = try calling(.fstat, path) { fstat(raw, &status) }
        _ = try calling(.fstatvfs, path) { fstatvfs(raw, &system) }
        return FolderIdentity(fileSystem: UInt64(system.f_fsid), inode: UInt64(status.st_ino))
    }
}

/// Identifies a folder, whatever path leads to it.
public struct FolderIdentity: Hashable, Sendable {
    let fileSystem: UInt64
    let inode: UInt64
}
