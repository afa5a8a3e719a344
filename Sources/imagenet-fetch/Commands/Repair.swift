import ArchiveVerify
import DataFolder
import DatasetManifest
import Disk
import TorrentFetch

extension Command {
    static let repair = Command(
        name: "repair",
        summary: "download only the damaged pieces of archives",
        detail: """
            Reads archives, finds the damaged pieces and downloads only those: from the swarm, \
            from mirrors, and from other copies in local folders, which may be damaged too. The \
            file is repaired in place.

            The old bytes of the damaged places are kept until the whole file is verified, so a \
            repair makes nothing worse. If it is stopped, the same command resumes it.

            A symbolic link is followed, and the file that it leads to is repaired in place. A \
            file in which no piece is right is another file with the same name, and is never \
            overwritten.

            Pieces are known from the file's torrent or from an earlier verification. Without \
            them, fetch downloads the whole file again.
            """,
        positionals: [
            .init(name: "PATH", isOptional: true, repeats: true, completion: .files)
        ],
        flags: Flag.selection + Flag.fetching + [
            Flag(
                switch: "dry-run",
                help: "only show the damage",
                detail: """
                    Change nothing. Print the damaged places, the archive members there, how much \
                    would be downloaded, and from where.
                    """
            ) { $0.fetch.isDryRun = $1 }
        ],
        examples: [
            Example(
                "repair --dry-run", "The damage in data/tar, and what a repair would download."),
            Example("repair data/tar/ILSVRC2012_img_val.tar", "Repair one archive."),
            Example(
                "repair data/tar/ILSVRC2012_img_val.tar --sources mirrors --mirror other/",
                "The same from a copy in the folder other."),
        ],
        continues: true,
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
        let targets = try arguments.targets(known, context).allTargets
        let options = try FetchCommand.options(arguments, context)
        let command = RepairCommand(
            arguments: arguments, context: context, known: known, options: options,
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
            // For a file without damage nobody else has to be asked.
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
            throw UsageError(.conflict, "cancelled; nothing was repaired")
        }
        _ = try fetcher.repair(examination, stop: stop.asCheck, report: report.tell)
    }

    /// Whether a file without known pieces is correct as a whole.
    private func isWhole(_ target: Target) throws -> Bool {
        let isRight = Monitor(false)
        try Verifier(known: known).run(
            [target], stop: stop.asCheck,
            progress: { [report] now in report.tell(.reading(target.file, now.done)) },
            report: { result in isRight.update { $0 = result.status == .ok } })
        return isRight.read { $0 }
    }

    /// Records the result; in a read-only folder that fails, and the file is still fine.
    private func confirm(_ examination: Examination, _ fetcher: Fetcher) {
        do throws(DiskError) {
            try fetcher.confirm(examination)
        } catch {
            context.console.detail(
                "\(escaped(examination.file.name)): the result could not be saved: \(error.message)"
            )
        }
    }

    /// Never overwrites another file that happens to have the name.
    private func checkIsThisFile(_ examination: Examination) throws {
        guard let refusal = examination.refusal else { return }
        let twin = known.files(ofSize: examination.sizeFound)
            .first { $0.name != examination.file.name }
        guard let twin else { throw refusal }
        throw RepairRefused.otherFile(examination.file, twin)
    }
}

/// Why a file is not repaired.
struct RepairRefused: Failure {
    let message: String
    let hint: Remedy?

    static func missing(_ file: ManifestFile) -> RepairRefused {
        RepairRefused(
            message: "cannot repair \(escaped(file.name)): it is missing",
            hint: "\(run: .fetch, .only(file.name)) downloads it")
    }

    static func otherFile(_ file: ManifestFile, _ other: ManifestFile) -> RepairRefused {
        RepairRefused(
            message: "refused to repair \(escaped(file.name)): none of its pieces is right, and it "
                + "has the size of \(escaped(other.name))",
            hint: "move or rename it, then \(run: .fetch, .only(file.name))")
    }
}
