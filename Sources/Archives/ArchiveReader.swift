public import Disk

/// Reads an archive once, from front to back: tar (v7, ustar, pax, GNU) or zip; a tar may be
/// compressed with gzip, bzip2, xz or zstd.
///
///     var reader = try ArchiveReader(Path("ILSVRC2012_devkit_t12.tar.gz"))
///     while let member = try reader.next() {
///         if member.path.lastComponent == "meta.mat" {
///             let bytes = try reader.contents(limit: 64 << 20)
///         }
///     }
///
/// Members that are not read are skipped; in an uncompressed archive their bytes are not read from the
/// disk. It judges as `MemberWalk` does, and ends at the first error.
public struct ArchiveReader: ~Copyable {
    private enum Form {
        case tar(TarCursor<FileInput>)
        case compressedTar(TarCursor<StreamInput>)
        case zip(ZipReader, StreamInput)
    }

    /// The last member, and how far its data is read.
    private struct Current {
        let member: ArchiveMember
        var place: Int64
        let end: Int64
        /// What is wrong with it, thrown at the end of its data.
        let damage: ArchiveError?
    }

    private static let largeBlock = 1 << 20

    private let path: Path
    private let form: Form
    private var current: Current?
    private var isAtEnd = false

    /// Opens an archive that the user has named; links are followed.
    ///
    /// - Throws: `.notAnArchive` for something else, `.disk` when the file cannot be read.
    public init(_ path: Path) throws(ArchiveError) {
        try self.init(ArchiveError.catching(FileDescriptor(path, .reading)))
    }

    /// Takes over an open file, and refuses it if it is not an archive.
    public init(_ file: consuming FileDescriptor) throws(ArchiveError) {
        path = file.path
        switch try OpenArchive(file, readsData: true) {
        case .tar(let input): form = .tar(TarCursor(input, 0..<input.end, .all))
        case .compressedTar(let input):
            form = .compressedTar(TarCursor(input, 0..<input.end, .all))
        case .zip(let zip): form = .zip(zip, StreamInput(zip))
        case .unknown: throw .notAnArchive(path)
        }
    }

    // MARK: Members

    /// The next member, good until the next call; nil after the last one.
    ///
    /// - Throws: `.damaged` with the offset where the archive becomes invalid, `.disk` when
    ///   the file cannot be read.
    public mutating func next() throws(ArchiveError) -> ArchiveMember? {
        if isAtEnd { return nil }
        current = nil
        do throws(ArchiveError) {
            switch form {
            case .tar(let cursor): current = try next(of: cursor)
            case .compressedTar(let cursor): current = try next(of: cursor)
            case .zip(let zip, let input):
                input.restart()
                current = try zip.next().map {
                    Current(member: $0, place: 0, end: .max, damage: nil)
                }
            }
        } catch {
            throw ended(error)
        }
        isAtEnd = current == nil
        return current?.member
    }

    /// Whether the archive had its end mark, after the last member: a tar without one may have been cut
    /// between two members.
    public var hasEndMark: Bool {
        switch form {
        case .tar(let cursor): cursor.hasEndMark
        case .compressedTar(let cursor): cursor.hasEndMark
        // Without its list it is damaged.
        case .zip: true
        }
    }

    /// Fills `buffer` with the member's next bytes; fewer only at its end.
    ///
    /// - Returns: the number of bytes, 0 at the end of the member.
    public mutating func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) -> Int {
        guard let current, buffer.count > 0 else { return 0 }
        let member = current.member
        if member.isSparse { throw ended(.sparse(member.path, in: path)) }
        let wanted = Int(min(Int64(buffer.count), current.end - current.place))
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
        let count: Int
        do throws(ArchiveError) {
            count = try copy(at: current.place, into: room)
        } catch {
            throw ended(error)
        }
        self.current?.place += Int64(count)
        if count < buffer.count, let damage = current.damage { throw ended(damage) }
        if count < wanted, current.end != .max {
            let reason = "it ends inside the member \"\(member.path)\""
            throw ended(.damaged(path, at: fileOffset, reason))
        }
        return count
    }

    /// All the bytes of the current member.
    ///
    /// - Throws: `.tooLarge` when there are more than `limit`, whatever its header says.
    public mutating func contents(limit: Int) throws(ArchiveError) -> [UInt8] {
        guard let member = current?.member else { return [] }
        var result: [UInt8] = []
        // Not an array: its withUnsafeMutableBytes loses the error's type.
        // One byte more than stated, so that the first round reaches the end.
        let announced = member.size ?? Int64(Self.largeBlock)
        let chunkSize = Int(min(max(announced, 0), Int64(Self.largeBlock) - 1)) + 1
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkSize, alignment: 16)
        defer { chunk.deallocate() }
        while true {
            let count = try read(into: chunk)
            if count > limit - result.count {
                throw .memberTooLarge(member.path, in: path, limit: limit)
            }
            result.append(contentsOf: chunk.prefix(count))
            if count < chunk.count { return result }
        }
    }

    // MARK: Parts

    private func next<Input: TarInput>(
        of cursor: TarCursor<Input>
    ) throws(ArchiveError) -> Current? {
        try cursor.next().map { member in
            Current(
                member: member, place: cursor.dataOffset,
                end: cursor.dataOffset + member.storedSize, damage: cursor.pending)
        }
    }

    private func copy(
        at place: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) -> Int {
        switch form {
        case .tar(let cursor): try cursor.input.copy(at: place, into: buffer)
        case .compressedTar(let cursor): try cursor.input.copy(at: place, into: buffer)
        case .zip(_, let input): try input.copy(at: place, into: buffer)
        }
    }

    /// About how far the file was read.
    public var fileOffset: Int64 {
        switch form {
        case .tar: current?.place ?? 0
        case .compressedTar(let cursor): cursor.input.place(of: 0)
        case .zip(let zip, _): zip.fileOffset
        }
    }

    private mutating func ended(_ error: ArchiveError) -> ArchiveError {
        isAtEnd = true
        current = nil
        return error
    }
}
