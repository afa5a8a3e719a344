import ArchiveVerify
import DataFolder
import DatasetManifest
import Disk
import TorrentFetch

/// The options of `verify`.
struct VerifyArguments: Sendable, Equatable {
    var byPieces = false
    var maxAge: Duration?
    var allowsFirstUse = false
}

extension Command {
    static let verify = Command(
        name: "verify",
        summary: "prove archives, or folders of them",
        detail: """
            Reads archives once and holds them against the digests and pieces that are known of \
            them: several files at once, each on all cores. Files are known by name, without \
            --dataset in all built-in data sets. A folder is looked through two levels deep; \
            without any PATH it is the archive folder, data/tar.

            Every file gets a line: NAME: OK with what proved it, NAME: FAILED with what is wrong \
            and where, or NAME: MISSING. Missing is what was chosen by name, stands in a checksum \
            list or has a receipt, and is not there. The run ends with status 3 unless all is OK.

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
                line: "imagenet-fetch verify --manifest MD5SUMS data/tar",
                what: "A folder by a list as md5sum writes it."),
        ],
        run: VerifyCommand.run)
}

enum VerifyCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let known = try knownFiles(arguments, context)
        let targets = try search(known, arguments, context)
        // Before any thread starts: they inherit what signals are blocked.
        let stop = context.listenForSignals()
        let report = VerifyReport(targets, arguments, context)
        do {
            try verifier(known, arguments, context).run(
                targets,
                goOn: { now in
                    report.show(now)
                    return stop.signal == nil
                }, report: report.tell)
        } catch is CancellationError {
            report.end()
            try stop.check()
            throw InternalError(message: "the verification ended before its time")
        }
        return try report.conclude() ? .success : .verificationFailed
    }

    // MARK: What there is to verify

    private static func knownFiles(
        _ arguments: Arguments, _ context: Context
    ) throws -> KnownFiles {
        guard arguments.manifest == nil, arguments.dataset == nil else {
            return KnownFiles([try arguments.chosenManifest(context)])
        }
        return KnownFiles(BuiltIn.manifests)
    }

    private static func search(
        _ known: KnownFiles, _ arguments: Arguments, _ context: Context
    ) throws -> [Target] {
        var chosen: [ManifestFile]?
        var required: [ManifestFile] = []
        if !arguments.selection.isDefault {
            let selected = try arguments.chosenManifest(context)
                .select(arguments.selection.forManifest)
            chosen = selected.files + selected.manual + selected.superseded
            // What only a person gets is missed where the person has named it.
            required = selected.files + (arguments.selection.isAll ? [] : selected.manual)
        } else if arguments.manifest != nil {
            let manifest = try arguments.chosenManifest(context)
            let isList = manifest.files.allSatisfy { $0.part == ChecksumList.part }
            required = isList ? manifest.files : []
        }
        let search = TargetSearch(
            known: known, chosen: chosen, required: required,
            state: arguments.state.map(context.resolve),
            knowsByReceipt: arguments.manifest == nil && arguments.dataset == nil)
        let named = arguments.positionals.map { context.resolve(Path(bytes: $0.bytes)) }
        return try search.search(
            named.isEmpty ? [arguments.folder(context).folder(.archives)] : named)
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
        guard let metainfo = search.found?.metainfo else { return nil }
        return try? PieceMap(
            pieceLength: metainfo.pieceLength, size: metainfo.size, hashes: metainfo.pieceHashes)
    }
}
