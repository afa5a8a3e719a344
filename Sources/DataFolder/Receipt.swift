public import Checksums
public import DatasetManifest
public import Disk

/// The record that a file was proven: which digests were computed over which bytes, when, and where
/// the bytes came from.
///
/// It says something about a file only while the file's identity is the recorded one; see
/// `holds(for:)`. The caller decides whether that is enough, or the file is read again.
public struct Receipt: Hashable, Sendable {
    /// How the file was proven.
    public enum Proof: String, Sendable, CaseIterable {
        /// The manifest's digests were computed over the whole file.
        case digests
        /// Every piece has the SHA-1 that the pinned torrent, or our map, gives it.
        case pieces
        /// Nothing pins the file: its digests were written down, to be compared from then on.
        case firstUse = "first-use"
        /// It was proven and unpacked, and then removed because the user asked for it.
        case retired
    }

    public static let schema = "imagenet-fetch.receipt/1"

    public var fileName: String
    /// What was computed over the whole file, in the order of the algorithms.
    public var digests: [Digest]
    /// The torrent whose pieces were checked.
    public var torrent: InfoHash?
    /// The file as it was, under its final name.
    public var identity: FileIdentity
    public var when: UTCTime
    public var proof: Proof
    /// Bytes by where they came from: `swarm`, a mirror's host, `existing`.
    public var sources: [String: Int64]

    public init(
        fileName: String, digests: [Digest], torrent: InfoHash? = nil, identity: FileIdentity,
        when: UTCTime = .now, proof: Proof, sources: [String: Int64] = [:]
    ) {
        self.fileName = fileName
        self.digests = digests.sorted { $0.algorithm < $1.algorithm }
        self.torrent = torrent
        self.identity = identity
        self.when = when
        self.proof = proof
        self.sources = sources
    }

    /// Whether the file that is there now is the one that was proven: same file system, inode, size
    /// and times. A retired file is not there.
    public func holds(for identity: FileIdentity) -> Bool {
        proof != .retired && self.identity == identity
    }

    /// How long ago the file was proven; nil for a time in the future. A clock that was set back a
    /// little is tolerated, a year is not.
    public func age(at now: UTCTime) -> Duration? {
        let seconds = now.secondsSince1970 - when.secondsSince1970
        return seconds < -3600 ? nil : .seconds(max(seconds, 0))
    }

    /// The receipt of a file that was found damaged: it proves nothing. Its digests stay for
    /// comparison.
    public var revoked: Receipt {
        var receipt = self
        receipt.identity = FileIdentity(
            fileSystem: identity.fileSystem, inode: identity.inode, size: identity.size,
            modified: Self.never, changed: Self.never)
        return receipt
    }

    public var isRevoked: Bool { identity == revoked.identity }

    private static let never = Timestamp(seconds: 0, nanoseconds: 0)

    /// Whether the receipt proves what the manifest asks for: its size and all its digests; without
    /// digests, the pieces of its torrent; without both, the first use.
    public func proves(_ file: ManifestFile) -> Bool {
        if let size = file.size, size != identity.size { return false }
        if !file.digests.isEmpty { return file.digests.allSatisfy(digests.contains) }
        if let pin = file.torrent { return torrent == pin }
        return !digests.isEmpty
    }
}

extension ManifestFile {
    /// The digests to compute while the file arrives: those that prove it, or SHA-256 to record.
    public var algorithms: [DigestAlgorithm] {
        digests.isEmpty ? [.sha256] : digests.map(\.algorithm)
    }

    /// The digests that the whole file must have. If neither the manifest nor a torrent pins it, those
    /// of its first use count.
    public func expectedDigests(after receipt: Receipt?) -> [Digest] {
        if isPinned { return digests }
        return receipt?.digests ?? []
    }
}
