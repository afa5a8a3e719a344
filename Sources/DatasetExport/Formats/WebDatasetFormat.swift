public import DataFolder
public import Disk

/// Tars for webdataset, with indexes for wids and DALI, and timm's `_info.json`.
public struct WebDatasetFormat: OutputFormat {
    private static let usual = UsualShards(train: 1024, others: 64)
    /// Nil for the usual number.
    private var shards: Int?
    private var maxSize: Int64?

    public init(shards: Int? = nil, maxSize: Int64? = nil) {
        self.shards = shards
        self.maxSize = maxSize
    }

    public let name = "webdataset"
    public let summary = "WebDataset shards, straight from the archives"
    public let detail = """
        Writes the training and validation images as tars for webdataset: jpg, cls (the rank of \
        the class, from 0) and json for each, training images shuffled. Beside the shards \
        appear the index of wids and those of DALI, and in the parent folder one _info.json \
        for all splits, as timm reads it.
        """
    public let examples = [
        FormatExample(what: "Training and validation images."),
        FormatExample(
            split: .train, options: [("max-size", "256MiB")], folder: "big",
            what: "Training images in shards of a quarter of a gibibyte."),
    ]

    // MARK: Options

    public var options: [FormatOption] {
        [
            .shards(Self.usual),
            FormatOption(
                name: "max-size", value: .size, help: "largest size of a shard",
                detail: "Write as many shards as needed, each of at most this size.",
                excluded: "shards"),
        ]
    }

    public mutating func set(_ option: String, to value: String) throws(ExportError) {
        switch option {
        case "shards": shards = Int(value)
        case "max-size": maxSize = Int64(value)
        default: throw Self.unknown(option)
        }
    }

    public func values(for split: SampleTable.Split) -> [String: String] {
        maxSize.map { ["max-size": "\($0)"] } ?? ["shards": shards.map { "\($0)" } ?? "auto"]
    }

    // MARK: Writing

    /// Two more members, and a line in an index.
    public let bytesPerImage: Int64 = 4 * 512 + 384

    public func write(_ run: ShardRun) throws -> ShardRun.Outcome {
        let count = Self.usual.count(shards, for: run.samples)
        return try run.write(
            WebDatasetShards(run.samples, maxSize.map { .size($0) } ?? .count(count)))
    }

    // MARK: Indexes

    public func checkBeside(_ place: OutputPlace) throws {
        try WebDatasetInfo.check(in: place.parent)
    }

    public func describe(_ parent: Path, isOwn: Bool) throws -> [String] {
        if isOwn { return try WebDatasetInfo.write(in: parent) }
        // Faults of other outputs do not concern the new one.
        if try WebDatasetInfo.isThere(in: parent) { _ = try? WebDatasetInfo.write(in: parent) }
        return []
    }

    public func missingCompanion(
        _ receipt: OutputReceipt, at place: OutputPlace
    ) throws -> MissingCompanion? {
        let folder = try place.finished()
        let split = receipt.options["split"].flatMap(SampleTable.Split.init(rawValue:)) ?? .train
        let names =
            [WebDatasetShards.indexName(split)]
            + Self.shards(receipt).map { $0.name.dropLast(4) + ".idx" }
        for name in names where try folder.status(Path(name)) == nil {
            return MissingCompanion(name: escaped(name))
        }
        return nil
    }

    private static func shards(_ receipt: OutputReceipt) -> [OutputReceipt.File] {
        receipt.files.filter { $0.name.hasSuffix(".tar") }
    }

    // MARK: Outputs that are there

    public func find(in folder: borrowing Folder) throws -> OutputIndex? {
        for split in SampleTable.Split.allCases {
            if let shards = try WebDatasetShards.index(of: split, in: folder) {
                return try OutputIndex(
                    shards.map { ([($0.url, $0.filesize)], $0.nsamples) }, in: folder)
            }
        }
        return nil
    }

    public func checkIndex(
        _ receipt: OutputReceipt, in folder: borrowing Folder
    ) throws -> IndexCheck {
        var check = IndexCheck()
        let found = try find(in: folder)
        if found == nil {
            check.add(nil, "its index is missing, or cannot be read")
        } else if found?.shards != Self.shards(receipt).count {
            check.add(nil, "its index belongs to other shards")
        }
        return check
    }

    public func renewed(_ receipt: OutputReceipt) -> OutputReceipt {
        Self.usual.renewed(receipt)
    }

    public func loading(_ summary: ShardExport.Summary) -> [String] {
        let prefix = WebDatasetShards.prefix(summary.split)
        let last = padded(max(summary.shards - 1, 0), 6)
        return [
            "cls is \(summary.rank), from 0, as PyTorch has it",
            "  import webdataset as wds",
            "  dataset = wds.WebDataset(\"\(summary.place.path)/\(prefix)-{000000..\(last)}.tar\")"
                + ".decode(\"pil\").to_tuple(\"jpg\", \"cls\")",
        ]
    }
}
