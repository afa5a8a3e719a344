import Support
import Testing

@testable import DatasetManifest

@Suite struct ValidationBoxesTests {
    private func read(_ text: String) throws -> String {
        "\(try ValidationBoxes.wnid(Array(text.utf8), file: "x.xml"))"
    }

    @Test("the class is the first object's name, and no other name")
    func firstObject() throws {
        #expect(try read(LabelFixtures.box("n02119789")) == "n02119789")
        #expect(try read("<annotation><object><name> n02119789\n</name>") == "n02119789")
    }

    @Test(
        "what has no class is refused",
        arguments: [
            "", "<", "no xml", "<annotation/>", "<annotation><object/></annotation>",
            "<annotation><name>n02119789</name></annotation>",
            "<annotation><object><name>dog</name></object></annotation>",
            "<object><name>n02119789</name></object>", "<annotation><object><name>n02119789",
            "<annotations><object><name>n02119789</name></object></annotations>",
            "<annotation><object><part><name>n02119789</name></part></object></annotation>",
        ])
    func refused(text: String) throws {
        let error = #expect(throws: LabelError.self) { _ = try read(text) }
        #expect(error?.message.contains("x.xml") == true)
    }

    @Test("entities are refused before they can grow")
    func entities() throws {
        let laughs = (1...30).map { level in
            "<!ENTITY l\(level) \"\(String(repeating: "&l\(level - 1);", count: 10))\">"
        }
        let error = #expect(throws: LabelError.self) {
            _ = try read(
                "<!DOCTYPE annotation [<!ENTITY l0 \"ha\">\(laughs.joined())]>"
                    + "<annotation><object><name>&l30;</name></object></annotation>")
        }
        #expect(error?.message.contains("entities") == true)
    }

    @Test("depth and length are bounded")
    func bounds() throws {
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(
            try #require(throws: LabelError.self) { _ = try read(deep) }.message.contains("deep"))
        let long = "<annotation><object><name>" + String(repeating: "n", count: 100_000)
        #expect(
            try #require(throws: LabelError.self) { _ = try read(long) }.message.contains("long"))
    }

    @Test("damaged XML never traps")
    func flipped() throws {
        let whole = Array(LabelFixtures.box("n02119789").utf8)
        var random = SeededNumbers(seed: 5)
        var found = 0
        for _ in 0..<2000 {
            var bytes = whole
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
                in: 0...255, using: &random)
            do throws(LabelError) {
                _ = try ValidationBoxes.wnid(bytes, file: "x")
                found += 1
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
        #expect((100..<1900).contains(found))
    }
}
