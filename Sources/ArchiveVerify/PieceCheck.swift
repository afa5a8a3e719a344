internal import Checksums
public import DatasetManifest
public import Disk
internal import Synchronization

/// Reads single pieces of a file that is not whole, and says which of them are right.
public struct PieceCheck: Sendable {
    public let path: Path
    public let map: PieceMap
    public var threads = Workers.processors

    public init(_ path: Path, _ map: PieceMap) {
        self.path = path
        self.map = map
    }

    /// - Parameters:
    ///   - wanted: the bytes whose pieces are read, in any order.
    ///   - progress: gets the bytes so far and all that are read, on any thread.
    /// - Returns: the bytes of the pieces that are right, in order.
    /// - Throws: the reason of `stop`; `DiskError` if the file cannot be read.
    public func right(
        _ wanted: [Range<Int64>], stop: StopCheck = .never,
        progress: @escaping @Sendable (_ done: Int64, _ total: Int64) -> Void = { _, _ in }
    ) throws -> [Range<Int64>] {
        let (map, path) = (map, path)
        let pieces = pieces(of: wanted)
        let total = pieces.reduce(Int64(0)) { $0 + Int64(map.range(of: $1).count) }
        let done = Shared(Atomic<Int64>(0))
        let right = Monitor(Set<Int>())
        try Workers.forEach(pieces.count, threads: threads) { index in
            try stop()
            let piece = pieces[index]
            let range = map.range(of: piece)
            let buffer = UnsafeMutableRawBufferPointer.allocate(
                byteCount: range.count, alignment: 4096)
            defer { buffer.deallocate() }
            let count = try FileDescriptor(path, .reading)
                .readUpTo(buffer, at: range.lowerBound)
            var hasher = Hasher(.sha1)
            hasher.update(UnsafeRawBufferPointer(buffer))
            if count == range.count, hasher.digest.bytes.elementsEqual(map.hash(at: piece)) {
                right.update { _ = $0.insert(piece) }
            }
            progress(
                done.value.add(Int64(range.count), ordering: .relaxed).newValue, total)
        }
        return right.read { $0.sorted() }.map { map.range(of: $0) }
    }

    private func pieces(of wanted: [Range<Int64>]) -> [Int] {
        let length = Int64(map.pieceLength)
        var pieces: Set<Int> = []
        for range in wanted.map({ $0.clamped(to: 0..<map.size) }) where !range.isEmpty {
            let last = (range.upperBound - 1) / length
            pieces.formUnion(Int(range.lowerBound / length)...Int(last))
        }
        return pieces.sorted()
    }
}
