internal import CLinux
internal import Glibc

/// An open folder. Everything in it is reached relative to its descriptor and through no link, so
/// that nobody can make us write elsewhere by swapping a folder for a link meanwhile.
public struct Folder: ~Copyable, Sendable {
    let raw: CInt
    public let path: Path

    /// Opens a folder that a person has named; links on the way are followed.
    public init(_ path: Path) throws(DiskError) {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
        raw = try calling(.open, path) { path.withCString { Glibc.open($0, flags) } }
        self.path = path
    }

    private init(raw: CInt, path: Path) {
        self.raw = raw
        self.path = path
    }

    deinit { _ = Glibc.close(raw) }

    /// Opens the folder at `path`, making it and those above it where they are missing.
    public static func creating(_ path: Path) throws(DiskError) -> Folder {
        do {
            return try Folder(path)
        } catch  where error.code == .notFound {
            if path.parent != path { _ = try creating(path.parent) }
            try makeFolder(at: AT_FDCWD, path, shownAs: path, mode: 0o777)
            return try Folder(path)
        }
    }

    /// Opens a folder that this program made at `path`: a link in its place is refused, so that nobody can make us
    /// write or remove elsewhere. Those above it were named by a person, and may be links.
    ///
    /// - Parameter creating: whether it is made, and those above it, where it is missing.
    public static func own(_ path: Path, creating: Bool = false) throws(DiskError) -> Folder {
        let parent = creating ? try Folder.creating(path.parent) : try Folder(path.parent)
        do throws(DiskError) {
            return try parent.folder(path.lastComponent)
        } catch  where error.code == .notFound && creating {
            return try parent.folder(path.lastComponent, creating: true)
        } catch  where error.code == .isALink {
            throw .isALink(
                path,
                hint:
                    "put a real folder in its place; to use another disk, mount it there or name "
                    + "the real folder")
        }
    }

    /// Opens the folder at `path`, or the nearest one above it that exists: where a question about
    /// a folder that is yet to be made can be asked.
    public static func nearest(to path: Path) throws(DiskError) -> Folder {
        do {
            return try Folder(path)
        } catch  where error.code == .notFound && path.parent != path {
            return try nearest(to: path.parent)
        }
    }

    // MARK: Below this folder

    /// Opens the folder `relative` below this one, following no link.
    public func folder(_ relative: Path, creating: Bool = false) throws(DiskError) -> Folder {
        let components = try safeComponents(relative)
        guard let first = components.first else { return try Folder(duplicating: self) }
        var current = try entering(first, creating)
        for component in components.dropFirst() {
            current = try current.entering(component, creating)
        }
        return current
    }

    private func entering(_ name: Path, _ creating: Bool) throws(DiskError) -> Folder {
        if creating {
            let shown = path.appending(name)
            try Self.makeFolder(at: raw, name, shownAs: shown, mode: 0o777)
        }
        return try child(name)
    }

    /// Opens a file below this folder, following no link.
    public func file(
        _ relative: Path, _ access: FileDescriptor.Access, mode: UInt32 = 0o666
    ) throws(DiskError) -> FileDescriptor {
        let components = try safeComponents(relative)
        guard let name = components.last else { throw .unsafeName(relative, in: path) }
        let access =
            if case .reading = access { FileDescriptor.Access.readingNoLink } else { access }
        if components.count == 1 {
            let shown = path.appending(name)
            return try FileDescriptor(at: raw, name, shownAs: shown, access, mode: mode)
        }
        let holder = try folder(relative.parent)
        return try holder.file(name, access, mode: mode)
    }

    /// What `relative` is, or nil if there is nothing. The last link is not followed.
    public func status(_ relative: Path) throws(DiskError) -> FileStatus? {
        let components = try safeComponents(relative)
        guard let name = components.last else { throw .unsafeName(relative, in: path) }
        if components.count > 1 {
            do {
                return try folder(relative.parent).status(name)
            } catch  where error.code == .notFound {
                return nil
            }
        }
        var result = stat()
        let shown = path.appending(name)
        do {
            _ = try calling(.fstatat, shown) {
                name.withCString { fstatat(raw, $0, &result, AT_SYMLINK_NOFOLLOW) }
            }
        } catch  where error.code == .notFound {
            return nil
        }
        return FileStatus(result)
    }

    // MARK: Changing

    /// Renames a file or folder of this folder, replacing what has the new name.
    public func rename(_ name: Path, to newName: Path) throws(DiskError) {
        let (name, newName) = (try single(name), try single(newName))
        _ = try calling(.renameat, path.appending(newName)) {
            name.withCString { old in newName.withCString { renameat(raw, old, raw, $0) } }
        }
    }

    /// Moves a file or folder of this folder, under its name, into another on the same file system,
    /// over a file or an empty folder of that name.
    public func move(_ name: Path, into other: borrowing Folder) throws(DiskError) {
        let name = try single(name)
        let target = other.raw
        _ = try calling(.renameat, other.path.appending(name)) {
            name.withCString { renameat(raw, $0, target, $0) }
        }
    }

    /// Gives a file of this folder another name in another folder on the same file system
    /// (`linkat(2)`).
    ///
    /// - Parameter followingLink: whether the file that a symbolic link leads to gets the name, and
    ///   not the link itself.
    public func link(
        _ name: Path, into other: borrowing Folder, as newName: Path, followingLink: Bool = false
    ) throws(DiskError) {
        let (name, newName, target) = (try single(name), try single(newName), other.raw)
        let flags = followingLink ? AT_SYMLINK_FOLLOW : 0
        _ = try calling(.linkat, other.path.appending(newName)) {
            name.withCString { old in newName.withCString { linkat(raw, old, target, $0, flags) } }
        }
    }

    /// Removes a file, or an empty folder; nothing there is no error.
    public func remove(_ name: Path, isFolder: Bool = false) throws(DiskError) {
        let name = try single(name)
        do {
            _ = try calling(.unlinkat, path.appending(name)) {
                name.withCString { unlinkat(raw, $0, isFolder ? AT_REMOVEDIR : 0) }
            }
        } catch  where error.code == .notFound {}
    }

    /// Removes a folder with all that is in it; links in it are removed, not followed.
    ///
    /// NFS keeps a file that is removed while it is open, a lock for one, as `.nfs…` until it is
    /// closed, and the folder with it: that folder stays, empty from then on.
    public func removeTree(_ name: Path) throws(DiskError) {
        guard let kind = try status(try single(name))?.kind else { return }
        guard kind == .folder else { return try remove(name) }
        let inner = try folder(name)
        for entry in try inner.entries() {
            if entry.kind == .folder {
                try inner.removeTree(entry.name)
            } else {
                do throws(DiskError) {
                    try inner.remove(entry.name)
                } catch  where error.code == .busy && Self.isKeptByNFS(entry.name) {}
            }
        }
        do throws(DiskError) {
            try remove(name, isFolder: true)
        } catch  where error.code == .exists {
            let left = try inner.entries().map(\.name)
            if left.isEmpty || !left.allSatisfy(Self.isKeptByNFS) { throw error }
        }
    }

    private static func isKeptByNFS(_ name: Path) -> Bool {
        name.bytes.starts(with: ".nfs".utf8)
    }

    /// Brings the names in this folder to the disk (`fsync(2)`).
    public func sync() throws(DiskError) {
        _ = try calling(.fsync, path) { fsync(raw) }
    }

    /// Brings everything on this folder's file system to the disk (`syncfs(2)`): once for a tree of
    /// files, where a sync for each would take longer than writing them.
    public func syncFileSystem() throws(DiskError) {
        _ = try calling(.syncfs, path) { syncfs(raw) }
    }

    // MARK: Parts

    private init(duplicating other: borrowing Folder) throws(DiskError) {
        let (raw, path) = (other.raw, other.path)
        self.raw = try calling(.open, path) { fcntl(raw, F_DUPFD_CLOEXEC, 0) }
        self.path = path
    }

    private func child(_ name: Path) throws(DiskError) -> Folder {
        let shown = path.appending(name)
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW
        do {
            let raw = try calling(.open, shown) { name.withCString { openat(self.raw, $0, flags) } }
            return Folder(raw: raw, path: shown)
        } catch  where error.code == .notAFolder {
            // O_DIRECTORY hides that a link was the reason.
            if try status(name)?.kind == .link { throw .isALink(shown) }
            throw error
        }
    }

    private static func makeFolder(
        at folder: CInt, _ name: Path, shownAs path: Path, mode: UInt32
    ) throws(DiskError) {
        do {
            _ = try calling(.mkdirat, path) { name.withCString { mkdirat(folder, $0, mode) } }
        } catch  where error.code == .exists {}
    }

    func single(_ name: Path) throws(DiskError) -> Path {
        let components = try safeComponents(name)
        guard components.count == 1, let only = components.first else {
            throw .unsafeName(name, in: path)
        }
        return only
    }

    /// The components of a relative path that stays below this folder; anything else is refused.
    private func safeComponents(_ relative: Path) throws(DiskError) -> [Path] {
        let components = relative.components
        if relative.isAbsolute || components.contains(where: { $0 == "." || $0 == ".." }) {
            throw .unsafeName(relative, in: path)
        }
        return components
    }
}
