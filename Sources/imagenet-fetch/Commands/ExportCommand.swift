import Checksums
import DataFolder
import DatasetExport
import DatasetManifest
import Disk

/// A command that makes outputs of a format: which splits, from where, to where, and what is
/// reported.
struct ExportCommand {
    let arguments: Arguments
    let context: Context
    let format: any OutputFormat
    /// The chosen classes; nil for all.
    let choice: ClassChoice?
    private let share: ShardShare

    init(_ arguments: Arguments, _ context: Context, _ format: any OutputFormat) throws {
        self.arguments = arguments
        self.context = context
        self.format = format
        share = try arguments.export.slice?.share { context.environment($0)?.text } ?? .whole
        choice = try arguments.chosenClasses(context)
            .map { ClassChoice($0, arguments.export.labelSpace) }
    }

    /// A chosen split, and the name of its archive without `.tar`.
    struct Chosen {
        let split: SampleTable.Split
        let name: String
        /// The archive of 2017 that contains the split, and must be unpacked first.
        var tree: ManifestFile?
    }

    func run() throws -> ExitStatus {
        let manifest = try arguments.chosenManifest(context)
        var chosen = try Self.splits(manifest, arguments.selection)
        // Test images have no classes.
        if choice != nil, arguments.selection.isAll { chosen.removeAll { $0.split == .test } }
        // Before anything is downloaded.
        try format.check(options)
        let stop = context.listenForSignals()
        if arguments.export.fetches {
            let status = try fetch(manifest, chosen, stop)
            if status != .success { return status }
        }
        let report = ExportReport(context, arguments, format)
        let status = try Report.each(of: chosen, context) { one in
            let summary = try export(one, manifest, chosen.count == 1, stop, report)
            try report.show(summary)
            if summary.isWhole { try describe(summary) }
        } beforeReport: {
            report.end()
        }
        report.end()
        return status
    }

    private var options: ExportOptions {
        var options = arguments.export.options
        options.choice = choice
        options.share = share
        return options
    }

    // MARK: What

    private static func splits(_ manifest: Manifest, _ selection: Selection) throws -> [Chosen] {
        let roles: [(ManifestFile.Role, SampleTable.Split)] = [
            (.trainImages, .train), (.valImages, .val), (.testImages, .test),
        ]
        // One tree contains all splits of 2017, so they are not parts of the data set.
        if let tree = manifest.files.first(where: { $0.role == .tree2017 }) {
            let wanted =
                selection.isAll
                ? ["train", "val", "test"]
                : selection.isDefault ? ["train", "val"] : selection.names
            let splits = SampleTable.Split.allCases.filter { wanted.contains($0.rawValue) }
            if !splits.isEmpty {
                let name = stem(tree.name)
                return splits.map { Chosen(split: $0, name: "\(name)_\($0.rawValue)", tree: tree) }
            }
        }
        let selected = try manifest.select(
            selection.isDefault ? .all : selection.forManifest)
        var chosen: [Chosen] = []
        for (role, split) in roles where !(selection.isDefault && split == .test) {
            for file in selected.files where file.role == role {
                chosen.append(Chosen(split: split, name: stem(file.name)))
            }
        }
        if chosen.isEmpty {
            throw UsageError(
                .badValue, "none of the chosen files contains images",
                hint: "images are in the parts train, val and test")
        }
        return chosen
    }

    /// A file's name up to its first dot.
    static func stem(_ name: String) -> String {
        String(name.prefix { $0 != "." })
    }

    private var inputPlace: Path? { arguments.export.inputDir.map(context.resolve) }

    // MARK: One split

    private func export(
        _ one: Chosen, _ manifest: Manifest, _ isOnly: Bool, _ stop: StopRequest,
        _ report: ExportReport
    ) throws -> ShardExport.Summary {
        let data = arguments.folder(context)
        guard let input = try input(one, isOnly, manifest, stop) else { throw missing(one, data) }
        var export = ShardExport(
            format: format, split: one.split, input: input, place: try place(one))
        export.options = options
        if case .archive(let path) = input {
            let file = manifest.files.first { $0.name == path.lastComponent.string }
            export.known.digests = try ArchiveProof(path, file, arguments, context).digests(stop)
            if !export.known.digests.isEmpty { export.known.torrent = file?.torrent }
        }
        export.known.classPin = manifest.labels?.wnids
        export.known.expectedImages = manifest.files.first { Self.stem($0.name) == one.name }?
            .images
            .map { Int(clamping: $0) }
        if format.takesBoxes, one.split == .train { export.boxes = try boxes() }
        let needsLabels = one.split != .test || format.hasAllClasses
        let labels = needsLabels ? try arguments.findLabels(context) : nil
        return try export.run(labels: labels) { now in
            try stop.check()
            report.update(now, one.name)
        }
    }

    /// The images of a split; nil if there are none.
    func input(_ one: Chosen, _ isOnly: Bool) -> SampleInput? {
        SampleInput.find(
            one.split, named: one.name, in: arguments.folder(context), or: inputPlace,
            isOnly: isOnly, extensions: arguments.export.options.extensions)
    }

    /// The same, or what there is of an archive that is not completely downloaded, unless only a tree
    /// has the chosen classes.
    func input(
        _ one: Chosen, _ isOnly: Bool, _ manifest: Manifest, _ stop: StopRequest
    ) throws -> SampleInput? {
        let found = input(one, isOnly)
        if case .archive? = found { return found }
        guard let choice, one.split == .train,
            let file = manifest.files.first(where: { Self.stem($0.name) == one.name }),
            let partial = try PartialInput(arguments, context)
                .find(file.name, file, choice.classes, stop)
        else { return found }
        // A tree that lacks them too would not say what to download.
        let isBetter = try partial.has(choice.classes) || found?.has(choice.classes) != true
        return isBetter ? .partial(partial) : found
    }

    func place(_ one: Chosen) throws -> OutputPlace {
        let parent =
            try arguments.export.outputDir.map(context.resolve)
            ?? DataFolder.own(arguments.folder(context).folder(format))
        return format.place(in: parent, name: one.name, one.split)
    }

    /// Updates files that describe several outputs, of this format and of others whose output was
    /// replaced.
    private func describe(_ summary: ShardExport.Summary) throws {
        for other in OutputFormats.all where other.name == format.name || !summary.isAlreadyDone {
            let isOwn = other.name == format.name
            for remark in try other.describe(summary.place.parent, isOwn: isOwn) {
                context.console.warn(remark)
            }
        }
    }

    func missing(_ one: Chosen, _ data: DataFolder) -> any Error {
        let archive = one.name + ".tar"
        if one.tree == nil, PartialInput(arguments, context).isThere(archive) {
            return ExportError.notWhole(archive, hasClasses: one.split == .train)
        }
        let place = inputPlace ?? data.folder(.archives)
        if let tree = one.tree {
            return UsageError(
                .missingArgument,
                "there is neither \(one.name).tar nor an unpacked \(tree.name) in \(place)",
                hint: "\(run: .untar, .only(tree.name), .set(.fetchFirst)) downloads and "
                    + "unpacks it first; \(.inputFolder) names another folder")
        }
        return UsageError(
            .missingArgument,
            "there is neither \(one.name).tar nor an unpacked tree of it in \(place)",
            hint: "add --fetch to download it first, name another folder with \(.inputFolder), or "
                + "choose one part with \(.onlyTrain) or \(.onlyVal)")
    }

    // MARK: Boxes

    /// The boxes of training images, from the given file or else from the archive, if there is one.
    private func boxes() throws -> BoxSource? {
        let path: Path
        if let named = arguments.export.boxes {
            path = context.resolve(named)
        } else {
            let file = try arguments.chosenManifest(context).files.first { $0.role == .trainBoxes }
            guard let archive = file.map({ arguments.folder(context).archive($0.name) }),
                archive.canBeRead
            else { return nil }
            path = archive
        }
        let identity = try FileDescriptor(path, .reading).identity()
        let input = OutputReceipt.Input(
            name: "\(path.lastComponent)", size: identity.size, identity: identity)
        return BoxSource(input) { [arguments, context] in
            if try path.description.lowercased().hasSuffix(".csv") || BoxRows.isCSV(path) {
                return try BoxRows(csv: path)
            }
            return BoxRows(
                try BoundingBoxes(
                    archive: path, classes: try BoxCommand.classes(arguments, context)))
        }
    }
}
