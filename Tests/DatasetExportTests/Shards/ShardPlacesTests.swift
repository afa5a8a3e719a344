import DataFolder
import Disk
import SampleData
import Support
import Testing

@testable import DatasetExport

/// What stands where shards are to appear, and is not theirs.
@Suite struct ShardPlacesTests {
    private static let options = SampleDataset.Options(
        classes: 3, perClass: 4, val: 5, test: 0, seed: 4)

    private func export(
        _ sample: borrowing MadeSample, _ format: any OutputFormat, to parent: String
    ) -> ShardExport {
        ShardExport(
            format: format, split: .train,
            input: .archive(Path(sample.tar("ILSVRC2012_img_train.tar"))),
            place: OutputPlace(parent: sample.folder[parent], name: "t"))
    }

    private func refusal(_ export: ShardExport) -> ExportError? {
        #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
    }

    // MARK: Companions

    @Test("somebody else's folder where the indexes would appear is left alone")
    func foreignCompanions() throws {
        let sample = try MadeSample(Self.options)
        var export = export(sample, TFRecordFormat(shards: 2), to: "own")
        try sample.folder.write("precious", to: "own_idx/t/my.txt")
        for isForced in [false, true] {
            export.options.isForced = isForced
            let error = refusal(export)
            #expect(error?.code == .exists && error?.message.contains("own_idx") == true)
            #expect(try sample.folder.text("own_idx/t/my.txt") == "precious")
            #expect(try sample.folder.names() == ["own_idx", "sample"])
        }
    }

    @Test("indexes of ours are replaced, whether their shards are there or not")
    func ownCompanions() throws {
        let sample = try MadeSample(Self.options)
        var export = export(sample, TFRecordFormat(shards: 2), to: "own")
        _ = try export.run(labels: nil) { _ in }
        export.format = TFRecordFormat(shards: 3)
        export.options.isForced = true
        _ = try export.run(labels: nil) { _ in }
        #expect(try sample.folder.names(in: "own_idx/t").count == 3)
        // Shards that somebody has removed, with the receipt.
        let parent = try Folder(sample.folder["own"])
        try parent.removeTree("t")
        try parent.remove("t.receipt.json")
        export.options.isForced = false
        _ = try export.run(labels: nil) { _ in }
        #expect(try sample.folder.names(in: "own_idx") == ["t"])
    }

    @Test("the folder of the indexes is named after the folder that a dot means")
    func dots() throws {
        let sample = try MadeSample(Self.options)
        try sample.folder.write("", to: "a/b/x")
        let real = try sample.folder.path.resolved()
        for (parent, expected) in [
            ("a/b/.", "a/b_idx"), ("a/b/..", "a_idx"), ("a/b", "a/b_idx"), ("a/b/", "a/b_idx"),
            ("c/.", "c_idx"),
        ] {
            let export = export(sample, TFRecordFormat(shards: 2), to: parent)
            let found = try #require(export.format.companions(of: export.place)?.parent)
            #expect(
                found == real.appending(expected) || found == sample.folder[expected], "\(parent)")
        }
        let export = export(sample, TFRecordFormat(shards: 2), to: "a/b/.")
        _ = try export.run(labels: nil) { _ in }
        #expect(try sample.folder.names(in: "a/b_idx/t").count == 2)
        #expect(try sample.folder.names(in: "a/b") == ["t", "t.receipt.json", "x"])
    }

    // MARK: Inputs

    @Test(
        "shards do not replace the tree that they are made of, nor lie in it",
        arguments: [false, true])
    func ownInput(isForced: Bool) throws {
        let sample = try MadeSample(Self.options)
        for (path, bytes) in try sample.trainImages() {
            try sample.folder.write(bytes, to: "in/t/\(path)")
        }
        let before = try sample.folder.names(in: "in/t")
        try Folder(sample.folder.path).makeSymbolicLink("link", to: "in")
        for (tree, parent) in [
            ("in/t", "in"), ("in/t", "link"), ("link/t", "in"), ("in/t", "in/t"),
            ("in/t", "in/t/n/new"), ("in", "in"),
        ] {
            var export = export(sample, MDSFormat(), to: parent)
            export.input = .tree(sample.folder[tree])
            export.options.isForced = isForced
            #expect(refusal(export)?.code == .exists, "\(tree) to \(parent)")
        }
        #expect(try sample.folder.names(in: "in/t") == before)
        #expect(try sample.folder.names(in: "in") == ["t"])
        // Beside it there is room.
        var export = export(sample, MDSFormat(), to: "in")
        export.input = .tree(sample.folder["in/t"])
        export.place = OutputPlace(parent: sample.folder["in"], name: "t2")
        #expect(throws: Never.self) { try export.run(labels: nil) { _ in } }
    }

    @Test(
        "shards do not replace the folder that the archive lies in, nor the one that links lead to")
    func heldInput() throws {
        let sample = try MadeSample(Self.options)
        var export = export(sample, MDSFormat(), to: "sample")
        export.place = OutputPlace(parent: sample.folder["sample"], name: "tar")
        export.options.isForced = true
        #expect(refusal(export)?.code == .exists)
        for (path, bytes) in try sample.trainImages() {
            try sample.folder.write(bytes, to: "real/\(path)")
        }
        let links = try Folder.creating(sample.folder["links"])
        for name in try sample.folder.names(in: "real") {
            try links.makeSymbolicLink(
                Path(name), to: sample.folder["real"].appending(name))
        }
        export.input = .tree(sample.folder["links"])
        export.place = OutputPlace(parent: sample.folder.path, name: "real")
        #expect(refusal(export)?.code == .exists)
        #expect(try sample.folder.names(in: "real").count == 3)
    }
}
