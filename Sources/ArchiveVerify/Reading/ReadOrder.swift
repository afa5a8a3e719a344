internal import Checksums
internal import Disk

/// The hashes to compute of one file.
struct ReadOrder: Sendable {
    /// A block is about as long, whatever the pieces are: long enough that threads do not wait for the lock.
    private static let usualBlock = 2 << 20

    let file: Shared<FileDescriptor>
    let size: Int64
    /// Digests of the whole file, which take the bytes in order.
    let algorithms: [DigestAlgorithm]
    /// The SHA-1 of every piece of this length, in any order; nil for none.
    let pieceLength: Int?

    /// Read at once: whole pieces.
    var blockLength: Int {
        guard let pieceLength else { return Self.usualBlock }
        return pieceLength * max(1, Self.usualBlock / pieceLength)
    }

    var blockCount: Int {
        size > 0 ? Int((size - 1) / Int64(blockLength)) + 1 : 0
    }

    func range(of block: Int) -> Range<Int64> {
        // No overflow: block * blockLength is less than size.
        let start = Int64(block) * Int64(blockLength)
        return start..<start + min(Int64(blockLength), size - start)
    }

    /// How many pieces there are; 0 where none are wanted.
    var pieceCount: Int {
        guard let pieceLength, size > 0 else { return 0 }
        return Int((size - 1) / Int64(pieceLength)) + 1
    }
}

/// What was read of one file.
struct ReadFindings: Sendable {
    /// In the order of the algorithms; empty if not all bytes could be read.
    var digests: [Digest] = []
    /// 20 bytes a piece, zeros for those that were not read whole.
    var pieceHashes: [UInt8] = []
    /// What the disk could not read, in no order.
    var unreadable: [Range<Int64>] = []
    /// Where the file ended early.
    var end: Int64?
    /// Why it was not read completely.
    var failure: DiskError?
}
