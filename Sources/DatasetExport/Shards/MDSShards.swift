public import Checksums

/// What decides the bytes of MDS shards beside the samples: the arguments of MosaicML's MDSWriter.
public struct MDSConfig: Sendable, Hashable {
    /// The columns of how-to-imagenet, in the order of their names: the position, the WNID, the
    /// image, the rank of its class.
    static let columns: [(name: String, encoding: String, size: Int64?)] = [
        ("i", "int", 8), ("wnid", "str", nil), ("x", "jpeg", nil), ("y", "int", 8),
    ]

    public let compression: ShardCompression?
    public let hashes: [DigestAlgorithm]
    /// nil: all in one shard.
    public let sizeLimit: Int64?

    /// - Throws: `.badOption` for a limit that does not fit into the offsets of the format.
    public init(
        compression: ShardCompression? = nil, hashes: [DigestAlgorithm] = UsualShards.hashes,
        sizeLimit: Int64? = UsualShards.sizeLimit
    ) throws(ExportError) {
        let sizeLimit = sizeLimit == 0 ? nil : sizeLimit
        if let sizeLimit, sizeLimit < 0 || sizeLimit > Int64(UInt32.max) {
            throw .badOption("cannot write shards of \(sizeLimit) bytes: they must be below 4 GiB")
        }
        self.compression = compression
        // MDSWriter wants them sorted by name, which is our order too.
        self.hashes = Set(hashes).sorted()
        self.sizeLimit = sizeLimit
    }

    /// What stands in every shard and, with more keys, in the index. Sorted, as `json.dumps` with
    /// `sort_keys` has it.
    func members(of files: [(String, PythonJSON)] = []) -> [(String, PythonJSON)] {
        let own: [(String, PythonJSON)] = [
            ("column_encodings", .strings(Self.columns.map(\.encoding))),
            ("column_names", .strings(Self.columns.map(\.name))),
            ("column_sizes", .array(Self.columns.map { $0.size.map { .int($0) } ?? .null })),
            ("compression", compression.map { .string($0.spelling) } ?? .null),
            ("format", .string("mds")),
            ("hashes", .strings(hashes.map(\.rawValue))),
            ("size_limit", sizeLimit.map { .int($0) } ?? .null),
            ("version", .int(2)),
        ]
        return (own + files).sorted { $0.0 < $1.0 }
    }

    var text: [UInt8] { Array(PythonJSON.object(members()).text().utf8) }

    /// The index.json of these shards, as MDSWriter writes it.
    func index(_ shards: [ShardRecord]) -> [UInt8] {
        let entries = shards.map { shard in
            PythonJSON.object(
                members(of: [
                    ("raw_data", json(shard.raw)), ("samples", .int(Int64(shard.samples))),
                    ("zip_data", shard.packed.map(json) ?? .null),
                ]))
        }
        let whole = PythonJSON.object([("shards", .array(entries)), ("version", .int(2))])
        return Array(whole.text().utf8)
    }

    private func json(_ file: ShardFile.Facts) -> PythonJSON {
        let digests = file.digests.filter { hashes.contains($0.algorithm) }
        return .object([
            ("basename", .string(file.name)), ("bytes", .int(file.size)),
            ("hashes", .object(digests.map { ($0.algorithm.rawValue, .string($0.hex)) })),
        ])
    }
}

/// Shards in MosaicML's MDS format, version 2, byte for byte what its MDSWriter makes of the same
/// samples in the same order.
///
/// A shard is a count, an offset a sample and one more, the config, and the samples: sizes of the
/// columns that have none of their own, then the columns.
struct MDSShards: ShardWriting {
    let samples: SampleSequence
    let config: MDSConfig
    let shards: [Range<Int>]
    private let text: [UInt8]

    init(_ samples: SampleSequence, _ config: MDSConfig) throws(ExportError) {
        self.samples = samples
        self.config = config
        text = config.text
        let sizes = (0..<samples.count).lazy.map { Self.recordSize(samples, $0) }
        shards = Self.cut(sizes, limit: config.sizeLimit, overhead: 8 + text.count)
        for shard in shards.indices where size(of: shard) > Int64(UInt32.max) {
            throw .unwritable(
                "cannot write so large a shard: the offsets in it end at 4 GiB",
                hint: "choose a smaller --size-limit")
        }
    }

    /// MDSWriter's rule: before a sample is added, the shard is ended if it would pass the limit
    /// with it. Where the first sample alone does, that leaves an empty shard before it.
    static func cut(
        _ sizes: some Sequence<Int>, limit: Int64?, overhead: Int
    ) -> [Range<Int>] {
        var shards: [Range<Int>] = []
        var (start, position, running) = (0, 0, Int64(overhead))
        for size in sizes {
            let more = Int64(size) + 4
            if let limit, limit < running + more {
                shards.append(start..<position)
                start = position
                running = Int64(overhead)
            }
            running += more
            position += 1
        }
        if position > start { shards.append(start..<position) }
        return shards
    }

    private static func recordSize(_ samples: SampleSequence, _ position: Int) -> Int {
        4 + 4 + 8 + samples.wnid(position).count + samples.size(position) + 8
    }

    /// The receipt has one even where the index is to have none: nothing else would prove a shard.
    var algorithms: [DigestAlgorithm] { config.hashes.isEmpty ? [.xxh64] : config.hashes }
    var compression: ShardCompression? { config.compression }

    static func name(of shard: Int) -> String { "shard.\(padded(shard, 5)).mds" }

    func name(of shard: Int) -> String { Self.name(of: shard) }

    func size(of shard: Int) -> Int64 {
        let range = shards[shard]
        let records = range.reduce(Int64(0)) { $0 + Int64(Self.recordSize(samples, $1)) }
        return Int64(4 + 4 * (range.count + 1) + text.count) + records
    }

    func head(of shard: Int) -> [UInt8] {
        let range = shards[shard]
        var head: [UInt8] = []
        var offset = 4 + 4 * (range.count + 1) + text.count
        head.reserveCapacity(offset)
        head.appendLittleEndian(UInt32(clamping: range.count))
        head.appendLittleEndian(UInt32(clamping: offset))
        for position in range {
            offset += Self.recordSize(samples, position)
            head.appendLittleEndian(UInt32(clamping: offset))
        }
        return head + text
    }

    func frame(_ position: Int, _ image: UnsafeRawBufferPointer, _ frame: inout ShardFrame) {
        let wnid = samples.wnid(position)
        frame.before.appendLittleEndian(UInt32(wnid.count))
        frame.before.appendLittleEndian(UInt32(image.count))
        frame.before.appendLittleEndian(Int64(position))
        frame.before += wnid
        frame.after.appendLittleEndian(Int64(samples.rank(position)))
    }

    func indexFiles(_ shards: [ShardRecord]) -> [ShardCompanion] {
        [ShardCompanion(name: "index.json", bytes: config.index(shards))]
    }
}
