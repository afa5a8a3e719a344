internal import Checksums
internal import DataFolder
internal import Disk

/// Computes the digests of the whole file right behind the pieces as they arrive, so that the
/// verdict is there when the last byte is.
///
/// Whole-file digests go from the first byte to the last. A thread follows the gapless beginning of
/// the file: from the buffer in which a piece came, where it is still at hand, else from the file,
/// which is then usually still in the page cache.
final class FrontierHasher: Sendable {
    /// How far the digests have come, and what they need to go on from there.
    struct Position: Sendable {
        var offset: Int64
        var fan: HashFan

        init(offset: Int64, fan: HashFan) {
            self.offset = offset
            self.fan = fan
        }
    }

    private struct State {
        var position: Position
        var proven: PieceSet
        /// Pieces at or beyond the frontier whose buffers are still held.
        var held: [Int: PieceBuffer] = [:]
        var failure: DiskError?
        var stopped = false
    }

    private let pieceLength: Int64
    private let size: Int64
    private let holds: Int
    private let state: Monitor<State>

    /// - Parameter holds: how many buffers may be kept for pieces that have arrived and not yet
    ///   been hashed; those beyond are read again from the file.
    init(_ expected: Expectation, proven: PieceSet, from position: Position, holds: Int) {
        size = expected.size
        pieceLength = Int64(expected.pieceLength)
        self.holds = holds
        state = Monitor(State(position: position, proven: proven))
    }

    /// Says that a piece is in the file. Its buffer is kept if it will be wanted soon.
    func add(_ piece: Int, _ buffer: PieceBuffer?) {
        state.update { state in
            state.proven[piece] = true
            let start = Int64(piece) * pieceLength
            guard let buffer, start >= state.position.offset else { return }
            if state.held.count >= holds, let farthest = state.held.keys.max() {
                // The nearest ones are the ones wanted first.
                guard piece < farthest else { return }
                state.held[farthest] = nil
            }
            state.held[piece] = buffer
        }
    }

    /// How far it has come; a value that a journal can keep.
    var position: Position { state.read { $0.position } }

    /// Why it could not go on, once that has happened.
    var failure: DiskError? { state.read { $0.failure } }

    /// How many pieces without a gap wait to be hashed; 0 where nothing will hash them any more.
    var lag: Int {
        state.read { state in
            if state.stopped || state.failure != nil { return 0 }
            let piece = Int(state.position.offset / pieceLength)
            return state.proven.firstMissing(from: piece) - piece
        }
    }

    /// Ends `follow` before the end of the file.
    func stop() { state.update { $0.stopped = true } }

    /// Waits until the last byte is hashed, or `stop()`: then nil.
    func finish() throws(DiskError) -> [Digest]? {
        let result: Result<[Digest]?, DiskError> = state.wait { state in
            if let failure = state.failure { return .failure(failure) }
            if state.position.offset == size { return .success(state.position.fan.digests) }
            return state.stopped ? .success(nil) : nil
        }
        return try result.get()
    }

    /// Follows the frontier to the end, and calls `advanced` behind each piece; meant for a thread
    /// of its own.
    func follow(_ file: borrowing FileDescriptor, advanced: () -> Void) {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { chunk.deallocate() }
        var position = self.position
        while position.offset < size {
            let next: (length: Int, buffer: PieceBuffer?)? = state.wait { state in
                if state.stopped { return .some(nil) }
                let piece = Int(position.offset / pieceLength)
                guard state.proven[piece] else { return nil }
                // A saved position may lie within a piece.
                let end = min(Int64(piece + 1) * pieceLength, size)
                return (Int(end - position.offset), state.held.removeValue(forKey: piece))
            }
            guard let next else { return }
            do throws(DiskError) {
                if let buffer = next.buffer {
                    let skipped = Int(position.offset % pieceLength)
                    position.fan.update(
                        UnsafeRawBufferPointer(
                            rebasing: buffer.bytes[skipped..<skipped + next.length]))
                } else {
                    try read(file, from: position.offset, count: next.length, chunk, &position.fan)
                }
            } catch {
                state.update { $0.failure = error }
                return advanced()
            }
            position.offset += Int64(next.length)
            let reached = position
            state.update { $0.position = reached }
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
