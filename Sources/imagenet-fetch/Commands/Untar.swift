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
            Unpacks training images into a folder a class, straight from the class tars inside the \
            archive; validation images into class folders by their labels; test images into one \
            folder; the devkit, boxes and the archives of 2017 as they are. Without a choice: \
            training and validation images. Any ARCHIVE of ImageNet's can be named instead.

            A tree appears once all of it is there and counted, with a receipt beside it. A run \
            that was stopped is gone on with by the same command. An archive with links, devices, \
            or names that lead elsewhere or come twice is refused as a whole.
            """,
        positionals: [
            .init(name: "ARCHIVE", isOptional: true, repeats: true, completion: .files)
        ],
        flags: Flag.selection + [
            Flag(
                switch: "flat",
                help: "all images in one folder",
                detail: """
                    Put all images into one folder, NAME_flat: training images by their names, \
                    validation images as WNID_NAME. Where the class folders are there already, by \
                    links to them.
                    """
            ) { $0.unpack.isFlat = $1 },
            Flag(
                switch: "verify",
                help: "hold every file against the archive",
                detail: """
                    Read every file again once it is written, and hold it against the archive; also \
                    those of a tree that is there already.
                    """
            ) { $0.unpack.verifies = $1 },
            Flag(
                switch: "delete-source",
                help: "remove the archive afterwards",
                detail: """
                    Remove the archive once it is proven, unpacked and counted; a tree that an \
                    earlier run has begun or made, and one of links, is held against it first, \
                    every file. Its receipt says from then on that it was retired, so that it is \
                    not fetched again.
                    """
            ) { $0.unpack.deletesSource = $1 },
            .inputDir("input-dir"), .inputDir("tar-dir"), .outputDir("output-dir"),
            .outputDir("untar-dir"), .workers("workers"), .workers("max-workers"),
        ] + Flag.exporting.filter { ["force", "fetch", "no-verify"].contains($0.long) } + [
            .validationLabels, .auxFolder,
        ] + Flag.fetching,
        examples: [
            Example(line: "imagenet-fetch untar", what: "Training and validation images."),
            Example(
                line: "imagenet-fetch untar --only-val --verify",
                what: "Validation images in class folders, each held against the archive."),
            Example(
                line: "imagenet-fetch untar --only-train --flat --output-dir flat",
                what: "All training images in one folder."),
        ],
        run: { arguments, context in try UntarCommand(arguments, context).run() })
}

private struct UntarCommand {
    /// An archive that was chosen.
    private struct Chosen {
        let path: Path
        let file: ManifestFile?
        /// Named by its path, not by its part.
        let isNamed: Bool

        var isThere: Bool { (try? FileDescriptor(path, .reading)) != nil }
    }

    private let arguments: Arguments
    private let context: Context
    private let manifest: Manifest
    private let data: DataFolder

    init(_ arguments: Arguments, _ context: Context) throws {
        self.arguments = arguments
        self.context = context
        manifest = try arguments.chosenManifest(context)
        data = arguments.folder(context)
    }

    func run() throws -> ExitStatus {
        var chosen = try choose()
        // Before any thread starts: they inherit what signals are blocked.
        let stop = context.listenForSignals()
        if arguments.export.fetches {
            let status = try fetch(chosen, stop)
            if status != .success { return status }
            chosen = try choose()
        }
        let report = UntarReport(context, arguments)
        var failures: [any Error] = []
        for one in chosen {
            do {
                try unpack(one, stop, report)
            } catch let error as Stopped {
                throw error
            } catch {
                if chosen.count == 1 { throw error }
                report.end()
                _ = Report(console: context.console).tell(error)
                failures.append(error)
            }
        }
        report.end()
        if failures.isEmpty { return .success }
        let statuses = Set(failures.map { Report.status(of: $0) })
        if failures.count == chosen.count, statuses.count == 1, let one = statuses.first {
            return one
        }
        return .partial
    }

    // MARK: What

    private func choose() throws -> [Chosen] {
        if !arguments.positionals.isEmpty {
            guard arguments.selection.isDefault else {
                throw UsageError(
                    .conflict, "archives can be named or chosen by part, not both (see --help)")
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
            // What only a person gets is unpacked like the rest once it is there.
            files = selected.files + selected.manual.filter { find($0.name).isThere }
        }
        if files.isEmpty {
            throw UsageError(.badValue, "none of the chosen files can be unpacked")
        }
        return files.map { Chosen(path: find($0.name).path, file: $0, isNamed: false) }
    }

    /// Where an archive is, or should be.
    private func find(_ name: String) -> (path: Path, isThere: Bool) {
        let named = arguments.export.inputDir.map(context.resolve)
        let folders = named.map { [$0, $0.appending("tar")] } ?? [data.folder(.archives)]
        for folder in folders {
            let path = folder.appending(name)
            if (try? FileDescriptor(path, .reading)) != nil { return (path, true) }
        }
        return (folders[0].appending(name), false)
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

    /// The folder in which the trees appear.
    private func parent() throws -> Path {
        try arguments.export.outputDir.map(context.resolve)
            ?? DataFolder.own(data.folder(.unpacked))
    }

    /// Whether there is a tree of an archive that was removed on purpose.
    private func isRetired(_ unpacker: Unpacker) throws -> Bool {
        guard let receipt = try unpacker.existingReceipt() else { return false }
        return !receipt.inputs.isEmpty && receipt.inputs.allSatisfy(\.isRetired)
    }

    private func unpack(_ one: Chosen, _ stop: StopRequest, _ report: UntarReport) throws {
        guard arguments.unpack.deletesSource, one.isThere else {
            return try unpackUnlocked(one, stop, report)
        }
        // What is removed must not be what another run fetches, repairs or publishes.
        let lock = try ArchiveRetirement(
            path: one.path, file: one.file, arguments: arguments, context: context
        ).data.lock(one.path.parent)
        try unpackUnlocked(one, stop, report)
        withExtendedLifetime(lock) {}
    }

    private func unpackUnlocked(
        _ one: Chosen, _ stop: StopRequest, _ report: UntarReport
    ) throws {
        let source = ArchiveRetirement(
            path: one.path, file: one.file, arguments: arguments, context: context)
        var unpacker = Unpacker(
            one.path, try form(one), in: try parent(), isFlat: arguments.unpack.isFlat)
        unpacker.isForced = arguments.export.options.isForced
        unpacker.verifies = arguments.unpack.verifies
        unpacker.expectedImages = one.file?.images.map { Int(clamping: $0) }
        unpacker.threads = arguments.export.options.threads
        let name = unpacker.name
        guard one.isThere else {
            if try tellRetired(unpacker, report) { return }
            let hasTree =
                try unpacker.isFlat && isRetired(Unpacker(one.path, unpacker.form, in: parent()))
            if !hasTree { throw missing(one) }
            return try report.tell(
                try unpacker.run { now in
                    try stop.check()
                    report.update(now, name)
                })
        }
        let proof = arguments.unpack.deletesSource ? try source.prove(stop) : nil
        unpacker.inputDigests =
            try proof?.digests
            ?? ArchiveProof(one.path, one.file, arguments, context).digests(stop)
        let progress: @Sendable (Unpacker.Progress) throws -> Void = { now in
            try stop.check()
            report.update(now, name)
        }
        let summary = try unpacker.run(progress: progress)
        try report.tell(summary)
        guard let proof else { return }
        // What an earlier run has made may have changed since, and there is no other copy then.
        let isEarlier = summary.isAlreadyDone || summary.isLinked || summary.isContinued
        if isEarlier, !summary.isVerified {
            try unpacker.check(progress: progress)
            report.end()
        }
        try source.retire(proof) { try unpacker.markRetired(summary.receipt) }
        context.console.note("\(one.path): removed; its tree stays")
    }

    /// Tells of a tree whose archive was removed on purpose; false where there is none.
    private func tellRetired(_ unpacker: Unpacker, _ report: UntarReport) throws -> Bool {
        guard !unpacker.isForced, try isRetired(unpacker),
            let receipt = try unpacker.existingReceipt()
        else { return false }
        try unpacker.checkFolders(receipt)
        if unpacker.verifies {
            // What others have in a shared tree is not counted apart from it.
            if !unpacker.isShared { try unpacker.recount(receipt) }
            context.console.note(
                "\(unpacker.path): \(unpacker.isShared ? "there" : "counted"); its archive was retired, so that there is nothing to "
                    + "hold the bytes against")
        }
        try report.tell(unpacker.summary(of: receipt))
        return true
    }

    private func missing(_ one: Chosen) -> any Error {
        if one.isNamed {
            return UsageError(.missingArgument, "there is no archive \(one.path)")
        }
        return UsageError(
            .missingArgument,
            "there is no \(one.path.lastComponent) in \(one.path.parent)",
            hint: "--fetch gets it first, --input-dir names another folder, and --only-train or "
                + "--only-val chooses one part")
    }

    // MARK: Fetching

    /// Gets the archives that are not there and have no tree, with the labels that they need.
    private func fetch(_ chosen: [Chosen], _ stop: StopRequest) throws -> ExitStatus {
        var names = try chosen.filter { one in
            try !one.isThere && !one.isNamed && !isDone(without: one)
        }.compactMap { $0.file?.name }
        let needsLabels = chosen.contains { $0.file?.role == .valImages }
        if needsLabels, try arguments.findLabels(context) == nil {
            let devkits = manifest.files.filter { $0.role == .devkit && $0.isDefault }
            names += devkits.map(\.name).filter { !names.contains($0) }
        }
        if names.isEmpty { return .success }
        return try FetchCommand.runFirst(names, for: arguments, context, stop)
    }

    /// Whether the tree of an archive that is gone on purpose is there, or can be made of links.
    private func isDone(without one: Chosen) throws -> Bool {
        guard !arguments.export.options.isForced else { return false }
        // Without labels there is no form of validation images yet. All that is asked of it here is
        // the name of the tree.
        let form = (try? form(one)) ?? .classTars
        let trees = try [false, arguments.unpack.isFlat].map { isFlat in
            Unpacker(one.path, form, in: try parent(), isFlat: isFlat)
        }
        return try trees.contains { try isRetired($0) }
    }
}
