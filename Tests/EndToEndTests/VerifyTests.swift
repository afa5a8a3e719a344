import Disk
import Glibc
import Support
import Testing

/// `verify`, as a person or a cron job would call it.
@Suite final class VerifyTests {
    private let folder: TemporaryFolder

    /// Those of `a.tar`.
    private static var bytes: [UInt8] {
        var numbers = SeededNumbers(seed: 21)
        return numbers.bytes(5 << 20)
    }

    init() throws {
        folder = try TemporaryFolder()
        var numbers = SeededNumbers(seed: 21)
        for (name, size) in [("a.tar", 5 << 20), ("b.tar", 100_000), ("c.tar.gz", 3000)] {
            try folder.write(numbers.bytes(size), to: "data/tar/\(name)")
        }
        let sums = try run("md5sum", ["a.tar", "b.tar", "c.tar.gz"], in: tar)
        try folder.write(sums.output, to: "MD5SUMS")
        // Something else lies there too.
        try folder.write("?", to: "data/tar/notes.txt")
    }

    private var tar: String { folder["data/tar"].description }
    private var list: String { folder["MD5SUMS"].description }

    private func verify(_ more: String...) throws -> CommandResult {
        try run(
            Binary.absolute, ["verify", "--manifest", list] + more, in: folder.path.description)
    }

    private func damage(_ name: String, at offset: Int) throws {
        try FileDescriptor(folder["data/tar/\(name)"], .updating).write(
            [1, 2, 3], at: Int64(offset))
    }

    @Test("a line a file, in order, with what proved it; then by pieces, and by receipt")
    func lines() throws {
        let first = try verify()
        #expect(first.status == 0)
        #expect(first.output == "a.tar: OK (md5)\nb.tar: OK (md5)\nc.tar.gz: OK (md5)\n")
        #expect(first.errors == "3 files, 5.1 MiB: all verified\n")
        let pieces = try verify("--quick")
        // One piece is no map: it is proven by its digest.
        #expect(pieces.output == "a.tar: OK (pieces)\nb.tar: OK (md5)\nc.tar.gz: OK (md5)\n")
        let trusted = try verify("--max-age", "1h", "--quiet")
        #expect(trusted.status == 0)
        #expect(trusted.errors == "")
        #expect(
            trusted.output.split(separator: "\n").count { $0.contains(": OK (receipt of 2") } == 3)
        let again = try verify("--max-age", "0s")
        #expect(!again.output.contains("receipt of 1"))
    }

    @Test("damage is told with its place, and missing files are; both end with 3")
    func failures() throws {
        #expect(try verify().status == 0)
        try damage("a.tar", at: 2 << 20)
        unlink(folder["data/tar/b.tar"].description)
        try folder.write("<html>Sign in</html>", to: "data/tar/c.tar.gz")
        for pieces in [[], ["--pieces"]] {
            let result = try run(
                Binary.absolute, ["verify", "--manifest", list] + pieces,
                in: folder.path.description)
            #expect(result.status == 3)
            #expect(
                result.output == """
                    a.tar: FAILED (damaged: 1 of its 3 pieces; bytes 2097152 to 4194303)
                    c.tar.gz: FAILED (a web page, not an archive)
                    b.tar: MISSING

                    """)
            #expect(result.errors.contains("hint: "))
        }
    }

    @Test("JSON as the contract has it")
    func json() throws {
        _ = try verify()
        try damage("a.tar", at: 100)
        unlink(folder["data/tar/b.tar"].description)
        let result = try verify("--json", "--max-age", "1d")
        #expect(result.status == 3)
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 3)
        let head = "{\"schema\":\"imagenet-fetch.verify/1\",\"file\":"
        #expect(
            lines[0].hasPrefix(
                head + "\"a.tar\",\"path\":\"data/tar/a.tar\",\"status\":\"failed\","
                    + "\"bytes\":5242880,\"digests\":{\"md5\":{\"expected\":\""))
        #expect(
            lines[0].contains("\"badRanges\":[{\"offset\":0,\"length\":2097152,\"members\":[]}],"))
        #expect(
            lines[0].hasSuffix("\"proof\":\"digests\",\"reason\":\"damaged: 1 of its 3 pieces\"}"))
        #expect(lines[1].contains("\"status\":\"ok\""))
        #expect(lines[1].contains("\"proof\":\"receipt\",\"provenAt\":\"2"))
        #expect(
            lines[2] == head + "\"b.tar\",\"path\":\"data/tar/b.tar\",\"status\":\"missing\"}")
    }

    @Test("files are known by name in the built-in data sets, and only chosen ones are missed")
    func builtIn() throws {
        try folder.write("no archive", to: "data/tar/ILSVRC2012_img_val.tar")
        let here = folder.path.description
        let found = try Binary.run("verify", in: here)
        #expect(found.status == 3)
        #expect(
            found.output
                == "ILSVRC2012_img_val.tar: FAILED (cut short: it has 10 bytes, not 6744924160)\n")
        let train = try Binary.run("verify", "--only-train", in: here)
        #expect(train.status == 3)
        #expect(train.output == "ILSVRC2012_img_train.tar: MISSING\n")
        let named = try Binary.run("verify", "data/tar/ILSVRC2012_img_train.tar", in: here)
        #expect(named.output == "ILSVRC2012_img_train.tar: MISSING\n")
        #expect(named.status == 3)
    }

    @Test(
        "what makes no sense ends with 2 and one line",
        arguments: [
            (["data/tar/notes.txt"], "notes.txt"), (["absent"], "absent"), (["MD5SUMS"], "MD5SUMS"),
            (["empty"], "nothing to verify"), (["data", "--only-trian"], "--only-train"),
            (["data", "--max-age", "soon"], "--max-age"),
        ])
    func usage(_ words: [String], _ named: String) throws {
        _ = try Folder.creating(folder["empty"])
        let result = try run(
            Binary.absolute, ["verify", "--dataset", "ilsvrc2012"] + words,
            in: folder.path.description)
        #expect(result.status == 2)
        let lines = result.errors.split(separator: "\n").filter { !$0.hasPrefix("hint: ") }
        #expect(lines.count == 1)
        #expect(lines.first?.contains(named) == true)
        #expect(result.output == "")
    }

    @Test("results that could not be written are no success", arguments: ["", "--json", "--deep"])
    func unwritten(_ option: String) throws {
        for (target, status, words) in [
            ("> /dev/full", 4, "no space left"), (">&-", 11, "it is not open"),
        ] {
            let result = try run(
                "bash",
                [
                    "-c", "exec \"$0\" verify --manifest MD5SUMS \(option) \(target)",
                    Binary.absolute,
                ],
                in: folder.path.description)
            #expect(result.status == Int32(status), "\(target)")
            #expect(result.errors.lowercased().contains("standard output"), "\(result.errors)")
            #expect(result.errors.lowercased().contains(words), "\(result.errors)")
        }
    }

    @Test("half a download is not given its final name")
    func unfinished() throws {
        let file = try FileDescriptor(folder["ILSVRC2012_img_val.tar.part"], .creating)
        try file.truncate(to: 6_744_924_160)
        _ = try run("mv", ["ILSVRC2012_img_val.tar.part", "x.part"], in: folder.path.description)
        for name in ["ILSVRC2012_img_val.tar.part", "x.part"] {
            if name != "x.part" {
                try FileDescriptor(folder[name], .creating).truncate(to: 1000)
            }
            let result = try Binary.run("verify", name, in: folder.path.description)
            if name == "x.part" {
                #expect(result.status == 2)
                #expect(result.errors.contains("it is still being downloaded"), "\(result.errors)")
            } else {
                #expect(result.status == 3)
                #expect(
                    result.output == "ILSVRC2012_img_val.tar: UNFINISHED (not checked yet)\n")
            }
            #expect(
                result.errors.contains(
                    "hint: `imagenet-fetch fetch --only ILSVRC2012_img_val.tar` resumes it"))
            #expect(!result.errors.contains("rename it if"))
        }
        let other = try FileDescriptor(folder["y.part"], .creating)
        try other.truncate(to: 10)
        let unknown = try Binary.run("verify", "y.part", in: folder.path.description)
        #expect(unknown.status == 2)
    }

    @Test("what mends a file is hinted as it can be typed, and only where it works")
    func hints() throws {
        let here = folder.path.description
        try folder.write(try folder.read("MD5SUMS"), to: "my list")
        func verify() throws -> CommandResult {
            try run(
                Binary.absolute, ["verify", "--manifest", "my list", "--state", "a state"],
                in: here)
        }
        try FileDescriptor(folder["data/tar/a.tar"], .updating).truncate(to: 1000)
        let unknown = try verify()
        #expect(unknown.output.contains("a.tar: FAILED (its md5 is not"), "\(unknown.output)")
        #expect(!unknown.errors.contains("repair"), "\(unknown.errors)")
        // Whole once, so that there is a map; then cut.
        let bytes = VerifyTests.bytes
        try folder.write(bytes, to: "data/tar/a.tar")
        #expect(try verify().status == 0)
        try FileDescriptor(folder["data/tar/a.tar"], .updating).truncate(to: 3 << 20)
        let cut = try verify()
        let line =
            "imagenet-fetch fetch --manifest 'my list' --state 'a state' --only a.tar"
        #expect(cut.errors.contains("hint: `\(line)` downloads"), "\(cut.errors)")
        try folder.write(bytes, to: "other/a.tar")
        let mended = try run(
            "bash",
            [
                "-c", "\"$0\" \(line.dropFirst(15)) --sources mirrors --mirror other/ --reserve 0",
                Binary.absolute,
            ], in: here)
        #expect(mended.status == 0, "\(mended.errors)")
        // Neither a map nor a torrent.
        let manifest =
            #"{"schema":"imagenet-fetch.manifest/1","name":"m","files":["#
            + #"{"name":"b.tar","part":"b","size":100000,"md5":"00000000000000000000000000000000"}]}"#
        try folder.write(manifest, to: "m.json")
        try FileDescriptor(folder["data/tar/b.tar"], .updating).truncate(to: 10)
        let lost = try run(Binary.absolute, ["verify", "--manifest", "m.json"], in: here)
        #expect(lost.output == "b.tar: FAILED (cut short: it has 10 bytes, not 100000)\n")
        #expect(!lost.errors.contains("repair"))
        #expect(
            lost.errors.contains(
                "hint: `imagenet-fetch fetch --manifest m.json --only b.tar` downloads")
        )
    }

    @Test("the file that has its size is named for one that nothing knows")
    func twin() throws {
        let file = try FileDescriptor(folder["val.tar"], .creating)
        try file.truncate(to: 6_744_924_160)
        let result = try Binary.run("verify", "val.tar", in: folder.path.description)
        #expect(result.status == 2)
        #expect(result.errors.contains("hint: it has the size of ILSVRC2012_img_val.tar"))
    }

    @Test("a refused manifest ends with 10")
    func refused() throws {
        try folder.write("{}", to: "MD5SUMS")
        #expect(try verify().status == 10)
    }

    @Test("a read-only folder is verified all the same, by a user who may not write there")
    func readOnly() throws {
        // Root may write anywhere: somebody else reads here.
        guard getuid() == 0 else { return }
        let world = folder.path.description
        let setUp = try run("chmod", ["-R", "a+rX,a-w", world])
        #expect(setUp.status == 0)
        chmod(folder["data/tar/b.tar"].description, 0)
        let words = [
            "--reuid=65534", "--regid=65534", "--clear-groups", Binary.absolute, "verify",
            "--manifest", list,
        ]
        let plain = try run(
            "setpriv", words, in: world, environment: ["HOME": "/nonexistent"])
        #expect(plain.status == 3)
        let lines = plain.output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0] == "a.tar: OK (md5)")
        #expect(lines[1].hasPrefix("b.tar: FAILED (cannot open data/tar/b.tar: permission denied"))
        #expect(lines[2] == "c.tar.gz: OK (md5)")
        #expect(!plain.errors.contains("remembered"))
        let verbose = try run(
            "setpriv", words + ["--verbose"], in: world, environment: ["HOME": "/nonexistent"])
        #expect(verbose.errors.contains("a.tar: this result could not be recorded: cannot create"))
        #expect(try folder.names(in: "data/tar") == ["a.tar", "b.tar", "c.tar.gz", "notes.txt"])
        chmod(folder["data/tar"].description, 0o755)
    }

    @Test("state may lie elsewhere, and the folder of archives stays as it is")
    func stateElsewhere() throws {
        let state = folder["state"].description
        #expect(try verify("--state", state).status == 0)
        #expect(
            try folder.names(in: "data/tar") == ["a.tar", "b.tar", "c.tar.gz", "notes.txt"])
        #expect(try folder.names(in: "state/receipts").count == 3)
        let trusted = try verify("--state", state, "--max-age", "1h")
        #expect(trusted.output.contains("a.tar: OK (receipt of "))
        unlink(folder["data/tar/c.tar.gz"].description)
        let missing = try run(
            Binary.absolute, ["verify", "--state", state], in: folder.path.description)
        #expect(missing.output.contains("c.tar.gz: MISSING"))
        #expect(missing.status == 3)
    }

    @Test("the pieces of a torrent in ./bt name the damage of a file that was never proven")
    func torrent() throws {
        let rig = try FetchRig()
        let place = Int(try rig.original(FetchRig.train).count) / 2
        _ = try rig.damagedCopy(of: FetchRig.train, in: "bad", at: [place])
        let result = try Binary.run(
            "verify", "--manifest", rig.manifest, "--torrent-dir", rig.torrents.description,
            rig.folder["bad"].description)
        #expect(result.status == 3)
        #expect(result.output.contains("FAILED (damaged: 1 of its "))
    }

    @Test("--deep and --decode look inside: what is odd is named, and what is wrong fails")
    func inside() throws {
        let rig = try FetchRig()
        let words = ["verify", rig.archives.description, "--state", folder["state"].description]
        let deep = try run(Binary.absolute, words + ["--manifest", rig.manifest, "--deep"])
        #expect(deep.status == 0, "\(deep.output)")
        #expect(deep.output.contains(" images in 5 classes; 1 odd image)\n"))
        #expect(deep.output.contains("; 40 images)\n"))
        #expect(deep.errors.contains(".JPEG: PNG\n"))
        let decoded = try run(
            Binary.absolute, words + ["--manifest", rig.manifest, "--decode", "--json"])
        #expect(decoded.status == 0, "\(decoded.output)")
        #expect(decoded.output.contains("\"decoded\":true,\"faults\":0,\"oddities\":2,"))
        #expect(decoded.output.contains("\"message\":\"YCCK JPEG\",\"fault\":false}"))
        // Somebody else's idea of how many there are.
        let text = String(
            decoding: try FileDescriptor(Path(rig.manifest), .reading).contents(limit: 1 << 20),
            as: UTF8.self)
        let other = text.replacing("\"images\": 40", with: "\"images\": 41")
        try #require(other != text)
        try folder.write(other, to: "other.json")
        let more = words + ["--manifest", folder["other.json"].description, "--only-val"]
        let wrong = try run(Binary.absolute, more + ["--deep"])
        #expect(wrong.status == 3)
        #expect(
            wrong.output.hasSuffix(
                "; 40 images; inside 1 fault: there are 40 images, not 41)\n"))
        let json = try run(Binary.absolute, more + ["--deep", "--json"])
        #expect(json.status == 3)
        #expect(json.output.contains("\"status\":\"failed\""))
        #expect(
            json.output.contains(
                "\"findings\":[{\"kind\":\"count\",\"message\":\"there are 40 images, not 41\","
                    + "\"fault\":true}]}"))
    }

    @Test("what an archive is, not what it is called, decides whether it is looked into")
    func insideOthers() throws {
        var tar = TarBytes()
        for number in 1...3 { tar.add("n_\(number).JPEG", "no image") }
        tar.end()
        try folder.write(tar.gzipped, to: "k/tar/x.tar.gz")
        try folder.write(tar.bytes, to: "k/tar/noname")
        try folder.write("text", to: "k/tar/notes.txt")
        let script =
            "cd k/tar; gzip -dc x.tar.gz | xz > y.tar.xz; head -c 40 y.tar.xz > z.tar.xz; "
            + "md5sum * > ../L"
        try #require(try run("bash", ["-ec", script], in: folder.path.description).status == 0)
        for option in ["--deep", "--decode"] {
            let result = try run(
                Binary.absolute, ["verify", "--manifest", "k/L", "--data", "k", option],
                in: folder.path.description)
            #expect(result.status == 3)
            let lines = result.output.split(separator: "\n")
            #expect(lines.count == 5, "\(result.output)")
            for name in ["noname", "x.tar.gz", "y.tar.xz", "z.tar.xz"] {
                let line = lines.first { $0.hasPrefix("\(name): ") } ?? ""
                #expect(line.hasPrefix("\(name): FAILED (verified by md5; "), "\(line)")
                if name != "z.tar.xz" { #expect(line.contains("inside 3 faults"), "\(line)") }
            }
            #expect(lines.contains("notes.txt: OK (md5)"), "\(result.output)")
        }
    }

    @Test("Ctrl-C ends it by the signal")
    func interrupted() throws {
        _ = try Folder.creating(folder["val"])
        let file = try FileDescriptor(folder["val/ILSVRC2012_img_val.tar"], .creating)
        try file.truncate(to: 6_744_924_160)
        let result = try run(
            "timeout",
            [
                "--foreground", "--signal=INT", "0.5", Binary.absolute, "verify",
                folder["val"].description,
            ])
        // timeout(1) says 124 when it had to send the signal.
        #expect(result.status == 124)
        #expect(try folder.names(in: "val") == ["ILSVRC2012_img_val.tar"])
    }
}
