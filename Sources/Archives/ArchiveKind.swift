internal import Disk

/// What a file is, by its first block.
enum ArchiveKind {
    case tar, zip
    /// Or not a supported archive.
    case compressed
    /// A tar if there is a header after its beginning; otherwise this error.
    case perhapsTar(otherwise: ArchiveError)
    /// The beginning is not readable yet.
    case unknown

    init(
        of file: borrowing FileDescriptor, _ readable: ReadableRanges
    ) throws(ArchiveError) {
        let block = UnsafeMutableRawBufferPointer.allocate(
            byteCount: TarHeader.blockSize, alignment: 16)
        defer { block.deallocate() }
        guard readable.contains(0..<Int64(block.count)) else {
            self = .unknown
            return
        }
        let count: Int
        do throws(DiskError) {
            count = try file.readUpTo(block, at: 0)
        } catch {
            guard error.code == .io, Self.isTarName(file.path) else { throw .disk(error) }
            self = .perhapsTar(otherwise: .disk(error))
            return
        }
        if count < 2 { throw .notAnArchive(file.path) }
        let start = UnsafeRawBufferPointer(rebasing: block[..<count])
        let isZipInside: Bool
        do throws(DiskError) {
            try self.init(start, file)
            guard case .compressed = self, Compression(start) == nil else { return }
            isZipInside = try Self.hasZipList(file)
        } catch {
            throw .disk(error)
        }
        if isZipInside { throw .zipInside(file.path) }
    }

    /// Refuses what is far away and not a plain tar.
    static func checkTar<Source>(_ input: RemoteInput<Source>) throws(ArchiveError) {
        let block = try input.bytes(at: 0, TarHeader.blockSize)
        if block.count < 2 { throw .notAnArchive(input.path) }
        let verdict = block.count == TarHeader.blockSize ? TarHeader(block).verdict : .nonsense
        if verdict == .header { return }
        if isZip(block) { throw .compressedAfar(input.path, "a zip") }
        if Compression(block) != nil { throw .compressedAfar(input.path, "compressed") }
        guard block.count == TarHeader.blockSize else { throw .notAnArchive(input.path) }
        if TarHeader(block).hasMagic { return }
        // A tar without members is all zeros.
        if verdict == .zeros, input.end <= TarCursor<RemoteInput<Source>>.longestPadding { return }
        guard verdict == .zeros || isTarName(input.path),
            TarCursor.isFound(in: input, 0..<input.end, .all)
        else { throw .notAnArchive(input.path) }
    }

    /// - Parameter block: the first block, or less if the file is shorter.
    private init(
        _ block: UnsafeRawBufferPointer, _ file: borrowing FileDescriptor
    ) throws(DiskError) {
        let path = file.path
        let isWhole = block.count == TarHeader.blockSize
        // A header decides before its name can look like something else.
        let verdict = isWhole ? TarHeader(block).verdict : .nonsense
        if verdict == .header {
            self = .tar
        } else if Self.isZip(block) {
            self = .zip
        } else if !isWhole || Compression(block) != nil {
            self = .compressed
        } else if verdict == .zeros {
            // A tar without members. A longer one, or one with other bytes later, has lost its beginning, was
            // never written, or is something else, such as an ISO image.
            self = try Self.isPadding(file) ? .tar : .perhapsTar(otherwise: .notAnArchive(path))
        } else if TarHeader(block).hasMagic {
            self = .tar
        } else if Self.isTarName(path) {
            self = .perhapsTar(otherwise: .notAnArchive(path))
        } else {
            self = .compressed
        }
    }

    /// Whether there are only zeros, and no more than a tar ends with.
    private static func isPadding(_ file: borrowing FileDescriptor) throws(DiskError) -> Bool {
        let size = try file.size()
        guard size <= TarCursor<FileInput>.longestPadding else { return false }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(size), alignment: 16)
        defer { bytes.deallocate() }
        return try bytes.prefix(file.readUpTo(bytes, at: 0)).allSatisfy { $0 == 0 }
    }

    /// `x.tar`, and `x.tar.part` of a download.
    private static func isTarName(_ path: Path) -> Bool {
        path.lastComponent.description.lowercased().contains(".tar")
    }

    /// Whether this begins a zip: with a member, empty, or as one of several parts
    /// (APPNOTE.TXT, 4.3.7, 4.3.16 and 8.5.3). A tar whose first name begins with `PK` does not.
    static func isZip(_ start: UnsafeRawBufferPointer) -> Bool {
        let marks: [[UInt8]] = [[0x03, 0x04], [0x05, 0x06], [0x07, 0x08], [0x30, 0x30]]
        return start.count >= 4 && start.prefix(2).elementsEqual("PK".utf8)
            && marks.contains { start[2..<4].elementsEqual($0) }
    }

    /// Whether a zip ends with the record that leads to its list of members, whole (APPNOTE.TXT,
    /// 4.3.16): before a comment of 64 KiB at the most.
    static func hasZipList(_ file: borrowing FileDescriptor) throws(DiskError) -> Bool {
        let record = 22
        let size = try file.size()
        let tail = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(min(size, Int64(record + 0xFFFF))), alignment: 16)
        defer { tail.deallocate() }
        let count = try file.readUpTo(tail, at: size - Int64(tail.count))
        return (0..<max(count - record + 1, 0)).contains { place in
            guard tail[place] == UInt8(ascii: "P"),
                tail[place..<place + 4].elementsEqual([0x50, 0x4B, 0x05, 0x06])
            else { return false }
            let comment = Int(tail[place + 20]) | Int(tail[place + 21]) << 8
            return place + record + comment <= count
        }
    }
}
