import DataFolder
import DatasetExport
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@Suite struct UnpackerTests {
    private static let parts = ["train", "val", "test_v10102019"]

    @Test("train, val and test are what Python makes of the archives, file by file")
    func images() throws {
        let here = try Unpacking(Unpacking.small)
        for part in Self.parts { #expect(try here.unpacker(part).run().files > 0) }
        try here.compareImages()
        #expect(
            try here.outputs() == [
                "ILSVRC2012_img_test_v10102019", "ILSVRC2012_img_test_v10102019.receipt.json",
                "ILSVRC2012_img_train", "ILSVRC2012_img_train.receipt.json", "ILSVRC2012_img_val",
                "ILSVRC2012_img_val.receipt.json",
            ])
    }

    @Test("train is what GNU tar makes of it")
    func gnuTar() throws {
        let here = try Unpacking(Unpacking.small)
        try here.unpacker("train").run()
        let script = """
            mkdir "$1/gnu"; cd "$1/gnu"; tar -xf "$1/s/tar/ILSVRC2012_img_train.tar"
            for tar in *.tar; do mkdir "${tar%.tar}"; tar -xf "$tar" -C "${tar%.tar}"; rm "$tar"; done
            diff -r . "$1/untar/ILSVRC2012_img_train"
            """
        let result = try run("bash", ["-ec", script, "bash", here.folder.path.description])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(
        "flat, from the archives and by links to folders that are there", arguments: [false, true])
    func flat(_ isLinked: Bool) throws {
        let here = try Unpacking(Unpacking.small)
        for part in ["train", "val"] {
            if isLinked { try here.unpacker(part).run() }
            let summary = try here.unpacker(part, flat: true).run()
            #expect(summary.isLinked == isLinked)
            #expect(summary.folders == 0)
        }
        try here.compareImages(flat: true)
        let one = here.untar.appending("ILSVRC2012_img_val_flat")
        let name = try #require(try Folder(one).entries().first?.name)
        #expect(try Folder(one).status(name)?.links == (isLinked ? 2 : 1))
    }

    @Test("boxes and the devkit as GNU tar has them, without a second folder of their name")
    func trees() throws {
        let here = try Unpacking(Unpacking.small)
        for (name, top) in [
            ("ILSVRC2012_bbox_train_v2.tar.gz", ""), ("ILSVRC2012_bbox_val_v3.tgz", ""),
            ("ILSVRC2012_devkit_t12.tar.gz", "ILSVRC2012_devkit_t12/"),
        ] {
            let archive = here.folder["s/tar/\(name)"]
            let summary = try Unpacker(archive, .tree, in: here.untar).run()
            try here.compare("tree", archive.description, summary.path.description, top)
        }
    }

    @Test("a zip with files larger than what is read at once", arguments: [1, 3])
    func zip(_ threads: Int) throws {
        let here = try Unpacking()
        let script = """
            import zipfile, random
            random.seed(4)
            with zipfile.ZipFile(__import__("sys").argv[1], "w", zipfile.ZIP_DEFLATED) as file:
                for i in range(300):
                    file.writestr(f"d{i % 7}/e/f{i}", random.randbytes(i * 37))
                file.writestr("large", random.randbytes(3_000_001))
                file.writestr("exactly", random.randbytes(1 << 20))
                file.writestr("empty", b"")
            """
        let archive = here.folder["x.zip"]
        #expect(try Support.run("python3", ["-c", script, archive.description]).status == 0)
        var unpacker = Unpacker(archive, .tree, in: here.untar)
        unpacker.threads = threads
        unpacker.verifies = true
        let summary = try unpacker.run()
        #expect(summary.files == 303)
        try here.compare("tree", archive.description, summary.path.description)
    }

    @Test("the archives of 2017 share a tree, each with a receipt of its own")
    func shared() throws {
        let here = try Unpacking()
        func tar(_ names: [String]) -> [UInt8] {
            var tar = TarBytes()
            tar.add("ILSVRC/", type: "5")
            for name in names { tar.add("ILSVRC/" + name, "contents of \(name)") }
            tar.end()
            return tar.gzipped
        }
        let loc = ["Annotations/CLS-LOC/val/a.xml", "Data/CLS-LOC/val/a.JPEG"]
        let det = ["Annotations/DET/val/a.xml", "Data/DET/test/b.JPEG", "ImageSets/DET/val.txt"]
        var late = TarBytes()
        late.add("test/ILSVRC2017_test_00000001.JPEG", "late")
        late.end()
        let archives: [(String, [UInt8])] = [
            ("ILSVRC2017_CLS-LOC.tar.gz", tar(loc)), ("ILSVRC2017_DET.tar.gz", tar(det)),
            ("ILSVRC2017_DET_test_new.tar.gz", late.gzipped),
            ("ILSVRC2017_devkit.tar.gz", tar(["devkit/data/map_clsloc.txt"])),
        ]
        for (name, bytes) in archives {
            let unpacker = try here.unpacker(bytes, .tree2017, named: name)
            #expect(try !unpacker.run().isAlreadyDone)
            #expect(try unpacker.run().isAlreadyDone)
        }
        #expect(
            try here.folder.names(in: "untar/ILSVRC2017")
                == ["Annotations", "Data", "ImageSets", "devkit"])
        #expect(try here.folder.names(in: "untar/ILSVRC2017/Data/DET/test").count == 2)
        #expect(
            try here.folder.text("untar/ILSVRC2017/Data/CLS-LOC/val/a.JPEG")
                == "contents of Data/CLS-LOC/val/a.JPEG")
        #expect(try here.outputs().count == 5)

        // Another archive that brings a file which is there already.
        let other = try here.unpacker(tar(loc), .tree2017, named: "ILSVRC2017_other.tar.gz")
        let error = try failure(ExportError.self) { try other.run() }
        #expect(error.code == .exists)
        #expect(error.message.contains("a.xml"))
    }

    @Test("again it is done, other labels are refused, and --force replaces it when it is whole")
    func again() throws {
        let here = try Unpacking(Unpacking.small)
        let unpacker = try here.unpacker("val")
        try unpacker.run()
        #expect(try unpacker.run().isAlreadyDone)
        let wnids = try #require(try here.labels().validationWNIDs)
        // The same classes in another order: every image has another one now.
        let list = (wnids.dropFirst() + wnids.prefix(1)).map { "\($0)\n" }.joined()
        try here.folder.write(list, to: "other.txt")
        let labels = try LabelSource.file(here.folder["other.txt"]).read()
        var other = Unpacker(unpacker.archive, .validation(labels), in: here.untar)
        let error = try failure(ExportError.self) { try other.run() }
        #expect(error.code == .exists)
        let old = "untar/ILSVRC2012_img_val/\(wnids[0])/ILSVRC2012_val_00000001.JPEG"
        #expect(try !here.folder.read(old).isEmpty)
        other.isForced = true
        #expect(try !other.run().isAlreadyDone)
        let first = "\(wnids[1])/ILSVRC2012_val_00000001.JPEG"
        #expect(try !here.folder.read("untar/ILSVRC2012_img_val/\(first)").isEmpty)
        #expect(try here.outputs().count == 2)
    }

    @Test("something else under the tree's name is not touched")
    func occupied() throws {
        let here = try Unpacking(Unpacking.small)
        try here.folder.write("mine", to: "untar/ILSVRC2012_img_train/notes")
        let error = try failure(ExportError.self) { try here.unpacker("train").run() }
        #expect(error.code == .exists && error.hint?.contains("move it away") == true)
        #expect(try here.folder.names(in: "untar/ILSVRC2012_img_train") == ["notes"])
        // Not by --force either, nor an output of another kind.
        var unpacker = try here.unpacker("train")
        unpacker.isForced = true
        #expect(try failure(ExportError.self) { try unpacker.run() }.code == .exists)
        let other = OutputReceipt(kind: "mds", name: unpacker.name, options: [:], inputs: [])
        try other.save(in: try Folder(here.untar))
        let kind = try failure(ExportError.self) { try unpacker.run() }
        #expect(kind.code == .exists && kind.message.contains("of mds"))
        #expect(try here.folder.names(in: "untar/ILSVRC2012_img_train") == ["notes"])
        #expect(try here.outputs().count == 2)
    }

    @Test("an empty folder is taken, and what comes to stand there meanwhile is not replaced")
    func meanwhile() throws {
        let here = try Unpacking(Unpacking.small)
        _ = try Folder.creating(here.untar.appending("ILSVRC2012_img_val"))
        #expect(try here.unpacker("val").run().files == 300)
        let (unpacker, notes) = (
            try here.unpacker("train"), here.untar.appending("ILSVRC2012_img_train")
        )
        #expect(throws: ExportError.self) {
            try unpacker.run { now in
                guard now.stage == .writing else { return }
                _ = try Folder.creating(notes.appending("mine"))
            }
        }
        #expect(try here.folder.names(in: "untar/ILSVRC2012_img_train") == ["mine"])
    }

    @Test("a folder where another archive of 2017 has a file stops it before anything is moved")
    func otherKinds() throws {
        for names in [["a/1", "x"], ["a/1", "x/y"]] {
            let here = try Unpacking()
            func archive(_ names: [String], _ name: String) throws -> Unpacker {
                var tar = TarBytes()
                for one in names { tar.add("ILSVRC/Data/\(one)", name) }
                tar.end()
                return try here.unpacker(tar.gzipped, .tree2017, named: "ILSVRC2017_\(name).tar.gz")
            }
            let isFolder = names == ["a/1", "x"]
            try archive([isFolder ? "x/y" : "x"], "one").run()
            var other = try archive(names, "two")
            for isForced in [false, true, true] {
                other.isForced = isForced
                let error = try failure(ExportError.self) { try other.run() }
                #expect(error.code == .exists && error.message.contains("Data/x"))
                #expect(error.hint?.contains("move it away") == true)
                #expect(try here.folder.names(in: "untar/ILSVRC2017/Data") == ["x"])
            }
            // As the hint says.
            try Folder(here.untar.appending("ILSVRC2017/Data")).removeTree("x")
            other.isForced = false
            #expect(try other.run().files == 2)
            #expect(try here.outputs().allSatisfy { !$0.hasPrefix(".") })
        }
    }

    @Test("a run that was killed while it moved is stopped by what came there, and goes on then")
    func settledKinds() throws {
        let here = try Unpacking()
        var tar = TarBytes()
        for name in ["a/1", "x/y"] { tar.add("ILSVRC/Data/\(name)", "contents") }
        tar.end()
        let unpacker = try here.unpacker(tar.gzipped, .tree2017, named: "ILSVRC2017_a.tar.gz")
        try unpacker.run()
        // As if it had been killed when all was written and nothing moved.
        let untar = try Folder(here.untar)
        try untar.rename("ILSVRC2017", to: ".ILSVRC2017_a.new")
        try here.folder.write(
            here.folder.read("untar/ILSVRC2017_a.receipt.json"),
            to: "untar/.ILSVRC2017_a.state/done.json")
        try untar.remove("ILSVRC2017_a.receipt.json")
        try here.folder.write("mine", to: "untar/ILSVRC2017/Data/x")
        for _ in 0..<2 {
            let error = try failure(ExportError.self) { try unpacker.run() }
            #expect(error.code == .exists && error.message.contains("Data/x"))
            #expect(try here.folder.names(in: "untar/ILSVRC2017/Data") == ["x"])
        }
        try Folder(here.untar.appending("ILSVRC2017/Data")).remove("x")
        #expect(try unpacker.run().isAlreadyDone)
        #expect(try here.folder.text("untar/ILSVRC2017/Data/x/y") == "contents")
        #expect(try here.outputs() == ["ILSVRC2017", "ILSVRC2017_a.receipt.json"])
    }

    @Test("--verify finds a changed, a cut and a strange file")
    func verify() throws {
        let here = try Unpacking(Unpacking.small)
        var unpacker = try here.unpacker("train")
        let summary = try unpacker.run()
        unpacker.verifies = true
        #expect(try unpacker.run().isVerified)
        try unpacker.recount(summary.receipt)
        let wnid = try here.folder.names(in: "untar/ILSVRC2012_img_train")[1]
        let name = try here.folder.names(in: "untar/ILSVRC2012_img_train/\(wnid)")[2]
        let place = "untar/ILSVRC2012_img_train/\(wnid)/\(name)"
        let bytes = try here.folder.read(place)
        var changed = bytes
        changed[bytes.count / 2] ^= 1
        for other in [changed, Array(bytes.dropLast()), bytes + [0], []] {
            try here.folder.write(other, to: place)
            let error = try failure(ExportError.self) { try unpacker.run() }
            #expect(error.code == .brokenOutput)
            #expect(error.message.contains(name))
        }
        try here.folder.write(bytes, to: place)
        try here.folder.write("stray", to: "untar/ILSVRC2012_img_train/\(wnid)/.DS_Store")
        #expect(
            try failure(ExportError.self) { try unpacker.run() }.message.contains(wnid))
        #expect(
            try failure(ExportError.self) { try unpacker.recount(summary.receipt) }.code
                == .brokenOutput)
    }

    @Test("a class without images is an empty folder, and a file may be called as the output is")
    func empty() throws {
        let here = try Unpacking()
        var outer = TarBytes()
        outer.add(Array("n00000001.tar".utf8), [UInt8](repeating: 0, count: 1024))
        outer.end()
        #expect(try here.unpacker(outer.bytes, .classTars).run().folders == 1)
        #expect(try here.folder.names(in: "untar/a") == ["n00000001"])
        var tar = TarBytes()
        tar.add("b", "contents")
        tar.end()
        try here.unpacker(tar.gzipped, .tree, named: "b.tar.gz").run()
        #expect(try here.folder.text("untar/b/b") == "contents")
    }

    @Test("images larger than what is read at once come whole, and an empty one too")
    func largeAndEmpty() throws {
        let here = try Unpacking()
        var inner = TarBytes()
        let large = (0..<1_300_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 7) }
        inner.add(Array("n00000001_1.JPEG".utf8), [])
        inner.add(Array("n00000001_2.JPEG".utf8), large)
        inner.add("n00000001_3.JPEG", "small")
        inner.end()
        var outer = TarBytes()
        outer.add(Array("n00000001.tar".utf8), inner.bytes)
        outer.end()
        var unpacker = try here.unpacker(outer.bytes, .classTars)
        unpacker.verifies = true
        try unpacker.run()
        #expect(try here.folder.read("untar/a/n00000001/n00000001_2.JPEG") == large)
        #expect(try here.folder.read("untar/a/n00000001/n00000001_1.JPEG") == [])
        #expect(try here.folder.text("untar/a/n00000001/n00000001_3.JPEG") == "small")
    }
}
