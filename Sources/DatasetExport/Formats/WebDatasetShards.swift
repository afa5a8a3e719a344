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
    private let header: TarWriter.HeaderTemplate
    private static let block = TarWriter.blockSize

    /// - Throws: `.unwritable` if names are not distinct keys.
    init(_ samples: SampleSequence, _ cut: Cut) throws(ExportError) {
        self.samples = samples
        header = try TarWriter.HeaderTemplate(TarWriter.Attributes(mode: 0o444))
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
        split.longName
    }

    func name(of shard: Int) -> String { "\(prefix)-\(padded(shard, 6)).tar" }

    func size(of shard: Int) -> Int64 {
        let members = shards[shard].reduce(Int64(0)) { $0 + Int64(Self.sampleSize(samples, $1)) }
        return members + Int64(TarWriter.ending(after: members).count)
    }

    // MARK: One image

    private static func sampleSize(_ samples: SampleSequence, _ position: Int) -> Int {
        memberSize(decimalDigits(samples.rank(position))) + memberSize(samples.size(position))
            + memberSize(jsonSize(samples, position))
    }

    private static func memberSize(_ size: Int) -> Int { block + filled(size) }

    private static func filled(_ size: Int) -> Int { (size + block - 1) / block * block }

    // A sample's JSON is `{"filename": "NAME", "label": RANK, "wnid": "WNID"}`.
    private static let jsonParts = ["{\"filename\": ", ", \"label\": ", ", \"wnid\": \"", "\"}"]
        .map { Array($0.utf8) }
    private static let jsonFixed = jsonParts.reduce(0) { $0 + $1.count }

    private static func jsonSize(_ samples: SampleSequence, _ position: Int) -> Int {
        let name = samples.name(position)
        let quoted = isPlain(name) ? name.count + 2 : quoted(name).count
        return jsonFixed + quoted + decimalDigits(samples.rank(position))
            + samples.wnid(position).count
    }

    private static func appendJSON(
        _ samples: SampleSequence, _ position: Int, to bytes: inout [UInt8]
    ) {
        let name = samples.name(position)
        bytes += jsonParts[0]
        if isPlain(name) {
            bytes.append(UInt8(ascii: "\""))
            bytes += name
            bytes.append(UInt8(ascii: "\""))
        } else {
            bytes += quoted(name)
        }
        bytes += jsonParts[1]
        bytes.appendDecimal(samples.rank(position))
        bytes += jsonParts[2]
        bytes += samples.wnid(position)
        bytes += jsonParts[3]
    }

    /// Whether Python writes it into JSON as it is.
    private static func isPlain(_ name: ArraySlice<UInt8>) -> Bool {
        name.allSatisfy { (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C }
    }

    private static func quoted(_ name: ArraySlice<UInt8>) -> [UInt8] {
        Array(PythonJSON.string(String(decoding: name, as: UTF8.self)).text().utf8)
    }

    func frame(
        _ position: Int, _ image: UnsafeRawBufferPointer, _ frame: inout ShardFrame
    ) throws(ExportError) {
        let key = Self.key(samples.name(position))
        let (label, rank) = (decimalDigits(samples.rank(position)), samples.rank(position))
        try header.append(key, ".cls", size: label, to: &frame.before)
        frame.before.appendDecimal(rank)
        Self.fill(&frame.before, after: label)
        try header.append(key, ".jpg", size: image.count, to: &frame.before)
        Self.fill(&frame.after, after: image.count)
        let json = Self.jsonSize(samples, position)
        try header.append(key, ".json", size: json, to: &frame.after)
        Self.appendJSON(samples, position, to: &frame.after)
        Self.fill(&frame.after, after: json)
    }

    private static func fill(_ bytes: inout [UInt8], after count: Int) {
        bytes.append(contentsOf: repeatElement(0, count: filled(count) - count))
    }

    func tail(of shard: Int, after length: Int64) -> [[UInt8]] {
        [TarWriter.ending(after: length)]
    }

    // MARK: Indexes

    func companionSize(of shard: Int) -> Int64 {
        // Per member: a kind, two numbers below 4 TiB, and a name.
        shards[shard].reduce(32) { $0 + 3 * Int64(40 + Self.key(samples.name($1)).count) }
    }

    /// DALI's index: the number of samples, and a line per sample with kind, offset, size and name
    /// of each member.
    func companion(of shard: Int, recordSizes: [UInt32]) -> ShardCompanion? {
        let range = shards[shard]
        var text = Array("v1.2 \(range.count)\n".utf8)
        text.reserveCapacity(Int(companionSize(of: shard)))
        var start = 0
        for (position, size) in zip(range, recordSizes.lazy.map(Int.init)) {
            let key = Self.key(samples.name(position))
            let label = decimalDigits(samples.rank(position))
            let image = start + Self.memberSize(label) + Self.block
            let json = Self.jsonSize(samples, position)
            let jsonStart = start + size - Self.filled(json)
            Self.list("cls", start + Self.block, label, key, to: &text)
            text.append(UInt8(ascii: " "))
            // The image's size as it was written.
            Self.list("jpg", image, samples.size(position), key, to: &text)
            text.append(UInt8(ascii: " "))
            Self.list("json", jsonStart, json, key, to: &text)
            text.append(UInt8(ascii: "\n"))
            start += size
        }
        return ShardCompanion(name: "\(prefix)-\(padded(shard, 6)).idx", bytes: text)
    }

    private static func list(
        _ kind: StaticString, _ offset: Int, _ size: Int, _ key: ArraySlice<UInt8>,
        to text: inout [UInt8]
    ) {
        let kind = UnsafeBufferPointer(start: kind.utf8Start, count: kind.utf8CodeUnitCount)
        text += kind
        text.append(UInt8(ascii: " "))
        text.appendDecimal(offset)
        text.append(UInt8(ascii: " "))
        text.appendDecimal(size)
        text.append(UInt8(ascii: " "))
        text += key
        text.append(UInt8(ascii: "."))
        text += kind
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
