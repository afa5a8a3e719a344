internal import Checksums
internal import DatasetManifest

/// The shards of a split as TFDS writes them: as many, with the same images in each.
struct TFDSShards: ShardWriting {
    let samples: SampleSequence
    let shards: [Range<Int>]
    private let labels: TFDSLabels
    private let format: TFDSFormat.FileFormat
    /// The bytes of all examples.
    private let payload: Int64
    let algorithms: [DigestAlgorithm] = [.xxh64]

    init(_ samples: SampleSequence, _ labels: TFDSLabels, _ format: TFDSFormat.FileFormat) {
        self.samples = samples
        self.labels = labels
        self.format = format
        payload = (0..<samples.count).reduce(Int64(0)) {
            $0 + Int64(Self.exampleSize(samples, labels, $1))
        }
        let count = Self.shardCount(payload, images: samples.count)
        shards = Self.bounds(samples.count, count)
    }

    // MARK: Names

    static func prefix(_ split: SampleTable.Split) -> String {
        "\(TFDSFormat.dataset)-\(split.longName)."
    }

    func name(of shard: Int) -> String {
        Self.prefix(samples.table.split)
            + "\(format.rawValue)-\(padded(shard, 5))-of-\(padded(shards.count, 5))"
    }

    // MARK: Shards, as in `shard_utils.py`

    private static let least: Int64 = 64 << 20
    private static let most: Int64 = 1 << 30

    /// - Parameter payload: the bytes of all examples.
    static func shardCount(_ payload: Int64, images: Int) -> Int {
        let total = payload + Int64(images * TFRecordFraming.overhead)
        let (fewest, highest) = (total / most, total / least)
        func fits(_ count: Int) -> Bool {
            fewest <= count && count <= highest && images >= count
        }
        if fewest > 1024 {
            // More images than fit into so many shards of the largest size do not exist.
            var count = 2048
            while count < fewest { count += 1024 }
            return min(count, max(1, images))
        }
        return [1024, 512, 256, 128, 64, 32, 16, 8, 4, 2].first(where: fits) ?? 1
    }

    /// The bounds are `images * i / count`, rounded to the nearest, and to an even number from the
    /// middle.
    static func bounds(_ images: Int, _ count: Int) -> [Range<Int>] {
        func bound(_ index: Int) -> Int {
            let (quotient, rest) = (images * index).quotientAndRemainder(dividingBy: count)
            let isUp = 2 * rest > count || 2 * rest == count && !quotient.isMultiple(of: 2)
            return isUp ? quotient + 1 : quotient
        }
        return (0..<count).map { bound($0)..<bound($0 + 1) }
    }

    private func lengths(_ shard: Int) -> some Sequence<Int> {
        shards[shard].lazy.map { [samples, labels] in Self.exampleSize(samples, labels, $0) }
    }

    func size(of shard: Int) -> Int64 {
        switch format {
        case .tfrecord:
            return lengths(shard).reduce(Int64(0)) { $0 + Int64(TFRecordFraming.overhead + $1) }
        case .arrayRecord:
            let records = ArrayRecord.end(of: lengths(shard))
            return records + ArrayRecord.tailSize(lengths(shard), at: records)
        }
    }

    var isRiegeli: Bool { format == .arrayRecord }

    func head(of shard: Int) -> [UInt8] { isRiegeli ? Riegeli.signature : [] }

    func tail(of shard: Int, after length: Int64) -> [[UInt8]] {
        isRiegeli ? ArrayRecord.tail(lengths(shard), at: length) : []
    }

    // MARK: One image

    private static func exampleSize(
        _ samples: SampleSequence, _ labels: TFDSLabels, _ position: Int
    ) -> Int {
        TFExample.fieldSize(
            featuresSize(
                samples.name(position).count, samples.size(position),
                labels[samples.rank(position)]))
    }

    private static func featuresSize(_ name: Int, _ image: Int, _ label: Int) -> Int {
        let label = TFExample.varintSize(UInt64(bitPattern: Int64(label)))
        return TFExample.featureSize("file_name", TFExample.fieldSize(name))
            + TFExample.featureSize("image", TFExample.fieldSize(image))
            + TFExample.featureSize("label", TFExample.fieldSize(label))
    }

    func frame(_ position: Int, _ image: UnsafeRawBufferPointer, _ frame: inout ShardFrame) {
        let (name, label) = (samples.name(position), labels[samples.rank(position)])
        switch format {
        case .tfrecord: frame.before += repeatElement(0, count: TFRecordFraming.headRoom)
        case .arrayRecord:
            let size = Self.featuresSize(name.count, image.count, label)
            ArrayRecord.appendHead(of: TFExample.fieldSize(size), to: &frame.before)
            TFExample.append(field: 1, length: size, to: &frame.before)
        }
        TFExample.append("file_name", name, to: &frame.before)
        TFExample.appendHead(
            "image", list: 1, length: TFExample.fieldSize(image.count), to: &frame.before)
        TFExample.append(field: 1, length: image.count, to: &frame.before)
        TFExample.append("label", label, to: &frame.after)
        if format == .tfrecord { TFRecordFraming.finish(&frame, image) }
    }

    // MARK: Beside the shards

    static let payloadKey = "payload"

    var counts: [String: Int64] { [Self.payloadKey: payload] }

    /// Test images have no labels: they may be beside those of any data set.
    func indexFiles(_ shards: [ShardRecord]) -> [ShardCompanion] {
        samples.table.split == .test
            ? [] : [ShardCompanion(name: TFDSLabels.fileName, bytes: labels.text)]
    }
}

/// The numbers that TFDS gives to the classes.
struct TFDSLabels: Sendable {
    static let fileName = "label.labels.txt"

    /// By label.
    let names: [WNID]
    /// By rank.
    private let labels: [Int]

    /// Classes of ImageNet have TFDS's labels, even if there are only some of them. Those that are
    /// numbered among themselves have their ranks, as have the classes of other data sets.
    init(_ table: SampleTable) {
        let known = Self.ofTFDS
        let places = Dictionary(uniqueKeysWithValues: zip(known, known.indices))
        let found = table.classes.compactMap { places[$0] }
        if table.choice?.space != .subset, found.count == table.classes.count {
            (names, labels) = (known, found)
        } else {
            (names, labels) = (table.classes, Array(table.classes.indices))
        }
    }

    /// Those of ILSVRC2012 by ascending WNID, as TFDS has them too.
    static let ofTFDS: [WNID] = BuiltIn.classes?.classes.map(\.wnid) ?? []

    /// -1 for an image without a label.
    subscript(rank: Int) -> Int { labels.indices.contains(rank) ? labels[rank] : -1 }

    var text: [UInt8] { Self.text(names) }

    static func text(_ names: [WNID]) -> [UInt8] { names.flatMap { Array("\($0)\n".utf8) } }
}

/// The order of TFDS: ascending by the MD5 of the split's name and the file's name.
enum TFDSOrder {
    /// Half of the hash: the other half is computed where two are the same, which is hardly ever.
    private struct Key {
        let first: UInt64
        let sample: UInt32
    }

    static func sorted(_ samples: [UInt32], in table: SampleTable) -> [UInt32] {
        var salted = Hasher(.md5)
        salted.update(Array(table.split.longName.utf8))
        func hash(_ sample: UInt32) -> (UInt64, UInt64) {
            var hasher = salted
            table.name(Int(sample)).withUnsafeBytes { hasher.update($0) }
            return hasher.leadingWords
        }
        var keys = samples.map { Key(first: hash($0).0, sample: $0) }
        keys.sort { a, b in
            if a.first != b.first { return a.first < b.first }
            let (x, y) = (hash(a.sample).1, hash(b.sample).1)
            return x == y ? a.sample < b.sample : x < y
        }
        return keys.map(\.sample)
    }
}
