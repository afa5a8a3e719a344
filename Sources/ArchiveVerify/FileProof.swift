internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// How one file is proven: what is checked before it is read, and what its bytes say.
struct FileProof: Sendable {
    enum Step {
        /// There is no need to read it.
        case done(Verification)
        case read(FileProof)
    }

    /// A piece map and where it comes from.
    enum Pieces: Sendable {
        case torrent(PieceMap)
        /// Our own, of an earlier proof.
        case own(PieceMap)
        /// None yet: to be made.
        case none

        var map: PieceMap? {
            switch self {
            case .torrent(let map), .own(let map): map
            case .none: nil
            }
        }
    }

    let order: ReadOrder
    let verifier: Verifier
    let target: Target
    let before: FileIdentity
    private let expected: [Digest]
    /// The digests that the verdict is told with; others may be computed for the receipt.
    private let asked: [DigestAlgorithm]
    let pieces: Pieces
    /// Other files that it may be, if its size is wrong.
    private let others: [ManifestFile]
    private let wholeSize: Int64?

    // MARK: Before it is read

    static func begin(_ target: Target, _ verifier: Verifier) -> Step {
        guard !target.isMissing else { return .done(Verification(target, .missing)) }
        do throws(DiskError) {
            return try open(target, verifier)
        } catch {
            var result = Verification(target, .unreadable)
            result.diagnosis = .cannotRead(error)
            return .done(result)
        }
    }

    private static func open(_ target: Target, _ verifier: Verifier) throws(DiskError) -> Step {
        let file = Shared(try FileDescriptor(target.path, .reading))
        let identity = try file.value.identity()
        if let trusted = verifier.trusted(target, identity) { return .done(trusted) }
        try file.value.syncMappings()
        let expected = target.file.expectedDigests(after: target.receipt)
        let pieces = pieces(of: target, expected, verifier)
        let size = target.file.size ?? pieces.map?.size ?? sizeOfReceipt(target)
        var result = Verification(target, .failed, bytes: identity.size)
        result.expected = expected
        result.hasPieces = pieces.map != nil || target.file.torrent != nil
        var others: [ManifestFile] = []
        if let size, size != identity.size {
            let head = try file.value.bytes(upTo: Diagnosis.headLength)
            others = verifier.known.files(ofSize: identity.size)
                .filter { $0.name != target.file.name && !$0.digests.isEmpty }
            let shown = Diagnosis(head: head, of: target.file.name)
            if shown != nil || others.isEmpty {
                result.diagnosis = shown ?? wrongSize(identity.size, size)
                if shown == nil { result.damage = lengthDamage(identity.size, size) }
                return .done(result)
            }
        } else if let diagnosis = unprovable(target, expected, pieces, verifier) {
            result.diagnosis = diagnosis
            return .done(result)
        }
        return .read(
            FileProof(
                file, verifier, target, identity, expected, pieces, others, wholeSize: size))
    }

    private init(
        _ file: Shared<FileDescriptor>, _ verifier: Verifier, _ target: Target,
        _ before: FileIdentity,
        _ expected: [Digest], _ pieces: Pieces, _ others: [ManifestFile], wholeSize: Int64?
    ) {
        self.verifier = verifier
        self.target = target
        self.before = before
        self.expected = expected
        self.pieces = pieces
        self.others = others
        self.wholeSize = wholeSize
        var algorithms: [DigestAlgorithm]
        var witnesses: [DigestAlgorithm] = []
        var pieceLength: Int?
        if !others.isEmpty {
            // Of another size: only what else it may be is of interest.
            algorithms = Array(Set(others.flatMap(\.digests).map(\.algorithm))).sorted()
        } else {
            let isByPieces = verifier.options.byPieces && pieces.map != nil
            algorithms = isByPieces ? [] : Self.algorithms(target, expected)
            if !isByPieces, let receipt = target.receipt {
                witnesses = receipt.witnesses(for: before, beside: algorithms)
            }
            let made = ProvenPieces.pieceLength(forSize: before.size)
            // A file of a single piece is its own address.
            let isWorthIt = before.size > Int64(made) && made <= ProvenPieces.longestPiece
            pieceLength = pieces.map?.pieceLength ?? (isWorthIt ? made : nil)
        }
        asked = algorithms
        algorithms += witnesses
        order = ReadOrder(
            file: file, size: before.size, algorithms: algorithms, pieceLength: pieceLength)
    }

    private static func algorithms(
        _ target: Target, _ expected: [Digest]
    ) -> [DigestAlgorithm] {
        expected.isEmpty ? target.file.algorithms : expected.map(\.algorithm)
    }

    /// The pieces that this file should have, if they are known.
    static func pieces(
        of target: Target, _ expected: [Digest], _ verifier: Verifier
    ) -> Pieces {
        if let map = verifier.torrentPieces(target), target.file.size ?? map.size == map.size {
            return .torrent(map)
        }
        // A map that cannot be read is made again.
        guard let own = try? target.data.pieces.load(target.file.name),
            own.belong(toSize: target.file.size, digests: expected)
        else { return .none }
        return .own(own.map)
    }

    /// A receipt of the same contents also says how many bytes they have.
    private static func sizeOfReceipt(_ target: Target) -> Int64? {
        guard let receipt = target.receipt, receipt.proves(target.file) else { return nil }
        return receipt.identity.size
    }

    private static func wrongSize(_ size: Int64, _ whole: Int64) -> Diagnosis {
        size < whole ? .cutShort(size, of: whole) : .tooLong(size, of: whole)
    }

    private static func lengthDamage(_ size: Int64, _ whole: Int64) -> [Damage] {
        [Damage(range: min(size, whole)..<max(size, whole), members: [])]
    }

    private static func unprovable(
        _ target: Target, _ expected: [Digest], _ pieces: Pieces, _ verifier: Verifier
    ) -> Diagnosis? {
        guard expected.isEmpty, pieces.map == nil else { return nil }
        if target.file.torrent != nil { return .noTorrent }
        return verifier.options.allowsFirstUse ? nil : .unpinned
    }

    // MARK: After it was read

    /// The verdict, which is recorded.
    func conclude(_ findings: ReadFindings) -> Verification {
        var result = Verification(target, .failed, bytes: before.size)
        result.expected = expected
        result.hasPieces = pieces.map != nil || target.file.torrent != nil
        result.actual = findings.digests.filter { asked.contains($0.algorithm) }
        if let diagnosis = unfinished(findings) {
            if case .cannotRead = diagnosis { result.status = .unreadable }
            result.diagnosis = diagnosis
            return result
        }
        if !others.isEmpty {
            let other = others.first { $0.digests.allSatisfy(findings.digests.contains) }
            let size = wholeSize ?? before.size
            result.diagnosis =
                other.map { .otherFile($0.name) } ?? Self.wrongSize(before.size, size)
            if other == nil { result.damage = Self.lengthDamage(before.size, size) }
            return result
        }
        let bad = pieces.map.map { Damage.ranges(of: findings.pieceHashes, against: $0) } ?? []
        if !findings.unreadable.isEmpty {
            let ranges = Damage.coalesced(findings.unreadable)
            result.status = .unreadable
            result.diagnosis = .unreadable(ranges)
            result.damage = Damage.named(
                Damage.coalesced(ranges + bad), in: target.path, by: verifier.members)
            record(findings, &result)
            return result
        }
        judge(findings, bad, &result)
        record(findings, &result)
        return result
    }

    /// The bytes that were read are not those of one unchanged file.
    private func unfinished(_ findings: ReadFindings) -> Diagnosis? {
        if let end = findings.end { return .shrank(at: end) }
        if let failure = findings.failure { return .cannotRead(failure) }
        do throws(DiskError) {
            return try order.file.value.identity() == before ? nil : .changed
        } catch {
            return .cannotRead(error)
        }
    }

    private func judge(
        _ findings: ReadFindings, _ bad: [Range<Int64>], _ result: inout Verification
    ) {
        let isByPieces = order.algorithms.isEmpty || expected.isEmpty && pieces.map != nil
        let wrong = expected.filter { !findings.digests.contains($0) }
        result.proof = isByPieces ? .pieces : target.file.isPinned ? .digests : .firstUse
        if isByPieces ? bad.isEmpty : wrong.isEmpty {
            result.status = .ok
            if !bad.isEmpty, case .torrent = pieces {
                result.notes.append("its digests are right, but its torrent is for another file")
            }
            return
        }
        let head = (try? order.file.value.bytes(upTo: Diagnosis.headLength)) ?? []
        if let shown = Diagnosis(head: head, of: target.file.name) {
            result.diagnosis = shown
        } else if let other = twin(findings.digests) {
            result.diagnosis = .otherFile(other)
        } else if let map = pieces.map, !bad.isEmpty {
            let count = bad.reduce(0) { sum, range in
                sum + Int((range.upperBound - range.lowerBound - 1) / Int64(map.pieceLength)) + 1
            }
            result.diagnosis = .damaged(pieces: count, of: map.count)
            result.damage = Damage.named(bad, in: target.path, by: verifier.members)
        } else if case .torrent = pieces {
            result.diagnosis = .contradiction(wrong)
        } else {
            result.diagnosis = .otherDigests(wrong)
        }
    }

    /// Another known file with these contents.
    private func twin(_ digests: [Digest]) -> String? {
        verifier.known.files(ofSize: before.size).first { file in
            let common = file.digests.filter { known in
                digests.contains { $0.algorithm == known.algorithm }
            }
            return file.name != target.file.name && common.contains(where: \.algorithm.isAuthentic)
                && common.allSatisfy(digests.contains)
        }?.name
    }
}
