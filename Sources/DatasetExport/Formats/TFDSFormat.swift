public import DataFolder
internal import DatasetManifest
public import Disk

/// The data set `imagenet2012` as TensorFlow Datasets has it after `download_and_prepare`: order,
/// shards and records are the same, so `tfds.load` reads it without preparation.
public struct TFDSFormat: OutputFormat {
    static let dataset = "imagenet2012"
    static let version = "5.1.0"
    private static let folder = Path(dataset).appending(version)

    /// What TFDS calls its formats of files.
    public enum FileFormat: String, Sendable, CaseIterable {
        case tfrecord
        case arrayRecord = "array_record"
    }

    private var files = FileFormat.tfrecord

    public init(_ files: FileFormat = .tfrecord) { self.files = files }

    public let name = "tfds"
    public let summary = "the imagenet2012 of TensorFlow Datasets, prepared"
    public let detail = """
        Writes the training and validation images as TensorFlow Datasets prepares them, so \
        tfds.load("imagenet2012", data_dir="DATA/tfds") reads them at once: in the order of TFDS, in \
        as many shards, with labels from 0 to 999. Test images, with --only-test or --all, have \
        label -1.

        All splits are in one folder, imagenet2012/5.1.0. As in TFDS, CMYK and PNG images become RGB \
        JPEGs. Chosen classes that are numbered among themselves, and the classes of other data sets, \
        have their own label file, and tfds.builder_from_directory reads them.

        With --format array_record the shards are ArrayRecord files, which tfds.data_source and grain \
        read at random, without TensorFlow.
        """
    public let examples = [
        FormatExample(what: "Training and validation images."),
        FormatExample(
            options: [(optionName, "array_record")], folder: "arrays",
            what: "The same for tfds.data_source."),
        FormatExample(
            split: .test, what: "Test images as their archive has them, beside what is there."),
    ]

    // MARK: Options

    static let optionName = "format"

    public var options: [FormatOption] {
        let names = FileFormat.allCases.map(\.rawValue)
        return [
            FormatOption(
                name: Self.optionName, value: .text(names.joined(separator: "|"), words: names),
                help: "the format of the files (\(FileFormat.tfrecord.rawValue))",
                detail: """
                    Write TFRecord files, which tfds.load reads, or ArrayRecord files, which \
                    tfds.data_source reads. All splits in a folder have the same format.
                    """)
        ]
    }

    public mutating func set(_ option: String, to value: String) throws(ExportError) {
        guard option == Self.optionName else { throw Self.unknown(option) }
        guard let format = FileFormat(rawValue: value) else {
            throw .badOption("\(escaped(value)) is neither tfrecord nor array_record")
        }
        files = format
    }

    public func values(for split: SampleTable.Split) -> [String: String] {
        [Self.optionName: files.rawValue]
    }

    /// As TFDS does.
    public let usualImages = ImageMode.fix
    /// As TensorFlow's encoder does.
    public let halvesColours = true

    // MARK: Writing

    public var sharedFolder: Path? { Self.folder }

    public func filePrefix(_ split: SampleTable.Split) -> String {
        TFDSShards.prefix(split)
    }

    /// Keys, lengths and checksums, and with ArrayRecord the ends of shards, which fill blocks.
    public let bytesPerImage: Int64 = 512

    /// By hash: the order of the files in an archive has no influence.
    public var isShuffled: Bool { false }

    public func order(of samples: [UInt32], in table: SampleTable, seed: UInt64) -> [UInt32] {
        TFDSOrder.sorted(samples, in: table)
    }

    public func write(_ run: ShardRun) throws -> ShardRun.Outcome {
        let labels = TFDSLabels(run.samples.table)
        if !run.export.options.isForced {
            try TFDSInfo(run.export.place.parent).check(labels, files, for: run.export.place)
        }
        return try run.write(TFDSShards(run.samples, labels, files))
    }

    // MARK: Indexes

    public func checkBeside(_ place: OutputPlace) throws {
        try TFDSInfo(place.parent).checkOurs()
    }

    public func describe(_ parent: Path, isOwn: Bool) throws -> [String] {
        isOwn ? try TFDSInfo(parent).write() : []
    }

    public func checkIndex(
        _ receipt: OutputReceipt, in folder: borrowing Folder
    ) throws -> IndexCheck {
        try TFDSInfo.check(receipt, in: folder)
    }

    // MARK: Outputs that are there

    /// - Parameter folder: the folder of a data set, with versions in it.
    public func find(in folder: borrowing Folder) throws -> OutputIndex? {
        guard folder.path.lastComponent == Path(Self.dataset),
            let inside = try ifPresent(folder.folder(Path(Self.version)))
        else { return nil }
        return try TFDSInfo.find(in: inside)
    }

    public func loading(_ summary: ShardExport.Summary) -> [String] {
        let split = summary.split.longName
        let isTFDSs = TFDSInfo.hasLabelsOfTFDS(summary.place)
        let label =
            summary.split == .test
            ? "label is -1"
            : isTFDSs ? "label is that of TFDS, from 0 to 999" : "label is \(summary.rank), from 0"
        let place = summary.place
        let builder = "tfds.builder_from_directory(\"\(place.path)\")"
        let dataset =
            switch (files, isTFDSs) {
            case (.tfrecord, true):
                "tfds.load(\"\(Self.dataset)\", split=\"\(split)\", data_dir=\"\(place.parent)\")"
            case (.arrayRecord, true):
                "tfds.data_source(\"\(Self.dataset)\", split=\"\(split)\", "
                    + "data_dir=\"\(place.parent)\")"
            case (.tfrecord, false): "\(builder).as_dataset(split=\"\(split)\")"
            case (.arrayRecord, false): "\(builder).as_data_source(split=\"\(split)\")"
            }
        return [label, "  import tensorflow_datasets as tfds", "  dataset = \(dataset)"]
    }
}
