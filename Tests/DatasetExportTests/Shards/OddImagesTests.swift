import DataFolder
import Disk
import SampleData
import Support
import Testing

@testable import DatasetExport

@Suite struct OddImagesTests {
    private static let options = SampleDataset.Options(
        classes: 3, perClass: 8, val: 4, test: 0, seed: 5)

    private func run(
        _ sample: borrowing MadeSample, _ mode: ImageMode, _ format: any OutputFormat,
        threads: Int = 2
    ) throws -> (summary: ShardExport.Summary, files: [String: [UInt8]]) {
        var export = ShardExport(
            format: format, split: .train,
            input: .archive(Path(sample.tar("ILSVRC2012_img_train.tar"))),
            place: OutputPlace(parent: sample.folder["\(mode)\(threads)\(format.name)"], name: "t"))
        export.options.images = mode
        export.options.threads = threads
        let summary = try export.run(labels: nil) { _ in }
        return (summary, mode == .list ? [:] : try Golden.files(export.place.path))
    }

    private func kinds(_ summary: ShardExport.Summary) -> [String] {
        summary.oddities.map(\.what).sorted()
    }

    @Test("keep names them and changes no byte")
    func keep() throws {
        let sample = try MadeSample(Self.options)
        let found = try run(sample, .keep, WebDatasetFormat(shards: 1))
        #expect(kinds(found.summary) == ["PNG", "YCCK JPEG"])
        let shard = try #require(found.files["imagenet-train-000000.tar"])
        let images = try sample.trainImages()
        #expect(found.summary.images == images.count)
        for image in images.values { #expect(shard.contains(image)) }
    }

    @Test("list names them and writes nothing")
    func list() throws {
        let sample = try MadeSample(Self.options)
        let found = try run(sample, .list, MDSFormat())
        #expect(kinds(found.summary) == ["PNG", "YCCK JPEG"])
        #expect(try !sample.folder.names().contains("list2mds"))
    }

    @Test("skip leaves them out")
    func skip() throws {
        let sample = try MadeSample(Self.options)
        let whole = try run(sample, .keep, MDSFormat())
        let found = try run(sample, .skip, MDSFormat())
        #expect(found.summary.images == whole.summary.images - 2 && found.summary.skipped == 2)
        let again = try run(sample, .skip, MDSFormat(), threads: 1)
        #expect(again.files == found.files)
    }

    @Test("fix makes JPEGs in RGB of them, in every format")
    func fix() throws {
        let sample = try MadeSample(Self.options)
        for format in [
            MDSFormat(), TFRecordFormat(shards: 2), WebDatasetFormat(shards: 2),
        ] as [any OutputFormat] {
            let found = try run(sample, .fix, format)
            #expect(kinds(found.summary) == ["PNG", "YCCK JPEG"])
            #expect(found.summary.images == (try sample.trainImages()).count)
            let again = try run(sample, .fix, format, threads: 1)
            #expect(again.files == found.files)
            if format is MDSFormat {
                let folder = MDSFolder(sample.folder["fix2mds/t"])
                try folder.verify { #expect($0.fault == nil) }
            }
        }
    }

    /// A tar of training images that are whole, up to one.
    private func write(_ names: [String], cut: String?, to folder: borrowing TemporaryFolder) throws
    {
        let bytes = try Golden.bytes("images/rgb.jpg")
        var tar = TarBytes()
        for name in names {
            let image = name == cut ? Array(bytes.dropLast(bytes.count / 4)) : bytes
            tar.add(Array("n01440764/\(name).JPEG".utf8), image)
        }
        tar.end()
        try folder.write(tar.bytes, to: "x.tar")
    }

    @Test("an output that is there is decoded once it is asked for, and not twice")
    func validateExisting() throws {
        for cut in ["b", nil] {
            let folder = try TemporaryFolder()
            try write(["a", "b", "c"], cut: cut, to: folder)
            var export = ShardExport(
                format: WebDatasetFormat(shards: 2), split: .train,
                input: .archive(folder["x.tar"]),
                place: OutputPlace(parent: folder["out"], name: "x"))
            _ = try export.run(labels: nil) { _ in }
            export.options.validates = true
            guard cut == nil else {
                let error = #expect(throws: ExportError.self) {
                    try export.run(labels: nil) { _ in }
                }
                #expect(error?.message.contains("b.JPEG") == true)
                continue
            }
            let looked = Counter()
            for _ in 0..<2 {
                let summary = try export.run(labels: nil) { now in
                    if now.stage == .looking { _ = looked.add(1) }
                }
                #expect(summary.isAlreadyDone && summary.images == 3)
            }
            #expect(looked.add(0) == 1)
            // Whoever does not ask for it is content with it too.
            export.options.validates = false
            #expect(try export.run(labels: nil) { _ in }.isAlreadyDone)
        }
    }

    @Test("shards that an earlier run has left are decoded too, unless it has done so")
    func validateKept() throws {
        for (first, second, isFound) in [
            (false, true, true), (true, true, true), (false, false, false),
        ] {
            let folder = try TemporaryFolder()
            try write(["a", "b", "c", "d"], cut: first ? nil : "a", to: folder)
            var export = ShardExport(
                format: WebDatasetFormat(shards: 4), split: .train,
                input: .archive(folder["x.tar"]),
                place: OutputPlace(parent: folder["out"], name: "x"))
            for index in 1...2 {
                export.options.share = .slice(try #require(ShardSlice(index: index, count: 2)))
                export.options.validates = first && index == 1
                _ = try export.run(labels: nil) { _ in }
            }
            export.options.share = .whole
            export.options.validates = second
            if isFound, !first {
                #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
            } else {
                let summary = try export.run(labels: nil) { _ in }
                #expect(summary.keptShards == 4)
                guard
                    case .receipt(let receipt) = try OutputReceipt.load(
                        "x", in: Folder(folder["out"]))
                else {
                    Issue.record("there is no receipt")
                    continue
                }
                #expect(receipt.counts["decoded"] == (second ? 4 : nil))
            }
        }
    }

    @Test("a broken image is found when it is asked for, and named")
    func validate() throws {
        let folder = try TemporaryFolder()
        var tar = TarBytes()
        tar.add(Array("n01440764/a.JPEG".utf8), try Golden.bytes("images/rgb.jpg"))
        let bytes = try Golden.bytes("images/rgb.jpg")
        tar.add(Array("n01440764/b.JPEG".utf8), Array(bytes.prefix(30)))
        tar.end()
        try folder.write(tar.bytes, to: "x.tar")
        var export = ShardExport(
            format: WebDatasetFormat(shards: 1), split: .train, input: .archive(folder["x.tar"]),
            place: OutputPlace(parent: folder["out"], name: "x"))
        let kept = try export.run(labels: nil) { _ in }
        #expect(kept.oddities.map(\.what) == ["no image"])
        export.options.isForced = true
        export.options.validates = true
        export.options.seed = 1
        let error = #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
        #expect(error?.message.contains("b.JPEG") == true)
        export.options.images = .fix
        #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
    }
}

extension [UInt8] {
    /// Whether these bytes stand somewhere in it, at the start of a block.
    fileprivate func contains(_ other: [UInt8]) -> Bool {
        stride(from: 0, to: count - other.count, by: 512).contains {
            self[$0..<$0 + other.count].elementsEqual(other)
        }
    }
}
