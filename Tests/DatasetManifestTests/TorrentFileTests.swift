import Checksums
import DatasetManifest
import Testing

@Suite struct TorrentFileTests {
    private func torrent() throws -> TorrentFile {
        var builder = PieceMapBuilder(pieceLength: 16384)
        builder.update((0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 251) })
        return try TorrentFile(
            name: "café.tar", pieces: builder.map(),
            trackers: [
                ["https://a.example/announce", "udp://b.example:80"],
                ["udp://c.example:1337/announce"],
            ])
    }

    // Both values are of a torrent that python3-libtorrent 2.0.8 made of the same bytes with
    // create_torrent(file_storage, 16384, v1_only), "private" set to 0 in its info dictionary and
    // the announce lists added, encoded by its bencode.
    @Test("the bytes are those that libtorrent writes")
    func equalsLibtorrent() throws {
        let torrent = try torrent()
        #expect(torrent.infoHash.hex == "96a94d798a60d8a376ec5bd8c787b9c3e58965ff")
        #expect(
            Hasher.digest(.sha256, torrent.bytes).hex
                == "14bb14f429f899fcdffdbef46cfc87b23bf949d7b2c3e4ee1aa52e55d768cb4d")
    }

    @Test("a torrent without trackers has no announce keys")
    func withoutTrackers() throws {
        let pieces = try PieceMap(
            pieceLength: 16, size: 1, hashes: [UInt8](repeating: 65, count: 20))
        let torrent = try TorrentFile(name: "a", pieces: pieces, trackers: [[]])
        #expect(
            String(decoding: torrent.bytes, as: UTF8.self)
                == "d4:infod6:lengthi1e4:name1:a12:piece lengthi16e6:pieces20:"
                + String(repeating: "A", count: 20) + "7:privatei0eee")
    }

    @Test("bad names and trackers are refused")
    func refuses() throws {
        let pieces = try PieceMap(pieceLength: 16, size: 0, hashes: [])
        for name in ["", "..", "a/b", "a\n"] {
            #expect(throws: ManifestError.self) { try TorrentFile(name: name, pieces: pieces) }
        }
        for tracker in ["", "a.example", "ftp://a.example", "http://u@a.example/announce"] {
            #expect(throws: ManifestError.self) {
                try TorrentFile(name: "a", pieces: pieces, trackers: [[tracker]])
            }
        }
    }
}
