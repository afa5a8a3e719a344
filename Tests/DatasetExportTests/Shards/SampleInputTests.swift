import Archives
import DataFolder
import DatasetManifest
import Disk
import SampleData
import Support
import Testing

@testable import DatasetExport

@Suite struct SampleInputTests {
    private static let options = SampleDataset.Options(
        classes: 4, perClass: 6, val: 8, test: 0, seed: 9)

    private func labels(_ sample: borrowing MadeSample) throws -> ClassLabels {
        try LabelSource.file(Path(sample.tar("ILSVRC2012_devkit_t12.tar.gz"))).read()
    }

    private func table(
        _ input: SampleInput, _ split: SampleTable.Split, _ labels: ClassLabels? = nil
    ) throws -> SampleTable {
        try input.table(split, labels: labels, extensions: ["jpeg", "jpg"]) { _ in }.table
    }

    /// Class, name and bytes of every image of an input.
    private func contents(
        _ input: SampleInput, _ split: SampleTable.Split, _ labels: ClassLabels? = nil
    ) throws -> [String: [UInt8]] {
        let table = try table(input, split, labels)
        let reader = try SampleReader(table, archive: input.archive)
        var found: [String: [UInt8]] = [:]
        for sample in 0..<table.count {
            var bytes = [UInt8](repeating: 0, count: table.size(sample))
            try bytes.withUnsafeMutableBytes { try reader.read(sample, into: $0) }
            let name = String(decoding: table.name(sample), as: UTF8.self)
            found["\(String(decoding: table.wnid(sample), as: UTF8.self))/\(name)"] = bytes
        }
        return found
    }

    @Test("an archive and the trees that people unpack it to hold the same samples")
    func train() throws {
        let sample = try MadeSample(Self.options)
        let expected = try sample.trainImages()
        let archive = SampleInput.archive(Path(sample.tar("ILSVRC2012_img_train.tar")))
        #expect(try contents(archive, .train) == expected)
        #expect(try contents(.tree(sample.folder["classes"]), .train) == expected)
        // All in one folder, the class being in the name alone.
        for (name, bytes) in expected {
            try sample.folder.write(bytes, to: "flat/\(name.split(separator: "/")[1])")
        }
        #expect(try contents(.tree(sample.folder["flat"]), .train) == expected)
        // A tar of class folders, as people pack their trees.
        _ = try lines(
            of: "tar",
            [
                "-cf", sample.folder["repacked.tar"].description, "-C",
                sample.folder.path.description, "classes",
            ])
        #expect(try contents(.archive(sample.folder["repacked.tar"]), .train) == expected)
    }

    @Test(
        "validation images are the same flat, sorted into classes and with their class in the name")
    func validation() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let archive = SampleInput.archive(Path(sample.tar("ILSVRC2012_img_val.tar")))
        let expected = try contents(archive, .val, labels)
        #expect(expected.count == 8)
        for (path, bytes) in expected {
            let parts = path.split(separator: "/")
            try sample.folder.write(bytes, to: "flat/\(parts[1])")
            try sample.folder.write(bytes, to: "sorted/\(path)")
            try sample.folder.write(bytes, to: "prefixed/\(parts[0])_\(parts[1])")
        }
        #expect(try contents(.tree(sample.folder["flat"]), .val, labels) == expected)
        #expect(try contents(.tree(sample.folder["sorted"]), .val, labels) == expected)
        #expect(try contents(.tree(sample.folder["sorted"]), .val) == expected)
        #expect(try table(.tree(sample.folder["prefixed"]), .val, labels).count == 8)
        // One in a wrong class.
        let (path, bytes) = try #require(expected.first)
        let other = try #require(labels.classes.first { !path.hasPrefix("\($0.wnid)") })
        try sample.folder.write(bytes, to: "wrong/\(other.wnid)/\(path.split(separator: "/")[1])")
        #expect(throws: ExportError.self) {
            try table(.tree(sample.folder["wrong"]), .val, labels)
        }
    }

    @Test("training images are no validation images, and the other way round")
    func wrongSplit() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let train = SampleInput.archive(Path(sample.tar("ILSVRC2012_img_train.tar")))
        let val = SampleInput.archive(Path(sample.tar("ILSVRC2012_img_val.tar")))
        #expect(throws: ExportError.self) { try table(train, .val, labels) }
        for (path, bytes) in try contents(val, .val, labels) {
            let parts = path.split(separator: "/")
            try sample.folder.write(bytes, to: "sorted/\(path)")
            try sample.folder.write(bytes, to: "prefixed/\(parts[0])_\(parts[1])")
        }
        for tree in ["sorted", "prefixed"] {
            #expect(throws: ExportError.self, "\(tree)") {
                try table(.tree(sample.folder[tree]), .train)
            }
        }
        // Class folders of training images, which have a class each.
        for (path, bytes) in try sample.trainImages() {
            try sample.folder.write(bytes, to: "train/\(path)")
        }
        let error = #expect(throws: ExportError.self) {
            try table(.tree(sample.folder["train"]), .val, labels)
        }
        #expect(error?.hint?.names(.onlyTrain) == true)
    }

    @Test("there are as many validation images as labels, or somebody is told")
    func lackingImage() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let val = SampleInput.archive(Path(sample.tar("ILSVRC2012_img_val.tar")))
        let images = try contents(val, .val, labels).sorted { $0.key < $1.key }
        for (path, bytes) in images.dropFirst() {
            try sample.folder.write(bytes, to: "sorted/\(path)")
        }
        let error = #expect(throws: ExportError.self) {
            try table(.tree(sample.folder["sorted"]), .val, labels)
        }
        #expect(error?.message.contains("7") == true && error?.message.contains("8") == true)
        // Without labels nobody knows how many there are.
        #expect(try table(.tree(sample.folder["sorted"]), .val).count == 7)
    }

    @Test(
        "a class tar that was cut between two members is refused, unless a known count says not",
        arguments: [(nil, false), (3, true), (4, false)] as [(Int?, Bool)])
    func openClassTar(_ expected: Int?, _ isWhole: Bool) throws {
        let folder = try TemporaryFolder()
        try folder.write(TarBytes.classTars(endingSecond: false), to: "train.tar")
        let input = SampleInput.archive(folder["train.tar"])
        func count() throws -> Int {
            try input.table(
                .train, labels: nil, extensions: ["jpeg"], expectedImages: expected
            ) { _ in }.table.count
        }
        if isWhole {
            #expect(try count() == 3)
            return
        }
        let error = try failure(ExportError.self) { _ = try count() }
        #expect(error.code == .badInput && error.message.contains("n00000002.tar in it"))
    }

    @Test("names are sorted as bytes, by class first, wherever they lie in the archive")
    func order() throws {
        let sample = try MadeSample(Self.options)
        let table = try table(.archive(Path(sample.tar("ILSVRC2012_img_train.tar"))), .train)
        let names = (0..<table.count).map { String(decoding: table.name($0), as: UTF8.self) }
        #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(table.classes == table.classes.sorted())
    }

    @Test("what is no image is passed over and counted; hidden files are none")
    func strays() throws {
        let folder = try TemporaryFolder()
        for name in [
            "n01440764/a.JPEG", "n01440764/b.jpg", "n01440764/c.png", "n01440764/._a.JPEG",
            "n01440764/readme", "readme.txt", "other/x.JPEG",
        ] {
            try folder.write("x", to: "t/\(name)")
        }
        let found = try SampleInput.tree(folder["t"]).table(
            .train, labels: nil, extensions: ["JPEG", "jpg"]
        ) { _ in }
        #expect(found.table.count == 2)
        #expect(found.leftOut.otherFiles == 3)
    }

    @Test("an image that is there twice is refused")
    func twice() throws {
        let folder = try TemporaryFolder()
        var tar = TarBytes()
        tar.add("n01440764/a.JPEG", "1")
        tar.add("n02119789/a.JPEG", "2")
        tar.add("./n01440764/a.JPEG", "3")
        tar.end()
        try folder.write(tar.bytes, to: "x.tar")
        let error = #expect(throws: ExportError.self) {
            try table(.archive(folder["x.tar"]), .train)
        }
        #expect(error?.message.contains("twice") == true)
    }

    @Test("hostile names reach no folder and no terminal")
    func hostile() throws {
        let folder = try TemporaryFolder()
        var tar = TarBytes()
        tar.add("../../n01440764/../a.JPEG", "1")
        tar.add("/n02119789/\u{1B}[2J.JPEG", "2")
        tar.add("n02119789/link.JPEG", type: "2", link: "/etc/passwd")
        tar.end()
        try folder.write(tar.bytes, to: "x.tar")
        let export = ShardExport(
            format: WebDatasetFormat(shards: 1), split: .train, input: .archive(folder["x.tar"]),
            place: OutputPlace(parent: folder["out"], name: "x"))
        let error = #expect(throws: ExportError.self) { try export.run(labels: nil) { _ in } }
        #expect(error.map { !$0.message.contains("\u{1B}") } == true)
        #expect(try folder.names() == ["x.tar"] || folder.names() == ["out", "x.tar"])
    }

    @Test("the archive comes first, then trees, wherever a person points")
    func finding() throws {
        let folder = try TemporaryFolder()
        let data = DataFolder(folder["data"])
        func find(_ place: String? = nil, isOnly: Bool = true) -> SampleInput? {
            SampleInput.find(
                .train, named: "T", in: data, or: place.map { folder[$0] }, isOnly: isOnly)
        }
        #expect(find() == nil && find("data") == nil)
        // A folder without an image is no tree.
        try folder.write("x", to: "e/n01440764/readme")
        try folder.write("x", to: "e/notes.txt")
        try folder.write("x", to: "data/untar/T/n01440764/a.png")
        #expect(find("e") == nil && find() == nil && find("data/untar/T") == nil)
        try folder.write("x", to: "k/ILSVRC/Data/CLS-LOC/train/n01440764/a.JPEG")
        #expect(find("k") == .tree(folder["k/ILSVRC/Data/CLS-LOC/train"]))
        try folder.write("x", to: "data/untar/T/n01440764/a.JPEG")
        #expect(find() == .tree(folder["data/untar/T"]))
        #expect(find("data/untar") == .tree(folder["data/untar/T"]))
        #expect(find("data/untar/T") == .tree(folder["data/untar/T"]))
        #expect(find("data/untar/T", isOnly: false) == nil)
        try folder.write("x", to: "data/tar/T.tar")
        #expect(find() == .archive(folder["data/tar/T.tar"]))
        #expect(find("data/tar") == .archive(folder["data/tar/T.tar"]))
        #expect(find("data/tar/T.tar") == .archive(folder["data/tar/T.tar"]))
    }
}
