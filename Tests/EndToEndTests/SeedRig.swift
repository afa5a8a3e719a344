import DataFolder
import Disk
import Glibc
import Support

/// A data folder with verified archives, and a `seed` that gives them.
final class SeedRig {
    let fetching: FetchRig

    /// What is seeded; takers have their own fetching.folder.
    static let place = "seeding"

    init(_ names: [String] = FetchRig.usual) throws {
        fetching = try FetchRig()
        if names.isEmpty { return }
        let made = try fetching.fetch(
            "--only", names.joined(separator: ","), "--sources", "mirrors", "--mirror",
            "\(fetching.archives)/", data: Self.place)
        guard made.status == 0 else { throw RigFailed(reason: made.errors) }
    }

    var said: String { (try? fetching.folder.text("seed.err")) ?? "" }
    var printed: String { (try? fetching.folder.text("seed.out")) ?? "" }

    func archive(_ name: String) -> Path { fetching.folder["\(Self.place)/tar/\(name)"] }

    /// The words of a seed that knows nobody.
    func words(_ more: [String], data: String = place) -> [String] {
        [
            "seed", "--manifest", fetching.manifest, "--torrent-dir",
            fetching.torrents.description, "--data", fetching.folder[data].description, "--no-dht",
        ] + more
    }

    /// A seed that does not begin, or ends by itself.
    func run(_ more: String..., data: String = place) throws -> CommandResult {
        try Support.run(Binary.absolute, words(more, data: data))
    }

    /// Starts a seed and waits until it listens.
    func start(_ more: String..., data: String = place) throws -> RunningSeed {
        let port = try freePort()
        let process = try Background(
            Binary.absolute, words(more + ["--port", "\(port)"], data: data),
            output: fetching.folder["seed.out"].description,
            errors: fetching.folder["seed.err"].description)
        guard eventually({ said.contains("listening on port \(port)\n") }) else {
            throw RigFailed(reason: said)
        }
        return RunningSeed(port: port, process: process)
    }

    /// Downloads an archive from the seed alone.
    func take(_ seed: RunningSeed, _ more: String...) throws -> CommandResult {
        try Support.run(
            Binary.absolute,
            fetching.words(["--sources", "swarm", "--peer", "127.0.0.1:\(seed.port)"] + more))
    }

    /// Gives the receipt of an archive the identity that the archive has now.
    func keepIdentity(of name: String) throws {
        let store = ReceiptStore(fetching.folder["\(Self.place)/tar/.imagenet-fetch/receipts"])
        guard case .receipt(var receipt) = try store.load(name) else {
            throw RigFailed(reason: "no receipt")
        }
        receipt.identity = try FileDescriptor(archive(name), .reading).identity()
        try store.save(receipt)
    }

    private static let leech = """
        import libtorrent, sys, time
        session = libtorrent.session({"listen_interfaces": "127.0.0.1:0", "enable_dht": False,
            "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False})
        handle = session.add_torrent(
            {"ti": libtorrent.torrent_info(sys.argv[1]), "save_path": sys.argv[2]})
        handle.connect_peer(("127.0.0.1", int(sys.argv[3])))
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if handle.status().num_pieces >= int(sys.argv[4]): sys.exit(0)
            session.wait_for_alert(100)
            session.pop_alerts()
        sys.exit(1)
        """

    /// libtorrent, which ends as soon as it has so many pieces.
    func leech(
        _ torrent: Path, _ seed: RunningSeed, pieces: Int, into subfolder: String = "leech"
    ) throws -> Background {
        try Background(
            "/usr/bin/python3",
            [
                "-c", Self.leech, torrent.description, fetching.folder[subfolder].description,
                "\(seed.port)",
                "\(pieces)",
            ])
    }
}

struct RunningSeed {
    let port: UInt16
    let process: Background

    /// Ends it as systemd does; nil if that takes longer than it may.
    func stop() -> Int32? {
        process.send(SIGTERM)
        return process.wait(seconds: 5)
    }
}
