public import DataFolder
public import DatasetManifest
internal import TorrentFetch

/// What a run of `sync` came to.
public struct SyncSummary: Sendable {
    public struct Failure: Sendable {
        /// nil where it is no file of the data set that failed.
        public let file: ManifestFile?
        public let error: any Error
    }

    public var began = UTCTime.now
    public var seconds = 0.0
    /// Files that came, by name.
    public var fetched: [String] = []
    public var bytesFromSwarm: Int64 = 0
    public var bytesFromMirrors: Int64 = 0
    /// Bytes that were proven in this run, those that came among them.
    public var provenBytes: Int64 = 0
    /// Files that were read and found to be whole.
    public var verified: [String] = []
    /// Files that were damaged and are whole again.
    public var repaired: [String] = []
    public var damagedPieces = 0
    public var repairedPieces = 0
    public var published: [String] = []
    public var withdrawn: [String] = []
    public var failures: [Failure] = []
    /// The time limit came before the end.
    public var isOutOfTime = false
    /// What ended the run early, the time limit apart.
    public var interruption: (any Error)?
    /// The oldest of the proofs that there are now.
    public var oldestProof: UTCTime?
    /// Files that are there and proven, of those that are to be.
    public var filesProven = 0
    public var filesWanted = 0

    public init() {}

    public var isFine: Bool { failures.isEmpty && !isOutOfTime && interruption == nil }
    /// Something is other than it was before the run.
    public var hasChanged: Bool {
        !(fetched.isEmpty && repaired.isEmpty && published.isEmpty && withdrawn.isEmpty)
    }

    mutating func count(_ result: FetchResult) {
        bytesFromSwarm += result.fromSwarm
        bytesFromMirrors += result.mirrorBytes
        provenBytes += result.bytes
    }
}
