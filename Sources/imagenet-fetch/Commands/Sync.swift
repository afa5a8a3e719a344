import ArchiveVerify
import DataFolder
import DatasetManifest
import Disk
import MirrorSync
import TorrentFetch

/// The options of `sync`.
struct SyncArguments: Sendable, Equatable {
    var scrubInterval: Duration = .seconds(30 * 86_400)
    var timeLimit: Duration?
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
        summary: "for cron: fetch, prove again, mend, publish",
        detail: """
            Keeps a data folder whole: fetches what is missing, proves again what is due, oldest \
            proof first, mends what broke, and shows others what is proven. Silent when all is \
            well; a line a failure on standard error. It asks nothing, and a run with nothing to do \
            reads no payload and asks nobody.

            Files that have neither a digest nor a torrent are left out (see --allow-unverified). \
            Where not all files fit on the disk, those that fit are fetched.

            Nothing that is proven is ever deleted, and archives that were unpacked and removed \
            stay so. --dataset may name several, with commas between them.
            """,
        flags: Flag.selection + flags + [.page] + Flag.fetching,
        examples: [
            Example(
                line: "imagenet-fetch sync --data data --all --time-limit 5h",
                what: "Every night, for five hours at the most."),
            Example(
                line: "imagenet-fetch sync --data data --publish www "
                    + "--publish-url https://mirror.example/imagenet",
                what: "Keep a mirror that others fetch from."),
        ],
        run: SyncCommand.run)

    private static let flags: [Flag] = [
        Flag(
            "scrub-every", .duration,
            help: "how long a proof is good for (30d)",
            detail: "Prove files again whose proof is older than this."
        ) { $0.sync.scrubInterval = $1 },
        Flag(
            "time-limit", .duration,
            help: "how long a run may take",
            detail: """
                Begin nothing more after this long, and end with status 12; the next run goes on from \
                there. A file that is being read is read to its end, and what was found damaged is \
                mended, or a large one would never be proven in short runs.
                """
        ) { $0.sync.timeLimit = $1 },
        Flag(
            "wait", .duration,
            help: "how long to wait for another run (0s)",
            detail: """
                Wait this long for another run to end. Without it a second run ends at once, with \
                status 9 and in silence.
                """
        ) { $0.sync.wait = $1 },
        Flag(
            "random-delay", .duration,
            help: "wait up to this long first",
            detail: """
                Wait for a random time up to this long first, so that not every mirror in the world \
                begins at the same minute.
                """
        ) { $0.sync.randomDelay = $1 },
        Flag(
            "publish", .folder(),
            help: "show what is proven in this folder",
            detail: """
                Show what is proven in this folder: links to the archives (copies on another disk), \
                MD5SUMS, SHA256SUMS, the torrents and a TRACE file with the time. What is found \
                damaged is taken away until it is whole again; what was not put there by sync \
                stays, and is told of. A copy on another disk also mends its archive.
                """
        ) { $0.sync.publication = $1 },
        Flag(
            "publish-url", .url("URL"),
            help: "where others find that folder",
            detail: """
                Where others reach the published folder: a manifest there names it as the first \
                mirror, so that this one URL is all that they need.
                """
        ) { $0.sync.publicationURL = $1 },
        Flag(
            "log", .file(),
            help: "append what happens to this file",
            detail: """
                Append a line for everything that happens to this file. It is opened anew for each, \
                so that it may be rotated at any time, and SIGHUP does nothing.
                """
        ) { $0.sync.log = $1 },
        Flag(
            "metrics", .file(),
            help: "write figures for Prometheus to this file",
            detail: "Write what the run came to in the text format of Prometheus to this file."
        ) { $0.sync.metrics = $1 },
        Flag(
            "on-change", .text("CMD"),
            help: "run this when something has changed",
            detail: """
                Run this shell command when something came, was mended, published or withdrawn. \
                The names are in IMAGENET_FETCH_FETCHED, _REPAIRED, _PUBLISHED and _WITHDRAWN, a \
                line each.
                """
        ) { $0.sync.changeHook = $1 },
        Flag(
            "on-failure", .text("CMD"),
            help: "run this when something failed",
            detail: """
                Run this shell command when the run did not end well. The names of the files are in \
                IMAGENET_FETCH_FAILED, a line each, and the exit status is in IMAGENET_FETCH_STATUS: \
                128 and its number where a signal has ended the run, whose hook has two seconds.
                """
        ) { $0.sync.failureHook = $1 },
    ]
}

enum SyncCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let wanted = arguments.sync
        if wanted.publicationURL != nil, wanted.publication == nil {
            throw UsageError(
                .conflict, "--publish-url says where others find a folder, and none is published",
                hint: "name the folder with --publish")
        }
        let data = try folder(arguments, context)
        let sets = try dataSets(arguments, context)
        try NamedTargets.check(
            data, sets.map(\.manifest), context,
            [wanted.metrics, arguments.status.page, wanted.log])
        let log = SyncLog(wanted.log.map(context.resolve), context.console)
        if wanted.log != nil { Signals.ignoreHangUp() }
        let stop = context.listenForSignals()
        try wait(wanted.randomDelay * Double.random(in: 0..<1), stop)
        let sync = MirrorSync(data, try options(arguments, context))
        guard let lock = try lock(sync, wanted.wait, stop) else { return .busy }
        let tell = SyncTelling(sets, data, arguments, context, log, stop)
        let events = SyncEvents(log, arguments, context)
        let summary: SyncSummary
        do {
            summary = try withExtendedLifetime(lock) {
                try sync.run(
                    sets, stop: stop.asCheck,
                    report: events.tell)
            }
        } catch {
            log.end(error)
            _ = tell(SyncSummary(), Int(Report.status(of: error).rawValue))
            throw error
        }
        if (summary.interruption as? DiskError)?.code == .busy {
            // A fetch that somebody runs has the folder: the next run will do. What this one did
            // before is told all the same.
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

    /// Without a name, only a folder that was used before: cron starts in a home folder, where a
    /// new mirror of 150 GiB is nobody's wish.
    private static func folder(_ arguments: Arguments, _ context: Context) throws -> DataFolder {
        let data = arguments.folder(context)
        let isNamed = arguments.data != nil || arguments.state != nil
        guard isNamed || (try? Folder(data.state)) != nil else {
            throw UsageError(
                .badValue, "sync does not know which folder to keep",
                hint: "name it with --data, or in IMAGENET_FETCH_DATA")
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

    /// - Returns: nil while another run has it, for longer than is waited.
    private static func lock(
        _ sync: MirrorSync, _ patience: Duration, _ stop: StopRequest
    ) throws -> Shared<FileLock>? {
        let end = ContinuousClock.now + patience
        while true {
            if let lock = try tryLock(sync) { return lock }
            if ContinuousClock.now >= end { return nil }
            try wait(.milliseconds(200), stop)
        }
    }

    private static func tryLock(_ sync: MirrorSync) throws(DiskError) -> Shared<FileLock>? {
        do throws(DiskError) {
            return Shared(try sync.lock())
        } catch {
            if error.code == .busy { return nil }
            throw error
        }
    }

    // MARK: The end

    private static func status(of summary: SyncSummary) -> ExitStatus {
        if summary.failures.isEmpty { return summary.isOutOfTime ? .stopped : .success }
        let statuses = Set(summary.failures.map { Report.status(of: $0.error) })
        let names = Set(summary.failures.compactMap(\.file?.name))
        // All for one reason: that reason says more than "some".
        let isAll = names.isEmpty || names.count == summary.filesWanted
        if isAll, statuses.count == 1, let only = statuses.first {
            return only
        }
        return .partial
    }
}
