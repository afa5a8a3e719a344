public import Checksums
public import DataFolder
public import DatasetManifest
internal import Disk

/// The result of verifying one file.
public struct Verification: Sendable {
    public enum Status: String, Sendable {
        case ok, failed, missing
        /// It exists, but not all of it can be read.
        case unreadable
    }

    /// What the verdict is based on.
    public enum Proof: String, Sendable {
        /// The digests of the whole file.
        case digests
        /// The SHA-1 of each of its pieces.
        case pieces
        /// An earlier proof of a file that is unchanged since.
        case receipt
        /// The digests that were recorded at its first use, which may be now.
        case firstUse = "first-use"
    }

    public let target: Target
    public internal(set) var status: Status
    /// The length of the file; nil if it is missing.
    public internal(set) var bytes: Int64?
    public internal(set) var expected: [Digest] = []
    /// Computed, or from the receipt.
    public internal(set) var actual: [Digest] = []
    public internal(set) var damage: [Damage] = []
    public internal(set) var proof: Proof?
    /// Why it is not `ok`.
    public internal(set) var diagnosis: Diagnosis?
    /// Whether piece hashes are known, or a torrent has them, so that parts can be repaired.
    public internal(set) var hasPieces = false
    /// When it was proven, if a receipt vouches for it.
    public internal(set) var provenAt: UTCTime?
    /// The classes that were verified, where that was not the whole file.
    public internal(set) var classes: ClassSelection?
    /// The wrong and unreadable pieces of such classes.
    public internal(set) var badPieces: [Int] = []
    /// Remarks, a sentence each.
    public internal(set) var notes: [String] = []

    init(_ target: Target, _ status: Status, bytes: Int64? = nil) {
        self.target = target
        self.status = status
        self.bytes = bytes ?? target.size
    }

    public init(missing target: Target) { self.init(target, .missing) }

    /// Of a file whose parts nothing can verify.
    public init(withoutPieces target: Target) {
        self.init(target, .failed)
        diagnosis = .noTorrent
    }

    /// All digests that were expected or computed, by algorithm.
    public var digests: [(algorithm: DigestAlgorithm, expected: Digest?, actual: Digest?)] {
        DigestAlgorithm.allCases.compactMap { algorithm in
            let expected = expected.first { $0.algorithm == algorithm }
            let actual = actual.first { $0.algorithm == algorithm }
            return expected == nil && actual == nil ? nil : (algorithm, expected, actual)
        }
    }
}
