internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import Glibc

/// The file in which an archive grows, whoever brings its pieces.
///
/// A piece comes as a full buffer: its SHA-1 is checked, it is written in one call, the digests of
/// the whole file follow, and only then it counts. Swarm and mirrors meet here and nowhere else.
final class StagingFile: Sendable {
    /// What became of a piece that somebody brought.
    enum Verdict: Sendable {
        case proven
        /// It was there already.
        case duplicate
        /// Not what the piece map says.
        case wrong
        /// It could not be written.
        case failed(DiskError)
        /// It came behind `close()`.
        case stopped
    }

    private enum Job: Sendable {
        case settle(Int, PieceBuffer?, @Sendable (Verdict) -> Void)
        case other(@Sendable () -> Void)
    }

    private struct State {
        var proven: PieceSet
        var queue: [Job] = []
        /// Pieces that have come and are not settled.
        var unsettled = 0
        var failure: DiskError?
        var closed = false
        /// Where there is no map, what would make one: the SHA-1 of each piece that has come.
        var hashes: [Int: Digest] = [:]
    }

    private struct Waiter: Sendable {
        let limit: Int
        let body: @Sendable () -> Void
    }

    let expected: Expectation
    private let file: FileDescriptor
    /// Is told behind each write, where somebody has to know.
    private let written: (@Sendable () -> Void)?
    private let frontier: FrontierHasher
    private let state: Monitor<State>
    /// Held while a piece is written and counts from then on, and while a single block is written:
    /// a wrong block that came late must not lie on a piece that was just proven.
    private let writing = Monitor(())
    private let waiters = Monitor<[Waiter]>([])

    init(
        _ file: consuming FileDescriptor, _ expected: Expectation, proven: PieceSet,
        from position: FrontierHasher.Position, holds: Int,
        written: (@Sendable () -> Void)? = nil
    ) {
        self.file = file
        self.written = written
        self.expected = expected
        frontier = FrontierHasher(expected, proven: proven, from: position, holds: holds)
        state = Monitor(State(proven: proven))
    }

    var size: Int64 { expected.size }
    var pieceLength: Int { expected.pieceLength }
    var map: PieceMap? { expected.map }
    var pieceCount: Int { expected.pieceCount }

    func length(of piece: Int) -> Int { expected.length(of: piece) }

    var proven: PieceSet { state.read { $0.proven } }

    /// How far the digests of the whole file have come.
    var hashedBytes: Int64 { frontier.position.offset }

    /// Why a piece could not be written, or read again for the digests, once that has happened.
    var failure: DiskError? { state.read { $0.failure } ?? frontier.failure }

    /// Waits until all pieces are there, or one could not be written, but no longer than this.
    func waitForEnd(atMost duration: Duration) {
        state.wait(atMost: duration) { $0.proven.isComplete || $0.failure != nil ? () : nil }
    }

    func isProven(_ piece: Int) -> Bool { state.read { $0.proven[piece] } }

    /// Whether these bytes are what the file has there already; what is not there agrees with all.
    func agrees(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(DiskError) -> Bool {
        guard let first = bytes.baseAddress, isProven(Int(offset / Int64(pieceLength))) else {
            return true
        }
        let there = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 16)
        defer { there.deallocate() }
        try file.readFully(
            UnsafeMutableRawBufferPointer(start: there, count: bytes.count), at: offset)
        return memcmp(there, first, bytes.count) == 0
    }

    /// Takes a full piece; `done` is called on a worker's thread, once. Without a buffer the piece
    /// is in the file already, block by block.
    func submit(
        _ piece: Int, _ buffer: PieceBuffer?, done: @escaping @Sendable (Verdict) -> Void
    ) {
        let isTaken = state.update { state in
            if state.closed { return false }
            state.queue.append(.settle(piece, buffer, done))
            state.unsettled += 1
            return true
        }
        if !isTaken { done(.stopped) }
    }

    /// Has a worker do something else that may wait for the disk; false behind `close()`.
    func perform(_ body: @escaping @Sendable () -> Void) -> Bool {
        state.update { state in
            if state.closed { return false }
            state.queue.append(.other(body))
            return true
        }
    }

    /// How many pieces have come and wait for these threads: to be settled, or to be hashed. They
    /// become fewer whether or not more pieces come.
    var backlog: Int { state.read { $0.unsettled } + frontier.lag }

    /// Calls `body`, once, as soon as the backlog is no more than that.
    func whenBacklog(isAtMost limit: Int, _ body: @escaping @Sendable () -> Void) {
        waiters.update { $0.append(Waiter(limit: limit, body: body)) }
        // It may have shrunk in between, with nobody to say so.
        callWaiters()
    }

    /// Writes a part of a piece that is not known to be right yet. Its owner submits it later. Of a
    /// piece that is there nothing is written, nor behind `close()`.
    func write(_ block: UnsafeRawBufferPointer, of piece: Int, at offset: Int) throws(DiskError) {
        try writing.read { _ throws(DiskError) in
            if state.read({ $0.closed || $0.proven[piece] }) { return }
            try file.write(block, at: Int64(piece) * Int64(pieceLength) + Int64(offset))
            written?()
        }
    }

    /// Checks and writes pieces until `close()`; meant for a thread of its own, or several.
    ///
    /// What was queued by then is still answered: libtorrent waits for each answer.
    func work() {
        var scratch: PieceScratch?
        while true {
            let job: Job? = state.wait { state in
                if state.queue.isEmpty { return state.closed ? .some(nil) : nil }
                return state.queue.removeFirst()
            }
            switch job {
            case nil: return
            case .other(let body)?: body()
            case .settle(let piece, let buffer, let done)?:
                let verdict: Verdict
                if let buffer {
                    verdict = settle(piece, UnsafeRawBufferPointer(buffer.bytes), keeping: buffer)
                } else {
                    let memory = scratch ?? PieceScratch(pieceLength)
                    scratch = memory
                    verdict = settle(piece, rereadInto: memory.bytes)
                }
                state.update { state in
                    state.unsettled -= 1
                    if case .failed(let error) = verdict, state.failure == nil {
                        state.failure = error
                    }
                }
                done(verdict)
                callWaiters()
            }
        }
    }

    /// Follows the arriving pieces with the digests of the whole file; for a thread of its own.
    func hash() {
        frontier.follow(file) { callWaiters() }
        guard map != nil, frontier.failure != nil else { return }
        // What the disk does not give back is fetched again by the next run.
        let lost = Int(frontier.position.offset / Int64(pieceLength))
        state.update { $0.proven[lost] = false }
    }

    /// Reads a proven piece, or a part of it, as peers ask for it.
    func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DiskError) {
        try file.readFully(buffer, at: offset)
    }

    /// The digests of the whole file, when its last byte is hashed; nil after `close()`.
    func finish() throws(DiskError) -> [Digest]? { try frontier.finish() }

    /// The pieces of a file that had no map; nil where some of them are of an earlier run.
    var piecesOfItsOwn: PieceMap? {
        let hashes = state.read { $0.hashes }
        guard map == nil, hashes.count == pieceCount else { return nil }
        let all = (0..<pieceCount).flatMap { hashes[$0]?.bytes ?? [] }
        return try? PieceMap(pieceLength: pieceLength, size: size, hashes: all)
    }

    /// Brings to the disk what was written.
    func sync() throws(DiskError) { try file.syncData() }

    /// What a journal keeps. The pieces are those written by now; the digests may lag behind.
    func journal(fileName: String, pin: String, isClean: Bool) throws(DiskError) -> Journal {
        let position = frontier.position
        return Journal(
            fileName: fileName, size: size, pieceLength: Int64(pieceLength), pieces: proven,
            pin: pin, identity: try file.identity(), isClean: isClean, frontier: position.offset,
            states: position.fan.savedStates)
    }

    /// Takes nothing more and lets the threads come to their end.
    func close() {
        writing.read { _ in state.update { $0.closed = true } }
        frontier.stop()
        callWaiters()
    }

    private func callWaiters() {
        guard waiters.read({ !$0.isEmpty }) else { return }
        let backlog = backlog
        let due = waiters.update { waiters in
            let due = waiters.filter { backlog <= $0.limit }
            waiters.removeAll { backlog <= $0.limit }
            return due
        }
        for waiter in due { waiter.body() }
    }

    private func settle(
        _ piece: Int, rereadInto memory: UnsafeMutableRawBufferPointer
    ) -> Verdict {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: memory[..<length(of: piece)])
        do {
            try file.readFully(bytes, at: Int64(piece) * Int64(pieceLength))
        } catch {
            return .failed(error)
        }
        return settle(piece, UnsafeRawBufferPointer(bytes), keeping: nil)
    }

    /// - Parameter buffer: holds `memory`; nil for a piece whose bytes are in the file.
    private func settle(
        _ piece: Int, _ memory: UnsafeRawBufferPointer, keeping buffer: PieceBuffer?
    ) -> Verdict {
        if isProven(piece) { return .duplicate }
        let bytes = UnsafeRawBufferPointer(rebasing: memory[..<length(of: piece)])
        let digest = Hasher.digest(.sha1, bytes)
        if !expected.isRight(piece, digest) { return .wrong }
        let isNew: Bool
        do throws(DiskError) {
            isNew = try writing.read { _ throws(DiskError) in
                if buffer != nil, !isProven(piece) {
                    try file.write(bytes, at: Int64(piece) * Int64(pieceLength))
                    written?()
                }
                return count(piece, digest)
            }
        } catch {
            return .failed(error)
        }
        guard isNew else { return .duplicate }
        frontier.add(piece, buffer)
        return .proven
    }

    /// - Returns: whether it did not count before.
    private func count(_ piece: Int, _ digest: Digest) -> Bool {
        state.update { state in
            if state.proven[piece] { return false }
            state.proven[piece] = true
            if map == nil { state.hashes[piece] = digest }
            return true
        }
    }
}

/// A worker's own room for one piece that has to be read back.
private final class PieceScratch {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ count: Int) { bytes = .allocate(byteCount: count, alignment: 4096) }

    deinit { bytes.deallocate() }
}
