import DatasetManifest
import Testing

@Suite struct ClassIndexFileTests {
    private static let classes = """
        [{"wnid": "n01440764", "offset": 512, "size": 1000},
         {"wnid": "n01443537", "offset": 2048, "size": 10}]
        """
    private static func file(_ classes: String = classes, bytes: String = "10000") -> String {
        """
        {"schema": "imagenet-fetch.classes/1", "file": "a.tar", "bytes": \(bytes),
         "classes": \(classes)}
        """
    }

    private func read(_ text: String) throws(ManifestError) -> ClassIndexFile {
        try ClassIndexFile(json: Array(text.utf8), source: "x.json")
    }

    @Test("is read with its heading, and as a bare list")
    func reading() throws {
        let file = try read(Self.file())
        #expect(file.fileName == "a.tar" && file.size == 10_000)
        #expect(file.index.entries.map(\.offset) == [512, 2048])
        let bare = try read(Self.classes)
        #expect(bare.fileName == nil && bare.size == nil && bare.index == file.index)
        // Unknown keys are for newer versions.
        let more = Self.file().replacing("\"file\"", with: "\"more\": [1], \"file\"")
        #expect(try read(more) == file)
    }

    @Test("is the same after writing and reading")
    func roundTrip() throws {
        for text in [Self.file(), Self.classes] {
            let file = try read(text)
            #expect(try ClassIndexFile(json: file.encoded, source: "x") == file)
        }
    }

    @Test(
        "what cannot be one is refused with its place",
        arguments: [
            ("", "end"), ("{}", "$"), ("[1]", "$[0]"), ("7", "$"),
            (file(bytes: "1.5"), "$"), (file(bytes: "-1"), "beyond the end"),
            (file().replacing("classes/1", with: "classes/9"), "$.schema"),
            (file().replacing("n01440764", with: "tench"), "$.classes[0].wnid"),
            (file().replacing("n01443537", with: "n01440764"), "twice"),
            (file().replacing("2048", with: "1024"), "overlaps"),
            (file().replacing("2048", with: "2047"), "no place of a tar"),
            (file().replacing("512", with: "0"), "no place of a tar"),
            (file().replacing("1000}", with: "-1}"), "no place of a tar"),
            (file().replacing("10}", with: "9223372036854775807}"), "no place of a tar"),
            (file(bytes: "2050"), "beyond the end"),
        ])
    func refused(_ text: String, _ part: String) {
        do {
            _ = try read(text)
            Issue.record("read: \(text)")
        } catch {
            #expect(error.message.contains("x.json"))
            #expect(error.message.contains(part), "\(error.message)")
        }
    }
}
