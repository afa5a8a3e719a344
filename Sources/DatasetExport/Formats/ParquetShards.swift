internal import Checksums
internal import DatasetManifest
internal import Disk

/// Parquet files as `datasets` writes them: a row an image, columns `image.bytes`, `image.path` and
/// `label`, all optional, in plain encoding without compression.
///
/// A file is `PAR1`, its row groups, a footer, the footer's length and `PAR1`. A row group has a
/// chunk of pages for each column. The pages of images come first, and their headers need only
/// lengths, so each image is written in passing and all offsets are known beforehand.
struct ParquetShards: ShardWriting {
    let samples: SampleSequence
    let shards: [Range<Int>]
    /// Pages have no checksums: they would have to be in front of the images.
    let algorithms: [DigestAlgorithm] = [.xxh64]

    private let rows: Int
    /// Where the row groups and the pages of images begin, by position.
    private let groups: [UInt32]
    private let pages: [UInt32]
    private let metadata: [UInt8]

    private static let magic = Array("PAR1".utf8)
    /// As Arrow's writer has them; a larger image has a page alone.
    private static let pageSize = 1 << 20
    /// Readers count row groups in 16 bits.
    private static let mostGroups = Int(Int16.max)

    /// - Throws: `.unwritable` for too many row groups, or an image that no page can hold.
    init(_ samples: SampleSequence, shardCount: Int, rows: Int) throws(ExportError) {
        self.samples = samples
        self.rows = rows
        shards = spans(samples.count, max(1, shardCount))
        metadata = Self.features(Self.names(samples.table))
        var (groups, pages): ([UInt32], [UInt32]) = ([], [])
        for shard in shards {
            let inside = Self.groups(shard, rows)
            if inside.count > Self.mostGroups {
                throw .unwritable(
                    "cannot write \(inside.count) row groups into a file: there can be "
                        + "\(Self.mostGroups)", hint: "choose a larger \(.rows)")
            }
            for group in inside {
                groups.append(UInt32(group.lowerBound))
                Self.forEachPage(group, Column.bytes.size, samples) { page, _ in
                    pages.append(UInt32(page.lowerBound))
                }
            }
        }
        self.groups = groups
        self.pages = pages
        let longest = (0..<samples.count).lazy.map { samples.size($0) }.max() ?? 0
        if longest > Int(Int32.max) - 64 {
            throw .unwritable("an image of \(longest) bytes is too large for a page of Parquet")
        }
    }

    func name(of shard: Int) -> String {
        "\(samples.table.split.longName)-\(padded(shard, 5))-of-\(padded(shards.count, 5)).parquet"
    }

    // MARK: Names of classes

    /// The words of each class, or else its WNID. ClassLabel wants different names: the second
    /// `crane` is called `crane2`.
    static func names(_ table: SampleTable) -> [String] {
        var seen: Set<String> = []
        return table.classes.indices.map { rank in
            let words = table.words.indices.contains(rank) ? table.words[rank] : ""
            let name = words.isEmpty ? "\(table.classes[rank])" : words
            var unique = name
            var count = 1
            while !seen.insert(unique).inserted {
                count += 1
                unique = "\(name)\(count)"
            }
            return unique
        }
    }

    /// What `datasets` calls the columns' types.
    private static func features(_ names: [String]) -> [UInt8] {
        let label = PythonJSON.object([
            ("names", .strings(names)), ("_type", .string("ClassLabel")),
        ])
        let image = PythonJSON.object([("_type", .string("Image"))])
        let features = PythonJSON.object([("image", image), ("label", label)])
        return Array(
            PythonJSON.object([("info", .object([("features", features)]))]).text().utf8)
    }

    // MARK: Pages

    private enum Column: CaseIterable {
        case bytes, path, label

        /// Of a value in a page.
        var size: (SampleSequence, Int) -> Int {
            switch self {
            case .bytes: { 4 + $0.size($1) }
            case .path: { 4 + $0.name($1).count }
            case .label: { _, _ in 8 }
            }
        }

        /// How deep a value is when nothing above it is missing.
        var level: UInt8 { self == .label ? 1 : 2 }
        var type: Int { self == .label ? 2 : 6 }

        var path: [String] {
            switch self {
            case .bytes: ["image", "bytes"]
            case .path: ["image", "path"]
            case .label: ["label"]
            }
        }
    }

    private static func groups(_ shard: Range<Int>, _ rows: Int) -> [Range<Int>] {
        stride(from: shard.lowerBound, to: shard.upperBound, by: rows).map {
            $0..<min($0 + rows, shard.upperBound)
        }
    }

    /// The pages of a column in a row group, with the bytes of their values.
    private static func forEachPage(
        _ group: Range<Int>, _ size: (SampleSequence, Int) -> Int, _ samples: SampleSequence,
        _ body: (Range<Int>, Int) -> Void
    ) {
        var (start, sum) = (group.lowerBound, 0)
        for position in group {
            let next = size(samples, position)
            if position > start, sum + next > pageSize {
                body(start..<position, sum)
                (start, sum) = (position, 0)
            }
            sum += next
        }
        if start < group.upperBound { body(start..<group.upperBound, sum) }
    }

    /// A page's header and levels. A level of all values is one run: the length of the levels, the
    /// run's length and that it is one, and the level.
    private static func begin(
        _ column: Column, values count: Int, bytes: Int
    ) -> [UInt8] {
        var run: [UInt8] = []
        TFExample.append(varint: UInt64(count) << 1, to: &run)
        run.append(column.level)
        let size = 4 + run.count + bytes
        var page = ThriftCompact.structure { header in
            header.field(1, i32: 0)
            header.field(2, i32: size)
            header.field(3, i32: size)
            header.field(5) { data in
                data.field(1, i32: count)
                data.field(2, i32: Encoding.plain)
                data.field(3, i32: Encoding.runLength)
                data.field(4, i32: Encoding.runLength)
            }
        }
        page.appendLittleEndian(UInt32(run.count))
        return page + run
    }

    private enum Encoding {
        static let plain = 0
        static let runLength = 3
    }

    // MARK: Sizes

    /// The bytes of a column's chunk in a row group.
    private func size(_ column: Column, _ group: Range<Int>) -> Int64 {
        var size: Int64 = 0
        Self.forEachPage(group, column.size, samples) { page, bytes in
            size += Int64(Self.begin(column, values: page.count, bytes: bytes).count + bytes)
        }
        return size
    }

    func size(of shard: Int) -> Int64 {
        let chunks = chunks(of: shard)
        let data = chunks.reduce(Int64(0)) { $0 + $1.sizes.reduce(0, +) }
        return Int64(Self.magic.count) + data + Int64(ending(chunks).count)
    }

    // MARK: Writing

    func head(of shard: Int) -> [UInt8] { Self.magic }

    func frame(
        _ position: Int, _ image: UnsafeRawBufferPointer, _ frame: inout ShardFrame
    ) {
        let page = Self.last(pages, upTo: position)
        if Int(pages[page]) == position {
            let end = page + 1 < pages.count ? Int(pages[page + 1]) : samples.count
            let bytes = (position..<end).reduce(0) { $0 + 4 + samples.size($1) }
            frame.before += Self.begin(.bytes, values: end - position, bytes: bytes)
        }
        frame.before.appendLittleEndian(UInt32(image.count))
        let group = Self.last(groups, upTo: position)
        let end = group + 1 < groups.count ? Int(groups[group + 1]) : samples.count
        if position + 1 == end { append(Int(groups[group])..<end, to: &frame.after) }
    }

    /// The columns after the images of a row group.
    private func append(_ group: Range<Int>, to bytes: inout [UInt8]) {
        Self.forEachPage(group, Column.path.size, samples) { page, size in
            bytes += Self.begin(.path, values: page.count, bytes: size)
            for position in page {
                let name = samples.name(position)
                bytes.appendLittleEndian(UInt32(name.count))
                bytes += name
            }
        }
        Self.forEachPage(group, Column.label.size, samples) { page, size in
            bytes += Self.begin(.label, values: page.count, bytes: size)
            for position in page { bytes.appendLittleEndian(Int64(samples.rank(position))) }
        }
    }

    /// The index of the last start that is not after a position.
    private static func last(_ starts: [UInt32], upTo position: Int) -> Int {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(starts[middle]) <= position { low = middle } else { high = middle }
        }
        return low
    }

    func tail(of shard: Int, after length: Int64) -> [[UInt8]] { [ending(chunks(of: shard))] }

    // MARK: The footer

    /// The columns of a row group.
    private struct Chunks {
        let group: Range<Int>
        /// As in `Column.allCases`.
        let sizes: [Int64]
        let labels: ClosedRange<Int>
    }

    private func chunks(of shard: Int) -> [Chunks] {
        Self.groups(shards[shard], rows).map { group in
            let ranks = group.lazy.map { samples.rank($0) }
            return Chunks(
                group: group, sizes: Column.allCases.map { size($0, group) },
                labels: (ranks.min() ?? 0)...(ranks.max() ?? 0))
        }
    }

    private func ending(_ chunks: [Chunks]) -> [UInt8] {
        var bytes = footer(chunks)
        bytes.appendLittleEndian(UInt32(bytes.count))
        return bytes + Self.magic
    }

    private func footer(_ chunks: [Chunks]) -> [UInt8] {
        var offset = Int64(Self.magic.count)
        return ThriftCompact.structure { file in
            file.field(1, i32: 2)
            file.field(2, .structure, Self.schema) { $0.structure($1.write) }
            file.field(3, i64: Int64(chunks.reduce(0) { $0 + $1.group.count }))
            file.field(4, .structure, chunks) { list, chunks in
                list.structure { Self.write(chunks, at: &offset, &$0) }
            }
            file.field(5, .structure, [("huggingface", metadata)]) { list, pair in
                list.structure { item in
                    item.field(1, binary: pair.0.utf8)
                    item.field(2, binary: pair.1)
                }
            }
            // The form that readers know; our version would change the bytes.
            file.field(6, binary: "imagenet-fetch version 1 (build 1)".utf8)
            // Without the order of each column nobody may use its smallest and largest value.
            file.field(7, .structure, Column.allCases) { list, _ in
                list.structure { $0.field(1) { _ in } }
            }
        }
    }

    private static func write(
        _ chunks: Chunks, at offset: inout Int64, _ group: inout ThriftCompact
    ) {
        let size = chunks.sizes.reduce(0, +)
        let start = offset
        group.field(1, .structure, zip(Column.allCases, chunks.sizes).map { $0 }) { list, chunk in
            list.structure {
                $0.field(2, i64: 0)
                $0.field(3) { write(chunk.0, chunk.1, at: offset, chunks, &$0) }
            }
            offset += chunk.1
        }
        group.field(2, i64: size)
        group.field(3, i64: Int64(chunks.group.count))
        group.field(5, i64: start)
        group.field(6, i64: size)
    }

    private static func write(
        _ column: Column, _ size: Int64, at offset: Int64, _ chunks: Chunks,
        _ chunk: inout ThriftCompact
    ) {
        chunk.field(1, i32: column.type)
        chunk.field(2, .i32, [Encoding.runLength, Encoding.plain]) { $0.append($1) }
        chunk.field(3, .binary, column.path) { $0.append($1.utf8) }
        chunk.field(4, i32: 0)
        chunk.field(5, i64: Int64(chunks.group.count))
        chunk.field(6, i64: size)
        chunk.field(7, i64: size)
        chunk.field(9, i64: offset)
        chunk.field(12) { statistics in
            statistics.field(3, i64: 0)
            guard column == .label else { return }
            statistics.field(5, binary: bytes(chunks.labels.upperBound))
            statistics.field(6, binary: bytes(chunks.labels.lowerBound))
        }
    }

    private static func bytes(_ number: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(Int64(number))
        return bytes
    }

    /// A node of the schema, depth first.
    private struct Node {
        let name: String
        var type: Int?
        var children: Int?
        var isText = false
        var isRoot = false

        func write(_ node: inout ThriftCompact) {
            if let type { node.field(1, i32: type) }
            // Optional, as Arrow has all columns.
            node.field(3, i32: isRoot ? 0 : 1)
            node.field(4, binary: name.utf8)
            if let children { node.field(5, i32: children) }
            guard isText else { return }
            node.field(6, i32: 0)
            node.field(10) { $0.field(1) { _ in } }
        }
    }

    private static let schema = [
        Node(name: "schema", children: 2, isRoot: true),
        Node(name: "image", children: 2),
        Node(name: "bytes", type: Column.bytes.type),
        Node(name: "path", type: Column.path.type, isText: true),
        Node(name: "label", type: Column.label.type),
    ]
}
