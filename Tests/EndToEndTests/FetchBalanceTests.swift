import Disk
import Glibc
import Support
import Testing

/// Who brings a file when more than one could, and for how long.
@Suite(.waiting, .serialized, .timeLimit(.minutes(15))) struct FetchBalanceTests {
    @Test("auto: mirrors step in while nobody else gives, and step back for a swarm that does")
    func wayBack() throws {
        let rig = try FetchRig()
        // Far less than what is let in, and than the swarm will give.
        let server = try NginxServer(
            serving: rig.archives, logs: rig.folder.path, "limit_rate 200k;")
        let port = try freePort()
        let fetch = try rig.startSlowly([
            "--sources", "auto", "--stall-timeout", "6s", "--peer", "127.0.0.1:\(port)",
            "--mirror", "\(server.url)/", "--max-download", "4MiB", "--json",
        ])
        try rig.waitForBytes(1)
        let seed = try rig.seed(port: port)
        #expect(fetch.wait() == 0)
        let events = Events(try rig.folder.text("out"))
        let notes = events.events("note").joined(separator: "\n")
        #expect(notes.contains("asking the mirror"))
        #expect(notes.contains("mirrors are no longer used"))
        #expect((events.number("fromMirrors", in: "done") ?? 0) > 0)
        let fromSwarm = events.number("fromSwarm", in: "done") ?? 0
        let size = try rig.original(FetchRig.train).count
        #expect(fromSwarm > Double(size) / 2)
        #expect(try rig.isWhole(FetchRig.train))
        withExtendedLifetime(seed) {}
    }

    @Test("a mirror that was out of reach is asked again when the swarm dies")
    func mirrorIsBack() throws {
        let rig = try FetchRig()
        let port = try freePort()
        let seed = try rig.seed()
        // Nobody is there yet: the mirror is dropped while the swarm gives.
        let fetch = try rig.startSlowly([
            "--sources", "both", "--stall-timeout", "24s", "--peer", seed.peer, "--mirror",
            "http://127.0.0.1:\(port)/", "--max-download", "3MiB", "--json",
        ])
        try rig.waitForBytes(12 << 20)
        seed.process.send(SIGKILL)
        _ = seed.process.wait()
        let server = try NginxServer(
            serving: rig.archives, logs: rig.folder.path, port: port)
        #expect(fetch.wait() == 0)
        let events = Events(try rig.folder.text("out"))
        #expect((events.number("fromMirrors", in: "done") ?? 0) > 0)
        #expect((events.number("fromSwarm", in: "done") ?? 0) > 0)
        #expect(try rig.isWhole(FetchRig.train))
        withExtendedLifetime(server) {}
    }

    @Test(
        "room that is to stay free and goes all the same ends the fetch before the disk is full",
        .enabled(if: SmallDisk.isPossible))
    func spaceGoes() throws {
        let rig = try FetchRig()
        let disk = try SmallDisk(rig.folder["data"], image: rig.folder["image"], mebibytes: 96)
        let fetch = try rig.startSlowly([
            "--sources", "mirrors", "--mirror", "\(rig.archives)/", "--reserve", "12MiB",
            "--max-download", "1MiB",
        ])
        try rig.waitForBytes(1)
        fetch.send(SIGSTOP)
        let free = try Folder(rig.folder["data"]).freeSpace().bytes
        let filler = rig.folder["data/filler"].description
        _ = try run("dd", ["if=/dev/zero", "of=\(filler)", "bs=1M", "count=\(free >> 20 - 8)"])
        fetch.send(SIGCONT)
        #expect(fetch.wait() == 4)
        let errors = try rig.folder.text("err")
        #expect(errors.contains("the disk is filling up"))
        #expect(errors.contains("hint: make room"))
        let left = try Folder(rig.folder["data"]).freeSpace().bytes
        #expect(left > 1 << 20)
        unlink(filler)
        let again = try rig.fetch(
            "--only-train", "--sources", "mirrors", "--mirror", "\(rig.archives)/")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        withExtendedLifetime(disk) {}
    }
}
