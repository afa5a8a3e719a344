internal import Disk

/// A tar that is compressed, or a member of an archive that libarchive reads.
final class StreamInput: TarInput {
    /// More than is asked for at once.
    private static let windowSize = 16 << 10

    // Not `.max`: offsets are added to it.
    let end: Int64 = 1 << 62
    private let source: any BlockSource
    private let memory: UnsafeMutableRawBufferPointer
    private var start: Int64 = 0
    private var count = 0
    private var isOver = false
    /// The unused rest of the source's last block; good until its next block.
    private var block = UnsafeRawBufferPointer(start: nil, count: 0)

    init(_ source: any BlockSource) {
        self.source = source
        memory = .allocate(byteCount: Self.windowSize, alignment: 4096)
    }

    deinit { memory.deallocate() }

    var path: Path { source.path }
    var isFile: Bool { false }
    var knownEnd: Int64 { isOver ? start + Int64(count) : end }
    func place(of offset: Int64) -> Int64 { source.fileOffset }

    /// Counts bytes from 0 again, for another member.
    func restart() {
        start = 0
        count = 0
        isOver = false
        block = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    func bytes(at offset: Int64, _ wanted: Int) throws(ArchiveError) -> UnsafeRawBufferPointer {
        while offset + Int64(wanted) > start + Int64(count), !isOver {
            try fill(keepingFrom: offset)
        }
        let from = Int(min(max(offset - start, 0), Int64(count)))
        return UnsafeRawBufferPointer(rebasing: memory[from..<min(from + wanted, count)])
    }

    func copy(
        at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) -> Int {
        var done = 0
        while done < buffer.count {
            let place = offset + Int64(done)
            let wanted = buffer.count - done
            let part =
                place == start + Int64(count)
                ? try next(wanted) : try bytes(at: place, min(wanted, held(from: place)))
            if part.isEmpty { break }
            UnsafeMutableRawBufferPointer(rebasing: buffer[done...]).copyMemory(from: part)
            done += part.count
        }
        return done
    }

    /// Bytes of the window from there on; at least one, so that it moves on.
    private func held(from offset: Int64) -> Int {
        Int(max(start + Int64(count) - offset, 1))
    }

    /// The bytes after the window, straight from the source.
    private func next(_ wanted: Int) throws(ArchiveError) -> UnsafeRawBufferPointer {
        start += Int64(count)
        count = 0
        if block.isEmpty, !isOver {
            if let next = try source.nextBlock() { block = next } else { isOver = true }
        }
        let part = UnsafeRawBufferPointer(rebasing: block.prefix(wanted))
        block = UnsafeRawBufferPointer(rebasing: block[part.count...])
        start += Int64(part.count)
        return part
    }

    /// Takes what the source has given, and keeps everything from `offset` on.
    private func fill(keepingFrom offset: Int64) throws(ArchiveError) {
        let passed = Int(min(max(offset - start, 0), Int64(count)))
        memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[passed..<count]))
        start += Int64(passed)
        count -= passed
        if block.isEmpty {
            guard let next = try source.nextBlock() else { return isOver = true }
            block = next
        }
        if count == 0, offset > start {
            // Skipped bytes are not copied.
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
