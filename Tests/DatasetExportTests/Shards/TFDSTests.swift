import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import SampleData
import Support
import Testing

@testable import DatasetExport

@Suite struct TFDSTests {
    private static let wnids = ["n01440764", "n02119789", "n15075141"]

    /// A JPEG's head with this size, and no pixels, as Golden/make.py has it.
    private func jpeg(_ width: Int, _ height: Int) -> [UInt8] {
        let size = [height >> 8, height & 255, width >> 8, width & 255].map { UInt8($0) }
        return [0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8] + size + [3, 1, 17, 0, 2, 17, 1, 3, 17, 1]
            + [0xFF, 0xD9]
    }

    @Test("examples, their order and their labels are those of TFDS")
    func golden() throws {
        let sizes = [(3, 2), (127, 128), (500, 375)]
        let made = try HandMade(
            zip(Self.wnids, sizes).enumerated().map { index, item in
                HandMade.Image(
                    wnid: item.0, name: "\(item.0)_\(index).JPEG", bytes: jpeg(item.1.0, item.1.1))
            })
        let table = made.samples.table
        let order = TFDSFormat().order(of: made.samples.order, in: table, seed: 1)
        let samples = SampleSequence(table, order: order)
        let format = TFDSShards(samples, TFDSLabels(table), .tfrecord)
        let records = try made.write(format, to: "out")
        let name = "imagenet2012-train.tfrecord-00000-of-00001"
        let expected = try Golden.bytes("shards/tfds")
        #expect(try made.folder.read("out/\(name)") == expected)
        // Sizes are exact, because they decide the number of shards.
        #expect(records[0].raw.size == format.size(of: 0))
        #expect(format.counts == ["payload": Int64(expected.count - 3 * 16)])
        let array = TFDSShards(samples, TFDSLabels(table), .arrayRecord)
        let shard = try made.write(array, to: "array")[0].raw
        #expect(shard.name == "imagenet2012-train.array_record-00000-of-00001")
        #expect(shard.size == array.size(of: 0) && array.counts == format.counts)
        let written = try made.folder.read("array/\(shard.name)")
        let digest = Hasher.digest(.sha256, written).hex
        let line = String(decoding: try Golden.bytes("shards/array_record"), as: UTF8.self)
            .prefix { $0 != "\n" }
        #expect(line == "tfds 0 \(digest)")
        let labels = try made.folder.text("out/label.labels.txt")
        #expect(labels.hasPrefix("n01440764\nn01443537\n") && labels.hasSuffix("n15075141\n"))
        #expect(labels.split(separator: "\n").count == 1000)
    }

    @Test("ArrayRecord files are those of its own writer, whatever blocks interrupt")
    func arrayRecord() throws {
        let lines = String(decoding: try Golden.bytes("shards/array_record"), as: UTF8.self)
            .split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.count > 50)
        let folder = try TemporaryFolder()
        for line in lines where line[0] != "tfds" {
            let (count, size) = (try #require(Int(line[0])), try #require(Int(line[1])))
            var file = try ShardFile(
                Folder(folder.path), staging: "x", name: "x", algorithms: [.sha256],
                compression: nil, rawSize: 0)
            try file.append(Riegeli.signature)
            for index in 0..<count {
                var chunk: [UInt8] = []
                ArrayRecord.appendHead(of: size, to: &chunk)
                chunk += (0..<size).map { UInt8(truncatingIfNeeded: index * 37 + $0 * 11) }
                try chunk.withUnsafeMutableBytes { try file.append(chunk: $0) }
            }
            let lengths = repeatElement(size, count: count)
            #expect(file.length == ArrayRecord.end(of: lengths))
            let start = file.length
            for var chunk in ArrayRecord.tail(lengths, at: start) {
                try chunk.withUnsafeMutableBytes { try file.append(chunk: $0) }
            }
            #expect(ArrayRecord.tailSize(lengths, at: start) == file.length - start)
            #expect(try file.finish(suffix: "").raw.digests[0].hex == line[2], "\(line)")
        }
    }

    // Computed by TFDS 4.9.10: shard_utils.ShardConfig().get_number_shards(payload, images).
    @Test(
        "there are as many shards as TFDS makes",
        arguments: [
            (0, 1, 1), (100 << 20, 50, 1), (134_216_928, 50, 2), (134_216_927, 50, 1),
            (5 << 30, 3, 1), (300 << 20, 1000, 4), (6_719_324_160, 50_000, 64),
            (13_685_616_640, 100_000, 128), (147_897_477_120, 1_281_167, 1024),
            (147_897_477_120, 1000, 512), (2_147_483_648_000, 1_281_167, 2048),
            (64 << 30, 1023, 512), (64 << 30, 1024, 1024),
        ] as [(Int64, Int, Int)])
    func counts(payload: Int64, images: Int, expected: Int) {
        #expect(TFDSShards.shardCount(payload, images: images) == expected)
    }

    // The same with shard_utils.get_shard_boundaries(images, shards).
    @Test("the bounds between shards are rounded as Python rounds")
    func bounds() {
        func lengths(_ images: Int, _ shards: Int) -> [Int] {
            TFDSShards.bounds(images, shards).map(\.count)
        }
        #expect(lengths(10, 4) == [2, 3, 3, 2])
        #expect(lengths(6, 4) == [2, 1, 1, 2])
        #expect(lengths(5, 2) == [2, 3])
        #expect(lengths(7, 2) == [4, 3])
        let train = lengths(1_281_167, 1024)
        #expect(train.prefix(5) == [1251, 1251, 1251, 1252, 1251])
        #expect(train.enumerated().reduce(0) { $0 + ($1.offset + 1) * $1.element } == 656_598_087)
    }

    @Test("validation images are in the order of TFDS")
    func order() throws {
        var table = SampleTable(.val, classes: [])
        let wnid = try #require(WNID("n01440764"))
        for number in 1...50_000 {
            let name = "ILSVRC2012_val_\(padded(number, 8)).JPEG"
            try table.add(Array(name.utf8), rank: 0, offset: 0, size: 1, in: "x")
        }
        try table.finish(classes: [wnid], words: [""], ranks: [0])
        let order = TFDSFormat().order(of: Array(0..<50_000), in: table, seed: 1)
        #expect(order.prefix(4) == [9669, 36704, 3544, 47962])
        #expect(order.last == 1273)
    }

    // MARK: All splits in one folder

    private static let inside = "out/imagenet2012/5.1.0"

    private func labels(_ sample: borrowing MadeSample) throws -> ClassLabels {
        try LabelSource.file(Path(sample.tar("ILSVRC2012_devkit_t12.tar.gz"))).read()
    }

    private func export(
        _ sample: borrowing MadeSample, _ split: SampleTable.Split
    ) -> ShardExport {
        let name = "ILSVRC2012_img_\(split == .test ? "test_v10102019" : split.rawValue)"
        let format = TFDSFormat()
        return ShardExport(
            format: format, split: split, input: .archive(Path(sample.tar(name + ".tar"))),
            place: format.place(in: sample.folder["out"], name: name, split))
    }

    private func names(_ sample: borrowing MadeSample) throws -> [String] {
        try sample.folder.names(in: Self.inside)
    }

    private static let indexes = ["dataset_info.json", "features.json", "label.labels.txt"]

    private static func shard(_ split: String) -> String {
        "imagenet2012-\(split).tfrecord-00000-of-00001"
    }

    @Test("the splits share a folder, in any order, and each is described there")
    func together() throws {
        let sample = try MadeSample()
        let labels = try labels(sample)
        for split in [SampleTable.Split.test, .val, .train] {
            #expect(try export(sample, split).run(labels: labels) { _ in }.isWhole)
            #expect(try TFDSFormat().describe(sample.folder["out"], isOwn: true) == [])
        }
        #expect(
            try names(sample).sorted()
                == (Self.indexes + ["test", "train", "validation"].map(Self.shard)).sorted())
        let info = try sample.folder.text(Self.inside + "/dataset_info.json")
        for split in ["train", "validation", "test"] {
            #expect(info.contains("\"name\": \"\(split)\""))
        }
        #expect(info.contains("\"shardLengths\": [\n        \"7\"\n      ]"))
        let again = try export(sample, .val).run(labels: labels) { _ in }
        #expect(again.isAlreadyDone && again.images == 7)
        // Nothing of the work is left.
        let beside = try sample.folder.names(in: "out")
        #expect(
            beside == [
                "ILSVRC2012_img_test_v10102019.receipt.json", "ILSVRC2012_img_train.receipt.json",
                "ILSVRC2012_img_val.receipt.json", "imagenet2012",
            ])
        for place in ["out", Self.inside] {
            let found = try OutputCheck.outputs(at: sample.folder[place])
            #expect(found.outputs.count == 3 && found.isOutput == (place != "out"))
            for output in found.outputs {
                #expect(try OutputCheck(output).run { _ in }.faults == [])
            }
        }
    }

    @Test("two runs that end at the same moment are both described")
    func atOnce() throws {
        let sample = try MadeSample()
        let labels = try labels(sample)
        #expect(try export(sample, .train).run(labels: labels) { _ in }.isWhole)
        var isOther = true
        let warnings = try TFDSInfo(sample.folder["out"]).write {
            // The other run, after this one has looked which splits there are.
            guard isOther else { return }
            isOther = false
            let other = try export(sample, .val).run(labels: labels) { _ in }
            #expect(other.isWhole)
        }
        let info = try sample.folder.text(Self.inside + "/dataset_info.json")
        #expect(warnings == [] && info.contains("\"name\": \"validation\""))
        #expect(info.contains("\"name\": \"train\""))
    }

    @Test("a split is replaced without the others, and its old shards are gone")
    func replaced() throws {
        let sample = try MadeSample()
        let labels = try labels(sample)
        for split in [SampleTable.Split.train, .val] {
            _ = try export(sample, split).run(labels: labels) { _ in }
        }
        let before = try sample.folder.read(Self.inside + "/" + Self.shard("validation"))
        var other = export(sample, .train)
        other.format = TFDSFormat(.arrayRecord)
        #expect(throws: ExportError.self) { try other.run(labels: labels) { _ in } }
        other.options.isForced = true
        #expect(try other.run(labels: labels) { _ in }.isWhole)
        #expect(
            try names(sample).filter { $0.contains("-train.") } == [
                "imagenet2012-train.array_record-00000-of-00001"
            ])
        #expect(
            try sample.folder.read(Self.inside + "/" + Self.shard("validation")) == before)
    }

    @Test("what somebody else has prepared stays")
    func foreign() throws {
        let sample = try MadeSample()
        let labels = try labels(sample)
        try sample.folder.write("{}", to: Self.inside + "/dataset_info.json")
        for isForced in [false, true] {
            var export = export(sample, .train)
            export.options.isForced = isForced
            #expect(throws: ExportError.self) { try export.run(labels: labels) { _ in } }
        }
        try Folder(sample.folder[Self.inside]).remove("dataset_info.json")
        let shard = Self.inside + "/" + Self.shard("train")
        try sample.folder.write("theirs", to: shard)
        #expect(throws: ExportError.self) {
            try export(sample, .train).run(labels: labels) { _ in }
        }
        #expect(try sample.folder.text(shard) == "theirs")
        #expect(try export(sample, .val).run(labels: labels) { _ in }.isWhole)
    }

    @Test("splits with different labels or formats are not put together")
    func different() throws {
        let sample = try MadeSample()
        let labels = try labels(sample)
        _ = try export(sample, .val).run(labels: labels) { _ in }
        let two = try #require(
            ClassSelection(title: "two", wnids: labels.classes.prefix(2).map(\.wnid)))
        var few = export(sample, .train)
        few.options.choice = ClassChoice(two, .subset)
        #expect(throws: ExportError.self) { try few.run(labels: labels) { _ in } }
        var array = export(sample, .train)
        array.format = TFDSFormat(.arrayRecord)
        let error = #expect(throws: ExportError.self) { try array.run(labels: labels) { _ in } }
        #expect(error?.message.contains("the split validation is there as tfrecord") == true)
        #expect(try !names(sample).contains { $0.contains("-train.") })
        // By force the new one goes first, and the others are left out.
        few.options.isForced = true
        #expect(try few.run(labels: labels) { _ in }.isWhole)
        #expect(
            try sample.folder.text(Self.inside + "/label.labels.txt")
                == labels.classes.prefix(2).map { "\($0.wnid)\n" }.joined())
        let remarks = try TFDSFormat().describe(sample.folder["out"], isOwn: true)
        #expect(remarks.count == 1 && remarks[0].contains("does not have the split validation"))
        let info = try sample.folder.text(Self.inside + "/dataset_info.json")
        #expect(info.contains("\"train\"") && !info.contains("\"validation\""))
        let val = try OutputCheck.outputs(at: sample.folder[Self.inside]).outputs
            .first { $0.name == "ILSVRC2012_img_val" }
        #expect(try !OutputCheck(#require(val)).run { _ in }.isRight)
    }

    @Test("a run that was killed between two files is finished by the next")
    func killed() throws {
        let sample = try MadeSample()
        let labels = try labels(sample)
        let export = export(sample, .train)
        _ = try export.run(labels: labels) { _ in }
        let receipt = try sample.folder.read("out/ILSVRC2012_img_train.receipt.json")
        let shard = try sample.folder.read(Self.inside + "/" + Self.shard("train"))
        // As if it had been killed after it had moved the labels.
        try sample.folder.write(receipt, to: "out/.ILSVRC2012_img_train.done.json")
        try sample.folder.write(shard, to: "out/.ILSVRC2012_img_train.new/" + Self.shard("train"))
        try Folder(sample.folder["out"]).remove("ILSVRC2012_img_train.receipt.json")
        try sample.folder.write("half", to: Self.inside + "/" + Self.shard("train"))
        let done = try export.run(labels: labels) { _ in Issue.record("nothing is left to do") }
        #expect(done.isAlreadyDone)
        #expect(try sample.folder.read(Self.inside + "/" + Self.shard("train")) == shard)
        #expect(
            try sample.folder.names(in: "out") == [
                "ILSVRC2012_img_train.receipt.json", "imagenet2012",
            ])
    }
}
