public import Disk

/// The Parquet files of ILSVRC/imagenet-1k, as `datasets` loads them.
public struct ParquetFormat: OutputFormat {
    private static let usual = UsualShards(train: 294, val: 14, test: 28)
    private static let usualRows = 100
    /// Nil for the usual number.
    private var shards: Int?
    private var rows = Self.usualRows

    public init() {}

    public let name = "parquet"
    public let summary = "Parquet files for Hugging Face's datasets"
    public let detail = """
        Writes the training and validation images as the Parquet files of ILSVRC/imagenet-1k: the \
        columns image (bytes and path) and label (the rank of the class, from 0), with the types \
        and class names that load_dataset takes from them. Training images are shuffled. All \
        splits are in one folder, imagenet-1k/data; the receipts are above it.

        Rows are neither compressed nor encoded, so pyarrow, DuckDB and polars read them too.
        """
    public let examples = [
        FormatExample(what: "Training and validation images."),
        FormatExample(
            split: .val, options: [("rows", "1000")], folder: "big",
            what: "Validation images in row groups of a thousand."),
    ]

    // MARK: Options

    public var options: [FormatOption] {
        [
            .shards(Self.usual),
            FormatOption(
                name: "rows", value: .count(atMost: 100_000),
                help: "images in a row group (\(Self.usualRows))",
                detail: """
                    Write row groups of this many images. A reader that wants one image reads at \
                    least the other columns of its row group.
                    """),
        ]
    }

    public mutating func set(_ option: String, to value: String) throws(ExportError) {
        switch option {
        case "shards": shards = Int(value)
        case "rows": rows = Int(value).map { max(1, $0) } ?? Self.usualRows
        default: throw Self.unknown(option)
        }
    }

    public func values(for split: SampleTable.Split) -> [String: String] {
        ["shards": shards.map { "\($0)" } ?? "auto", "rows": "\(rows)"]
    }

    // MARK: Writing

    public let hasWords = true
    public let hasAllClasses = true
    /// A name, a label, and parts of a page and of a row group.
    public var bytesPerImage: Int64 { 128 + 512 / Int64(rows) }

    public func write(_ run: ShardRun) throws -> ShardRun.Outcome {
        let count = Self.usual.count(shards, for: run.samples)
        return try run.write(ParquetShards(run.samples, shardCount: count, rows: rows))
    }

    // MARK: Where

    public let sharedFolder: Path? = "imagenet-1k/data"

    public func filePrefix(_ split: SampleTable.Split) -> String { split.longName + "-" }

    // MARK: Outputs that are there

    public func find(in folder: borrowing Folder) throws -> OutputIndex? {
        try OutputIndex(numbered: ".parquet", in: folder)
    }

    public func loading(_ summary: ShardExport.Summary) -> [String] {
        [
            "label is \(summary.rank), from 0, as PyTorch has it"
                + (summary.split == .test ? "; test images have -1" : ""),
            "  from datasets import load_dataset",
            "  dataset = load_dataset(\"\(summary.place.path.parent)\", "
                + "split=\"\(summary.split.longName)\")",
        ]
    }
}
