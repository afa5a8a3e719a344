internal import Checksums
internal import DataFolder
public import DatasetManifest
public import Disk

/// What is wrong with a file, piece by piece, and what would mend it.
public struct Examination: Sendable {
    public let file: ManifestFile
    /// Where it lies; not the name of a link to it.
    public let path: Path
    /// The bytes that it should have, and those it has.
    public let size: Int64
    public let sizeFound: Int64
    /// The bytes of the pieces that are not what they should be, runs of pieces as one.
    public let damage: [Range<Int64>]
    /// Pieces that are not what they should be.
    public var damagedPieces: Int { findings.proven.count - findings.proven.members }
    /// Pieces that the disk would not give.
    public let unreadablePieces: Int
    public let hasTorrent: Bool
    /// The mirrors that would be asked, as they are shown.
    public let mirrors: [String]

    let identity: FileIdentity
    let findings: PieceAudit.Findings
    let expected: Expectation
    let torrent: FoundTorrent?

    /// Why it must not be mended: it is no damaged copy but another file, which nobody could give
    /// back once it is written over.
    public var refusal: FetchError? { isForeign ? .foreign(file.name, at: path) : nil }
    private let isForeign: Bool

    /// Nothing is wrong with it.
    public var isWhole: Bool { damage.isEmpty && sizeFound == size }
    /// The bytes that have to come.
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
