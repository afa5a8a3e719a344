public import Disk

/// An archive that could not be read: which, where in it, and why, in one sentence.
public struct ArchiveError: Failure, Equatable {
    public struct Code: Sendable, Hashable {
        let name: String
        /// The file could not be opened or read; `cause` says more.
        public static let disk = Code(name: "disk")
        /// The bytes are not a supported archive.
        public static let notAnArchive = Code(name: "notAnArchive")
        /// The archive is cut off or its bytes contradict each other.
        public static let damaged = Code(name: "damaged")
        /// A member or a name is longer than the caller allows.
        public static let tooLarge = Code(name: "tooLarge")
        /// This libarchive cannot do what is needed.
        public static let unsupported = Code(name: "unsupported")
        /// The bytes there are still being fetched, or known to be damaged.
        public static let missing = Code(name: "missing")
        public static let outOfMemory = Code(name: "outOfMemory")
    }

    public let code: Code
    public let message: String
    public let hint: Remedy?
    /// The byte of the archive's file near which reading ended.
    public let offset: Int64?
    /// The system call that failed, for `.disk`.
    public let disk: DiskError?
    public var cause: (any Error)? { disk }

    private init(
        _ code: Code, _ message: String, hint: Remedy? = nil, offset: Int64? = nil,
        disk: DiskError? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.offset = offset
        self.disk = disk
    }

    static func disk(_ cause: DiskError, at offset: Int64? = nil) -> ArchiveError {
        ArchiveError(.disk, cause.message, hint: cause.hint, offset: offset, disk: cause)
    }

    /// What `body` gives; a failure of the disk becomes one of the archive.
    static func catching<Value: ~Copyable>(
        at offset: Int64? = nil, _ body: @autoclosure () throws(DiskError) -> Value
    ) throws(ArchiveError) -> Value {
        do {
            return try body()
        } catch {
            throw .disk(error, at: offset)
        }
    }

    static func notAnArchive(_ path: Path) -> ArchiveError {
        ArchiveError(
            .notAnArchive, "cannot read \(path): it is not a tar or zip archive",
            hint: "look at its first bytes: a login page may have been saved instead")
    }

    static func compressedAfar(_ path: Path, _ what: String) -> ArchiveError {
        ArchiveError(
            .unsupported,
            "cannot read \(path) without downloading it: it is \(what), not a plain tar",
            hint: "download the whole file first")
    }

    static func zipInside(_ path: Path) -> ArchiveError {
        ArchiveError(
            .notAnArchive,
            "cannot read \(path): other bytes come before its zip, as in a program that "
                + "unpacks itself",
            hint: "unpack it without running it: python3 -m zipfile -e \(path) unpacked")
    }

    static func noTarInside(_ path: Path) -> ArchiveError {
        ArchiveError(
            .notAnArchive, "cannot read \(path): it is compressed, but holds no tar",
            hint: "decompress it and look at the result: it may have been compressed twice")
    }

    static func damaged(_ path: Path, at offset: Int64, _ reason: String) -> ArchiveError {
        ArchiveError(
            .damaged, "cannot read \(path) beyond byte \(offset): \(reason)",
            hint: "it is cut off or damaged: verify it, and download it again if it is wrong",
            offset: offset)
    }

    static func memberTooLarge(_ member: Path, in path: Path, limit: Int) -> ArchiveError {
        ArchiveError(
            .tooLarge,
            "refused \(member) in \(path): it is longer than \(limit) bytes, the "
                + "most that such a member may have",
            hint: "it does not belong to ImageNet, or is damaged: verify the archive")
    }

    static func nameTooLong(_ count: Int, in path: Path, at offset: Int64) -> ArchiveError {
        ArchiveError(
            .tooLarge, "refused \(path): a name at byte \(offset) has \(count) bytes",
            hint: "it is damaged or malicious: verify it, and download it again if it is wrong",
            offset: offset)
    }

    static func unpacksToTooMuch(_ path: Path, at offset: Int64) -> ArchiveError {
        ArchiveError(
            .tooLarge,
            "refused \(path): its first \(offset) bytes unpack to more than a thousand times as "
                + "many",
            hint: "it is malicious, or does not belong to ImageNet: verify it", offset: offset)
    }

    static func needsTooMuch(_ path: Path) -> ArchiveError {
        ArchiveError(
            .tooLarge,
            "refused \(path): unpacking it needs more memory than an archive may take",
            hint: "compress it again with a smaller window, such as that of `xz -9` or `zstd -19`")
    }

    static func sparse(_ member: Path, in path: Path) -> ArchiveError {
        ArchiveError(
            .unsupported, "cannot read \(member) in \(path): it is a file with holes",
            hint: "pack it again without tar's --sparse")
    }

    static func missing(_ path: Path, at offset: Int64) -> ArchiveError {
        ArchiveError(
            .missing, "cannot read \(path) at byte \(offset): that part is not verified yet",
            hint: "wait until its download is complete, or resume it", offset: offset)
    }

    /// The walk over a remote file ends with this; whoever runs it throws the failure itself.
    static func unread(_ path: Path, at offset: Int64) -> ArchiveError {
        ArchiveError(.missing, "cannot read \(path) at byte \(offset)", offset: offset)
    }

    static func tooLargeForIndex(_ path: Path) -> ArchiveError {
        ArchiveError(
            .tooLarge, "refused \(path): its member names take more than 4 GiB",
            hint: "it is malicious or damaged: verify it")
    }

    static func compressed(_ path: Path) -> ArchiveError {
        ArchiveError(
            .unsupported, "cannot index \(path): it is compressed, or not a tar",
            hint: "its members can only be read from front to back")
    }

    static func unsupported(_ what: String) -> ArchiveError {
        ArchiveError(
            .unsupported, "this build of libarchive cannot read \(what)",
            hint: "install a libarchive that was built with them")
    }

    static let outOfMemory = ArchiveError(
        .outOfMemory, "there is not enough memory to read an archive",
        hint: "close other programs, or raise the limit with `ulimit -v`")
}
