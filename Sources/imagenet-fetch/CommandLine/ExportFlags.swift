import Checksums
import DataFolder
import DatasetExport
import Disk

/// The options of `mds`, `tfrecord`, `webdataset` and `bbox`.
struct ExportArguments: Sendable, Equatable {
    var inputDir: Path?
    var outputDir: Path?
    var output: Path?
    var workers: Int64?
    var images = ImageMode.keep
    var validates = false
    /// Archives are taken as they are.
    var skipsVerification = false
    var slice: ShardSlice?
    var isForced = false
    var fetches = false
    var seed: Int64?
    var extensions = UsualShards.extensions
    var compression: ShardCompression?
    var hashes = UsualShards.hashes
    var sizeLimit = UsualShards.sizeLimit
    var shards: Int64?
    var maxSize: Int64?
    var boxes: Path?
}

extension ValueKind<ShardCompression?> {
    /// Empty for none, as how-to-imagenet has it.
    static var compression: ValueKind {
        ValueKind("zstd|gz|bz2[:LEVEL]", .words(["zstd", "gz", "bz2"])) {
            (word) throws(ValueFault) in
            if word.bytes.isEmpty { return nil }
            do throws(ExportError) {
                return try ShardCompression(word.text ?? "\(word)")
            } catch {
                throw ValueFault(error.message)
            }
        }
    }
}

extension ValueKind<[DigestAlgorithm]> {
    /// Empty for none.
    static var hashes: ValueKind {
        ValueKind("NAME,…", .words(DigestAlgorithm.allCases.map(\.rawValue))) {
            (word) throws(ValueFault) in
            var result: [DigestAlgorithm] = []
            for name in (word.text ?? "\(word)").split(separator: ",") {
                guard let algorithm = DigestAlgorithm(rawValue: String(name)) else {
                    let known = DigestAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValueFault("this program has \(known)")
                }
                result.append(algorithm)
            }
            return result
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

extension ValueKind<Int64> {
    /// Sizes as MDSWriter spells them: kb, mb and gb are 1024 each; a bare number is bytes.
    static var shardSize: ValueKind {
        ValueKind("SIZE") { word throws(ValueFault) in
            let text = (word.text ?? "").lowercased()
            let size = text.replacing("kb", with: "k").replacing("mb", with: "m")
                .replacing("gb", with: "g")
            return try Quantities.size(size)
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
            ) { $0.export.images = $1 },
            Flag(
                switch: "validate", negated: "no-validate",
                help: "decode every image",
                detail: """
                    Decode every image, and end with an error at the first that is broken or cut \
                    short. Images of shards that an earlier run has written without this option are \
                    decoded too.
                    """
            ) { $0.export.validates = $1 },
            noVerify,
            Flag(
                "extensions", .list("NAME,…"),
                help:
                    "what names of images end with (\(UsualShards.extensions.joined(separator: ",")))",
                detail: """
                    Take files whose names end like this, in either case; \
                    \(UsualShards.extensions.joined(separator: " and ")) if not said.
                    """
            ) { $0.export.extensions = $1 },
            Flag(
                "seed", .count("S"),
                help: "the number that decides the order",
                detail: """
                    The number that decides the order of shuffled images: \
                    \(UsualShards.seed(.mds)) if not said, and \(UsualShards.seed(.tfrecord)) for \
                    tfrecord.
                    """
            ) { $0.export.seed = $1 },
            Flag(
                "slice", .slice,
                help: "write only the I-th of N parts",
                detail: """
                    Write the I-th of N runs of whole shards, under their final names, so that N \
                    machines can share the work on one file system. The same command without --slice \
                    then puts everything together.
                    """
            ) { $0.export.slice = $1 },
            Flag(
                switch: "force",
                help: "replace an output that is there",
                detail: """
                    Replace an output that was made from other inputs or with other options, once the \
                    new one is whole. With --slice, remove what slices with other options have left.
                    """
            ) { $0.export.isForced = $1 },
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
        ) { $0.export.workers = min($1, 1024) }
    }

    static func shards(_ kind: DataFolder.Kind) -> Flag {
        let (train, others) = (
            UsualShards.count(kind, isTrain: true), UsualShards.count(kind, isTrain: false)
        )
        let usual = "\(train) for train, \(others) for the others"
        return Flag(
            "shards", .count("N", atLeast: 1),
            help: "how many shards (\(usual))",
            detail: """
                Deal the images to this many shards; if not said, \(usual). There are never more \
                than images.
                """
        ) { $0.export.shards = min($1, 99_999) }
    }
}
