import Checksums
import Disk
import Support
import Testing

@testable import DatasetExport

@Suite struct MDSShardsTests {
    private static let wnids = ["n01440764", "n02119789", "n15075141"]

    /// What Golden/make.py gives to MDSWriter.
    private func nine() throws -> HandMade {
        try HandMade(
            (0..<9).map { index in
                let bytes = (0..<40 + 61 * index % 173).map { UInt8((index * 37 + $0 * 11) & 255) }
                return HandMade.Image(
                    wnid: Self.wnids[index % 3], name: "\(9 - index).JPEG", bytes: bytes)
            })
    }

    @Test("shards and index are those of MDSWriter, byte for byte")
    func golden() throws {
        let configs = [
            ("limit", try MDSFormat(sizeLimit: 700)),
            ("single", try MDSFormat(hashes: [.sha256, .md5], sizeLimit: nil)),
            (
                "packed",
                try MDSFormat(
                    compression: ShardCompression("bz2:9"), hashes: [.xxh64], sizeLimit: 900)
            ),
        ]
        for (name, config) in configs {
            let made = try nine()
            try made.write(try MDSShards(made.samples, config), to: name)
            let expected = try Golden.files(Golden.path("shards/mds-\(name)"))
            #expect(try Golden.files(made.folder[name]) == expected, "\(name)")
        }
    }

    @Test("two samples make the known shard, and its index has its digests")
    func two() throws {
        let made = try HandMade([
            .init(wnid: "n01440764", name: "a.JPEG", bytes: [0xFF, 0xD8, 0xFF, 0xD9]),
            .init(wnid: "n15075141", name: "b.JPEG", bytes: [0xFF, 0xD8, 0, 0xFF, 0xD9]),
        ])
        let records = try made.write(try MDSShards(made.samples, MDSFormat()), to: "out")
        // The golden sample has the rank 999 of the whole data set, and ours is the second of two.
        var expected = try Golden.bytes("shards/two.mds")
        expected.replaceSubrange(
            expected.count - 8..<expected.count, with: [1, 0, 0, 0, 0, 0, 0, 0])
        #expect(try made.folder.read("out/shard.00000.mds") == expected)
        #expect(records[0].raw.digests == [.sha1, .xxh64].map { Hasher.digest($0, expected) })
    }

    @Test(
        "the limit is that of MDSWriter, to the byte",
        arguments: [
            (207, [2, 2, 1]), (206, [1, 1, 1, 1, 1]), (nil, [5]),
        ] as [(Int64?, [Int])])
    func limit(limit: Int64?, counts: [Int]) {
        let shards = MDSShards.cut(Array(repeating: 14, count: 5), limit: limit, overhead: 171)
        #expect(shards.map(\.count) == counts)
    }

    @Test("a sample that is too long alone leaves an empty shard before it, as MDSWriter does")
    func oversize() {
        #expect(
            MDSShards.cut([104, 14], limit: 201, overhead: 171).map(\.count) == [0, 1, 1])
        #expect(MDSShards.cut([], limit: 201, overhead: 171).isEmpty)
    }

    @Test("limits beyond the format's offsets are refused")
    func badLimits() {
        #expect(throws: ExportError.self) { try MDSFormat(sizeLimit: 1 << 32) }
        #expect(throws: ExportError.self) { try MDSFormat(sizeLimit: -1) }
        #expect(throws: Never.self) { try MDSFormat(sizeLimit: 1 << 32 - 1) }
    }

    @Test(
        "compressions are those of the contract",
        arguments: [
            ("zstd", 3), ("zstd:22", 22), ("gz", 9), ("gz:0", 0), ("bz2:1", 1),
        ])
    func compressions(spelling: String, level: Int) throws {
        let compression = try ShardCompression(spelling)
        #expect(compression.level == level)
        #expect(compression.spelling == spelling)
    }

    @Test(
        "others are refused",
        arguments: ["", "br", "snappy:1", "zstd:0", "zstd:23", "zstd:", "gz:10", "gz:+1", "bz2:01"])
    func badCompressions(spelling: String) {
        #expect(throws: ExportError.self) { try ShardCompression(spelling) }
    }

    @Test("what is compressed comes out again", arguments: ["zstd:1", "gz:6", "bz2"])
    func roundTrip(spelling: String) throws {
        let made = try nine()
        let config = try MDSFormat(compression: ShardCompression(spelling), sizeLimit: nil)
        let records = try made.write(try MDSShards(made.samples, config), to: "out")
        let packed = try #require(records[0].packed)
        let program = ["zstd": "zstd", "gz": "gzip", "bz2": "bzip2"][
            String(spelling.prefix { $0 != ":" })]
        let name = made.folder["out/\(packed.name)"].description
        guard let program, try run("which", [program]).status == 0 else { return }
        let result = try run(
            "bash", ["-c", "\(program) -dc < '\(name)' > '\(made.folder["raw"])'"])
        #expect(result.status == 0, "\(result.errors)")
        let raw = try made.folder.read("raw")
        #expect(Int64(raw.count) == records[0].raw.size)
        #expect(records[0].raw.digests == [.sha1, .xxh64].map { Hasher.digest($0, raw) })
        let bytes = try made.folder.read("out/\(packed.name)")
        #expect(packed.digests == [.sha1, .xxh64].map { Hasher.digest($0, bytes) })
    }
}

@Suite struct PythonJSONTests {
    @Test("text is that of json.dumps")
    func dumps() {
        let value = PythonJSON.object([
            (
                "a\"\\\n\u{7F}\u{E9}\u{1F600}/",
                .array([.int(1), .null, .string(""), .array([]), .object([])])
            )
        ])
        #expect(
            value.text()
                == #"{"a\"\\\n\u007f\u00e9\ud83d\ude00/": [1, null, "", [], {}]}"#)
        let nested = PythonJSON.object([
            ("a", .array([.int(1), .object([("b", .array([]))]), .object([])]))
        ])
        #expect(
            nested.text(indent: 2) == """
                {
                  "a": [
                    1,
                    {
                      "b": []
                    },
                    {}
                  ]
                }
                """)
    }
}
