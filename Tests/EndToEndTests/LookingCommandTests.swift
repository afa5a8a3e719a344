import Disk
import Support
import Testing

/// `manifest`, `torrent` and `labels`, as a person would type them.
@Suite(.waiting) struct LookingCommandTests {
    private static func sample() throws -> SampleFolder { try SampleFolder() }

    /// A sample that the tests of this suite look at.
    final class SampleFolder {
        private let folder: TemporaryFolder
        var path: String { folder["s"].description }
        var manifest: String { folder["s/manifest.json"].description }
        func file(_ name: String, _ text: String) throws -> String {
            try folder.write(text, to: name)
            return folder[name].description
        }

        init() throws {
            folder = try TemporaryFolder()
            let made = try Binary.run(
                "sample", folder["s"].description, "--classes", "5", "--per-class", "3", "--val",
                "10", "--test", "0", "--quiet")
            try #require(made.status == 0)
        }
    }

    @Test("every class is told with its three numbers, and the numbering is said")
    func labels() throws {
        let sample = try Self.sample()
        let all = try Binary.run(
            "labels", "--data", sample.path, "--manifest", sample.manifest)
        #expect(all.status == 0)
        #expect(all.output.split(separator: "\n").count == 6)
        #expect(all.errors.contains("ranks count from 0"))
        let one = try Binary.run(
            "labels", "--data", sample.path, "--manifest", sample.manifest, "--json", "2")
        let lines = one.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].contains("\"foundBy\":\"ILSVRC id 2\"") && lines[0].contains("\"id\":2"))
        #expect(lines[1].contains("\"rank\":2"))
    }

    @Test(
        "all forms of the labels have as many lines as they should",
        arguments: [
            ("ids", 10), ("wnids", 10), ("synsets", 5), ("gist", 5), ("keras", 1), ("json", 5),
        ])
    func formats(_ format: String, _ lines: Int) throws {
        let sample = try Self.sample()
        let result = try Binary.run(
            "labels", "--data", sample.path, "--manifest", sample.manifest, "--format", format)
        #expect(result.status == 0)
        #expect(result.output.split(separator: "\n").count == lines)
        #expect(result.errors.contains("numbering: "))
    }

    @Test("--format and a query cannot be used together")
    func formatAndQuery() throws {
        let sample = try Self.sample()
        let result = try Binary.run(
            "labels", "--data", sample.path, "--manifest", sample.manifest, "--format", "wnids",
            "1")
        #expect(result.status == 2 && result.output == "")
        #expect(result.errors.contains("--format prints the whole list and takes no query (\"1\")"))
    }

    @Test("labels in a file of one's own give the same, and wrong ones are refused")
    func ownLabels() throws {
        let sample = try Self.sample()
        let common = ["labels", "--data", sample.path, "--manifest", sample.manifest]
        let wnids = try run(Binary.path, common + ["--format", "wnids"]).output
        let own = try sample.file("own.txt", wnids)
        let again = try run(Binary.path, common + ["--format", "wnids", "--val-labels", own])
        #expect(again.status == 0)
        #expect(again.output == wnids)
        var lines = wnids.split(separator: "\n")
        let first = lines.removeFirst()
        let moved = try sample.file("moved.txt", (lines + [first]).joined(separator: "\n") + "\n")
        let refused = try run(Binary.path, common + ["--val-labels", moved])
        #expect(refused.status == 10)
        #expect(refused.errors.contains("moved.txt"))
    }

    @Test("labels of another data set do not pass for ImageNet's")
    func otherLabels() throws {
        let sample = try Self.sample()
        let result = try Binary.run("labels", "--data", sample.path)
        #expect(result.status == 10)
        #expect(result.errors.contains("its 5 classes are not the classes of the data set\n"))
        #expect(result.errors.contains("hint: it is damaged, or belongs to another data set: name"))
        // Nobody can do anything with a digest.
        #expect(result.errors.firstMatch(of: /[0-9a-f]{40}/) == nil)
    }

    @Test("without any file the labels of ILSVRC2012 are there, and those of others are not")
    func builtInLabels() throws {
        let folder = try TemporaryFolder()
        let shown = try Binary.run("labels", "207", "--data", folder["no"].description, "--verbose")
        #expect(shown.status == 0)
        #expect(shown.output.contains("n02099601"))
        #expect(shown.output.contains("golden retriever"))
        #expect(shown.errors.contains("labels from built-in labels of ILSVRC2012"))
        let nette = try Binary.run(
            "labels", "--classes", "imagenette", "--data", folder["no"].description)
        #expect(nette.status == 0)
        #expect(nette.output.split(separator: "\n").count == 11)
        #expect(nette.errors.contains("Imagenette, as listed by fastai/imagenette; "))
        #expect(nette.errors.contains("split as in ILSVRC2012"))
        let unknown = try Binary.run("labels", "--classes", "imagenete")
        #expect(unknown.status == 2)
        #expect(unknown.errors.contains("hint: did you mean imagenette, imagenet100?"))
        let sample = try Self.sample()
        let none = try Binary.run(
            "labels", "--data", folder["no"].description, "--manifest", sample.manifest)
        #expect(none.status == 2)
        #expect(none.errors.contains("there are no labels of sample in "))
        #expect(none.errors.contains(" --only devkit` downloads the devkit"))
    }

    @Test("a .torrent is told, and taken in only when it is the pinned one")
    func torrent() throws {
        let sample = try Self.sample()
        let file = sample.path + "/torrents/ILSVRC2012_img_val.tar.torrent"
        let shown = try Binary.run("torrent", "show", file)
        #expect(shown.status == 0)
        #expect(shown.output.contains("ILSVRC2012_img_val.tar"))
        let refused = try Binary.run("torrent", "add", file, "--data", sample.path)
        #expect(refused.status == 10)
        #expect(refused.errors.contains("5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5"))
        let taken = try Binary.run(
            "torrent", "add", file, "--data", sample.path, "--manifest", sample.manifest)
        #expect(taken.status == 0)
        let state = try Folder(Path(sample.path).appending("tar/.imagenet-fetch/torrents"))
        #expect(try state.entries().count == 1)
    }

    @Test("transmission reads a sample's torrent as we do")
    func transmission() throws {
        let sample = try Self.sample()
        let file = sample.path + "/torrents/ILSVRC2012_img_train.tar.torrent"
        let theirs = try run("transmission-show", [file]).output
        let ours = try Binary.run("torrent", "show", "--json", file).output
        let hash = try #require(theirs.split(separator: "\n").first { $0.contains("Hash") })
        let hex = try #require(hash.split(separator: " ").last)
        #expect(ours.contains("\"infoHash\":\"\(hex)\""))
    }

    @Test(
        "bad input is one line that names the file, with its exit status, and writes nothing",
        arguments: [
            (["manifest", "check", "FILE"], "{\"schema\": 3}", 10, "$.schema"),
            (["manifest", "check", "FILE"], "", 10, "bad"),
            (["manifest", "check", "FILE"], "zz  a\n", 10, "line 1"),
            (["manifest", "check", "absent"], "", 2, "absent"),
            (["torrent", "show", "FILE"], "d4:infoe", 10, "bad"),
            (["torrent", "show", "FILE"], "", 10, "bad"),
            (["torrent", "show", "."], "", 2, "."),
            (["labels", "--val-labels", "FILE"], "n0144\n", 10, "line 1"),
            (["labels", "--config", "FILE"], "--nonsense\n", 2, "bad:1"),
            (["sample"], "", 2, "DIR"),
            (["sample", "FILE"], "x", 2, "bad"),
            (["sample", "d", "--classes", "0"], "", 2, "--classes"),
            (["sample", "d", "--classes", "1001"], "", 2, "1000"),
            (["sampel", "d"], "", 2, "sample"),
            (["--sede", "3"], "", 2, "--seed"),
        ] as [([String], String, Int, String)])
    func badInput(_ words: [String], _ contents: String, _ status: Int, _ named: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(contents, to: "bad")
        let result = try run(
            Binary.path, words.map { $0 == "FILE" ? "bad" : $0 }, in: folder.path.description)
        #expect(result.status == Int32(status))
        let lines = result.errors.split(separator: "\n").filter { !$0.hasPrefix("hint: ") }
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("imagenet-fetch: error: ") == true)
        #expect(lines.first?.contains(named) == true)
        #expect(result.output == "")
        #expect(try folder.names() == ["bad"])
    }
}
