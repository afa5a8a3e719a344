internal import Glibc

/// A failed system call: which, on what, and why, in one sentence.
public struct DiskError: Failure, Equatable {
    public struct Code: Sendable, Hashable {
        let name: String
        public static let notFound = Code(name: "notFound")
        public static let exists = Code(name: "exists")
        public static let notAFolder = Code(name: "notAFolder")
        public static let isAFolder = Code(name: "isAFolder")
        public static let isALink = Code(name: "isALink")
        public static let notAFile = Code(name: "notAFile")
        public static let denied = Code(name: "denied")
        public static let readOnly = Code(name: "readOnly")
        public static let noSpace = Code(name: "noSpace")
        public static let busy = Code(name: "busy")
        /// Free for this machine, which cannot see the locks of others.
        public static let perhapsBusy = Code(name: "perhapsBusy")
        /// The file system has no locks.
        public static let noLocks = Code(name: "noLocks")
        public static let crossDevice = Code(name: "crossDevice")
        public static let tooManyFiles = Code(name: "tooManyFiles")
        public static let nameTooLong = Code(name: "nameTooLong")
        public static let unsupported = Code(name: "unsupported")
        public static let endOfFile = Code(name: "endOfFile")
        public static let unsafeName = Code(name: "unsafeName")
        public static let io = Code(name: "io")
        public static let other = Code(name: "other")
    }

    public let code: Code
    public let message: String
    public let hint: Remedy?
    /// The system's errno; 0 for faults that we found ourselves.
    public let errno: CInt

    init(_ code: Code, _ message: String, hint: Remedy? = nil, errno: CInt = 0) {
        self.code = code
        self.message = message
        self.hint = hint
        self.errno = errno
    }

    /// The one place where errno becomes a sentence.
    package init(_ call: SystemCall, _ path: Path, errno: CInt) {
        let isLock = if case .flock = call { true } else { false }
        let code = isLock && Self.meansNoLocks(errno) ? .noLocks : Code(errno: errno)
        let reason =
            isLock && code == .busy ? "another run is using it" : Self.reason(errno)
        self.init(
            code, "cannot \(call.verb) \(path): \(reason)", hint: Self.hint(code), errno: errno)
    }

    static func endOfFile(_ path: Path, at offset: Int64) -> DiskError {
        DiskError(
            .endOfFile, "cannot read \(path): it ends at byte \(offset), earlier than expected",
            hint: "did another program change it? verify it again")
    }

    static func unsafeName(_ name: Path, in folder: Path) -> DiskError {
        DiskError(
            .unsafeName, "refused the name \"\(name)\" in \(folder): it leads out of that folder")
    }

    static func isALink(
        _ path: Path, hint: Remedy = "name the real file or folder"
    ) -> DiskError {
        DiskError(
            .isALink, "refused \(path): it is a symbolic link", hint: hint, errno: ELOOP)
    }

    static func notAFile(_ path: Path, _ reason: String) -> DiskError {
        DiskError(
            .notAFile, "cannot write \(path): \(reason), not a plain file",
            hint: "name a new file, or a plain file that may be overwritten")
    }

    static func noThread(errno: CInt) -> DiskError {
        DiskError(
            .other,
            "cannot start a thread: "
                + (errno == EAGAIN ? "no more are allowed" : reason(errno)),
            hint: "raise the limit of processes (ulimit -u) or of memory (ulimit -v)",
            errno: errno)
    }

    /// The cause in words: the system's own, unless only programmers know those.
    static func reason(_ errno: CInt) -> String {
        switch errno {
        case EWOULDBLOCK, EBUSY, ETXTBSY: return "another program is using it"
        case EXDEV: return "it is on another file system"
        case EOPNOTSUPP, ENOSYS, EINVAL: return "the file system does not support that"
        case ELOOP: return "its symbolic links lead in a circle"
        case ENOTDIR: return "it, or a part of its path, is not a folder"
        case EISDIR: return "it is a folder"
        case EEXIST: return "it is there already"
        case ENOTEMPTY: return "it is not empty"
        case EPERM: return "the system does not permit it"
        case EMFILE: return "this program has too many files open"
        case ENFILE: return "the system has too many files open"
        case ENAMETOOLONG: return "its name is too long"
        case EFBIG: return "the file system takes no file of that size"
        case EDQUOT: return "your disk quota is used up"
        case ENOMEM: return "there is not enough memory"
        case ESTALE: return "the file server does not know it any more"
        case ENODEV, ENXIO: return "there is no such device"
        case EBADF: return "it is not open"
        default: return systemReason(errno)
        }
    }

    private static func systemReason(_ errno: CInt) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(errno, &buffer, buffer.count) == 0 else {
            return "the system reports its error \(errno)"
        }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    private static func meansNoLocks(_ errno: CInt) -> Bool {
        [ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL, EBADF].contains(errno)
    }

    private static func hint(_ code: Code) -> Remedy? {
        switch code {
        case .noSpace: "free some space on that disk, then run the same command again"
        case .busy: "wait until the run that uses it ends"
        case .noLocks:
            "the file system there does not support locks (NFS without its lock service, Lustre "
                + "mounted with noflock): choose a folder on a local disk, with \(.stateFolder) or, "
                + "for outputs, \(.outputFolder); only one machine may then work on the same files"
        case .denied: "check the owner and the mode of the file and its folders"
        case .readOnly:
            "choose a folder on a writable disk with \(.dataFolder) or \(.stateFolder)"
        case .tooManyFiles: "raise the limit with `ulimit -n`"
        case .io: "the disk reports an error; look at `dmesg`"
        default: nil
        }
    }
}

/// What `open` gives; nil where the file or folder that it asks for does not exist.
public func ifPresent<Value: ~Copyable>(
    _ open: @autoclosure () throws(DiskError) -> Value
) throws(DiskError) -> Value? {
    do {
        return try open()
    } catch  where error.code == .notFound {
        return nil
    }
}

extension DiskError.Code {
    init(errno: CInt) {
        switch errno {
        case ENOENT: self = .notFound
        case EEXIST, ENOTEMPTY: self = .exists
        case ENOTDIR: self = .notAFolder
        case EISDIR: self = .isAFolder
        case ELOOP: self = .isALink
        case EACCES, EPERM: self = .denied
        case EROFS: self = .readOnly
        case ENOSPC, EDQUOT: self = .noSpace
        case EWOULDBLOCK, EBUSY: self = .busy
        case EXDEV: self = .crossDevice
        case EMFILE, ENFILE: self = .tooManyFiles
        case ENAMETOOLONG: self = .nameTooLong
        case EOPNOTSUPP, ENOSYS, EINVAL: self = .unsupported
        case EIO: self = .io
        default: self = .other
        }
    }
}
