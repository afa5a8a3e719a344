internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import Glibc

/// The file in which an archive grows.
///
/// A piece comes as a full buffer from the swarm or a mirror: its SHA-1 is checked, it is written
/// in one call, and only then it counts.
final class StagingFile: Sendable {
    enum Verdict: Sendable {
        case proven
        case duplicate
        /// Not what the piece map says.
        case wrong
        case failed(DiskError)
        /// It came after `close()`.
        case stopped
    }

    private enum Job: Sendable {
        case verify(Int, PieceBuffer?, @Sendable (Verdict) -> Void)
        case other(@Sendable () -> Void)
    }

    private struct State {
        var queue: [Job] = []
        /// Pieces that have come and have no verdict yet.
        var unverified = 0
        var closed = false
    }

    private struct Waiter: Sendable {
        let limit: Int
        let body: @Sendable () -> Void
    }

    let expected: Expectation
    private let file: FileDescriptor
    private let written: (@Sendable () -> Void)?
    let ledger: Monitor<PieceLedger>
    private let state = Monitor(State())
    /// Held from the write of a piece until it counts, and while a single block is written: a late
    /// wrong block must not overwrite a proven piece.
    private let writing = Monitor(())
    private let waiters = Monitor<[Waiter]>([])

    init(
        _ file: consuming FileDescriptor, _ expected: Expectation, proven: PieceSet,
        from position: PieceLedger.Position, isPartial: Bool = false, holds: Int,
        written: (@Sendable () -> Void)? = nil
    ) {
        self.file = file
        self.written = written
        self.expected = expected
        ledger = Monitor(
            PieceLedger(
                expected, proven: proven, from: position, isPartial: isPartial, holds: holds))
    }

    var size: Int64 { expected.size }
    var pieceLength: Int { expected.pieceLength }
    var map: PieceMap? { expected.map }
    var pieceCount: Int { expected.pieceCount }

    func length(of piece: Int) -> Int { expected.length(of: piece) }

    var proven: PieceSet { ledger.read { $0.proven } }

    /// The bytes that are wanted and missing, counted in full pieces.
    var missingBytes: Int64 { ledger.read { Int64($0.missing) * Int64(pieceLength) } }

    var wanted: PieceSet { ledger.read { $0.wanted } }

    /// Whether all that is wanted is there.
    var isDone: Bool { ledger.read { $0.isDone } }

    func bytes(of pieces: PieceSet) -> Int64 {
        let last = pieceCount - 1
        let short = pieces[last] ? pieceLength - length(of: last) : 0
        return Int64(pieces.members) * Int64(pieceLength) - Int64(short)
    }

    /// Why a piece could not be written or read back, once that has happened.
    var failure: DiskError? { ledger.read { $0.failure } }

    /// Waits for the last piece or an awaited one, or until a piece could not be written.
    func waitForNews(atMost duration: Duration) {
        ledger.wait(atMost: duration) { ledger in
            let hasCome = ledger.awaited.map { ledger.proven[$0] } ?? false
            return ledger.isDone || hasCome || ledger.writeFailure != nil ? () : nil
        }
    }

    /// Some bytes, if all of them are in proven pieces.
    func provenBytes(_ range: Range<Int64>) throws(DiskError) -> [UInt8]? {
        let length = Int64(pieceLength)
        for piece in Int(range.lowerBound / length)...Int((range.upperBound - 1) / length)
        where !isProven(piece) { return nil }
        return try file.bytes(upTo: range.count, at: range.lowerBound)
    }

    func isProven(_ piece: Int) -> Bool { ledger.read { $0.proven[piece] } }

    /// Whether these bytes are those of the file; a missing piece agrees with all.
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

    /// Takes a full piece and calls `done` once, on a worker's thread. Without a buffer its blocks
    /// are in the file already.
    func submit(
        _ piece: Int, _ buffer: PieceBuffer?, done: @escaping @Sendable (Verdict) -> Void
    ) {
        let isTaken = state.update { state in
            if state.closed { return false }
            state.queue.append(.verify(piece, buffer, done))
            state.unverified += 1
            return true
        }
        if !isTaken { done(.stopped) }
    }

    /// Has a worker do something else that may wait for the disk; false after `close()`.
    func perform(_ body: @escaping @Sendable () -> Void) -> Bool {
        state.update { state in
            if state.closed { return false }
            state.queue.append(.other(body))
            return true
        }
    }

    /// Pieces that wait for these threads, to be verified or to be hashed. They become fewer
    /// whether or not more pieces come.
    var backlog: Int { state.read { $0.unverified } + ledger.read { $0.lag } }

    /// Calls `body` once, as soon as the backlog is that small.
    func whenBacklog(isAtMost limit: Int, _ body: @escaping @Sendable () -> Void) {
        waiters.update { $0.append(Waiter(limit: limit, body: body)) }
        // It may have shrunk before the waiter was there.
        callWaiters()
    }

    /// Writes a block of a piece that is submitted later. Nothing is written to a proven piece, nor
    /// after `close()`.
    func write(_ block: UnsafeRawBufferPointer, of piece: Int, at offset: Int) throws(DiskError) {
        try writing.read { _ throws(DiskError) in
            if ledger.read({ $0.isClosed || $0.proven[piece] }) { return }
            try file.write(block, at: Int64(piece) * Int64(pieceLength) + Int64(offset))
            written?()
        }
    }

    /// Verifies and writes pieces until `close()`; for one or more threads.
    ///
    /// The rest of the queue is still answered: libtorrent waits for each answer.
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
            case .verify(let piece, let buffer, let done)?:
                let verdict: Verdict
                if let buffer {
                    verdict = verify(piece, UnsafeRawBufferPointer(buffer.bytes), buffer)
                } else {
                    let memory = scratch ?? PieceScratch(pieceLength)
                    scratch = memory
                    verdict = verify(piece, rereadInto: memory.bytes)
                }
                if case .failed(let error) = verdict {
                    ledger.update { $0.failToWrite(error) }
                }
                state.update { $0.unverified -= 1 }
                done(verdict)
                callWaiters()
            }
        }
    }

    /// Follows the pieces with the digests of the whole file; for its own thread.
    func hash() { FrontierHasher(ledger: ledger).follow(file) { callWaiters() } }

    /// Reads a part of a proven piece for a peer.
    func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DiskError) {
        try file.readFully(buffer, at: offset)
    }

    /// Waits for the digests of the whole file; nil after `close()`.
    func finish() throws(DiskError) -> [Digest]? {
        let result: Result<[Digest]?, DiskError> = ledger.wait { ledger in
            if let failure = ledger.hashFailure { return .failure(failure) }
            if ledger.position.offset == size { return .success(ledger.position.fan.digests) }
            return ledger.isClosed ? .success(nil) : nil
        }
        return try result.get()
    }

    func sync() throws(DiskError) { try file.syncData() }

    /// The pieces are those written by now; the digests may lag.
    func journal(fileName: String, pin: String, isClean: Bool) throws(DiskError) -> Journal {
        let (proven, position) = ledger.read { ($0.proven, $0.position) }
        return Journal(
            fileName: fileName, size: size, pieceLength: Int64(pieceLength), pieces: proven,
            pin: pin, identity: try file.identity(), isClean: isClean, frontier: position.offset,
            states: position.fan.savedStates)
    }

    func close() {
        writing.read { _ in
            state.update { $0.closed = true }
            ledger.update { $0.close() }
        }
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

    private func verify(
        _ piece: Int, rereadInto memory: UnsafeMutableRawBufferPointer
    ) -> Verdict {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: memory[..<length(of: piece)])
        do {
            try file.readFully(bytes, at: Int64(piece) * Int64(pieceLength))
        } catch {
            return .failed(error)
        }
        return verify(piece, UnsafeRawBufferPointer(bytes), nil)
    }

    /// - Parameter buffer: holds `memory`; nil for a piece that was read back.
    private func verify(
        _ piece: Int, _ memory: UnsafeRawBufferPointer, _ buffer: PieceBuffer?
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
                return ledger.update { $0.prove(piece, digest, buffer) }
            }
        } catch {
            return .failed(error)
        }
        return isNew ? .proven : .duplicate
    }
}

/// A worker's memory for a piece that is read back.
private final class PieceScratch {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ count: Int) { bytes = .allocate(byteCount: count, alignment: 4096) }

    deinit { bytes.deallocate() }
}
