import DataFolder
import Disk
import Glibc
import Support
import Testing

/// Files without a torrent: all that is known of them is what mirrors say, and perhaps a digest.
@Suite(.waiting, .serialized, .timeLimit(.minutes(15))) struct FetchMirrorsTests: OwnFileTests {
    // MARK: Numbers that are too large

    @Test("lengths beyond all measure are no reason to die")
    func largest() throws {
        let rig = try FetchRig()
        let server = try LyingServer([1, 2, 3]) { _ in .total(.max) }
        let made = try fetch(
            rig, Self.unpinned, "--mirror", "\(server.url)/", "--allow-unverified", "--dry-run")
        #expect(made.status == 4, "\(made.errors)")
        #expect(made.output.contains("to download"))
        let file = "\"part\":\"p\",\"size\":9223372036854775807}"
        let two = "{\"name\":\"a.bin\",\(file),{\"name\":\"b.bin\",\(file)"
        let sum = try fetch(rig, two, "--mirror", "x/", "--allow-unverified", "--dry-run")
        #expect(sum.status == 4, "\(sum.errors)")
        let check = try Binary.run("manifest", "check", rig.folder["own.json"].description)
        #expect(check.output.contains("EiB"), "\(check.output)")
    }

    @Test("nobody needs thousands of connections")
    func connections() throws {
        let rig = try FetchRig()
        for count in ["65", "9223372036854775807"] {
            let result = try fetch(
                rig, Self.unpinned, "--mirror", "x/", "--connections", count, "--dry-run")
            #expect(result.status == 2, "\(result.errors)")
            #expect(result.errors.contains("at most 64"))
        }
    }

    // MARK: One origin

    @Test(
        "a file that nothing pins is of one piece: what came of another one before is void",
        arguments: ["web", "folder"])
    func changes(_ kind: String) throws {
        let rig = try FetchRig()
        let (old, new) = (Self.bytes(1), Self.bytes(2))
        try rig.folder.write(old, to: "www/\(Self.name)")
        let server = try NginxServer(serving: rig.folder["www"], logs: rig.folder.path)
        let mirror = kind == "web" ? "\(server.url)/" : "\(rig.folder["www"])/"
        let more = ["--mirror", mirror, "--allow-unverified"]
        let first = try Background(
            Binary.absolute, try words(rig, Self.unpinned, more + ["--max-download", "6MiB"]),
            output: rig.folder["out"].description, errors: rig.folder["err"].description)
        try rig.waitForBytes(6 << 20, of: Self.name)
        first.send(SIGKILL)
        _ = first.wait()
        // Another file by another name: a mirror's file is replaced, not written over.
        try rig.folder.write(new, to: "www/new")
        #expect(
            rename(
                rig.folder["www/new"].description, rig.folder["www/\(Self.name)"].description) == 0)
        var times = [
            timespec(tv_sec: 1_600_000_000, tv_nsec: 0),
            timespec(tv_sec: 1_600_000_000, tv_nsec: 0),
        ]
        _ = utimensat(AT_FDCWD, rig.folder["www/\(Self.name)"].description, &times, 0)
        let again = try fetch(rig, Self.unpinned, "--mirror", mirror, "--allow-unverified")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try isThere(rig, new))
        #expect(again.errors.contains("chang"), "\(again.errors)")
    }

    @Test("a file that nothing pins goes on after a kill while its mirror has the same one")
    func goesOn() throws {
        let rig = try FetchRig()
        let bytes = Self.bytes(3)
        try rig.folder.write(bytes, to: "www/\(Self.name)")
        let server = try NginxServer(serving: rig.folder["www"], logs: rig.folder.path)
        let mirror = "\(server.url)/"
        let more = ["--mirror", mirror, "--allow-unverified"]
        let first = try Background(
            Binary.absolute, try words(rig, Self.unpinned, more + ["--max-download", "6MiB"]),
            output: rig.folder["out"].description, errors: rig.folder["err"].description)
        try rig.waitForBytes(6 << 20, of: Self.name)
        first.send(SIGKILL)
        _ = first.wait()
        // One that is not there takes nothing away, though it comes first.
        let again = try fetch(
            rig, Self.unpinned, "--mirror", "http://127.0.0.1:\(try freePort())/", "--mirror",
            mirror, "--allow-unverified", "--json")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try isThere(rig, bytes))
        let came = Events(again.output).number("fromMirrors", in: "done") ?? 1e9
        #expect(came <= Double(bytes.count - 6 << 20))
    }

    @Test(
        "two mirrors with different files: with or without a digest, no mixture of them is proven")
    func mixture() throws {
        let bytes = Self.bytes(4)
        for isPinned in [false, true] {
            let rig = try FetchRig()
            try rig.folder.write(bytes, to: "good/\(Self.name)")
            // Wrong bytes for a while, then nothing.
            let liar = try LyingServer(bytes) {
                $0 < 2 ? .wrongBytes(0..<bytes.count) : .status("404 Not Found", fields: "")
            }
            let file = isPinned ? try pinned(rig, bytes) : Self.unpinned
            let result = try fetch(
                rig, file, "--mirror", "\(liar.url)/", "--mirror", "\(rig.folder["good"])/",
                "--connections", "1", "--json", "--allow-unverified")
            #expect(result.status == 0, "\(result.errors)")
            #expect(try isThere(rig, bytes))
            let events = Events(result.output)
            #expect(events.number("fromMirrors", in: "done") == Double(bytes.count))
            let notes = events.events("note").joined()
            #expect(notes.contains("it came from several mirrors") == isPinned, "\(notes)")
        }
    }

    @Test("a mirror that gave a wrong file is named, and asked last from then on")
    func blame() throws {
        let rig = try FetchRig()
        let bytes = Self.bytes(5, mebibytes: 3)
        let liar = try LyingServer(bytes) { _ in .wrongBytes(0..<1) }
        let result = try fetch(rig, try pinned(rig, bytes), "--mirror", "\(liar.url)/")
        #expect(result.status == 3)
        let error = result.errors.split(separator: "\n").first { $0.contains("error:") } ?? ""
        #expect(error.contains("all of it came from \(liar.url)/f.bin"), "\(result.errors)")
        let memory = try rig.folder.text("data/tar/.imagenet-fetch/mirrors")
        #expect(memory.split(separator: "\n").last?.hasSuffix(" 3") == true, "\(memory)")
    }

    @Test(
        "what nothing pins is not taken from a server that cannot say that it stays the same",
        arguments: [nil, "W/\"a\""] as [String?])
    func noValidator(_ tag: String?) throws {
        let rig = try FetchRig()
        let server = try LyingServer(Self.bytes(8), tag: tag) { _ in .none }
        let result = try fetch(
            rig, Self.unpinned, "--mirror", "\(server.url)/", "--allow-unverified")
        #expect(result.status == 8, "\(result.errors)")
        #expect(result.errors.contains("would go unnoticed"), "\(result.errors)")
        #expect(rig.isAbsent(Self.name))
        // A digest tells in the end.
        let proven = try fetch(rig, try pinned(rig, Self.bytes(8)), "--mirror", "\(server.url)/")
        #expect(proven.status == 0, "\(proven.errors)")
    }

    @Test(
        "what nothing pins is neither a web page nor empty",
        arguments: ["web", "folder", "empty", "416"])
    func worthless(_ kind: String) throws {
        let rig = try FetchRig()
        let page = Array("\n<!DOCTYPE html><title>Log in</title>".utf8)
        try rig.folder.write(page, to: "www/\(Self.name)")
        let server = try LoopbackServer { connection in
            switch kind {
            case "416":
                connection.send(
                    "HTTP/1.1 416 No\r\nContent-Range: bytes */0\r\nContent-Length: 0\r\n\r\n")
            case "empty": connection.answer("200 OK", type: "application/x-tar")
            default: connection.answer("200 OK", type: "application/x-tar", page)
            }
        }
        let mirror = kind == "folder" ? rig.folder["www"].description : server.url
        let result = try fetch(
            rig, Self.unpinned, "--mirror", "\(mirror)/", "--allow-unverified")
        #expect(result.status == 8, "\(result.errors)")
        #expect(rig.isAbsent(Self.name))
        #expect(try rig.folder.names(in: "data/tar").allSatisfy { $0.hasPrefix(".") })
    }

    // MARK: Addresses

    @Test("an address that is never asked is left out and told, and keeps nobody from the others")
    func refusedAddress() throws {
        let rig = try FetchRig()
        let bytes = Self.bytes(6, mebibytes: 1)
        try rig.folder.write(bytes, to: "www/\(Self.name)")
        let file =
            try pinned(rig, bytes).dropLast() + ",\"mirrors\":[\"http://mirror.example/f.bin\"]}"
        let good = "\(rig.folder["www"])/"
        _ = try words(rig, String(file), [])
        let survey = try Binary.run(
            "status", "--sources", "--manifest", rig.folder["own.json"].description, "--data",
            rig.folder["data"].description, "--mirror", good)
        #expect(survey.status == 0, "\(survey.errors)")
        #expect(survey.output.contains("has it"))
        #expect(survey.output.contains("refused the address http://mirror.example/f.bin"))
        let result = try fetch(rig, String(file), "--mirror", good)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("ignored a mirror"))
        #expect(try isThere(rig, bytes))
        // One that a person names is a mistake of theirs.
        let mistyped = try fetch(
            rig, String(file), "--mirror", "http://mirror.example/", "--dry-run")
        #expect(mistyped.status == 2, "\(mistyped.errors)")
        #expect(mistyped.errors.contains("--insecure-http"))
    }

    // MARK: Silence

    @Test("a mirror that hangs is named")
    func hangs() throws {
        let rig = try FetchRig()
        let bytes = Self.bytes(7, mebibytes: 1)
        let server = try LyingServer(bytes) { _ in .silence }
        let result = try fetch(
            rig, try pinned(rig, bytes), "--mirror", "\(server.url)/", "--stall-timeout", "3s")
        #expect(result.status == 5, "\(result.errors)")
        #expect(result.errors.contains("\(server.url)/f.bin sends no more data"))
    }

    @Test("what is known is printed before a mirror that hangs is asked")
    func surveyOfHanging() throws {
        let rig = try FetchRig()
        let server = try LyingServer([1, 2, 3]) { _ in .silence }
        let asking = try Background(
            Binary.absolute,
            [
                "status", "--sources", "--manifest", rig.manifest, "--only-val", "--data",
                rig.folder["data"].description, "--no-dht", "--mirror", "\(server.url)/",
            ], output: rig.folder["out"].description, errors: rig.folder["err"].description)
        defer { asking.send(SIGKILL) }
        #expect(try eventually { try rig.folder.text("out").contains("next: ") })
        #expect(try eventually { try rig.folder.text("err").contains("asking who has") })
    }

    // MARK: Beside the swarm

    @Test(
        "mirrors do not wait for peers that might have the .torrent", arguments: ["both", "auto"])
    func noTorrent(_ sources: String) throws {
        let rig = try FetchRig()
        try rig.hideTorrents()
        let started = ContinuousClock.now
        let result = try rig.fetch(
            "--only-val", "--torrent-dir", rig.folder["none"].description, "--sources", sources,
            "--stall-timeout", "24s", "--mirror", "\(rig.archives)/",
            environment: ["https_proxy": "http://127.0.0.1:\(try freePort())"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("asking peers"))
        #expect(try rig.isWhole(FetchRig.val))
        #expect(ContinuousClock.now - started < .seconds(15))
    }

    @Test("giving back is told before the result, which is the last word about a file")
    func givingBack() throws {
        let rig = try FetchRig()
        let seed = try rig.seed(FetchRig.val)
        let fetch = try rig.start(
            "--only-val", "--sources", "swarm", "--peer", seed.peer, "--seed-time", "5", "--json")
        #expect(try eventually { try rig.folder.text("out").contains("\"event\":\"done\"") })
        let events = Events(try rig.folder.text("out"))
        #expect(events.lines.last?.contains("\"event\":\"done\"") == true)
        #expect(events.events("note").contains { $0.contains("seeding for 5 min") })
        fetch.send(SIGKILL)
    }
}
