import Checksums
import DatasetManifest
import Testing

@Suite struct PieceMapTests {
    @Test(
        "the pieces cover the file",
        arguments: [
            (0, 0, Int64(0)), (1, 1, 1), (15, 1, 15), (16, 1, 16), (17, 2, 1), (32, 2, 16),
            (33, 3, 1),
        ])
    func covers(size: Int64, count: Int, last: Int64) throws {
        let map = try PieceMap(
            pieceLength: 16, size: size, hashes: [UInt8](repeating: 1, count: count * 20))
        #expect(map.count == count)
        var end: Int64 = 0
        for index in 0..<map.count {
            #expect(map.range(of: index).lowerBound == end)
            end = map.range(of: index).upperBound
        }
        #expect(end == size)
        if count > 0 { #expect(map.range(of: count - 1).count == Int(last)) }
    }

    @Test(
        "hashes that do not match the size are refused",
        arguments: [
            (0, Int64(16), 20), (-1, 16, 20), (16, -1, 0), (16, 16, 0), (16, 16, 19), (16, 16, 40),
            (16, 17, 20), (1, .max, 20), (16, .min, 0), (.max, .max, 0),
        ])
    func refuses(pieceLength: Int, size: Int64, hashBytes: Int) {
        let error = #expect(throws: ManifestError.self) {
            try PieceMap(
                pieceLength: pieceLength, size: size,
                hashes: [UInt8](repeating: 0, count: hashBytes))
        }
        #expect(error?.code == .invalid)
    }

    @Test("the largest piece length does not overflow")
    func largest() throws {
        let map = try PieceMap(
            pieceLength: .max, size: .max, hashes: [UInt8](repeating: 0, count: 20))
        #expect(map.range(of: 0) == 0..<Int64.max)
        let two = try PieceMap(
            pieceLength: .max - 1, size: .max, hashes: [UInt8](repeating: 0, count: 40))
        #expect(two.range(of: 1) == Int64.max - 1..<Int64.max)
    }

    @Test("the map made of a file holds the SHA-1 of its pieces", arguments: [1, 7, 16, 17, 100])
    func builds(portion: Int) throws {
        let bytes = (0..<50).map { UInt8($0) }
        var builder = PieceMapBuilder(pieceLength: 16)
        for start in stride(from: 0, to: bytes.count, by: portion) {
            builder.update(Array(bytes[start..<min(start + portion, bytes.count)]))
        }
        let map = try builder.map()
        #expect(map.size == 50)
        #expect(map.count == 4)
        for index in 0..<4 {
            let range = map.range(of: index)
            let piece = Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
            #expect(Array(map.hash(at: index)) == Hasher.digest(.sha1, piece).bytes)
        }
        #expect(try builder.map() == map)
    }
}
