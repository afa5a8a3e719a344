import ArchiveVerify
import DatasetExport
import DatasetManifest
import Disk
import SampleData
import Glibc
import Support
import Testing

/// What lies inside archives that were made to be wrong.
@Suite final class DeepCheckTests {
    typealias Kind = DeepReport.Finding.Kind

    private let folder: TemporaryFolder
    /// Images of a sample, which libjpeg-turbo has made.
    private let images: [[UInt8]]

    init() throws {
        folder = try TemporaryFolder()
        let options = SampleDataset.Options(classes: 2, perClass: 3, val: 4, test: 0, seed: 5)
        _ = try SampleDataset.write(options, to: folder["s"], threads: 2)
        let unpacked = try run(
            "bash", ["-ec", "mkdir v; tar -xf s/tar/ILSVRC2012_img_val.tar -C v"],
            in: folder.path.description)
        try #require(unpacked.status == 0)
        var images: [[UInt8]] = []
        for name in try folder.names(in: "v").sorted() {
            images.append(try folder.read("v/\(name)"))
        }
        self.images = images
    }

    private static func file(
        _ role: ManifestFile.Role, images: Int64? = nil
    ) -> ManifestFile {
        var file = ManifestFile(name: "x.tar", part: "x", role: role)
        file.images = images
        return file
    }

    private func check(
        _ bytes: [UInt8], _ file: ManifestFile, classes: Int64? = nil, decodes: Bool = false
    ) throws -> DeepReport {
        try folder.write(bytes, to: "x.tar")
        var check = DeepCheck(file, classes: classes)
        if decodes {
            check.inspector = {
                let inspector = try ImageInspector()
                return { image in
                    switch inspector.look(at: image) {
                    case .sound: .sound
                    case .odd(let what): .odd(what)
                    case .broken(let reason): .broken(reason)
                    }
                }
            }
        }
        return try check.run(folder["x.tar"])
    }

    private static func found(_ report: DeepReport) -> [String] {
        report.findings.map { "\($0.kind) \($0.member?.description ?? "-")" }
    }

    private static func val(_ number: Int) -> [UInt8] {
        Array("ILSVRC2012_val_0000000\(number).JPEG".utf8)
    }

    @Test("an archive of the sample is right, and decoded", arguments: [false, true])
    func right(_ decodes: Bool) throws {
        let manifest = try Manifest.read(folder.read("s/manifest.json"), source: "manifest")
        for name in ["ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar"] {
            let file = try #require(manifest.files.first { $0.name == name })
            let bytes = try folder.read("s/tar/\(name)")
            let report = try check(bytes, file, classes: manifest.classes, decodes: decodes)
            #expect(report.isRight, "\(report.findings)")
            #expect(Int64(report.images) == file.images)
            #expect(report.classes == (file.role == .trainImages ? 2 : 0))
            #expect(report.isDecoded == decodes)
        }
    }

    @Test("counts that are wrong")
    func counts() throws {
        var tar = TarBytes()
        tar.add(Self.val(1), images[0])
        tar.end()
        let report = try check(tar.bytes, Self.file(.valImages, images: 2))
        #expect(Self.found(report) == ["count -"])
        #expect(report.findings.first?.message == "there is 1 image, not 2")
        let train = try check(tar.bytes, Self.file(.trainImages, images: 1), classes: 3)
        #expect(
            Self.found(train) == ["stray ILSVRC2012_val_00000001.JPEG", "count -"])
        #expect(train.findings.last?.message == "there are 0 classes, not 3")
    }

    @Test("names that are there twice, and what does not belong there")
    func names() throws {
        var inner = TarBytes()
        inner.add(Array("n00000001_1.JPEG".utf8), images[0])
        inner.add(Array("n00000001_1.JPEG".utf8), images[1])
        inner.add(Array("n00000002_1.JPEG".utf8), images[1])
        inner.add("notes.txt", "hello")
        inner.add("link.JPEG", type: "2", link: "n00000001_1.JPEG")
        inner.end()
        var tar = TarBytes()
        tar.add(Array("n00000001.tar".utf8), inner.bytes)
        // The same names in another class are no duplicates.
        tar.add(Array("n00000002.tar".utf8), inner.bytes)
        tar.add(Self.val(1), images[2])
        tar.add("folder/", type: "5")
        tar.end()
        let report = try check(tar.bytes, Self.file(.trainImages))
        #expect(
            Self.found(report) == [
                "duplicate n00000001.tar/n00000001_1.JPEG",
                "stray n00000001.tar/n00000002_1.JPEG", "stray n00000001.tar/notes.txt",
                "stray n00000001.tar/link.JPEG", "stray n00000002.tar/n00000001_1.JPEG",
                "duplicate n00000002.tar/n00000001_1.JPEG",
                "stray n00000002.tar/n00000001_1.JPEG", "stray n00000002.tar/notes.txt",
                "stray n00000002.tar/link.JPEG", "stray ILSVRC2012_val_00000001.JPEG",
            ])
        #expect(report.classes == 2)
        #expect(report.images == 7)
    }

    @Test("images that are cut, empty, none at all; with a tail they are right")
    func ends() throws {
        let cut = Array(images[1].dropLast(40))
        let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        var tar = TarBytes()
        tar.add(Self.val(1), images[0] + [UInt8](repeating: 0, count: 3000))
        tar.add(Self.val(2), cut)
        tar.add(Self.val(3))
        tar.add(Self.val(4), Array("<html>Sign in</html>".utf8))
        tar.add(Self.val(5), png + [1, 2, 3])
        tar.add(Self.val(6), Array(images[2].prefix(3)))
        tar.add(Self.val(7), images[3])
        tar.end()
        for decodes in [false, true] {
            let report = try check(tar.bytes, Self.file(.valImages), decodes: decodes)
            let names = (2...6).map { "ILSVRC2012_val_0000000\($0).JPEG" }
            // An empty one is told as soon as its header is met.
            #expect(
                Self.found(report) == [
                    "empty \(names[1])", "cut \(names[0])", "foreign \(names[2])",
                    "cut \(names[3])", "foreign \(names[4])",
                ], "\(decodes)")
            #expect(report.faults == 5)
        }
    }

    @Test("an image that is broken inside is found by decoding, and a PNG is odd")
    func decoded() throws {
        // Its frame header says that it has no lines.
        var broken = images[0]
        let frame = try #require(
            broken.indices.dropLast().first { broken[$0] == 0xFF && broken[$0 + 1] == 0xC0 })
        for index in frame + 5..<frame + 9 { broken[index] = 0 }
        var tar = TarBytes()
        tar.add(Self.val(1), broken)
        tar.add(Self.val(2), images[1])
        tar.end()
        #expect(try check(tar.bytes, Self.file(.valImages)).isRight)
        let report = try check(tar.bytes, Self.file(.valImages), decodes: true)
        #expect(Self.found(report) == ["broken ILSVRC2012_val_00000001.JPEG"])
    }

    @Test("what Pillow loads is no fault, and what it does not load is one, told once")
    func judged() throws {
        let pictures = try JudgedPicture.all().filter { $0.difference == nil }
        var tar = TarBytes()
        for (number, picture) in pictures.enumerated() {
            tar.add(Array("\(number).JPEG".utf8), picture.bytes)
        }
        tar.end()
        let report = try check(tar.bytes, Self.file(.other), decodes: true)
        for (number, picture) in pictures.enumerated() {
            let found = report.findings.filter { $0.member?.description == "\(number).JPEG" }
            #expect(found.count <= 1, "\(picture.name)")
            // Pillow does not miss a PNG's end mark; TensorFlow does.
            let hasNoEnd =
                picture.name.hasSuffix(".png") && picture.name != "trailing-much.png"
                && found.first?.kind == .cut
            #expect(
                found.contains { $0.kind != .odd } != picture.loads || hasNoEnd,
                "\(picture.name): \(found), \(picture.verdict)")
        }
    }

    @Test("an archive that is cut, damaged, or none: never a crash, and what can be read counts")
    func damaged() throws {
        var tar = TarBytes()
        for number in 1...4 { tar.add(Self.val(number), images[number - 1]) }
        tar.end()
        let cut = try check(
            Array(tar.bytes.prefix(tar.bytes.count / 2)), Self.file(.valImages, images: 4))
        #expect(!cut.isRight)
        #expect(cut.findings.contains { $0.kind == .archive })
        let html = try check(Array("<html></html>".utf8), Self.file(.valImages))
        #expect(Self.found(html) == ["archive -"])
        var numbers = SeededNumbers(seed: 3)
        for _ in 0..<50 {
            var bytes = tar.bytes
            for _ in 0..<20 {
                bytes[Int(numbers.next() % UInt64(bytes.count))] = UInt8(numbers.next() & 0xFF)
            }
            _ = try check(bytes, Self.file(.valImages, images: 4), decodes: true)
        }
    }

    @Test("where the first class's header is lost, its images are no strays")
    func lostHeader() throws {
        var tar = TarBytes()
        for number in 1...2 {
            var inner = TarBytes()
            for image in 1...3 {
                inner.add(Array("n0000000\(number)_\(image).JPEG".utf8), images[image])
            }
            inner.end()
            tar.add(Array("n0000000\(number).tar".utf8), inner.bytes)
        }
        tar.add(Array("n00000009_1.JPEG".utf8), images[0])
        tar.end()
        var bytes = tar.bytes
        bytes[5] ^= 1
        let report = try check(bytes, Self.file(.trainImages, images: 7), classes: 2)
        #expect(report.images == 7 && report.classes == 1)
        // The last image is behind a class, so nothing of it is lost.
        #expect(
            Self.found(report) == ["stray n00000009_1.JPEG", "archive -", "count -"],
            "\(report.findings)")
    }

    @Test("an archive that shrinks while images are looked at is wrong, and says where")
    func shrinking() throws {
        var tar = TarBytes()
        let image = Array(images[0].prefix(4) + images[0].suffix(4))
        for number in 1...9000 { tar.add(Self.val(number), image) }
        tar.end()
        try folder.write(tar.bytes, to: "x.tar")
        let path = folder["x.tar"]
        let check = DeepCheck(Self.file(.valImages, images: 9000), classes: nil)
        let report = try check.run(path) { _ in _ = truncate(path.description, 4_000_000) }
        #expect(!report.isRight)
        #expect(report.findings.contains { $0.kind == .archive && $0.message.contains("x.tar") })
    }

    @Test("a compressed archive is looked into like others", arguments: [false, true])
    func compressed(_ decodes: Bool) throws {
        var inner = TarBytes()
        inner.add(Array("n00000001_1.JPEG".utf8), images[0])
        inner.add(Array("n00000001_2.JPEG".utf8), Array(images[1].dropLast(40)))
        inner.add(Array("n00000001_3.JPEG".utf8))
        inner.add(Array("n00000001_4.JPEG".utf8), Array("no image".utf8))
        inner.add(Array("n00000001_5.JPEG".utf8), images[2] + [UInt8](repeating: 0, count: 70_000))
        inner.end()
        var tar = TarBytes()
        tar.add(Array("n00000001.tar".utf8), inner.bytes)
        tar.add(Array("n00000009_1.JPEG".utf8), Array("no image".utf8))
        tar.end()
        let file = Self.file(.trainImages, images: 6)
        let plain = try check(tar.bytes, file, decodes: decodes)
        #expect(plain.faults > 4)
        let report = try check(tar.gzipped, file, decodes: decodes)
        #expect(report.findings == plain.findings)
        #expect(report.isDecoded == decodes && report.images == 6 && report.classes == 1)
        // Cut, in the middle of an image: what is read of it is looked at, and the end is told.
        let cut = try check(Array(tar.gzipped.dropLast(30_000)), file)
        #expect(Self.found(cut).contains("cut n00000001.tar/n00000001_5.JPEG"), "\(cut.findings)")
        #expect(cut.findings.contains { $0.kind == .archive && $0.message.contains("x.tar") })
        for bytes in [images[0], Array("text".utf8)] {
            let none = try check(TarBytes.gzipped(bytes), file)
            #expect(!none.isArchive && !none.isRight)
        }
    }

    @Test("images of a zip archive, and of compressed ones that others have made")
    func otherKinds() throws {
        for number in 1...3 { try folder.write(images[number], to: "in/n_\(number).JPEG") }
        try folder.write("no image", to: "in/n_4.JPEG")
        let script = """
            cd in; python3 -m zipfile -c ../x.zip *.JPEG; tar -cf ../y.tar *.JPEG; cd ..
            xz -k y.tar; bzip2 -k y.tar; zstd -q -k y.tar || true
            """
        try #require(try run("bash", ["-ec", script], in: folder.path.description).status == 0)
        for name in ["x.zip", "y.tar.xz", "y.tar.bz2", "y.tar.zst"] {
            guard (try? FileDescriptor(folder[name], .reading)) != nil else { continue }
            let bytes = try folder.read(name)
            for decodes in [false, true] {
                let report = try check(bytes, Self.file(.other, images: 4), decodes: decodes)
                #expect(Self.found(report) == ["foreign n_4.JPEG"], "\(name)")
                #expect(report.images == 4 && report.isDecoded == decodes)
            }
            let cut = try check(Array(bytes.prefix(bytes.count / 2)), Self.file(.other))
            #expect(!cut.isRight, "\(name)")
        }
    }

    @Test("more images than go into one batch, and what was found keeps its order")
    func batches() throws {
        var inner = TarBytes()
        var wrong: [String] = []
        for number in 0..<9000 {
            let isWrong = number.isMultiple(of: 1000)
            let name = "n00000001_\(number).JPEG"
            if isWrong { wrong.append("cut n00000001.tar/\(name)") }
            inner.add(
                Array(name.utf8),
                isWrong ? [0xFF, 0xD8, 0xFF, 0xE0, 0] : [0xFF, 0xD8, 0xFF, 0xD9])
        }
        inner.end()
        var tar = TarBytes()
        tar.add(Array("n00000001.tar".utf8), inner.bytes)
        tar.end()
        let report = try check(tar.bytes, Self.file(.trainImages, images: 9000), classes: 1)
        #expect(Self.found(report) == wrong)
    }
}
