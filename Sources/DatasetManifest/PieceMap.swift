internal import Checksums

/// A file as pieces of one length, each with its SHA-1, to prove parts of it and to locate damage.
public struct PieceMap: Sendable, Equatable {
    /// The bytes of every piece but the last, which may be shorter.
    public let pieceLength: Int
    /// The bytes of the file.
    public let size: Int64
    /// The hashes, one after the other.
    public let hashes: [UInt8]

    /// - Throws: `.invalid`, unless there is one hash for each piece that a file of this size has.
    public init(pieceLength: Int, size: Int64, hashes: [UInt8]) throws(ManifestError) {
        guard pieceLength > 0, size >= 0 else {
            throw .invalid(
                "a piece map", at: "piece length", "\(pieceLength) for a file of \(size) bytes")
        }
        let (full, rest) = size.quotientAndRemainder(dividingBy: Int64(pieceLength))
        let (count, isHuge) = full.addingReportingOverflow(rest == 0 ? 0 : 1)
        let held = hashes.count / InfoHash.length
        guard !isHuge, hashes.count.isMultiple(of: InfoHash.length), Int64(held) == count else {
            throw .invalid(
                "a piece map", at: "pieces",
                "\(hashes.count) bytes of hashes, where a file of \(size) bytes in pieces of "
                    + "\(pieceLength) needs 20 for each of its \(count)")
        }
        self.pieceLength = pieceLength
        self.size = size
        self.hashes = hashes
    }

    /// How many pieces there are.
    public var count: Int { hashes.count / InfoHash.length }

    /// The bytes of the file that piece `index` stands for. As with an array, `index` must be one
    /// of `0..<count`.
    public func range(of index: Int) -> Range<Int64> {
        precondition((0..<count).contains(index), "no piece \(index)")
        // No overflow: index * pieceLength is less than size.
        let start = Int64(index) * Int64(pieceLength)
        return start..<(size - start <= Int64(pieceLength) ? size : start + Int64(pieceLength))
    }

    /// The SHA-1 of piece `index`, 20 bytes. As with an array, `index` must be one of `0..<count`.
    public func hash(at index: Int) -> ArraySlice<UInt8> {
        precondition((0..<count).contains(index), "no piece \(index)")
        return hashes[index * InfoHash.length..<(index + 1) * InfoHash.length]
    }
}

/// Makes a piece map from the bytes of a file, given in order, in any portions.
public struct PieceMapBuilder: Sendable {
    private let pieceLength: Int
    private var size: Int64 = 0
    private var held = 0
    private var hasher = Hasher(.sha1)
    private var hashes: [UInt8] = []

    /// `pieceLength` must be positive.
    public init(pieceLength: Int) {
        precondition(pieceLength > 0, "a piece has bytes")
        self.pieceLength = pieceLength
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            let take = min(rest.count, pieceLength - held)
            hasher.update(UnsafeRawBufferPointer(rebasing: rest[..<take]))
            rest = UnsafeRawBufferPointer(rebasing: rest[take...])
            size += Int64(take)
            held += take
            if held == pieceLength { closePiece() }
        }
    }

    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The map of everything so far.
    public func map() throws(ManifestError) -> PieceMap {
        var copy = self
        if copy.held > 0 { copy.closePiece() }
        return try PieceMap(pieceLength: pieceLength, size: size, hashes: copy.hashes)
    }

    private mutating func closePiece() {
        hashes += hasher.digest.bytes
        hasher = Hasher(.sha1)
        held = 0
    }
}
