import Disk
import Glibc
import Support
import Testing

/// Who hears of a run: programs, monitoring, hooks, and the files that a person has named for them.
@Suite(.waiting, .serialized, .timeLimit(.minutes(15))) struct SyncTellingTests {
    @Test("programs are told as by fetch: what came, what was mended, what failed, a line each")
    func json() throws {
        let rig = try FetchRig()
        let first = try rig.sync(rig.fromFolder + ["--json"])
        #expect(first.status == 0 && first.errors.isEmpty)
        var events = Events(first.output)
        #expect(events.events("done").count == 3)
        #expect(
            events.lines.allSatisfy {
                $0.hasPrefix(#"{"schema":"imagenet-fetch.fetch/1","event":"#)
            })
        let size = try rig.original(FetchRig.train).count
        #expect(events.number("fromMirrors", in: "done") == Double(size))
        // With nothing to do there is nothing to tell.
        #expect(try rig.sync(["--json"]).output.isEmpty)
        try rig.damage(rig.folder["data/tar/\(FetchRig.train)"], at: 3_000_000)
        let failed = try rig.sync(["--json"])
        #expect(failed.status == 13)
        events = Events(failed.output)
        #expect(events.events("failed").count == 1)
        #expect(events.lines.last?.contains("\"file\":\"\(FetchRig.train)\"") == true)
        #expect(events.number("exitStatus", in: "failed") == 5)
        let mended = try rig.sync(rig.fromFolder + ["--json"])
        #expect(mended.status == 0 && mended.errors.isEmpty)
        events = Events(mended.output)
        #expect(events.events("done").count == 1 && events.events("failed").isEmpty)
    }

    @Test("a run that a signal ends is told to monitoring and to the hook")
    func stopped() throws {
        let rig = try FetchRig()
        let telling = [
            "--metrics", rig.folder["metrics"].description, "--on-failure",
            "sleep 0.5; echo $IMAGENET_FETCH_STATUS >\(rig.folder["hook"])",
        ]
        #expect(try rig.sync(rig.fromFolder + ["--only-val"] + telling).status == 0)
        #expect(try rig.folder.text("metrics").contains("imagenet_fetch_last_exit_code 0\n"))
        let run = try rig.startSync(rig.fromFolder + ["--max-download", "6MiB"] + telling)
        try rig.waitForBytes(1 << 20)
        run.send(SIGTERM)
        #expect(run.wait(seconds: 5) == 128 + SIGTERM)
        #expect(try rig.folder.text("hook") == "143\n")
        let metrics = try rig.folder.text("metrics")
        #expect(metrics.contains("imagenet_fetch_last_exit_code 143\n"))
        #expect(metrics.contains("imagenet_fetch_last_success_timestamp_seconds "))
        #expect(metrics.contains("imagenet_fetch_files 3\n"))
    }

    @Test("a hook that tells of a signal and does not end is ended with the run")
    func stubbornHook() throws {
        let rig = try FetchRig()
        let begun = rig.folder["begun"]
        let hook = "trap '' TERM; touch \(begun); while :; do sleep 0.1; done"
        let run = try rig.startSync(
            rig.fromFolder + ["--max-download", "6MiB", "--on-failure", hook])
        try rig.waitForBytes(1 << 20)
        run.send(SIGTERM)
        #expect(run.wait(seconds: 5) == 128 + SIGTERM)
        #expect(access(begun.description, F_OK) == 0)
        #expect(eventually { (try? Support.run("pgrep", ["-f", "\(begun)"]))?.status == 1 })
    }

    @Test("an address without a folder to publish is a slip")
    func addressAlone() throws {
        let rig = try FetchRig()
        let refused = try rig.sync(["--publish-url", "https://mirror.example/"])
        #expect(refused.status == 2)
        #expect(refused.errors.contains("hint: name the folder with --publish"))
    }

    @Test("the page shows what was made of the archives, as status does")
    func outputs() throws {
        let rig = try FetchRig()
        let page = ["--html", rig.folder["page"].description]
        #expect(try rig.sync(rig.fromFolder + page).status == 0)
        #expect(try !rig.folder.text("page").contains("Outputs"))
        let words = ["--manifest", rig.manifest, "--data", rig.folder["data"].description]
        #expect(try run(Binary.absolute, ["untar", "--only-val"] + words).status == 0)
        let lines = try run(Binary.absolute, ["status"] + words).output.split(separator: "\n")
        for line in ["status", "sync"] {
            if line == "sync" {
                #expect(try rig.sync(page).status == 0)
            } else {
                #expect(try run(Binary.absolute, ["status"] + words + page).status == 0)
            }
            let shown = try rig.folder.text("page")
            for output in lines where output.hasPrefix("  untar/") {
                let parts = output.split(separator: " ", maxSplits: 1)
                #expect(shown.contains("<td class=\"name\">\(parts[0])</td>"))
                let state = parts[1].drop { $0 == " " }
                #expect(shown.contains("</span>\(state)</td>"), "\(state)")
            }
            #expect(lines.contains { $0.hasPrefix("  untar/ILSVRC2012_img_val") })
            #expect(shown.contains(" in outputs, "))
        }
    }

    @Test(
        "archives and what is known of them are no place for a page, figures or a log",
        arguments: ["--html", "--metrics", "--log"])
    func guarded(_ option: String) throws {
        let rig = try FetchRig()
        #expect(try rig.sync(rig.fromFolder + ["--only-val"]).status == 0)
        let state = "data/tar/.imagenet-fetch"
        let receipt = "\(state)/receipts/\(FetchRig.val).receipt.json"
        link(
            rig.folder["data/tar/\(FetchRig.val)"].description, rig.folder["also"].description)
        symlink("data/tar", rig.folder["linked"].description)
        let before = try rig.folder.text(receipt)
        let targets = [
            "data/tar/\(FetchRig.val)", "data/tar/\(FetchRig.train)", "also",
            "linked/\(FetchRig.val)", "data/tar/\(FetchRig.train).part", receipt,
            "\(state)/history", "\(state)/journals/new",
        ]
        for name in targets {
            let refused = try rig.sync(
                rig.fromFolder + ["--only-val", option, rig.folder[name].description])
            #expect(refused.status == 2, "\(name): \(refused.errors)")
            #expect(refused.errors.contains("refused to write \(rig.folder[name])"))
        }
        #expect(try rig.isWhole(FetchRig.val))
        #expect(try rig.folder.text(receipt) == before)
        #expect(rig.isAbsent(FetchRig.train))
        // Beside them there is room.
        let beside = rig.folder["data/tar/told"].description
        for _ in 0..<2 {
            let fine = try rig.sync(["--only-val", option, beside])
            #expect(fine.status == 0, "\(fine.errors)")
        }
    }

    @Test(
        "what is no plain file is never replaced or written on",
        arguments: ["--html", "--metrics", "--log"])
    func special(_ option: String) throws {
        let rig = try FetchRig()
        #expect(try rig.sync(rig.fromFolder + ["--only-val"]).status == 0)
        let pipe = rig.folder["pipe"]
        mkfifo(pipe.description, 0o600)
        symlink("elsewhere", rig.folder["link"].description)
        for path in [pipe, rig.folder["link"]] {
            let refused = try rig.sync(["--only-val", option, path.description])
            #expect(refused.status == 2, "\(path): \(refused.errors)")
            #expect(refused.errors.contains("cannot write \(path)"))
        }
        var status = stat()
        lstat(pipe.description, &status)
        #expect(status.st_mode & S_IFMT == S_IFIFO)
        lstat(rig.folder["link"].description, &status)
        #expect(status.st_mode & S_IFMT == S_IFLNK)
    }
}
