internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

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
    }

    private struct Job: Sendable {
        let piece: Int
        let buffer: PieceBuffer
        let done: @Sendable (Verdict) -> Void
    }

    private struct State {
        var proven: PieceSet
        var queue: [Job] = []
        var working = 0
        var failure: DiskError?
        var closed = false
    }

    let size: Int64
    let pieceLength: Int
    /// What the pieces must hash to; nil where the file has no torrent and no map of our own.
    let map: PieceMap?
    private let file: FileDescriptor
    private let frontier: FrontierHasher
    private let state: Monitor<State>

    init(
        _ file: consuming FileDescriptor, size: Int64, pieceLength: Int, map: PieceMap?,
        proven: PieceSet, from position: FrontierHasher.Position, holds: Int
    ) {
        self.file = file
        self.size = size
        self.pieceLength = pieceLength
        self.map = map
        frontier = FrontierHasher(
            size: size, pieceLength: Int64(pieceLength), proven: proven, from: position,
            holds: holds)
        state = Monitor(State(proven: proven))
    }

    var pieceCount: Int { Int((size + Int64(pieceLength) - 1) / Int64(pieceLength)) }

    func length(of piece: Int) -> Int {
        Int(min(Int64(pieceLength), size - Int64(piece) * Int64(pieceLength)))
    }

    var proven: PieceSet { state.update { $0.proven } }

    func isProven(_ piece: Int) -> Bool { state.update { $0.proven[piece] } }

    /// Takes a full piece; `done` is called on a worker's thread, once.
    func submit(
        _ piece: Int, _ buffer: PieceBuffer, done: @escaping @Sendable (Verdict) -> Void
    ) {
        state.update { $0.queue.append(Job(piece: piece, buffer: buffer, done: done)) }
    }

    /// Checks and writes pieces until `close()`; meant for a thread of its own, or several.
    func work() {
        while true {
            let job: Job? = state.wait { state in
                if state.queue.isEmpty { return state.closed ? .some(nil) : nil }
                state.working += 1
                return state.queue.removeFirst()
            }
            guard let job else { return }
            let verdict = settle(job)
            state.update { state in
                state.working -= 1
                if case .failed(let error) = verdict, state.failure == nil { state.failure = error }
            }
            job.done(verdict)
        }
    }

    /// Follows the arriving pieces with the digests of the whole file; for a thread of its own.
    func hash() { frontier.follow(file) }

    /// Reads a proven piece, or a part of it, as peers ask for it.
    func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DiskError) {
        try file.readFully(buffer, at: offset)
    }

    /// The digests of the whole file, when its last byte is hashed; nil after `close()`.
    func finish() throws(DiskError) -> [Digest]? { try frontier.finish() }

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
        state.update { $0.closed = true }
        frontier.stop()
    }

    private func settle(_ job: Job) -> Verdict {
        if isProven(job.piece) { return .duplicate }
        let bytes = UnsafeRawBufferPointer(rebasing: job.buffer.bytes[..<length(of: job.piece)])
        if let map, !Hasher.digest(.sha1, bytes).bytes.elementsEqual(map.hash(at: job.piece)) {
            return .wrong
        }
        do {
            try file.write(bytes, at: Int64(job.piece) * Int64(pieceLength))
        } catch {
            return .failed(error)
        }
        let isNew = state.update { state in
            if state.proven[job.piece] { return false }
            state.proven[job.piece] = true
            return true
        }
        guard isNew else { return .duplicate }
        frontier.add(job.piece, job.buffer)
        return .proven
    }
}
