internal import Checksums
internal import DataFolder
internal import Disk

/// Computes the digests of the whole file close behind the pieces as they arrive, so that they are
/// ready soon after the last byte.
///
/// A thread follows the gapless beginning of the file. It takes the bytes from the buffer of a
/// piece while that is held, else from the file, which is then usually in the page cache.
struct FrontierHasher {
    let ledger: Monitor<PieceLedger>

    /// Follows the frontier to the end of the file, and calls `advanced` after each piece; for its
    /// own thread.
    func follow(_ file: borrowing FileDescriptor, advanced: () -> Void) {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { chunk.deallocate() }
        var (position, size) = ledger.read { ($0.position, $0.size) }
        while position.offset < size {
            let next: (length: Int, buffer: PieceBuffer?)? = ledger.wait { ledger in
                if ledger.isClosed { return .some(nil) }
                guard let next = ledger.takeNext() else { return nil }
                return next
            }
            guard let next else { return }
            do throws(DiskError) {
                if let buffer = next.buffer {
                    let skipped = Int(position.offset % Int64(buffer.bytes.count))
                    position.fan.update(
                        UnsafeRawBufferPointer(
                            rebasing: buffer.bytes[skipped..<skipped + next.length]))
                } else {
                    try read(file, from: position.offset, count: next.length, chunk, &position.fan)
                }
            } catch {
                ledger.update { $0.failToHash(error) }
                return advanced()
            }
            position.offset += Int64(next.length)
            let reached = position
            ledger.update { $0.hash(upTo: reached) }
            advanced()
        }
    }

    private func read(
        _ file: borrowing FileDescriptor, from start: Int64, count: Int,
        _ chunk: UnsafeMutableRawBufferPointer, _ fan: inout HashFan
    ) throws(DiskError) {
        var done = 0
        while done < count {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: chunk[..<min(chunk.count, count - done)])
            try file.readFully(part, at: start + Int64(done))
            fan.update(UnsafeRawBufferPointer(part))
            done += part.count
        }
    }
}
