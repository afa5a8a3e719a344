import Disk
import Glibc
import Support
import Testing

/// What new users of the release stumbled over.
@Suite(.waiting) final class FirstContactTests {
    private static let val = "ILSVRC2012_img_val.tar"
    private static let devkit = "ILSVRC2012_devkit_t12.tar.gz"
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let made = try Binary.run(
            "sample", folder["s"].description, "--classes", "3", "--per-class", "4", "--val", "9",
            "--test", "5", "--quiet")
        try #require(made.status == 0)
    }

    private var here: String { folder.path.description }
    private let sample = ["--data", "s", "--manifest", "s/manifest.json"]

    private func command(_ words: [String]) throws -> CommandResult {
        try run(Binary.absolute, words, in: here)
    }

    private func shell(_ script: String) throws {
        let result = try run("bash", ["-ec", script], in: here)
        try #require(result.status == 0, "\(result.errors)")
    }

    // MARK: verify

    @Test("an unfinished download is told beside other files, and is a fault if selected")
    func unfinished() throws {
        try shell("mv s/tar/\(Self.val) s/tar/\(Self.val).part")
        let all = try command(["verify"] + sample)
        #expect(all.status == 0, "\(all.errors)")
        #expect(all.output.contains("\n\(Self.val): UNFINISHED (not checked yet)\n"))
        #expect(!all.errors.contains("all verified"))
        #expect(all.errors.contains("fetch --manifest s/manifest.json --data s --only \(Self.val)"))
        for words in [["--only-val"], ["s/tar/\(Self.val)"], ["s/tar/\(Self.val).part"]] {
            let selected = try command(["verify"] + words + sample)
            #expect(selected.status == 3)
            #expect(selected.output == "\(Self.val): UNFINISHED (not checked yet)\n")
        }
        let json = try command(["verify", "--only-val", "--json"] + sample)
        #expect(json.status == 3 && json.output.contains(#""status":"unfinished""#))
    }

    @Test("how far a stopped download is", .timeLimit(.minutes(2)))
    func percent() throws {
        // Half of it is there, and its digest verifies the rest.
        try shell(
            """
            mkdir -p d/tar; size=$(stat -c %s s/tar/\(Self.val))
            head -c $((size / 2)) s/tar/\(Self.val) > d/tar/\(Self.val).part
            """)
        let stopped = try command([
            "fetch", "--only-val", "--data", "d", "--manifest", "s/manifest.json", "--sources",
            "swarm", "--no-dht", "--stall-timeout", "1", "-y", "--reserve", "0",
        ])
        try #require(stopped.status != 0)
        let told = try command([
            "verify", "--only-val", "--data", "d", "--manifest", "s/manifest.json",
        ])
        #expect(told.status == 3)
        #expect(told.output.hasPrefix("\(Self.val): UNFINISHED ("), "\(told.output)")
    }

    @Test("without a folder of archives, it is said what to type")
    func nothingThere() throws {
        for words in [["verify"], ["verify", "data/tar"], ["repair"]] {
            let result = try command(words)
            #expect(result.status == 2)
            #expect(result.errors.contains("hint: `imagenet-fetch fetch` "), "\(result.errors)")
            #expect(result.errors.contains("--data"))
        }
        #expect(try folder.names() == ["s"])
    }

    @Test("a published folder is verified without a trace of it")
    func published() throws {
        let published = try command(
            [
                "sync", "--publish", "p", "--sources", "mirrors", "--no-dht", "--reserve", "0",
            ] + sample)
        try #require(published.status == 0, "\(published.errors)")
        let before = try folder.names(in: "p")
        let verified = try command(["verify", "p", "--manifest", "s/manifest.json"])
        #expect(verified.status == 0 && verified.output.contains("\(Self.val): OK"))
        #expect(try folder.names(in: "p") == before)
    }

    // MARK: status

    @Test("archives that are there and not chosen are shown, and count as used")
    func others() throws {
        try command(["verify"] + sample).expectSuccess()
        let status = try command(["status"] + sample)
        #expect(status.output.contains("ILSVRC2012_bbox_val_v3.tgz"))
        let json = try command(["status", "--json"] + sample)
        #expect(json.output.contains(#""chosen":false"#))
        #expect(try !command(["status", "--only-val"] + sample).output.contains("bbox"))
        // They are nothing to do.
        #expect(try command(["status", "--check"] + sample).status == 0)
    }

    @Test("--check ends with a verdict, --nagios is nothing else")
    func verdicts() throws {
        func last(_ words: String...) throws -> (String, Int32) {
            let result = try command(["status"] + words + sample)
            return (String(result.output.split(separator: "\n").last ?? ""), result.status)
        }
        func nagios(_ words: String...) throws -> (String, Int32) {
            let result = try command(["status", "--nagios"] + words + sample)
            #expect(result.output.split(separator: "\n").count == 1, "\(result.output)")
            return (result.output, result.status)
        }
        let unproven = try last("--check")
        #expect(unproven.0.hasPrefix("DUE: ") && unproven.1 == 3)
        #expect(try nagios().0.hasPrefix("WARNING: ") && nagios().1 == 1)
        try command(["verify"] + sample).expectSuccess()
        let fine = try last("--check")
        #expect(fine.0.hasPrefix("OK: 3 files, ") && fine.1 == 0, "\(fine)")
        #expect(try nagios().0.hasPrefix("OK: 3 files, ") && nagios().1 == 0)
        try shell("mv s/tar/\(Self.val) s/other")
        let missing = try nagios()
        #expect(missing.0 == "CRITICAL: \(Self.val) is absent\n" && missing.1 == 2)
        let absent = try last("--check")
        #expect(absent.0 == "BROKEN: \(Self.val) is absent" && absent.1 == 3)
        let unknown = try command(["status", "--nagios", "--manifest", "absent.json"])
        #expect(unknown.status == 3 && unknown.output.hasPrefix("UNKNOWN: "))
    }

    @Test("status makes no folders")
    func page() throws {
        let result = try command(["status", "--html", "www/deep/x.html"] + sample)
        #expect(result.status == 2 && result.errors.contains("www/deep"))
        #expect(try folder.names() == ["s"])
    }

    // MARK: Other commands

    @Test("a magnet link is shown, and a file that holds one")
    func magnet() throws {
        let path = "s/torrents/\(Self.val).magnet"
        let link = try folder.text(path).split(whereSeparator: \.isNewline).joined()
        let shown = try command(["torrent", "show", path] + sample)
        #expect(shown.status == 0, "\(shown.errors)")
        #expect(shown.output.contains("name:      \(Self.val)\n"))
        #expect(shown.output.contains("pinned:    yes"))
        #expect(try command(["torrent", "show", link] + sample).output == shown.output)
        let json = try command(["torrent", "show", "--json", link] + sample)
        #expect(
            json.output.hasPrefix(#"{"schema":"imagenet-fetch.torrent/1","name":"\#(Self.val)""#))
        #expect(try command(["torrent", "show", "magnet:?xt=x"]).status == 10)
        let file = try command(["torrent", "show", "s/torrents/\(Self.val).torrent"])
        #expect(file.status == 0 && file.output.contains("pieces:"))
    }

    @Test("somebody's data folder is a mirror, and its torrents/ are found")
    func dataFolderAsMirror() throws {
        try shell("cp s/manifest.json m.json; mkdir d; cp -r s/torrents d/")
        let fetched = try command([
            "fetch", "--only-val", "--data", "d", "--manifest", "m.json", "--mirror", "s",
            "--sources", "mirrors", "-y", "--reserve", "0", "--quiet",
        ])
        #expect(fetched.status == 0, "\(fetched.errors)")
        let pieces = try command([
            "verify", "--pieces", "--data", "d", "--manifest", "m.json",
        ])
        #expect(pieces.output == "\(Self.val): OK (pieces)\n", "\(pieces.output)")
    }

    @Test("a web folder needs no slash at its end")
    func webFolder() throws {
        let server = try PythonServer(serving: folder["s"])
        for (address, status) in [
            ("\(server.url)/tar", Int32(0)), ("\(server.url)/tar/\(Self.val)", 0),
            ("\(server.url)/tar/\(Self.devkit)", 5),
        ] {
            let fetched = try command([
                "fetch", "--only-val", "--data", "d\(status)\(address.count)", "--manifest",
                "s/manifest.json", "--mirror", address, "--sources", "mirrors", "-y", "--reserve",
                "0", "--stall-timeout", "3",
            ])
            #expect(fetched.status == status, "\(address): \(fetched.errors)")
        }
    }

    @Test("a folder that has nothing to do with ImageNet is told as such")
    func checkElsewhere() throws {
        try shell("mkdir -p etc/x; echo x > etc/passwd; gzip -c etc/passwd > etc/x/man.7.gz")
        let result = try command(["check", "etc"])
        #expect(result.status == 2)
        #expect(result.errors.contains("no file there has the name of an ImageNet image"))
        #expect(result.errors.contains("hint: name the folder that holds train and val"))
        let archives = try command(["check", "s"])
        #expect(archives.status == 2 && archives.errors.contains("it has archives, such as "))
    }
}

extension CommandResult {
    fileprivate func expectSuccess() throws { try #require(status == 0, "\(errors)") }
}
