public import DataFolder
public import Disk

/// TFRecord files as build_imagenet_data.py makes them, and DALI's indexes in a folder beside them.
public struct TFRecordFormat: OutputFormat {
    private static let usual = UsualShards(train: 1024, others: 128)
    /// Nil for the usual number.
    private var shards: Int?

    public init(shards: Int? = nil) { self.shards = shards }

    public let name = "tfrecord"
    public let summary = "TFRecord shards, straight from the archives"
    public let detail = """
        Writes the training and validation images as TFRecord files with the examples of \
        build_imagenet_data.py: labels from 1 to 1000 by ascending WNID, with 0 for the \
        background; shuffled once. DALI's indexes go into a separate folder, because loaders \
        take every file beside the shards for a shard.

        Boxes come from the archive of training boxes if it is there, or from a CSV; validation \
        images have none, as in the script.
        """
    public let examples = [
        FormatExample(what: "Training and validation images."),
        FormatExample(
            split: .val, options: [("shards", "8")], folder: "few",
            what: "Validation images in eight files."),
    ]

    // MARK: Options

    public var options: [FormatOption] {
        [.shards(Self.usual)]
    }

    public mutating func set(_ option: String, to value: String) throws(ExportError) {
        guard option == "shards" else { throw Self.unknown(option) }
        shards = Int(value)
    }

    public func values(for split: SampleTable.Split) -> [String: String] {
        ["shards": shards.map { "\($0)" } ?? "auto"]
    }

    /// That of build_imagenet_data.py.
    public let usualSeed: UInt64 = 12345

    // MARK: Writing

    public let hasWords = true
    public let takesBoxes = true
    /// More than an example's texts.
    public let bytesPerImage: Int64 = 1024

    public func order(of samples: [UInt32], in table: SampleTable, seed: UInt64) -> [UInt32] {
        PythonShuffle.permutation(samples.count, seed: seed).map { samples[Int($0)] }
    }

    public func write(_ run: ShardRun) throws -> ShardRun.Outcome {
        let count = Self.usual.count(shards, for: run.samples)
        return try run.write(TFRecordShards(run.samples, shardCount: count, boxes: run.boxes))
    }

    // MARK: Indexes

    /// Loaders take every file beside the shards for a shard.
    public func companions(of place: OutputPlace) -> OutputPlace? {
        OutputPlace(parent: Self.named(place.parent).appendingSuffix("_idx"), name: place.name)
    }

    /// A path that ends with a name: `.` would give a hidden folder inside.
    private static func named(_ path: Path) -> Path {
        let last = path.components.last
        guard last == nil || last == "." || last == ".." else { return path }
        if let real = try? path.resolved() { return real }
        return last == "." ? named(path.parent) : path
    }

    /// Refuses a folder of indexes that is not ours: without our receipt, or with other files.
    public func checkBeside(_ place: OutputPlace) throws {
        guard let companions = companions(of: place),
            let holder = try ifPresent(Folder(companions.parent)),
            let status = try holder.status(Path(companions.name))
        else { return }
        if let parent = try ifPresent(Folder(place.parent)),
            case .receipt(let receipt) = try OutputReceipt.load(place.name, in: parent),
            receipt.kind == name
        {
            return
        }
        if status.kind == .folder {
            let entries = try holder.folder(Path(companions.name)).entries()
            if entries.allSatisfy({ $0.kind == .file && $0.name.hasSuffix(".idx") }) { return }
        }
        throw ExportError.otherOutput(
            companions.path, "something else is where the indexes of \(place.path) belong",
            hint: "move it away, or choose another folder with \(.outputFolder)")
    }

    public func missingCompanion(
        _ receipt: OutputReceipt, at place: OutputPlace
    ) throws -> MissingCompanion? {
        guard let companions = companions(of: place) else { return nil }
        guard let holder = try ifPresent(Folder(companions.path)) else {
            return MissingCompanion(name: "\(companions.path)")
        }
        for shard in receipt.files where try holder.status(Path(shard.name + ".idx")) == nil {
            return MissingCompanion(name: escaped(shard.name) + ".idx")
        }
        return nil
    }

    // MARK: Outputs that are there

    public func find(in folder: borrowing Folder) throws -> OutputIndex? {
        try OutputIndex(numbered: "", in: folder)
    }

    public func renewed(_ receipt: OutputReceipt) -> OutputReceipt {
        Self.usual.renewed(receipt)
    }

    public func loading(_ summary: ShardExport.Summary) -> [String] {
        [
            "image/class/label is \(summary.rank) plus 1; 0 is the background",
            "  import tensorflow as tf",
            "  files = tf.io.gfile.glob(\"\(summary.place.path)/*-of-*\")",
            "  dataset = tf.data.TFRecordDataset(files)",
        ]
    }
}
