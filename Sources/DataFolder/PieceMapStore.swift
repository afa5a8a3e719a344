public import Checksums
public import DatasetManifest
public import Disk

/// The pieces of a file that was once proven whole, so that from then on a part of it can be proven,
/// named and replaced by itself, also where there is no torrent.
public struct ProvenPieces: Sendable, Equatable {
    public var fileName: String
    /// The digests of the whole file, computed in the read that gave the pieces.
    public var digests: [Digest]
    public var map: PieceMap

    /// Some pieces are held in memory at a time. A file of pieces that long has some 64 TiB.
    public static let longestPiece = 64 << 20

    public init(fileName: String, digests: [Digest], map: PieceMap) {
        self.fileName = fileName
        self.digests = digests.sorted { $0.algorithm < $1.algorithm }
        self.map = map
    }

    /// The bytes of a piece: 2 MiB, as the torrents of ImageNet have it, and more where a file is so
    /// large that its map would become a burden.
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

/// The piece maps of our own in a state folder, one a file. Reading works where nothing can be
/// written.
public struct PieceMapStore: Sendable {
    public let path: Path

    /// Room for the pieces of a file of some tebibytes.
    private static let sizeLimit = 64 << 20

    /// - Parameter path: the folder of the maps alone.
    public init(_ path: Path) { self.path = path }

    /// Writes the map of a file in place of the one that was there.
    public func save(_ pieces: ProvenPieces) throws(DiskError) {
        // One piece is the whole file, of which the digests are known anyway.
        try DataFolder.creating(inState: path).publish(
            Self.name(pieces.fileName), pieces.encoded, synced: pieces.map.count > 1)
    }

    /// The map of a file; nil where there is none, or what is there is none.
    public func load(_ fileName: String) throws(DiskError) -> ProvenPieces? {
        let folder: Folder
        do throws(DiskError) {
            folder = try Folder.own(path)
        } catch  where error.code == .notFound {
            return nil
        }
        let name = Self.name(fileName)
        guard try folder.status(name)?.kind == .file else { return nil }
        let file = try folder.file(name, .readingNoLink)
        guard try file.size() <= Int64(Self.sizeLimit) else { return nil }
        guard let pieces = ProvenPieces.read(try file.contents(limit: Self.sizeLimit)),
            pieces.fileName == fileName
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

    /// The map as lines of text, with a CRC over all of it: half of one is none.
    public var encoded: [UInt8] {
        var lines = [
            Self.heading, "file \(fileName)", "size \(map.size)", "piece-length \(map.pieceLength)",
        ]
        lines += digests.map { "digest \($0.algorithm.rawValue) \($0.hex)" }
        lines.append("pieces \(hexText(map.hashes))")
        var bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
        var crc = CRC32C()
        crc.update(bytes)
        bytes += Array("crc32c \(String(crc.value, radix: 16))\n".utf8)
        return bytes
    }

    /// Reads what `encoded` wrote; nil for anything else.
    public static func read(_ bytes: [UInt8]) -> ProvenPieces? {
        let newline = UInt8(ascii: "\n")
        var lines = bytes.split(separator: newline, omittingEmptySubsequences: false)
        guard lines.count >= 6, lines.removeLast().isEmpty,
            lines[0].elementsEqual(heading.utf8)
        else { return nil }
        let last = lines.removeLast()
        var crc = CRC32C()
        crc.update(Array(bytes[..<last.startIndex]))
        guard last.elementsEqual("crc32c \(String(crc.value, radix: 16))".utf8) else { return nil }

        var fields: [String: String] = [:]
        var digests: [Digest] = []
        for line in lines.dropFirst() {
            guard let space = line.firstIndex(of: UInt8(ascii: " ")),
                let key = String(validating: line[..<space], as: UTF8.self),
                let value = String(validating: line[(space + 1)...], as: UTF8.self)
            else { return nil }
            if key == "digest" {
                let parts = value.split(separator: " ")
                guard parts.count == 2, let algorithm = DigestAlgorithm(rawValue: String(parts[0])),
                    let digest = Digest(algorithm, hex: parts[1])
                else { return nil }
                digests.append(digest)
            } else {
                fields[key] = value
            }
        }
        guard let name = fields["file"], let size = fields["size"].flatMap({ Int64($0) }),
            let length = fields["piece-length"].flatMap({ Int($0) }), length <= longestPiece,
            let hashes = fields["pieces"].flatMap({ Checksums.bytes(fromHex: $0) }),
            let map = try? PieceMap(pieceLength: length, size: size, hashes: hashes)
        else { return nil }
        return ProvenPieces(fileName: name, digests: digests, map: map)
    }
}
