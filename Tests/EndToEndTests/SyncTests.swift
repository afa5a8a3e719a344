import DataFolder
import Disk
import Glibc
import Support
import Testing

/// A mirror that cron keeps: run after run over one folder.
@Suite(.waiting, .timeLimit(.minutes(15))) struct SyncTests {
    private func metric(_ rig: FetchRig, _ name: String) throws -> Double? {
        let prefix = "imagenet_fetch_\(name) "
        return try rig.folder.text("metrics").split(separator: "\n")
            .first { $0.hasPrefix(prefix) }
            .flatMap { Double($0.dropFirst(prefix.count)) }
    }

    @Test(
        "from nothing to whole in silence, and then nothing to do: nothing read, nobody asked",
        .disabled(if: Binary.isWatched))
    func idle() throws {
        let rig = try FetchRig()
        let metrics = rig.folder["metrics"].description
        let first = try rig.sync(rig.fromFolder + ["--metrics", metrics])
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.isEmpty && first.errors.isEmpty)
        for name in FetchRig.usual { #expect(try rig.isWhole(name)) }
        #expect(try metric(rig, "last_exit_code") == 0)
        #expect(try metric(rig, "proven_files") == 3)
        let bytes = try FetchRig.usual.reduce(0) { try $0 + rig.original($1).count }
        #expect(try metric(rig, "fetched_bytes{source=\"mirrors\"}") == Double(bytes))
        let trace = rig.folder["trace"].description
        let again = try run(
            "strace", ["-f", "-o", trace, Binary.absolute] + rig.syncWords(rig.fromFolder))
        #expect(again.status == 0)
        #expect(again.output.isEmpty && again.errors.isEmpty)
        let calls = try rig.folder.text("trace")
        #expect(!calls.contains("socket("))
        // Receipts are small; a piece is not.
        let reads = calls.split(separator: "\n").filter { $0.contains("pread64(") }
        let counts = reads.compactMap { $0.split(separator: " = ").last.flatMap { Int($0) } }
        #expect(!counts.isEmpty && counts.allSatisfy { $0 < 1 << 16 })
        #expect(try rig.folder.text("log").contains("3 of 3 files verified, 0 downloaded"))
    }

    @Test("damage is found when its proof is due, mended by pieces, and said in the log")
    func mends() throws {
        let rig = try FetchRig()
        let metrics = rig.folder["metrics"].description
        _ = try rig.sync(rig.fromFolder)
        try rig.damage(rig.folder["data/tar/\(FetchRig.train)"], at: 3_000_000)
        // A touched file is never proven any more, however young its receipt.
        let result = try rig.sync(rig.fromFolder + ["--metrics", metrics])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.isEmpty)
        #expect(try rig.isWhole(FetchRig.train))
        #expect(try metric(rig, "damaged_pieces") == 1)
        #expect(try metric(rig, "repaired_pieces") == 1)
        let log = try rig.folder.text("log")
        #expect(log.contains("\(FetchRig.train): damaged"))
        #expect(log.contains("\(FetchRig.train): repaired, 1 piece downloaded"))
        let val = try rig.sync(rig.fromFolder + ["--scrub-every", "0s"])
        #expect(val.status == 0)
        #expect(try rig.folder.text("log").contains("\(FetchRig.val): verified again"))
    }

    @Test("what nobody has a digest of is taken only where that is said")
    func unverified() throws {
        let rig = try FetchRig()
        try rig.folder.write("some bytes", to: "lab/notes.txt")
        let manifest =
            #"{"schema":"imagenet-fetch.manifest/1","name":"lab","files":[{"name":"#
            + #""notes.txt","part":"notes","role":"other","default":true}]}"#
        try rig.folder.write(manifest, to: "lab.json")
        let words = [
            "sync", "--manifest", rig.folder["lab.json"].description, "--data",
            rig.folder["lab-data"].description, "--mirror", "\(rig.folder["lab"])/", "--sources",
            "mirrors", "--reserve", "0",
        ]
        let leftOut = try run(Binary.absolute, words)
        #expect(leftOut.status == 0 && leftOut.errors.isEmpty, "\(leftOut.errors)")
        #expect(access(rig.folder["lab-data/tar/notes.txt"].description, F_OK) != 0)
        for _ in 0..<2 {
            let taken = try run(Binary.absolute, words + ["--allow-unverified"])
            #expect(taken.status == 0, "\(taken.errors)")
        }
        #expect(try rig.folder.text("lab-data/tar/notes.txt") == "some bytes")
    }

    @Test("what cannot be mended is a line on standard error, and is shown to nobody")
    func failure() throws {
        let rig = try FetchRig()
        let shown = ["--publish", rig.folder["www"].description]
        let hook = [
            "--on-failure",
            "echo $IMAGENET_FETCH_STATUS $IMAGENET_FETCH_FAILED >\(rig.folder["hook"])",
        ]
        #expect(try rig.sync(rig.fromFolder + shown).status == 0)
        #expect(try rig.folder.names(in: "www").contains(FetchRig.train))
        try rig.damage(rig.folder["data/tar/\(FetchRig.train)"], at: 3_000_000)
        let failed = try rig.sync(shown + hook)
        #expect(failed.status == 13)
        #expect(failed.errors.split(separator: "\n").count == 1)
        #expect(failed.errors.hasPrefix("imagenet-fetch: error: "))
        #expect(failed.errors.contains(FetchRig.train))
        #expect(try !rig.folder.names(in: "www").contains(FetchRig.train))
        #expect(try rig.folder.names(in: "www").contains(FetchRig.val))
        #expect(try rig.folder.text("hook") == "13 \(FetchRig.train)\n")
        #expect(try !rig.folder.text("www/MD5SUMS").contains(FetchRig.train))
        let healed = try rig.sync(rig.fromFolder + shown)
        #expect(healed.status == 0, "\(healed.errors)")
        #expect(try rig.folder.names(in: "www").contains(FetchRig.train))
    }

    @Test("a published folder is all that another lab needs, by its one URL")
    func publishes() throws {
        let rig = try FetchRig()
        let server = try NginxServer(serving: rig.folder["www"], logs: rig.folder.path)
        let shown = ["--publish", rig.folder["www"].description, "--publish-url", server.url]
        let changed = ["--on-change", "echo \"$IMAGENET_FETCH_PUBLISHED\" >\(rig.folder["hook"])"]
        let first = try rig.sync(rig.fromFolder + shown + changed)
        #expect(first.status == 0, "\(first.errors)")
        #expect(
            Set(try rig.folder.text("hook").split(separator: "\n").map(String.init))
                == Set(FetchRig.usual))
        // The same file by another name, and its proof still holds: nothing is read again.
        let inode = { (path: String) in
            try FileDescriptor(rig.folder[path], .reading).identity().inode
        }
        #expect(try inode("www/\(FetchRig.val)") == inode("data/tar/\(FetchRig.val)"))
        let proofs = try Binary.run(
            "status", "--manifest", rig.manifest, "--data", rig.folder["data"].description,
            "--check")
        #expect(proofs.status == 0)
        let sums = try run(
            "sh", ["-c", "cd \(rig.folder["www"]) && sha256sum --quiet -c SHA256SUMS"])
        #expect(sums.status == 0, "\(sums.errors)")
        let manifest = try #require(
            try rig.folder.names(in: "www").first {
                $0.hasSuffix(".json") && !$0.hasSuffix(".classes.json")
            })
        let other = try run(
            Binary.absolute,
            [
                "fetch", "--manifest", rig.folder["www/\(manifest)"].description, "--data",
                rig.folder["other"].description, "--sources", "mirrors", "--reserve", "0", "-y",
                "--torrent-dir", rig.folder["www"].description,
            ])
        #expect(other.status == 0, "\(other.errors)")
        for name in FetchRig.usual { #expect(try rig.isWhole(name, data: "other")) }
        // Again: nothing has changed, and no hook runs.
        unlink(rig.folder["hook"].description)
        #expect(try rig.sync(shown + changed).status == 0)
        #expect(access(rig.folder["hook"].description, F_OK) != 0)
    }

    @Test("a second run ends at once and in silence, or waits")
    func busy() throws {
        let rig = try FetchRig()
        let slow = try Background(
            Binary.absolute, rig.syncWords(rig.fromFolder + ["--max-download", "12MiB"]),
            output: rig.folder["out"].description)
        try rig.waitForBytes(1)
        let second = try rig.sync(rig.fromFolder)
        #expect(second.status == 9)
        #expect(second.output.isEmpty && second.errors.isEmpty)
        let patient = try rig.sync(rig.fromFolder + ["--wait", "60s"])
        #expect(patient.status == 0)
        #expect(slow.wait() == 0)
    }

    @Test("what was done before a fetch was found to have the folder is told")
    func busyOnTheWay() throws {
        let rig = try FetchRig()
        let shown = [
            "--publish", rig.folder["www"].description, "--metrics",
            rig.folder["metrics"].description, "--on-change",
            "echo \"$IMAGENET_FETCH_WITHDRAWN\" >\(rig.folder["hook"])",
        ]
        #expect(try rig.sync(rig.fromFolder + shown).status == 0)
        try rig.damage(rig.folder["data/tar/\(FetchRig.val)"], at: 5000)
        let lock = try DataFolder(rig.folder["data"]).lock()
        let busy = try rig.sync(rig.fromFolder + shown)
        #expect(busy.status == 9)
        #expect(busy.output.isEmpty && busy.errors.isEmpty, "\(busy.errors)")
        #expect(try Folder(rig.folder["www"]).status(Path(FetchRig.val)) == nil)
        #expect(try rig.folder.text("hook") == "\(FetchRig.val)\n")
        #expect(try rig.folder.text("log").contains("exit status 9"))
        #expect(try rig.folder.text("metrics").contains(" 9\n"))
        // Nothing more has happened, and there is nothing to tell.
        unlink(rig.folder["hook"].description)
        #expect(try rig.sync(rig.fromFolder + shown).status == 9)
        #expect(access(rig.folder["hook"].description, F_OK) != 0)
        withExtendedLifetime(lock) {}
    }

    @Test("a time limit ends a run with 12, and the next ones go on from there")
    func timeLimit() throws {
        let rig = try FetchRig()
        let limit = ["--time-limit", "1s", "--max-download", "12MiB"]
        var statuses: [Int32] = []
        for _ in 0..<30 {
            let result = try rig.sync(rig.fromFolder + limit)
            #expect(result.errors.isEmpty)
            statuses.append(Int32(result.status))
            if result.status == 0 { break }
        }
        #expect(statuses.count > 1 && statuses.last == 0)
        #expect(statuses.dropLast().allSatisfy { $0 == 12 })
        for name in FetchRig.usual { #expect(try rig.isWhole(name)) }
    }

    @Test("an archive that was unpacked and removed on purpose is not fetched again")
    func retired() throws {
        let rig = try FetchRig()
        #expect(try rig.sync(rig.fromFolder).status == 0)
        let unpacked = try Binary.run(
            "untar", "--manifest", rig.manifest, "--data", rig.folder["data"].description,
            "--only-train", "--delete-source")
        #expect(unpacked.status == 0, "\(unpacked.errors)")
        #expect(rig.isAbsent(FetchRig.train))
        let again = try rig.sync(rig.fromFolder)
        #expect(again.status == 0, "\(again.errors)")
        #expect(rig.isAbsent(FetchRig.train))
        #expect(try rig.folder.text("log").contains("2 of 2 files verified"))
    }

    @Test("a hook hears of this run, whatever its surroundings say; one that will not end is ended")
    func hooks() throws {
        let rig = try FetchRig()
        let hook = ["--on-failure", "env | grep IMAGENET_FETCH_STATUS= >\(rig.folder["hook"])"]
        let failed = try run(
            Binary.absolute, rig.syncWords(hook), environment: ["IMAGENET_FETCH_STATUS": "0"])
        #expect(failed.status == 5, "\(failed.errors)")
        #expect(try rig.folder.text("hook") == "IMAGENET_FETCH_STATUS=5\n")
        let stubborn = "trap '' TERM; touch \(rig.folder["begun"]); while :; do sleep 0.1; done"
        let run = try rig.startSync(["--on-failure", stubborn])
        #expect(eventually { access(rig.folder["begun"].description, F_OK) == 0 })
        run.send(SIGTERM)
        #expect(run.wait(seconds: 5) != nil)
        // The shell is gone, and nothing of it goes on.
        #expect(
            eventually {
                (try? Support.run("pgrep", ["-f", "\(rig.folder["begun"])"]))?.status == 1
            })
    }

    @Test("without a folder of its own it does not begin")
    func noFolder() throws {
        let rig = try FetchRig()
        let result = try run(
            "sh", ["-c", "cd \(rig.folder.path) && exec \(Binary.absolute) sync"],
            environment: ["HOME": rig.folder.path.description])
        #expect(result.status == 2)
        #expect(result.errors.contains("IMAGENET_FETCH_DATA"))
    }
}
