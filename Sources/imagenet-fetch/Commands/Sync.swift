import ArchiveVerify
import DataFolder
import DatasetManifest
import Disk
import MirrorSync
import TorrentFetch

/// The options of `sync`.
struct SyncArguments: Sendable, Equatable {
    var scrubInterval = MirrorSync.Options().scrubInterval
    var timeLimit: Duration?
    var isDryRun = false
    var wait: Duration = .zero
    var randomDelay: Duration = .zero
    var publication: Path?
    var publicationURL: String?
    var log: Path?
    var metrics: Path?
    var changeHook: String?
    var failureHook: String?
}

extension Command {
    static let sync = Command(
        name: "sync",
        summary: "for cron: download, verify again, repair, publish",
        detail: """
            Keeps a data folder complete: downloads what is missing, verifies again what is due \
            (oldest first), repairs damage, and publishes what is verified. It prints nothing if \
            all is well, and one line per failure on standard error. It asks no questions. A run \
            with nothing to do reads no payload.

            If files come from a mirror that this program publishes (--mirror, or the manifest's \
            own place), each run asks for its TRACE and its lists. A mirror that has not synced \
            for twice the time of --scrub-every is reported once. One that goes back in time, or \
            contradicts the manifest or files that were verified here, is reported and not used.

            Files that have neither a digest nor a torrent are skipped (see --allow-unverified). \
            If not all files fit on the disk, those that fit are downloaded.

            Verified files are never deleted, and archives that were unpacked and removed are not \
            downloaded again. --dataset may name several data sets, separated by commas.
            """,
        flags: Flag.selection + flags + [.page] + Flag.fetching,
        examples: [
            Example(
                "sync --data data --all --time-limit 5h", "Every night, for at most five hours."),
            Example(
                "sync --data data --publish www --publish-url https://mirror.example/imagenet",
                "Keep a mirror that others download from."),
        ],
        run: SyncCommand.run)

    private static let usualDays = SyncArguments().scrubInterval.components.seconds / 86_400

    private static let flags: [Flag] = [
        Flag(
            "scrub-every", .duration,
            help: "verify files again after this long (\(usualDays)d)",
            detail: """
                Verify files again whose last verification is older than this. Default: \
                \(usualDays)d.
                """
        ) { $0.sync.scrubInterval = $1 },
        Flag(
            "time-limit", .duration,
            help: "how long a run may take",
            detail: """
                Start nothing new after this long, and exit with status 12; the next run resumes. \
                A file that is being read is read to its end, and damage that was found is \
                repaired; otherwise short runs would never finish a large file.
                """
        ) { $0.sync.timeLimit = $1 },
        Flag(
            switch: "dry-run",
            help: "only say what would be done",
            detail: """
                Say which files would be downloaded and which are due to be verified. Nothing is \
                changed and nobody is asked.
                """
        ) { $0.sync.isDryRun = $1 },
        Flag(
            "wait", .duration,
            help: "how long to wait for another run (0s)",
            detail: """
                Wait this long for another run to end. By default a second run exits at once and \
                silently, with status 9.
                """
        ) { $0.sync.wait = $1 },
        Flag(
            "random-delay", .duration,
            help: "wait up to this long first",
            detail: """
                First wait for a random time up to this long, so that not all mirrors start in the \
                same minute.
                """
        ) { $0.sync.randomDelay = $1 },
        Flag(
            "publish", .folder(),
            help: "publish verified archives in this folder",
            detail: """
                Publish verified archives in this folder: links to them (copies on another disk), \
                MD5SUMS, SHA256SUMS, the torrents and a TRACE file with the time. A damaged \
                archive is withdrawn until it is repaired. Files that sync did not put there are \
                kept and reported. A copy on another disk is also used to repair its archive.
                """
        ) { $0.sync.publication = $1 },
        Flag(
            "publish-url", .url("URL"),
            help: "the public URL of that folder",
            detail: """
                The public URL of the published folder. A manifest there names it as the first \
                mirror, so others need only this URL.
                """
        ) { $0.sync.publicationURL = $1 },
        Flag(
            "log", .file(),
            help: "append events to this file",
            detail: """
                Append a line to this file for every event. The file is opened again for each \
                line, so it can be rotated at any time, and SIGHUP is ignored.
                """
        ) { $0.sync.log = $1 },
        Flag(
            "metrics", .file(),
            help: "write Prometheus metrics to this file",
            detail: "Write metrics of the run to this file, in the text format of Prometheus."
        ) { $0.sync.metrics = $1 },
        Flag(
            "on-change", .text("CMD"),
            help: "run this command after a change",
            detail: """
                Run this shell command if anything was downloaded, repaired, published or \
                withdrawn. The names are in IMAGENET_FETCH_FETCHED, _REPAIRED, _PUBLISHED and \
                _WITHDRAWN, one per line.
                """
        ) { $0.sync.changeHook = $1 },
        Flag(
            "on-failure", .text("CMD"),
            help: "run this command after a failure",
            detail: """
                Run this shell command if the run failed. The names of the files are in \
                IMAGENET_FETCH_FAILED, one per line, and the exit status is in \
                IMAGENET_FETCH_STATUS. If a signal ended the run, the status is 128 plus its \
                number, and the command has two seconds.
                """
        ) { $0.sync.failureHook = $1 },
    ]
}

enum SyncCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let wanted = arguments.sync
        if wanted.publicationURL != nil, wanted.publication == nil {
            throw UsageError(
                .conflict, "--publish-url needs --publish", hint: "name the folder with --publish")
        }
        let data = try folder(arguments, context)
        let sets = try dataSets(arguments, context)
        try NamedTargets.check(
            data, sets.map(\.manifest), context,
            [wanted.metrics, arguments.status.page, wanted.log])
        if wanted.isDryRun {
            try SyncPreview(
                data: data, options: try options(arguments, context),
                publication: wanted.publication, console: context.console
            ).tell(sets)
            return .success
        }
        let log = SyncLog(wanted.log.map(context.resolve), context.console)
        if wanted.log != nil { Signals.ignoreHangUp() }
        let stop = context.listenForSignals()
        try wait(wanted.randomDelay * Double.random(in: 0..<1), stop)
        let sync = MirrorSync(data, try options(arguments, context))
        guard let lock = try lock(sync, wanted.wait, stop, context.console) else { return .busy }
        let tell = SyncTelling(
            sets: sets, data: data, arguments: arguments, context: context, log: log, stop: stop)
        let events = SyncEvents(log, arguments, context)
        let summary: SyncSummary
        do {
            summary = try withExtendedLifetime(lock) {
                try sync.run(sets, stop: stop.asCheck, report: events.tell)
            }
        } catch {
            log.end(error)
            _ = tell(SyncSummary(), Int(Report.status(of: error).rawValue))
            throw error
        }
        if (summary.interruption as? DiskError)?.code == .busy {
            // Another run has the folder, and the next sync will continue. What this one did before
            // is still reported.
            if summary.hasChanged || !summary.failures.isEmpty {
                log.end(summary, .busy)
                _ = tell(summary, Int(ExitStatus.busy.rawValue))
            }
            return .busy
        }
        if let error = summary.interruption {
            log.end(error)
            _ = tell(summary, Int(Report.number(of: error)))
            throw error
        }
        let status = Self.status(of: summary)
        log.end(summary, status)
        let failure = tell(summary, Int(status.rawValue))
        return status == .success ? failure ?? status : status
    }

    // MARK: What to keep, and where

    /// Without a name, only a folder that was used before: cron starts in a home folder, and nobody
    /// wants a new mirror of 150 GiB there.
    private static func folder(_ arguments: Arguments, _ context: Context) throws -> DataFolder {
        let data = arguments.folder(context)
        let isNamed = arguments.data != nil || arguments.state != nil
        guard isNamed || (try? Folder(data.state)) != nil else {
            throw UsageError(
                .badValue, "sync needs a data folder",
                hint: "name it with \(.dataFolder) or in $IMAGENET_FETCH_DATA")
        }
        return data
    }

    private static func dataSets(
        _ arguments: Arguments, _ context: Context
    ) throws -> [MirrorSync.DataSet] {
        let names = (arguments.dataset ?? "").split(separator: ",").map(String.init)
        let manifests =
            arguments.manifest != nil || names.count < 2
            ? [try arguments.chosenManifest(context)]
            : try names.map { try BuiltIn.manifest(named: $0) }
        return try manifests.map { manifest in
            MirrorSync.DataSet(
                manifest, try manifest.select(arguments.selection.forManifest))
        }
    }

    private static func options(
        _ arguments: Arguments, _ context: Context
    ) throws -> MirrorSync.Options {
        var options = MirrorSync.Options()
        options.fetch = try FetchCommand.options(arguments, context)
        options.scrubInterval = arguments.sync.scrubInterval
        options.timeLimit = arguments.sync.timeLimit
        options.publication = arguments.sync.publication.map {
            Publication(context.resolve($0), url: arguments.sync.publicationURL)
        }
        return options
    }

    // MARK: Waiting

    private static func wait(_ time: Duration, _ stop: StopRequest) throws {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end {
            try stop.check()
            Thread.sleep(milliseconds: 100)
        }
    }

    /// - Returns: nil if another run keeps it for longer than `patience`.
    private static func lock(
        _ sync: MirrorSync, _ patience: Duration, _ stop: StopRequest, _ console: Console
    ) throws -> Shared<FileLock>? {
        let end = ContinuousClock.now + patience
        while true {
            do throws(DiskError) {
                return Shared(try sync.lock())
            } catch {
                if error.code != .busy { throw error }
                if ContinuousClock.now >= end {
                    console.detail(error.message)
                    return nil
                }
            }
            try wait(.milliseconds(200), stop)
        }
    }

    // MARK: The end

    private static func status(of summary: SyncSummary) -> ExitStatus {
        if summary.failures.isEmpty { return summary.isOutOfTime ? .stopped : .success }
        let statuses = Set(summary.failures.map { Report.status(of: $0.error) })
        let names = Set(summary.failures.compactMap(\.file?.name))
        // A single common reason says more than "some".
        let isAll = names.isEmpty || names.count == summary.filesWanted
        if isAll, statuses.count == 1, let only = statuses.first {
            return only
        }
        return .partial
    }
}
