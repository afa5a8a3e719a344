public import Checksums
public import DataFolder
public import Disk

/// Shards of MosaicML Streaming (MDS), with the arguments of its MDSWriter.
public struct MDSFormat: OutputFormat {
    public static let usualHashes: [DigestAlgorithm] = [.sha1, .xxh64]
    public static let usualSizeLimit: Int64 = 1 << 26

    private(set) var compression: ShardCompression?
    private(set) var hashes: [DigestAlgorithm] = Self.usualHashes
    /// Nil for a single shard.
    private(set) var sizeLimit: Int64? = Self.usualSizeLimit

    public init() {}

    /// - Throws: `.badOption` for a limit beyond the offsets of the format.
    public init(
        compression: ShardCompression? = nil, hashes: [DigestAlgorithm] = Self.usualHashes,
        sizeLimit: Int64? = Self.usualSizeLimit
    ) throws(ExportError) {
        self.compression = compression
        self.hashes = Set(hashes).sorted()
        try set("size-limit", to: Self.text(sizeLimit))
    }

    public let name = "mds"
    public let summary = "MosaicML Streaming shards, straight from the archives"
    public let detail = """
        Writes the training and validation images as shards of MosaicML Streaming (MDS), read \
        from the archives by offset: nothing is unpacked. The bytes are those of MosaicML's own \
        writer as how-to-imagenet uses it: columns i, x, y (the rank of the class, from 0) and \
        wnid, training images shuffled, validation images by WNID and name.

        If there is no archive, the unpacked tree is used. A stopped run is resumed by the same \
        command.
        """
    public let examples = [
        FormatExample(what: "Training and validation images."),
        FormatExample(
            split: .val, options: [("compression", "zstd:7")], folder: "packed",
            what: "Validation images, compressed, in another folder."),
    ]

    // MARK: Options

    public var options: [FormatOption] {
        let methods = ShardCompression.Method.allCases.map(\.rawValue)
        return [
            FormatOption(
                name: "compression",
                value: .text("\(methods.joined(separator: "|"))[:LEVEL]", words: methods),
                help: "compression of whole shards (none)",
                detail: """
                    Compress each shard with zstd (levels 1 to 22, default 3), gz (0 to 9, default 9) \
                    or bz2 (1 to 9, default 9). JPEGs hardly get smaller.
                    """),
            FormatOption(
                name: "hashes",
                value: .text("NAME,…", words: DigestAlgorithm.allCases.map(\.rawValue)),
                help: "digests in the index (\(Self.text(Self.usualHashes)))",
                detail:
                    "Write these digests of each shard into the index: md5, sha1, sha256, xxh64."),
            FormatOption(
                name: "size-limit", value: .binarySize,
                help: "largest size of a shard (\(Self.usualSizeLimit))",
                detail: """
                    Begin a new shard before one gets larger; kb, mb and gb count in 1024, as in \
                    MosaicML. With 0 there is one shard.
                    """),
        ]
    }

    public mutating func set(_ option: String, to value: String) throws(ExportError) {
        switch option {
        case "compression": compression = value.isEmpty ? nil : try ShardCompression(value)
        case "hashes":
            var found: Set<DigestAlgorithm> = []
            for name in value.split(separator: ",") {
                guard let algorithm = DigestAlgorithm(rawValue: String(name)) else {
                    let known = DigestAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
                    throw .badOption("this program has \(known)")
                }
                found.insert(algorithm)
            }
            // Sorted by name, as MDSWriter has them.
            hashes = found.sorted()
        case "size-limit":
            let limit = Int64(value) ?? 0
            guard (0...Int64(UInt32.max)).contains(limit) else {
                throw .badOption("cannot write shards of \(limit) bytes: they must be below 4 GiB")
            }
            sizeLimit = limit == 0 ? nil : limit
        default: throw Self.unknown(option)
        }
    }

    public func values(for split: SampleTable.Split) -> [String: String] {
        let values = [
            "compression": compression?.spelling ?? "", "hashes": Self.text(hashes),
            "size-limit": Self.text(sizeLimit),
        ]
        // Earlier versions wrote validation images by name alone.
        return split == .val ? values.merging(["order": "wnid"]) { own, _ in own } : values
    }

    /// How-to-imagenet's order: validation images are unpacked into class folders, which are read
    /// one after the other.
    public func order(of samples: [UInt32], in table: SampleTable, seed: UInt64) -> [UInt32] {
        switch table.split {
        case .train: NumpyShuffle.permutation(samples.count, seed: seed).map { samples[Int($0)] }
        // Within a class they stay in the table's order, which is that of the names.
        case .val: samples.sorted { table.rank(Int($0)) < table.rank(Int($1)) }
        case .test: samples
        }
    }

    private static func text(_ hashes: [DigestAlgorithm]) -> String {
        hashes.map(\.rawValue).joined(separator: ",")
    }

    private static func text(_ limit: Int64?) -> String { limit.map { "\($0)" } ?? "" }

    // MARK: Writing

    public func write(_ run: ShardRun) throws -> ShardRun.Outcome {
        try run.write(try MDSShards(run.samples, self))
    }

    /// In every shard and in the index. The columns are how-to-imagenet's: position, WNID, image,
    /// rank of the class.
    var config: MDSIndex.Config {
        MDSIndex.Config(
            column_encodings: ["int", "str", "jpeg", "int"], column_names: ["i", "wnid", "x", "y"],
            column_sizes: [8, nil, nil, 8], compression: compression?.spelling, format: name,
            hashes: hashes.map(\.rawValue), size_limit: sizeLimit, version: 2)
    }

    func index(_ shards: [ShardRecord]) -> [UInt8] {
        let config = config
        return MDSIndex(
            shards: shards.map { shard in
                MDSIndex.Shard(
                    config: config, raw: file(shard.raw), samples: Int64(shard.samples),
                    packed: shard.packed.map(file))
            }
        ).text()
    }

    private func file(_ facts: ShardFile.Facts) -> MDSIndex.File {
        let digests = facts.digests.filter { hashes.contains($0.algorithm) }
        return MDSIndex.File(
            basename: facts.name, bytes: facts.size,
            hashes: Dictionary(digests.map { ($0.algorithm.rawValue, $0.hex) }) { first, _ in first
            })
    }

    // MARK: Outputs that are there

    public func missingCompanion(
        _ receipt: OutputReceipt, at place: OutputPlace
    ) throws -> MissingCompanion? {
        if try place.finished().status(MDSIndex.fileName) != nil { return nil }
        return MissingCompanion(
            name: "\(MDSIndex.fileName)", hint: "\(run: .mdsReindex) makes it from the shards")
    }

    public func find(in folder: borrowing Folder) throws -> OutputIndex? {
        do {
            return try MDSIndex.read(folder).map { index in
                try OutputIndex(
                    index.shards.map { shard in
                        // Readers that unpack a shard may remove either file.
                        let files = [shard.packed, shard.raw].compactMap { $0 }
                        return (files.map { ($0.basename, $0.bytes) }, shard.samples)
                    }, in: folder)
            }
        } catch let error as ExportError {
            return OutputIndex(fault: error.message)
        }
    }

    /// Whether the index has exactly these shards; older receipts have no digest of it.
    public func checkIndex(
        _ receipt: OutputReceipt, in folder: borrowing Folder
    ) throws -> IndexCheck {
        var check = IndexCheck()
        let fileName = "\(MDSIndex.fileName)"
        do {
            guard let index = try MDSIndex.read(folder) else {
                check.add(fileName, "it is missing")
                return check
            }
            var known: [String: MDSIndex.File] = [:]
            for shard in index.shards {
                let file = shard.packed ?? shard.raw
                known[file.basename] = file
                if shard.packed != nil {
                    check.substitutes[file.basename] = (
                        shard.raw.basename, shard.raw.bytes, shard.raw.digests
                    )
                }
            }
            let shards = receipt.files.filter { $0.name != fileName }
            let isRight =
                index.shards.count == shards.count
                && shards.allSatisfy { file in
                    guard let entry = known[file.name], entry.bytes == file.size else {
                        return false
                    }
                    let digest = entry.digests.first { $0.algorithm == file.digest.algorithm }
                    return digest == nil || digest == file.digest
                }
            if !isRight { check.add(fileName, "it belongs to other shards") }
        } catch let error as ExportError {
            check.add(nil, error.message)
        }
        return check
    }

    public func unpackedName(_ name: String) -> String? {
        guard let dot = name.lastIndex(of: "."), name[..<dot].hasSuffix(".mds") else { return nil }
        return String(name[..<dot])
    }

    public func loading(_ summary: ShardExport.Summary) -> [String] {
        [
            "y is \(summary.rank), from 0, as PyTorch has it"
                + (summary.split == .test ? "; test images have -1" : ""),
            "  from streaming import StreamingDataset",
            "  dataset = StreamingDataset(local=\"\(summary.place.path)\", batch_size=32)",
        ]
    }
}
