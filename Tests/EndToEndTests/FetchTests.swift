import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@Suite(.waiting) struct FetchTests {
    @Test("the default selection from a web server: all there, proven, small ones first")
    func nginx() throws {
        let rig = try FetchRig()
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let result = try rig.fetch("--mirror", "\(server.url)/", "--sources", "mirrors")
        #expect(result.status == 0, "\(result.errors)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.map { String($0.prefix { $0 != ":" }) } == FetchRig.usual)
        #expect(lines.allSatisfy { $0.contains(": verified (") })
        for name in FetchRig.usual {
            #expect(try rig.isWhole(name))
            #expect(try rig.hasReceipt(name))
        }
        #expect(try rig.folder.names(in: "data/tar").count == 4)

        let requests = try server.log().count { $0 == "\n" }
        let again = try rig.fetch("--mirror", "\(server.url)/", "--sources", "mirrors")
        #expect(again.status == 0)
        #expect(again.output == "3 files were already there, verified\n")
        #expect(again.errors == "")
        #expect(try server.log().count { $0 == "\n" } == requests)
    }

    @Test("from the swarm, with the events of the contract")
    func swarm() throws {
        let rig = try FetchRig()
        let seed = try rig.seed()
        let result = try rig.fetch(
            "--only-train", "--sources", "swarm", "--peer", seed.peer, "--json")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        let size = Double(try rig.original(FetchRig.train).count)
        let events = Events(result.output)
        #expect(
            events.lines.allSatisfy { $0.hasPrefix("{\"schema\":\"imagenet-fetch.fetch/1\",") })
        #expect(events.events("plan").count == 1)
        #expect(events.lines.last == events.events("done").last)
        #expect(events.number("bytes", in: "done") == size)
        #expect(events.number("fromSwarm", in: "done") == size)
        #expect(events.number("fromMirrors", in: "done") == 0)
        #expect(events.number("discarded", in: "done") == 0)
        #expect(events.number("peakPeers", in: "done") == 1)
        #expect((events.number("seconds", in: "done") ?? 0) > 0)
        #expect((events.number("proofDelay", in: "done") ?? 9) <= 1)
        for algorithm in ["md5", "sha1", "sha256", "xxh64"] {
            let sum = try run(
                "\(algorithm)sum", [rig.archives.appending(FetchRig.train).description])
            let hex = sum.output.prefix { $0 != " " }
            #expect(events.lines.last?.contains("\"\(algorithm)\":\"\(hex)\"") == true)
        }
        // Already there is a result, too.
        let again = Events(try rig.fetch("--only-train", "--sources", "swarm", "--json").output)
        #expect(again.number("bytes", in: "done") == size)
        #expect(again.number("fromSwarm", in: "done") == 0)
    }

    @Test("swarm and mirror together, and each gives something")
    func together() throws {
        let rig = try FetchRig()
        let seed = try rig.seed()
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let result = try rig.fetch(
            "--only-train", "--sources", "both", "--peer", seed.peer, "--mirror", "\(server.url)/",
            "--max-download", "8MiB", "--json")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        let events = Events(result.output)
        let size = try #require(events.number("bytes", in: "done"))
        let swarm = try #require(events.number("fromSwarm", in: "done"))
        let mirrors = try #require(events.number("fromMirrors", in: "done"))
        #expect(swarm > 0)
        #expect(mirrors > 0)
        #expect(swarm + mirrors == size)
        // The limit is for all sources together; what a second begins with is not waited for.
        let seconds = try #require(events.number("seconds", in: "done"))
        #expect(size / seconds < 1.2 * Double(8 << 20))
    }

    @Test("a folder is a mirror, and of two damaged ones together comes a good file")
    func folders() throws {
        let rig = try FetchRig()
        // Towards the end there is nothing else that either could do meanwhile.
        let size = try rig.original(FetchRig.train).count
        let one = try rig.damagedCopy(of: FetchRig.train, in: "one", at: [5, size - 1])
        let two = try rig.damagedCopy(
            of: FetchRig.train, in: "two", at: [9_000_000, size - (2 << 20)])
        let result = try rig.fetch(
            "--only-train", "--sources", "mirrors", "--mirror", "\(one)/", "--mirror", "\(two)/")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        // Whether a bad piece was tried first is chance; that each had to mend the other's is not.
        #expect(result.output.contains("one/"))
        #expect(result.output.contains("two/"))
    }

    @Test("copies with a bad region each, longer than a few pieces, make a good file as well")
    func regions() throws {
        let rig = try FetchRig()
        let one = try rig.damagedCopy(
            of: FetchRig.train, in: "one", at: (8..<24).map { $0 << 18 })
        let two = try rig.damagedCopy(
            of: FetchRig.train, in: "two", at: (40..<56).map { $0 << 18 })
        let servers = try [one, two].map { try NginxServer(serving: $0, logs: rig.folder.path) }
        for mirrors in [["\(one)/", "\(two)/"], servers.map { "\($0.url)/" }] {
            let result = try rig.fetch(
                "--only-train", "--sources", "mirrors", "--mirror", mirrors[0], "--mirror",
                mirrors[1], data: mirrors[0].hasPrefix("http") ? "web" : "data")
            #expect(result.status == 0, "\(result.errors)")
        }
        #expect(try rig.isWhole(FetchRig.train))
        #expect(try rig.isWhole(FetchRig.train, data: "web"))
    }

    @Test("what two damaged copies have in common comes from neither, and that is told soon")
    func sharedDamage() throws {
        let rig = try FetchRig()
        let wrong = (8..<24).map { $0 << 18 }
        let one = try rig.damagedCopy(of: FetchRig.train, in: "one", at: wrong)
        let two = try rig.damagedCopy(of: FetchRig.train, in: "two", at: wrong)
        let result = try rig.fetch(
            "--only-train", "--sources", "mirrors", "--mirror", "\(one)/", "--mirror", "\(two)/")
        #expect(result.status == 8, "\(result.errors)")
        #expect(result.errors.contains("it sent wrong bytes"))
    }

    @Test("options without a command are a fetch")
    func bareOptions() throws {
        let rig = try FetchRig()
        let words = rig.words(["--only-val", "--mirror", "\(rig.archives)/"]).dropFirst()
        let result = try run(Binary.absolute, Array(words))
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.val))
        #expect(rig.isAbsent(FetchRig.train))
    }

    @Test("what is there is neither read nor asked for again", .disabled(if: Binary.isWatched))
    func nothingToDo() throws {
        let rig = try FetchRig()
        #expect(try rig.fetch("--only-val", "--mirror", "\(rig.archives)/").status == 0)
        let trace = rig.folder["trace"].description
        let again = try run(
            "strace",
            ["-f", "-o", trace, "-e", "trace=openat,open,socket,connect", Binary.absolute]
                + rig.words(["--only-val"]))
        #expect(again.status == 0)
        let calls = try rig.folder.text("trace")
        #expect(!calls.contains("socket("))
        #expect(!calls.contains("connect("))
        // Its status is asked for, and nobody opens it to read.
        #expect(!calls.contains(FetchRig.val + "\", O_RDONLY|O_CLOEXEC"))
        #expect(!calls.contains(FetchRig.val + "\", O_RDONLY|O_NOFOLLOW|O_CLOEXEC"))
    }

    @Test("a dry run tells the plan and makes nothing, as text and as JSON")
    func dryRun() throws {
        let rig = try FetchRig()
        let text = try rig.fetch("--dry-run", "--mirror", "\(rig.archives)/")
        #expect(text.status == 0)
        let lines = text.output.split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines[1].hasPrefix(FetchRig.devkit))
        #expect(lines[3].contains("absent"))
        #expect(lines[3].hasSuffix("torrent, 1 mirror"))
        #expect(lines[4].hasPrefix("3 files, "))
        let json = try rig.fetch("--dry-run", "--json")
        #expect(json.status == 0)
        let events = Events(json.output)
        #expect(events.lines.count == 1)
        let size = try FetchRig.usual.reduce(0) { try $0 + rig.original($1).count }
        #expect(events.number("bytesMissing", in: "plan") == Double(size))
        #expect(try rig.folder.names().isEmpty)
    }

    @Test("a file that only a torrent of a mirror's piece map proves comes whole over no map, too")
    func withoutPieces() throws {
        let rig = try FetchRig()
        let list = try Binary.run(
            "manifest", "show", "--manifest", rig.manifest, "--checksums", "sha256")
        try rig.folder.write(list.output, to: "SHA256SUMS")
        let wrong = try rig.damagedCopy(of: FetchRig.val, in: "wrong", at: [77])
        let result = try run(
            Binary.absolute,
            [
                "fetch", "--manifest", rig.folder["SHA256SUMS"].description, "--data",
                rig.folder["data"].description, "--reserve", "0", "-y", "--only", FetchRig.val,
                "--mirror", "\(wrong)/", "--mirror", "\(rig.archives)/",
            ])
        // The first mirror lies about all of it; the second is asked afresh.
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("is not what the manifest says"))
        #expect(try rig.isWhole(FetchRig.val))
        // What there was no torrent for can be told piece by piece from now on.
        let pieces = try DataFolder(rig.folder["data"]).pieces.load(FetchRig.val)
        var builder = PieceMapBuilder(pieceLength: 2 << 20)
        builder.update(try rig.original(FetchRig.val))
        #expect(try pieces?.map == builder.map())
    }
}
