public import Checksums
public import DatasetManifest

/// How far the fetch of one file is.
public struct FetchProgress: Sendable {
    public var file: ManifestFile
    /// Bytes that are in the file and proven, those of earlier runs among them.
    public var proven: Int64
    public var size: Int64
    public var peers: Int
    public var activeMirrors: [String]

    public init(
        file: ManifestFile, proven: Int64, size: Int64, peers: Int = 0,
        activeMirrors: [String] = []
    ) {
        self.file = file
        self.proven = proven
        self.size = size
        self.peers = peers
        self.activeMirrors = activeMirrors
    }
}

/// What a fetch tells while it goes on: few facts, each of them once, and progress often.
public enum FetchEvent: Sendable {
    case started(ManifestFile)
    /// What is there already is being read, to be proven: bytes done.
    case reading(ManifestFile, Int64)
    case progress(FetchProgress)
    /// A sentence for a person.
    case note(ManifestFile, String)
    case done(ManifestFile, FetchResult)
    case failed(ManifestFile, any Error)
}

/// How a file was fetched.
public struct FetchResult: Sendable {
    public var bytes: Int64
    public var fromSwarm: Int64 = 0
    /// By mirror, as it is shown.
    public var fromMirrors: [String: Int64] = [:]
    /// Bytes that were thrown away, by why.
    public var discarded: [String: Int64] = [:]
    public var peakPeers = 0
    public var seconds: Double = 0
    /// From the last byte to the verdict.
    public var proofDelay: Double = 0
    public var digests: [Digest] = []
    /// Nothing had to be fetched.
    public var wasThere = false

    public init(bytes: Int64) { self.bytes = bytes }

    public var mirrorBytes: Int64 { fromMirrors.values.reduce(0, +) }
    public var discardedBytes: Int64 { discarded.values.reduce(0, +) }
}
