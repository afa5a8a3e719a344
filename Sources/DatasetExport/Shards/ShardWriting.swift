internal import Checksums

/// A format of shards: what stands around the images, and which files go with them. Values follow
/// from the samples and the options alone, so that any worker may write any shard.
protocol ShardWriting: Sendable {
    var samples: SampleSequence { get }
    /// The positions of the images in each shard, ascending and without gaps.
    var shards: [Range<Int>] { get }
    /// What is computed over each shard.
    var algorithms: [DigestAlgorithm] { get }
    var compression: ShardCompression? { get }

    /// The file's name, before the suffix of the compression.
    func name(of shard: Int) -> String
    /// The shard's size before compression; at the most, where it follows from the images.
    func size(of shard: Int) -> Int64
    /// What comes before the first image.
    func head(of shard: Int) -> [UInt8]
    /// What comes before and behind an image, for `frame`, which is empty.
    func frame(_ position: Int, _ image: UnsafeRawBufferPointer, _ frame: inout ShardFrame) throws
    /// What comes behind the last image of a shard that has this length.
    func tail(after length: Int64) -> [UInt8]
    /// A small file that goes with one shard.
    func companion(of shard: Int, recordSizes: [Int]) -> ShardCompanion?
    /// How long that is at the most.
    func companionSize(of shard: Int) -> Int64
    /// The files that go with all of them, written last.
    func indexFiles(_ shards: [ShardRecord]) -> [ShardCompanion]
}

extension ShardWriting {
    var compression: ShardCompression? { nil }
    func head(of shard: Int) -> [UInt8] { [] }
    func tail(after length: Int64) -> [UInt8] { [] }
    func companion(of shard: Int, recordSizes: [Int]) -> ShardCompanion? { nil }
    func companionSize(of shard: Int) -> Int64 { 0 }
    func indexFiles(_ shards: [ShardRecord]) -> [ShardCompanion] { [] }
}

/// The bytes around one image. Used again for the next, so that the memory is had once.
struct ShardFrame {
    var before: [UInt8] = []
    var after: [UInt8] = []

    mutating func clear() {
        before.removeAll(keepingCapacity: true)
        after.removeAll(keepingCapacity: true)
    }
}

/// A small file beside the shards.
struct ShardCompanion: Sendable {
    let name: String
    let bytes: [UInt8]
}

/// A shard that is whole.
struct ShardRecord: Sendable, Hashable {
    let shard: Int
    let samples: Int
    let raw: ShardFile.Facts
    /// What was written, where it was compressed.
    let packed: ShardFile.Facts?
    /// The images in it that are not what their name says, and what they are.
    var oddities: [Oddity] = []

    /// The file that is there.
    var file: ShardFile.Facts { packed ?? raw }
}

/// An image that is not what its name says.
public struct Oddity: Sendable, Hashable {
    public let name: String
    /// `CMYK JPEG`, `PNG`, `no image`.
    public let what: String
}

extension [UInt8] {
    /// Appends an integer, its lowest byte first.
    mutating func appendLittleEndian<Number: FixedWidthInteger>(_ number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}

/// Cuts `count` into `parts` spans that differ by one at most: the bounds are `i * count / parts`.
func spans(_ count: Int, _ parts: Int) -> [Range<Int>] {
    (0..<parts).map { $0 * count / parts..<($0 + 1) * count / parts }
}
