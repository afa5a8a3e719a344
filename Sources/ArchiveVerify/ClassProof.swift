internal import Checksums
public import DataFolder
public import DatasetManifest
public import Disk
internal import Synchronization

/// Proves chosen classes of an archive, whole or partly downloaded, by the pieces that hold them.
public struct ClassProof: Sendable {
    private let target: Target
    private let classes: ClassSelection
    private let tars: ClassTars
    private let map: PieceMap
    private let verifier: Verifier
    /// The pieces to read, in order.
    private let pieces: [Int]

    /// - Parameters:
    ///   - tars: where the class tars lie in it.
    ///   - map: the pieces of the archive.
    public init(
        _ target: Target, _ classes: ClassSelection, _ tars: ClassTars, _ map: PieceMap,
        _ verifier: Verifier
    ) {
        self.target = target
        self.classes = classes
        self.tars = tars
        self.map = map
        self.verifier = verifier
        var wanted = PieceSet(count: map.count)
        for tar in tars.found { wanted.insert(tar.pieces(ofLength: map.pieceLength)) }
        pieces = (0..<map.count).filter { wanted[$0] }
    }

    private var bytes: Int64 { pieces.reduce(0) { $0 + Int64(map.range(of: $1).count) } }

    private enum Finding {
        case wrong, unreadable
    }

    /// Reads the pieces on all cores.
    ///
    /// - Throws: the reason of `stop`.
    public func run(
        stop: StopCheck = .never, progress tell: @escaping @Sendable (Verifier.Progress) -> Void
    ) throws -> Verification {
        var result = Verification(target, .ok, bytes: bytes)
        result.classes = classes
        result.proof = .pieces
        let file: Shared<FileDescriptor>
        do throws(DiskError) {
            file = Shared(try FileDescriptor(target.path, .reading))
        } catch {
            result.status = error.code == .notFound ? .missing : .unreadable
            result.diagnosis = .cannotRead(error)
            return result
        }
        let found = Monitor<[Int: Finding]>([:])
        let done = Shared(Atomic<Int64>(0))
        let total = bytes
        let readers = min(verifier.options.threads, max(pieces.count, 1))
        // Every reader has its memory and takes every n-th piece, so neighbours are read together.
        try Workers.forEach(readers, threads: readers) { [map, pieces, target] reader in
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
                let now = done.value.add(Int64(range.count), ordering: .relaxed).newValue
                tell(Verifier.Progress(done: now, total: total, name: target.file.name))
            }
        }
        judge(found.read { $0 }, &result)
        return result
    }

    private func judge(_ found: [Int: Finding], _ result: inout Verification) {
        let bad = found.keys.sorted().map { map.range(of: $0) }
        result.badPieces = found.keys.sorted()
        result.damage = Damage.coalesced(bad).map { range in
            let names = tars.found.filter { $0.range.overlaps(range) }
                .map { Path("\($0.wnid).tar") }
            return Damage(range: range, members: names)
        }
        if found.values.contains(.unreadable) {
            result.status = .unreadable
            let ranges = found.filter { $0.value == .unreadable }.keys.map { map.range(of: $0) }
            result.diagnosis = .unreadable(Damage.coalesced(ranges))
        } else if !found.isEmpty {
            result.status = .failed
            result.diagnosis = .damaged(pieces: found.count, of: pieces.count)
        } else if !tars.missing.isEmpty {
            result.status = .failed
            result.diagnosis = .notThere(tars.missing)
        }
    }
}
