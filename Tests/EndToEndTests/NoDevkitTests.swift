import Disk
import Support
import Testing

/// Validation images of ILSVRC2012 with nothing beside them: the labels are built in.
@Suite(.waiting) final class NoDevkitTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("", to: "data/tar/.keep")
        // As many images as there are labels, and a byte for each.
        let script = """
            import io, tarfile
            with tarfile.open("ILSVRC2012_img_val.tar", "w") as archive:
                for number in range(50000, 0, -1):
                    info = tarfile.TarInfo(f"ILSVRC2012_val_{number:08}.JPEG")
                    info.size = 1
                    archive.addfile(info, io.BytesIO(b"x"))
            """
        let made = try run(
            "python3", ["-c", script], in: folder["data/tar"].description)
        try #require(made.status == 0, "\(made.errors)")
        try manifest(valPin: "313fc3f23c864dde9183c9a368809065765dd1b657a6904fded44e3e46d34604")
    }

    private func manifest(valPin: String) throws {
        try folder.write(
            """
            {"schema": "imagenet-fetch.manifest/1", "name": "mine", "classes": 1000,
             "labels": {"valWNIDs": "\(valPin)"},
             "files": [{"name": "ILSVRC2012_img_val.tar", "part": "val", "role": "val-images",
                        "images": 50000}]}
            """, to: "mine.json")
    }

    private func own(_ words: String...) throws -> CommandResult {
        try run(
            Binary.absolute,
            words + ["--data", folder["data"].description, "--manifest", "mine.json"],
            in: folder.path.description)
    }

    @Test("untar, mds and check take the built-in labels of a data set with the same pins")
    func works() throws {
        let tree = "data/untar/ILSVRC2012_img_val"
        let unpacked = try own("untar", "--only-val", "--no-verify")
        #expect(unpacked.status == 0, "\(unpacked.errors)")
        #expect(try folder.names(in: tree).count == 1000)
        // The first and the last label of the devkit, 490 and 186.
        #expect(try folder.text("\(tree)/n01751748/ILSVRC2012_val_00000001.JPEG") == "x")
        #expect(try folder.text("\(tree)/n02437616/ILSVRC2012_val_00050000.JPEG") == "x")
        let checked = try own("check", folder[tree].description)
        #expect(checked.status == 0, "\(checked.output)\(checked.errors)")
        let written = try own("mds", "--only-val", "--no-verify")
        #expect(written.status == 0, "\(written.errors)")
        #expect(written.output.contains("50,000 images"))
        try folder.write("n01440764\nn01440764\n", to: "guesses.txt")
        let submission = try own("submission", "write", "guesses.txt", "--lines", "2")
        #expect(submission.output == "449\n449\n", "\(submission.errors)")
    }

    @Test("a data set with other pins gets no labels, and is told what to do")
    func refuses() throws {
        try manifest(valPin: String(repeating: "ab", count: 32))
        for words in [["untar", "--only-val", "--no-verify"], ["labels"]] {
            let refused = try run(
                Binary.absolute,
                words + ["--data", folder["data"].description, "--manifest", "mine.json"],
                in: folder.path.description)
            #expect(refused.status == 2)
            #expect(refused.errors.contains("there are no labels of mine in "))
            #expect(refused.errors.contains("hint: name a label file with --val-labels"))
            #expect(!refused.errors.contains("abab"))
        }
        #expect(try Folder(folder["data"]).status("untar") == nil)
        let refused = try own("mds", "--only-val", "--no-verify")
        #expect(refused.status != 0)
        #expect(refused.errors.contains("there are no labels for the validation images"))
    }
}
