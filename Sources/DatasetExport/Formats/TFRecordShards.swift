internal import Checksums

/// TFRecord files with the examples of build_imagenet_data.py: labels from 1, shuffled once, named
/// `train-00000-of-01024`.
///
/// A record is its length, the masked CRC-32C of the length, an example, and the example's masked
/// CRC-32C.
struct TFRecordShards: ShardWriting {
    let samples: SampleSequence
    let shards: [Range<Int>]
    private let boxes: SampleBoxTable
    private let words: [[UInt8]]

    /// Beside the CRCs, the receipt's digest only has to find damage.
    let algorithms: [DigestAlgorithm] = [.xxh64]

    init(_ samples: SampleSequence, shardCount: Int, boxes: SampleBoxTable) {
        self.samples = samples
        self.boxes = boxes
        words = samples.table.words.map { Array($0.utf8) }
        // The script deals the images to its 8 threads first, and each thread to its shards; it
        // uses one thread if 8 does not divide the number of shards.
        let threads = shardCount.isMultiple(of: 8) ? 8 : 1
        shards = spans(samples.count, threads).flatMap { span in
            spans(span.count, shardCount / threads).map {
                span.lowerBound + $0.lowerBound..<span.lowerBound + $0.upperBound
            }
        }
    }

    /// As in the script.
    var prefix: String { samples.table.split.longName }

    func name(of shard: Int) -> String {
        "\(prefix)-\(padded(shard, 5))-of-\(padded(shards.count, 5))"
    }

    func size(of shard: Int) -> Int64 {
        shards[shard].reduce(Int64(0)) { $0 + Int64(largestRecord($1)) }
    }

    /// The record's size if width and height had three bytes, which is more than any has.
    private func largestRecord(_ position: Int) -> Int {
        let box = boxes.range(samples.sample(position)).count
        // More than tags, lengths and keys; see the tests.
        let fixed = 640 + samples.name(position).count + (words(position).count)
        return 16 + fixed + samples.size(position) + box * (4 * 4 + 3)
    }

    private func words(_ position: Int) -> [UInt8] {
        let rank = samples.rank(position)
        return words.indices.contains(rank) ? words[rank] : []
    }

    func frame(_ position: Int, _ image: UnsafeRawBufferPointer, _ frame: inout ShardFrame) {
        let header = ImageHeader(image)
        let rank = samples.rank(position)
        // 0 is the background. Images without a label have none here either.
        let label = rank == SampleTable.noRank ? rank : rank + 1
        let found = boxes.range(samples.sample(position))
        let count = found.count
        let start = found.lowerBound

        // What follows the image comes first: lengths before it depend on it.
        TFExample.append("image/filename", samples.name(position), to: &frame.after)
        TFExample.append("image/format", "JPEG".utf8, to: &frame.after)
        TFExample.append("image/height", header?.height ?? 0, to: &frame.after)
        TFExample.append("image/object/bbox/label", label, count: count, to: &frame.after)
        TFExample.append("image/object/bbox/xmax", count: count, to: &frame.after) {
            Self.part(boxes[start + $0].xMax)
        }
        TFExample.append("image/object/bbox/xmin", count: count, to: &frame.after) {
            Self.part(boxes[start + $0].xMin)
        }
        TFExample.append("image/object/bbox/ymax", count: count, to: &frame.after) {
            Self.part(boxes[start + $0].yMax)
        }
        TFExample.append("image/object/bbox/ymin", count: count, to: &frame.after) {
            Self.part(boxes[start + $0].yMin)
        }
        TFExample.append("image/width", header?.width ?? 0, to: &frame.after)

        // Space for the record's head, which needs all lengths.
        frame.before += repeatElement(0, count: TFRecordFraming.headRoom)
        TFExample.append("image/channels", 3, to: &frame.before)
        TFExample.append("image/class/label", label, to: &frame.before)
        TFExample.append("image/class/synset", samples.wnid(position), to: &frame.before)
        TFExample.append("image/class/text", words(position), to: &frame.before)
        TFExample.append("image/colorspace", "RGB".utf8, to: &frame.before)
        TFExample.appendHead(
            "image/encoded", list: 1, length: TFExample.fieldSize(image.count), to: &frame.before)
        TFExample.append(field: 1, length: image.count, to: &frame.before)
        TFRecordFraming.finish(&frame, image)
    }

    /// Four decimals as a 32-bit float.
    private static func part(_ tenThousandths: UInt16) -> Float {
        Float(Double(tenThousandths) / 10_000)
    }

    func tail(of shard: Int, after length: Int64) -> [[UInt8]] { [] }

    func companionSize(of shard: Int) -> Int64 { Int64(shards[shard].count) * Self.longestLine }

    /// Two numbers below 4 TiB, a space and the line end.
    private static let longestLine: Int64 = 28

    /// DALI's index: a line per record, its offset and its length.
    func companion(of shard: Int, recordSizes: [UInt32]) -> ShardCompanion? {
        var offset = 0
        var text = ""
        for size in recordSizes {
            text += "\(offset) \(size)\n"
            offset += Int(size)
        }
        return ShardCompanion(name: name(of: shard) + ".idx", bytes: Array(text.utf8))
    }
}
