import DataFolder
import Disk
import Support
import Testing

@testable import DatasetExport

@Suite struct WebDatasetInfoTests {
    private func export(
        _ sample: borrowing MadeSample, _ split: SampleTable.Split, named name: String? = nil
    ) -> ShardExport {
        let archive = "ILSVRC2012_img_\(split == .test ? "test_v10102019" : "train")"
        return ShardExport(
            format: WebDatasetFormat(shards: 2), split: split,
            input: .archive(Path(sample.tar(archive + ".tar"))),
            place: OutputPlace(parent: sample.folder["out"], name: name ?? archive))
    }

    @Test("somebody else's file is refused before anything is written, and never written over")
    func foreign() throws {
        let sample = try MadeSample()
        let export = export(sample, .train)
        for text in [
            "mine", #"{"name": "imagenet"}"#,
            #"{"name": "imagenet", "splits": {}, "more": 1}"#,
            #"{"name": "imagenet", "splits": {"train": {"name": "train", "num_samples": 1, "#
                + #""filenames": ["a-0.tar"], "shard_lengths": [1]}}}"#,
        ] {
            try sample.folder.write(text, to: "out/_info.json")
            let error = #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
            #expect(error?.code == .exists && error?.message.contains("_info.json") == true)
            #expect(try sample.folder.names(in: "out") == ["_info.json"])
            #expect(
                try WebDatasetInfo.write(in: sample.folder["out"])[0].contains("left alone"))
            #expect(try sample.folder.text("out/_info.json") == text)
        }
    }

    @Test("one output of a split is in it, and the other is named")
    func twice() throws {
        let sample = try MadeSample()
        for (split, name) in [(.train, "a"), (.train, "b"), (.test, "c")]
            as [(SampleTable.Split, String)]
        {
            _ = try export(sample, split, named: name).run(labels: nil) { _ in }
        }
        let remarks = try WebDatasetInfo.write(in: sample.folder["out"])
        #expect(remarks.count == 1 && remarks[0].contains("has a and not b"))
        let text = try sample.folder.text("out/_info.json")
        #expect(text.split(separator: #""train": {"#).count == 2)
        #expect(text.contains("c/imagenet-test-000000.tar") && !text.contains("b/imagenet"))
        // It is ours, and is written again.
        #expect(try WebDatasetInfo.isThere(in: sample.folder["out"]))
        _ = try WebDatasetInfo.write(in: sample.folder["out"])
        #expect(try sample.folder.text("out/_info.json") == text)
    }

    @Test("a broken index is named, and the others are there all the same", arguments: ["{}", nil])
    func broken(index: String?) throws {
        let sample = try MadeSample()
        for split in [SampleTable.Split.train, .test] {
            _ = try export(sample, split).run(labels: nil) { _ in }
        }
        let folder = try Folder(sample.folder["out/ILSVRC2012_img_train"])
        try folder.remove("imagenet-train.json")
        if let index { try folder.publish("imagenet-train.json", Array(index.utf8)) }
        let error = #expect(throws: ExportError.self) {
            _ = try WebDatasetInfo.write(in: sample.folder["out"])
        }
        #expect(error?.code == .brokenOutput && error?.hint != nil)
        #expect(error?.message.contains("ILSVRC2012_img_train") == true)
        #expect(try sample.folder.text("out/_info.json").contains("imagenet-test-000000.tar"))
    }

    @Test("without shards there is none")
    func gone() throws {
        let sample = try MadeSample()
        let export = export(sample, .train)
        _ = try export.run(labels: nil) { _ in }
        _ = try WebDatasetInfo.write(in: sample.folder["out"])
        #expect(try WebDatasetInfo.isThere(in: sample.folder["out"]))
        try Folder(sample.folder["out"]).removeTree(Path(export.place.name))
        _ = try WebDatasetInfo.write(in: sample.folder["out"])
        #expect(try !sample.folder.names(in: "out").contains("_info.json"))
    }
}
