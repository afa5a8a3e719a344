import ArchiveVerify
import DataFolder
import DatasetExport
import DatasetManifest
import Disk
import TorrentFetch

/// The options of `verify`.
struct VerifyArguments: Sendable, Equatable {
    var byPieces = false
    var maxAge: Duration?
    var allowsFirstUse = false
    var isDeep = false
    var decodes = false
}

extension Command {
    static let verify = Command(
        name: "verify",
        summary: "verify archives, shards and trees",
        detail: """
            Reads archives once and compares them with their known digests and pieces: several \
            files at once, each on all cores; files on one spinning disk are read one after \
            another. Without --dataset the file names of all built-in data sets are known. A \
            folder is searched two levels deep. Without PATH it is the archive folder, data/tar.

            PATH may also be an output of untar, \(OutputFormats.all.map(\.name).joined(separator: ", ")), \
            layout, bbox or merge-test, or a folder of such outputs. Shards and single files are compared with the \
            digests in their receipt. A tree is compared with its archive file by file; if the \
            archive is gone, its files are counted, and the line says so.

            Every file and every output gets a line: NAME: OK with how it was verified, NAME: \
            FAILED with what is wrong and where (in a tar also in which images), or NAME: MISSING. \
            A file is missing if it was chosen by name, is in a checksum list or has a receipt, \
            and is not there. NAME: UNFINISHED is a download that is not complete, and how far it \
            is. The exit status is 3 unless all are OK; an unfinished download counts only if it \
            was chosen by name, or nothing else is there.

            A verified file gets a receipt beside the archives, or in the --state folder. Without \
            a torrent it also gets a map of its pieces, so that later damage can be located. In a \
            folder that sync published nothing is left.
            """,
        positionals: [
            .init(name: "PATH", isOptional: true, repeats: true, completion: .files)
        ],
        flags: Flag.selection + [.classes] + [
            Flag(
                switch: "pieces",
                help: "compare pieces only: faster",
                detail: """
                    Read every byte, but compare only the pieces, of the torrent or of an earlier \
                    verification: on all cores, and several times as fast. A file without known \
                    pieces is verified by its digests.
                    """
            ) { $0.verify.byPieces = $1 },
            Flag(
                switch: "quick",
                help: "the same as --pieces",
                detail: "The same as --pieces."
            ) { $0.verify.byPieces = $1 },
            Flag(
                "max-age", .duration,
                help: "accept receipts up to this age",
                detail: """
                    Accept the receipt of an earlier verification up to this age, if the file was \
                    not changed since, and do not read the file. By default everything is read.
                    """
            ) { $0.verify.maxAge = $1 },
            Flag(
                switch: "deep",
                help: "look inside the archives too",
                detail: """
                    Look inside every archive too: whether it has the right number of classes and \
                    images, whether names occur twice or do not belong there, and whether each \
                    image begins and ends as a JPEG should.
                    """
            ) { $0.verify.isDeep = $1 },
            Flag(
                switch: "decode", negated: "no-decode",
                help: "decode every image too",
                detail: """
                    Like --deep, and decode every image on all cores. This finds broken images, \
                    and lists PNGs and CMYK JPEGs. It takes hours for all of ImageNet.
                    """
            ) { $0.verify.decodes = $1 },
            Flag(
                switch: "allow-unverified",
                help: "trust files that have no known digest",
                detail: """
                    Trust files for which neither a digest nor a torrent is known. Their digests \
                    are recorded, and the files must match them from then on.
                    """
            ) { $0.verify.allowsFirstUse = $1 },
        ],
        examples: [
            Example("verify", "Everything in data/tar."),
            Example(
                "verify --pieces data/tar/ILSVRC2012_img_val.tar", "One archive, by its pieces."),
            Example(
                "verify --max-age 30d --json",
                "What was not verified in the last 30 days, for programs."),
            Example(
                "verify --decode data/tar/ILSVRC2012_img_val.tar",
                "One archive, and every image in it."),
            Example("verify --manifest MD5SUMS data/tar", "A folder, by a checksum list."),
            Example("verify data/mds", "The MosaicML shards, by the digests in their receipts."),
        ],
        run: VerifyCommand.run)
}

enum VerifyCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let manifests = try arguments.knownManifests(context)
        let known = KnownFiles(manifests)
        if let classes = try arguments.chosenClasses(context) {
            return try verify(classes, known, arguments, context)
        }
        let outputs = try VerifyOutputs(arguments, context)
        let found = try arguments.targets(known, context, besides: outputs)
        let targets = found.targets
        let stop = context.listenForSignals()
        let report = VerifyReport(targets, outputs.outputs, arguments, context)
        let verifier = verifier(known, arguments, context)
        do {
            if arguments.verify.isDeep || arguments.verify.decodes {
                try runDeep(targets, verifier, manifests, arguments, stop, report)
            } else {
                try run(verifier, targets, stop, report) { report.tell($0) }
            }
            for unfinished in found.unfinished { report.tell(unfinished) }
            try outputs.check(arguments, context, stop, report)
        } catch let stopped as Stopped {
            report.end()
            throw stopped
        }
        return report.conclude() ? .success : .verificationFailed
    }

    /// Chosen classes; the selection says of which archives.
    private static func verify(
        _ classes: ClassSelection, _ known: KnownFiles, _ arguments: Arguments, _ context: Context
    ) throws -> ExitStatus {
        if let word = arguments.positionals.first {
            throw UsageError(
                .conflict, "--classes cannot be used with a path (\(word))",
                hint: "name the data folder with \(.dataFolder)")
        }
        let files = try arguments.chosenManifest(context).select(arguments.selection.forManifest)
            .files.filter { $0.role == .trainImages }
        if files.isEmpty {
            throw UsageError(
                .conflict, "--classes cannot be used here: no archive of class tars is chosen")
        }
        let stop = context.listenForSignals()
        let report = VerifyReport([], [], arguments, context)
        let work = VerifyClasses(
            classes: classes, verifier: verifier(known, arguments, context),
            data: arguments.folder(context), context: context)
        do {
            try work.run(files, stop, report)
        } catch let stopped as Stopped {
            report.end()
            throw stopped
        }
        return report.conclude() ? .success : .verificationFailed
    }

    private static func run(
        _ verifier: Verifier, _ targets: [Target], _ stop: StopRequest, _ report: VerifyReport,
        tell: @escaping @Sendable (Verification) -> Void
    ) throws {
        try verifier.run(
            targets, stop: stop.asCheck, progress: { report.show($0) }, report: tell)
    }

    // MARK: Inside

    /// One file after another: what was just read is still in memory.
    private static func runDeep(
        _ targets: [Target], _ verifier: Verifier, _ manifests: [Manifest],
        _ arguments: Arguments, _ stop: StopRequest, _ report: VerifyReport
    ) throws {
        for target in targets {
            let verdict = Monitor<Verification?>(nil)
            try run(verifier, [target], stop, report) { result in
                verdict.update { $0 = result }
            }
            guard let result = verdict.read({ $0 }) else { continue }
            guard isOfUse(result) else {
                report.tell(result)
                continue
            }
            let manifest = manifests.first { $0.files.contains(target.file) }
            var check = DeepCheck(target.file, classes: manifest?.classes)
            if arguments.verify.decodes { check.inspector = { try ImageLooking.inspector() } }
            let size = result.bytes ?? 0
            let inside = try check.run(target.path) { done in
                try stop.check()
                report.show(target, done, of: size, isDecoding: arguments.verify.decodes)
            }
            // Only archives, and files named like one, are reported as looked into.
            let name = target.file.name
            let isMeant = inside.isArchive || Unpacker.stem(name) != name
            report.tell(result, isMeant ? inside : nil)
        }
    }

    /// Whether it is worth looking inside. Opening the file shows its kind.
    private static func isOfUse(_ result: Verification) -> Bool {
        switch result.diagnosis {
        case .htmlPage, .gunzipped, .otherFile, .cannotRead, .shrank, .changed: return false
        default: return result.status != .missing
        }
    }

    // MARK: How

    static func verifier(
        _ known: KnownFiles, _ arguments: Arguments, _ context: Context
    ) -> Verifier {
        var options = Verifier.Options()
        options.byPieces = arguments.verify.byPieces
        options.maxAge = arguments.verify.maxAge
        options.allowsFirstUse = arguments.verify.allowsFirstUse
        var verifier = Verifier(known: known, options)
        verifier.members = Damage.membersOfTars
        let folders = arguments.torrentFolders(context)
        verifier.torrentPieces = { pieces(of: $0, folders, context.console) }
        return verifier
    }

    /// The pieces of a file's torrent, if it is on this machine.
    private static func pieces(
        of target: Target, _ folders: [Path], _ console: Console
    ) -> PieceMap? {
        guard target.file.torrent != nil else { return nil }
        let search = TorrentSources(
            folders: folders, data: target.data, base: nil, keeps: target.isRecorded
        ).find(for: target.file)
        for note in search.notes { console.detail("\(escaped(target.file.name)): \(note)") }
        return search.found?.metainfo.pieces
    }
}
