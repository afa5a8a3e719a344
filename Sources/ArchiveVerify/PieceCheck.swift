internal import Checksums
internal import DataFolder
public import DatasetManifest
public import Disk
internal import Synchronization

/// Reads single pieces of a file, whole or not, and says which of them are wrong.
public struct PieceCheck: Sendable {
    enum Fault {
        case wrong, unreadable
    }

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
    /// - Throws: the reason of `stop`; `DiskError` if the file cannot be opened.
    public func right(
        _ wanted: [Range<Int64>], stop: StopCheck = .never,
        progress: @escaping @Sendable (_ done: Int64, _ total: Int64) -> Void = { _, _ in }
    ) throws -> [Range<Int64>] {
        let pieces = pieces(of: wanted)
        let faults = try faults(
            pieces, in: Shared(try FileDescriptor(path, .reading)), stop, progress)
        return pieces.filter { faults[$0] == nil }.map { map.range(of: $0) }
    }

    private func pieces(of wanted: [Range<Int64>]) -> [Int] {
        let length = Int64(map.pieceLength)
        var pieces = PieceSet(count: map.count)
        for range in wanted.map({ $0.clamped(to: 0..<map.size) }) where !range.isEmpty {
            let last = (range.upperBound - 1) / length
            pieces.insert(Int(range.lowerBound / length)..<Int(last) + 1)
        }
        return (0..<map.count).filter { pieces[$0] }
    }

    /// Reads pieces on all cores.
    ///
    /// - Returns: what is wrong with those that are not right.
    func faults(
        _ pieces: [Int], in file: Shared<FileDescriptor>, _ stop: StopCheck,
        _ progress: @escaping @Sendable (_ done: Int64, _ total: Int64) -> Void
    ) throws -> [Int: Fault] {
        let found = Monitor<[Int: Fault]>([:])
        let done = Shared(Atomic<Int64>(0))
        let total = pieces.reduce(Int64(0)) { $0 + Int64(map.range(of: $1).count) }
        let readers = min(threads, max(pieces.count, 1))
        // Every reader has its memory and takes every n-th piece, so neighbours are read together.
        try Workers.forEach(readers, threads: readers) { [map] reader in
            let memory = UnsafeMutableRawBufferPointer.allocate(
                byteCount: map.pieceLength, alignment: 4096)
            defer { memory.deallocate() }
            for piece in stride(from: reader, to: pieces.count, by: readers).map({ pieces[$0] }) {
                try stop()
                let range = map.range(of: piece)
                let part = UnsafeMutableRawBufferPointer(rebasing: memory[..<range.count])
                do throws(DiskError) {
                    try file.value.readFully(part, at: range.lowerBound)
                    let sha1 = Hasher.digest(.sha1, UnsafeRawBufferPointer(part))
                    if !sha1.bytes.elementsEqual(map.hash(at: piece)) {
                        found.update { $0[piece] = .wrong }
                    }
                } catch {
                    found.update { $0[piece] = .unreadable }
                }
                progress(
                    done.value.add(Int64(range.count), ordering: .relaxed).newValue, total)
            }
        }
        return found.read { $0 }
    }
}
