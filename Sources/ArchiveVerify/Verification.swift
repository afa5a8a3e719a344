public import Checksums
public import DataFolder
internal import Disk

/// What verifying one file came to.
public struct Verification: Sendable {
    public enum Status: String, Sendable {
        case ok, failed, missing
        /// It is there, and the disk or its owner does not give all of its bytes.
        case unreadable
    }

    /// What the verdict rests on.
    public enum Proof: String, Sendable {
        /// The digests of the whole file.
        case digests
        /// The SHA-1 of each of its pieces.
        case pieces
        /// An earlier proof of a file that was not touched since.
        case receipt
        /// The digests that were written down when it was first used, or are now.
        case firstUse = "first-use"
    }

    public let target: Target
    public internal(set) var status: Status
    /// The length of the file; nil if it is missing.
    public internal(set) var bytes: Int64?
    public internal(set) var expected: [Digest] = []
    /// Those that were computed, or that the receipt has.
    public internal(set) var actual: [Digest] = []
    public internal(set) var damage: [Damage] = []
    public internal(set) var proof: Proof?
    /// Why it is not `ok`.
    public internal(set) var diagnosis: Diagnosis?
    /// Whether there are pieces, or a torrent that has them, by which a part of it can be mended.
    public internal(set) var hasPieces = false
    /// When it was proven, if a receipt vouches for it.
    public internal(set) var provenAt: UTCTime?
    /// What is worth knowing and changes nothing: a sentence each.
    public internal(set) var notes: [String] = []

    init(_ target: Target, _ status: Status, bytes: Int64? = nil) {
        self.target = target
        self.status = status
        self.bytes = bytes ?? target.size
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
