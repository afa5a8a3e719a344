import Checksums
import Disk
import Support
import Testing

@testable import DatasetManifest

@Suite struct ClassLabelsTests {
    private func devkit(truth: String = LabelFixtures.truth) throws -> ClassLabels {
        var devkit = Devkit()
        try devkit.add(.metadata, LabelFixtures.golden("meta.mat"), file: "meta.mat")
        try devkit.add(.truth, Array(truth.utf8), file: "truth.txt")
        return try devkit.labels(source: "kit")
    }

    @Test("a devkit gives its leaves by rank, with ids, words, gloss and counts")
    func classes() throws {
        let labels = try devkit()
        #expect(labels.classes.map { "\($0.wnid)" } == LabelFixtures.wnids)
        #expect(labels.classes.map(\.id) == LabelFixtures.ids)
        #expect(labels.classes.map(\.rank) == Array(0..<6))
        #expect(labels.classes[0].words == ["tench", "Tinca tinca"])
        #expect(labels.classes[2].gloss == "small grey fox")
        #expect(labels.classes[5].trainImages == 732)
        #expect(labels.class(id: 1)?.rank == 2)
        #expect(labels.class(id: 7) == nil)
        #expect(WNID("n03710721").flatMap { labels.class($0)?.id } == 4)
        #expect(labels.class(validationImage: 1)?.rank == 0)
        #expect(labels.class(validationImage: 8)?.rank == 0)
        #expect(labels.class(validationImage: 0) == nil)
        #expect(labels.class(validationImage: 9) == nil)
        #expect(labels.validation == [0, 2, 4, 4, 1, 5, 3, 0])
        #expect(labels.validationIDs == LabelFixtures.truthIDs)
        #expect(labels.validationWNIDs?.map { "\($0)" } == LabelFixtures.truthWNIDs)
    }

    @Test("the devkits of 2015 and 2017 give the same classes")
    func laterDevkit() throws {
        var devkit = Devkit()
        try devkit.add(.metadata, LabelFixtures.golden("meta_clsloc.mat"), file: "meta_clsloc.mat")
        try devkit.add(.truth, Array(LabelFixtures.truth.utf8), file: "truth.txt")
        let labels = try devkit.labels(source: "kit")
        #expect(labels.classes.map(\.id) == LabelFixtures.ids)
        #expect(labels.classes[2].words == ["kit fox"])
        #expect(labels.classes[2].gloss == "kit fox, Vulpes macrotis")

        var byMap = Devkit()
        let map = zip(LabelFixtures.wnids, LabelFixtures.ids).map { "\($0) \($1) kit_fox" }
        try byMap.add(.map, Array(LabelFixtures.lines(map).utf8), file: "map_clsloc.txt")
        try byMap.add(.truth, Array(LabelFixtures.truth.utf8), file: "truth.txt")
        let mapped = try byMap.labels(source: "kit")
        #expect(mapped.classes.map(\.id) == LabelFixtures.ids)
        #expect(mapped.validation == labels.validation)
        #expect(mapped.classes[0].words == ["kit fox"])
    }

    @Test("labels are compared with pins, and others are refused")
    func pins() throws {
        let labels = try devkit()
        let wnids = Hasher.digest(.sha256, Array(LabelFixtures.lines(LabelFixtures.wnids).utf8))
        let values = Hasher.digest(
            .sha256, Array(LabelFixtures.lines(LabelFixtures.truthWNIDs).utf8))
        try labels.check(valWNIDs: values, wnids: wnids)
        try labels.check(valWNIDs: nil, wnids: nil)
        let error = #expect(throws: LabelError.self) {
            try labels.check(valWNIDs: wnids, wnids: wnids)
        }
        #expect(error?.code == .pinMismatch)
        #expect(error?.message.contains("8 validation labels") == true)
        let classes = #expect(throws: LabelError.self) {
            try labels.check(valWNIDs: values, wnids: values)
        }
        #expect(classes?.message.contains("6 classes") == true)
        // One line less, as after a download that broke off.
        let shorter = try devkit(truth: LabelFixtures.lines(["3", "1", "6"]))
        let short = #expect(throws: LabelError.self) {
            try shorter.check(valWNIDs: values, wnids: wnids)
        }
        #expect(short?.message.contains("3 validation labels") == true)
    }

    @Test("ids out of range, blank and strange lines are refused with file and line")
    func badTruth() throws {
        for (bad, number) in [("0", 2), ("7", 2), ("", 2), ("x", 2), ("-1", 2), ("1.0", 2)] {
            let error = #expect(throws: LabelError.self, "\(bad)") {
                _ = try devkit(truth: "1\n\(bad)\n3\n")
            }
            #expect(error?.message.contains("truth.txt: line \(number)") == true, "\(bad)")
        }
        for empty in ["", "\n\n"] {
            #expect(throws: LabelError.self) { _ = try devkit(truth: empty) }
        }
        #expect(throws: LabelError.self) { _ = try devkit(truth: "n01440764\n") }
    }

    @Test("classes that are there twice, or have ids that cannot be, are refused")
    func badClasses() throws {
        let lists = [
            [(1, "n00000001"), (2, "n00000001")], [(1, "n00000001"), (1, "n00000002")],
            [(1, "n00000001"), (3, "n00000002")], [(0, "n00000001"), (1, "n00000002")], [],
        ]
        for list in lists {
            let facts = list.compactMap { id, wnid in
                WNID(wnid).map { ClassLabels.Fact(id: id, wnid: $0) }
            }
            #expect(facts.count == list.count)
            let error = #expect(throws: LabelError.self) {
                _ = try ClassLabels(facts, in: "the file", truth: nil, source: "x")
            }
            #expect(error?.message.contains("the file") == true)
        }
    }

    @Test("a number is looked up in both numberings, and each is named")
    func lookupNumbers() throws {
        let labels = try devkit()
        let both = labels.lookup("2")
        #expect(both.map(\.numbering) == [.id, .rank])
        #expect(both.map { "\($0.found.wnid)" } == ["n02100735", "n02119789"])
        #expect(labels.lookup("0").map(\.numbering) == [.rank])
        #expect(labels.lookup("6").map(\.numbering) == [.id])
        #expect(labels.lookup("7").isEmpty)
        #expect(labels.lookup("-1").isEmpty)
    }

    @Test("WNIDs, images and words are looked up, in either case")
    func lookupOthers() throws {
        let labels = try devkit()
        #expect(labels.lookup("N02119789").map(\.found.id) == [1])
        #expect(labels.lookup("n99999999").isEmpty)
        #expect(labels.lookup("TENCH").map(\.found.rank) == [0])
        #expect(labels.lookup("cup").map(\.found.rank) == [5])
        // A whole word before a part of one.
        #expect(labels.lookup("t").map(\.found.rank) == [0, 1, 2, 3, 4])
        #expect(labels.lookup("suit").map(\.numbering) == [.words])
        #expect(labels.lookup("CAFÉ AU LAIT").map(\.found.rank) == [4])
        let image = labels.lookup("val/ILSVRC2012_val_00000002.JPEG")
        #expect(image.map(\.numbering) == [.validationImage])
        #expect(image.map(\.found.id) == [1])
        #expect(labels.lookup("").isEmpty)
        #expect(labels.lookup("no such thing").isEmpty)
    }

    @Test("WNIDs are an n and eight digits, and nothing else")
    func wnids() {
        #expect(WNID("n01440764").map { "\($0)" } == "n01440764")
        #expect(WNID("n00000000").map { "\($0)" } == "n00000000")
        for bad in ["", "n", "n0144076", "n014407645", "N01440764", "01440764", "n0144076x", "n٠١"]
        {
            #expect(WNID(bad) == nil)
        }
    }
}
