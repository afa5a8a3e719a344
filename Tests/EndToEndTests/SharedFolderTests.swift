import DataFolder
import Disk
import Glibc
import Support
import Testing

/// Two machines with one data folder, as far as one machine can play both.
@Suite(.waiting, .timeLimit(.minutes(15))) struct SharedFolderTests {
    private static let owner = """
        imagenet-fetch lock 1
        host node03
        boot 00000000-0000-0000-0000-000000000000
        process 4711
        since 2026-11-29T06:00:00Z

        """

    /// A command for which the folder seems to lie on NFS: its list of mounts is another one.
    private func runOnNFS(
        _ rig: FetchRig, _ options: String, _ words: [String]
    ) throws -> CommandResult? {
        var status = stat()
        stat(rig.folder.path.description, &status)
        // Small numbers need no more of makedev(3).
        let device = "\(status.st_dev >> 8 & 0xFFF):\(status.st_dev & 0xFF)"
        try rig.folder.write("1 2 \(device) / / rw - nfs srv:/x \(options)\n", to: "mountinfo")
        let script = "mount --bind \"$0\" /proc/$$/mountinfo || exit 99; exec \"$@\""
        let result = try run(
            "unshare",
            ["-m", "sh", "-c", script, rig.folder["mountinfo"].description, Binary.absolute]
                + words)
        // Without the rights to do that.
        return result.status == 99 || result.errors.hasPrefix("unshare") ? nil : result
    }

    @Test("a lock that another machine may hold unseen ends with 9, who it is, and a way on")
    func localLocks() throws {
        let rig = try FetchRig()
        let lock = "data/tar/.imagenet-fetch/lock"
        try rig.folder.write(Self.owner, to: lock)
        let words = rig.words(rig.fromFolder + ["--only-val", "--sources", "mirrors"])
        guard let refused = try runOnNFS(rig, "rw,local_lock=all", words) else {
            return print("skipped: no mount namespaces here")
        }
        #expect(refused.status == 9, "\(refused.errors)")
        let place = rig.folder[lock]
        #expect(
            refused.errors.contains(
                "error: refused to lock \(place): another run may be using it (process 4711 on "
                    + "node03, since 2026-11-29T06:00:00Z)"), "\(refused.errors)")
        #expect(refused.errors.contains("(nfs, local_lock=all)"))
        #expect(refused.errors.contains("remove \(place) and run the same command again"))
        #expect(rig.isAbsent(FetchRig.val))
        #expect(try rig.folder.text(lock) == Self.owner)
        // sync is silent only where another run is surely at work.
        try rig.folder.write(Self.owner, to: "data/tar/.imagenet-fetch/sync.lock")
        let sync = try runOnNFS(rig, "rw,nolock", rig.syncWords(rig.fromFolder))
        #expect(sync?.status == 9 && sync?.errors.contains("node03") == true)
        // Where machines see each other's locks, a free lock is free.
        let taken = try runOnNFS(rig, "rw,local_lock=none", words + ["--verbose"])
        #expect(taken?.status == 0, "\(taken?.errors ?? "")")
        #expect(taken?.errors.contains("ended without releasing its lock") == true)
        #expect(try rig.isWhole(FetchRig.val))
        #expect(try rig.folder.text(lock).isEmpty)
    }

    @Test("whoever is kept out is told by whom")
    func named() throws {
        let rig = try FetchRig()
        let fetch = try rig.startSlowly(["--sources", "mirrors"] + rig.fromFolder)
        try rig.waitForBytes(1)
        let second = try rig.fetch("--only-train", "--mirror", "\(rig.archives)/")
        #expect(second.status == 9)
        #expect(
            second.errors.contains("another run is using it (process \(fetch.pid) on "),
            "\(second.errors)")
        let sync = try rig.sync(rig.fromFolder + ["--quiet"])
        #expect(sync.status == 9 && sync.errors.isEmpty)
        fetch.send(SIGKILL)
        fetch.wait()
        // The kernel knows that it is dead, whatever the file says.
        let third = try rig.fetch("--only-val", "--mirror", "\(rig.archives)/")
        #expect(third.status == 0, "\(third.errors)")
    }
}
