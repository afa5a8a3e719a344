import ArchiveVerify
import DataFolder
import DatasetManifest
import Disk

/// The options of `check`.
struct CheckArguments: Sendable, Equatable {
    var decodes = false
}

extension Command {
    static let check = Command(
        name: "check",
        summary: "is this unpacked ImageNet, from anybody, right",
        detail: """
            Looks through a folder with unpacked images, however they were sorted: class folders \
            for training and validation, flat folders, the trees of 2017 and Kaggle. It finds \
            missing and foreign classes, classes with too few images, validation images under a \
            wrong label, folders named by numbers, files and hidden folders that shift labels, \
            empty images, dead links. Archives are not needed, and nothing is changed.

            Names alone are read, and the lengths of images: seconds for the whole of ImageNet. \
            With --decode every image is read and decoded too.

            The labels are held against those that the data set pins. The devkit, if it lies in \
            DIR or among the archives, makes it possible to say which images are wrong, and how \
            many each class should have.

            Each split gets its lines; the last line is the verdict. The run ends with status 3 \
            if something is wrong, and with 2 if there are no images at all.
            """,
        positionals: [.init(name: "DIR", completion: .folders)],
        flags: [
            Flag(
                switch: "decode", negated: "no-decode",
                help: "decode every image too",
                detail: """
                    Read and decode every image: finds those that are cut off or broken, and names \
                    PNGs and CMYK JPEGs. All of ImageNet takes hours.
                    """
            ) { $0.check.decodes = $1 },
            .validationLabels, .auxFolder,
        ],
        examples: [
            Example(line: "imagenet-fetch check data/untar", what: "What untar has made."),
            Example(
                line: "imagenet-fetch check data/untar/ILSVRC2012_img_val --decode",
                what: "The validation images alone, contents included."),
            Example(
                line: "imagenet-fetch check data/untar --json", what: "The same, for programs."),
        ],
        run: CheckCommand.run)
}

private enum CheckCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        guard let word = arguments.positionals.first else { return .usage }
        let path = Path(bytes: word.bytes)
        let facts = DatasetFacts(
            try manifest(arguments, context), labels: try labels(path, arguments, context))
        var check = DatasetCheck(facts)
        if arguments.check.decodes { check.inspector = { try ImageLooking.inspector() } }
        // Before any thread starts: they inherit what signals are blocked.
        let stop = context.listenForSignals()
        let progress = context.progress(arguments)
        let start = context.clock.now()
        let report = try check.run(context.resolve(path)) { now in
            try stop.check()
            // What is over in a moment needs no progress.
            guard context.clock.now() - start >= .seconds(1) else { return }
            progress.update(
                ProgressSnapshot(
                    stage: now.isDecoding ? "decoding images" : "reading names",
                    done: Int64(now.done), total: now.total.map(Int64.init), unit: .items))
        }
        progress.end()
        try CheckReport(arguments, context).tell(report, path)
        tellUnverified(context.resolve(path), context)
        return report.isRight ? .success : .verificationFailed
    }

    /// Names the trees of ours that were made from archives that nobody had verified.
    private static func tellUnverified(_ path: Path, _ context: Context) {
        let inner = (try? Folder(path).entries())?.filter { $0.kind == .folder } ?? []
        for tree in [path] + inner.map({ path.appending($0.name) }) {
            guard let name = tree.lastComponent.string, let parent = try? Folder(tree.parent),
                case .receipt(let receipt)? = try? OutputReceipt.load(name, in: parent)
            else { continue }
            if receipt.isFromUnverified {
                context.console.note("\(tree) was made from unverified bytes")
            }
        }
    }

    /// The classification data of 2017 is that of 2012, and its manifest has no pins of its own.
    private static func manifest(
        _ arguments: Arguments, _ context: Context
    ) throws -> Manifest {
        let chosen = try arguments.chosenManifest(context)
        guard chosen.labels == nil, chosen.files.contains(where: { $0.role == .tree2017 }) else {
            return chosen
        }
        return try BuiltIn.manifest(named: "ilsvrc2012")
    }

    /// Labels that a person has named must be right; those that merely lie about may be of another
    /// data set.
    private static func labels(
        _ path: Path, _ arguments: Arguments, _ context: Context
    ) throws -> ClassLabels? {
        if arguments.labels.validationLabels != nil { return try arguments.findLabels(context) }
        let data = arguments.folder(context)
        let root = context.resolve(path)
        let places = [
            arguments.labels.auxFolder.map(context.resolve), root, root.appending("ILSVRC"),
            root.appending(".."), data.folder(.archives), data.folder(.unpacked), data.path,
        ].compactMap { $0 }
        let pins = try manifest(arguments, context).labels
        for source in LabelSource.find(in: places) {
            do {
                let labels = try source.read()
                try labels.check(valWNIDs: pins?.valWNIDs, wnids: pins?.wnids)
                context.console.detail("labels from \(source.path)")
                return labels
            } catch {
                context.console.detail("passed over \(source.path): \(error.message)")
            }
        }
        return nil
    }
}
