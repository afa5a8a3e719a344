internal import CArchive
internal import Disk
internal import Glibc

/// Reads a zip from front to back, by libarchive: members in their order, and the data of the one
/// that was given last. Data that is not asked for is skipped.
final class ZipReader: BlockSource {
    private static let largeBlock = 1 << 20
    /// A larger block would read ahead into data that is skipped.
    private static let smallBlock = 512
    private static let longestName = 64 << 10
    private static let mostRetries = 16

    private let raw: OpaquePointer
    private let source: ArchiveSource
    private let locale = NameLocale()
    private let name = ByteArena()
    private let link = ByteArena()
    /// Whether the list of members at the end is there.
    private let isListed: Bool
    private var hasMember = false
    private var isAtEnd = false
    /// The size of all members so far, and its limit.
    private var total: Int64 = 0
    private let most: Int64

    /// - Parameter readsData: whether most members' data is wanted, so that much is read at once.
    init(_ file: consuming FileDescriptor, readsData: Bool) throws(ArchiveError) {
        isListed = try ArchiveError.catching(ArchiveKind.hasZipList(file))
        source = try ArchiveSource(
            file, blockSize: readsData ? Self.largeBlock : Self.smallBlock,
            capacity: Self.largeBlock)
        most = Decompressor.mostBytes(from: source.size)
        raw = try Self.open(source, locale)
    }

    deinit {
        // libarchive holds the source's address until here.
        withExtendedLifetime(source) { _ = archive_read_free(raw) }
    }

    var path: Path { source.path }
    var fileOffset: Int64 { max(0, archive_filter_bytes(raw, -1)) }

    // MARK: Members

    /// The next member, good until the next call; nil after the last one.
    ///
    /// - Throws: `.damaged` where the archive becomes invalid, and for one without its list.
    func next() throws(ArchiveError) -> ArchiveMember? {
        if isAtEnd { return nil }
        hasMember = false
        var entry: OpaquePointer?
        var retries = 0
        while true {
            switch locale({ archive_read_next_header(raw, &entry) }) {
            case ARCHIVE_OK, ARCHIVE_WARN:
                guard let entry else { throw ended(damaged("libarchive gave no header")) }
                return try describe(entry)
            case ARCHIVE_EOF:
                isAtEnd = true
                if isListed { return nil }
                throw .damaged(path, at: source.size, "the list of its members is cut off")
            case ARCHIVE_RETRY where retries < Self.mostRetries:
                retries += 1
            default:
                throw ended(failure)
            }
        }
    }

    /// The current member's next bytes.
    func nextBlock() throws(ArchiveError) -> UnsafeRawBufferPointer? {
        guard hasMember else { return nil }
        var retries = 0
        while true {
            var (start, count, offset): (UnsafeRawPointer?, Int, la_int64_t) = (nil, 0, 0)
            switch archive_read_data_block(raw, &start, &count, &offset) {
            case ARCHIVE_OK:
                // An empty block is not data, and many of them in a row are not an archive.
                if count > 0 {
                    total += Int64(count)
                    if total > most { throw ended(.unpacksToTooMuch(path, at: fileOffset)) }
                    return UnsafeRawBufferPointer(start: start, count: count)
                }
                retries += 1
            case ARCHIVE_EOF: return nil
            case ARCHIVE_RETRY, ARCHIVE_WARN: retries += 1
            default: throw ended(failure)
            }
            if retries > Self.mostRetries { throw ended(failure) }
        }
    }

    // MARK: Parts

    private static func open(
        _ source: ArchiveSource, _ locale: NameLocale
    ) throws(ArchiveError) -> OpaquePointer {
        guard let raw = archive_read_new() else { throw .outOfMemory }
        // Only this one format, and no filter: libarchive would look for nested
        // formats, as deep as a hostile file wants.
        let results = [
            archive_read_support_format_zip(raw),
            archive_read_set_read_callback(raw, archiveReadCallback),
            archive_read_set_skip_callback(raw, archiveSkipCallback),
            archive_read_set_seek_callback(raw, archiveSeekCallback),
            archive_read_set_callback_data(raw, Unmanaged.passUnretained(source).toOpaque()),
            locale { archive_read_open1(raw) },
        ]
        if results[0] == ARCHIVE_OK, results.allSatisfy({ $0 >= ARCHIVE_WARN }) { return raw }
        let isMemory = archive_errno(raw) == ENOMEM
        archive_read_free(raw)
        if let failure = source.failure { throw .disk(failure) }
        if results[0] != ARCHIVE_OK { throw .unsupported("zip archives") }
        throw isMemory ? .outOfMemory : .notAnArchive(source.path)
    }

    private func describe(_ entry: OpaquePointer) throws(ArchiveError) -> ArchiveMember {
        guard try take(archive_entry_pathname(entry), in: name) else {
            throw ended(damaged("a member there has no readable name"))
        }
        link.removeAll()
        let kind: ArchiveMember.Kind
        switch UInt32(archive_entry_filetype(entry)) {
        case UInt32(Glibc.S_IFREG): kind = .file
        case UInt32(Glibc.S_IFDIR): kind = .folder
        case UInt32(Glibc.S_IFLNK):
            kind = .symbolicLink
            _ = try take(archive_entry_symlink(entry), in: link)
        default: kind = .other
        }
        hasMember = true
        let stated = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : -1
        let size = stated >= 0 ? stated : nil
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        return ArchiveMember(
            container: none, name: name.bytes, link: link.bytes, kind: kind, size: size,
            storedSize: size ?? .max, isSparse: false, isWhole: true,
            mode: UInt32(archive_entry_perm(entry)),
            modified: archive_entry_mtime_is_set(entry) != 0
                ? Int64(archive_entry_mtime(entry)) : nil,
            user: 0, group: 0, userName: none, groupName: none, device: (0, 0))
    }

    private func take(
        _ text: UnsafePointer<CChar>?, in arena: ByteArena
    ) throws(ArchiveError) -> Bool {
        guard let text else { return false }
        let count = strlen(text)
        if count > Self.longestName {
            throw ended(.nameTooLong(count, in: path, at: archive_filter_bytes(raw, 0)))
        }
        arena.set(UnsafeRawBufferPointer(start: text, count: count))
        return true
    }

    // MARK: Errors

    private func ended(_ error: ArchiveError) -> ArchiveError {
        isAtEnd = true
        hasMember = false
        return error
    }

    private func damaged(_ reason: String) -> ArchiveError {
        .damaged(path, at: fileOffset, reason)
    }

    /// The last error, read before another call overwrites it.
    private var failure: ArchiveError {
        if let failure = source.failure { return .disk(failure) }
        if archive_errno(raw) == ENOMEM { return .outOfMemory }
        // Until a format is known, nothing was found that could be damaged.
        if archive_format(raw) == 0 { return .notAnArchive(path) }
        guard let text = archive_error_string(raw) else {
            return damaged(
                archive_errno(raw) == 0 ? "it ends too early" : "what follows is not of a zip")
        }
        return damaged(escaped(UnsafeRawBufferPointer(start: text, count: strlen(text))))
    }
}
