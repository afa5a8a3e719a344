internal import Checksums
internal import Disk

/// How an output is divided into files. Each depends only on samples and options, so any worker can
/// write any of them.
protocol ShardPlan: Sendable {
    var samples: SampleSequence { get }
    /// The positions of each shard's images, ascending without gaps.
    var shards: [Range<Int>] { get }
    /// Of whole shards.
    var compression: ShardCompression? { get }

    /// Without the suffix of the compression.
    func name(of shard: Int) -> String
    /// Before compression; an upper bound if it depends on the images.
    func size(of shard: Int) -> Int64
    /// Writes a shard under its name.
    ///
    /// - Parameter step: is called with images and bytes; what it throws ends the work.
    func write(
        _ shard: Int, in folder: borrowing Folder, companions: borrowing Folder, _ run: ShardRun,
        step: @escaping ShardRun.Step
    ) throws -> ShardRecord
    /// The largest possible size of the small file beside a shard.
    func companionSize(of shard: Int) -> Int64
    /// Numbers for the receipt.
    var counts: [String: Int64] { get }
    /// Files that belong to all shards, written last.
    func indexFiles(_ shards: [ShardRecord]) -> [ShardCompanion]
}

extension ShardPlan {
    var counts: [String: Int64] { [:] }
    var compression: ShardCompression? { nil }
    func companionSize(of shard: Int) -> Int64 { 0 }
    func indexFiles(_ shards: [ShardRecord]) -> [ShardCompanion] { [] }
}

/// Shards of records, each an image with bytes around it.
protocol ShardWriting: ShardPlan {
    /// Digests of each shard.
    var algorithms: [DigestAlgorithm] { get }
    /// Whether a shard is a Riegeli file, and each image with its frame a chunk in it.
    var isRiegeli: Bool { get }

    /// Before the first image.
    func head(of shard: Int) -> [UInt8]
    /// Appends what is before and after an image to `frame`, which is empty.
    func frame(_ position: Int, _ image: UnsafeRawBufferPointer, _ frame: inout ShardFrame) throws
    /// After the last image of a shard of this length; chunks of a Riegeli file.
    func tail(of shard: Int, after length: Int64) -> [[UInt8]]
    /// A small file beside a shard.
    func companion(of shard: Int, recordSizes: [UInt32]) -> ShardCompanion?
}

extension ShardWriting {
    var isRiegeli: Bool { false }
    func head(of shard: Int) -> [UInt8] { [] }
    func companion(of shard: Int, recordSizes: [UInt32]) -> ShardCompanion? { nil }

    func write(
        _ shard: Int, in folder: borrowing Folder, companions: borrowing Folder, _ run: ShardRun,
        step: @escaping ShardRun.Step
    ) throws -> ShardRecord {
        var worker = try ShardWorker(
            self, run.reader, run.export.images, validates: run.options.validates,
            halvesColours: run.export.format.halvesColours)
        return try worker.write(shard, in: folder, companions: companions) {
            try step(1, Int64($0))
        }
    }
}

/// The bytes around an image, reused so that memory is allocated once.
struct ShardFrame {
    var before: [UInt8] = []
    var after: [UInt8] = []

    mutating func clear() {
        before.removeAll(keepingCapacity: true)
        after.removeAll(keepingCapacity: true)
    }
}

struct ShardCompanion: Sendable {
    let name: String
    let bytes: [UInt8]
}

/// A complete shard.
struct ShardRecord: Sendable, Hashable {
    let shard: Int
    let samples: Int
    let raw: ShardFile.Facts
    /// The compressed file.
    let packed: ShardFile.Facts?
    var oddities: [Oddity] = []

    var file: ShardFile.Facts { packed ?? raw }
}

/// An image that is not what its name says.
public struct Oddity: Sendable, Hashable {
    public let name: String
    /// `CMYK JPEG`, `PNG`, `no image`.
    public let what: String
}

/// How many bytes a number takes in decimal digits, with its sign.
func decimalDigits(_ number: Int) -> Int {
    var (count, rest) = (number < 0 ? 2 : 1, number.magnitude)
    while rest >= 10 {
        rest /= 10
        count += 1
    }
    return count
}

extension [UInt8] {
    mutating func appendDecimal(_ number: Int) {
        let start = count
        append(contentsOf: repeatElement(UInt8(ascii: "-"), count: decimalDigits(number)))
        var (place, rest) = (count - 1, number.magnitude)
        repeat {
            self[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
            place -= 1
        } while rest > 0 && place >= start
    }

    mutating func appendLittleEndian<Number: FixedWidthInteger>(_ number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}

/// Splits `count` into `parts` spans whose lengths differ by one at most: the bounds are `i * count
/// / parts`.
func spans(_ count: Int, _ parts: Int) -> [Range<Int>] {
    (0..<parts).map { $0 * count / parts..<($0 + 1) * count / parts }
}

/// With leading zeros up to `width` digits.
package func padded(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}
