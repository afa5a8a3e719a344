public import Checksums
public import DataFolder

/// What shards are like unless somebody says otherwise: for the library, for the commands and their
/// help, and for the commands that `status` shows.
public enum UsualShards {
    /// What names of images end with.
    public static let extensions = ["jpeg", "jpg"]
    /// The digests in the index of MDS, and how large its shards may be: how-to-imagenet's.
    public static let hashes: [DigestAlgorithm] = [.sha1, .xxh64]
    /// As they are typed.
    public static var spelledHashes: String { hashes.map(\.rawValue).joined(separator: ",") }
    public static let sizeLimit: Int64 = 1 << 26

    /// How-to-imagenet's, and that of build_imagenet_data.py for TFRecord.
    public static func seed(_ kind: DataFolder.Kind) -> UInt64 { kind == .tfrecord ? 12345 : 42 }

    /// How many there are where that is said, and not their size.
    public static func count(_ kind: DataFolder.Kind, isTrain: Bool) -> Int {
        isTrain ? 1024 : kind == .tfrecord ? 128 : 64
    }
}
