import Checksums
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@testable import TorrentFetch

/// Seeds and trackers as others have built them. All are Debian's packages (scripts/dependencies).
@Suite(.serialized, .timeLimit(.minutes(5))) struct RealPeersTests {
    private static let libtorrentSeed = """
        import libtorrent, sys, time
        session = libtorrent.session({"listen_interfaces": "127.0.0.1:" + sys.argv[3],
            "enable_dht": False, "enable_lsd": False, "enable_upnp": False,
            "enable_natpmp": False})
        session.add_torrent({"ti": libtorrent.torrent_info(sys.argv[1]),
            "save_path": sys.argv[2], "flags": libtorrent.torrent_flags.seed_mode})
        time.sleep(120)
        """

    private func arguments(
        of program: String, torrent: Path, folder: Path, port: UInt16
    ) -> [String] {
        switch program {
        case "aria2c":
            [
                "--seed-ratio=0", "--check-integrity=true", "--bt-hash-check-seed=true",
                "--dir=\(folder)", "--listen-port=\(port)", "--enable-dht=false",
                "--enable-dht6=false", "--bt-enable-lpd=false", "--quiet", "\(torrent)",
            ]
        case "transmission-cli":
            ["-w", "\(folder)", "-p", "\(port)", "-M", "-g", "\(folder)/settings", "\(torrent)"]
        default: ["-c", Self.libtorrentSeed, "\(torrent)", "\(folder)", "\(port)"]
        }
    }

    @Test(
        "a file comes from the clients that others use",
        arguments: ["aria2c", "transmission-cli", "/usr/bin/python3"])
    func fetching(from program: String) async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 12_345_678, pieceLength: 1 << 18)
        try folder.write(file.bytes, to: "seed/\(file.name)")
        try folder.write(file.torrent.bytes, to: "file.torrent")
        try folder.write(
            #"{"dht-enabled": false, "lpd-enabled": false, "bind-address-ipv4": "127.0.0.1"}"#,
            to: "seed/settings/settings.json")
        let port = try freePort()
        let seed = try Background(
            program,
            arguments(
                of: program, torrent: folder["file.torrent"], folder: folder["seed"], port: port))
        defer { withExtendedLifetime(seed) {} }
        #expect(try await until { isListening(port) })
        let taking = try RunningStaging(file, at: folder["part"])
        let leech = try Swarm.onLoopback([Swarm.Peer(address: "127.0.0.1", port: port)])
        try leech.join(file, taking)
        #expect(try await taking.digest() == Hasher.digest(.md5, file.bytes))
        #expect(try folder.read("part").elementsEqual(file.bytes))
        leech.end()
        taking.stop()
    }

    @Test("what a tracker says is told without the line ends around it")
    func trackerText() async throws {
        let folder = try TemporaryFolder()
        let reason = "\r\n not here \n"
        let server = try LoopbackServer { connection in
            connection.answer(
                "200 OK", Array("d14:failure reason\(reason.utf8.count):\(reason)e".utf8))
        }
        let file = try TorrentedFile(size: 1000, pieceLength: 1 << 16)
        let taking = try RunningStaging(file, at: folder["part"])
        let leech = try Swarm.onLoopback([.nobody])
        try leech.join(file, taking, trackers: [server.url + "/announce"])
        #expect(try await until { leech.events.lastTrackerError != nil })
        #expect(leech.events.lastTrackerError == "\(server.url)/announce: not here")
        leech.end()
        taking.stop()
    }

    @Test("all trackers are asked at once, and one that is dead holds up nobody")
    func trackers() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 1_000_000, pieceLength: 1 << 16)
        let known = [hexText(file.torrent.infoHash.bytes)]
        let running = try (0..<2).map { _ in try OpenTracker(knowing: known, in: folder.path) }
        let urls = running.map(\.url)
        // Each seed is known to one tracker only.
        var seeds: [(RunningStaging, Swarm)] = []
        for (number, url) in urls.enumerated() {
            let seed = try await file.seed(folder["seed\(number)"], rate: 200_000, trackers: [url])
            seeds.append(seed)
            #expect(try await until { seed.1.events.trackerReplies > 0 })
        }
        let taking = try RunningStaging(file, at: folder["part"])
        // On one address two peers count as one, unless some are named.
        let leech = try Swarm.onLoopback([.nobody])
        try leech.join(file, taking, trackers: ["http://127.0.0.1:1/announce"] + urls)
        #expect(try await until { leech.events.trackerReplies >= 2 })
        #expect(try await until { leech.events.lastTrackerError != nil })
        #expect(
            leech.events.lastTrackerError
                == "http://127.0.0.1:1/announce: Connection refused")
        #expect(leech.events.peersFromTrackers >= 2)
        #expect(try await taking.digest() == Hasher.digest(.md5, file.bytes))
        leech.end()
        for (giving, seed) in seeds {
            seed.end()
            giving.stop()
        }
        taking.stop()
        withExtendedLifetime(running) {}
    }
}
