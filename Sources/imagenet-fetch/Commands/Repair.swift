import ArchiveVerify
import DataFolder
import DatasetManifest
import Disk
import TorrentFetch

extension Command {
    static let repair = Command(
        name: "repair",
        summary: "fetch only the damaged pieces of archives",
        detail: """
            Reads archives, finds the pieces that are not what they should be, and fetches those \
            and nothing else: from the swarm, from mirrors, and from other copies in local folders, \
            which may be damaged too. The file is mended where it lies.

            What stood in the damaged places is kept aside until the whole is proven: a repair \
            makes nothing worse, and one that was stopped is gone on with by the same command.

            A symbolic link is followed: what it leads to is mended where it lies, unless no piece of \
            that is right. Another file that only bears the name has no right piece either, and is \
            not written over.

            Pieces are known from the file's torrent, or from an earlier proof by verify. Where \
            there are neither, fetch gets the whole file.
            """,
        positionals: [
            .init(name: "PATH", isOptional: true, repeats: true, completion: .files)
        ],
        flags: Flag.selection + Flag.fetching + [
            Flag(
                switch: "dry-run",
                help: "only say what is damaged",
                detail: """
                    Change nothing: print the damaged places, what of the archive lies there, how \
                    many bytes would be fetched, and from where.
                    """
            ) { $0.fetch.isDryRun = $1 }
        ],
        examples: [
            Example(
                line: "imagenet-fetch repair --dry-run",
                what: "What is damaged in data/tar, and what it would take."),
            Example(
                line: "imagenet-fetch repair data/tar/ILSVRC2012_img_val.tar",
                what: "Mend one archive."),
            Example(
                line: "imagenet-fetch repair data/tar/ILSVRC2012_img_val.tar "
                    + "--sources mirrors --mirror other/",
                what: "The same from a copy in the folder other."),
        ],
        run: RepairCommand.run)
}

private struct RepairCommand {
    private let arguments: Arguments
    private let context: Context
    private let known: KnownFiles
    private let options: FetchOptions
    private let stop: StopRequest
    private let report: RepairReport

    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let known = KnownFiles(try arguments.knownManifests(context))
        let targets = try arguments.targets(known, context)
        let options = try FetchCommand.options(arguments, context)
        let command = RepairCommand(
            arguments: arguments, context: context, known: known, options: options,
            // Before any thread starts: they inherit what signals are blocked.
            stop: context.listenForSignals(), report: RepairReport(context, arguments))
        return try command.run(targets)
    }

    private func run(_ targets: [Target]) throws -> ExitStatus {
        defer { report.end() }
        var failures: [any Error] = []
        for target in targets {
            do {
                try mend(target)
            } catch let error as Stopped {
                throw error
            } catch {
                report.tell(.failed(target.file, error))
                failures.append(error)
            }
        }
        report.end()
        try? context.console.flush()
        if targets.count == 1, let only = failures.first { throw only }
        for failure in failures { _ = Report(console: context.console).tell(failure) }
        return Report.status(of: failures, among: targets.count)
    }

    private func mend(_ target: Target) throws {
        if target.isMissing { throw RepairRefused.missing(target.file) }
        let fetcher = Fetcher(target.data, options)
        func examine(isLocal: Bool) throws -> Examination {
            try fetcher.examine(
                target.file, at: target.path, isLocal: isLocal, stop: stop.asCheck,
                report: report.tell)
        }
        let examination: Examination
        do {
            examination = try examine(isLocal: true)
        } catch let error as FetchError where error.code == .noPieces {
            // Of a file that is whole nobody else has to be asked.
            if try isWhole(target) { return report.tellWhole(target) }
            examination = try examine(isLocal: false)
        }
        if examination.isWhole {
            if !arguments.fetch.isDryRun { confirm(examination, fetcher) }
            return report.tellWhole(target)
        }
        try checkIsThisFile(examination)
        let damage = Damage.named(
            examination.damage, in: target.path, by: Damage.membersOfTars)
        report.tellDamage(examination, damage)
        if arguments.fetch.isDryRun { return }
        guard FetchCommand.isWanted(examination.bytesToFetch, arguments, context) else {
            throw UsageError(.conflict, "nothing was mended: it was not wanted")
        }
        _ = try fetcher.repair(examination, stop: stop.asCheck, report: report.tell)
    }

    /// Whether a file of which no pieces are known is right as a whole.
    private func isWhole(_ target: Target) throws -> Bool {
        let isRight = Monitor(false)
        do {
            try Verifier(known: known).run(
                [target],
                goOn: { [report, stop] now in
                    report.tell(.reading(target.file, now.done))
                    return stop.signal == nil
                }, report: { result in isRight.update { $0 = result.status == .ok } })
        } catch let error as CancellationError {
            try stop.check()
            throw error
        }
        return isRight.read { $0 }
    }

    /// A folder in which nothing can be written down holds whole files all the same.
    private func confirm(_ examination: Examination, _ fetcher: Fetcher) {
        do throws(DiskError) {
            try fetcher.confirm(examination)
        } catch {
            context.console.detail(
                "\(escaped(examination.file.name)): this result could not be recorded: \(error.message)"
            )
        }
    }

    /// Another file that only bears the name is not written over.
    private func checkIsThisFile(_ examination: Examination) throws {
        guard let refusal = examination.refusal else { return }
        let twin = known.files(ofSize: examination.sizeFound)
            .first { $0.name != examination.file.name }
        guard let twin else { throw refusal }
        throw RepairRefused.otherFile(examination.file, twin)
    }
}

/// A file that is not mended, because there is none or it is none of ours to write over.
struct RepairRefused: Failure {
    let message: String
    let hint: Remedy?

    static func missing(_ file: ManifestFile) -> RepairRefused {
        let name = escaped(file.name)
        return RepairRefused(
            message: "cannot repair \(name): it is not there",
            hint: "imagenet-fetch fetch --only \(name) gets it")
    }

    static func otherFile(_ file: ManifestFile, _ other: ManifestFile) -> RepairRefused {
        let name = escaped(file.name)
        return RepairRefused(
            message: "refused to repair \(name): no piece of it is right, and it has the size of "
                + escaped(other.name),
            hint: "move it away or rename it, then imagenet-fetch fetch --only \(name)")
    }
}
