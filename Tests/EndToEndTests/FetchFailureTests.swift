import Disk
import Glibc
import Support
import Testing

/// Everything that can go wrong: one sentence, a hint, and its own exit status.
@Suite(.waiting) struct FetchFailureTests {
    /// One line that says what, one that says what to do, and nothing under the final name.
    private func expect(
        _ result: CommandResult, _ status: Int32, _ words: String..., rig: FetchRig,
        at place: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == status, "\(result.errors)", sourceLocation: place)
        let lines = result.errors.split(separator: "\n")
        let errors = lines.filter { $0.hasPrefix("imagenet-fetch: error: ") }
        #expect(errors.count == 1, "\(result.errors)", sourceLocation: place)
        #expect(
            lines.last?.hasPrefix("hint: ") == true, "\(result.errors)", sourceLocation: place)
        for word in words {
            #expect(
                errors.first?.contains(word) == true, "\(result.errors)", sourceLocation: place)
        }
        for name in FetchRig.usual { #expect(rig.isAbsent(name), sourceLocation: place) }
    }

    // MARK: The disk

    @Test("a disk that is too small is refused before the first byte")
    func tooSmall() throws {
        let rig = try FetchRig()
        let words = ["--mirror", "\(rig.archives)/", "--reserve", "900TiB"]
        expect(try rig.fetch(words[0], words[1], words[2], words[3]), 4, "GiB", rig: rig)
        #expect(try rig.folder.names().isEmpty)
        let dry = try rig.fetch("--dry-run", words[0], words[1], words[2], words[3])
        #expect(dry.status == 4)
        #expect(dry.output.contains("3 files, "))
    }

    @Test("a folder that may not be written to", .enabled(if: getuid() == 0))
    func readOnly() throws {
        let rig = try FetchRig()
        _ = chmod(rig.folder.path.description, 0o755)
        _ = mkdir(rig.folder["data"].description, 0o755)
        let result = try run(
            "setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", Binary.absolute]
                + rig.words(["--mirror", "\(rig.archives)/", "--sources", "mirrors"]),
            environment: ["HOME": "/nonexistent"])
        expect(result, 11, rig.folder["data"].description, rig: rig)
    }

    @Test("a disk that fills up under way, and the next run", .enabled(if: SmallDisk.isPossible))
    func fillsUp() throws {
        let rig = try FetchRig()
        // Room for it at first, on a file system that cannot reserve it.
        let disk = try SmallDisk(rig.folder["data"], image: rig.folder["image"], mebibytes: 44)
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let fetch = try rig.startSlowly(["--sources", "mirrors", "--mirror", "\(server.url)/"])
        try rig.waitForBytes(8 << 20)
        let filler = rig.folder["data/filler"].description
        _ = try run("dd", ["if=/dev/zero", "of=\(filler)", "bs=1M"])
        #expect(fetch.wait() == 4)
        let errors = try rig.folder.text("err")
        #expect(errors.contains("no space left"))
        #expect(errors.contains("hint: free some space"))
        #expect(rig.isAbsent(FetchRig.train))
        unlink(filler)
        let again = try rig.fetch(
            "--only-train", "--json", "--sources", "mirrors", "--mirror", "\(server.url)/")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        let events = Events(again.output)
        #expect(!again.output.contains("were read and verified"))
        let size = try #require(events.number("bytes", in: "done"))
        #expect((events.number("fromMirrors", in: "done") ?? 1e9) <= size - Double(8 << 20))
        withExtendedLifetime(disk) {}
    }

    @Test(
        "a disk that does not keep what was written gives no file its name",
        .disabled(if: Binary.isWatched), arguments: ["fetch", "sync"])
    func lost(_ command: String) throws {
        let rig = try FetchRig()
        let words =
            command == "sync"
            ? rig.syncWords(rig.fromFolder) : rig.words(rig.fromFolder + ["--sources", "mirrors"])
        let result = try run(
            "strace",
            [
                "-f", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e",
                "inject=fdatasync,fsync:error=EIO", Binary.absolute,
            ] + words + ["--only", FetchRig.val])
        #expect(result.status == 11, "\(result.errors)")
        #expect(result.errors.contains("imagenet-fetch: error: cannot sync"))
        #expect(rig.isAbsent(FetchRig.val))
        #expect(try rig.receipt(FetchRig.val) == nil)
        // On a better disk the same command gets it.
        #expect(try run(Binary.absolute, words + ["--only", FetchRig.val]).status == 0)
        #expect(try rig.isWhole(FetchRig.val))
    }

    // MARK: The swarm

    @Test("no peer: it stalls, in the time that was said")
    func noPeers() throws {
        let rig = try FetchRig()
        let result = try rig.fetch(
            "--only-train", "--sources", "swarm", "--stall-timeout", "3s")
        expect(result, 5, FetchRig.train, "0 peers", rig: rig)
    }

    @Test("a dead tracker is named")
    func deadTracker() throws {
        let rig = try FetchRig()
        let torrents = try rig.torrents(trackers: "http://127.0.0.1:\(try freePort())/announce")
        let result = try rig.fetch(
            "--only-train", "--torrent-dir", torrents.description, "--sources", "swarm",
            "--stall-timeout", "4s")
        expect(result, 5, "127.0.0.1", rig: rig)
    }

    @Test("a peer that gives wrong bytes gets nothing into the file")
    func poisoned() throws {
        let rig = try FetchRig()
        let pieces = try rig.original(FetchRig.train).count >> 18
        let copy = try rig.damagedCopy(
            of: FetchRig.train, in: "poison", at: (0..<pieces).map { $0 << 18 })
        let seed = try rig.seed(from: copy)
        let alone = try rig.fetch(
            "--only-train", "--sources", "swarm", "--peer", seed.peer, "--stall-timeout", "5s")
        expect(alone, 5, FetchRig.train, rig: rig)
        let helped = try rig.fetch(
            "--only-train", "--sources", "both", "--peer", seed.peer, "--mirror",
            "\(rig.archives)/", "--stall-timeout", "20s")
        #expect(helped.status == 0, "\(helped.errors)")
        #expect(try rig.isWhole(FetchRig.train))
    }

    @Test("a peer that was shut out is asked once more before anybody gives up")
    func poisonedOnce() throws {
        let rig = try FetchRig()
        let right = try rig.original(FetchRig.train)
        let copy = try rig.damagedCopy(
            of: FetchRig.train, in: "poison", at: (0..<right.count >> 18).map { $0 << 18 })
        let seed = try rig.seed(from: copy)
        let fetch = try rig.start("--only-train", "--sources", "swarm", "--peer", seed.peer)
        #expect(try eventually { try rig.folder.text("err").contains("asking them once more") })
        let shared = try FileDescriptor(copy.appending(FetchRig.train), .updating)
        try right.withUnsafeBytes { buffer in try shared.write(buffer, at: 0) }
        let status = fetch.wait()
        let (said, errors) = (try rig.folder.text("out"), try rig.folder.text("err"))
        #expect(status == 0, "\(errors)")
        #expect(try rig.isWhole(FetchRig.train))
        #expect(said.contains("wrong"), "\(said)")
    }

    @Test("a swarm that falls silent: the mirror takes over")
    func silentSwarm() throws {
        let rig = try FetchRig()
        let seed = try rig.seed()
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let fetch = try rig.startSlowly([
            "--peer", seed.peer, "--mirror", "\(server.url)/", "--stall-timeout", "30s", "--json",
        ])
        try rig.waitForBytes(4 << 20)
        seed.process.send(SIGSTOP)
        #expect(fetch.wait() == 0)
        #expect(try rig.isWhole(FetchRig.train))
        let events = Events(try rig.folder.text("out"))
        #expect((events.number("fromSwarm", in: "done") ?? 0) > 0)
        #expect((events.number("fromMirrors", in: "done") ?? 0) > 0)
        #expect(events.events("note").contains { $0.contains("asking the mirror") })
    }

    // MARK: Mirrors

    @Test("a mirror that sends something else", arguments: ["page", "absent", "length", "bytes"])
    func liar(_ kind: String) throws {
        let rig = try FetchRig()
        let bytes = try rig.original(FetchRig.val)
        let server = try LyingServer(bytes) { _ in
            switch kind {
            case "page": .webPage(status: "200 OK")
            case "absent": .status("404 Not Found", fields: "")
            case "length": .total(bytes.count + 1)
            default: .wrongBytes(0..<bytes.count)
            }
        }
        let result = try rig.fetch(
            "--only-val", "--sources", "mirrors", "--mirror", "\(server.url)/")
        expect(result, 8, server.url, rig: rig)
    }

    @Test("mirrors lie and the swarm saves the day")
    func saved() throws {
        let rig = try FetchRig()
        let seed = try rig.seed()
        let bytes = try rig.original(FetchRig.train)
        let liar = try LyingServer(bytes) { _ in .wrongBytes(0..<bytes.count) }
        let page = try LyingServer(bytes) { _ in .webPage(status: "200 OK") }
        let result = try rig.fetch(
            "--only-train", "--sources", "both", "--peer", seed.peer, "--mirror", "\(liar.url)/",
            "--mirror", "\(page.url)/")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        let receipt = try rig.folder.text(
            "data/tar/.imagenet-fetch/receipts/"
                + rig.folder.names(in: "data/tar/.imagenet-fetch/receipts")[0])
        #expect(receipt.contains("swarm"))
        #expect(!receipt.contains("\(liar.port)"))
    }

    @Test("a machine that nobody reaches")
    func unreachable() throws {
        let rig = try FetchRig()
        let port = try freePort()
        let refused = try rig.fetch(
            "--only-val", "--sources", "mirrors", "--mirror", "http://127.0.0.1:\(port)/")
        expect(refused, 6, "127.0.0.1:\(port)", rig: rig)
        let unknown = try rig.fetch(
            "--only-val", "--sources", "mirrors", "--mirror", "https://nowhere.invalid/")
        expect(unknown, 6, "nowhere.invalid", rig: rig)
    }

    @Test("a certificate that nobody vouches for, also when the swarm stalls")
    func certificate() throws {
        let rig = try FetchRig()
        let (key, certificate) = (rig.folder["key.pem"], rig.folder["certificate.pem"])
        let made = try run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                key.description, "-out", certificate.description,
            ])
        #expect(made.status == 0)
        let server = try NginxServer(
            serving: rig.archives, logs: rig.folder.path, certificate: (certificate, key: key))
        let url = "https://127.0.0.1:\(server.port)/"
        let result = try rig.fetch("--only-val", "--sources", "mirrors", "--mirror", url)
        expect(result, 7, url, rig: rig)
        let stalled = try rig.fetch(
            "--only-val", "--sources", "both", "--mirror", url, "--stall-timeout", "3s")
        expect(stalled, 7, url, "0 peers", rig: rig)
    }

    // MARK: Nothing to fetch from

    @Test("no source at all, and nothing that would prove it")
    func noSource() throws {
        let rig = try FetchRig()
        expect(try rig.fetch("--only-val", "--sources", "mirrors"), 5, FetchRig.val, rig: rig)
        try rig.folder.write(
            """
            {"schema":"imagenet-fetch.manifest/1","name":"own","files":[{"name":"a.tar",
            "part":"a","role":"other","size":5,"mirrors":["http://127.0.0.1:1/a.tar"]}]}
            """, to: "own.json")
        let unproven = try run(
            Binary.absolute,
            [
                "fetch", "--manifest", rig.folder["own.json"].description, "--data",
                rig.folder["data"].description,
            ])
        expect(unproven, 2, "a.tar", rig: rig)
    }

    // MARK: Secrets

    @Test("keys are neither shown nor kept, nor given to others")
    func secrets() throws {
        let rig = try FetchRig()
        let bytes = try rig.original(FetchRig.val)
        let server = try LyingServer(bytes) { _ in .none }
        try rig.folder.write("somebody\nTOPSECRETKEY\n", to: "key")
        let key = rig.folder["key"].description
        _ = chmod(key, 0o644)
        let words = ["--only-val", "--sources", "mirrors", "--mirror", "\(server.url)/", "--json"]
        let open = try run(Binary.absolute, rig.words(words + ["--credentials", key]))
        expect(open, 2, key, rig: rig)
        _ = chmod(key, 0o600)
        let result = try run(
            Binary.absolute,
            rig.words(
                words + ["--credentials", key, "--verbose", "--header", "X-Key: OTHERSECRET"]))
        #expect(result.status == 0, "\(result.errors)")
        #expect(server.requests.allSatisfy { !$0.contains("TOPSECRETKEY") })
        #expect(server.requests.allSatisfy { $0.contains("X-Key: OTHERSECRET") })
        let kept = try run("grep", ["-rl", "SECRET", rig.folder["data"].description])
        #expect(kept.output == "")
        for secret in ["SECRET", "somebody"] {
            #expect(!result.output.contains(secret))
            #expect(!result.errors.contains(secret))
        }
    }
}
