import Disk
import Glibc
import Support
import Testing

/// A machine without a network: said soon, once, of all sources, and nothing is left behind.
@Suite(.waiting, .enabled(if: Offline.isPossible)) struct FetchOfflineTests {
    /// Well before the time after which a file has stalled.
    private static let soon: Duration = .seconds(40)

    private func fails(
        _ words: [String], naming sources: [String], at place: SourceLocation = #_sourceLocation
    ) throws {
        let start = ContinuousClock.now
        let result = try Offline.run(words)
        #expect(ContinuousClock.now - start < Self.soon, sourceLocation: place)
        #expect(result.status == 6, "\(result.errors)", sourceLocation: place)
        let lines = result.errors.split(separator: "\n").filter { !$0.hasPrefix("downloading ") }
        #expect(Set(lines).count == lines.count, "\(result.errors)", sourceLocation: place)
        #expect(lines.last?.hasPrefix("hint: is the network up?") == true, sourceLocation: place)
        let error = lines.last { $0.hasPrefix("imagenet-fetch: error: ") } ?? ""
        for source in sources {
            #expect(error.contains(source), "\(error)", sourceLocation: place)
        }
    }

    @Test("without a torrent at hand")
    func noTorrent() throws {
        let rig = try FetchRig()
        try rig.hideTorrents()
        let words = [
            "--only-val", "-y", "--reserve", "0", "--manifest", rig.manifest, "--data",
            rig.folder["data"].description,
        ]
        let mirror = ["--mirror", "https://mirror.invalid/"]
        try fails(
            words + mirror, naming: ["academictorrents.com", "the swarm", "mirror.invalid"])
        #expect(try rig.folder.names(in: "data/tar") == [".imagenet-fetch"])
        let only = words + ["--sources", "swarm"]
        try fails(only, naming: ["academictorrents.com", "the swarm"])
    }

    @Test("ImageNet's own archives, whose torrents are built in", arguments: [true, false])
    func builtIn(_ hasLoopback: Bool) throws {
        let folder = try TemporaryFolder()
        let words = ["--only-val", "-y", "--reserve", "0", "--data", folder["data"].description]
        let result = try Offline.run(words + ["--dry-run"], hasLoopback: hasLoopback)
        // It takes room for 6 GiB, which not every machine has.
        guard result.status == 0 else { return }
        try fails(words, naming: ["the swarm", "image-net.org"])
        #expect(try folder.names(in: "data/tar") == [".imagenet-fetch"])
        try fails(words + ["--sources", "swarm"], naming: ["the swarm"])
    }

    @Test("with a torrent at hand, swarm and mirrors together or one after the other")
    func withTorrent() throws {
        let rig = try FetchRig()
        let torrents = try rig.torrents(trackers: "https://tracker.invalid/announce")
        for sources in ["auto", "both", "swarm"] {
            let words = [
                "fetch", "--manifest", rig.manifest, "--torrent-dir", torrents.description,
                "--data", rig.folder["data"].description, "--only", FetchRig.val, "-y",
                "--reserve", "0", "--sources", sources, "--mirror", "https://mirror.invalid/",
            ]
            let names = sources == "swarm" ? ["the swarm"] : ["the swarm", "mirror.invalid"]
            try fails(words, naming: names)
            #expect(try rig.folder.names(in: "data/tar") == [".imagenet-fetch"])
        }
    }

    @Test("a folder that has the files needs no network")
    func folder() throws {
        let rig = try FetchRig()
        let result = try Offline.run(rig.words(["--mirror", "\(rig.archives)/"]))
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test("a damaged file of which nothing tells the pieces")
    func repair() throws {
        let rig = try FetchRig()
        try rig.hideTorrents()
        _ = try rig.damagedCopy(of: FetchRig.val, in: "data/tar", at: [100])
        let start = ContinuousClock.now
        let result = try Offline.run([
            "repair", "--dry-run", "--manifest", rig.manifest, "--only", FetchRig.val, "--data",
            rig.folder["data"].description,
        ])
        #expect(ContinuousClock.now - start < Self.soon)
        #expect(result.status == 3, "\(result.errors)")
        let lines = result.errors.split(separator: "\n")
        #expect(Set(lines).count == lines.count, "\(result.errors)")
        #expect(result.errors.contains("no peer can be reached"))
    }
}

/// Runs the program where there is no network.
private enum Offline {
    /// Whether a namespace of our own can be had.
    static let isPossible = (try? Support.run("unshare", ["-rn", "true"]))?.status == 0

    static func run(_ words: [String], hasLoopback: Bool = true) throws -> CommandResult {
        let up = hasLoopback ? "ip link set lo up; " : ""
        return try Support.run(
            "unshare", ["-rn", "sh", "-c", up + "exec \"$@\"", "sh", Binary.absolute] + words)
    }
}
