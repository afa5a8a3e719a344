public import ArchiveVerify
public import DataFolder
public import DatasetManifest
public import Disk
public import TorrentFetch

/// Keeps a data folder complete: downloads what is missing, verifies what is due, repairs what
/// broke, and publishes what is verified.
///
///     let sync = MirrorSync(DataFolder("/srv/imagenet"), MirrorSync.Options())
///     let summary = try sync.run([set]) { event in … }
///
/// A run with nothing to do reads no payload. It asks nobody but the mirrors that it copies from, and
/// those only for their small `TRACE` and lists.
public struct MirrorSync: Sendable {
    public struct Options: Sendable {
        public var fetch = FetchOptions()
        /// How long a proof is valid.
        public var scrubInterval: Duration = .seconds(30 * 86_400)
        /// After this time a run starts nothing new; the next run does the rest. A file that is
        /// being read is read to its end and repaired, because a large file would otherwise never
        /// be.
        public var timeLimit: Duration?
        /// Where to publish what is verified.
        public var publication: Publication?

        public init() {}

        /// How old the last sync of a mirror may be that this one copies from: within so long it
        /// should have verified everything once more. At least two nights.
        var upstreamAgeLimit: Duration { max(scrubInterval * 2, .seconds(2 * 86_400)) }
    }

    public struct DataSet: Sendable {
        public let manifest: Manifest
        public let selected: SelectedFiles

        public init(_ manifest: Manifest, _ selected: SelectedFiles) {
            self.manifest = manifest
            self.selected = selected
        }
    }

    public enum Event: Sendable {
        case fetch(FetchEvent)
        case verified(Verification)
        /// A damaged file is complete again; so many pieces were replaced.
        case repaired(ManifestFile, pieces: Int)
        case failed(ManifestFile?, any Error)
        /// A note that is no failure of a file.
        case note(String)
        /// What is wrong with a mirror that this one copies from, or no longer is.
        ///
        /// - Parameter isNews: whether earlier runs have not said it.
        case upstream(String, isNews: Bool)
        case published(String)
        /// Hidden until it is complete again.
        case withdrawn(String)
    }

    let data: DataFolder
    let options: Options

    /// The clock of the time limit.
    var now: @Sendable () -> ContinuousClock.Instant = { .now }
    /// The clock with which the times of others are compared.
    var wall: @Sendable () -> UTCTime = { .now }

    public init(_ data: DataFolder, _ options: Options = Options()) {
        self.data = data
        self.options = options
    }

    /// Keeps other runs of `sync` out until the lock is released.
    ///
    /// - Throws: `.busy` while another run has it.
    public func lock() throws(DiskError) -> FileLock {
        _ = try DataFolder.creatingState(data.state)
        return try FileLock(data.state.appending("sync.lock"))
    }

    /// One run over all data sets. A file that fails does not stop the others. A run that is
    /// stopped continues next time; its `interruption` is the reason that `stop` gave, or
    /// `DiskError` `.busy` while a fetch has the folder.
    ///
    /// - Throws: `SyncError` before anything is changed, where nothing can be kept or published.
    public func run(
        _ sets: [DataSet], stop: StopCheck = .never,
        report: @escaping @Sendable (Event) -> Void
    ) throws -> SyncSummary {
        if let newer = try data.newerState() { throw SyncError.newerState(newer) }
        try options.publication?.check(data)
        let run = SyncRun(self, stop, report)
        UpstreamCheck(run: run).ask(sets)
        var interruption: (any Error)?
        do {
            for set in sets { try run.keep(set) }
        } catch is TimeIsUp {
            run.sum.update { $0.isOutOfTime = true }
        } catch {
            interruption = error
        }
        // A damaged file must not be published, however the run ended.
        if let publication = options.publication { Showcase(run: run).show(sets, publication) }
        let summary = run.summary(sets, interruption: interruption ?? stop.reason)
        run.remember(summary)
        return summary
    }
}

struct TimeIsUp: Error {}
