public import ArchiveVerify
public import DataFolder
public import DatasetManifest
public import Disk
public import TorrentFetch

/// Keeps a data folder whole: fetches what is missing, proves again what is due, mends what broke,
/// and shows others what is proven.
///
///     let sync = MirrorSync(DataFolder("/srv/imagenet"), MirrorSync.Options())
///     let summary = try sync.run([set]) { event in … }
///
/// A run in which there is nothing to do reads no payload and asks nobody.
public struct MirrorSync: Sendable {
    public struct Options: Sendable {
        public var fetch = FetchOptions()
        /// How long a proof is good for.
        public var scrubInterval: Duration = .seconds(30 * 86_400)
        /// After how long a run begins nothing new; the next ones do the rest. What it has begun to
        /// read is read to its end, and what it has found damaged is mended: or a file that takes
        /// longer than this would never be.
        public var timeLimit: Duration?
        /// Where what is proven is shown to others.
        public var publication: Publication?

        public init() {}
    }

    /// One data set, and which of its files are kept.
    public struct DataSet: Sendable {
        public let manifest: Manifest
        public let selected: SelectedFiles

        public init(_ manifest: Manifest, _ selected: SelectedFiles) {
            self.manifest = manifest
            self.selected = selected
        }
    }

    /// What happens while it runs.
    public enum Event: Sendable {
        case fetch(FetchEvent)
        /// A file was read and judged.
        case verified(Verification)
        /// A damaged file is whole again: so many of its pieces came anew.
        case repaired(ManifestFile, pieces: Int)
        /// What went wrong, and with which file if it was one of the data set.
        case failed(ManifestFile?, any Error)
        /// Something that a person should know, and that is no fault of any file.
        case note(String)
        case published(String)
        /// Not shown any more until it is whole again.
        case withdrawn(String)
    }

    let data: DataFolder
    let options: Options

    /// The clock of the time limit.
    var now: @Sendable () -> ContinuousClock.Instant = { .now }

    public init(_ data: DataFolder, _ options: Options = Options()) {
        self.data = data
        self.options = options
    }

    /// Keeps other runs of `sync` out until it is let go, or this process ends.
    ///
    /// - Throws: `.busy` while another run has it.
    public func lock() throws(DiskError) -> FileLock {
        _ = try DataFolder.creatingState(data.state)
        return try FileLock(data.state.appending("sync.lock"))
    }

    /// One run over all data sets. A file that fails does not keep the others from being looked
    /// after; a run that is stopped goes on next time, and its `interruption` is what `stop`
    /// gave, or `DiskError` `.busy` while a fetch has the folder.
    ///
    /// - Throws: `SyncError`, before anything is changed, where it cannot be kept or shown at all.
    public func run(
        _ sets: [DataSet], stop: StopCheck = .never,
        report: @escaping @Sendable (Event) -> Void
    ) throws -> SyncSummary {
        if let newer = try data.newerState() { throw SyncError.newerState(newer) }
        try options.publication?.check(data)
        let run = SyncRun(self, stop, report)
        var interruption: (any Error)?
        do {
            for set in sets { try run.keep(set) }
        } catch is TimeIsUp {
            run.sum.update { $0.isOutOfTime = true }
        } catch {
            interruption = error
        }
        // What was found damaged must not be shown, however the run ended.
        if let publication = options.publication { Showcase(run: run).show(sets, publication) }
        let summary = run.summary(sets, interruption: interruption ?? stop.reason)
        run.remember(summary)
        return summary
    }
}

/// The time of the run is over.
struct TimeIsUp: Error {}
