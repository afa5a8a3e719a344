import Checksums
import Testing

@testable import DatasetManifest

@Suite struct BuiltInLabelsTests {
    private static func pins() throws -> Manifest.LabelPins {
        try #require(try BuiltIn.manifest(named: "ilsvrc2012").labels)
    }

    @Test("the built-in labels are those that the manifest pins")
    func fitsPins() throws {
        let pins = try Self.pins()
        let labels = try #require(BuiltIn.labels(for: pins))
        try labels.check(valWNIDs: pins.valWNIDs, wnids: pins.wnids)
        #expect(labels.classes.count == 1000)
        #expect(labels.validation?.count == 50_000)
        #expect(labels.source == "built-in labels of ILSVRC2012")
        #expect(labels.validationIDs?.prefix(3) == [490, 361, 171])
        let wnid = try #require(WNID("n01440764"))
        let tench = try #require(labels.class(wnid))
        #expect(tench.id == 449)
        #expect(tench.rank == 0)
        #expect(tench.words == ["tench", "Tinca tinca"])
        #expect(labels.classes.allSatisfy { $0.id != nil && !$0.words.isEmpty })
        let classes = try #require(BuiltIn.classes(for: pins))
        #expect(classes.classes == labels.classes)
        #expect(classes.validation == nil)
    }

    @Test("only a data set with the same pins gets them")
    func comparesPins() throws {
        let pins = try Self.pins()
        let other = Hasher.digest(.sha256, [])
        #expect(BuiltIn.labels(for: nil) == nil)
        #expect(BuiltIn.labels(for: .init()) == nil)
        #expect(BuiltIn.labels(for: .init(valWNIDs: other)) == nil)
        #expect(BuiltIn.labels(for: .init(valWNIDs: other, wnids: pins.wnids)) == nil)
        #expect(BuiltIn.labels(for: .init(valWNIDs: pins.valWNIDs, wnids: other)) == nil)
        #expect(BuiltIn.labels(for: .init(valWNIDs: pins.valWNIDs))?.validation != nil)
        // ImageNetV2 has the same classes and other images.
        let classes = try #require(BuiltIn.labels(for: .init(wnids: pins.wnids)))
        #expect(classes.validation == nil)
        #expect(classes.classes.count == 1000)
        #expect(BuiltIn.classes(for: nil) == nil)
        #expect(BuiltIn.classes(for: .init(wnids: other)) == nil)
        #expect(BuiltIn.classes(for: .init(valWNIDs: other, wnids: pins.wnids)) != nil)
    }

    @Test("every class of a named subset is one of the built-in classes")
    func knowsSubsets() throws {
        let classes = try #require(BuiltIn.classes(for: try Self.pins()))
        for subset in try BuiltIn.manifest(named: "ilsvrc2012").subsets {
            #expect(subset.wnids.allSatisfy { classes.class($0) != nil })
        }
    }

    @Test("a source without ids or words gets them, and keeps its own labels")
    func completes() throws {
        let builtIn = try #require(BuiltIn.labels(for: try Self.pins()))
        let wnids = try #require(builtIn.validationWNIDs)
        let boxes = try ClassLabels(validation: wnids, in: "boxes.tgz", source: "boxes.tgz")
        #expect(boxes.classes[0].words.isEmpty)
        let whole = try boxes.completed(by: builtIn)
        #expect(whole.classes == builtIn.classes)
        #expect(whole.validation == builtIn.validation)
        #expect(whole.source == "boxes.tgz")
        let few = try ClassLabels(validation: Array(wnids.prefix(3)), in: "x", source: "x")
        #expect(try few.completed(by: builtIn).classes == few.classes)
    }
}
