public import DataFolder
public import DatasetManifest
public import Disk

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
        var check = PieceCheck(target.path, map)
        check.threads = verifier.options.threads
        let name = target.file.name
        let faults = try check.faults(pieces, in: file, stop) { done, total in
            tell(Verifier.Progress(done: done, total: total, name: name))
        }
        judge(faults, &result)
        return result
    }

    private func judge(_ found: [Int: PieceCheck.Fault], _ result: inout Verification) {
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
