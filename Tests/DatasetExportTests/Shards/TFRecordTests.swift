import Checksums
import Disk
import Support
import Testing

@testable import DatasetExport

@Suite struct TFRecordTests {
    private static let wnids = ["n01440764", "n02119789", "n15075141"]
    private static let sizes = [(3, 2), (127, 128), (500, 375)]

    /// A JPEG's head with this size, and no pixels, as Golden/make.py has it.
    private func jpeg(_ width: Int, _ height: Int) -> [UInt8] {
        let size = [height >> 8, height & 255, width >> 8, width & 255].map { UInt8($0) }
        return [0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8] + size + [3, 1, 17, 0, 2, 17, 1, 3, 17, 1]
            + [0xFF, 0xD9]
    }

    private func three() throws -> HandMade {
        try HandMade(
            zip(Self.wnids, Self.sizes).enumerated().map { index, item in
                HandMade.Image(
                    wnid: item.0, name: "\(item.0)_\(index).JPEG",
                    bytes: jpeg(item.1.0, item.1.1))
            }, words: [Self.wnids[0]: "one, two", Self.wnids[2]: "three"])
    }

    private func boxes(_ folder: borrowing TemporaryFolder) throws -> BoxRows {
        try folder.write(
            """
            n15075141_2.JPEG,0.1000,0.2000,0.5000,0.7500
            n02119789_1.JPEG,0.1000,0.2000,0.5000,0.7500
            n15075141_2.JPEG,0.0000,0.3333,1.0000,0.9999
            n99999999_1.JPEG,0.0000,0.0000,1.0000,1.0000

            """, to: "boxes.csv")
        return try BoxRows(csv: folder["boxes.csv"])
    }

    @Test("examples are those of protobuf, with their keys in order")
    func golden() throws {
        let made = try three()
        let table = SampleBoxTable(try boxes(made.folder), for: made.samples.table)
        #expect(table.count == 3)
        let format = TFRecordShards(made.samples, shardCount: 1, boxes: table)
        let records = try made.write(format, to: "out")
        let expected = try Golden.bytes("shards/tfrecord")
        #expect(try made.folder.read("out/train-00000-of-00001") == expected)
        #expect(records[0].raw.size <= format.size(of: 0))
        // The index has offset and length of each record.
        var lines = ""
        var offset = 0
        while offset < expected.count {
            let length = 16 + Int(expected[offset]) + Int(expected[offset + 1]) << 8
            lines += "\(offset) \(length)\n"
            offset += length
        }
        #expect(try made.folder.text("out/train-00000-of-00001.idx") == lines)
    }

    @Test("a record has room even when everything in it is as long as it can be")
    func bound() throws {
        let name = String(repeating: "n", count: 250) + ".JPEG"
        let made = try HandMade([
            .init(wnid: Self.wnids[0], name: name, bytes: jpeg(65535, 65535))
        ])
        let format = TFRecordShards(made.samples, shardCount: 1, boxes: SampleBoxTable())
        #expect(try made.write(format, to: "out")[0].raw.size <= format.size(of: 0))
    }

    @Test("an index has room for what it says")
    func companionBound() throws {
        let images = (0..<20).map {
            HandMade.Image(wnid: Self.wnids[0], name: "\($0)x.JPEG", bytes: jpeg(64, 64))
        }
        let made = try HandMade(images)
        let records = TFRecordShards(made.samples, shardCount: 1, boxes: SampleBoxTable())
        try made.write(records, to: "records")
        let tars = try WebDatasetShards(made.samples, .count(1))
        try made.write(tars, to: "tars")
        for (folder, size) in [
            ("records", records.companionSize(of: 0)), ("tars", tars.companionSize(of: 0)),
        ] {
            let index = try made.folder.names(in: folder).filter { $0.hasSuffix(".idx") }
            let found = try made.folder.read("\(folder)/\(index[0])").count
            #expect(index.count == 1 && (found...5 * found).contains(Int(size)))
        }
    }

    @Test("a CSV is known by its first line, whatever it is called")
    func csv() throws {
        let folder = try TemporaryFolder()
        for (text, isCSV) in [
            ("a.JPEG,0,0,1,1\r\nx", true), ("a,0.5,0,1,1", true), ("", false), ("a,b\n", false),
            ("PK\u{3}\u{4}", false), ("<annotation>", false),
        ] {
            try folder.write(text, to: "x.txt")
            #expect(try BoxRows.isCSV(folder["x.txt"]) == isCSV, "\(text)")
        }
    }

    @Test("images are dealt as the script deals them")
    func shards() throws {
        let images = (0..<100).map {
            HandMade.Image(wnid: Self.wnids[0], name: "\($0).JPEG", bytes: [1])
        }
        let made = try HandMade(images)
        let eight = TFRecordShards(made.samples, shardCount: 16, boxes: SampleBoxTable())
        // linspace(0, 100, 9) cut to integers, then each of those spans in two.
        #expect(
            eight.shards.map(\.lowerBound) == [
                0, 6, 12, 18, 25, 31, 37, 43, 50, 56, 62, 68, 75, 81, 87, 93,
            ])
        #expect(eight.name(of: 3) == "train-00003-of-00016")
        let three = TFRecordShards(made.samples, shardCount: 3, boxes: SampleBoxTable())
        #expect(three.shards == [0..<33, 33..<66, 66..<100])
    }

    @Test("a bad line of a CSV is named", arguments: ["a,b", "a,0,0,1,2", "a,0,0,1,x", ",0,0,1,1"])
    func badCSV(line: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("a.JPEG,0,0,1,1\r\n\(line)\n", to: "x.csv")
        let error = #expect(throws: ExportError.self) { try BoxRows(csv: folder["x.csv"]) }
        #expect(error?.message.contains("line 2") == true)
    }
}
