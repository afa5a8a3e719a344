import Disk
import Glibc
import Support
import Testing

/// Runs that end before their time, and what the next one makes of what they left.
@Suite(.waiting, .serialized) struct FetchInterruptedTests {
    /// Starts a slow fetch and waits until so many bytes of it have certainly come.
    private func begin(_ rig: FetchRig, _ more: String...) throws -> Background {
        let fetch = try rig.startSlowly(more)
        try rig.waitForBytes(8 << 20)
        return fetch
    }

    @Test("killed at once, it goes on from what was proven", arguments: ["mirrors", "swarm"])
    func killed(_ sources: String) throws {
        let rig = try FetchRig()
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let seed = try rig.seed()
        let fetch = try begin(
            rig, "--sources", sources, "--peer", seed.peer, "--mirror", "\(server.url)/")
        fetch.send(SIGKILL)
        #expect(fetch.wait() == 128 + SIGKILL)
        #expect(rig.isAbsent(FetchRig.train))
        let again = try rig.fetch(
            "--only-train", "--json", "--sources", sources, "--peer", seed.peer, "--mirror",
            "\(server.url)/")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        let events = Events(again.output)
        let size = try #require(events.number("bytes", in: "done"))
        let swarm = try #require(events.number("fromSwarm", in: "done"))
        let mirrors = try #require(events.number("fromMirrors", in: "done"))
        // Less than a second's bytes come again.
        #expect(swarm + mirrors <= size - Double(8 << 20))
        #expect(swarm + mirrors > 0)
    }

    @Test(
        "Ctrl-C ends it by the signal, and the next run reads nothing again",
        .disabled(if: Binary.isWatched))
    func interrupted() throws {
        let rig = try FetchRig()
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let fetch = try begin(rig, "--sources", "mirrors", "--mirror", "\(server.url)/")
        let clock = ContinuousClock()
        let start = clock.now
        fetch.send(SIGINT)
        #expect(fetch.wait() == 128 + SIGINT)
        #expect(clock.now - start < .seconds(5))
        #expect(rig.isAbsent(FetchRig.train))
        #expect(try !rig.folder.text("err").contains("error"))
        let trace = rig.folder["trace"].description
        let again = try run(
            "strace",
            ["-f", "-y", "-o", trace, "-e", "trace=pread64", Binary.absolute]
                + rig.words(
                    ["--only-train", "--sources", "mirrors", "--mirror", "\(server.url)/"]))
        #expect(again.status == 0, "\(again.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        let reads = try rig.folder.text("trace").split(separator: "\n")
            .filter { $0.contains(".part>") }
            .reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
        // What had come ahead of the digests, at the most.
        #expect(reads < 8 << 20)
    }

    @Test("SIGTERM ends it within five seconds, also while trackers do not answer")
    func terminated() throws {
        let rig = try FetchRig()
        let isAsked = Monitor(false)
        let tracker = try LoopbackServer { connection in
            isAsked.update { $0 = true }
            connection.stall()
        }
        let torrents = try rig.torrents(trackers: "\(tracker.url)/announce")
        let fetch = try rig.start(
            "--only-train", "--torrent-dir", torrents.description, "--sources", "swarm")
        #expect(eventually { isAsked.read { $0 } })
        let clock = ContinuousClock()
        let start = clock.now
        fetch.send(SIGTERM)
        #expect(fetch.wait() == 128 + SIGTERM)
        #expect(clock.now - start < .seconds(5))
    }

    @Test("a second run at the same time ends with 9, and the first goes on")
    func busy() throws {
        let rig = try FetchRig()
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let fetch = try begin(rig, "--sources", "mirrors", "--mirror", "\(server.url)/")
        let second = try rig.fetch("--only-train", "--mirror", "\(server.url)/")
        #expect(second.status == 9)
        #expect(second.errors.split(separator: "\n").last?.hasPrefix("hint: ") == true)
        #expect(fetch.wait() == 0)
        #expect(try rig.isWhole(FetchRig.train))
    }

    @Test("nor do runs with other state folders meet in one file, whichever comes first")
    func busyElsewhere() throws {
        let rig = try FetchRig()
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let from = ["--sources", "mirrors", "--mirror", "\(server.url)/"]
        let state = ["--state", rig.folder["state"].description]
        let part = rig.folder["data/tar/\(FetchRig.train).part"].description
        for (first, second) in [(state, []), ([], state)] {
            let fetch = try rig.startSlowly(first + from)
            #expect(eventually { access(part, F_OK) == 0 })
            let other = try run(Binary.absolute, rig.words(["--only-train"] + second + from))
            #expect(other.status == 9, "\(other.errors)")
            #expect(other.errors.contains("another run is using it"))
            #expect(fetch.wait() == 0)
            #expect(try rig.isWhole(FetchRig.train))
            unlink(rig.folder["data/tar/\(FetchRig.train)"].description)
        }
    }

    @Test(
        "what somebody writes to the file of a killed run is found, with pieces and without",
        arguments: [true, false])
    func changedBehindKilled(_ hasPieces: Bool) throws {
        let rig = try FetchRig()
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let words =
            (hasPieces ? [] : ["--manifest", try rig.manifestWithoutTorrents()])
            + ["--sources", "mirrors", "--mirror", "\(server.url)/"]
        let fetch = try rig.startSlowly(words)
        try rig.waitForBytes(8 << 20)
        fetch.send(SIGKILL)
        fetch.wait()
        let part = rig.folder["data/tar/\(FetchRig.train).part"]
        try rig.damage(part, at: 3_000_000)
        // Later than the killed run can have written.
        let times = [timespec](repeating: timespec(tv_sec: time(nil) + 60, tv_nsec: 0), count: 2)
        #expect(utimensat(AT_FDCWD, part.description, times, 0) == 0)
        let again = try run(Binary.absolute, rig.words(["--only-train"] + words))
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.errors.contains("has changed since the last run"), "\(again.errors)")
        #expect(try rig.isWhole(FetchRig.train))
    }

    @Test("a half-fetched file that somebody wrote to is read again, and comes out right")
    func changedUnderUs() throws {
        let rig = try FetchRig()
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let fetch = try begin(rig, "--sources", "mirrors", "--mirror", "\(server.url)/")
        fetch.send(SIGINT)
        fetch.wait()
        let part = rig.folder["data/tar/\(FetchRig.train).part"]
        try rig.damage(part, at: 100)
        let again = try rig.fetch("--only-train", "--mirror", "\(server.url)/")
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.errors.contains("were read and verified"))
        #expect(try rig.isWhole(FetchRig.train))
    }
}

/// Files that were there before us.
@Suite(.waiting) struct FetchAdoptionTests {
    @Test("a whole file without a receipt is proven and not fetched")
    func whole() throws {
        let rig = try FetchRig()
        try rig.folder.write(try rig.original(FetchRig.val), to: "data/tar/\(FetchRig.val)")
        let result = try rig.fetch("--only-val", "--sources", "swarm")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "\(FetchRig.val): verified (already there)\n")
        #expect(try rig.hasReceipt(FetchRig.val))
    }

    @Test("of half a file, and of a wrong one, the good pieces stay")
    func pieces() throws {
        let rig = try FetchRig()
        let bytes = try rig.original(FetchRig.train)
        try rig.folder.write(
            Array(bytes.prefix(bytes.count / 2)), to: "half/tar/\(FetchRig.train)")
        var wrong = bytes
        wrong[bytes.count - 5] ^= 1
        try rig.folder.write(wrong, to: "wrong/tar/\(FetchRig.train)")
        // aria2 leaves holes, its own file beside them, and the final name.
        let holes = bytes.prefix(bytes.count / 2) + [UInt8](repeating: 0, count: bytes.count / 2)
        try rig.folder.write(Array(holes), to: "aria2/tar/\(FetchRig.train)")
        try rig.folder.write("", to: "aria2/tar/\(FetchRig.train).aria2")
        // Nobody knows of this one where it comes from.
        try rig.folder.write(wrong, to: "part/tar/\(FetchRig.train).part")
        for (data, most) in [("half", 0.55), ("wrong", 0.15), ("aria2", 0.55), ("part", 0.15)] {
            let result = try rig.fetch(
                "--only-train", "--json", "--mirror", "\(rig.archives)/", "--sources", "mirrors",
                data: data)
            #expect(result.status == 0, "\(data): \(result.errors)")
            #expect(try rig.isWhole(FetchRig.train, data: data))
            let fetched = Events(result.output).number("fromMirrors", in: "done") ?? 1e9
            #expect(fetched > 0)
            #expect(fetched < most * Double(bytes.count), "\(data)")
            let left = try rig.folder.names(in: "\(data)/tar")
            #expect(left == [".imagenet-fetch", FetchRig.train], "\(data)")
        }
    }
}
