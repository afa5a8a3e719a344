import DatasetExport
import Disk
import SampleData

extension Command {
    private static let usual = SampleDataset.Options()

    static let sample = Command(
        name: "sample",
        summary: "a small ImageNet-shaped data set, for trying things out",
        detail: """
            Makes a data set from nothing that has ImageNet's shape: archives for train, val and \
            test, a devkit, boxes, and the oddities of the real ones, with a manifest, magnet links \
            and .torrent files. The same options give the same bytes on every machine.

            Give its folder and its manifest to any other command, with --data DIR --manifest \
            DIR/manifest.json, to try a pipeline without ImageNet. A gibibyte takes some seconds.
            """,
        positionals: [.init(name: "DIR", completion: .folders)],
        flags: [
            Flag(
                "classes", .count("N", atLeast: 1),
                help: "classes to make (\(usual.classes))",
                detail: "Make this many classes, 1 to 1000; the default is \(usual.classes)."
            ) { $0.sample.classes = Int(clamping: $1) },
            Flag(
                "per-class", .count("M"),
                help: "training images for each class (\(usual.perClass))",
                detail: """
                    Make about this many training images per class, 2 to 1300; the default is \
                    \(usual.perClass).
                    """
            ) { $0.sample.perClass = Int(clamping: $1) },
            Flag(
                "val", .count("V"),
                help: "validation images (\(usual.val))",
                detail: "Make this many validation images, 1 to 50000; the default is \(usual.val)."
            ) { $0.sample.val = Int(clamping: $1) },
            Flag(
                "test", .count("T"),
                help: "test images (\(usual.test))",
                detail: """
                    Make this many test images, up to 100000; the default is \(usual.test). With 0 \
                    there is no test archive.
                    """
            ) { $0.sample.test = Int(clamping: $1) },
            Flag(
                "seed", .count("S"),
                help: "the number that decides every byte (\(usual.seed))",
                detail: "The number that decides every byte: another seed gives other pictures."
            ) { $0.sample.seed = UInt64($1) },
        ],
        examples: [
            Example(line: "imagenet-fetch sample tiny", what: "A small data set in tiny/."),
            Example(
                line: "imagenet-fetch sample small --classes 100 --per-class 10 --val 200",
                what: "Another one, of this size."),
        ],
        run: SampleCommand.run)
}

private enum SampleCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        guard let word = arguments.positionals.first else { return .usage }
        let path = Path(bytes: word.bytes)
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
                .line(
                    schema: "imagenet-fetch.sample/1",
                    [
                        "path": .path(path), "files": .int(Int64(summary.files.count)),
                        "bytes": .int(size), "wasThere": .bool(summary.wasThere),
                    ]))
        }
        let done = summary.wasThere ? "already there" : "made"
        try context.console.result(
            "\(path): \(done) (\(summary.files.count) archives, \(Shown.bytes(size)))")
        context.console.note(
            "use it with: --data \(path) --manifest \(path.appending("manifest.json"))")
    }
}
