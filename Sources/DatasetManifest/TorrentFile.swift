internal import Checksums

/// A `.torrent` of one file (BEP 3, version 1), to be written. The same input gives the same bytes:
/// there is no date in it.
public struct TorrentFile: Sendable, Equatable {
    public let name: String
    public let pieces: PieceMap
    /// Tiers of trackers (BEP 12): those of the first tier are tried first.
    public let trackers: [[String]]

    /// - Throws: `.invalid` for a name that no file can have, or an invalid tracker.
    public init(
        name: String, pieces: PieceMap, trackers: [[String]] = []
    ) throws(ManifestError) {
        let source = "the torrent \(name)"
        if let reason = ManifestRules.fileName(name) {
            throw .invalid(source, at: "name", reason)
        }
        for tracker in trackers.joined() {
            if let reason = ManifestRules.url(tracker, schemes: MagnetLink.trackerSchemes) {
                throw .invalid(source, at: "announce", reason)
            }
        }
        self.name = name
        self.pieces = pieces
        self.trackers = trackers.filter { !$0.isEmpty }
    }

    /// The info dictionary, bencoded: what the infohash is the SHA-1 of.
    public var info: [UInt8] {
        var info = Array("d6:lengthi\(pieces.size)e4:name".utf8)
        info += Self.text(name)
        info += "12:piece lengthi\(pieces.pieceLength)e6:pieces\(pieces.hashes.count):".utf8
        info += pieces.hashes
        // The published torrents have this key with a 0, so that theirs can be made again.
        info += "7:privatei0ee".utf8
        return info
    }

    public var infoHash: InfoHash {
        // A SHA-1 has as many bytes as an infohash: they are the same thing.
        guard let hash = InfoHash(Hasher.digest(.sha1, info).bytes) else {
            preconditionFailure("a SHA-1 has 20 bytes")
        }
        return hash
    }

    /// The whole file.
    public var bytes: [UInt8] {
        var bytes = Array("d".utf8)
        if let first = trackers.first?.first {
            bytes += "8:announce".utf8
            bytes += Self.text(first)
            bytes += "13:announce-listl".utf8
            for tier in trackers {
                bytes += "l".utf8
                for tracker in tier { bytes += Self.text(tracker) }
                bytes += "e".utf8
            }
            bytes += "e".utf8
        }
        bytes += "4:info".utf8
        bytes += info
        bytes += "e".utf8
        return bytes
    }

    private static func text(_ text: String) -> [UInt8] {
        Array("\(text.utf8.count):".utf8) + Array(text.utf8)
    }
}
