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

            Give its manifest to any other command with --manifest to try a pipeline without \
            ImageNet.
            """,
        positionals: [.init(name: "DIR", completion: .folders)],
        flags: [
            Flag(
                "classes", .count("N", atLeast: 1),
                help: "classes to make",
                detail: "Make this many classes, at most 1000."
            ) { $0.sample.classes = $1 },
            Flag(
                "per-class", .count("M"),
                help: "training images for each class",
                detail: "Make this many training images for each class."
            ) { $0.sample.imagesPerClass = $1 },
            Flag(
                "val", .count("V"),
                help: "validation images",
                detail: "Make this many validation images in all."
            ) { $0.sample.validationImages = $1 },
            Flag(
                "test", .count("T"),
                help: "test images",
                detail: "Make this many test images in all."
            ) { $0.sample.testImages = $1 },
            Flag(
                "seed", .count("S"),
                help: "the number that decides every byte",
                detail: "The number that decides every byte: another seed, other pictures."
            ) { $0.sample.seed = $1 },
        ],
        examples: [
            Example(line: "imagenet-fetch sample tiny", what: "A small data set in tiny/."),
            Example(
                line: "imagenet-fetch sample tiny --classes 10 --per-class 20 --val 50 --test 30",
                what: "The same, of this size."),
        ],
        run: { (_, _) in throw InternalError(message: "sample data cannot be made yet") })
}
