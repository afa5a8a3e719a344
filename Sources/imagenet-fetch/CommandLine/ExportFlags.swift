import Checksums
import DataFolder
import DatasetExport
import Disk

/// The options of `mds`, `tfrecord`, `webdataset` and `bbox`.
struct ExportArguments: Sendable, Equatable {
    var inputDir: Path?
    var outputDir: Path?
    var output: Path?
    var options = ExportOptions()
    /// Those of the format alone, by name.
    var formatOptions: [String: String] = [:]
    /// Archives are taken as they are.
    var skipsVerification = false
    var fetches = false
    var boxes: Path?
}

extension ValueKind<String> {
    /// A value that the format takes.
    static func value(of option: FormatOption, _ format: any OutputFormat) -> ValueKind {
        let (name, completion): (String?, Completion) =
            switch option.value {
            case .count: (ValueKind<Int64>.count().name, .nothing)
            case .size, .binarySize: (ValueKind<Int64>.size.name, .nothing)
            case .text(let name, let words): (name, .words(words))
            }
        return ValueKind(name, completion) { word throws(ValueFault) in
            let text = word.text ?? "\(word)"
            let value =
                switch option.value {
                case .count(let most):
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

extension ValueKind<ShardSlice?> {
    static var slice: ValueKind {
        ValueKind("I/N") { word throws(ValueFault) in
            let parts = (word.text ?? "").split(separator: "/", omittingEmptySubsequences: false)
                .map { Int($0) }
            guard parts.count == 2, let index = parts[0], let count = parts[1],
                count <= 1_000_000, let slice = ShardSlice(index: index, count: count)
            else { throw ValueFault("1/4 is the first of four") }
            return slice
        }
    }
}

extension Flag {
    /// What all exporters take.
    static let exporting: [Flag] =
        [
            inputDir("input-dir"),
            outputDir("output-dir"),
            workers("workers"),
            Flag(
                "images", .choice as ValueKind<ImageMode>,
                help: "what becomes of odd images (keep)",
                detail: """
                    What becomes of images that are not what their name says, such as the PNG and the \
                    22 CMYK JPEGs among ImageNet's training images: keep them as they are, fix (make \
                    them JPEGs in RGB), skip (leave them out), or list (only name them, and write \
                    nothing).
                    """
            ) { $0.export.options.images = $1 },
            Flag(
                switch: "validate", negated: "no-validate",
                help: "decode every image",
                detail: """
                    Decode every image, and end with an error at the first that is broken or cut \
                    short. Images of shards that an earlier run has written without this option are \
                    decoded too.
                    """
            ) { $0.export.options.validates = $1 },
            noVerify,
            Flag(
                "extensions", .list("NAME,…"),
                help: "what names of images end with (\(usualExtensions.joined(separator: ",")))",
                detail: """
                    Take files whose names end like this, in either case; \
                    \(usualExtensions.joined(separator: " and ")) if not said.
                    """
            ) { $0.export.options.extensions = $1 },
            Flag(
                "seed", .count("S"),
                help: "the number that decides the order",
                detail: """
                    The number that decides the order of shuffled images: \(usualSeeds).
                    """
            ) { $0.export.options.seed = UInt64($1) },
            Flag(
                "slice", .slice,
                help: "write only the I-th of N parts",
                detail: """
                    Write the I-th of N runs of whole shards, under their final names, so that N \
                    machines can share the work on one file system. The same command without --slice \
                    then puts everything together.
                    """
            ) { $0.export.options.slice = $1 },
            Flag(
                switch: "force",
                help: "replace an output that is there",
                detail: """
                    Replace an output that was made from other inputs or with other options, once the \
                    new one is whole. With --slice, remove what slices with other options have left.
                    """
            ) { $0.export.options.isForced = $1 },
            Flag(
                switch: "fetch", negated: "no-fetch",
                help: "get first what is missing",
                detail: """
                    Get the archives that are missing first, proven, as fetch does. Its options say from \
                    where and how.
                    """
            ) { $0.export.fetches = $1 },
            .validationLabels, .auxFolder,
        ] + fetching

    static let noVerify = Flag(
        switch: "no-verify",
        help: "take the archive as it is",
        detail: """
            Do not verify an archive first that has no valid receipt. What is made of it is marked as \
            made from unverified bytes, and verify, status and check say so.
            """
    ) { $0.export.skipsVerification = $1 }

    static func inputDir(_ name: String) -> Flag {
        Flag(
            name, .folder(),
            help: "the folder of the archives or trees",
            detail: """
                Take the input from here: the folder of the archives, the parent of unpacked \
                trees, or the tree itself. Without it: the data folder.
                """
        ) { $0.export.inputDir = $1 }
    }

    static func outputDir(_ name: String) -> Flag {
        Flag(
            name, .folder(),
            help: "the folder in which the output appears",
            detail: """
                Make the output's folder in this one. Without it: the one of the format in the data \
                folder.
                """
        ) { $0.export.outputDir = $1 }
    }

    static func workers(_ name: String) -> Flag {
        Flag(
            name, .count("N", atLeast: 1),
            help: "threads (one a processor)",
            detail: "Work with this many threads. What comes of it is the same with any."
        ) { $0.export.options.threads = Int(min($1, 1024)) }
    }

    private static let usualExtensions = ExportOptions.usualExtensions

    /// The seed of most formats, and those of the others.
    private static var usualSeeds: String {
        let most = OutputFormats.all[0].usualSeed
        let others = OutputFormats.all.filter { $0.usualSeed != most }
        return (["\(most) if not said"] + others.map { "and \($0.usualSeed) for \($0.name)" })
            .joined(separator: ", ")
    }

    /// An option that one format has.
    init(_ option: FormatOption, of format: any OutputFormat) {
        self.init(
            option.name, .value(of: option, format), help: option.help, detail: option.detail
        ) { $0.export.formatOptions[option.name] = $1 }
    }
}
