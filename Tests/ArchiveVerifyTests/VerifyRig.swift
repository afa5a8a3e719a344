import ArchiveVerify
import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support

/// A folder with files of seeded bytes, and what is needed to verify them.
final class VerifyRig {
    let folder: TemporaryFolder
    var known: [ManifestFile] = []

    init() throws { folder = try TemporaryFolder() }

    static func bytes(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
        var numbers = SeededNumbers(seed: seed)
        return numbers.bytes(count)
    }

    /// Writes a file, and makes it known with these digests.
    func add(
        _ name: String, _ bytes: [UInt8], _ algorithms: [DigestAlgorithm] = [.md5],
        withSize: Bool = true
    ) throws {
        try folder.write(bytes, to: name)
        known.append(
            ManifestFile(
                name: name, part: "a", size: withSize ? Int64(bytes.count) : nil,
                digests: algorithms.map { Hasher.digest($0, bytes) }))
    }

    /// What a search of the folder finds.
    func targets(state: String? = nil, chosen: [ManifestFile]? = nil) throws -> [Target] {
        try TargetSearch(
            known: KnownFiles(known), chosen: chosen, required: chosen ?? [],
            state: state.map { folder[$0] }
        ).search([folder.path])
    }

    func verifier(_ options: Verifier.Options = Verifier.Options()) -> Verifier {
        Verifier(known: KnownFiles(known), options)
    }

    /// Verifies all that is in the folder.
    func verify(
        _ options: Verifier.Options = Verifier.Options(), state: String? = nil,
        pieces: PieceMap? = nil, members: Damage.Naming? = nil,
        stop: StopCheck = .never,
        progress: @escaping @Sendable (Verifier.Progress) -> Void = { _ in }
    ) throws -> [Verification] {
        var verifier = verifier(options)
        if let pieces { verifier.torrentPieces = { _ in pieces } }
        verifier.members = members
        let results = Monitor([Verification]())
        try verifier.run(try targets(state: state), stop: stop, progress: progress) { result in
            results.update { $0.append(result) }
        }
        return results.read { $0 }
    }

    var receipts: ReceiptStore { ReceiptStore(folder[".imagenet-fetch/receipts"]) }
    var pieces: PieceMapStore { PieceMapStore(folder[".imagenet-fetch/pieces"]) }

    func receipt(of name: String) throws -> Receipt? {
        guard case .receipt(let receipt) = try receipts.load(name) else { return nil }
        return receipt
    }

    /// Writes over bytes of a file in its place.
    func overwrite(_ name: String, _ bytes: [UInt8], at offset: Int) throws {
        try FileDescriptor(folder[name], .updating).write(bytes, at: Int64(offset))
    }

    static func map(of bytes: [UInt8], pieceLength: Int) throws -> PieceMap {
        var builder = PieceMapBuilder(pieceLength: pieceLength)
        builder.update(bytes)
        return try builder.map()
    }
}

extension Verifier.Options {
    static var piecesAlone: Self {
        var options = Self()
        options.byPieces = true
        return options
    }

    static var firstUse: Self {
        var options = Self()
        options.allowsFirstUse = true
        return options
    }

    static func trusting(_ age: Duration) -> Self {
        var options = Self()
        options.maxAge = age
        return options
    }

    static func on(threads count: Int) -> Self {
        var options = Self()
        options.threads = count
        return options
    }
}
