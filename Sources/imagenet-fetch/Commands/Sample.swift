import DatasetExport
import Disk

/// The options of `sample`.
struct SampleArguments: Sendable, Equatable {
    var classes: Int64?
    var imagesPerClass: Int64?
    var validationImages: Int64?
    var testImages: Int64?
    var seed: Int64?
}

extension Command {
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
                help: "classes to make (10)",
                detail: "Make this many classes, 1 to 1000; 10 if not said."
            ) { $0.sample.classes = $1 },
            Flag(
                "per-class", .count("M"),
                help: "training images for each class (20)",
                detail: "Make about this many training images a class, 2 to 1300; 20 if not said."
            ) { $0.sample.imagesPerClass = $1 },
            Flag(
                "val", .count("V"),
                help: "validation images (50)",
                detail: "Make this many validation images in all, 1 to 50000; 50 if not said."
            ) { $0.sample.validationImages = $1 },
            Flag(
                "test", .count("T"),
                help: "test images (50)",
                detail: """
                    Make this many test images in all, up to 100000; 50 if not said. With 0 there \
                    is no test archive.
                    """
            ) { $0.sample.testImages = $1 },
            Flag(
                "seed", .count("S"),
                help: "the number that decides every byte (42)",
                detail: "The number that decides every byte: another seed, other pictures."
            ) { $0.sample.seed = $1 },
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
            options(arguments.sample), to: context.resolve(path)
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

    private static func options(_ arguments: SampleArguments) -> SampleDataset.Options {
        var options = SampleDataset.Options()
        if let classes = arguments.classes { options.classes = Int(classes) }
        if let images = arguments.imagesPerClass { options.perClass = Int(images) }
        if let images = arguments.validationImages { options.val = Int(images) }
        if let images = arguments.testImages { options.test = Int(images) }
        if let seed = arguments.seed { options.seed = UInt64(seed) }
        return options
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
