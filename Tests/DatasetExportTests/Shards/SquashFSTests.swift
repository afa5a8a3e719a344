import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import SampleData
import Support
import Testing

@testable import DatasetExport

/// Images, as squashfs-tools read them.
@Suite struct SquashFSTests {
    private struct Interrupted: Error {}

    private static let train = "ILSVRC2012_img_train"

    private func export(
        _ sample: borrowing MadeSample, _ options: [String: String] = [:],
        _ split: SampleTable.Split = .train, to parent: String = "out"
    ) throws -> ShardExport {
        let name = "ILSVRC2012_img_\(split == .test ? "test_v10102019" : split.rawValue)"
        let format = try SquashFSFormat().with(options)
        return ShardExport(
            format: format, split: split, input: .archive(Path(sample.tar(name + ".tar"))),
            place: format.place(in: sample.folder[parent], name: name, split))
    }

    private func labels(_ sample: borrowing MadeSample) throws -> ClassLabels {
        try LabelSource.file(Path(sample.tar("ILSVRC2012_devkit_t12.tar.gz"))).read()
    }

    /// Every file of an image by its path.
    private func files(
        _ image: Path, _ sample: borrowing MadeSample
    ) throws -> [String: [UInt8]] {
        let name = "unpacked-\(image.description.hashValue)"
        _ = try lines(of: "unsquashfs", ["-n", "-d", "\(sample.folder[name])", "\(image)"])
        var files: [String: [UInt8]] = [:]
        for path in try lines(
            of: "find", ["\(sample.folder[name])", "-type", "f", "-printf", "%P\n"])
        {
            files[path] = try sample.folder.read("\(name)/\(path)")
        }
        return files
    }

    @Test(
        "all images are in their folders, with the same bytes for any number of threads",
        arguments: ["none", "zstd"])
    func whole(_ compression: String) throws {
        let sample = try MadeSample()
        var one = try export(sample, ["compression": compression], to: "one")
        one.options.threads = 1
        let summary = try one.run(labels: nil) { _ in }
        #expect(summary.isWhole && summary.images == 12)
        #expect(
            try sample.folder.names(in: "one") == [
                "\(Self.train).receipt.json", "\(Self.train).squashfs",
            ])
        var many = try export(sample, ["compression": compression], to: "many")
        many.options.threads = 7
        _ = try many.run(labels: nil) { _ in }
        let bytes = try sample.folder.read("one/\(Self.train).squashfs")
        #expect(try sample.folder.read("many/\(Self.train).squashfs") == bytes)
        #expect(try files(one.place.path, sample) == sample.trainImages())
        guard
            case .receipt(let receipt) = try OutputReceipt.load(
                Self.train, in: Folder(one.place.parent))
        else {
            Issue.record("there is no receipt")
            return
        }
        #expect(
            receipt.files == [
                .init(
                    name: "\(Self.train).squashfs", size: Int64(bytes.count),
                    digest: Hasher.digest(.xxh64, bytes))
            ])
        #expect(bytes.count.isMultiple(of: 4096))
    }

    @Test("validation images are in the folders of their labels, test images in none")
    func otherSplits() throws {
        let sample = try MadeSample()
        let labels = try labels(sample)
        let val = try export(sample, [:], .val)
        _ = try val.run(labels: labels) { _ in }
        let tree = Unpacker(
            Path(sample.tar("ILSVRC2012_img_val.tar")), .validation(labels),
            in: sample.folder["trees"])
        _ = try tree.run { _ in }
        let found = try lines(of: "find", ["\(tree.path)", "-type", "f", "-printf", "%P\n"])
        #expect(found.count == 7)
        #expect(try files(val.place.path, sample).keys.sorted() == found.sorted())
        let test = try export(sample, [:], .test)
        _ = try test.run(labels: nil) { _ in }
        let names = try files(test.place.path, sample).keys
        #expect(names.count == 6 && names.allSatisfy { !$0.contains("/") })
    }

    @Test("owners and times are fixed, and there is one file system for all readers")
    func fixed() throws {
        let sample = try MadeSample()
        let export = try export(sample)
        _ = try export.run(labels: nil) { _ in }
        let listed = try lines(of: "unsquashfs", ["-lln", "-UTC", "\(export.place.path)"])
        let members = listed.filter { $0.contains("squashfs-root") }
        #expect(members.count == 1 + 3 + 12)
        for line in members {
            let words = line.split(separator: " ")
            #expect(words[1] == "0/0" && words[3] == "1970-01-01" && words[4] == "00:00", "\(line)")
            #expect(words[0] == (line.hasSuffix(".JPEG") ? "-rw-r--r--" : "drwxr-xr-x"))
        }
        // Another implementation, which checks every inode.
        let tar = try lines(
            of: "bash", ["-c", "sqfs2tar --no-skip '\(export.place.path)' | tar -t"])
        #expect(tar.filter { $0.hasSuffix(".JPEG") }.count == 12)
    }

    @Test("fix and skip change the odd images alone", arguments: ["none", "zstd"])
    func odd(_ compression: String) throws {
        let sample = try MadeSample(
            SampleDataset.Options(classes: 3, perClass: 8, val: 4, test: 0, seed: 5))
        var found: [ImageMode: [String: [UInt8]]] = [:]
        for mode in [ImageMode.keep, .fix, .skip] {
            var export = try export(sample, ["compression": compression], to: "\(mode)")
            export.options.images = mode
            let summary = try export.run(labels: nil) { _ in }
            #expect(summary.oddities.map(\.what).sorted() == ["PNG", "YCCK JPEG"])
            found[mode] = try files(export.place.path, sample)
        }
        let keep = try #require(found[.keep])
        let fixed = try #require(found[.fix])
        #expect(try keep == sample.trainImages() && fixed.keys == keep.keys)
        let odd = keep.filter { $0.value != fixed[$0.key] }
        #expect(odd.count == 2)
        for name in odd.keys {
            let header = fixed[name]?.withUnsafeBytes { ImageHeader($0) }
            #expect(header?.kind == .jpeg && Oddity(header, name: Array(name.utf8)[...]) == nil)
        }
        #expect(found[.skip] == keep.filter { odd[$0.key] == nil })
    }

    // MARK: Sizes

    /// Writes only the tables, at the end of a file with holes for the images.
    private func image(
        _ sizes: [Int], _ folder: borrowing TemporaryFolder, _ split: SampleTable.Split
    ) throws -> (path: String, dataStart: Int64) {
        var table = SampleTable(split, classes: [])
        let wnid = try #require(WNID("n00000001"))
        for (index, size) in sizes.enumerated() {
            try table.add(
                Array("image_\(padded(index, 6)).JPEG".utf8), rank: 0, offset: 0,
                size: Int64(size), in: "x.tar")
        }
        try table.finish(classes: [wnid], words: [], ranks: [0])
        let samples = SampleSequence(table, order: Array(0..<UInt32(sizes.count)))
        let image = try SquashFSImage(samples, .none, named: "image")
        let start = SquashFSImage.headerSize
        let path = folder["image"]
        let file = Shared(try FileDescriptor(path, .creating))
        var end = start + samples.bytes
        let sink = SquashFSSink(after: end) { bytes in
            try file.value.write(bytes, at: end)
            end += Int64(bytes.count)
        }
        let header = try SquashFSImage.writeTables(
            to: sink, samples, SquashFSBlocks(), from: start, SquashFSCompressor(.none))
        #expect(header == image.header)
        try file.value.write(header, at: 0)
        #expect(sink.size == image.size(of: 0))
        return ("\(path)", start)
    }

    @Test("images past four gibibytes, empty ones, and those of several blocks are found")
    func large() throws {
        let folder = try TemporaryFolder()
        let gibibyte = 1 << 30
        let sizes = [5, 0, gibibyte, gibibyte, gibibyte + 7, gibibyte, gibibyte, 3, 2_500_000]
        let (path, start) = try image(sizes, folder, .train)
        let file = try FileDescriptor(Path(path), .updating)
        try file.write(Array("first".utf8), at: start)
        let last = start + Int64(sizes.dropLast(2).reduce(0, +))
        try file.write(Array("end".utf8), at: last)
        func contents(_ index: Int) throws -> String {
            let name = "n00000001/image_\(padded(index, 6)).JPEG"
            return try run("unsquashfs", ["-cat", path, name]).output
        }
        #expect(try contents(0) == "first")
        #expect(try contents(1) == "")
        #expect(try contents(7) == "end")
        #expect(try contents(8).utf8.count == 2_500_000)
        let listed = try lines(of: "unsquashfs", ["-ll", path]).filter { $0.hasSuffix(".JPEG") }
        #expect(
            listed.compactMap { $0.split(separator: " ").dropFirst(2).first.flatMap { Int($0) } }
                == sizes)
    }

    @Test("a folder of 100,000 images has an index, and each is found")
    func manyInOneFolder() throws {
        let folder = try TemporaryFolder()
        let (path, _) = try image([Int](repeating: 1, count: 100_000), folder, .test)
        let listed = try lines(of: "unsquashfs", ["-l", path])
        #expect(listed.filter { $0.hasSuffix(".JPEG") }.count == 100_000)
        #expect(
            try run("unsquashfs", ["-cat", path, "image_077777.JPEG"]).output.utf8.count == 1)
    }

    @Test("a name that fits in no folder is refused before the first byte")
    func longNames() throws {
        let name = [UInt8](repeating: UInt8(ascii: "a"), count: 257)
        var table = SampleTable(.test, classes: [])
        try table.add(name, rank: SampleTable.noRank, offset: 0, size: 1, in: "x.tar")
        try table.finish(classes: [], words: [], ranks: [])
        let error = #expect(throws: ExportError.self) {
            try SquashFSImage(SampleSequence(table, order: [0]), .none, named: "image")
        }
        #expect(error?.code == .unwritable)
    }

    // MARK: What goes wrong

    @Test("slices, seeds and numbers of classes are refused, and nothing is made")
    func refused() throws {
        let sample = try MadeSample()
        var slice = try export(sample)
        slice.options.share = .slice(try #require(ShardSlice(index: 1, count: 2)))
        var seed = try export(sample)
        seed.options.seed = 1
        var full = try export(sample)
        let wnid = try #require(WNID("n01440764"))
        full.options.choice = ClassChoice(
            try #require(ClassSelection(title: "one", wnids: [wnid])), .full)
        for export in [slice, seed, full] {
            let error = #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
            #expect(error?.code == .badOption)
        }
        #expect(try sample.folder.names() == ["sample"])
    }

    @Test("a stopped run leaves nothing under the name, and the next begins again")
    func stopped() throws {
        let sample = try MadeSample()
        let straight = try export(sample, to: "straight")
        _ = try straight.run(labels: nil) { _ in }
        let export = try export(sample)
        #expect(throws: Interrupted.self) {
            try export.run(labels: nil) { if $0.stage == .writing { throw Interrupted() } }
        }
        #expect(try sample.folder.names(in: "out") == [".\(Self.train).new"])
        let summary = try export.run(labels: nil) { _ in }
        #expect(summary.isWhole && summary.keptShards == 0)
        #expect(
            try sample.folder.read("out/\(Self.train).squashfs")
                == sample.folder.read("straight/\(Self.train).squashfs"))
        #expect(try sample.folder.names(in: "out").count == 2)
    }

    @Test(
        "a disk that fills up ends the run, wherever that is, and the next is whole",
        arguments: ["none", "zstd"])
    func full(_ compression: String) throws {
        let sample = try MadeSample()
        let export = try export(sample, ["compression": compression])
        // Data first, then tables, which libsquashfs writes, until no write is left to fail.
        var failed = 0
        while true {
            let fault = Fault(
                .pwrite,
                onPathsWith: "\(sample.folder["out"])/.\(Self.train).new/.\(Self.train).squ",
                after: failed, .failure(ENOSPC))
            do {
                try Faults.during([fault]) { _ = try export.run(labels: nil) { _ in } }
                break
            } catch let error as DiskError {
                #expect(error.code == .noSpace, "\(failed)")
            }
            #expect(try sample.folder.names(in: "out") == [".\(Self.train).new"])
            failed += 1
        }
        #expect(failed >= 3)
        #expect(try files(export.place.path, sample) == sample.trainImages())
    }

    @Test("somebody else's file is left alone, and an output of ours is replaced when it is forced")
    func foreign() throws {
        let sample = try MadeSample()
        var export = try export(sample)
        export.options.isForced = true
        try sample.folder.write("precious", to: "out/\(Self.train).squashfs")
        let error = #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
        #expect(error?.code == .exists)
        #expect(try sample.folder.text("out/\(Self.train).squashfs") == "precious")
        try Folder(sample.folder["out"]).remove(Path("\(Self.train).squashfs"))
        _ = try export.run(labels: nil) { _ in }
        export.format = try SquashFSFormat().with(["compression": "zstd"])
        let before = try sample.folder.read("out/\(Self.train).squashfs")
        export.options.isForced = false
        #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
        #expect(try sample.folder.read("out/\(Self.train).squashfs") == before)
        export.options.isForced = true
        _ = try export.run(labels: nil) { _ in }
        #expect(try sample.folder.read("out/\(Self.train).squashfs") != before)
        #expect(try sample.folder.names(in: "out").count == 2)
    }

    @Test("a run that was killed before or after the image got its name is finished by the next")
    func killed() throws {
        let sample = try MadeSample()
        let export = try export(sample)
        let folder = try Folder.creating(sample.folder["out"])
        for isMoved in [false, true] {
            _ = try export.run(labels: nil) { _ in }
            let bytes = try sample.folder.read("out/\(Self.train).squashfs")
            guard case .receipt(let receipt) = try OutputReceipt.load(Self.train, in: folder) else {
                Issue.record("there is no receipt")
                return
            }
            // As it was then: the note is there, and the receipt not.
            try folder.publish(Path(".\(Self.train).done.json"), receipt.encoded)
            try folder.remove(OutputReceipt.fileName(Self.train))
            let work = try folder.folder(Path(".\(Self.train).new"), creating: true)
            if !isMoved { try folder.move(Path("\(Self.train).squashfs"), into: work) }
            let summary = try export.run(labels: nil) { _ in }
            #expect(summary.isAlreadyDone, "\(isMoved)")
            #expect(try sample.folder.read("out/\(Self.train).squashfs") == bytes)
            #expect(try sample.folder.names(in: "out").count == 2)
        }
    }

    @Test("an unknown file is named, and so is an image that was cut")
    func survey() throws {
        let sample = try MadeSample()
        let data = DataFolder(sample.folder["data"])
        try sample.folder.write("what", to: "data/squashfs/mine.squashfs")
        var found = try OutputSurvey(data).outputs()
        #expect(found.map(\.state) == [.unknown] && found[0].name == "mine")
        let export = try export(sample, to: "data/squashfs")
        _ = try export.run(labels: nil) { _ in }
        found = try OutputSurvey(data).outputs().filter { $0.name == Self.train }
        #expect(found.map(\.state) == [.whole])
        #expect(found[0].path == export.place.path && found[0].images == 12)
        let bytes = try sample.folder.read("data/squashfs/\(Self.train).squashfs")
        try Folder(sample.folder["data/squashfs"]).remove(Path("\(Self.train).squashfs"))
        try sample.folder.write(
            Array(bytes.dropLast(4096)), to: "data/squashfs/\(Self.train).squashfs")
        found = try OutputSurvey(data).outputs().filter { $0.name == Self.train }
        #expect(found.map(\.state) == [.broken("it has another size")])
    }
}
