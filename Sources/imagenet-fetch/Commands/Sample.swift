import DatasetExport
import Disk
import SampleData

extension Command {
    private static let usual = SampleDataset.Options()

    static let sample = Command(
        name: "sample",
        summary: "make a small ImageNet-like data set to try things out",
        detail: """
            Makes an artificial data set with the structure of ImageNet: archives for train, val \
            and test, a devkit, boxes, and the oddities of the real ones, with a manifest, magnet \
            links and .torrent files. The same options give the same bytes on every machine.

            To try a pipeline without ImageNet, give its folder and its manifest to any other \
            command: --data DIR --manifest DIR/manifest.json. A gibibyte takes a few seconds.
            """,
        positionals: [.init(name: "DIR", completion: .folders)],
        flags: [
            Flag(
                "classes", .count("N", atLeast: 1),
                help: "classes to make (\(usual.classes))",
                detail: "Make this many classes, 1 to 1000. Default: \(usual.classes)."
            ) { $0.sample.classes = Int(clamping: $1) },
            Flag(
                "per-class", .count("M"),
                help: "training images per class (\(usual.perClass))",
                detail: """
                    Make about this many training images per class, 2 to 1300. Default: \
                    \(usual.perClass).
                    """
            ) { $0.sample.perClass = Int(clamping: $1) },
            Flag(
                "val", .count("V"),
                help: "validation images (\(usual.val))",
                detail: "Make this many validation images, 1 to 50000. Default: \(usual.val)."
            ) { $0.sample.val = Int(clamping: $1) },
            Flag(
                "test", .count("T"),
                help: "test images (\(usual.test))",
                detail: """
                    Make this many test images, up to 100000. Default: \(usual.test). With 0 there \
                    is no test archive.
                    """
            ) { $0.sample.test = Int(clamping: $1) },
            Flag(
                "seed", .count("S"),
                help: "the seed of every byte (\(usual.seed))",
                detail: "The seed that decides every byte: another seed gives other pictures."
            ) { $0.sample.seed = UInt64($1) },
            Flag(
                "wnids", .choice as ValueKind<SampleDataset.Options.Names>,
                help: "what the classes are called (real)",
                detail: """
                    Call the classes by real WNIDs and words, the first ones of ILSVRC2012, so that \
                    TFDS, timm and pretrained models know them; or by made ones. Default: real up \
                    to \(SampleDataset.Options.mostRealClasses) classes, else made.
                    """
            ) { $0.sample.wnids = $1 },
        ],
        examples: [
            Example("sample tiny", "A small data set in tiny/."),
            Example(
                "sample small --classes 100 --per-class 10 --val 200",
                "Another one, of this size."),
        ],
        run: SampleCommand.run)
}

private enum SampleCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let path = arguments.path
        let stop = context.listenForSignals()
        let progress = context.progress(arguments)
        let summary = try SampleDataset.write(
            arguments.sample, to: context.resolve(path)
        ) { now in
            try stop.check()
            progress.update(
                ProgressSnapshot(
                    stage: "making \(now.file)", done: Int64(now.pictures),
                    total: Int64(now.totalPictures), unit: .items, source: nil))
        }
        progress.end()
        try tell(summary, path, arguments, context)
        return .success
    }

    private static func tell(
        _ summary: SampleDataset.Summary, _ path: Path, _ arguments: Arguments, _ context: Context
    ) throws {
        let size = summary.files.reduce(Int64(0)) { $0 + $1.size }
        if arguments.isJSON {
            return try context.console.result(
                schema: "imagenet-fetch.sample/1",
                [
                    "path": .path(path), "files": .int(Int64(summary.files.count)),
                    "bytes": .int(size), "wasThere": .bool(summary.wasThere),
                ])
        }
        let done = summary.wasThere ? "already there" : "made"
        try context.console.result(
            "\(path): \(done) (\(summary.files.count) archives, \(Shown.bytes(size)))")
        context.console.note(
            "use it with: --data \(path.quoted) --manifest \(path.appending("manifest.json").quoted)"
        )
    }
}
