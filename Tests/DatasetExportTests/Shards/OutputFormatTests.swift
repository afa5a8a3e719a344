import DataFolder
import DatasetManifest
import Disk
import Testing

@testable import DatasetExport

@Suite struct OutputFormatTests {
    @Test("a receipt's values make the same format again, in every split")
    func values() throws {
        for format in OutputFormats.all {
            for split in SampleTable.Split.allCases {
                let usual = format.values(for: split)
                #expect(try format.with(usual).values(for: split) == usual, "\(format.name)")
            }
        }
        let given = ["compression": "zstd:7", "hashes": "md5,xxh64", "size-limit": ""]
        #expect(try MDSFormat().with(given).values(for: .train) == given)
        // Validation shards of earlier versions have another order.
        #expect(MDSFormat().values(for: .val)["order"] == "wnid")
        let sized = try WebDatasetFormat().with(["max-size": "1000"])
        #expect(sized.values(for: .train) == ["max-size": "1000"])
        #expect(try TFRecordFormat().with(["shards": "8"]).values(for: .train) == ["shards": "8"])
    }

    /// Images of three classes, whose names say nothing of the class.
    private func table(_ split: SampleTable.Split) throws -> SampleTable {
        let wnids = try ["n00000001", "n00000002", "n00000003"].map { try #require(WNID($0)) }
        var table = SampleTable(split, classes: [])
        for (name, rank) in [("b", 2), ("e", 0), ("a", 1), ("d", 2), ("c", 1)] {
            try table.add(Array(name.utf8), rank: rank, offset: 0, size: 1, in: "x.tar")
        }
        try table.finish(classes: wnids, words: [], ranks: [0, 1, 2])
        return table
    }

    @Test("MDS has how-to-imagenet's order: validation images by WNID, then by name")
    func mdsOrder() throws {
        func names(_ split: SampleTable.Split, _ format: any OutputFormat) throws -> [String] {
            let table = try table(split)
            let all = Array(0..<UInt32(table.count))
            return format.order(of: all, in: table, seed: 42)
                .map { String(decoding: table.name(Int($0)), as: UTF8.self) }
        }
        #expect(try names(.val, MDSFormat()) == ["e", "a", "c", "b", "d"])
        #expect(try names(.test, MDSFormat()) == ["a", "b", "c", "d", "e"])
        #expect(try names(.val, WebDatasetFormat()) == ["a", "b", "c", "d", "e"])
        // Only the images that are to be written count.
        let train = try table(.train)
        let some = MDSFormat().order(of: [1, 2, 4], in: train, seed: 42)
        #expect(some == NumpyShuffle.permutation(3, seed: 42).map { [1, 2, 4][Int($0)] })
    }

    @Test("as many shards as hold 64 MiB each, and no more than the field makes")
    func usualShards() throws {
        let usual = UsualShards(train: 1024, others: 64)
        func count(_ images: Int, of size: Int, _ chosen: Int? = nil) throws -> Int {
            var table = SampleTable(.val, classes: [])
            for index in 0..<images {
                let name = Array("\(padded(index, 6))".utf8)
                try table.add(name, rank: 0, offset: 0, size: Int64(size), in: "x.tar")
            }
            try table.finish(
                classes: [try #require(WNID("n00000001"))], words: [], ranks: [0])
            let all = Array(0..<UInt32(images))
            return usual.count(chosen, for: SampleSequence(table, order: all))
        }
        let mebibyte = 1 << 20
        #expect(try count(9, of: 100) == 1)
        #expect(try count(127, of: mebibyte) == 1)
        #expect(try count(128, of: mebibyte) == 2)
        #expect(try count(1000, of: 8 * mebibyte) == 64)
        #expect(try count(9, of: 100, 4) == 4)
        #expect(try count(9, of: 100, 12) == 9)
        // The whole data set has the usual number, also where that means smaller shards.
        #expect(try count(50_000, of: 1) == 64)
        #expect(try count(49_999, of: 1) == 1)
    }

    @Test("an output of the whole data set with the usual shards is that of an earlier version")
    func renewed() {
        func receipt(_ shards: String, images: Int64) -> OutputReceipt {
            var receipt = OutputReceipt(
                kind: "tfrecord", name: "x", options: ["shards": shards, "split": "train"],
                inputs: [])
            receipt.counts["images"] = images
            return TFRecordFormat().renewed(receipt)
        }
        #expect(receipt("1024", images: 1_281_167).options["shards"] == "auto")
        #expect(receipt("1024", images: 5000).options["shards"] == "1024")
        #expect(receipt("512", images: 1_281_167).options["shards"] == "512")
    }

    @Test("every option is known to its format, and others are refused")
    func options() {
        for format in OutputFormats.all {
            var format = format
            #expect(throws: ExportError.self) { try format.set("no-such-option", to: "1") }
            for option in format.options {
                var value = ""
                if case .text(_, let words) = option.value { value = words.first ?? "" }
                #expect(throws: Never.self) { try format.set(option.name, to: value) }
                if let other = option.excluded {
                    #expect(format.options.contains { $0.name == other })
                }
            }
        }
        var mds = MDSFormat()
        #expect(throws: ExportError.self) { try mds.set("compression", to: "br") }
        #expect(throws: ExportError.self) { try mds.set("hashes", to: "crc32") }
    }

    @Test("a format has one name, for its command, its folder and its receipts")
    func names() {
        let names = OutputFormats.all.map(\.name)
        #expect(Set(names).count == names.count)
        for format in OutputFormats.all {
            #expect(OutputFormats.named(format.name)?.name == format.name)
            #expect(DataFolder("d").folder(ofOutputs: format.name) == Path("d/\(format.name)"))
        }
        #expect(OutputFormats.named("untar") == nil)
        #expect(DataFolder("d").usualFolders.count == names.count + 2)
    }
}
