import Checksums
import DataFolder
import DatasetExport
import Disk

/// The options of exporters and `bbox`.
struct ExportArguments: Sendable, Equatable {
    var inputDir: Path?
    var outputDir: Path?
    var output: Path?
    var options = ExportOptions()
    var slice: SliceChoice?
    /// Options of one format, by name.
    var formatOptions: [String: String] = [:]
    var skipsVerification = false
    var fetches = false
    var boxes: Path?
    var labelSpace = LabelSpace.subset
}

extension ValueKind<String> {
    /// A value that the format accepts.
    static func value(of option: FormatOption, _ format: any OutputFormat) -> ValueKind {
        let (name, completion): (String?, Completion) =
            switch option.value {
            case .countOrAuto: ("N|auto", .words(["auto"]))
            case .count: ("N", .nothing)
            case .size, .binarySize: (ValueKind<Int64>.size.name, .nothing)
            case .text(let name, let words): (name, .words(words))
            }
        return ValueKind(name, completion) { word throws(ValueFault) in
            let text = word.text ?? "\(word)"
            let value =
                switch option.value {
                case .countOrAuto where text == "auto": text
                case .countOrAuto(let most), .count(let most):
                    "\(min(try ValueKind<Int64>.count(atLeast: 1).parse(word), most))"
                case .size: "\(try ValueKind<Int64>.size.parse(word))"
                case .binarySize: "\(try Quantities.binarySize(text))"
                case .text: text
                }
            var format = format
            do throws(ExportError) {
                try format.set(option.name, to: value)
            } catch {
                throw ValueFault(error.message)
            }
            return value
        }
    }
}

extension Flag {
    /// Options of all exporters.
    static let exporting: [Flag] =
        [
            inputDir("input-dir"),
            outputDir("output-dir"),
            workers("workers"),
            Flag(
                "images", .choice as ValueKind<ImageMode>,
                help: "what to do with odd images (\(usualImages))",
                detail: """
                    What to do with images that are not what their name says, such as the PNG and \
                    the 22 CMYK JPEGs among ImageNet's training images: keep them unchanged, fix \
                    (convert to RGB JPEG), skip (leave out), or list (only list them and write \
                    nothing). Default: \(usualImages).
                    """
            ) { $0.export.options.images = $1 },
            Flag(
                switch: "validate", negated: "no-validate",
                help: "decode every image",
                detail: """
                    Decode every image, and stop with an error at the first that is broken or cut \
                    off. Images in shards of an earlier run without this option are decoded too.
                    """
            ) { $0.export.options.validates = $1 },
            noVerify,
            Flag(
                "extensions", .list("NAME,…"),
                help: "extensions of images (\(usualExtensions.joined(separator: ",")))",
                detail: """
                    Take files with these extensions, in upper or lower case. Default: \
                    \(usualExtensions.joined(separator: " and ")).
                    """
            ) { $0.export.options.extensions = $1 },
            Flag(
                "seed", .count("S"),
                help: "the seed of the shuffled order",
                detail: """
                    The seed that decides the order of shuffled images. Default: \(usualSeeds).
                    """
            ) { $0.export.options.seed = UInt64($1) },
            Flag(
                "slice", .slice,
                help: "write only part I of N, or merge the parts",
                detail: """
                    Write part I of N of the shards, so that N machines can share the work on one \
                    file system. With auto, a task of a Slurm array writes its own part. With \
                    merge, finish the output from the parts, and write no shard: a missing part is \
                    an error. Without --slice, the same command writes what is missing and finishes.
                    """
            ) { $0.export.slice = $1 },
            Flag(
                switch: "force",
                help: "replace an existing output",
                detail: """
                    Replace an output that was made from other inputs or with other options, once \
                    the new one is complete. With --slice, remove unfinished slices with other \
                    options.
                    """
            ) { $0.export.options.isForced = $1 },
            Flag(
                switch: "fetch", negated: "no-fetch",
                help: "download what is missing first",
                detail: """
                    Download and verify missing archives first, as fetch does. The options of \
                    fetch apply.
                    """
            ) { $0.export.fetches = $1 },
            .validationLabels, .auxFolder,
        ] + fetching

    static let labelSpace = Flag(
        "label-space", .choice as ValueKind<LabelSpace>,
        help: "the numbers of chosen classes (\(ExportArguments().labelSpace.rawValue))",
        detail: """
            How the labels of chosen classes are numbered: from 0 by ascending WNID among the \
            chosen ones, as ImageFolder numbers the same folders (subset), or as their ranks among \
            all classes of the data set (full).
            """
    ) { $0.export.labelSpace = $1 }

    static let noVerify = Flag(
        switch: "no-verify",
        help: "do not verify the archive",
        detail: """
            Do not verify an archive first that has no valid receipt. Its outputs are marked as \
            made from unverified bytes, which verify, status and check report.
            """
    ) { $0.export.skipsVerification = $1 }

    static func inputDir(_ name: String) -> Flag {
        Flag(
            name, .folder(),
            help: "the folder of the archives or trees",
            detail: """
                Take the input from here: the folder of the archives, the parent of unpacked \
                trees, or the tree itself. Default: the data folder.
                """
        ) { $0.export.inputDir = $1 }
    }

    static func outputDir(_ name: String) -> Flag {
        Flag(
            name, .folder(),
            help: "the folder for the output",
            detail: """
                Create the output in this folder. Default: the format's folder in the data folder.
                """
        ) { $0.export.outputDir = $1 }
    }

    static func workers(_ name: String) -> Flag {
        Flag(
            name, .count("N", atLeast: 1),
            help: "threads (one per processor)",
            detail: "Use this many threads. The result does not depend on it."
        ) { $0.export.options.threads = Int(min($1, 1024)) }
    }

    private static let usualExtensions = ExportOptions.usualExtensions

    /// The usual seed, and the formats with another one.
    private static var usualSeeds: String {
        let most = OutputFormats.all[0].usualSeed
        let others = OutputFormats.all.filter { $0.usualSeed != most }
        return (["\(most)"] + others.map { "\($0.usualSeed) for \($0.name)" })
            .joined(separator: ", ")
    }

    /// What usually happens to odd images, and the formats for which it is something else.
    private static var usualImages: String {
        let most = OutputFormats.all[0].usualImages
        let others = OutputFormats.all.filter { $0.usualImages != most }
        return ([most.rawValue] + others.map { "\($0.usualImages.rawValue) for \($0.name)" })
            .joined(separator: ", ")
    }

    init(_ option: FormatOption, of format: any OutputFormat) {
        self.init(
            option.name, .value(of: option, format), help: option.help, detail: option.detail
        ) { $0.export.formatOptions[option.name] = $1 }
    }
}
