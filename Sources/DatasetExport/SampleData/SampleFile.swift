internal import Disk

/// A file of the sample while it is written: in order, save for what is filled in later.
struct SampleFile: ~Copyable {
    private let file: FileDescriptor
    private let follower: DigestFollower
    private(set) var length: Int64 = 0

    /// - Parameter expected: About how long the file will be: the length of its pieces follows from
    ///   it.
    init(_ folder: borrowing Folder, _ name: String, expected: Int64) throws(DiskError) {
        file = try folder.file(Path(name), .creating, mode: 0o644)
        follower = DigestFollower(
            file.path, name: name, pieceLength: Self.pieceLength(for: expected))
    }

    /// Up to 2 MiB, as the torrents of ImageNet have it; small files get smaller pieces, so that
    /// there are several.
    static func pieceLength(for size: Int64) -> Int {
        var length = 16 << 10
        while length < 2 << 20, size / Int64(length) > 64 { length *= 2 }
        return length
    }

    /// Bytes that will stay as they are.
    mutating func append(_ bytes: [UInt8]) throws(DiskError) {
        try appendUnsettled(bytes)
        settle()
    }

    /// Bytes before which something has still to be filled in.
    mutating func appendUnsettled(_ bytes: [UInt8]) throws(DiskError) {
        try file.write(bytes, at: length)
        length += Int64(bytes.count)
    }

    func fill(_ bytes: [UInt8], at offset: Int64) throws(DiskError) {
        try file.write(bytes, at: offset)
    }

    func settle() { follower.settle(length) }

    /// Brings the file to the disk and gives its digests.
    consuming func finish() throws -> WrittenFile {
        try file.sync()
        let written = try follower.finish()
        try file.close()
        return written
    }
}
