public import Checksums
public import DatasetManifest
public import Disk

/// The pieces of a file that was proven once, so that each can be verified and replaced alone, even
/// without a torrent.
public struct ProvenPieces: Sendable, Equatable {
    public var fileName: String
    /// The digests of the whole file, computed in the read that gave the pieces.
    public var digests: [Digest]
    public var map: PieceMap

    /// Some pieces are in memory at a time. A file with pieces this long has about 64 TiB.
    public static let longestPiece = 64 << 20

    public init(fileName: String, digests: [Digest], map: PieceMap) {
        self.fileName = fileName
        self.digests = digests.sorted { $0.algorithm < $1.algorithm }
        self.map = map
    }

    /// The bytes of a piece: 2 MiB, as in ImageNet's torrents, and more if the map would become too
    /// large.
    public static func pieceLength(forSize size: Int64) -> Int {
        var length: Int64 = 2 << 20
        while size / length >= 1 << 20 { length *= 2 }
        return Int(length)
    }

    /// Whether these are the pieces of the file that has this size and all these digests.
    public func belong(toSize size: Int64?, digests expected: [Digest]) -> Bool {
        (size == nil || size == map.size) && !expected.isEmpty
            && expected.allSatisfy(digests.contains)
    }
}

/// Our piece maps in a state folder, one for each file. Reading works in read-only places.
public struct PieceMapStore: Sendable {
    public let path: Path

    /// Room for the pieces of a file of some tebibytes.
    private static let sizeLimit = 64 << 20

    /// - Parameter path: the folder of the maps alone.
    public init(_ path: Path) { self.path = path }

    /// Replaces the map of a file.
    public func save(_ pieces: ProvenPieces) throws(DiskError) {
        // A single piece is the whole file, whose digests are known anyway.
        try DataFolder.creating(inState: path).publish(
            Self.name(pieces.fileName), pieces.encoded, synced: pieces.map.count > 1)
    }

    /// The map of a file; nil if it is missing or damaged.
    public func load(_ fileName: String) throws(DiskError) -> ProvenPieces? {
        guard let folder = try ifPresent(Folder.own(path)),
            let bytes = try folder.contents(
                ifPresent: Self.name(fileName), limit: Self.sizeLimit),
            let pieces = ProvenPieces.read(bytes), pieces.fileName == fileName
        else { return nil }
        return pieces
    }

    private static func name(_ fileName: String) -> Path {
        Path(fileName).appendingSuffix(".pieces")
    }
}

// MARK: As text

extension ProvenPieces {
    private static let heading = "imagenet-fetch pieces 1"

    public var encoded: [UInt8] {
        var lines = [
            Self.heading, "file \(fileName)", "size \(map.size)", "piece-length \(map.pieceLength)",
        ]
        lines += digests.map { "digest \($0.algorithm.rawValue) \($0.hex)" }
        lines.append("pieces \(hexText(map.hashes))")
        return SealedLines.seal(lines)
    }

    /// Reads what `encoded` wrote; nil for anything else.
    public static func read(_ bytes: [UInt8]) -> ProvenPieces? {
        guard let lines = SealedLines(bytes, heading: heading),
            let name = lines["file"], let size = lines.number("size"),
            let length = lines.number("piece-length").flatMap(Int.init(exactly:)),
            length <= longestPiece,
            let hashes = lines["pieces"].flatMap({ Checksums.bytes(fromHex: $0) }),
            let map = try? PieceMap(pieceLength: length, size: size, hashes: hashes)
        else { return nil }
        var digests: [Digest] = []
        for value in lines.all("digest") {
            let parts = value.split(separator: " ")
            guard parts.count == 2, let algorithm = DigestAlgorithm(rawValue: String(parts[0])),
                let digest = Digest(algorithm, hex: parts[1])
            else { return nil }
            digests.append(digest)
        }
        return ProvenPieces(fileName: String(name), digests: digests, map: map)
    }
}
