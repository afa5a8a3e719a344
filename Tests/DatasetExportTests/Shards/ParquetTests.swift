import Disk
import Support
import Testing

@testable import DatasetExport

@Suite struct ParquetTests {
    private static let wnids = ["n02012849", "n03126707", "n03710637"]

    private func made(_ sizes: [Int], words: [String: String] = [:]) throws -> HandMade {
        try HandMade(
            sizes.enumerated().map { index, size in
                let wnid = Self.wnids[index % 3]
                return HandMade.Image(
                    wnid: wnid, name: "\(wnid)_\(index).JPEG",
                    bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) })
            }, words: words)
    }

    // MARK: Thrift

    @Test("a page's header is Arrow's, byte for byte")
    func pageHeader() {
        let bytes = ThriftCompact.structure { header in
            header.field(1, i32: 0)
            header.field(2, i32: 22)
            header.field(3, i32: 22)
            header.field(5) { data in
                data.field(1, i32: 2)
                data.field(2, i32: 0)
                data.field(3, i32: 3)
                data.field(4, i32: 3)
            }
        }
        // From a file of pyarrow 26, without the statistics in between.
        #expect(
            bytes == [
                0x15, 0x00, 0x15, 0x2C, 0x15, 0x2C, 0x2C, 0x15, 0x04, 0x15, 0x00, 0x15, 0x06, 0x15,
                0x06, 0x00, 0x00,
            ])
    }

    @Test("numbers of all sizes, long lists and structures in lists can be read back")
    func thrift() throws {
        let numbers = [0, 1, -1, 63, 64, -64, -65, 1 << 40, -(1 << 40), .max, .min]
        let bytes = ThriftCompact.structure { outer in
            outer.field(2, .i32, Array(0..<20)) { $0.append($1) }
            outer.field(3, .structure, numbers) { list, number in
                list.structure { $0.field(7, i64: Int64(number)) }
            }
            outer.field(12, binary: "text".utf8)
            outer.field(13, .binary, ["a", "bc"]) { $0.append($1.utf8) }
        }
        var reader = ThriftReader(bytes)
        let fields = try reader.structure()
        #expect(reader.place == bytes.count)
        #expect(fields[2]?.list.map(\.number) == Array(0..<20))
        #expect(fields[3]?.list.map { $0[7].number } == numbers)
        #expect(fields[12]?.text == "text")
        #expect(fields[13]?.list.map(\.text) == ["a", "bc"])
    }

    // MARK: Files

    @Test(
        "each row is an image with its name and label, whatever the row groups and shards",
        arguments: [(1, 100), (1, 1), (1, 7), (3, 4), (10, 2)])
    func rows(_ shards: Int, _ rows: Int) throws {
        let made = try made([3, 0, 100, 5000, 1, 70_000, 9, 8, 7, 65])
        let format = try ParquetShards(made.samples, shardCount: shards, rows: rows)
        let records = try made.write(format, to: "out")
        var found: [ParquetFile.Row] = []
        for record in records {
            #expect(record.raw.size == format.size(of: record.shard))
            #expect(
                record.raw.name
                    == "train-\(padded(record.shard, 5))-of-\(padded(shards, 5)).parquet")
            let file = try ParquetFile(try made.folder.read("out/\(record.raw.name)"))
            #expect(file.rows.count == record.samples)
            #expect(file.groups.allSatisfy { $0.rows <= rows })
            #expect(file.groups.count == (record.samples + rows - 1) / rows)
            var start = 0
            for group in file.groups {
                let labels = file.rows[start..<start + group.rows].map(\.label)
                #expect(group.labels.lowerBound == labels.min())
                #expect(group.labels.upperBound == labels.max())
                start += group.rows
            }
            found += file.rows
        }
        let archive = try made.folder.read("archive")
        var offset = 0
        let expected = (0..<made.samples.count).map { position in
            defer { offset += made.samples.size(position) }
            return ParquetFile.Row(
                bytes: Array(archive[offset..<offset + made.samples.size(position)]),
                path: String(decoding: made.samples.name(position), as: UTF8.self),
                label: position % 3)
        }
        #expect(found == expected)
    }

    @Test("a page holds a mebibyte of images, or one larger image")
    func pages() throws {
        let half = (1 << 19) - 4
        let made = try made([half, half, 1, 2 << 20, half, half + 1, 5, 6])
        let format = try ParquetShards(made.samples, shardCount: 1, rows: 7)
        try made.write(format, to: "out")
        let file = try ParquetFile(try made.folder.read("out/\(format.name(of: 0))"))
        #expect(file.groups.map(\.pages) == [[2, 1, 1, 1, 2], [1]])
        #expect(file.rows.count == 8)
    }

    @Test("two classes of the same name get different ones, and one without a name its WNID")
    func classNames() throws {
        let words = ["n02012849": "crane", "n03126707": "crane"]
        let made = try made([1, 2, 3], words: words)
        #expect(ParquetShards.names(made.samples.table) == ["crane", "crane2", "n03710637"])
        let format = try ParquetShards(made.samples, shardCount: 1, rows: 100)
        try made.write(format, to: "out")
        let file = try ParquetFile(try made.folder.read("out/\(format.name(of: 0))"))
        #expect(
            file.metadata == [
                "huggingface": #"{"info": {"features": {"image": {"_type": "Image"}, "#
                    + #""label": {"names": ["crane", "crane2", "n03710637"], "#
                    + #""_type": "ClassLabel"}}}}"#
            ])
    }

    @Test("more row groups than readers can count are refused, with what to change")
    func tooManyGroups() throws {
        let made = try made(Array(repeating: 1, count: 32_768))
        let error = #expect(throws: ExportError.self) {
            try ParquetShards(made.samples, shardCount: 1, rows: 1)
        }
        #expect(error?.hint?.names(.rows) == true)
        #expect(throws: Never.self) { try ParquetShards(made.samples, shardCount: 1, rows: 2) }
        #expect(throws: Never.self) { try ParquetShards(made.samples, shardCount: 2, rows: 1) }
    }
}
