import Archives
import DataFolder
import DatasetManifest
import Disk
import SampleData
import Glibc
import Support
import Testing

@testable import DatasetExport

@Suite struct ShardExportTests {
    private struct Interrupted: Error {}

    private static let options = SampleDataset.Options(
        classes: 5, perClass: 10, val: 12, test: 6, seed: 3)

    private func labels(_ sample: borrowing MadeSample) throws -> ClassLabels {
        try LabelSource.file(Path(sample.tar("ILSVRC2012_devkit_t12.tar.gz"))).read()
    }

    private func export(
        _ sample: borrowing MadeSample, _ format: any OutputFormat,
        _ split: SampleTable.Split = .train, to parent: String = "out"
    ) -> ShardExport {
        let name = "ILSVRC2012_img_\(split == .test ? "test_v10102019" : split.rawValue)"
        return ShardExport(
            format: format, split: split, input: .archive(Path(sample.tar(name + ".tar"))),
            place: OutputPlace(parent: sample.folder[parent], name: name))
    }

    private static func formats() throws -> [any OutputFormat] {
        [
            try MDSFormat(sizeLimit: 500_000), TFRecordFormat(shards: 8),
            WebDatasetFormat(shards: 6), WebDatasetFormat(maxSize: 600_000),
        ]
    }

    private func files(_ export: ShardExport) throws -> [String: [UInt8]] {
        try Golden.files(export.place.path)
    }

    @Test("any number of threads and of slices gives the same bytes")
    func stable() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        for (number, format) in try Self.formats().enumerated() {
            var one = export(sample, format, to: "one\(number)")
            one.options.threads = 1
            let summary = try one.run(labels: labels) { _ in }
            #expect(summary.isWhole && summary.shards > 2)
            #expect(summary.images == 50 || summary.images > 30)
            var many = export(sample, format, to: "many\(number)")
            many.options.threads = 7
            _ = try many.run(labels: labels) { _ in }
            let expected = try files(one)
            #expect(try files(many) == expected)
            for index in [3, 1, 2] {
                var slice = export(sample, format, to: "slices\(number)")
                slice.options.share = .slice(try #require(ShardSlice(index: index, count: 3)))
                let part = try slice.run(labels: labels) { _ in }
                #expect(!part.isWhole)
                #expect(
                    try !Folder(slice.place.parent).entries().contains {
                        $0.name == "ILSVRC2012_img_train"
                    })
            }
            let whole = export(sample, format, to: "slices\(number)")
            let merged = try whole.run(labels: labels) { _ in Issue.record("nothing is left to do")
            }
            #expect(merged.isWhole && merged.keptShards == merged.shards)
            #expect(try files(whole) == expected)
        }
    }

    @Test("a run that is stopped anywhere is gone on with, and the bytes are the same")
    func resumed() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        for (number, format) in try Self.formats().enumerated() {
            let straight = export(sample, format, to: "straight\(number)")
            _ = try straight.run(labels: labels) { _ in }
            var stopped = export(sample, format, to: "stopped\(number)")
            stopped.options.threads = 2
            for stop in [5, 20, 12] {
                #expect(throws: Interrupted.self) {
                    try stopped.run(labels: labels) { now in
                        if now.stage == .writing, now.images >= stop { throw Interrupted() }
                    }
                }
                let names = try Folder(stopped.place.parent).entries().map(\.name.description)
                #expect(names == [".ILSVRC2012_img_train.new"])
            }
            let summary = try stopped.run(labels: labels) { _ in }
            #expect(summary.keptShards > 0 && summary.isWhole)
            #expect(try files(stopped) == files(straight))
            #expect(
                try Folder(stopped.place.parent).entries().map(\.name.description) == [
                    "ILSVRC2012_img_train", "ILSVRC2012_img_train.receipt.json",
                ])
        }
    }

    @Test("after a start of the machine, shards that were left are read before they are believed")
    func afterPowerLoss() throws {
        let sample = try MadeSample(Self.options)
        let format = try Self.formats()[0]
        let straight = export(sample, format, to: "straight")
        _ = try straight.run(labels: nil) { _ in }
        var export = export(sample, format)
        export.options.threads = 1
        export.boot = "first"
        #expect(throws: Interrupted.self) {
            try export.run(labels: nil) { now in
                if now.stage == .writing, now.images == 30 { throw Interrupted() }
            }
        }
        // As a journal that was written before its data leaves it: the right size, other bytes.
        let work = try Folder(export.place.parent.appending(export.place.work))
        let shard = try work.file("shard.00001.mds", .updating)
        try shard.write([0, 0, 0, 0], at: 100_000)
        export.boot = "second"
        let summary = try export.run(labels: nil) { _ in }
        #expect(summary.keptShards >= 1 && summary.isWhole)
        #expect(try files(export) == files(straight))
    }

    @Test("what comes after the last image is written: the end of a tar, the footer of Parquet")
    func endings() throws {
        let sample = try MadeSample(Self.options)
        func shards(_ format: any OutputFormat, in folder: String) throws -> [[UInt8]] {
            _ = try export(sample, format, to: format.name).run(labels: nil) { _ in }
            let names = try sample.folder.names(in: folder).filter {
                $0.hasSuffix(".tar") || $0.hasSuffix(".parquet")
            }
            #expect(!names.isEmpty)
            return try names.map { try sample.folder.read("\(folder)/\($0)") }
        }
        for tar in try shards(WebDatasetFormat(), in: "webdataset/ILSVRC2012_img_train") {
            #expect(tar.count.isMultiple(of: TarWriter.recordSize))
            let end = Array(tar.suffix(2 * TarWriter.blockSize))
            #expect(end == Array(repeating: 0, count: 2 * TarWriter.blockSize))
        }
        for parquet in try shards(ParquetFormat(), in: "parquet/imagenet-1k/data") {
            #expect(Array(parquet.suffix(4)) == Array("PAR1".utf8))
        }
    }

    @Test(
        "a link in place of finished shards is refused, not followed",
        arguments: [MDSFormat(), WebDatasetFormat(), TFRecordFormat()] as [any OutputFormat])
    func planted(_ format: any OutputFormat) throws {
        let sample = try MadeSample(Self.options)
        let export = export(sample, format)
        _ = try export.run(labels: nil) { _ in }
        let parent = try Folder(export.place.parent)
        let name = Path(export.place.name)
        try parent.rename(name, to: "moved")
        try parent.makeSymbolicLink(name, to: "moved")
        let error = #expect(throws: DiskError.self) { try export.run(labels: nil) { _ in } }
        #expect(error?.code == .isALink, "\(String(describing: error))")
    }

    @Test("the same again is done already, other options need --force, which replaces it whole")
    func again() throws {
        let sample = try MadeSample(Self.options)
        var export = export(sample, try MDSFormat(sizeLimit: 500_000))
        let first = try export.run(labels: nil) { _ in }
        let again = try export.run(labels: nil) { _ in Issue.record("there is nothing to do") }
        #expect(again.isAlreadyDone && again.images == first.images && again.bytes == first.bytes)
        export.format = try MDSFormat(sizeLimit: 700_000)
        let before = try files(export)
        let error = #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
        #expect(error?.code == .exists && error?.hint?.names(.force) == true)
        export.options.isForced = true
        #expect(throws: Interrupted.self) {
            try export.run(labels: nil) { now in
                if now.stage == .writing, now.images == 30 { throw Interrupted() }
            }
        }
        #expect(try files(export) == before)
        let replaced = try export.run(labels: nil) { _ in }
        #expect(!replaced.isAlreadyDone && replaced.keptShards > 0)
        #expect(try files(export) != before)
        #expect(try Folder(export.place.parent).entries().count == 2)
    }

    @Test("--force replaces nothing that is none of ours", arguments: [false, true])
    func foreign(_ isForced: Bool) throws {
        let sample = try MadeSample(Self.options)
        for (number, format) in try Self.formats().enumerated() {
            var export = export(sample, format, to: "out\(number)")
            export.options.isForced = isForced
            let place = "out\(number)/\(export.place.name)"
            try sample.folder.write("mine", to: "\(place)/notes")
            let error = #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
            #expect(error?.code == .exists && error?.hint?.contains("move it away") == true)
            #expect(try sample.folder.names(in: place) == ["notes"])
            try Folder(export.place.parent).removeTree(Path(export.place.name))
            _ = try Folder.creating(export.place.path)
            guard let companions = export.format.companions(of: export.place) else {
                #expect(try export.run(labels: nil) { _ in }.isWhole)
                continue
            }
            try Folder.creating(companions.path).publish("notes", [1])
            #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
            try Folder(companions.path).rename("notes", to: "old.idx")
            #expect(try export.run(labels: nil) { _ in }.isWhole)
            #expect(try Folder(companions.path).status("old.idx") == nil)
        }
    }

    @Test("without its index, or another file that loaders need, an output is not done already")
    func companionsGone() throws {
        let sample = try MadeSample(Self.options)
        for (format, gone) in [
            (MDSFormat(), "mds/ILSVRC2012_img_train/index.json"),
            (WebDatasetFormat(shards: 2), "webdataset/ILSVRC2012_img_train/imagenet-train.json"),
            (
                WebDatasetFormat(shards: 2),
                "webdataset/ILSVRC2012_img_train/imagenet-train-000001.idx"
            ),
            (TFRecordFormat(shards: 2), "tfrecord_idx/ILSVRC2012_img_train"),
        ] as [(any OutputFormat, String)] {
            var export = export(sample, format, to: format.name)
            export.options.isForced = true
            _ = try export.run(labels: nil) { _ in }
            export.options.isForced = false
            let path = sample.folder[gone]
            try Folder(path.parent).removeTree(path.lastComponent)
            let error = #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
            #expect(error?.code == .brokenOutput && error?.hint != nil)
            // As an older version has written the receipt: with the shards alone.
            let parent = try Folder(export.place.parent)
            guard
                case .receipt(var receipt) = try OutputReceipt.load(
                    export.place.name, in: parent)
            else {
                Issue.record("there is no receipt")
                continue
            }
            receipt.files.removeAll { $0.name.hasSuffix(".json") }
            try receipt.save(in: parent)
            #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
            export.options.isForced = true
            _ = try export.run(labels: nil) { _ in }
            receipt.when = .now
            try receipt.save(in: parent)
            export.options.isForced = false
            #expect(try export.run(labels: nil) { _ in }.isAlreadyDone)
        }
    }

    @Test("a run that died while it gave names is brought to its end", arguments: [false, true])
    func unnamed(_ isForced: Bool) throws {
        let sample = try MadeSample(Self.options)
        for (number, format) in try Self.formats().enumerated() {
            var export = export(sample, format, to: "out\(number)")
            _ = try export.run(labels: nil) { _ in }
            let expected = try files(export)
            let parent = try Folder(export.place.parent)
            let name = export.place.name
            export.options.isForced = isForced
            guard case .receipt(let receipt) = try OutputReceipt.load(name, in: parent) else {
                Issue.record("there is no receipt")
                continue
            }
            // After the name was given, and before, with what an older output has left.
            for (step, dies) in [false, true].enumerated() {
                try parent.remove(OutputReceipt.fileName(name))
                try sample.folder.write(receipt.encoded, to: "out\(number)/.\(name).done.json")
                if dies {
                    try parent.rename(Path(name), to: export.place.work)
                    try sample.folder.write("x", to: "out\(number)/.\(name).new/lock")
                }
                try sample.folder.write("x", to: "out\(number)/.\(name).old/shard")
                if step == 1 { try parent.rename(Path(".\(name).old"), to: Path(name)) }
                #expect(try export.run(labels: nil) { _ in }.isAlreadyDone)
                #expect(try files(export) == expected)
                #expect(
                    try sample.folder.names(in: "out\(number)") == [name, "\(name).receipt.json"])
            }
        }
    }

    @Test("what stands there without a receipt is somebody else's")
    func foreign() throws {
        let sample = try MadeSample(Self.options)
        let export = export(sample, WebDatasetFormat(shards: 2))
        try sample.folder.write("mine", to: "out/ILSVRC2012_img_train/file")
        let error = #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
        #expect(error?.code == .exists)
        #expect(try sample.folder.text("out/ILSVRC2012_img_train/file") == "mine")
    }

    @Test("two runs do not write the same shards at once")
    func locked() throws {
        let sample = try MadeSample(Self.options)
        let export = export(sample, WebDatasetFormat(shards: 2))
        var inner: DiskError?
        _ = try export.run(labels: nil) { now in
            guard now.stage == .writing, now.images == 1 else { return }
            #expect(throws: DiskError.self) {
                do { _ = try export.run(labels: nil) { _ in } } catch let error as DiskError {
                    #expect(error.code == .busy)
                    throw error
                }
            }
        }
        inner = nil
        #expect(inner == nil)
    }

    @Test("a damaged archive is named, and nothing of it appears")
    func damaged() throws {
        let sample = try MadeSample(Self.options)
        let path = Path(sample.tar("ILSVRC2012_img_train.tar"))
        let size = try FileDescriptor(path, .reading).size()
        let export = export(sample, MDSFormat())
        for cut in [size / 2, size / 2 / 10240 * 10240, 10240, 600, 0] {
            try FileDescriptor(path, .updating).truncate(to: cut)
            #expect(throws: (any Error).self) { try export.run(labels: nil) { _ in } }
            #expect(
                try !Folder.nearest(to: export.place.parent).entries().contains {
                    $0.name == "ILSVRC2012_img_train"
                })
        }
    }

    @Test("an archive that shrinks meanwhile is an error, not a short shard")
    func shrinking() throws {
        let sample = try MadeSample(Self.options)
        var export = export(sample, WebDatasetFormat(shards: 4))
        export.options.threads = 1
        let path = export.input.path
        #expect(throws: DiskError.self) {
            try export.run(labels: nil) { now in
                if now.stage == .writing, now.images == 3 {
                    try FileDescriptor(path, .updating).truncate(to: 5000)
                }
            }
        }
    }

    @Test("a full disk stops it with its own error, and there is something to go on from")
    func fullDisk() throws {
        let sample = try MadeSample(Self.options)
        var export = export(sample, try MDSFormat(sizeLimit: 500_000), to: "full-disk")
        export.options.threads = 1
        let fault = Fault(.pwrite, onPathsWith: "full-disk", after: 25, times: 1, .failure(ENOSPC))
        let error = #expect(throws: DiskError.self) {
            try Faults.during([fault]) { try export.run(labels: nil) { _ in } }
        }
        #expect(error?.code == .noSpace)
        let summary = try export.run(labels: nil) { _ in }
        #expect(summary.isWhole && summary.keptShards > 0)
        let other = self.export(sample, export.format, to: "other")
        _ = try other.run(labels: nil) { _ in }
        #expect(try files(export) == files(other))
    }

    @Test("of a disk that does not keep them no shard is believed, and all are written again")
    func notSynced() throws {
        let sample = try MadeSample(Self.options)
        let export = export(sample, try MDSFormat(sizeLimit: 500_000), to: "not-synced")
        let fault = Fault(.syncfs, onPathsWith: "not-synced", .failure(EIO))
        let error = #expect(throws: DiskError.self) {
            try Faults.during([fault]) { try export.run(labels: nil) { _ in } }
        }
        #expect(error?.code == .io)
        let summary = try export.run(labels: nil) { _ in }
        #expect(summary.isWhole && summary.keptShards == 0)
    }

    @Test("validation images need labels, and the right ones")
    func validation() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let export = export(sample, MDSFormat(), .val)
        let error = #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
        #expect(error?.hint?.names(.labels) == true)
        let table = try export.input.table(.val, labels: labels, extensions: ["JPEG"]) { _ in }
            .table
        #expect(table.count == 12)
        for index in 0..<12 {
            #expect(table.rank(index) == labels.validation?[index])
            #expect(Array(table.name(index)).starts(with: "ILSVRC2012_val_".utf8))
        }
        let short = try MadeSample(.init(classes: 5, perClass: 10, val: 11, test: 0, seed: 3))
        let shorter = try self.labels(short)
        #expect(throws: ExportError.self) { try export.run(labels: shorter) { _ in } }
    }

    @Test("test images have no label")
    func test() throws {
        let sample = try MadeSample(Self.options)
        let export = export(sample, WebDatasetFormat(shards: 1), .test)
        #expect(try export.run(labels: nil) { _ in }.images == 6)
        let tar = export.place.path.appending("imagenet-test-000000.tar").description
        let names = try lines(of: "tar", ["-tf", tar])
        #expect(names.count == 18)
        #expect(
            names.prefix(3) == [
                "ILSVRC2012_test_00000001.cls", "ILSVRC2012_test_00000001.jpg",
                "ILSVRC2012_test_00000001.json",
            ])
        #expect(try lines(of: "tar", ["-xOf", tar, names[0]]) == ["-1"])
    }

    @Test("classes without labels are those that were found, and must be those that are pinned")
    func pins() throws {
        let sample = try MadeSample(Self.options)
        let manifest = try Manifest(
            json: try sample.folder.read("sample/manifest.json"), source: "m")
        var export = export(sample, MDSFormat())
        export.known.classPin = manifest.labels?.wnids
        #expect(export.known.classPin != nil)
        #expect(throws: Never.self) { try export.run(labels: nil) { _ in } }
        let other = try MadeSample(.init(classes: 4, perClass: 10, val: 11, test: 0, seed: 3))
        export.input = .archive(Path(other.tar("ILSVRC2012_img_train.tar")))
        export.options.isForced = true
        #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
    }
}
