public import DataFolder
public import DatasetManifest
internal import TorrentFetch

public struct SyncSummary: Sendable {
    public struct Failure: Sendable {
        /// nil where the failure concerns no file of the data set.
        public let file: ManifestFile?
        public let error: any Error
    }

    public var began = UTCTime.now
    public var seconds = 0.0
    public var fetched: [String] = []
    var bytesFromSwarm: Int64 = 0
    var bytesFromMirrors: Int64 = 0
    /// Bytes verified in this run, downloaded ones included.
    public var provenBytes: Int64 = 0
    /// Files that were read and are right.
    public var verified: [String] = []
    public var repaired: [String] = []
    public var damagedPieces = 0
    public var repairedPieces = 0
    public var published: [String] = []
    public var withdrawn: [String] = []
    public var failures: [Failure] = []
    public var isOutOfTime = false
    /// What ended the run early, apart from the time limit.
    public var interruption: (any Error)?
    var oldestProof: UTCTime?
    public var filesProven = 0
    public var filesWanted = 0

    public init() {}

    public var isFine: Bool { failures.isEmpty && !isOutOfTime && interruption == nil }
    public var hasChanged: Bool {
        !(fetched.isEmpty && repaired.isEmpty && published.isEmpty && withdrawn.isEmpty)
    }

    mutating func count(_ result: FetchResult) {
        bytesFromSwarm += result.fromSwarm
        bytesFromMirrors += result.mirrorBytes
        provenBytes += result.bytes
    }
}
