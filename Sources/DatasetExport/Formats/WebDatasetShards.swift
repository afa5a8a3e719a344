internal import Checksums
internal import Disk
internal import FoundationEssentials

/// Tars for webdataset: for each image `KEY.cls` (the rank), `KEY.jpg` and `KEY.json`, in this
/// order. The key is the file name without its extension.
struct WebDatasetShards: ShardWriting {
    enum Cut: Sendable {
        case count(Int)
        /// No shard is larger, except for one image that is.
        case size(Int64)
    }

    let samples: SampleSequence
    let shards: [Range<Int>]
    let algorithms: [DigestAlgorithm] = [.xxh64]

    /// Readable by all, and no time that would change the bytes.
    private static let attributes = TarWriter.Attributes(mode: 0o444)
    private static let block = TarWriter.blockSize

    /// - Throws: `.unwritable` if names are not distinct keys.
    init(_ samples: SampleSequence, _ cut: Cut) throws(ExportError) {
        self.samples = samples
        try Self.checkKeys(samples.table)
        switch cut {
        case .count(let count): shards = spans(samples.count, max(1, count))
        case .size(let limit):
            let sizes = (0..<samples.count).lazy.map { Self.sampleSize(samples, $0) }
            shards = Self.cut(sizes, limit: limit)
        }
    }

    /// An image goes into the next shard if the file would pass the limit.
    private static func cut(_ sizes: some Sequence<Int>, limit: Int64) -> [Range<Int>] {
        var shards: [Range<Int>] = []
        var (start, position, running) = (0, 0, Int64(0))
        for size in sizes {
            let whole = running + Int64(size)
            if position > start, whole + Int64(TarWriter.ending(after: whole).count) > limit {
                shards.append(start..<position)
                start = position
                running = 0
            }
            running += Int64(size)
            position += 1
        }
        if position > start { shards.append(start..<position) }
        return shards
    }

    /// A key ends at the first dot, and readers ignore names `__like_this__`.
    private static func checkKeys(_ table: SampleTable) throws(ExportError) {
        let byName = table.sortedByName()
        var last: ArraySlice<UInt8> = []
        for sample in byName {
            let name = table.name(Int(sample))
            let key = key(name)
            let isPlain =
                !key.isEmpty && !key.starts(with: "__".utf8)
                && !key.contains { $0 == UInt8(ascii: ".") || $0 <= 0x20 }
            guard isPlain else {
                throw .unwritable(
                    "cannot put \(escaped(name)) into a webdataset: its name is not a valid key",
                    hint: "a key has no dots or spaces; rename the file")
            }
            if key.elementsEqual(last) {
                throw .unwritable(
                    "cannot put \(escaped(name)) into a webdataset: another image has the same key",
                    hint: "image names must differ even without their extensions")
            }
            last = key
        }
    }

    static func key(_ name: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return name }
        return name[..<dot]
    }

    private var prefix: String { Self.prefix(samples.table.split) }

    static func prefix(_ split: SampleTable.Split) -> String {
        "imagenet-" + splitName(split)
    }

    static func indexName(_ split: SampleTable.Split) -> String { prefix(split) + ".json" }

    /// What we read of it.
    private struct Index: Decodable {
        let shardlist: [IndexedShard]
    }

    struct IndexedShard: Decodable {
        let url: String
        let nsamples: Int64
        let filesize: Int64?
    }

    /// - Returns: nil for a missing or invalid index.
    static func index(
        of split: SampleTable.Split, in folder: borrowing Folder
    ) throws -> [IndexedShard]? {
        let name = Path(indexName(split))
        guard try folder.status(name)?.kind == .file,
            let bytes = try? folder.file(name, .readingNoLink).contents(limit: 64 << 20)
        else { return nil }
        return try? JSONDecoder().decode(Index.self, from: Data(bytes)).shardlist
    }

    /// As loaders have it.
    static func splitName(_ split: SampleTable.Split) -> String {
        split == .val ? "validation" : split.rawValue
    }

    func name(of shard: Int) -> String { "\(prefix)-\(padded(shard, 6)).tar" }

    func size(of shard: Int) -> Int64 {
        let members = shards[shard].reduce(Int64(0)) { $0 + Int64(Self.sampleSize(samples, $1)) }
        return members + Int64(TarWriter.ending(after: members).count)
    }

    // MARK: One image

    private static func sampleSize(_ samples: SampleSequence, _ position: Int) -> Int {
        let label = "\(samples.rank(position))".utf8.count
        return memberSize(label) + memberSize(samples.size(position))
            + memberSize(json(samples, position).count)
    }

    private static func memberSize(_ size: Int) -> Int { block + filled(size) }

    private static func filled(_ size: Int) -> Int { (size + block - 1) / block * block }

    private static func json(_ samples: SampleSequence, _ position: Int) -> [UInt8] {
        let name = String(decoding: samples.name(position), as: UTF8.self)
        let wnid = String(decoding: samples.wnid(position), as: UTF8.self)
        let object = PythonJSON.object([
            ("filename", .string(name)), ("label", .int(Int64(samples.rank(position)))),
            ("wnid", .string(wnid)),
        ])
        return Array(object.text().utf8)
    }

    func frame(
        _ position: Int, _ image: UnsafeRawBufferPointer, _ frame: inout ShardFrame
    ) throws(ExportError) {
        let key = Self.key(samples.name(position))
        let label = Array("\(samples.rank(position))".utf8)
        try Self.append(key, ".cls", size: label.count, to: &frame.before)
        Self.append(label, to: &frame.before)
        try Self.append(key, ".jpg", size: image.count, to: &frame.before)
        let rest = Self.filled(image.count) - image.count
        frame.after.append(contentsOf: repeatElement(0, count: rest))
        let json = Self.json(samples, position)
        try Self.append(key, ".json", size: json.count, to: &frame.after)
        Self.append(json, to: &frame.after)
    }

    private static func append(
        _ key: ArraySlice<UInt8>, _ suffix: String, size: Int, to bytes: inout [UInt8]
    ) throws(ExportError) {
        let name = Path(bytes: key).appendingSuffix(suffix)
        bytes += try TarWriter.header(name, size: Int64(size), attributes)
    }

    private static func append(_ contents: [UInt8], to bytes: inout [UInt8]) {
        bytes += contents
        bytes.append(contentsOf: repeatElement(0, count: filled(contents.count) - contents.count))
    }

    func tail(after length: Int64) -> [UInt8] { TarWriter.ending(after: length) }

    // MARK: Indexes

    func companionSize(of shard: Int) -> Int64 {
        // Per member: a kind, two numbers below 4 TiB, and a name.
        shards[shard].reduce(32) { $0 + 3 * Int64(40 + Self.key(samples.name($1)).count) }
    }

    /// DALI's index: the number of samples, and a line per sample with kind, offset, size and name
    /// of each member.
    func companion(of shard: Int, recordSizes: [Int]) -> ShardCompanion? {
        let range = shards[shard]
        var text = "v1.2 \(range.count)\n"
        var start = 0
        for (position, size) in zip(range, recordSizes) {
            let key = String(decoding: Self.key(samples.name(position)), as: UTF8.self)
            let label = "\(samples.rank(position))".utf8.count
            let image = start + Self.memberSize(label) + Self.block
            let json = Self.json(samples, position).count
            // The image's size as it was written.
            let imageSize = samples.size(position)
            let jsonStart = start + size - Self.filled(json)
            text += "cls \(start + Self.block) \(label) \(key).cls "
            text += "jpg \(image) \(imageSize) \(key).jpg "
            text += "json \(jsonStart) \(json) \(key).json\n"
            start += size
        }
        let name = "\(prefix)-\(padded(shard, 6)).idx"
        return ShardCompanion(name: name, bytes: Array(text.utf8))
    }

    /// The index of wids, for random access to samples.
    func indexFiles(_ shards: [ShardRecord]) -> [ShardCompanion] {
        let list = shards.map { shard in
            PythonJSON.object([
                ("url", .string(shard.file.name)), ("nsamples", .int(Int64(shard.samples))),
                ("filesize", .int(shard.file.size)),
            ])
        }
        let index = PythonJSON.object(
            [
                ("__kind__", .string("wids-shard-index-v1")), ("wids_version", .int(1)),
                ("shardlist", .array(list)), ("name", .string(prefix)),
            ] + (samples.table.choice?.values ?? [:]).factsOfClasses)
        let bytes = Array(index.text(indent: 2).utf8)
        let name = Self.indexName(samples.table.split)
        return [ShardCompanion(name: name, bytes: bytes)]
    }
}

extension [String: String] {
    /// The chosen classes among the options of a receipt, for the indexes.
    var factsOfClasses: [(String, PythonJSON)] {
        guard let classes = self[ClassChoice.classesKey], let space = self[ClassChoice.spaceKey]
        else { return [] }
        return [
            ("classes", .strings(classes.split(separator: ",").map(String.init))),
            ("label_space", .string(space)),
        ]
    }
}
