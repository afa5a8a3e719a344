import Disk
import Support
import Testing

@testable import DatasetManifest

@Suite struct LabelFormatTests {
    private func labels() throws -> ClassLabels {
        var devkit = Devkit()
        try devkit.add(.metadata, LabelFixtures.golden("meta.mat"), file: "meta.mat")
        try devkit.add(.truth, Array(LabelFixtures.truth.utf8), file: "truth.txt")
        return try devkit.labels(source: "kit")
    }

    @Test("lists have a line an image or a class")
    func lists() throws {
        let labels = try labels()
        #expect(try labels.lines(as: .ids) == LabelFixtures.truthIDs.map { "\($0)" })
        #expect(try labels.lines(as: .wnids) == LabelFixtures.truthWNIDs)
        #expect(try labels.lines(as: .synsets) == LabelFixtures.wnids)
    }

    @Test("the gist's dictionary is Python, with Python's quotes")
    func gist() throws {
        #expect(
            try labels().lines(as: .gist) == [
                "{0: 'tench, Tinca tinca',", " 1: 'English setter',",
                " 2: 'kit fox, Vulpes macrotis',", " 3: 'maillot, tank suit',",
                " 4: 'crème, café au lait',", " 5: 'cup'}",
            ])
        let odd = ClassLabels.Fact(wnid: try #require(WNID("n00000001")), words: ["a'b\\\n"])
        let one = try ClassLabels([odd], in: "x", truth: nil, source: "x")
        #expect(try one.lines(as: .gist) == ["{0: \"a'b\\\\\\x0a\"}"])
    }

    @Test("Keras' class index has the first word, blanks as underscores")
    func keras() throws {
        #expect(
            try labels().lines(as: .keras) == [
                "{\"0\": [\"n01440764\", \"tench\"], \"1\": [\"n02100735\", \"English_setter\"], "
                    + "\"2\": [\"n02119789\", \"kit_fox\"], \"3\": [\"n03710721\", \"maillot\"], "
                    + "\"4\": [\"n04266014\", \"crème\"], \"5\": [\"n07930864\", \"cup\"]}"
            ])
    }

    @Test("JSON has all that is known of a class")
    func json() throws {
        let lines = try labels().lines(as: .json)
        #expect(lines.count == 6)
        #expect(
            lines[3] == " {\"id\": 4, \"wnid\": \"n03710721\", \"rank\": 3, "
                + "\"words\": [\"maillot\", \"tank suit\"], "
                + "\"gloss\": \"a woman's one-piece \\\"suit\\\"\", \"trainImages\": 1300},")
        #expect(lines.first?.hasPrefix("[{") == true)
        #expect(lines.last?.hasSuffix("}]") == true)
    }

    @Test("what the source lacks is said, and every format names its numbering")
    func lacking() throws {
        let wnids = LabelFixtures.truthWNIDs.compactMap { WNID($0) }
        let bare = try ClassLabels(validation: wnids, in: "list.txt", source: "list.txt")
        for format in [LabelFormat.ids, .gist, .keras] {
            let error = #expect(throws: LabelError.self) { _ = try bare.lines(as: format) }
            #expect(error?.code == .incomplete)
            #expect(error?.hint?.contains("devkit") == true)
        }
        #expect(try bare.lines(as: .wnids) == LabelFixtures.truthWNIDs)
        #expect(
            try bare.lines(as: .json).first
                == "[{\"wnid\": \"n01440764\", \"rank\": 0, \"words\": []},")
        #expect(Set(LabelFormat.allCases.map(\.numbering)).count == LabelFormat.allCases.count)
    }
}
