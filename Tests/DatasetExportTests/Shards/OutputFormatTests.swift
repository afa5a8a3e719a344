import DataFolder
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
        #expect(try MDSFormat().with(given).values(for: .val) == given)
        let sized = try WebDatasetFormat().with(["max-size": "1000"])
        #expect(sized.values(for: .train) == ["max-size": "1000"])
        #expect(try TFRecordFormat().with(["shards": "8"]).values(for: .train) == ["shards": "8"])
    }

    @Test("every option is known to its format, and others are refused")
    func options() {
        for format in OutputFormats.all {
            var format = format
            #expect(throws: ExportError.self) { try format.set("no-such-option", to: "1") }
            for option in format.options {
                #expect(throws: Never.self) { try format.set(option.name, to: "") }
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
