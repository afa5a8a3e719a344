internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import FoundationEssentials

/// The files of TFDS that describe all splits: `dataset_info.json`, `features.json`, and the names
/// of the labels.
struct TFDSInfo {
    static let fileName: Path = "dataset_info.json"
    private static let featuresName: Path = "features.json"
    private static let labelsName = Path(TFDSLabels.fileName)
    private static let longest = 16 << 20

    /// The folder of the receipts.
    private let parent: Path

    init(_ parent: Path) { self.parent = parent }

    private static let place = TFDSFormat().sharedFolder ?? ""

    // MARK: Outputs

    private struct Split: Equatable {
        let split: SampleTable.Split
        let receipt: OutputReceipt

        var name: String { split.longName }

        /// The images of each shard.
        var lengths: [Int] { TFDSInfo.lengths(receipt) }

        var format: String { receipt.options[TFDSFormat.optionName] ?? "" }

        var labels: Digest? { receipt.files.first { $0.name == TFDSLabels.fileName }?.digest }
    }

    fileprivate static func lengths(_ receipt: OutputReceipt) -> [Int] {
        let images = Int(clamping: receipt.counts["images"] ?? 0)
        let shards = Int(clamping: receipt.counts["shards"] ?? 0)
        guard images >= shards, shards > 0, shards < 1 << 20, images < 1 << 40 else { return [] }
        return TFDSShards.bounds(images, shards).map(\.count)
    }

    private func splits(in folder: borrowing Folder) throws -> [Split] {
        var found: [Split] = []
        for name in try OutputReceipt.names(in: folder) {
            guard case .receipt(let receipt) = try OutputReceipt.load(name, in: folder),
                receipt.kind == TFDSFormat().name,
                let split = receipt.options["split"].flatMap(SampleTable.Split.init(rawValue:))
            else { continue }
            found.append(Split(split: split, receipt: receipt))
        }
        return SampleTable.Split.allCases.flatMap { split in found.filter { $0.split == split } }
    }

    // MARK: Before writing

    /// Refuses a folder that somebody else has prepared.
    func checkOurs() throws {
        guard let folder = try ifPresent(Folder(parent)), try splits(in: folder).isEmpty,
            let inside = try ifPresent(folder.folder(Self.place)),
            try inside.status(Self.fileName) != nil
        else { return }
        throw ExportError.otherOutput(
            parent.appending(Self.place), "it was not prepared by this program",
            hint: "move it away, or choose another folder with \(.outputFolder)")
    }

    /// Refuses other labels and another format than those of the splits that are there: TFDS has one
    /// for all of them.
    func check(
        _ labels: TFDSLabels, _ format: TFDSFormat.FileFormat, for place: OutputPlace
    ) throws {
        guard let folder = try ifPresent(Folder(parent)) else { return }
        let digest = Hasher.digest(.xxh64, labels.text)
        for other in try splits(in: folder) where other.receipt.name != place.name {
            var difference: String?
            if other.format != format.rawValue {
                difference = "as \(other.format)"
            } else if let own = other.labels, own != digest {
                difference = "with other labels"
            }
            guard let difference else { continue }
            throw ExportError.otherOutput(
                place.path, "the split \(other.name) is there \(difference)",
                hint: "\(.force) leaves that split out until it is made again; or choose another "
                    + "folder with \(.outputFolder)")
        }
    }

    // MARK: Writing

    /// Writes the files for the splits that are there.
    ///
    /// Another run may complete its split meanwhile and write the same files, so a run looks again
    /// after it has written: whoever writes last has seen all splits.
    ///
    /// - Parameter meanwhile: is called before anything is written, for tests.
    /// - Returns: warnings.
    func write(meanwhile: () throws -> Void = {}) throws -> [String] {
        let folder = try Folder(parent)
        var all = try splits(in: folder)
        while true {
            try meanwhile()
            let warnings = try write(all, in: folder)
            let now = try splits(in: folder)
            if now == all { return warnings }
            all = now
        }
    }

    private func write(_ all: [Split], in folder: borrowing Folder) throws -> [String] {
        guard !all.isEmpty else { return [] }
        let inside = try folder.folder(Self.place, creating: true)
        // Test images have no labels, so that they have not written the names.
        if !all.contains(where: { $0.labels != nil }) {
            try inside.publish(
                Self.labelsName, TFDSLabels.text(TFDSLabels.ofTFDS), synced: false)
        }
        let labels = try Self.labels(in: inside)
        let digest = Hasher.digest(.xxh64, labels)
        // A split that was made by force decides, and the others follow.
        let format = all.max { $0.receipt.when < $1.receipt.when }?.format ?? ""
        func fits(_ split: Split) -> Bool {
            split.format == format && (split.labels == nil || split.labels == digest)
        }
        try inside.publish(Self.featuresName, Self.features(labels), synced: false)
        try inside.publish(Self.fileName, Self.info(all.filter(fits), format), synced: false)
        return all.filter { !fits($0) }.map {
            "\(parent.appending(Self.place).appending(Self.fileName)) does not have the split "
                + "\($0.name), because its labels or its format are others; make it again"
        }
    }

    private static func labels(in folder: borrowing Folder) throws -> [UInt8] {
        try folder.contents(ifPresent: labelsName, limit: longest) ?? []
    }

    private static func info(_ splits: [Split], _ format: String) -> [UInt8] {
        let described = splits.map { split in
            PythonJSON.object([
                ("filepathTemplate", .string("{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}")),
                ("name", .string(split.name)),
                ("numBytes", .string("\(split.receipt.counts[TFDSShards.payloadKey] ?? 0)")),
                ("shardLengths", .strings(split.lengths.map { "\($0)" })),
            ])
        }
        let keys = ["image", "label"].map { PythonJSON.object([("featureKey", .string($0))]) }
        let module = "tensorflow_datasets.datasets.imagenet2012.imagenet2012_dataset_builder"
        let info = PythonJSON.object([
            ("description", .string("ILSVRC 2012, commonly known as ImageNet.")),
            ("fileFormat", .string(format)),
            ("location", .object([("urls", .strings(["https://image-net.org/"]))])),
            ("moduleName", .string(module)),
            ("name", .string(TFDSFormat.dataset)),
            ("splits", .array(described)),
            ("supervisedKeys", .object([("tuple", .object([("items", .array(keys))]))])),
            ("version", .string(TFDSFormat.version)),
        ])
        return Array(info.text(indent: 2).utf8)
    }

    /// What an example has in it, byte for byte as TFDS writes it.
    private static func features(_ labels: [UInt8]) -> [UInt8] {
        let core = "tensorflow_datasets.core.features."
        let classes = labels.split(separator: UInt8(ascii: "\n")).count
        let shape = PythonJSON.object([("dimensions", .strings(["-1", "-1", "3"]))])
        let features = PythonJSON.object([
            (
                "file_name",
                .object([
                    ("pythonClassName", .string(core + "text_feature.Text")), ("text", .object([])),
                ])
            ),
            (
                "image",
                .object([
                    (
                        "image",
                        .object([
                            ("dtype", .string("uint8")), ("encodingFormat", .string("jpeg")),
                            ("shape", shape),
                        ])
                    ), ("pythonClassName", .string(core + "image_feature.Image")),
                ])
            ),
            (
                "label",
                .object([
                    ("classLabel", .object([("numClasses", .string("\(classes)"))])),
                    ("pythonClassName", .string(core + "class_label_feature.ClassLabel")),
                ])
            ),
        ])
        let all = PythonJSON.object([
            ("featuresDict", .object([("features", features)])),
            ("pythonClassName", .string(core + "features_dict.FeaturesDict")),
        ])
        return Array(all.text(indent: 4).utf8)
    }

    // MARK: Reading

    /// What we read of `dataset_info.json`. TFDS writes numbers as texts.
    private struct Info: Decodable {
        struct Split: Decodable {
            let name: String
            let shardLengths: [String]?
        }

        let fileFormat: String?
        let splits: [Split]
    }

    private static func read(in folder: borrowing Folder) throws -> Info? {
        guard try folder.status(fileName)?.kind == .file,
            let bytes = try? folder.contents(ifPresent: fileName, limit: longest)
        else { return nil }
        return try? JSONDecoder().decode(Info.self, from: Data(bytes))
    }

    static func find(in folder: borrowing Folder) throws -> OutputIndex? {
        guard let info = try read(in: folder) else { return nil }
        var shards: [(files: [(name: String, size: Int64?)], images: Int64)] = []
        for split in info.splits {
            let lengths = split.shardLengths ?? []
            for (shard, length) in lengths.enumerated() {
                let name =
                    "\(TFDSFormat.dataset)-\(split.name).\(info.fileFormat ?? "tfrecord")-"
                    + "\(padded(shard, 5))-of-\(padded(lengths.count, 5))"
                shards.append(([(name, nil)], Int64(length) ?? 0))
            }
        }
        return try OutputIndex(shards, in: folder)
    }

    static func check(_ receipt: OutputReceipt, in folder: borrowing Folder) throws -> IndexCheck {
        var check = IndexCheck()
        let split = receipt.options["split"].flatMap(SampleTable.Split.init(rawValue:))
        if let info = try read(in: folder) {
            let own = info.splits.first { $0.name == split?.longName }
            if own?.shardLengths != lengths(receipt).map({ "\($0)" }) {
                check.add("\(fileName)", "it describes other shards")
            }
        } else {
            check.add("\(fileName)", "it is missing, or cannot be read")
        }
        let features = try folder.contents(ifPresent: featuresName, limit: longest)
        if try features != Self.features(labels(in: folder)) {
            check.add("\(featuresName)", "it is missing, or was changed")
        }
        return check
    }

    /// Whether `tfds.load` accepts the labels: it has its own, and refuses others.
    static func hasLabelsOfTFDS(_ place: OutputPlace) -> Bool {
        guard let folder = try? place.finished(), let labels = try? labels(in: folder) else {
            return false
        }
        return labels == TFDSLabels.text(TFDSLabels.ofTFDS)
    }
}
