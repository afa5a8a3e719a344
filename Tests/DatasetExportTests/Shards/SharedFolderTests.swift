import DataFolder
import DatasetManifest
import Disk
import SampleData
import Support
import Testing

@testable import DatasetExport

/// Outputs of several splits whose files lie in one folder.
@Suite struct SharedFolderTests {
    private struct Interrupted: Error {}

    private static let options = SampleDataset.Options(
        classes: 3, perClass: 6, val: 9, test: 6, seed: 5)
    private static let files = "parquet/imagenet-1k/data"

    private func labels(_ sample: borrowing MadeSample) throws -> ClassLabels {
        try LabelSource.file(Path(sample.tar("ILSVRC2012_devkit_t12.tar.gz"))).read()
    }

    private func name(_ split: SampleTable.Split) -> String {
        "ILSVRC2012_img_\(split == .test ? "test_v10102019" : split.rawValue)"
    }

    private func export(
        _ sample: borrowing MadeSample, _ split: SampleTable.Split, shards: Int = 2
    ) throws -> ShardExport {
        ShardExport(
            format: try ParquetFormat().with(["shards": "\(shards)"]), split: split,
            input: .archive(Path(sample.tar(name(split) + ".tar"))),
            place: OutputPlace(parent: sample.folder["parquet"], name: name(split)))
    }

    private func names(_ sample: borrowing MadeSample) throws -> [String] {
        try sample.folder.names(in: Self.files)
    }

    private static func shards(_ split: String, _ count: Int) -> [String] {
        (0..<count).map { "\(split)-0000\($0)-of-0000\(count).parquet" }
    }

    @Test("all splits lie in one folder, and their receipts above it")
    func splits() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        for split in [SampleTable.Split.val, .train, .test] {
            let export = try export(sample, split)
            let made = try export.run(labels: labels) { _ in }
            #expect(made.isWhole && made.shards == 2)
            #expect(made.place.path == sample.folder[Self.files])
            #expect(try export.run(labels: labels) { _ in }.isAlreadyDone)
        }
        let all = Self.shards("test", 2) + Self.shards("train", 2) + Self.shards("validation", 2)
        #expect(try names(sample) == all)
        #expect(
            try sample.folder.names(in: "parquet")
                == (SampleTable.Split.allCases.map { name($0) + ".receipt.json" }.sorted()
                    + ["imagenet-1k"]))
        let test = try ParquetFile(try sample.folder.read("\(Self.files)/\(all[0])"))
        #expect(test.rows.map(\.label) == [-1, -1, -1])
        let train = try ParquetFile(try sample.folder.read("\(Self.files)/\(all[2])"))
        #expect(train.metadata == test.metadata)
        let found = try OutputSurvey(DataFolder(sample.folder.path)).outputs()
            .filter { $0.kind == "parquet" }
        #expect(found.map(\.name).sorted() == SampleTable.Split.allCases.map(name).sorted())
        #expect(found.allSatisfy { $0.state == .whole && $0.shards == 2 })
        #expect(
            Set(found.map { "\($0.shownPath.lastComponent)" })
                == ["train-*", "validation-*", "test-*"])
        // A lost file is the fault of its own split.
        try Folder(sample.folder[Self.files]).remove(Path(all[2]))
        for output in try OutputSurvey(DataFolder(sample.folder.path)).outputs()
        where output.kind == "parquet" {
            if case .broken = output.state {
                #expect(output.name == name(.train))
            } else {
                #expect(output.name != name(.train) && output.state == .whole)
            }
        }
        for place in ["parquet", "parquet/imagenet-1k", Self.files] {
            let outputs = try OutputCheck.outputs(at: sample.folder[place])
            #expect(outputs.outputs.count == 3, "\(place)")
            #expect(outputs.isOutput == (place != "parquet"))
            for output in outputs.outputs {
                let verdict = try OutputCheck(output).run { _ in }
                #expect(verdict.isRight == (output.name != name(.train)), "\(place)")
            }
        }
    }

    @Test("--force replaces the files of its own split, once the new ones are there")
    func replaced() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        _ = try export(sample, .val).run(labels: labels) { _ in }
        _ = try export(sample, .train, shards: 4).run(labels: labels) { _ in }
        var other = try export(sample, .train, shards: 3)
        let error = #expect(throws: ExportError.self) { try other.run(labels: labels) { _ in } }
        #expect(error?.code == .exists && error?.hint?.names(.force) == true)
        let before = Self.shards("train", 4) + Self.shards("validation", 2)
        other.options.isForced = true
        #expect(throws: Interrupted.self) {
            try other.run(labels: labels) { now in
                if now.stage == .writing, now.images == 14 { throw Interrupted() }
            }
        }
        #expect(try names(sample) == before)
        #expect(try other.run(labels: labels) { _ in }.isWhole)
        #expect(try names(sample) == Self.shards("train", 3) + Self.shards("validation", 2))
    }

    @Test("files of somebody else that would be taken for ours are left alone")
    func foreign() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        // Whatever has another name is nobody's business.
        try sample.folder.write("mine", to: "\(Self.files)/notes")
        for name in ["train-00000-of-00001.parquet", "train-x"] {
            try sample.folder.write("precious", to: "\(Self.files)/\(name)")
            for isForced in [false, true] {
                var export = try export(sample, .train)
                export.options.isForced = isForced
                let error = #expect(throws: ExportError.self) {
                    try export.run(labels: labels) { _ in }
                }
                #expect(error?.code == .exists && error?.message.contains(name) == true)
                #expect(try names(sample) == ["notes", name])
            }
            try Folder(sample.folder[Self.files]).remove(Path(name))
        }
        #expect(try export(sample, .train).run(labels: labels) { _ in }.isWhole)
        #expect(try sample.folder.text("\(Self.files)/notes") == "mine")
        // Beside a receipt they are noticed too.
        try sample.folder.write("precious", to: "\(Self.files)/train-x")
        var again = try export(sample, .train, shards: 3)
        again.options.isForced = true
        #expect(throws: ExportError.self) { try again.run(labels: labels) { _ in } }
        #expect(try sample.folder.text("\(Self.files)/train-x") == "precious")
    }

    @Test("a run that died while it moved its files is brought to its end", arguments: 0...3)
    func died(moved: Int) throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        _ = try export(sample, .val).run(labels: labels) { _ in }
        let export = try export(sample, .train, shards: 3)
        _ = try export.run(labels: labels) { _ in }
        let expected = try Golden.files(sample.folder[Self.files])
        let parent = try Folder(sample.folder["parquet"])
        guard case .receipt(let receipt) = try OutputReceipt.load(name(.train), in: parent) else {
            Issue.record("there is no receipt")
            return
        }
        // Some files are moved, the others are not yet; one is left of an older output.
        try parent.remove(OutputReceipt.fileName(name(.train)))
        try parent.publish(Path(".\(name(.train)).done.json"), receipt.encoded)
        let work = try parent.folder(export.place.work, creating: true)
        let files = try Folder(sample.folder[Self.files])
        for shard in Self.shards("train", 3).dropFirst(moved) {
            try files.move(Path(shard), into: work)
        }
        try sample.folder.write("old", to: "\(Self.files)/train-00000-of-00001.parquet")
        #expect(try export.run(labels: labels) { _ in }.isAlreadyDone)
        #expect(try Golden.files(sample.folder[Self.files]) == expected)
        #expect(
            try sample.folder.names(in: "parquet")
                == [name(.train), name(.val)].map { $0 + ".receipt.json" } + ["imagenet-1k"])
    }

    @Test("splits of different classes do not get into one folder")
    func classes() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let some = try #require(
            ClassSelection(title: "two", wnids: labels.classes.prefix(2).map(\.wnid)))
        _ = try export(sample, .train).run(labels: labels) { _ in }
        var val = try export(sample, .val)
        for space in LabelSpace.allCases {
            val.options.choice = ClassChoice(some, space)
            let error = #expect(throws: ExportError.self) { try val.run(labels: labels) { _ in } }
            #expect(error?.message.contains(name(.train)) == true)
        }
        val.options.choice = nil
        #expect(throws: Never.self) { try val.run(labels: labels) { _ in } }
        // The same classes in another folder.
        for split in [SampleTable.Split.train, .val] {
            var export = try export(sample, split)
            export.place = OutputPlace(parent: sample.folder["two"], name: name(split))
            export.options.choice = ClassChoice(some)
            #expect(try export.run(labels: labels) { _ in }.isWhole)
        }
        let file = try ParquetFile(
            try sample.folder.read("two/imagenet-1k/data/train-00000-of-00002.parquet"))
        #expect(Set(file.rows.map(\.label)).isSubset(of: [0, 1]))
        #expect(file.metadata["huggingface"]?.split(separator: "\", \"").count == 2)
    }

    @Test("any number of threads and of slices gives the same bytes")
    func stable() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        var files: [[String: [UInt8]]] = []
        for threads in [1, 5] {
            var export = try export(sample, .train, shards: 4)
            export.place = OutputPlace(parent: sample.folder["t\(threads)"], name: "t")
            export.options.threads = threads
            _ = try export.run(labels: labels) { _ in }
            files.append(try Golden.files(sample.folder["t\(threads)/imagenet-1k/data"]))
        }
        var export = try export(sample, .train, shards: 4)
        export.place = OutputPlace(parent: sample.folder["slices"], name: "t")
        for index in [2, 1] {
            export.options.share = .slice(try #require(ShardSlice(index: index, count: 2)))
            #expect(try !export.run(labels: labels) { _ in }.isWhole)
            #expect(try sample.folder.names(in: "slices") == [".t.new"])
        }
        export.options.share = .whole
        #expect(try export.run(labels: labels) { _ in }.keptShards == 4)
        files.append(try Golden.files(sample.folder["slices/imagenet-1k/data"]))
        #expect(files[0] == files[1] && files[0] == files[2] && files[0].count == 4)
    }

    @Test("files without a receipt are somebody else's, and are told by their names")
    func unknown() throws {
        let folder = try TemporaryFolder()
        for name in ["train-00000-of-00002.parquet", "validation-00000-of-00001.parquet"] {
            try folder.write("PAR1", to: "\(Self.files)/\(name)")
        }
        let found = try #require(
            try OutputSurvey(DataFolder(folder.path)).outputs().first { $0.kind == "parquet" })
        #expect(found.name == "imagenet-1k" && found.shards == 3 && found.bytes == 8)
        #expect(found.state == .broken("1 of 3 shards is missing"))
    }
}
