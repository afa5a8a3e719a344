import Disk
import Glibc
import Support
import Testing

/// Who else is in the swarm: how others are found, waited for, and given something back.
@Suite(.waiting, .serialized, .timeLimit(.minutes(15))) struct FetchPeersTests {
    /// A seed that is known to a tracker alone, which stands in the torrents of a folder.
    private func trackedSeed(
        _ rig: FetchRig
    ) throws -> (tracker: OpenTracker, seed: Background, torrents: Path) {
        let infoHash = try rig.infoHash(FetchRig.train)
        let tracker = try OpenTracker(knowing: [infoHash], in: rig.folder.path)
        let torrents = try rig.torrents(trackers: tracker.url)
        let shared = try rig.damagedCopy(of: FetchRig.train, in: "seed", at: [])
        // On an address of its own: a tracker names everybody to themselves, and a peer at our own
        // address is taken for us.
        try rig.folder.write(
            #"{"dht-enabled": false, "lpd-enabled": false, "bind-address-ipv4": "127.0.0.2"}"#,
            to: "settings/settings.json")
        let seed = try Background(
            "transmission-cli",
            [
                "-w", shared.description, "-p", "\(try freePort())", "-M", "-g",
                rig.folder["settings"].description,
                torrents.appending("\(FetchRig.train).torrent").description,
            ])
        #expect(eventually { tracker.seeds(of: infoHash) == 1 })
        return (tracker, seed, torrents)
    }

    @Test("a seed is found through the tracker in the .torrent, nobody being named")
    func tracker() throws {
        let rig = try FetchRig()
        let (tracker, seed, torrents) = try trackedSeed(rig)
        // Before a long start one asks who is there. Transmission knows peers by their address
        // alone: it closes on a fetch that comes while it shakes hands with who asked, and has to
        // be tried again.
        let asked = try run(
            Binary.absolute,
            [
                "status", "--sources", "--only-train", "--manifest", rig.manifest, "--data",
                rig.folder["data"].description, "--torrent-dir", torrents.description, "--no-dht",
            ])
        // On a busy machine Transmission may take longer than it is waited for.
        #expect(asked.output.contains("\n  swarm: 1 seed (trackers)"), "\(asked)")
        let result = try rig.fetch(
            "--only-train", "--json", "--sources", "swarm", "--torrent-dir", torrents.description)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        let events = Events(result.output)
        #expect(events.number("fromSwarm", in: "done") == events.number("bytes", in: "done"))
        withExtendedLifetime((tracker, seed)) {}
    }

    @Test("who has named a port that is taken is told which one it is instead")
    func portTaken() throws {
        let rig = try FetchRig()
        let seed = try rig.seed()
        let holder = try LoopbackServer { $0.stall() }
        let result = try rig.fetch(
            "--only-train", "--sources", "swarm", "--peer", seed.peer, "--max-download", "12MiB",
            "--port", "\(holder.port)")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains(": port \(holder.port) is taken: listening on "))
        let free = try rig.fetch(
            "--only-val", "--sources", "mirrors", "--mirror", "\(rig.archives)/", "--port",
            "\(try freePort())")
        #expect(!free.errors.contains("is taken"))
    }

    @Test("the infohash that the manifest pins is enough: a peer has the rest")
    func magnet() throws {
        let rig = try FetchRig()
        try rig.hideTorrents()
        let seed = try rig.seed(FetchRig.val)
        let infoHash = try rig.infoHash(FetchRig.val)
        // The site of .torrent files is asked before peers are, by way of a proxy that knows it not.
        let proxy = try ProxyServer()
        let result = try rig.fetch(
            "--only-val", "--sources", "swarm", "--peer", seed.peer, "--torrent-dir",
            rig.folder["none"].description, environment: ["https_proxy": proxy.url])
        #expect(result.status == 0, "\(result.errors)")
        #expect(proxy.requests == ["CONNECT academictorrents.com:443 HTTP/1.1"])
        #expect(try rig.isWhole(FetchRig.val))
        #expect(try rig.hasReceipt(FetchRig.val))
        let kept = try rig.folder.names(in: "data/tar/.imagenet-fetch/torrents")
        #expect(kept == ["\(infoHash).torrent"])
    }

    @Test("a torrent that nobody pins is used on somebody's word, and from then on")
    func trusted() throws {
        let rig = try FetchRig()
        let seed = try rig.seed(FetchRig.val)
        let size = try rig.original(FetchRig.val).count
        try rig.folder.write(
            """
            {"schema":"imagenet-fetch.manifest/1","name":"mine","files":[
            {"name":"\(FetchRig.val)","part":"val","size":\(size)}]}
            """, to: "own.json")
        let own = ["--manifest", rig.folder["own.json"].description]
        let words = [
            "fetch", "--data", rig.folder["data"].description, "--no-dht", "--reserve", "0", "-y",
            "--sources", "swarm", "--peer", seed.peer,
        ]
        let folder = ["--torrent-dir", rig.torrents.description]
        let refused = try run(Binary.absolute, words + own + folder)
        #expect(refused.status == 2, "\(refused.errors)")
        #expect(rig.isAbsent(FetchRig.val))
        let taken = try run(Binary.absolute, words + own + folder + ["--trust-torrent"])
        #expect(taken.status == 0, "\(taken.errors)")
        #expect(try rig.isWhole(FetchRig.val))
        try Folder(rig.folder["data/tar"]).remove(Path(FetchRig.val))
        let again = try run(Binary.absolute, words + own)
        #expect(again.status == 0, "\(again.errors)")
        #expect(try rig.isWhole(FetchRig.val))
    }

    @Test("a peer has nothing for an infohash that is pinned and not its own")
    func otherPin() throws {
        let rig = try FetchRig()
        let seed = try rig.seed(FetchRig.val)
        let manifest = try FileDescriptor(Path(rig.manifest), .reading).contents(limit: 1 << 20)
        let other = String(repeating: "5d", count: 20)
        let text = String(decoding: manifest, as: UTF8.self)
            .split(separator: try rig.infoHash(FetchRig.val)).joined(separator: other)
        try rig.folder.write(text, to: "other.json")
        let proxy = try ProxyServer()
        let result = try rig.fetch(
            "--only-val", "--sources", "swarm", "--peer", seed.peer, "--stall-timeout", "2s",
            "--torrent-dir", rig.folder["none"].description, "--manifest",
            rig.folder["other.json"].description, environment: ["https_proxy": proxy.url])
        #expect(result.status == 5, "\(result.errors)")
        #expect(result.errors.contains("no peer has sent the torrent"))
        #expect(rig.isAbsent(FetchRig.val))
    }

    @Test("a slow swarm is helped out by a mirror, and both are in the sum")
    func slow() throws {
        let rig = try FetchRig()
        let seed = try rig.seed(rate: "300K")
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        // Nothing is said of --sources: this is what everybody gets.
        let result = try rig.fetch(
            "--only-train", "--peer", seed.peer, "--mirror", "\(server.url)/")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        #expect(result.errors.contains("asking the mirror"), "\(result.errors)")
        #expect(result.output.contains(" from the swarm"), "\(result.output)")
        #expect(result.output.contains(" from \(server.url)/"), "\(result.output)")
    }

    // MARK: Giving back

    private static let libtorrentLeech = """
        import libtorrent, sys, time
        session = libtorrent.session({"listen_interfaces": "127.0.0.1:0", "enable_dht": False,
            "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False})
        handle = session.add_torrent(
            {"ti": libtorrent.torrent_info(sys.argv[1]), "save_path": sys.argv[2]})
        handle.connect_peer(("127.0.0.1", int(sys.argv[3])))
        for _ in range(600):
            if handle.status().is_seeding: sys.exit(0)
            time.sleep(0.1)
        sys.exit(1)
        """

    @Test("for as long as was said, it gives the file that it has proven to others")
    func givesBack() throws {
        let rig = try FetchRig()
        let seed = try rig.seed(FetchRig.val)
        let port = try freePort()
        let fetch = try rig.start(
            "--only-val", "--sources", "swarm", "--peer", seed.peer, "--port", "\(port)",
            "--seed-time", "3")
        #expect(try eventually { try rig.folder.text("err").contains("seeding for 3 min") })
        // The file has its name already.
        #expect(try rig.isWhole(FetchRig.val))
        #expect(try rig.hasReceipt(FetchRig.val))
        seed.process.send(SIGKILL)
        let leech = try run(
            "/usr/bin/python3",
            [
                "-c", Self.libtorrentLeech,
                rig.torrents.appending("\(FetchRig.val).torrent").description,
                rig.folder.path.description, "\(port)",
            ])
        #expect(leech.status == 0, "\(leech.errors)")
        #expect(try rig.folder.read(FetchRig.val).elementsEqual(try rig.original(FetchRig.val)))
        fetch.send(SIGINT)
        #expect(fetch.wait(seconds: 60) == 128 + SIGINT)
        #expect(try rig.folder.text("out").contains("\(FetchRig.val): verified"))
        let again = try rig.fetch("--only-val")
        #expect(again.output == "1 file was already there, verified\n")
    }

    @Test("otherwise the swarm is left at once")
    func leaves() throws {
        let rig = try FetchRig()
        let seed = try rig.seed(FetchRig.val)
        let result = try rig.fetch(
            "--only-val", "--sources", "swarm", "--peer", seed.peer, "--seed-time", "0")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.val))
        #expect(!result.errors.contains("seeding for"))
    }
}
