internal import CTorrent
internal import Checksums
public import DatasetManifest
public import Disk

/// The contents of a .torrent of one file, after strict checks.
///
/// Safe to fetch: one plain file in BitTorrent v1, a name without folders, pieces that make up the
/// size. `check(…)` says whether it is the right file. Its texts come from outside: pass them
/// through `escaped(_:)` before a terminal.
public struct Metainfo: Sendable {
    /// A path or a URL, for messages.
    public let source: Path
    public let name: String
    /// 20 bytes: the SHA-1 of the info dictionary.
    public let infoHash: [UInt8]
    public let size: Int64
    public let pieceLength: Int
    public let pieceCount: Int
    /// The SHA-1 of every piece, 20 bytes each, in order.
    public let pieceHashes: [UInt8]
    /// Peers may come only from the trackers.
    public let isPrivate: Bool
    /// The trackers' URLs by tier, the first tier first.
    public let trackers: [[String]]
    public let webSeeds: [String]
    public let comment: String?
    public let createdBy: String?
    /// Seconds since 1970.
    public let creationDate: Int64?

    /// The longest piece: one is held in memory while it is checked.
    static let maximumPieceLength = 64 << 20

    public static let maximumByteCount = Int(ct_metainfo_usual_limits().max_bytes)

    public var pieces: PieceMap? {
        try? PieceMap(pieceLength: pieceLength, size: size, hashes: pieceHashes)
    }

    /// Reads and checks the bytes of a .torrent.
    ///
    /// - Throws: `.torrentRefused`, naming `source` and what is wrong.
    public init(_ bytes: [UInt8], source: Path) throws(FetchError) {
        let parsed = try ParsedTorrent(bytes, source: source)
        let facts = parsed.facts
        if facts.has_v2 || !facts.has_v1 {
            throw .refused(source, "it is for BitTorrent version 2; only version 1 is supported")
        }
        name = try Self.name(of: parsed, source: source)
        size = facts.total_size
        pieceLength = Int(facts.piece_length)
        pieceCount = Int(facts.piece_count)
        pieceHashes = parsed.pieceHashes
        infoHash = parsed.infoHash
        isPrivate = facts.is_private
        trackers = parsed.trackers
        webSeeds = parsed.webSeeds
        comment = parsed.text(.comment)
        createdBy = parsed.text(.created_by)
        creationDate = facts.creation_date == 0 ? nil : facts.creation_date
        self.source = source
        try checkPieces()
    }

    /// Checks that this is the torrent that a manifest pins.
    ///
    /// - Parameter size: nil where the manifest has none.
    /// - Throws: `.torrentRefused`, naming the first difference.
    public func check(
        pinned infoHash: [UInt8], name: String, size: Int64?
    ) throws(FetchError) {
        if self.infoHash != infoHash {
            throw .notPinned(
                source,
                "its infohash is \(hexText(self.infoHash)), not the pinned \(hexText(infoHash))")
        }
        if self.name != name {
            throw .notPinned(
                source, "it is for \"\(escaped(self.name))\", not for \"\(escaped(name))\"")
        }
        if let size, self.size != size {
            throw .notPinned(source, "its file has \(self.size) bytes, not \(size)")
        }
    }

    private static func name(
        of parsed: borrowing ParsedTorrent, source: Path
    ) throws(FetchError) -> String {
        let count = parsed.facts.file_count
        if count != 1 { throw .refused(source, "it holds \(count) files; one is expected") }
        let file = parsed.file
        if file.is_symlink { throw .refused(source, "its file is a symbolic link") }
        if file.is_pad { throw .refused(source, "its file is only padding") }
        let raw = parsed.bytes(.raw_name)
        if let fault = Self.fault(inName: raw) {
            throw .refused(source, "its file's name \"\(shown(raw))\" \(fault)")
        }
        // libtorrent cleans names silently; a name that needed it is refused. A single file in a
        // list of files has a folder, and shows here too.
        guard parsed.bytes(.name) == raw, parsed.path == raw,
            let name = String(validating: raw, as: UTF8.self)
        else {
            throw .refused(
                source,
                "its file's path is \"\(shown(parsed.path))\", but its name is "
                    + "\"\(shown(raw))\"")
        }
        if file.size != parsed.facts.total_size {
            throw .refused(source, "the size of its file is not the size of the torrent")
        }
        return name
    }

    /// A name for a message, cut to a reasonable length.
    private static func shown(_ name: [UInt8]) -> String {
        name.count <= 255 ? escaped(name) : escaped(name.prefix(64)) + "…"
    }

    /// Why these bytes cannot be a file name; nil where they can.
    static func fault(inName name: [UInt8]) -> String? {
        if name.isEmpty { return "is empty" }
        if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) { return "is a folder" }
        if name.contains(UInt8(ascii: "/")) || name.contains(UInt8(ascii: "\\")) {
            return "leads into a folder"
        }
        if name.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "has control characters" }
        if name.count > 255 { return "is too long" }
        if String(validating: name, as: UTF8.self) == nil { return "is not UTF-8" }
        return nil
    }

    private func checkPieces() throws(FetchError) {
        // libtorrent 2.0.8 miscounts where a block crosses the end of a piece.
        guard pieceLength > 0, pieceLength % 16384 == 0, pieceLength <= Self.maximumPieceLength
        else {
            throw .refused(
                source,
                "its pieces have \(pieceLength) bytes; a multiple of 16 KiB up to 64 MiB is "
                    + "expected")
        }
        // Without overflow: a size near the largest number is as good as any other.
        let (whole, rest) = size.quotientAndRemainder(dividingBy: Int64(pieceLength))
        guard size > 0, Int64(pieceCount) == whole + (rest > 0 ? 1 : 0),
            pieceHashes.count == 20 * pieceCount
        else {
            throw .refused(
                source,
                "\(pieceCount) pieces of \(pieceLength) bytes do not make \(size) bytes")
        }
    }
}
