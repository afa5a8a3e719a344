internal import Disk

/// The bytes of a tar, from a file or a decompressor, read from front to back.
protocol TarInput: AnyObject {
    /// What messages call it.
    var path: Path { get }
    /// Where it ends; a huge number if that is not known.
    var end: Int64 { get }
    /// Where it ended, once that is known; `end` before.
    var knownEnd: Int64 { get }
    /// Whether its offsets are those of a file.
    var isFile: Bool { get }
    /// Up to `count` bytes, 4096 at most; fewer only at the end. Offsets grow, or go back by no more
    /// than the bytes given last. Good until the next call.
    func bytes(at offset: Int64, _ count: Int) throws(ArchiveError) -> UnsafeRawBufferPointer
    /// Fills `buffer`, under the same rules; fewer bytes only at the end.
    func copy(
        at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) -> Int
    /// About where this byte lies in the archive's file.
    func place(of offset: Int64) -> Int64
    /// How far a lost header is looked for.
    var longestSearch: Int64 { get }
    /// Runs `body`, which reads headers in these bytes.
    func scouting<Result>(
        _ range: Range<Int64>, _ body: () throws -> Result
    ) throws -> Result
}

extension TarInput {
    var longestSearch: Int64 { .max }
    func scouting<Result>(
        _: Range<Int64>, _ body: () throws -> Result
    ) throws -> Result { try body() }
}

/// A tar that is not compressed.
///
/// Only headers are read, 512 bytes each, not the data between them. Where headers are close together,
/// as among small files, each read is twice as long as the one before: a system call for every header
/// would be slower than reading everything.
final class FileInput: TarInput {
    private static let smallest = 512
    private static let largest = 64 << 10
    /// A gap of this size is cheaper to read than to skip.
    private static let nearby: Int64 = 4096

    let end: Int64
    private let file: FileDescriptor
    private let memory: UnsafeMutableRawBufferPointer
    private var start: Int64 = 0
    private var count = 0
    private var ahead = smallest

    init(_ file: consuming FileDescriptor) throws(ArchiveError) {
        end = try ArchiveError.catching(file.size())
        self.file = file
        memory = .allocate(byteCount: Self.largest, alignment: 4096)
    }

    deinit { memory.deallocate() }

    var path: Path { file.path }
    var isFile: Bool { true }
    var knownEnd: Int64 { end }
    func place(of offset: Int64) -> Int64 { offset }

    func bytes(at offset: Int64, _ wanted: Int) throws(ArchiveError) -> UnsafeRawBufferPointer {
        let behind = offset - start
        if behind < 0 || behind > Int64(count - wanted) {
            let isNear = behind >= 0 && behind - Int64(count) <= Self.nearby
            ahead = isNear ? min(2 * ahead, Self.largest) : Self.smallest
            let left = max(end - offset, 0)
            do throws(ArchiveError) {
                try fill(at: offset, Int(min(Int64(max(ahead, wanted)), left)))
            } catch {
                // The disk may be able to read the wanted bytes, but not the bytes after them.
                guard ahead > wanted, error.disk?.code == .io else { throw error }
                ahead = Self.smallest
                try fill(at: offset, Int(min(Int64(wanted), left)))
            }
        }
        let from = Int(offset - start)
        return UnsafeRawBufferPointer(rebasing: memory[from..<min(from + wanted, count)])
    }

    func copy(
        at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) -> Int {
        if buffer.count <= Int(Self.nearby) {
            let bytes = try bytes(at: offset, buffer.count)
            buffer.copyMemory(from: bytes)
            return bytes.count
        }
        return try ArchiveError.catching(at: offset, file.readUpTo(buffer, at: offset))
    }

    private func fill(at offset: Int64, _ wanted: Int) throws(ArchiveError) {
        start = offset
        count = 0
        let room = UnsafeMutableRawBufferPointer(rebasing: memory[..<wanted])
        count = try ArchiveError.catching(at: offset, file.readUpTo(room, at: offset))
    }
}
