import DataFolder
import DatasetExport
import Disk

extension Command {
    static let mds = Command(
        name: "mds",
        summary: "MosaicML Streaming shards, straight from the archives",
        detail: """
            Writes the training and validation images as shards of MosaicML Streaming (MDS), read \
            from the archives by offset: nothing is unpacked. The bytes are those of MosaicML's own \
            writer as how-to-imagenet uses it: columns i, x, y (the rank of the class, from 0) and \
            wnid, training images shuffled, validation images in order.

            Where there is no archive, the unpacked tree is taken. A run that was stopped is gone \
            on with by the same command.
            """,
        flags: Flag.selection + [
            Flag(
                "compression", .compression,
                help: "how whole shards are compressed (not)",
                detail: """
                    Compress each shard by zstd (levels 1 to 22; 3), gz (0 to 9; 9) or bz2 (1 to 9; \
                    9). JPEGs hardly get smaller by it.
                    """
            ) { $0.export.compression = $1 },
            Flag(
                "hashes", .hashes,
                help: "digests in the index (\(UsualShards.spelledHashes))",
                detail:
                    "Write these digests of each shard into the index: md5, sha1, sha256, xxh64."
            ) { $0.export.hashes = $1 },
            Flag(
                "size-limit", .shardSize,
                help: "how large a shard may be (\(UsualShards.sizeLimit))",
                detail: """
                    Begin another shard where one would be larger; kb, mb and gb count in 1024 as \
                    MosaicML has them. With 0 everything is in one.
                    """
            ) { $0.export.sizeLimit = $1 },
        ] + Flag.exporting + [
            .outputDir("mds-dir"), .inputDir("tar-dir"), .inputDir("untar-dir"),
            .workers("max-workers"),
        ],
        examples: [
            Example(line: "imagenet-fetch mds", what: "Training and validation images."),
            Example(
                line: "imagenet-fetch mds --only-val --compression zstd:7 --output-dir packed",
                what: "Validation images, compressed, in another folder."),
        ],
        run: ShardCommand.mds)

    static let tfrecord = Command(
        name: "tfrecord",
        summary: "TFRecord shards, straight from the archives",
        detail: """
            Writes the training and validation images as TFRecord files with the examples of \
            build_imagenet_data.py: labels from 1 to 1000 by ascending WNID, 0 being left for the \
            background; shuffled once. DALI's indexes appear in a folder of their own, because \
            loaders take every file beside the shards for one.

            Boxes come from the archive of the training boxes where it is there, or from a CSV; \
            validation images have none, as in the script.
            """,
        flags: Flag.selection + [
            .shards(.tfrecord),
            Flag(
                "bbox", .file("CSV"),
                help: "take the boxes from this CSV",
                detail: """
                    Take the boxes from this file, as bbox writes it, or from an archive of XML \
                    files.
                    """
            ) { $0.export.boxes = $1 },
        ] + Flag.exporting,
        examples: [
            Example(line: "imagenet-fetch tfrecord", what: "Training and validation images."),
            Example(
                line: "imagenet-fetch tfrecord --only-val --shards 8 --output-dir few",
                what: "Validation images in eight files."),
        ],
        run: ShardCommand.tfrecord)

    static let webdataset = Command(
        name: "webdataset",
        summary: "WebDataset shards, straight from the archives",
        detail: """
            Writes the training and validation images as tars for webdataset: jpg, cls (the rank of \
            the class, from 0) and json for each, training images shuffled. Beside the shards \
            appear the index of wids and those of DALI, and in the parent folder one _info.json \
            for all splits, as timm reads it.
            """,
        flags: Flag.selection + [
            .shards(.webdataset),
            Flag(
                "max-size", .size,
                help: "how large a shard may be",
                detail: "Make shards of this size at the most, as many as it takes."
            ) { $0.export.maxSize = $1 },
        ] + Flag.exporting,
        examples: [
            Example(line: "imagenet-fetch webdataset", what: "Training and validation images."),
            Example(
                line: "imagenet-fetch webdataset --only-train --max-size 256MiB --output-dir big",
                what: "Training images in shards of a quarter of a gibibyte."),
        ],
        run: ShardCommand.webdataset)
}

private enum ShardCommand {
    static func mds(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let wanted = arguments.export
        let config = try MDSConfig(
            compression: wanted.compression, hashes: wanted.hashes, sizeLimit: wanted.sizeLimit)
        return try ExportCommand(arguments, context, .mds) { _ in .mds(config) }.run()
    }

    static func tfrecord(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        try ExportCommand(arguments, context, .tfrecord) { split in
            let count = count(.tfrecord, split, arguments)
            guard split == .train, let path = try ExportCommand.boxes(arguments, context) else {
                return .tfrecord(shards: count, boxes: nil)
            }
            return .tfrecord(shards: count) {
                try ExportCommand.rows(path, arguments, context)
            }
        }.run()
    }

    static func webdataset(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let wanted = arguments.export
        if wanted.shards != nil, wanted.maxSize != nil {
            throw UsageError(.conflict, "--shards and --max-size exclude each other")
        }
        return try ExportCommand(arguments, context, .webdataset) { split in
            if let size = wanted.maxSize { return .webdatasetBySize(size) }
            return .webdataset(shards: count(.webdataset, split, arguments))
        }.run()
    }

    private static func count(
        _ kind: DataFolder.Kind, _ split: SampleTable.Split, _ arguments: Arguments
    ) -> Int {
        arguments.export.shards.map { Int($0) }
            ?? UsualShards.count(kind, isTrain: split == .train)
    }
}
