import Disk
import Glibc
import Support
import Testing

/// Files that a run of `sync` does not get: what nothing can verify, what only a person can get, and
/// what the disk has no room for.
@Suite(.waiting, .timeLimit(.minutes(15))) struct SyncLeftOutTests {
    /// The sample's manifest with two more files.
    private func manifest(_ rig: FetchRig) throws -> String {
        let text = try FileDescriptor(Path(rig.manifest), .reading).contents(limit: 1 << 20)
        let more =
            #""files":[{"name":"notes.tgz","part":"notes","role":"other"},"#
            + #"{"name":"patch.tar","part":"byhand","role":"test-patch","source":"manual","#
            + #""how":"Ask the lab for it."},"#
        let parts = String(decoding: text, as: UTF8.self).split(
            separator: #""files":"#, maxSplits: 1)
        let tail = parts[1].drop { $0 != "[" }.dropFirst()
        try rig.folder.write(String(parts[0]) + more + String(tail), to: "more.json")
        return rig.folder["more.json"].description
    }

    private func words(_ rig: FetchRig, _ command: String, _ more: [String]) throws -> [String] {
        [command, "--manifest", try manifest(rig), "--data", rig.folder["data"].description]
            + (command == "sync"
                ? [
                    "--torrent-dir", rig.torrents.description, "--no-dht", "--reserve", "0",
                    "--sources", "mirrors", "--stall-timeout", "3s", "--log",
                    rig.folder["log"].description,
                ] + rig.fromFolder : []) + more
    }

    @Test("sync --all passes over what nothing can verify, in silence; status names it")
    func unverifiable() throws {
        let rig = try FetchRig()
        for _ in 0..<2 {
            let result = try run(Binary.absolute, words(rig, "sync", ["--all"]))
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.isEmpty && result.errors.isEmpty, "\(result.errors)")
        }
        for name in FetchRig.usual { #expect(try rig.isWhole(name)) }
        #expect(try rig.folder.text("log").contains("notes.tgz: left out"))
        let status = try run(Binary.absolute, words(rig, "status", ["--all", "--check"]))
        #expect(status.status == 0, "\(status.output)")
        let line = status.output.split(separator: "\n").first { $0.contains("notes.tgz") }
        #expect(line?.contains("absent, skipped: no digest and no torrent") == true)
        #expect(!status.output.contains("next: imagenet-fetch fetch"))
        // Asked for by name, it is missed.
        let named = try run(
            Binary.absolute, words(rig, "status", ["--only", "notes", "--check"]))
        #expect(named.status == 3)
    }

    @Test("a file that only a person can get is missed where it was named, with how to get it")
    func byHand() throws {
        let rig = try FetchRig()
        let named = try run(Binary.absolute, words(rig, "sync", ["--only", "byhand"]))
        #expect(named.status == 5, "\(named.errors)")
        #expect(named.errors.split(separator: "\n").count == 1)
        #expect(named.errors.contains("patch.tar is missing"), "\(named.errors)")
        #expect(named.errors.contains("Ask the lab for it."))
        let beside = try run(Binary.absolute, words(rig, "sync", ["--only", "patch.tar,devkit"]))
        #expect(beside.status == 13, "\(beside.errors)")
        #expect(try rig.isWhole(FetchRig.devkit))
    }

    @Test(
        "short of disk space, the files that fit come, and one sentence is for the rest",
        .enabled(if: SmallDisk.isPossible))
    func shortOfSpace() throws {
        let rig = try FetchRig()
        let disk = try SmallDisk(rig.folder["disk"], image: rig.folder["image"], mebibytes: 64)
        _ = try Folder.creating(rig.folder["disk/data/tar"])
        let words = { (reserve: String) in
            [
                "sync", "--manifest", rig.manifest, "--data", rig.folder["disk/data"].description,
                "--sources", "mirrors", "--reserve", reserve,
            ] + rig.fromFolder
        }
        // Neither of the two large ones fits beside the reserve.
        let free = try Folder(rig.folder["disk"]).freeSpace().bytes
        let devkit = try rig.original(FetchRig.devkit).count
        let half = try run(Binary.absolute, words("\(free - Int64(devkit) - 200_000)"))
        #expect(half.status == 13, "\(half.errors)")
        #expect(half.errors.split(separator: "\n").count == 1, "\(half.errors)")
        #expect(
            half.errors.contains("\(FetchRig.val) and 1 more not fetched: not enough disk space"))
        #expect(try rig.isWhole(FetchRig.devkit, data: "disk/data"))
        let none = try run(Binary.absolute, words("\(free)") + ["--only", "train,val"])
        #expect(none.status == 4, "\(none.errors)")
        #expect(none.errors.split(separator: "\n").count == 1, "\(none.errors)")
        let all = try run(Binary.absolute, words("0"))
        #expect(all.status == 0, "\(all.errors)")
        for name in FetchRig.usual { #expect(try rig.isWhole(name, data: "disk/data")) }
        withExtendedLifetime(disk) {}
    }

    @Test(
        "a file system without locks is named as such, with what to do",
        .disabled(if: Binary.isWatched))
    func noLocks() throws {
        let rig = try FetchRig()
        let result = try run(
            "strace",
            [
                "-f", "-o", "/dev/null", "-e", "trace=flock", "-e", "inject=flock:error=ENOLCK",
                Binary.absolute,
            ] + rig.words(rig.fromFolder + ["--sources", "mirrors"]))
        #expect(result.status == 11, "\(result.errors)")
        #expect(result.errors.contains("no locks available"), "\(result.errors)")
        #expect(result.errors.contains("hint: the file system there does not support locks"))
        #expect(result.errors.contains("--state"))
    }
}
