import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

@Suite struct PieceMapStoreTests {
    private func pieces(_ name: String = "a.tar") throws -> ProvenPieces {
        var builder = PieceMapBuilder(pieceLength: 1000)
        var numbers = SeededNumbers(seed: 1)
        builder.update(numbers.bytes(2500))
        return ProvenPieces(
            fileName: name, digests: [Hasher.digest(.sha256, []), Hasher.digest(.md5, [])],
            map: try builder.map())
    }

    @Test("comes back as it was, under its own name alone")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let store = PieceMapStore(folder["pieces"])
        #expect(try store.load("a.tar") == nil)
        let map = try pieces()
        try store.save(map)
        #expect(try store.load("a.tar") == map)
        try folder.write(map.encoded, to: "pieces/b.tar.pieces")
        #expect(try store.load("b.tar") == nil)
        #expect(try folder.text("pieces/a.tar.pieces").hasPrefix("imagenet-fetch pieces 1\nfile "))
    }

    @Test("half of one, or one with any byte changed, is none")
    func damaged() throws {
        let good = try pieces().encoded
        for count in good.indices { #expect(ProvenPieces.read(Array(good[..<count])) == nil) }
        for index in good.indices {
            var bad = good
            bad[index] ^= 0x04
            #expect(ProvenPieces.read(bad) == nil, "byte \(index)")
        }
    }

    @Test("sizes that make no sense are none, however sound their checksum")
    func hostile() throws {
        for (old, new) in [
            ("size 2500", "size 9223372036854775807"), ("size 2500", "size -1"),
            ("piece-length 1000", "piece-length 0"), ("piece-length 1000", "piece-length 1"),
            ("digest md5 ", "digest md5 00"), ("size 2500", "size"), ("pieces ", "pieces 0"),
        ] {
            let text = String(decoding: try pieces().encoded, as: UTF8.self)
            let lines = text.split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
            let body = Array(lines.replacing(old, with: new).utf8)
            var crc = CRC32C()
            crc.update(body)
            let whole = body + Array("crc32c \(String(crc.value, radix: 16))\n".utf8)
            #expect(ProvenPieces.read(whole) == nil, "\(new)")
        }
    }

    @Test("a piece that nobody has the memory for is none")
    func longPiece() throws {
        for (length, isRead) in [(64 << 20, true), (64 << 20 + 1, false), (1 << 61, false)] {
            let map = try PieceMap(
                pieceLength: length, size: 1000, hashes: [UInt8](repeating: 1, count: 20))
            let pieces = ProvenPieces(fileName: "a", digests: [Hasher.digest(.md5, [])], map: map)
            #expect((ProvenPieces.read(pieces.encoded) == pieces) == isRead, "\(length)")
        }
    }

    @Test("belongs to a file with its size and its digests, and to none without any")
    func belonging() throws {
        let pieces = try pieces()
        let md5 = Hasher.digest(.md5, [])
        #expect(pieces.belong(toSize: 2500, digests: [md5]))
        #expect(pieces.belong(toSize: nil, digests: [md5]))
        #expect(!pieces.belong(toSize: 2501, digests: [md5]))
        #expect(!pieces.belong(toSize: 2500, digests: [md5, Hasher.digest(.sha1, [])]))
        #expect(!pieces.belong(toSize: 2500, digests: []))
    }

    @Test("pieces have 2 MiB, and more only where there would be millions")
    func lengths() {
        #expect(ProvenPieces.pieceLength(forSize: 0) == 2 << 20)
        #expect(ProvenPieces.pieceLength(forSize: 147_897_477_120) == 2 << 20)
        for size in [1 << 41, 1 << 50, Int64.max] {
            let length = Int64(ProvenPieces.pieceLength(forSize: size))
            #expect(size / length < 1 << 20)
        }
    }
}
