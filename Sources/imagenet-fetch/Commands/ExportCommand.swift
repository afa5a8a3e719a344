import Checksums
import DataFolder
import DatasetExport
import DatasetManifest
import Disk

/// What `mds`, `tfrecord` and `webdataset` have in common: which splits, from where, to where, and
/// what is told about it.
struct ExportCommand {
    let arguments: Arguments
    let context: Context
    let kind: DataFolder.Kind
    private let format: (SampleTable.Split) throws -> ShardExport.Format

    /// A split that was chosen, and what its archive is called, without `.tar`.
    struct Chosen {
        let split: SampleTable.Split
        let name: String
        /// The archive of 2017 in which it is one folder of many: that is unpacked first.
        var tree: ManifestFile?
    }

    init(
        _ arguments: Arguments, _ context: Context, _ kind: DataFolder.Kind,
        format: @escaping (SampleTable.Split) throws -> ShardExport.Format
    ) {
        self.arguments = arguments
        self.context = context
        self.kind = kind
        self.format = format
    }

    func run() throws -> ExitStatus {
        let manifest = try arguments.chosenManifest(context)
        let chosen = try Self.splits(manifest, arguments.selection)
        // Before any thread starts: they inherit what signals are blocked.
        let stop = context.listenForSignals()
        if arguments.export.fetches {
            let status = try fetch(manifest, chosen, stop)
            if status != .success { return status }
        }
        var failures: [any Error] = []
        let report = ExportReport(context, arguments, kind)
        for one in chosen {
            do {
                let summary = try export(one, manifest, chosen.count == 1, stop, report)
                try report.show(summary)
                if summary.isWhole { try writeInfo(summary) }
            } catch let error as Stopped {
                throw error
            } catch {
                if chosen.count == 1 { throw error }
                report.endProgress()
                _ = Report(console: context.console).tell(error)
                failures.append(error)
            }
        }
        report.end()
        return Report.status(of: failures, among: chosen.count)
    }

    // MARK: What

    private static func splits(_ manifest: Manifest, _ selection: Selection) throws -> [Chosen] {
        let roles: [(ManifestFile.Role, SampleTable.Split)] = [
            (.trainImages, .train), (.valImages, .val), (.testImages, .test),
        ]
        // One tree holds all splits of 2017, so that their names are no parts of that data set.
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
                .badValue, "none of the chosen files holds images",
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
        guard let input = input(one, isOnly) else { throw missing(one, data) }
        let wanted = arguments.export
        var export = ShardExport(
            format: try format(one.split), split: one.split, input: input,
            place: try place(one))
        if let seed = wanted.seed { export.seed = UInt64(seed) }
        export.images = wanted.images
        export.validates = wanted.validates
        export.extensions = wanted.extensions
        export.slice = wanted.slice
        export.isForced = wanted.isForced
        if let workers = wanted.workers { export.threads = Int(workers) }
        if case .archive(let path) = input {
            let file = manifest.files.first { $0.name == path.lastComponent.string }
            export.inputDigests = try ArchiveProof(path, file, arguments, context).digests(stop)
        }
        export.classPin = manifest.labels?.wnids
        export.expectedImages = manifest.files.first { Self.stem($0.name) == one.name }?.images
            .map { Int(clamping: $0) }
        if kind == .tfrecord, one.split == .train,
            let path = try Self.boxes(arguments, context)
        {
            let identity = try FileDescriptor(path, .reading).identity()
            export.boxInputs = [
                OutputReceipt.Input(
                    name: "\(path.lastComponent)", size: identity.size, identity: identity)
            ]
        }
        let labels = one.split == .test ? nil : try arguments.findLabels(context)
        return try export.run(labels: labels) { now in
            try stop.check()
            report.update(now, one.name)
        }
    }

    /// The images of a split; nil where they are nowhere.
    func input(_ one: Chosen, _ isOnly: Bool) -> SampleInput? {
        SampleInput.find(
            one.split, named: one.name, in: arguments.folder(context), or: inputPlace,
            isOnly: isOnly, extensions: arguments.export.extensions)
    }

    func place(_ one: Chosen) throws -> OutputPlace {
        let parent =
            try arguments.export.outputDir.map(context.resolve)
            ?? DataFolder.own(arguments.folder(context).folder(kind))
        return OutputPlace(parent: parent, name: one.name)
    }

    /// Brings `_info.json` up to date: for shards of its own, and for those that were replaced by
    /// another format's.
    private func writeInfo(_ summary: ShardExport.Summary) throws {
        let parent = summary.place.parent
        guard kind == .webdataset else {
            // What may be wrong with the others is not this output's matter.
            if !summary.isAlreadyDone, try WebDatasetInfo.isThere(in: parent) {
                _ = try? WebDatasetInfo.write(in: parent)
            }
            return
        }
        let outcome = try WebDatasetInfo.write(in: parent)
        let file = parent.appending(WebDatasetInfo.fileName)
        if outcome.isForeign { context.console.note("\(file) is another's and was left alone") }
        for left in outcome.leftOut {
            context.console.warn(
                "\(file) has \(escaped(left.other)) and not \(escaped(left.name)): it can have one "
                    + "output of a split; make the other in another folder, with --output-dir")
        }
    }

    func missing(_ one: Chosen, _ data: DataFolder) -> UsageError {
        let place = inputPlace ?? data.folder(.archives)
        if let tree = one.tree {
            let dataset = arguments.dataset.map { "--dataset \($0) " } ?? ""
            return UsageError(
                .missingArgument,
                "there is neither \(one.name).tar nor an unpacked \(tree.name) in \(place)",
                hint: "imagenet-fetch untar \(dataset)--only \(tree.name) --fetch gets and unpacks "
                    + "it first, and --input-dir names another folder")
        }
        return UsageError(
            .missingArgument,
            "there is neither \(one.name).tar nor an unpacked tree of it in \(place)",
            hint: "--fetch gets it first, --input-dir names another folder, and --only-train or "
                + "--only-val chooses one part")
    }

    /// What was proven of a file, as long as it is still the same.
    static func digests(of path: Path, in data: DataFolder) throws -> [Digest] {
        let identity = try FileDescriptor(path, .reading).identity()
        guard let name = path.lastComponent.string,
            case .receipt(let receipt) = try data.receipts.load(name), receipt.holds(for: identity)
        else { return [] }
        return receipt.digests
    }

    // MARK: Boxes

    /// Where the boxes that go with training images come from: the file that was named, else the
    /// archive, if it is there.
    static func boxes(_ arguments: Arguments, _ context: Context) throws -> Path? {
        if let named = arguments.export.boxes { return context.resolve(named) }
        let file = try arguments.chosenManifest(context).files.first { $0.role == .trainBoxes }
        guard let path = file.map({ arguments.folder(context).archive($0.name) }) else {
            return nil
        }
        return (try? FileDescriptor(path, .reading)) == nil ? nil : path
    }

    /// Reads them, from a CSV or from XML files.
    static func rows(
        _ path: Path, _ arguments: Arguments, _ context: Context
    ) throws -> BoxRows {
        let isCSV = try path.description.lowercased().hasSuffix(".csv") || BoxRows.isCSV(path)
        if isCSV { return try BoxRows(csv: path) }
        return BoxRows(
            try BoundingBoxes(archive: path, classes: try BoxCommand.classes(arguments, context)))
    }
}
