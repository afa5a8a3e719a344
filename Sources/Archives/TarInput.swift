internal import Disk

/// The bytes of a tar, in a file or behind a decompressor, asked for from front to back.
protocol TarInput: AnyObject {
    /// What messages call it.
    var path: Path { get }
    /// Where it ends; where nobody knows, further away than anything.
    var end: Int64 { get }
    /// Where it ended, once that was met; `end` before.
    var knownEnd: Int64 { get }
    /// Whether its offsets are those of a file.
    var isFile: Bool { get }
    /// Up to `count` bytes, 4096 at most, at an offset that is never before an earlier one by more
    /// than what was given last; fewer only where it ends. Good until the next call.
    func bytes(at offset: Int64, _ count: Int) throws(ArchiveError) -> UnsafeRawBufferPointer
    /// The byte of the archive's file in which this byte lies, as near as that is known.
    func place(of offset: Int64) -> Int64
}

/// A tar that lies in a file as it is.
///
/// Headers are read alone, 512 bytes each, because the data between them shall not be touched. Where
/// one follows close upon another, as among small files, twice as much is read each time: a system
/// call a header would be slower than reading everything.
final class FileInput: TarInput {
    private static let smallest = 512
    private static let largest = 64 << 10
    /// Bytes between two requests that are cheaper to read than to pass over.
    private static let nearby: Int64 = 4096

    let end: Int64
    private let file: FileDescriptor
    private let memory: UnsafeMutableRawBufferPointer
    private var start: Int64 = 0
    private var count = 0
    private var ahead = smallest

    init(_ file: consuming FileDescriptor) throws(ArchiveError) {
        do {
            end = try file.size()
        } catch {
            throw .disk(error)
        }
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
                // Perhaps the disk gives what is wanted, and not what lies behind it.
                guard ahead > wanted, error.disk?.code == .io else { throw error }
                ahead = Self.smallest
                try fill(at: offset, Int(min(Int64(wanted), left)))
            }
        }
        let from = Int(offset - start)
        return UnsafeRawBufferPointer(rebasing: memory[from..<min(from + wanted, count)])
    }

    private func fill(at offset: Int64, _ wanted: Int) throws(ArchiveError) {
        start = offset
        count = 0
        let room = UnsafeMutableRawBufferPointer(rebasing: memory[..<wanted])
        do {
            count = try file.readUpTo(room, at: offset)
        } catch {
            throw .disk(error, at: offset)
        }
    }
}

/// A tar that is compressed, or a member of an archive that libarchive reads.
final class StreamInput: TarInput {
    /// More than is ever asked for at once.
    private static let windowSize = 16 << 10

    let path: Path
    // Not the last number there is: offsets are added to.
    let end: Int64 = 1 << 62
    private var reader: ArchiveReader
    private let memory: UnsafeMutableRawBufferPointer
    private var start: Int64 = 0
    private var count = 0
    private var isOver = false
    /// What libarchive gave last and is not taken yet; good until it gives more.
    private var block = UnsafeRawBufferPointer(start: nil, count: 0)

    init(_ reader: consuming ArchiveReader, path: Path) {
        self.reader = reader
        self.path = path
        memory = .allocate(byteCount: Self.windowSize, alignment: 4096)
    }

    deinit { memory.deallocate() }

    var isFile: Bool { false }
    var knownEnd: Int64 { isOver ? start + Int64(count) : end }
    func place(of offset: Int64) -> Int64 { reader.fileOffset }

    /// Goes on to the next member, whose bytes are counted from 0.
    func nextEntry() throws(ArchiveError) -> ArchiveEntry? {
        start = 0
        count = 0
        isOver = false
        block = UnsafeRawBufferPointer(start: nil, count: 0)
        return try reader.next()
    }

    func bytes(at offset: Int64, _ wanted: Int) throws(ArchiveError) -> UnsafeRawBufferPointer {
        while offset + Int64(wanted) > start + Int64(count), !isOver {
            try fill(keepingFrom: offset)
        }
        let from = Int(min(max(offset - start, 0), Int64(count)))
        return UnsafeRawBufferPointer(rebasing: memory[from..<min(from + wanted, count)])
    }

    /// Takes what libarchive has decompressed, and keeps what is behind `offset`.
    private func fill(keepingFrom offset: Int64) throws(ArchiveError) {
        let passed = Int(min(max(offset - start, 0), Int64(count)))
        memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[passed..<count]))
        start += Int64(passed)
        count -= passed
        if block.isEmpty {
            guard let next = try reader.nextBlock() else { return isOver = true }
            block = next
        }
        if count == 0, offset > start {
            // What is passed over is not even copied.
            let skipped = Int(min(offset - start, Int64(block.count)))
            start += Int64(skipped)
            block = UnsafeRawBufferPointer(rebasing: block[skipped...])
        }
        let taken = block.prefix(memory.count - count)
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyBytes(from: taken)
        count += taken.count
        block = UnsafeRawBufferPointer(rebasing: block[taken.endIndex...])
    }
}
