import Archives
import DatasetExport
import Disk
import Support
import Testing

/// Archives that somebody has made to do harm: refused by name, and nothing of them appears.
@Suite struct UnpackRefusalTests {
    struct Bad: Sendable, CustomTestStringConvertible {
        let name: String
        var type: Character = "0"
        var link = ""
        let reason: String
        var testDescription: String { "\(escaped(name)) \(type)" }
    }

    private static let members = [
        Bad(name: "/etc/passwd", reason: "absolute"),
        Bad(name: "../out", reason: "leads out"),
        Bad(name: "a/../../out", reason: "leads out"),
        Bad(name: "..", reason: "leads out"),
        Bad(name: "link", type: "2", link: "/etc", reason: "symbolic link"),
        Bad(name: "hard", type: "1", link: "good.JPEG", reason: "hard link"),
        Bad(name: "null", type: "3", reason: "device"),
        Bad(name: "disk", type: "4", reason: "device"),
        Bad(name: "pipe", type: "6", reason: "pipe"),
        Bad(name: "good.JPEG", reason: "another member has that name"),
        Bad(name: "a\u{1B}[2J.JPEG", reason: "control characters"),
        Bad(name: "a\nb.JPEG", reason: "control characters"),
    ]

    private func tar(_ bad: Bad) -> [UInt8] {
        var tar = TarBytes()
        tar.add("good.JPEG", "good")
        tar.add(bad.name, bad.type == "0" ? "bad" : "", type: bad.type, link: bad.link)
        tar.add("later.JPEG", "later")
        tar.end()
        return tar.bytes
    }

    /// It is named, the reason is said, and nothing is left, hidden or not, here or above.
    private func expectRefused(
        _ here: borrowing Unpacking, _ unpacker: Unpacker, _ bad: Bad,
        at place: SourceLocation = #_sourceLocation
    ) throws {
        let error = try failure(ExportError.self) { try unpacker.run() }
        #expect(error.code == .unsafeArchive, sourceLocation: place)
        #expect(error.message.contains(bad.reason), "\(error.message)", sourceLocation: place)
        let last = escaped(bad.name).split(separator: "/").last ?? ""
        #expect(error.message.contains(last), "\(error.message)", sourceLocation: place)
        #expect(try here.outputs().isEmpty, sourceLocation: place)
        #expect(
            try here.folder.names().allSatisfy { ["a.tar", "a.tar.gz"].contains($0) },
            sourceLocation: place)
    }

    @Test("in a tar of images", arguments: members)
    func images(_ bad: Bad) throws {
        let here = try Unpacking()
        try expectRefused(here, try here.unpacker(tar(bad), .images), bad)
    }

    @Test("in a class tar", arguments: members)
    func classTar(_ bad: Bad) throws {
        let here = try Unpacking()
        var outer = TarBytes()
        var fine = TarBytes()
        fine.add("n00000001_1.JPEG", "x")
        fine.end()
        outer.add(Array("n00000001.tar".utf8), fine.bytes)
        outer.add(Array("n00000002.tar".utf8), tar(bad))
        outer.end()
        try expectRefused(here, try here.unpacker(outer.bytes, .classTars), bad)
    }

    @Test("beside class tars", arguments: members.filter { $0.name != "good.JPEG" })
    func outer(_ bad: Bad) throws {
        let here = try Unpacking()
        var fine = TarBytes()
        fine.add("n00000001_1.JPEG", "x")
        fine.end()
        var outer = TarBytes()
        outer.add(Array("n00000001.tar".utf8), fine.bytes)
        outer.add(bad.name, "", type: bad.type, link: bad.link)
        outer.end()
        try expectRefused(here, try here.unpacker(outer.bytes, .classTars), bad)
    }

    @Test("in a compressed tree", arguments: members.filter { $0.name != "a\nb.JPEG" })
    func stream(_ bad: Bad) throws {
        let here = try Unpacking()
        let tar = TarBytes.gzipped(tar(bad))
        try expectRefused(here, try here.unpacker(tar, .tree, named: "a.tar.gz"), bad)
    }

    @Test("a folder that was there before stays, and those that were not are gone")
    func foldersAbove() throws {
        let here = try Unpacking()
        let bytes = TarBytes.gzipped(tar(Self.members[0]))
        try here.folder.write(bytes, to: "a.tar.gz")
        try here.folder.write("mine", to: "there/mine")
        for place in ["there", "there/new/deep"] {
            let unpacker = Unpacker(here.folder["a.tar.gz"], .tree, in: here.folder[place])
            #expect(throws: ExportError.self) { try unpacker.run() }
            #expect(try here.folder.names(in: "there") == ["mine"])
        }
    }

    @Test(
        "names that are too long, or lie too deep to be counted",
        arguments: [("too long", 3, 1500), ("nested too deep", 100, 1), ("too", 30_000, 1)])
    func deep(_ reason: String, _ folders: Int, _ length: Int) throws {
        let name = String(repeating: String(repeating: "d", count: length) + "/", count: folders)
        for isCompressed in [false, true] {
            let here = try Unpacking()
            var tar = TarBytes()
            tar.addPax(Array("\(name)x.JPEG".utf8), "bad")
            tar.end()
            let unpacker =
                isCompressed
                ? try here.unpacker(tar.gzipped, .tree, named: "a.tar.gz")
                : try here.unpacker(tar.bytes, .images)
            try expectRefused(here, unpacker, Bad(name: "d", reason: reason))
        }
    }

    @Test("names that leave none for a tree", arguments: [".tar", "..tar", "...tar", "..tar.gz"])
    func treeNames(_ name: String) throws {
        let here = try Unpacking()
        var tar = TarBytes()
        tar.add("good.JPEG", "good")
        tar.end()
        for isForced in [false, true] {
            var unpacker = try here.unpacker(
                name.hasSuffix("gz") ? tar.gzipped : tar.bytes, .tree, named: name)
            unpacker.isForced = isForced
            let error = try failure(ExportError.self) { try unpacker.run() }
            #expect(error.code == .badOption && error.message.contains("hidden name"))
        }
        #expect(try here.folder.names() == [name])
    }

    @Test("two class tars of one name, and a stray file among them")
    func outerNames() throws {
        var fine = TarBytes()
        fine.add("n00000001_1.JPEG", "x")
        fine.end()
        for (name, reason) in [
            ("n00000001.tar", "another member has that name"), ("readme.txt", "not a class tar"),
        ] {
            let here = try Unpacking()
            var outer = TarBytes()
            outer.add(Array("n00000001.tar".utf8), fine.bytes)
            outer.add(Array(name.utf8), fine.bytes)
            outer.end()
            try expectRefused(
                here, try here.unpacker(outer.bytes, .classTars), Bad(name: name, reason: reason))
        }
    }

    @Test("images of two classes that would meet in one folder")
    func flat() throws {
        let here = try Unpacking()
        var inner = TarBytes()
        inner.add("same.JPEG", "x")
        inner.end()
        var outer = TarBytes()
        for name in ["n00000001.tar", "n00000002.tar"] {
            outer.add(Array(name.utf8), inner.bytes)
        }
        outer.end()
        try here.folder.write(outer.bytes, to: "a.tar")
        let unpacker = Unpacker(here.folder["a.tar"], .classTars, in: here.untar, isFlat: true)
        let bad = Bad(name: "same.JPEG", reason: "another class has an image of that name")
        try expectRefused(here, unpacker, bad)
        #expect(try Unpacker(here.folder["a.tar"], .classTars, in: here.untar).run().files == 2)
    }

    @Test("a file where a folder is", arguments: [["x", "x/y"], ["x/y", "x"]])
    func fileAndFolder(_ names: [String]) throws {
        let here = try Unpacking()
        var tar = TarBytes()
        for name in names { tar.add(name, "x") }
        tar.end()
        let unpacker = try here.unpacker(tar.gzipped, .tree, named: "a.tar.gz")
        try expectRefused(here, unpacker, Bad(name: "x", reason: "another member"))
    }

    @Test("members larger than the archive", arguments: [false, true])
    func large(_ isCompressed: Bool) throws {
        let here = try Unpacking()
        var tar = TarBytes()
        tar.add("good.JPEG", "good")
        tar.add(Array("huge.JPEG".utf8), [1, 2, 3], size: "77777777777")
        tar.end()
        let bad = Bad(name: "huge.JPEG", reason: "more than the archive can hold")
        let unpacker =
            isCompressed
            ? try here.unpacker(tar.gzipped, .tree, named: "a.tar.gz")
            : try here.unpacker(tar.bytes, .images)
        try expectRefused(here, unpacker, bad)
    }

    @Test("an archive that is cut leaves nothing", arguments: [Form.classTars, .images, .tree])
    func cut(_ form: Form) throws {
        let here = try Unpacking(Unpacking.small)
        let names: [Form: String] = [
            .classTars: "ILSVRC2012_img_train.tar", .images: "ILSVRC2012_img_test_v10102019.tar",
            .tree: "ILSVRC2012_bbox_train_v2.tar.gz",
        ]
        let name = try #require(names[form])
        let bytes = try here.folder.read("s/tar/\(name)")
        // In the middle, and just before the mark at its end.
        let zeros = bytes.reversed().prefix { $0 == 0 }.count
        for count in [bytes.count / 2, (bytes.count - zeros - 8) / 512 * 512] {
            let unpacker = try here.unpacker(
                Array(bytes.prefix(count)), form.value, named: name)
            #expect(throws: (any Error).self) { try unpacker.run() }
            #expect(try here.outputs().isEmpty)
        }
    }

    @Test(
        "a class tar that was cut between two members is refused, unless a known count says not",
        arguments: [(nil, false), (3, true), (4, false)] as [(Int?, Bool)])
    func openClassTar(_ expected: Int?, _ isWhole: Bool) throws {
        let here = try Unpacking()
        var unpacker = try here.unpacker(TarBytes.classTars(endingSecond: false), .classTars)
        unpacker.expectedImages = expected
        unpacker.verifies = true
        if isWhole {
            #expect(try unpacker.run().files == 3)
            return
        }
        let error = try failure(ExportError.self) { try unpacker.run() }
        #expect(error.code == .badInput && error.message.contains("n00000002.tar in it"))
        #expect(try here.outputs().isEmpty)
    }

    @Test("an archive with more or fewer images than are known is refused")
    func count() throws {
        let here = try Unpacking()
        var unpacker = try here.unpacker(TarBytes.classTars(endingSecond: true), .classTars)
        var tar = TarBytes()
        for name in ["1.JPEG", "2.JPEG", "._1.JPEG", "3.JPEG"] { tar.add("test/" + name, "x") }
        tar.end()
        var images = try here.unpacker(tar.bytes, .images, named: "b.tar")
        var stream = try here.unpacker(tar.gzipped, .images, named: "c.tar.gz")
        for expected in [2, 4] {
            unpacker.expectedImages = expected
            images.expectedImages = expected
            stream.expectedImages = expected
            for one in [unpacker, images, stream] {
                let error = try failure(ExportError.self) { try one.run() }
                #expect(error.code == .badInput)
                #expect(error.message.contains("3 images instead of \(expected)"))
                #expect(try here.outputs().isEmpty)
            }
        }
        images.expectedImages = 3
        stream.expectedImages = 3
        // What is hidden is unpacked like the rest, and is no image.
        for one in [images, stream] { #expect(try one.run().files == 4) }
    }

    enum Form: Sendable {
        case classTars, images, tree
        var value: UnpackForm {
            switch self {
            case .classTars: .classTars
            case .images: .images
            case .tree: .tree
            }
        }
    }

    @Test("a validation image that the labels do not know")
    func unknownImage() throws {
        let here = try Unpacking(Unpacking.small)
        for name in ["ILSVRC2012_val_00000301.JPEG", "stranger.JPEG", "._x"] {
            var tar = TarBytes()
            tar.add("ILSVRC2012_val_00000001.JPEG", "x")
            tar.add(name, "x")
            tar.end()
            let unpacker = try here.unpacker(tar.bytes, .validation(try here.labels()))
            let error = try failure(ExportError.self) { try unpacker.run() }
            #expect(error.code == .badInput)
            #expect(error.message.contains(name))
            #expect(try here.outputs().isEmpty)
        }
    }

    @Test("a header that is damaged is what is said, not what stands behind it", arguments: [0, 1])
    func damagedHeader(_ number: Int) throws {
        let here = try Unpacking()
        var tar = TarBytes()
        var headers: [Int] = []
        for number in 1...3 {
            var inner = TarBytes()
            for image in 1...3 { inner.add("n0000000\(number)_\(image).JPEG", "image") }
            inner.end()
            headers.append(tar.bytes.count)
            tar.add(Array("n0000000\(number).tar".utf8), inner.bytes)
        }
        tar.end()
        var bytes = tar.bytes
        bytes[headers[number] + 5] ^= 1
        let unpacker = try here.unpacker(bytes, .classTars)
        let error = try failure(ArchiveError.self) { try unpacker.run() }
        #expect(error.code == .damaged && error.offset == Int64(headers[number]))
        #expect(error.message.contains("a.tar"), "\(error.message)")
        #expect(try here.outputs().isEmpty)
    }
}
