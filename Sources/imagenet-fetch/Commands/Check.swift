import ArchiveVerify
import DataFolder
import DatasetExport
import DatasetManifest
import Disk

/// The options of `check`.
struct CheckArguments: Sendable, Equatable {
    var decodes = false
}

extension Command {
    static let check = Command(
        name: "check",
        summary: "check any unpacked ImageNet folder for errors",
        detail: """
            Checks a folder of unpacked images in any arrangement: class folders for training and \
            validation, flat folders, the trees of 2017 and Kaggle. It finds missing and unknown \
            classes, classes with too few images, validation images with a wrong label, folders \
            named by numbers, files and hidden folders that shift labels, empty images and dead \
            links. It needs no archives and changes nothing.

            Only names and file sizes are read, which takes seconds for all of ImageNet. With \
            --decode every image is read and decoded too.

            Labels are compared with those that the data set pins. With the devkit in DIR or among \
            the archives, check can also say how many images each class should have. For a data \
            set whose labels are not built in, the devkit also says which images are wrong.

            With --classes, a folder with exactly these classes is right.

            Each split gets its own lines; the last line is the verdict. The exit status is 3 if \
            something is wrong, and 2 if there are no images.
            """,
        positionals: [.init(name: "DIR", completion: .folders)],
        flags: [
            Flag(
                switch: "decode", negated: "no-decode",
                help: "decode every image too",
                detail: """
                    Read and decode every image. This finds truncated and broken images, and lists \
                    PNGs and CMYK JPEGs. It takes hours for all of ImageNet.
                    """
            ) { $0.check.decodes = $1 },
            .classes, .validationLabels, .auxFolder,
        ],
        examples: [
            Example("check data/untar", "What untar made."),
            Example(
                "check data/untar/ILSVRC2012_img_val --decode",
                "The validation images alone, including their contents."),
            Example("check data/untar --json", "The same, for programs."),
        ],
        run: CheckCommand.run)
}

private enum CheckCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let path = arguments.path
        let facts = DatasetFacts(
            try manifest(arguments, context), labels: try labels(path, arguments, context),
            classes: try arguments.chosenClasses(context))
        var check = DatasetCheck(facts)
        if arguments.check.decodes { check.inspector = { try ImageLooking.inspector() } }
        let stop = context.listenForSignals()
        let progress = context.progress(arguments, after: .seconds(1))
        let report = try check.run(context.resolve(path)) { now in
            try stop.check()
            progress.update(
                ProgressSnapshot(
                    stage: now.isDecoding ? "decoding images" : "reading names",
                    done: Int64(now.done), total: now.total.map(Int64.init), unit: .items))
        }
        progress.end()
        try CheckReport(arguments, context).tell(report, path)
        tellReceipts(context.resolve(path), arguments, context)
        return report.isRight ? .success : .verificationFailed
    }

    /// What the receipts of our trees say: that they were made from unverified archives, or have only
    /// some classes.
    private static func tellReceipts(
        _ path: Path, _ arguments: Arguments, _ context: Context
    ) {
        let inner = (try? Folder(path).entries())?.filter { $0.kind == .folder } ?? []
        for tree in [path] + inner.map({ path.appending($0.name) }) {
            guard let name = tree.lastComponent.string, let parent = try? Folder(tree.parent),
                case .receipt(let receipt)? = try? OutputReceipt.load(name, in: parent)
            else { continue }
            if receipt.isFromUnverified {
                context.console.note("\(tree) was made from unverified bytes")
            }
            if let classes = receipt.chosenClasses, arguments.classes == nil {
                let list = classes.map(\.description).joined(separator: ",")
                context.console.note(
                    "\(tree) was unpacked with \(Shown.counted(classes.count, "class", "classes")); "
                        + "to check these alone, add --classes \(list)")
            }
        }
    }

    /// The classification data of 2017 is that of 2012, but its manifest has no pins.
    private static func manifest(
        _ arguments: Arguments, _ context: Context
    ) throws -> Manifest {
        let chosen = try arguments.chosenManifest(context)
        guard chosen.labels == nil, chosen.files.contains(where: { $0.role == .tree2017 }) else {
            return chosen
        }
        return try BuiltIn.manifest(named: "ilsvrc2012")
    }

    /// Labels named by the user must be right; those found nearby may belong to another data set.
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
                context.console.detail("ignored \(source.path): \(error.message)")
            }
        }
        let builtIn = BuiltIn.labels(for: pins)
        if let builtIn { context.console.detail("labels from \(builtIn.source)") }
        return builtIn
    }
}
