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
        summary: "prove archives, shards and trees",
        detail: """
            Reads archives once and holds them against the digests and pieces that are known of \
            them: several files at once, each on all cores; those of one spinning disk one after the \
            other. Files are known by name, without --dataset in all built-in data sets. A folder \
            is looked through two levels deep; without any PATH it is the archive folder, data/tar.

            PATH may also be what untar, mds, tfrecord, webdataset, layout, bbox or merge-test have \
            made, or a folder of such. Shards and single files are held against the digests in their \
            receipt; a tree file by file against its archive, and where that is not there its files \
            are counted, which the line says.

            Every file, and every output, gets a line: NAME: OK with what proved it, NAME: FAILED \
            with what is wrong and where (and in a tar which images lie there), or NAME: MISSING. \
            Missing is what was chosen by name, stands in a checksum list or has a receipt, and is \
            not there. The run ends with status 3 unless all is OK.

            A proof leaves a receipt beside the archives, or in --state DIR, and where there is no \
            torrent a map of the file's pieces, so that later damage has an address.
            """,
        positionals: [
            .init(name: "PATH", isOptional: true, repeats: true, completion: .files)
        ],
        flags: Flag.selection + [
            Flag(
                switch: "pieces",
                help: "by pieces alone: faster",
                detail: """
                    Read every byte, and prove it by the pieces of the torrent, or of an earlier \
                    proof, alone: on all cores, and several times as fast. A file of which no \
                    pieces are known is proven by its digests.
                    """
            ) { $0.verify.byPieces = $1 },
            Flag(
                switch: "quick",
                help: "the same as --pieces",
                detail: "The same as --pieces."
            ) { $0.verify.byPieces = $1 },
            Flag(
                "max-age", .duration,
                help: "accept receipts up to this old",
                detail: """
                    Accept the receipt of an earlier proof, up to this old, when the file was not \
                    touched since, and do not read it. Without it everything is read.
                    """
            ) { $0.verify.maxAge = $1 },
            Flag(
                switch: "deep",
                help: "look into the archives too",
                detail: """
                    Look into every archive too: whether it holds as many classes and images as it \
                    should, whether names are there twice or do not belong there, and whether each \
                    image begins and ends as a JPEG should.
                    """
            ) { $0.verify.isDeep = $1 },
            Flag(
                switch: "decode", negated: "no-decode",
                help: "decode every image too",
                detail: """
                    As --deep, and decode every image on all cores: finds those that are broken, \
                    and names PNGs and CMYK JPEGs. All of ImageNet takes hours.
                    """
            ) { $0.verify.decodes = $1 },
            Flag(
                switch: "allow-unverified",
                help: "take what nothing pins for right",
                detail: """
                    Take files of which neither digest nor torrent is known for what they should \
                    be: their digests are written down, and count from then on.
                    """
            ) { $0.verify.allowsFirstUse = $1 },
        ],
        examples: [
            Example(line: "imagenet-fetch verify", what: "Everything in data/tar."),
            Example(
                line: "imagenet-fetch verify --pieces data/tar/ILSVRC2012_img_val.tar",
                what: "One archive, by pieces."),
            Example(
                line: "imagenet-fetch verify --max-age 30d --json",
                what: "What was not proven for 30 days, for programs."),
            Example(
                line: "imagenet-fetch verify --decode data/tar/ILSVRC2012_img_val.tar",
                what: "One archive, and every image in it."),
            Example(
                line: "imagenet-fetch verify --manifest MD5SUMS data/tar",
                what: "A folder by a list as md5sum writes it."),
            Example(
                line: "imagenet-fetch verify data/mds",
                what: "The shards for MosaicML, by the digests in their receipts."),
        ],
        run: VerifyCommand.run)
}

enum VerifyCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let manifests = try arguments.knownManifests(context)
        let known = KnownFiles(manifests)
        let outputs = try VerifyOutputs(arguments, context)
        let targets = try arguments.targets(known, context, besides: outputs)
        // Before any thread starts: they inherit what signals are blocked.
        let stop = context.listenForSignals()
        let report = VerifyReport(targets, outputs.outputs, arguments, context)
        let verifier = verifier(known, arguments, context)
        do {
            if arguments.verify.isDeep || arguments.verify.decodes {
                try runDeep(targets, verifier, manifests, arguments, stop, report)
            } else {
                try run(verifier, targets, stop, report) { report.tell($0) }
            }
            try outputs.check(arguments, context, stop, report)
        } catch is CancellationError {
            report.end()
            try stop.check()
            throw InternalError(message: "the verification ended before its time")
        }
        return report.conclude() ? .success : .verificationFailed
    }

    private static func run(
        _ verifier: Verifier, _ targets: [Target], _ stop: StopRequest, _ report: VerifyReport,
        tell: @escaping @Sendable (Verification) -> Void
    ) throws {
        try verifier.run(
            targets,
            goOn: { now in
                report.show(now)
                return stop.signal == nil
            }, report: tell)
    }

    // MARK: Inside

    /// One file after the other: what was just read is looked into while it is still in memory.
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
            // In what is no archive, and is not called one, there is nothing to look into.
            let name = target.file.name
            let isMeant = inside.isArchive || Unpacker.stem(name) != name
            report.tell(result, isMeant ? inside : nil)
        }
    }

    /// Whether it is worth looking into, as far as its proof says. What kind of file it is shows
    /// when it is opened.
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
        let folders =
            (arguments.torrentFolder.map { [$0] } ?? []).map(context.resolve)
            + [context.resolve("bt")]
        verifier.torrentPieces = { target in
            pieces(of: target, folders, context.console)
        }
        return verifier
    }

    /// The pieces of a file's torrent, where it is on this machine.
    private static func pieces(
        of target: Target, _ folders: [Path], _ console: Console
    ) -> PieceMap? {
        guard target.file.torrent != nil else { return nil }
        let search = TorrentSources(folders: folders, data: target.data, base: nil)
            .find(for: target.file)
        for note in search.notes { console.detail("\(escaped(target.file.name)): \(note)") }
        return search.found?.metainfo.pieces
    }
}
