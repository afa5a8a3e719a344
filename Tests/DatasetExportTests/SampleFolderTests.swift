import Disk
import Glibc
import Support
import Testing

@testable import DatasetExport
@testable import SampleData

@Suite struct SampleFolderTests {
    private func refusal(
        _ options: SampleDataset.Options = MadeSample.tiny, in folder: borrowing TemporaryFolder
    ) -> ExportError? {
        do {
            _ = try SampleDataset.write(options, to: folder["sample"])
            return nil
        } catch {
            return error as? ExportError
        }
    }

    @Test("the same sample again is no work")
    func again() throws {
        let sample = try MadeSample()
        let train = sample.folder["sample/tar/ILSVRC2012_img_train.tar"]
        let before = try FileDescriptor(train, .reading).identity()
        let again = try SampleDataset.write(MadeSample.tiny, to: sample.folder["sample"])
        #expect(again.wasThere)
        #expect(!sample.summary.wasThere)
        #expect(again.files == sample.summary.files)
        #expect(try FileDescriptor(train, .reading).identity() == before)
    }

    @Test("another sample in the same folder is refused, and what is there is left alone")
    func otherOptions() throws {
        let sample = try MadeSample()
        var options = MadeSample.tiny
        options.seed += 1
        let error = refusal(options, in: sample.folder)
        #expect(error?.code == .exists)
        #expect(error?.message.contains("seed 7") == true)
        #expect(refusal(in: sample.folder) == nil)
    }

    @Test("a sample that lost or changed a file is not taken for whole")
    func changed() throws {
        let sample = try MadeSample()
        try sample.folder.write([1], to: "sample/tar/ILSVRC2012_img_val.tar")
        #expect(refusal(in: sample.folder)?.message.contains("ILSVRC2012_img_val.tar") == true)
    }

    @Test(
        "a folder with anything else in it is refused",
        arguments: ["tar/ILSVRC2012_img_train.tar", "notes.txt", "manifest.json"])
    func occupied(name: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("{\"mine\": true}", to: "sample/\(name)")
        #expect(refusal(in: folder)?.code == .exists)
        #expect(try folder.text("sample/\(name)") == "{\"mine\": true}")
    }

    @Test("what a killed run has left gives way to a new one")
    func leftovers() throws {
        let folder = try TemporaryFolder()
        try folder.write([1, 2, 3], to: "sample/.sample.new/tar/ILSVRC2012_img_train.tar")
        #expect(refusal(in: folder) == nil)
        #expect(try folder.names(in: "sample") == ["manifest.json", "tar", "torrents"])
    }

    @Test("a run killed while it moved its files into place is finished")
    func halfMoved() throws {
        let sample = try MadeSample()
        let root = try Folder(sample.folder["sample"])
        let staging = try root.folder(".sample.new", creating: true)
        try root.move("torrents", into: staging)
        try root.move("manifest.json", into: staging)
        let again = try SampleDataset.write(MadeSample.tiny, to: sample.folder["sample"])
        #expect(again.wasThere)
        #expect(try sample.folder.names(in: "sample") == ["manifest.json", "tar", "torrents"])
    }

    @Test(
        "a disk that fills up leaves no file behind",
        arguments: [
            ("tar/ILSVRC2012_devkit_t12.tar.gz", 0), ("tar/ILSVRC2012_img_val.tar", 1),
            ("tar/ILSVRC2012_img_train.tar", 0), ("tar/ILSVRC2012_img_train.tar", 5),
            ("torrents/.ILSVRC2012_img_val.tar.torrent", 0), (".manifest.json", 0),
        ])
    func diskFull(name: String, calls: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder["sample"]
        // The whole path, because other tests write files of these names at the same time.
        let fault = Fault(
            .pwrite, onPathsWith: "\(path)/.sample.new/\(name)", after: calls, .failure(ENOSPC))
        let error = #expect(throws: DiskError.self) {
            try Faults.during([fault]) {
                _ = try SampleDataset.write(MadeSample.tiny, to: path)
            }
        }
        #expect(error?.code == .noSpace)
        #expect(try folder.names() == [])
    }

    private struct Stop: Error {}

    @Test("a run that is stopped leaves no file behind, and the next one is whole")
    func stopped() throws {
        let folder = try TemporaryFolder()
        #expect(throws: Stop.self) {
            _ = try SampleDataset.write(MadeSample.tiny, to: folder["sample"]) { progress in
                if progress.file == "ILSVRC2012_img_train.tar" { throw Stop() }
            }
        }
        #expect(try folder.names() == [])
        #expect(refusal(in: folder) == nil)
    }

    private static let largest = SampleDataset.Options(
        classes: 1000, perClass: 1300, val: 50_000)
    private static let isSmallDisk =
        ((try? Folder("/tmp").freeSpace().bytes) ?? 0) < SampleDataset.estimate(largest)

    @Test("a sample that cannot fit is refused before its first byte", .enabled(if: isSmallDisk))
    func noSpace() throws {
        let folder = try TemporaryFolder()
        let error = refusal(Self.largest, in: folder)
        #expect(error?.code == .noSpace)
        #expect(error?.message.contains(" GiB, and ") == true)
        #expect(try folder.names() == [])
    }

    @Test(
        "options out of range are refused by name before anything is made",
        arguments: [
            ("classes", SampleDataset.Options(classes: 0)),
            ("classes", SampleDataset.Options(classes: 1001)),
            ("training images per class", SampleDataset.Options(perClass: 1)),
            ("training images per class", SampleDataset.Options(perClass: 1301)),
            ("validation images", SampleDataset.Options(val: 0)),
            ("validation images", SampleDataset.Options(val: 50_001)),
            ("test images", SampleDataset.Options(test: -1)),
            ("test images", SampleDataset.Options(test: .max)),
        ])
    func badOptions(option: String, options: SampleDataset.Options) throws {
        let folder = try TemporaryFolder()
        let error = refusal(options, in: folder)
        #expect(error?.code == .badOption)
        #expect(error?.message.contains(" \(option): choose ") == true)
        #expect(try folder.names().isEmpty)
    }

    @Test("the smallest sample there is has all its parts but the test archives")
    func smallest() throws {
        let sample = try MadeSample(.init(classes: 1, perClass: 2, val: 1, test: 0))
        #expect(
            sample.summary.files.map(\.name) == [
                "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar",
                "ILSVRC2012_bbox_train_v2.tar.gz", "ILSVRC2012_bbox_val_v3.tgz",
                "ILSVRC2012_devkit_t12.tar.gz",
            ])
        #expect(try sample.trainImages().count == 2)
    }
}
