import Disk
import Support
import Testing

@testable import DatasetExport

@Suite struct OddImagesTests {
    private static let options = SampleDataset.Options(
        classes: 3, perClass: 8, val: 4, test: 0, seed: 5)

    private func run(
        _ sample: borrowing MadeSample, _ mode: ImageMode, _ format: ShardExport.Format,
        threads: Int = 2
    ) throws -> (summary: ShardExport.Summary, files: [String: [UInt8]]) {
        var export = ShardExport(
            format: format, split: .train,
            input: .archive(Path(sample.tar("ILSVRC2012_img_train.tar"))),
            place: OutputPlace(parent: sample.folder["\(mode)\(threads)\(format.kind)"], name: "t"))
        export.images = mode
        export.threads = threads
        let summary = try export.run(labels: nil) { _ in }
        return (summary, mode == .list ? [:] : try Golden.files(export.place.path))
    }

    private func kinds(_ summary: ShardExport.Summary) -> [String] {
        summary.oddities.map(\.what).sorted()
    }

    @Test("keep names them and changes no byte")
    func keep() throws {
        let sample = try MadeSample(Self.options)
        let found = try run(sample, .keep, .webdataset(shards: 1))
        #expect(kinds(found.summary) == ["PNG", "YCCK JPEG"])
        let shard = try #require(found.files["imagenet-train-000000.tar"])
        let images = try sample.trainImages()
        #expect(found.summary.images == images.count)
        for image in images.values { #expect(shard.contains(image)) }
    }

    @Test("list names them and writes nothing")
    func list() throws {
        let sample = try MadeSample(Self.options)
        let found = try run(sample, .list, .mds(try MDSConfig()))
        #expect(kinds(found.summary) == ["PNG", "YCCK JPEG"])
        #expect(try !sample.folder.names().contains("list2mds"))
    }

    @Test("skip leaves them out")
    func skip() throws {
        let sample = try MadeSample(Self.options)
        let whole = try run(sample, .keep, .mds(try MDSConfig()))
        let found = try run(sample, .skip, .mds(try MDSConfig()))
        #expect(found.summary.images == whole.summary.images - 2 && found.summary.skipped == 2)
        let again = try run(sample, .skip, .mds(try MDSConfig()), threads: 1)
        #expect(again.files == found.files)
    }

    @Test("fix makes JPEGs in RGB of them, in every format")
    func fix() throws {
        let sample = try MadeSample(Self.options)
        for format in [
            ShardExport.Format.mds(try MDSConfig()), .tfrecord(shards: 2, boxes: nil),
            .webdataset(shards: 2),
        ] {
            let found = try run(sample, .fix, format)
            #expect(kinds(found.summary) == ["PNG", "YCCK JPEG"])
            #expect(found.summary.images == (try sample.trainImages()).count)
            let again = try run(sample, .fix, format, threads: 1)
            #expect(again.files == found.files)
            if case .mds = format {
                let folder = MDSFolder(sample.folder["fix2mds/t"])
                try folder.verify { #expect($0.fault == nil) }
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
            format: .webdataset(shards: 1), split: .train, input: .archive(folder["x.tar"]),
            place: OutputPlace(parent: folder["out"], name: "x"))
        let kept = try export.run(labels: nil) { _ in }
        #expect(kept.oddities.map(\.what) == ["no image"])
        export.isForced = true
        export.validates = true
        export.seed = 1
        let error = #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
        #expect(error?.message.contains("b.JPEG") == true)
        export.images = .fix
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
