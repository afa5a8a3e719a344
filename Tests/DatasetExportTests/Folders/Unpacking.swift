import DataFolder
import DatasetExport
import DatasetManifest
import Disk
import SampleData
import Support
import Testing

/// A folder with a sample in it, or with archives made by hand, and what is unpacked from them.
struct Unpacking: ~Copyable {
    static let script = Path(#filePath).parent.parent.parent.appending("Interop/trees.py")
        .description

    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    init(_ options: SampleDataset.Options) throws {
        let folder = try TemporaryFolder()
        _ = try SampleDataset.write(options, to: folder["s"], threads: 2)
        self.folder = folder
    }

    static let small = SampleDataset.Options(
        classes: 4, perClass: 12, val: 300, test: 20, seed: 11)

    var untar: Path { folder["untar"] }

    func labels() throws -> ClassLabels {
        try LabelSource.devkitArchive(folder["s/tar/ILSVRC2012_devkit_t12.tar.gz"]).read()
    }

    func unpacker(_ part: String, flat: Bool = false) throws -> Unpacker {
        let forms: [String: UnpackForm] = [
            "train": .classTars, "test_v10102019": .images,
        ]
        let form = try forms[part] ?? .validation(labels())
        var unpacker = Unpacker(
            folder["s/tar/ILSVRC2012_img_\(part).tar"], form, in: untar, isFlat: flat)
        unpacker.threads = 2
        return unpacker
    }

    /// Unpacks an archive made by hand.
    func unpacker(_ bytes: [UInt8], _ form: UnpackForm, named name: String = "a.tar") throws
        -> Unpacker
    {
        try folder.write(bytes, to: name)
        var unpacker = Unpacker(folder[name], form, in: untar)
        unpacker.threads = 2
        return unpacker
    }

    /// What lies where trees appear, hidden names too; nothing where the folder is not there.
    func outputs() throws -> [String] {
        try folder.names().contains("untar") ? folder.names(in: "untar") : []
    }

    func compare(_ words: String...) throws {
        let result = try run("python3", [Self.script] + words)
        #expect(result.status == 0, "\(result.errors)")
    }

    func compareImages(flat: Bool = false) throws {
        let result = try run(
            "python3",
            [Self.script, "images", folder["s"].description, untar.description]
                + (flat ? ["flat"] : []))
        #expect(result.status == 0, "\(result.errors)")
    }
}

extension Unpacker {
    @discardableResult
    func run() throws -> Summary { try run { _ in } }
}

/// What a body throws, as the error that it should be.
func failure<E: Error>(
    _ type: E.Type, at place: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws -> E {
    do {
        try body()
    } catch let error as E {
        return error
    }
    throw NothingThrown(type: "\(type)")
}

struct NothingThrown: Error { let type: String }

extension TarBytes {
    /// Three images in two class tars.
    static func classTars(endingSecond: Bool) -> [UInt8] {
        var outer = TarBytes()
        for (number, images) in [(1, 1), (2, 2)] {
            var inner = TarBytes()
            for image in 1...images { inner.add("n0000000\(number)_\(image).JPEG", "image") }
            if number == 1 || endingSecond { inner.end() }
            outer.add(Array("n0000000\(number).tar".utf8), inner.bytes)
        }
        outer.end()
        return outer.bytes
    }
}
