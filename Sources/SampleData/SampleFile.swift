internal import Disk

/// A file of the sample being written: in order, except for what is filled in later.
struct SampleFile: ~Copyable {
    private let file: FileDescriptor
    private let follower: DigestFollower
    private(set) var length: Int64 = 0

    /// - Parameter expected: the approximate length of the file, which decides the piece length.
    init(_ folder: borrowing Folder, _ name: String, expected: Int64) throws(DiskError) {
        file = try folder.file(Path(name), .creating, mode: 0o644)
        follower = DigestFollower(
            file.path, name: name, pieceLength: Self.pieceLength(for: expected))
    }

    /// Up to 2 MiB, as in ImageNet's torrents; smaller for small files, so that they have several
    /// pieces.
    static func pieceLength(for size: Int64) -> Int {
        var length = 16 << 10
        while length < 2 << 20, size / Int64(length) > 64 { length *= 2 }
        return length
    }

    mutating func append(_ bytes: [UInt8]) throws(DiskError) {
        try appendOpen(bytes)
        release()
    }

    /// Bytes after a gap that is still to be filled.
    mutating func appendOpen(_ bytes: [UInt8]) throws(DiskError) {
        try file.write(bytes, at: length)
        length += Int64(bytes.count)
    }

    func fill(_ bytes: [UInt8], at offset: Int64) throws(DiskError) {
        try file.write(bytes, at: offset)
    }

    /// All bytes so far will stay as they are.
    func release() { follower.release(upTo: length) }

    /// Syncs the file and returns its digests.
    consuming func finish() throws -> WrittenFile {
        try file.sync()
        let written = try follower.finish()
        try file.close()
        return written
    }
}
