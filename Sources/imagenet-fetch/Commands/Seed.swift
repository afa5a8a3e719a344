import ArchiveVerify
import DataFolder
import DatasetManifest
import Disk
import TorrentFetch

/// The options of `seed`.
struct SeedArguments: Sendable, Equatable {
    var ratio: Double?
    var metrics: Path?
}

extension Command {
    static let seed = Command(
        name: "seed",
        summary: "give verified archives to other peers, until stopped",
        detail: """
            Gives the verified archives in the data folder, or those that are named, to the swarm: \
            all of them in one session, until Ctrl-C, SIGTERM, --time-limit or --ratio. With --lsd \
            peers in the local network find them without a tracker. An unfinished download gives \
            the pieces that it has.

            Nothing is read at the start: an archive is seeded if its receipt still matches the \
            file, and refused otherwise. Each piece is hashed before it is sent for the first \
            time, and again after the file has changed. A wrong piece is not sent; it ends the \
            seeding of that file, and the others go on.

            To be stopped is the normal end, with status 0. It is 3 if the only file was refused \
            or found damaged, and 13 if that happened to one of several.
            """,
        positionals: [
            .init(name: "FILE", isOptional: true, repeats: true, completion: .files)
        ],
        flags: Flag.selection + Flag.seeding + [
            Flag(
                "ratio", .ratio,
                help: "stop after giving everything R times",
                detail: """
                    Stop when R times the bytes of all seeded files have been given. Without it \
                    there is no limit.
                    """
            ) { $0.seed.ratio = $1 },
            Flag(
                "time-limit", .duration,
                help: "how long to seed",
                detail: "Stop after this long, with status 0."
            ) { $0.fetch.timeLimit = $1 },
            Flag(
                "metrics", .file(),
                help: "write Prometheus metrics to this file",
                detail: """
                    Write what was given to this file, in the text format of Prometheus: at the \
                    start, every \(SeedReport.metricsInterval.components.seconds) seconds and at \
                    the end.
                    """
            ) { $0.seed.metrics = $1 },
        ],
        examples: [
            Example(
                "seed --lsd --max-upload 20M --time-limit 8h",
                "All that is verified in data/tar, for the night."),
            Example(
                "seed data/tar/ILSVRC2012_img_val.tar --ratio 2 --time-limit 8h",
                "One archive, until it was given twice."),
        ],
        run: SeedCommand.run)
}

private struct SeedCommand {
    private let arguments: Arguments
    private let context: Context
    private let seeder: Seeder
    private let report: SeedReport
    private var offers: [SeedOffer] = []
    private var failures: [any Error] = []

    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let manifests = try arguments.knownManifests(context)
        try NamedTargets.check(
            arguments.folder(context), manifests, context, [arguments.seed.metrics])
        var command = SeedCommand(
            arguments: arguments, context: context,
            seeder: Seeder(try FetchCommand.options(arguments, context)),
            report: SeedReport(context, arguments))
        let stop = context.listenForSignals()
        try command.gather(KnownFiles(manifests))
        return try command.seed(stop)
    }

    // MARK: What to seed

    private mutating func gather(_ known: KnownFiles) throws {
        let found = try search(known)
        for target in found.targets {
            if target.isMissing {
                refuse(target.file, FetchError.seedMissing(target.file))
            } else {
                take(target.file) { seeder in
                    try seeder.offer(target.file, at: target.path, in: target.data)
                }
            }
        }
        for half in found.unfinished {
            take(half.file) { seeder in
                try seeder.offer(partial: half.file, at: half.path, in: half.data)
            }
        }
    }

    private func search(_ known: KnownFiles) throws -> TargetSearch.Found {
        let archives = arguments.folder(context).folder(.archives)
        if arguments.positionals.isEmpty, (try ifPresent(Folder(archives))) == nil {
            return TargetSearch.Found()
        }
        do {
            return try arguments.targets(known, context)
        } catch let error as VerifyError where error.code == .nothingToVerify {
            return TargetSearch.Found()
        }
    }

    private mutating func take(_ file: ManifestFile, _ offer: (Seeder) throws -> SeedOffer) {
        do {
            offers.append(try offer(seeder))
        } catch {
            refuse(file, error)
        }
    }

    private mutating func refuse(_ file: ManifestFile, _ error: any Error) {
        let isNamed = !arguments.positionals.isEmpty || !arguments.selection.names.isEmpty
        // Not every file of a data set has a torrent.
        if !isNamed, (error as? FetchError)?.code == .notSeedable {
            context.console.detail((error as? FetchError)?.message ?? "")
            return
        }
        failures.append(error)
        report.refuse(file, error)
    }

    // MARK: The run

    private mutating func seed(_ stop: StopRequest) throws -> ExitStatus {
        let count = offers.count + failures.count
        if offers.isEmpty {
            guard let only = failures.first else {
                throw FetchError.nothingToSeed(in: arguments.folder(context).folder(.archives))
            }
            if count == 1 { throw only }
            return tell(failures, among: count)
        }
        _ = tell(failures, among: count)
        report.begin(offers, ratio: arguments.seed.ratio)
        let limit = TimeLimit(arguments.fetch.timeLimit, stop, context.clock)
        let result: SeedResult
        do {
            defer { report.end() }
            result = try seeder.run(
                offers, ratio: arguments.seed.ratio, stop: limit.asCheck, report: report.tell)
        }
        stop.fulfil()
        failures += result.failures
        let status = Report.status(of: failures, among: count)
        report.conclude(result, status)
        return status
    }

    private func tell(_ failures: [any Error], among count: Int) -> ExitStatus {
        for failure in failures { _ = Report(console: context.console).tell(failure) }
        return Report.status(of: failures, among: count)
    }
}
