internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import Synchronization

/// One read of a file: which pieces are right, and the digests of its beginning up to the first
/// wrong piece.
///
/// Pieces are hashed on all cores, while the digests take the same buffers in order. Holes are not
/// read. Without a piece map every piece counts, and the digests decide.
struct PieceAudit: Sendable {
    struct Findings: Sendable {
        var proven: PieceSet
        var position: PieceLedger.Position
        /// Pieces that the disk cannot read. With a map they count as missing.
        var unreadable = 0
    }

    let expected: Expectation
    var threads = Workers.processors
    var stop = StopCheck.never
    /// Is told how many bytes were read so far.
    var tell: @Sendable (Int64) -> Void = { _ in }

    private var size: Int64 { expected.size }
    private var pieceLength: Int { expected.pieceLength }
    private var count: Int { expected.pieceCount }
    private var map: PieceMap? { expected.map }
    private var algorithms: [DigestAlgorithm] { expected.algorithms }

    private enum Piece: Sendable {
        case right(PieceBuffer)
        /// A hole where zeros belong.
        case zeros
        case wrong
        case unreadable
    }

    func run(_ file: consuming FileDescriptor) throws -> Findings {
        var findings = Findings(
            proven: PieceSet(count: count),
            position: PieceLedger.Position(offset: 0, fan: HashFan(algorithms)))
        try report(0)
        let holes = try holes(in: file)
        let indices = (0..<count).filter { holes[$0] != .hole }
        let input = Shared(file)
        // One buffer for each producer, and the window for those that wait.
        let window = max(2, min(2 * threads, (32 << 20) / pieceLength))
        let buffers = PieceBuffers(
            pieceLength: pieceLength, bytes: (window + threads + 1) * pieceLength)
        var done: Int64 = 0
        try Workers.inOrder(indices.count, threads: threads, window: window) { index in
            let piece = indices[index]
            if holes[piece] == .zeros { return Piece.zeros }
            return try check(piece, input.value, buffers)
        } consume: { index, result in
            let piece = indices[index]
            switch result {
            case .right(let buffer):
                take(piece, UnsafeRawBufferPointer(buffer.bytes), &findings)
            case .zeros: take(piece, nil, &findings)
            case .wrong: break
            case .unreadable: findings.unreadable += 1
            }
            done += Int64(length(of: piece))
            try report(done)
        }
        return findings
    }

    /// Whether these pieces are right; stops at the first wrong one.
    func confirms(_ pieces: [Int], in file: borrowing FileDescriptor) throws(DiskError) -> Bool {
        if map == nil { return true }
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: pieceLength, alignment: 4096)
        defer { memory.deallocate() }
        for piece in pieces {
            let bytes = UnsafeMutableRawBufferPointer(rebasing: memory[..<length(of: piece)])
            let got = try file.readUpTo(bytes, at: Int64(piece) * Int64(pieceLength))
            guard got == bytes.count, isRight(piece, UnsafeRawBufferPointer(bytes)) else {
                return false
            }
        }
        return true
    }

    /// The digests of the beginning of a file.
    ///
    /// - Throws: `DiskError`; what `stop` gives.
    func digests(
        of file: borrowing FileDescriptor, upTo end: Int64
    ) throws -> PieceLedger.Position {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { memory.deallocate() }
        var position = PieceLedger.Position(offset: 0, fan: HashFan(algorithms))
        while position.offset < end {
            try report(position.offset)
            let count = Int(min(Int64(memory.count), end - position.offset))
            let part = UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
            try file.readFully(part, at: position.offset)
            position.fan.update(UnsafeRawBufferPointer(part))
            position.offset += Int64(count)
        }
        return position
    }

    private func report(_ done: Int64) throws {
        tell(done)
        try stop()
    }

    private func length(of piece: Int) -> Int { expected.length(of: piece) }

    private func isRight(_ piece: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        expected.isRight(piece, Hasher.digest(.sha1, bytes))
    }

    private func check(
        _ piece: Int, _ file: borrowing FileDescriptor, _ buffers: PieceBuffers
    ) throws(DiskError) -> Piece {
        // Without memory the piece is not judged, only downloaded again.
        guard let buffer = buffers.take() else { return .unreadable }
        let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<length(of: piece)])
        do {
            let got = try file.readUpTo(bytes, at: Int64(piece) * Int64(pieceLength))
            if got < bytes.count { return .wrong }
        } catch  where error.code == .io && map != nil {
            return .unreadable
        }
        if map == nil { return .right(buffer) }
        return isRight(piece, UnsafeRawBufferPointer(bytes)) ? .right(buffer) : .wrong
    }

    /// Counts a right piece, and hashes its bytes if no gap comes before it; nil for zeros.
    private func take(
        _ piece: Int, _ bytes: UnsafeRawBufferPointer?, _ findings: inout Findings
    ) {
        findings.proven[piece] = true
        let start = Int64(piece) * Int64(pieceLength)
        guard findings.position.offset == start else { return }
        let count = length(of: piece)
        if let bytes {
            findings.position.fan.update(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        } else {
            findings.position.fan.update([UInt8](repeating: 0, count: count))
        }
        findings.position.offset = start + Int64(count)
    }

    private enum Kind { case data, hole, zeros }

    /// Which pieces need no reading. Without a map all are read, because only the whole file can be
    /// verified.
    private func holes(in file: borrowing FileDescriptor) throws(DiskError) -> [Kind] {
        guard let map else { return [Kind](repeating: .data, count: count) }
        var kinds = [Kind](repeating: .hole, count: count)
        var offset: Int64 = 0
        while offset < size, let data = try file.nextData(from: offset), data.lowerBound < size {
            let first = Int(data.lowerBound / Int64(pieceLength))
            let last = Int((min(data.upperBound, size) - 1) / Int64(pieceLength))
            for piece in first...last { kinds[piece] = .data }
            // The last piece is read anyway, whatever holes it has.
            offset = max(data.upperBound, Int64(last + 1) * Int64(pieceLength))
        }
        // Zeros may belong in a hole: one hash tells for all pieces, another for the last.
        let zeros = [UInt8](repeating: 0, count: pieceLength)
        let whole = Hasher.digest(.sha1, zeros).bytes
        let last = Hasher.digest(.sha1, Array(zeros[..<length(of: count - 1)])).bytes
        let end = try file.size()
        for piece in 0..<count where kinds[piece] == .hole {
            let isThere = Int64(piece) * Int64(pieceLength) + Int64(length(of: piece)) <= end
            let expected = piece == count - 1 ? last : whole
            if isThere, map.hash(at: piece).elementsEqual(expected) { kinds[piece] = .zeros }
        }
        return kinds
    }
}
