internal import CArchive
public import Disk
internal import Glibc

/// Reads an archive once, from front to back: tar (v7, ustar, pax, GNU) or zip, plain or compressed
/// with gzip, bzip2, xz or zstd.
///
///     var reader = try ArchiveReader(Path("ILSVRC2012_devkit_t12.tar.gz"))
///     while let entry = try reader.next() {
///         if entry.path.lastComponent == "meta.mat" {
///             let bytes = try reader.contents(limit: 64 << 20)
///         }
///     }
///
/// Members that are not read are passed over; in an uncompressed archive their bytes are not even
/// read from the disk. After an error the reader gives no more members.
public struct ArchiveReader: ~Copyable {
    /// What the reading is for, which decides how much is read at once.
    public enum Purpose: Sendable {
        /// Most members' data is wanted: blocks of 1 MiB.
        case contents
        /// Only headers are wanted: blocks of 512 bytes, because a larger one reads ahead into data
        /// that is passed over. A compressed archive is read in large blocks all the same.
        case headers
    }

    private static let largeBlock = 1 << 20
    private static let smallBlock = 512
    private static let longestName = 64 << 10
    private static let mostRetries = 16

    private let raw: OpaquePointer
    private let source: ArchiveSource
    private let locale: NameLocale
    private var current: Path?
    private var currentSize: Int64?
    private var isAtEnd = false
    /// What a gzip has given so far, where all of it is read in one.
    private var sum: GzipSum?

    /// Opens an archive that a person has named; links are followed.
    ///
    /// - Throws: `.notAnArchive` for something else, `.disk` when the file cannot be read.
    public init(_ path: Path, for purpose: Purpose = .contents) throws(ArchiveError) {
        let file: FileDescriptor
        do {
            file = try FileDescriptor(path, .reading)
        } catch {
            throw .disk(error)
        }
        try self.init(file, for: purpose)
    }

    /// Takes over an open file, and refuses what is no archive.
    public init(_ file: consuming FileDescriptor, for purpose: Purpose = .contents)
        throws(ArchiveError)
    {
        try self.init(file, for: purpose, unpacking: false)
    }

    /// Takes a compressed file for an archive of one member, which is all that it decompresses to.
    package static func decompressing(
        _ file: consuming FileDescriptor
    ) throws(ArchiveError) -> ArchiveReader {
        var reader = try ArchiveReader(file, for: .contents, unpacking: true)
        if try reader.next() == nil || archive_filter_code(reader.raw, 0) == ARCHIVE_FILTER_NONE {
            throw .notAnArchive(reader.source.path)
        }
        if archive_filter_code(reader.raw, 0) == ARCHIVE_FILTER_GZIP { reader.sum = GzipSum() }
        return reader
    }

    private init(
        _ file: consuming FileDescriptor, for purpose: Purpose, unpacking: Bool
    ) throws(ArchiveError) {
        let isZip: Bool
        let source: ArchiveSource
        do {
            isZip = try Self.startsAsZip(file)
            source = try ArchiveSource(
                file, blockSize: purpose == .headers ? Self.smallBlock : Self.largeBlock,
                capacity: Self.largeBlock)
        } catch {
            throw .disk(error)
        }
        let locale = NameLocale(forZip: isZip)
        let raw = try Self.open(source, locale, unpacking: unpacking)
        self.raw = raw
        self.source = source
        self.locale = locale
    }

    deinit {
        // libarchive holds the source's address until here.
        withExtendedLifetime(source) { _ = archive_read_free(raw) }
    }

    // MARK: Members

    /// The next member, or nil behind the last one.
    ///
    /// A tar that is cut exactly between two members looks whole, as it does to every reader: who
    /// must know compares the members or the file's size with what is expected.
    ///
    /// - Throws: `.damaged` with the offset where the archive stops making sense, `.disk` when
    ///   the file cannot be read.
    public mutating func next() throws(ArchiveError) -> ArchiveEntry? {
        if isAtEnd { return nil }
        current = nil
        var entry: OpaquePointer?
        var retries = 0
        while true {
            let code = locale { archive_read_next_header(raw, &entry) }
            switch code {
            case ARCHIVE_OK, ARCHIVE_WARN:
                guard let entry else {
                    throw ended(Self.damage(raw, source, "libarchive gave no header"))
                }
                let note = code == ARCHIVE_WARN ? warning : nil
                return try describe(entry, note: note)
            case ARCHIVE_EOF:
                isAtEnd = true
                return nil
            case ARCHIVE_RETRY where retries < Self.mostRetries:
                retries += 1
            default:
                throw ended(Self.failure(raw, source))
            }
        }
    }

    /// Fills `buffer` with the current member's next bytes; fewer than asked only at its end.
    ///
    /// - Returns: how many bytes, 0 at the end of the member.
    public mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError)
        -> Int
    {
        guard current != nil, buffer.count > 0 else { return 0 }
        var done = 0
        var retries = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = archive_read_data(raw, rest.baseAddress, rest.count)
            if count == 0 { break }
            if count > 0 {
                done += count
            } else if [ARCHIVE_RETRY, ARCHIVE_WARN].contains(CInt(truncatingIfNeeded: count)),
                retries < Self.mostRetries
            {
                // A warning comes instead of the bytes, which the next call gives.
                retries += 1
            } else {
                throw ended(Self.failure(raw, source))
            }
        }
        return done
    }

    /// The current member's next bytes where libarchive has them, as many as it likes; good until
    /// the next call. Unlike `read(into:)`, this gives what comes before damage.
    mutating func nextBlock() throws(ArchiveError) -> UnsafeRawBufferPointer? {
        guard current != nil else { return nil }
        var retries = 0
        while true {
            var (start, count, offset): (UnsafeRawPointer?, Int, la_int64_t) = (nil, 0, 0)
            switch archive_read_data_block(raw, &start, &count, &offset) {
            case ARCHIVE_OK:
                // An empty block is none, and more of them in a row are no archive.
                if count > 0 {
                    let block = UnsafeRawBufferPointer(start: start, count: count)
                    sum?.update(block)
                    return block
                }
                retries += 1
            case ARCHIVE_EOF:
                try checkSum()
                return nil
            case ARCHIVE_RETRY, ARCHIVE_WARN: retries += 1
            default: throw ended(Self.failure(raw, source))
            }
            if retries > Self.mostRetries { throw ended(Self.failure(raw, source)) }
        }
    }

    /// All the bytes of the current member.
    ///
    /// - Throws: `.tooLarge` when there are more than `limit`, whatever its header says.
    public mutating func contents(limit: Int) throws(ArchiveError) -> [UInt8] {
        guard let member = current else { return [] }
        var result: [UInt8] = []
        // Memory of its own: withUnsafeMutableBytes of an array loses the error's type.
        // One byte more than announced, so that the end is met in the first round.
        let announced = currentSize ?? Int64(Self.largeBlock)
        let chunkSize = Int(min(max(announced, 0), Int64(Self.largeBlock) - 1)) + 1
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkSize, alignment: 16)
        defer { chunk.deallocate() }
        while true {
            let count = try read(into: chunk)
            if count > limit - result.count {
                throw .memberTooLarge(member, in: source.path, limit: limit)
            }
            result.append(contentsOf: chunk.prefix(count))
            if count < chunk.count { return result }
        }
    }

    /// The byte of the file up to which libarchive has consumed it.
    public var fileOffset: Int64 { max(0, archive_filter_bytes(raw, -1)) }

    // MARK: Parts

    private mutating func checkSum() throws(ArchiveError) {
        let isWrong: Bool
        do throws(DiskError) {
            isWrong = try sum?.isRefuted(by: source.file) ?? false
        } catch {
            throw ended(.disk(error))
        }
        sum = nil
        if isWrong {
            throw ended(Self.damage(raw, source, "what is in it has not the checksum at its end"))
        }
    }

    private mutating func describe(_ entry: OpaquePointer, note: String?) throws(ArchiveError)
        -> ArchiveEntry
    {
        if archive_filter_code(raw, 0) != ARCHIVE_FILTER_NONE {
            source.blockSize = Self.largeBlock
        }
        let offset = archive_filter_bytes(raw, 0)
        guard let name = try bytes(archive_entry_pathname(entry), at: offset) else {
            throw ended(Self.damage(raw, source, "a member there has no name that can be read"))
        }
        let kind: ArchiveEntry.Kind
        // A hard link has the type of what it links to, or none.
        if let target = try bytes(archive_entry_hardlink(entry), at: offset) {
            kind = .hardLink(target: target)
        } else {
            switch UInt32(archive_entry_filetype(entry)) {
            case UInt32(Glibc.S_IFREG): kind = .file
            case UInt32(Glibc.S_IFDIR): kind = .folder
            case UInt32(Glibc.S_IFLNK):
                let target = try bytes(archive_entry_symlink(entry), at: offset)
                kind = .symbolicLink(target: target ?? Path(""))
            default: kind = .other
            }
        }
        current = name
        let size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : -1
        currentSize = size >= 0 ? size : nil
        return ArchiveEntry(
            path: name, kind: kind, size: currentSize,
            modified: archive_entry_mtime_is_set(entry) != 0
                ? Int64(archive_entry_mtime(entry)) : nil,
            mode: UInt32(archive_entry_perm(entry)), dataOffset: offset, note: note)
    }

    private mutating func bytes(_ text: UnsafePointer<CChar>?, at offset: Int64)
        throws(ArchiveError) -> Path?
    {
        guard let text else { return nil }
        let count = strlen(text)
        if count > Self.longestName {
            throw ended(.nameTooLong(count, in: source.path, at: offset))
        }
        let buffer = UnsafeRawBufferPointer(start: text, count: count)
        return Path(bytes: buffer)
    }

    private mutating func ended(_ error: ArchiveError) -> ArchiveError {
        isAtEnd = true
        current = nil
        return error
    }

    /// A warning worth telling; that a name is not of the locale is none, as its bytes are kept.
    private var warning: String? {
        let text = Self.reason(raw)
        return text.hasSuffix("current locale") || text.hasSuffix("current locale.") ? nil : text
    }
}
