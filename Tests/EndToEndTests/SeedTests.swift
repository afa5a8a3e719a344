import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@Suite(.waiting, .serialized, .timeLimit(.minutes(10))) struct SeedTests {
    @Test("several archives are given in one session, until a signal ends it")
    func several() throws {
        let rig = try SeedRig()
        let seed = try rig.start()
        #expect(rig.said.contains("3 files to seed"))
        let taken = try rig.take(seed)
        #expect(taken.status == 0, "\(taken.errors)")
        for name in FetchRig.usual { #expect(try rig.fetching.isWhole(name)) }
        #expect(seed.stop() == 0)
        #expect(rig.printed.contains(" given, ratio 1.0"), "\(rig.printed)")
    }

    @Test("a SIGINT with nobody there is the normal end, too")
    func interrupt() throws {
        let rig = try SeedRig([FetchRig.val])
        let seed = try rig.start()
        seed.process.send(SIGINT)
        #expect(seed.process.wait(seconds: 5) == 0)
        #expect(rig.printed == "0 B given, ratio 0.00\n")
    }

    @Test("aria2 finds it through a tracker")
    func aria2() throws {
        let rig = try SeedRig([FetchRig.val])
        let infoHash = try rig.fetching.infoHash(FetchRig.val)
        let tracker = try OpenTracker(knowing: [infoHash], in: rig.fetching.folder.path)
        let torrents = try rig.fetching.torrents(trackers: tracker.url)
        let seed = try rig.start("--torrent-dir", torrents.description)
        #expect(eventually { tracker.seeds(of: infoHash) == 1 })
        let taken = try run(
            "timeout",
            [
                "60", "aria2c", "--no-conf", "--enable-dht=false", "--disable-ipv6",
                "--seed-time=0", "--listen-port=\(try freePort())", "--quiet", "--dir",
                rig.fetching.folder["aria2"].description,
                torrents.appending("\(FetchRig.val).torrent").description,
            ])
        #expect(taken.status == 0, "\(taken.output)\(taken.errors)")
        let there = try rig.fetching.folder.read("aria2/\(FetchRig.val)")
        #expect(there.elementsEqual(try rig.fetching.original(FetchRig.val)))
        #expect(seed.stop() == 0)
    }

    @Test("it ends by itself when everything was given so often")
    func ratio() throws {
        let rig = try SeedRig([FetchRig.val])
        let seed = try rig.start("--ratio", "1")
        let taken = try rig.take(seed, "--only-val")
        #expect(taken.status == 0, "\(taken.errors)")
        #expect(seed.process.wait(seconds: 30) == 0)
        #expect(rig.printed.contains("given, ratio 1.0"), "\(rig.printed)")
    }

    // MARK: Damage

    @Test("a damaged byte under a kept identity is not given; other files are")
    func damage() throws {
        let rig = try SeedRig([FetchRig.val, FetchRig.train])
        try rig.fetching.damage(rig.archive(FetchRig.val), at: 3_000_000)
        try rig.keepIdentity(of: FetchRig.val)
        let seed = try rig.start()
        let torrent = rig.fetching.torrents.appending("\(FetchRig.val).torrent")
        let leech = try rig.leech(torrent, seed, pieces: .max)
        #expect(eventually { rig.said.contains("is damaged") })
        #expect(
            rig.said.contains(
                "error: \(FetchRig.val) is damaged: piece 22 (bytes 2883584 to 3014655) is wrong; "
                    + "the file is no longer seeded\nhint: `imagenet-fetch repair "), "\(rig.said)")
        let taken = try rig.take(seed, "--only-train")
        #expect(taken.status == 0, "\(taken.errors)")
        #expect(try rig.fetching.isWhole(FetchRig.train))
        #expect(seed.stop() == 13)
        // From now on it is known.
        let again = try rig.run("--only-val")
        #expect(again.status == 3)
        #expect(again.errors.contains("cannot seed \(FetchRig.val): it was found damaged"))
        #expect(again.errors.contains("hint: `imagenet-fetch repair "))
        withExtendedLifetime(leech) {}
    }

    @Test("the only file ends the run when it is damaged")
    func onlyDamaged() throws {
        let rig = try SeedRig([FetchRig.val])
        try rig.fetching.damage(rig.archive(FetchRig.val), at: 10)
        try rig.keepIdentity(of: FetchRig.val)
        let seed = try rig.start()
        let torrent = rig.fetching.torrents.appending("\(FetchRig.val).torrent")
        let leech = try rig.leech(torrent, seed, pieces: .max)
        #expect(seed.process.wait(seconds: 60) == 3)
        withExtendedLifetime(leech) {}
    }

    @Test("a file that has changed since is not offered, nor one without a receipt")
    func changed() throws {
        let rig = try SeedRig([FetchRig.val, FetchRig.devkit])
        try rig.fetching.damage(rig.archive(FetchRig.val), at: 10)
        let refused = try rig.run(rig.archive(FetchRig.val).description)
        #expect(refused.status == 3)
        #expect(
            refused.errors.contains(
                "cannot seed \(FetchRig.val): it has changed since it was verified\n"
                    + "hint: `imagenet-fetch verify "), "\(refused.errors)")
        let others = try rig.run("--time-limit", "1s")
        #expect(others.status == 13)
        #expect(others.errors.contains("1 file to seed"))
        try Folder(rig.fetching.folder["\(SeedRig.place)/tar/.imagenet-fetch"]).removeTree(
            "receipts")
        let unknown = try rig.run("--only", "devkit")
        #expect(unknown.status == 3)
        #expect(unknown.errors.contains("cannot seed \(FetchRig.devkit): it has not been verified"))
    }

    @Test("where nothing is there it says how to get it")
    func nothing() throws {
        let rig = try SeedRig([])
        let result = try rig.run()
        #expect(result.status == 2)
        #expect(result.errors.contains("nothing to seed: there is no verified archive in "))
        #expect(result.errors.contains("hint: `imagenet-fetch fetch "))
    }

    // MARK: Unfinished downloads

    @Test("an unfinished download gives the pieces that it has", arguments: [SIGINT, SIGKILL])
    func partial(signal: Int32) throws {
        let rig = try SeedRig([])
        let fetch = try rig.fetching.startSlowly(
            ["--sources", "mirrors", "--mirror", "\(rig.fetching.archives)/"])
        try rig.fetching.waitForBytes(8 << 20)
        fetch.send(signal)
        #expect(fetch.wait() == 128 + signal)
        let data = DataFolder(rig.fetching.folder["data"])
        let journal = try #require(try data.journal(of: FetchRig.train))
        #expect(!journal.pieces.isComplete)
        let seed = try rig.start(data: "data")
        #expect(rig.said.contains("\(FetchRig.train): unfinished; its "))
        let torrent = rig.fetching.torrents.appending("\(FetchRig.train).torrent")
        let leech = try rig.leech(torrent, seed, pieces: journal.pieces.members)
        #expect(leech.wait() == 0)
        #expect(seed.stop() == 0)
    }

    // MARK: What is told

    @Test("programs get events and metrics")
    func events() throws {
        let rig = try SeedRig([FetchRig.val])
        let metrics = rig.fetching.folder["metrics"]
        let result = try rig.run(
            "--json", "--metrics", metrics.description, "--time-limit", "1s")
        #expect(result.status == 0, "\(result.errors)")
        let events = Events(result.output)
        #expect(events.lines.allSatisfy { $0.hasPrefix(#"{"schema":"imagenet-fetch.seed/1","#) })
        let size = Double(try rig.fetching.original(FetchRig.val).count)
        #expect(events.number("bytes", in: "offered") == size)
        #expect((events.number("port", in: "listening") ?? 0) > 0)
        #expect(events.number("exitStatus", in: "done") == 0)
        let lines = try rig.fetching.folder.text("metrics").split(separator: "\n")
        #expect(lines.contains("imagenet_fetch_seed_running 0"))
        #expect(
            lines.contains("imagenet_fetch_seed_given_bytes_total{file=\"\(FetchRig.val)\"} 0"))
        #expect(
            lines.allSatisfy { $0.hasPrefix("# ") || $0.hasPrefix("imagenet_fetch_seed_") })
    }

    @Test("what is named in vain is told", arguments: ["0", "-1", "nan", "1e3", "x"])
    func badRatio(_ text: String) throws {
        let rig = try SeedRig([])
        let result = try rig.run("--ratio=\(text)")
        #expect(result.status == 2)
        #expect(result.errors.contains("--ratio"))
    }

    // MARK: The size of the real one

    @Test("138 GiB start at once and take less than 64 MiB", .enabled(if: !Binary.isWatched))
    func memory() throws {
        let rig = try SeedRig([])
        let torrent = try rig.makeHuge()
        let seed = try rig.start("--manifest", rig.fetching.folder["huge.json"].description)
        #expect(rig.said.contains("137.7 GiB"), "\(rig.said)")
        let leeches = try (0..<4).map {
            try rig.leech(torrent, seed, pieces: 24, into: "leech\($0)")
        }
        for leech in leeches { #expect(leech.wait() == 0) }
        let status = try FileDescriptor(Path("/proc/\(seed.process.pid)/status"), .reading)
            .contents(limit: 1 << 16)
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("VmHWM:") }
        let peak = try #require(line?.split(separator: " ").compactMap { Int($0) }.first)
        #expect(peak <= 64 << 10, "\(peak >> 10) MiB")
        #expect(seed.stop() == 0)
    }
}

extension SeedRig {
    /// An archive of zeros as large as the training archive, which takes no room, and its receipt.
    ///
    /// - Returns: its torrent.
    fileprivate func makeHuge() throws -> Path {
        let (size, length) = (Int64(147_897_477_120), 2 << 20)
        let count = Int((size - 1) / Int64(length)) + 1
        var whole = PieceMapBuilder(pieceLength: length)
        whole.update([UInt8](repeating: 0, count: length))
        var rest = PieceMapBuilder(pieceLength: length)
        rest.update([UInt8](repeating: 0, count: Int(size - Int64(count - 1) * Int64(length))))
        let hash = try whole.map().hashes
        let hashes = (1..<count).flatMap { _ in hash } + (try rest.map().hashes)
        let torrent = try TorrentFile(
            name: FetchRig.train,
            pieces: try PieceMap(pieceLength: length, size: size, hashes: hashes))
        try fetching.folder.write(torrent.bytes, to: "torrents/huge.torrent")
        try fetching.folder.write(
            """
            {"schema":"imagenet-fetch.manifest/1","name":"huge","files":[{"name":
            "\(FetchRig.train)","part":"train","size":\(size),"torrent":"\(torrent.infoHash.hex)"}]}
            """, to: "huge.json")
        let data = DataFolder(fetching.folder[Self.place])
        let file = try data.openArchives().file(Path(FetchRig.train), .creating)
        try file.truncate(to: size)
        try data.receipts.save(
            Receipt(
                fileName: FetchRig.train, digests: [], torrent: torrent.infoHash,
                identity: try file.identity(), proof: .pieces))
        return fetching.folder["torrents/huge.torrent"]
    }
}
