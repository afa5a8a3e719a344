internal import Disk
internal import Checksums

/// Shards in MosaicML's MDS format, version 2, byte for byte as its MDSWriter makes them from the
/// same samples in the same order.
///
/// A shard is a count, an offset for each sample and one more, the config, and the samples: the
/// sizes of columns of variable size, then the columns.
struct MDSShards: ShardWriting {
    let samples: SampleSequence
    let format: MDSFormat
    let shards: [Range<Int>]
    private let text: [UInt8]

    init(_ samples: SampleSequence, _ format: MDSFormat) throws(ExportError) {
        self.samples = samples
        self.format = format
        text = Array(PythonJSON.object(format.config.members()).text().utf8)
        let sizes = (0..<samples.count).lazy.map { Self.recordSize(samples, $0) }
        shards = Self.cut(sizes, limit: format.sizeLimit, overhead: 8 + text.count)
        for shard in shards.indices where size(of: shard) > Int64(UInt32.max) {
            throw .unwritable(
                "cannot write a shard of 4 GiB or more: its offsets have 32 bits",
                hint: "choose a smaller \(.sizeLimit)")
        }
    }

    /// MDSWriter's rule: a shard ends before a sample that would pass the limit. If the first
    /// sample does, an empty shard comes before it.
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

    /// The receipt has a digest even if the index has none: nothing else would verify a shard.
    var algorithms: [DigestAlgorithm] { format.hashes.isEmpty ? [.xxh64] : format.hashes }
    var compression: ShardCompression? { format.compression }

    static func name(of shard: Int) -> String { "shard.\(padded(shard, 5)).mds" }

    func name(of shard: Int) -> String { Self.name(of: shard) }

    func size(of shard: Int) -> Int64 {
        let range = shards[shard]
        let records = range.reduce(Int64(0)) { $0 + Int64(Self.recordSize(samples, $1)) }
        return Int64(4 + 4 * (range.count + 1) + text.count) + records
    }

    func tail(of shard: Int, after length: Int64) -> [[UInt8]] { [] }

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
        [ShardCompanion(name: "\(MDSIndex.fileName)", bytes: format.index(shards))]
    }
}
