import DataFolder
import DatasetExport
import DatasetManifest
import Disk

/// The options of `untar` beside those of all exporters.
struct UnpackArguments: Sendable, Equatable {
    var isFlat = false
    var verifies = false
    var deletesSource = false
}

extension Command {
    static let untar = Command(
        name: "untar",
        aliases: ["unpack"],
        summary: "unpack archives into the folders that loaders expect",
        detail: """
            Unpacks training images into one folder per class, straight from the class tars inside \
            the archive; validation images into class folders by their labels; test images into \
            one folder; the devkit, boxes and the archives of 2017 as they are. Default: training \
            and validation images. Any other ImageNet archive can be named as ARCHIVE.

            A tree appears once it is complete and counted, with a receipt beside it. If a run is \
            stopped, the same command resumes it. An archive is refused as a whole if it has \
            links, devices, duplicate names, or names that lead elsewhere.

            With --classes only these classes are unpacked, also from an archive of which only they \
            are downloaded. Another run with other classes adds them to the tree, and one without \
            --classes completes it.
            """,
        positionals: [
            .init(name: "ARCHIVE", isOptional: true, repeats: true, completion: .files)
        ],
        flags: Flag.selection + [
            .classes,
            Flag(
                switch: "flat",
                help: "all images in one folder",
                detail: """
                    Put all images into one folder, NAME_flat: training images under their own \
                    names, validation images as WNID_NAME. If the class folders exist already, the \
                    images are links to them.
                    """
            ) { $0.unpack.isFlat = $1 },
            Flag(
                switch: "verify",
                help: "compare every file with the archive",
                detail: """
                    Read every file again after it is written, and compare it with the archive; \
                    also the files of a tree that is already there.
                    """
            ) { $0.unpack.verifies = $1 },
            Flag(
                switch: "delete-source",
                help: "remove the archive afterwards",
                detail: """
                    Remove the archive once it is verified, unpacked and counted. If the tree was \
                    begun or made by an earlier run, or consists of links, every file is first \
                    compared with the archive. The receipt then says that the archive is retired, \
                    so it is not downloaded again.
                    """
            ) { $0.unpack.deletesSource = $1 },
            .inputDir("input-dir"), .inputDir("tar-dir"), .outputDir("output-dir"),
            .outputDir("untar-dir"), .workers("workers"), .workers("max-workers"),
        ] + Flag.exporting.filter { ["force", "fetch", "no-verify"].contains($0.long) } + [
            .validationLabels, .auxFolder,
        ] + Flag.fetching,
        examples: [
            Example("untar", "Training and validation images."),
            Example(
                "untar --only-val --verify",
                "Validation images in class folders, each compared with the archive."),
            Example("untar --classes imagenette", "The ten classes of Imagenette."),
            Example(
                "untar --only-train --flat --output-dir flat",
                "All training images in one folder."),
        ],
        continues: true,
        run: { arguments, context in try UntarCommand(arguments, context).run() })
}

private struct UntarCommand {
    /// A chosen archive.
    private struct Chosen {
        let path: Path
        let file: ManifestFile?
        /// Named by its path, not chosen by its part.
        let isNamed: Bool

        var isThere: Bool { path.canBeRead }
    }

    private let arguments: Arguments
    private let context: Context
    private let manifest: Manifest
    private let data: DataFolder
    /// The chosen classes; nil for all.
    private let classes: ClassSelection?

    init(_ arguments: Arguments, _ context: Context) throws {
        self.arguments = arguments
        self.context = context
        manifest = try arguments.chosenManifest(context)
        data = arguments.folder(context)
        classes = try arguments.chosenClasses(context)
        if classes != nil, arguments.unpack.deletesSource {
            throw UsageError(
                .conflict, "--delete-source and --classes cannot be used together",
                hint: "the archive has other classes too: unpack all of it, or remove it yourself")
        }
    }

    func run() throws -> ExitStatus {
        var chosen = try choose()
        let stop = context.listenForSignals()
        if arguments.export.fetches {
            let status = try fetch(chosen, stop)
            if status != .success { return status }
            chosen = try choose()
        }
        let report = UntarReport(context, arguments)
        let status = try Report.each(of: chosen, context) {
            try unpack($0, stop, report)
        } beforeReport: {
            report.end()
        }
        report.end()
        return status
    }

    // MARK: What

    private func choose() throws -> [Chosen] {
        if !arguments.positionals.isEmpty {
            guard arguments.selection.isDefault else {
                throw UsageError(
                    .conflict, "name archives or choose parts, not both (see --help)")
            }
            return arguments.positionals.map { word in
                let path = context.resolve(Path(bytes: word.bytes))
                let name = path.lastComponent.string ?? ""
                return Chosen(
                    path: path, file: manifest.file(named: name) ?? BuiltIn.file(named: name),
                    isNamed: true)
            }
        }
        var files: [ManifestFile]
        if arguments.selection.isDefault {
            let images: [ManifestFile.Role] = [.trainImages, .valImages]
            files = manifest.files.filter { images.contains($0.role) && !$0.isSuperseded }
            if files.isEmpty { files = try manifest.select(.defaults).files }
        } else {
            let selected = try manifest.select(arguments.selection.forManifest)
            // Archives downloaded by hand are unpacked like the rest if they are there.
            files = selected.files + selected.manual.filter { find($0.name).canBeRead }
        }
        if classes != nil { try leaveOutOthers(&files) }
        if files.isEmpty {
            throw UsageError(.badValue, "none of the chosen files can be unpacked")
        }
        return files.map { Chosen(path: find($0.name), file: $0, isNamed: false) }
    }

    /// Refuses files that cannot be unpacked by classes if they were named, and else leaves out those
    /// without classes.
    private func leaveOutOthers(_ files: inout [ManifestFile]) throws(UsageError) {
        let withClasses: [ManifestFile.Role] = [.trainImages, .valImages]
        let others = files.filter { !withClasses.contains($0.role) }
        if let other = others.first, !arguments.selection.isAll {
            throw UsageError(
                .conflict, "--classes cannot be used with \(escaped(other.name))",
                hint: "only the archives of training and validation images have classes to choose")
        }
        files.removeAll { !withClasses.contains($0.role) }
    }

    /// The path where an archive is, or should be.
    private func find(_ name: String) -> Path {
        let paths = arguments.archiveFolders(context).map { $0.appending(name) }
        return paths.first(where: \.canBeRead) ?? paths[0]
    }

    private func form(_ one: Chosen) throws -> UnpackForm {
        let name = one.path.lastComponent.description
        if name.hasPrefix("ILSVRC2017_") || one.file?.role == .tree2017 { return .tree2017 }
        switch one.file?.role {
        case .trainImages: return .classTars
        case .valImages: return .validation(try arguments.readLabels(context))
        case .testImages, .testPatch: return .images
        case .devkit, .trainBoxes, .valBoxes, .tree2017: return .tree
        case .other, nil:
            guard one.isThere else { return .tree }
            return try Unpacker.holdsClassTars(one.path) ? .classTars : .tree
        }
    }

    // MARK: One archive

    /// The folder of the trees.
    private func parent() throws -> Path {
        try arguments.export.outputDir.map(context.resolve)
            ?? DataFolder.own(data.folder(.unpacked))
    }

    /// Whether there is a tree whose archive was removed on purpose.
    private func isRetired(_ unpacker: Unpacker) throws -> Bool {
        guard let receipt = try unpacker.existingReceipt() else { return false }
        return !receipt.inputs.isEmpty && receipt.inputs.allSatisfy(\.isRetired)
    }

    private func unpack(_ one: Chosen, _ stop: StopRequest, _ report: UntarReport) throws {
        guard arguments.unpack.deletesSource, one.isThere else {
            return try unpackUnlocked(one, stop, report)
        }
        // The archive must not be removed while another run downloads, repairs or publishes it.
        let lock = try ArchiveProof(one.path, one.file, arguments, context).data
            .lock(one.path.parent)
        try unpackUnlocked(one, stop, report)
        withExtendedLifetime(lock) {}
    }

    private func unpackUnlocked(
        _ one: Chosen, _ stop: StopRequest, _ report: UntarReport
    ) throws {
        let source = ArchiveProof(one.path, one.file, arguments, context)
        var unpacker = Unpacker(
            one.path, try form(one), in: try parent(), isFlat: arguments.unpack.isFlat)
        unpacker.isForced = arguments.export.options.isForced
        unpacker.classes = classes
        unpacker.verifies = arguments.unpack.verifies
        unpacker.expectedImages = one.file?.images.map { Int(clamping: $0) }
        unpacker.threads = arguments.export.options.threads
        let name = unpacker.name
        let progress: @Sendable (Unpacker.Progress) throws -> Void = { now in
            try stop.check()
            report.update(now, name)
        }
        guard one.isThere else {
            if try tellRetired(unpacker, report) { return }
            let hasTree =
                try unpacker.isFlat && isRetired(Unpacker(one.path, unpacker.form, in: parent()))
            if !hasTree {
                guard let partial = try partial(one, unpacker, stop) else { throw missing(one) }
                unpacker.partial = partial
            }
            return try report.tell(try unpacker.run(progress: progress))
        }
        let proof =
            arguments.unpack.deletesSource ? try source.receiptForRemoval(stop) : nil
        unpacker.inputDigests = try proof?.digests ?? source.digests(stop)
        if !unpacker.inputDigests.isEmpty { unpacker.inputTorrent = one.file?.torrent }
        let summary = try unpacker.run(progress: progress)
        try report.tell(summary)
        guard let proof else { return }
        // An earlier run's tree may have changed since, and soon there is no other copy.
        let isEarlier = summary.isAlreadyDone || summary.isLinked || summary.isContinued
        if isEarlier, !summary.isVerified {
            try unpacker.check(progress: progress)
            report.end()
        }
        try source.retire(proof) { try unpacker.markRetired(summary.receipt) }
        context.console.note("\(one.path): removed; its tree is kept")
    }

    /// What there is of an archive that is not completely downloaded, for chosen classes.
    private func partial(
        _ one: Chosen, _ unpacker: Unpacker, _ stop: StopRequest
    ) throws -> PartialArchive? {
        guard let classes, case .classTars = unpacker.form,
            let name = one.path.lastComponent.string
        else { return nil }
        // Files that the tree has lost come from the archive too.
        let there = try unpacker.existingReceipt()?.chosenClasses ?? []
        let all = ClassSelection(title: classes.title, wnids: classes.wnids + there)
        return try PartialInput(arguments, context)
            .find(name, one.file, all ?? classes, stop, in: [one.path.parent])
    }

    /// Reports a tree whose archive was removed on purpose; false if there is none.
    private func tellRetired(_ unpacker: Unpacker, _ report: UntarReport) throws -> Bool {
        guard !unpacker.isForced, try isRetired(unpacker),
            let receipt = try unpacker.existingReceipt()
        else { return false }
        try unpacker.checkFolders(receipt)
        if unpacker.verifies {
            // A shared tree holds other archives' files too, so it cannot be counted.
            if !unpacker.isShared { try unpacker.recount(receipt) }
            context.console.note(
                "\(unpacker.path): \(unpacker.isShared ? "there" : "counted"); its archive was "
                    + "retired, so the bytes cannot be compared")
        }
        try report.tell(unpacker.summary(of: receipt))
        return true
    }

    private func missing(_ one: Chosen) -> any Error {
        let name = one.path.lastComponent
        if one.path.parent.appending(DataFolder.stagingName("\(name)")).canBeRead {
            return ExportError.notWhole("\(name)", hasClasses: one.file?.role == .trainImages)
        }
        if one.isNamed {
            return UsageError(.missingArgument, "there is no archive \(one.path)")
        }
        return UsageError(
            .missingArgument,
            "there is no \(one.path.lastComponent) in \(one.path.parent)",
            hint: "add --fetch to download it first, name another folder with \(.inputFolder), or "
                + "choose one part with \(.onlyTrain) or \(.onlyVal)")
    }

    // MARK: Fetching

    /// Downloads archives that are missing and have no tree, and the labels that they need.
    private func fetch(_ chosen: [Chosen], _ stop: StopRequest) throws -> ExitStatus {
        var names = try chosen.filter { one in
            try !one.isThere && !one.isNamed && !isDone(without: one)
                && !hasClasses(one, stop)
        }.compactMap { $0.file?.name }
        let needsLabels = chosen.contains { $0.file?.role == .valImages }
        if needsLabels, try arguments.findLabels(context) == nil {
            let devkits = manifest.files.filter { $0.role == .devkit && $0.isDefault }
            names += devkits.map(\.name).filter { !names.contains($0) }
        }
        if names.isEmpty { return .success }
        return try FetchCommand.runFirst(names, for: arguments, context, stop)
    }

    /// Whether the chosen classes of an archive are downloaded.
    private func hasClasses(_ one: Chosen, _ stop: StopRequest) throws -> Bool {
        guard let classes, one.file?.role == .trainImages else { return false }
        do {
            let unpacker = Unpacker(one.path, .classTars, in: try parent())
            return try partial(one, unpacker, stop)?.has(classes) ?? false
        } catch is Unproven {
            return false
        }
    }

    /// Whether a retired archive's tree is there, or can be made of links.
    private func isDone(without one: Chosen) throws -> Bool {
        guard !arguments.export.options.isForced else { return false }
        // Without labels there is no form for validation images yet. Only the tree's name is needed
        // here.
        let form = (try? form(one)) ?? .classTars
        let trees = try [false, arguments.unpack.isFlat].map { isFlat in
            Unpacker(one.path, form, in: try parent(), isFlat: isFlat)
        }
        return try trees.contains { try isRetired($0) }
    }
}
