import Disk
import Support
import Testing

@Suite(.waiting) struct HelpTests {
    private static let commands = [
        ["fetch"], ["verify"], ["repair"], ["list"], ["check"], ["untar"], ["layout"], ["mds"],
        ["mds", "verify"], ["mds", "reindex"], ["mds", "merge"], ["tfrecord"], ["webdataset"],
        ["squashfs"], ["tfds"], ["bbox"], ["labels"], ["merge-test"], ["submission", "check"],
        ["submission", "write"],
        ["status"], ["sync"], ["seed"], ["torrent", "show"], ["torrent", "add"],
        ["manifest", "show"],
        ["manifest", "check"], ["sample"], ["help"], ["version"],
    ]

    @Test("every command has a short and a long help, on standard output", arguments: commands)
    func help(_ command: [String]) throws {
        let short = try run(Binary.path, command + ["-h"])
        let long = try run(Binary.path, command + ["--help"])
        #expect(short.status == 0 && long.status == 0)
        #expect(short.errors == "" && long.errors == "")
        #expect(long.output.contains("$ imagenet-fetch ") || long.output.contains("Examples"))
        #expect(short.output.count < long.output.count)
    }

    /// What the examples speak of, so that they can be run as they are printed.
    private func world() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let sample = try run(
            Binary.path,
            ["sample", "s", "--classes", "300", "--per-class", "2", "--val", "10", "--quiet"],
            in: folder.path.description)
        try #require(sample.status == 0)
        let arrange = """
            mkdir -p data bt Downloads
            mv s/tar data/tar
            cp s/torrents/ILSVRC2012_img_val.tar.torrent bt/
            cp s/torrents/ILSVRC2012_img_val.tar.torrent Downloads/
            cp s/manifest.json my-data.json
            (cd data/tar && md5sum *.tar) > MD5SUMS
            mds=("$0" mds --manifest my-data.json --only-val --quiet)
            "${mds[@]}" >made
            "${mds[@]}" --slice 1/1 --output-dir parts >>made
            """
        try #require(
            try run("bash", ["-ec", arrange, Binary.absolute], in: folder.path.description).status
                == 0)
        return folder
    }

    /// What the examples of one command need beside that.
    private func arrange(_ folder: Path, for command: [String]) throws {
        let program = "'\(Binary.absolute)' --manifest my-data.json --quiet"
        let scripts: [String: String] = [
            "check": """
            mkdir -p data/untar/ILSVRC2012_img_train data/untar/ILSVRC2012_img_val
            tar -xf data/tar/ILSVRC2012_img_train.tar -C data/untar/ILSVRC2012_img_train
            for tar in data/untar/ILSVRC2012_img_train/*.tar; do
                mkdir ${tar%.tar}; tar -xf $tar -C ${tar%.tar}; rm $tar
            done
            cd data/untar/ILSVRC2012_img_val; tar -xf ../../tar/ILSVRC2012_img_val.tar; cd ../../..
            \(program.replacing("' ", with: "' labels ")) --format wnids > labels.txt
            for file in data/untar/ILSVRC2012_img_val/*; do
                read wnid <&3; mkdir -p $(dirname $file)/$wnid; mv $file $(dirname $file)/$wnid/
            done 3<labels.txt
            """,
            "repair": """
            cp s/torrents/*.torrent bt/
            mkdir other; cp data/tar/ILSVRC2012_img_val.tar other/
            printf damage | dd of=data/tar/ILSVRC2012_img_val.tar bs=1 seek=9000 conv=notrunc
            """,
            "seed": program.replacing("' ", with: "' verify "),
            "submission": """
            yes 1 2 | head -50 > submission.txt; yes 3 | head -50000 > val.txt
            yes 4 0 2 | head -50 > predictions.txt; cp predictions.txt top5.txt
            """,
        ]
        guard let script = scripts[command[0]] else { return }
        let result = try run("bash", ["-ec", script], in: folder.description)
        try #require(result.status == 0, "\(result.errors)")
    }

    @Test("the examples in the help work as printed", arguments: commands)
    func examples(_ command: [String]) throws {
        let help = try run(Binary.path, command + ["--help"]).output
        let lines = help.split(separator: "\n").map { $0.drop { $0 == " " } }
        let examples = lines.filter { $0.hasPrefix("$ imagenet-fetch ") }.map { $0.dropFirst(17) }
        #expect(!examples.isEmpty)
        let folder = try world()
        try arrange(folder.path, for: command)
        for example in examples {
            // A sample has few of the real classes, and no named subsets.
            let wnid = try anyWNID(folder.path)
            let text = example.replacing("n02099601", with: wnid).replacing(
                "imagenette", with: wnid
            )
            // Nobody waits for a night to pass.
            .replacing("--time-limit 8h", with: "--time-limit 1s")
            let result = try run(
                "bash", ["-c", "'\(Binary.path)' \(text) </dev/null"],
                in: folder.path.description,
                environment: ["XDG_CONFIG_HOME": try config(folder.path, for: command)])
            #expect(result.status == 0, "\(example): \(result.errors)")
        }
    }

    private func anyWNID(_ folder: Path) throws -> String {
        let labels = try run(
            Binary.path, ["labels", "1", "--json", "--manifest", "my-data.json"],
            in: folder.description)
        let parts = labels.output.split(separator: "\"")
        return String(parts.first { $0.count == 9 && $0.hasPrefix("n") } ?? "n00000000")
    }

    /// The sample's manifest for those commands that hold something against pins.
    private func config(_ folder: Path, for command: [String]) throws -> String {
        let holder = folder.appending("config")
        let names = [
            "fetch", "verify", "repair", "check", "mds", "tfrecord", "webdataset",
            "squashfs", "tfds", "bbox", "status", "sync", "seed",
            "labels", "merge-test", "submission", "untar", "layout",
        ]
        guard names.contains(command[0]) || command == ["torrent", "add"] else {
            return holder.description
        }
        let file = try Folder.creating(holder.appending("imagenet-fetch"))
        // There is no swarm either: a sample's torrents name no trackers.
        let sources =
            command == ["repair"]
            ? "sources mirrors\nmirror other/\nreserve 0\n"
            : command == ["seed"] ? "no-dht\n" : ""
        try file.publish("config", Array("manifest my-data.json\n\(sources)".utf8))
        return holder.description
    }

    @Test("the version is one line, and can be had whatever else is said")
    func version() throws {
        for words in [["--version"], ["sample", "--nonsense", "--version"], ["--version", "-h"]] {
            let result = try run(Binary.path, words)
            #expect(result.status == 0)
            #expect(result.output.hasPrefix("imagenet-fetch 0.2.0\n") || words.contains("-h"))
        }
    }
}
