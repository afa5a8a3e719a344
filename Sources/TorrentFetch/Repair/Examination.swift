internal import Checksums
internal import DataFolder
public import DatasetManifest
public import Disk

/// What is wrong with a file, piece by piece, and what could repair it.
public struct Examination: Sendable {
    public let file: ManifestFile
    /// Its path, with a link followed.
    public let path: Path
    /// The size it should have, and the size it has.
    public let size: Int64
    public let sizeFound: Int64
    /// The byte ranges of wrong pieces, adjacent ones merged.
    public let damage: [Range<Int64>]
    public var damagedPieces: Int { findings.proven.count - findings.proven.members }
    public let unreadablePieces: Int
    public let hasTorrent: Bool
    public let mirrors: [String]

    let identity: FileIdentity
    let findings: PieceAudit.Findings
    let expected: Expectation
    let torrent: FoundTorrent?

    /// Why it must not be repaired: it is another file, which would be lost.
    public var refusal: FetchError? { isForeign ? .foreign(file.name, at: path) : nil }
    private let isForeign: Bool

    public var isWhole: Bool { damage.isEmpty && sizeFound == size }
    public var bytesToFetch: Int64 { damage.reduce(0) { $0 + Int64($1.count) } }

    init(
        _ file: ManifestFile, _ path: Path, _ identity: FileIdentity,
        _ findings: PieceAudit.Findings, _ expected: Expectation, _ torrent: FoundTorrent?,
        mirrors: [Mirror], isForeign: Bool
    ) {
        self.isForeign = isForeign
        self.file = file
        self.path = path
        self.identity = identity
        self.findings = findings
        self.expected = expected
        self.torrent = torrent
        size = expected.size
        sizeFound = identity.size
        unreadablePieces = findings.unreadable
        hasTorrent = torrent != nil
        self.mirrors = mirrors.map(\.description)
        damage = findings.proven.missingRanges.map(expected.range(ofPieces:))
    }

    func receipt(
        _ digests: [Digest], _ identity: FileIdentity, _ sources: [String: Int64]
    ) -> Receipt {
        Receipt(
            fileName: file.name, digests: digests, torrent: torrent?.infoHash, identity: identity,
            proof: expected.proof, sources: sources)
    }
}
