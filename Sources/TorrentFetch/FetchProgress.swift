public import Checksums
internal import DataFolder
public import DatasetManifest
internal import Disk

public struct FetchProgress: Sendable {
    public var file: ManifestFile
    /// Verified bytes of what is wanted, those of earlier runs included.
    public var proven: Int64
    /// The bytes of the file, or of the chosen classes.
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

/// What a fetch reports: few facts, each once, and progress often.
public enum FetchEvent: Sendable {
    case started(ManifestFile)
    /// Bytes read so far of what is already there.
    case reading(ManifestFile, Int64)
    case progress(FetchProgress)
    case note(ManifestFile, String)
    case done(ManifestFile, FetchResult)
    case failed(ManifestFile, any Error)
}

public struct FetchResult: Sendable {
    public var bytes: Int64
    public var fromSwarm: Int64 = 0
    /// By mirror, as it is shown.
    public var fromMirrors: [String: Int64] = [:]
    public var discarded: [String: Int64] = [:]
    public var peakPeers = 0
    public var seconds: Double = 0
    /// From the last byte to the verdict.
    public var proofDelay: Double = 0
    public var digests: [Digest] = []
    public var wasThere = false
    /// The classes that were downloaded, where the file is not whole.
    public var classes: ClassSelection?

    public init(bytes: Int64) { self.bytes = bytes }

    /// Of a file that was there already.
    init(_ receipt: Receipt) {
        bytes = receipt.identity.size
        digests = receipt.digests
        wasThere = true
    }

    /// Of chosen classes that were there already.
    init(_ work: ClassWork) {
        bytes = work.bytes
        classes = work.classes
        wasThere = true
    }

    var origins: [String: Int64] {
        fromSwarm > 0 ? fromMirrors.merging(["swarm": fromSwarm], uniquingKeysWith: +) : fromMirrors
    }

    public var mirrorBytes: Int64 { fromMirrors.values.reduce(0, +) }
    public var discardedBytes: Int64 { discarded.values.reduce(0, +) }
}
