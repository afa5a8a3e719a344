import Disk
import Glibc
import Support
import Testing

/// `status` over what was made of the archives.
@Suite(.waiting) struct StatusCommandTests {
    private struct Rig: ~Copyable {
        let folder: TemporaryFolder

        init(perClass: Int = 8) throws {
            let folder = try TemporaryFolder()
            let made = try Binary.run(
                "sample", folder["s"].description, "--classes", "4", "--per-class", "\(perClass)",
                "--val", "9", "--test", "5", "--quiet")
            try #require(made.status == 0)
            self.folder = folder
        }

        var options: [String] {
            [
                "--data", folder["s"].description, "--manifest",
                folder["s/manifest.json"].description, "--quiet",
            ]
        }

        @discardableResult
        func run(_ more: String..., at place: SourceLocation = #_sourceLocation) throws -> String {
            let result = try Support.run(Binary.absolute, more + options)
            #expect(result.status == 0, "\(result.errors)", sourceLocation: place)
            return result.output
        }

        /// The line of one output, from its name on.
        func line(_ output: String) throws -> String {
            let lines = try run("status").split(separator: "\n").map(String.init)
            let found = lines.first { $0.hasPrefix("  \(output) ") }
            return String(found?.dropFirst(output.count + 2).drop { $0 == " " } ?? "")
        }

        /// What is told programs of one output.
        func json(_ name: String, _ kind: String) throws -> String {
            let start =
                #"{"schema":"imagenet-fetch.output/1","output":"\#(name)","kind":"\#(kind)""#
            let lines = try run("status", "--json").split(separator: "\n").map(String.init)
            return try #require(lines.first { $0.hasPrefix(start) })
        }

        /// Types what `status` says comes next.
        func next(at place: SourceLocation = #_sourceLocation) throws {
            let lines = try run("status").split(separator: "\n")
            let line = lines.filter { $0.hasPrefix("next: imagenet-fetch ") }
                .first { !$0.contains(" fetch ") }
            let words = try #require(line, sourceLocation: place).split(separator: " ").dropFirst(2)
            let result = try Support.run(Binary.absolute, words.map(String.init))
            #expect(result.status == 0, "\(result.errors)", sourceLocation: place)
        }
    }

    private static let train = "ILSVRC2012_img_train"
    private static let val = "ILSVRC2012_img_val"

    @Test("every kind of output is told with its counts, and what is absent beside it")
    func whole() throws {
        let rig = try Rig()
        #expect(try !rig.run("status").contains("  output"))
        let archives = rig.folder["s/tar"].description
        try rig.run("untar")
        try rig.run("untar", "--only", "bbox")
        try rig.run("untar", "--flat", "--only-train")
        try rig.run("mds", "--only-train")
        try rig.run("tfrecord", "--shards", "2")
        try rig.run("webdataset", "--shards", "2")
        try rig.run("bbox")
        try rig.run("merge-test", archives + "/ILSVRC2012_img_test_v10102019.tar")
        try rig.run("layout", "torchvision", rig.folder["s/torch"].description)
        let count = try rig.folder.names(in: "s/untar/\(Self.train)_flat").count
        #expect(
            try rig.line("untar/\(Self.train)").hasPrefix("complete, \(count) images in 4 folders"))
        #expect(try rig.line("untar/\(Self.train)_flat").contains("images, by links"))
        #expect(try rig.line("untar/\(Self.val)").hasPrefix("complete, 9 images in 4 folders"))
        #expect(try rig.line("untar/ILSVRC2012_bbox_val_v3").hasPrefix("complete, 9 files"))
        #expect(
            try rig.line("mds/\(Self.train)").hasPrefix("complete, \(count) images in 1 shard, "))
        #expect(try rig.line("mds/\(Self.val)") == "absent")
        #expect(try rig.line("tfrecord/\(Self.val)").hasPrefix("complete, 9 images in 2 shards"))
        #expect(try rig.line("webdataset/\(Self.val)").hasPrefix("complete, 9 images in 2 shards"))
        #expect(try rig.line("tfds/ILSVRC2012_img_test.tar").hasPrefix("complete, 5 images"))
        #expect(try rig.line("imagenet_2012_bounding_boxes.csv").contains(" boxes"))
        #expect(try rig.line("torch").hasPrefix("complete, 4 files, by links"))
        let json = try rig.json(Self.train, "mds")
        #expect(
            json.contains("\"state\":\"whole\",\"images\":\(count),\"expectedImages\":\(count)"))
        #expect(json.contains("\"from\":[\"\(Self.train).tar\"]"))
        #expect(!json.contains("\"next\""))
        #expect(try rig.json(Self.val, "mds").contains("\"next\":\"imagenet-fetch mds --only-val"))
        let last = try rig.run("status", "--json").split(separator: "\n").last ?? ""
        #expect(last.hasPrefix("{\"schema\":\"imagenet-fetch.disk/1\""))
        // A choice is a choice of outputs too.
        let chosen = try rig.run("status", "--only-val")
        #expect(chosen.contains("untar/\(Self.val)") && !chosen.contains("untar/\(Self.train)"))
    }

    @Test("what is there and not proven counts with the bytes that it has")
    func unprovenBytes() throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "d/tar/ILSVRC2017_DET.tar.gz")
        let words = [
            "status", "--dataset", "ilsvrc2017", "--all", "--data", folder["d"].description,
        ]
        let text = try Support.run(Binary.absolute, words)
        #expect(text.output.contains("there, not verified"))
        #expect(text.output.contains("used: 1 B by archives"), "\(text.output)")
        let json = try Support.run(Binary.absolute, words + ["--json"])
        #expect(json.output.contains(#""archiveBytes":1,"#))
    }

    @Test("no tree is walked through: its receipt answers", .disabled(if: Binary.isWatched))
    func notWalked() throws {
        let rig = try Rig()
        try rig.run("untar")
        let trace = rig.folder["trace"].description
        let result = try Support.run(
            "strace",
            ["-f", "-e", "trace=open,openat,getdents64", "-o", trace, Binary.absolute, "status"]
                + rig.options)
        #expect(result.status == 0, "\(result.errors)")
        let opened = try rig.folder.text("trace")
        #expect(opened.contains("\(Self.train).receipt.json"))
        #expect(!opened.contains("n0"))
    }

    @Test("shards that are gone or cut are told, and what comes next mends it")
    func broken() throws {
        let rig = try Rig()
        try rig.run("mds", "--only-train", "--size-limit", "200kb")
        let shard = "s/mds/\(Self.train)/shard.00001.mds"
        try FileDescriptor(rig.folder[shard], .updating).truncate(to: 7)
        #expect(
            try rig.line("mds/\(Self.train)").hasPrefix("broken: shard.00001.mds is missing or"))
        let json = try rig.json(Self.train, "mds")
        #expect(json.contains("\"state\":\"broken\",\"fault\":\"shard.00001.mds"))
        let again = try Support.run(
            Binary.absolute, ["mds", "--only-train", "--size-limit", "200kb"] + rig.options)
        #expect(again.status == 3 && again.errors.contains("hint: --force makes it again"))
        try rig.next()
        #expect(try rig.line("mds/\(Self.train)").hasPrefix("complete"))
        // Made with the same options.
        #expect(try rig.folder.names(in: "s/mds/\(Self.train)").count > 3)
        for number in 0..<3 {
            unlink(rig.folder["s/mds/\(Self.train)/shard.0000\(number).mds"].description)
        }
        #expect(try rig.line("mds/\(Self.train)").hasPrefix("broken: 3 of "))
    }

    @Test("without a receipt an index answers, and a tree without one is left to check")
    func withoutReceipt() throws {
        let rig = try Rig()
        for command in ["mds", "webdataset", "tfrecord"] {
            if command == "tfrecord" {
                // The names of the others tell that one is missing.
                try rig.run(command, "--only-val", "--shards", "3")
            } else {
                try rig.run(command, "--only-val")
            }
            let receipt = rig.folder["s/\(command)/\(Self.val).receipt.json"].description
            #expect(unlink(receipt) == 0)
            // Images or, where the names alone are known, shards.
            let count = command == "tfrecord" ? 3 : 9
            #expect(try rig.line("\(command)/\(Self.val)").hasPrefix("complete, \(count) "))
            let names = try rig.folder.names(in: "s/\(command)/\(Self.val)")
            let shard = try #require(
                names.first { $0.hasSuffix(".mds") || $0.hasSuffix(".tar") || $0.contains("-of-") })
            unlink(rig.folder["s/\(command)/\(Self.val)/\(shard)"].description)
            #expect(try rig.line("\(command)/\(Self.val)").hasPrefix("broken: "))
        }
        try rig.folder.write("{\"shards\": 3}", to: "s/mds/other/index.json")
        #expect(try rig.line("mds/other").hasPrefix("broken: "))
        try rig.folder.write("x", to: "s/untar/mine/n01440764/x.JPEG")
        #expect(try rig.line("untar/mine").hasPrefix("there, but its contents"))
        #expect(try rig.json("mine", "untar").contains("\"next\":\"imagenet-fetch check "))
        // One that was deleted with its receipt left is not there.
        try rig.run("untar", "--only-val")
        #expect(
            try Support.run("rm", ["-r", rig.folder["s/untar/\(Self.val)"].description]).status == 0
        )
        #expect(try rig.line("untar/\(Self.val)") == "absent")
    }

    @Test("what was begun is told with how far it is, and what comes next goes on with it")
    func partial() throws {
        let rig = try Rig()
        try rig.run("mds", "--only-train", "--size-limit", "200kb", "--slice", "1/2")
        let line = try rig.line("mds/\(Self.train)")
        #expect(line.hasPrefix("partial, ") && line.hasSuffix(" %"))
        #expect(
            try rig.json(Self.train, "mds").contains("\"state\":\"partial\",\"expectedImages\""))
        try rig.next()
        #expect(try rig.line("mds/\(Self.train)").hasPrefix("complete"))
    }
}
