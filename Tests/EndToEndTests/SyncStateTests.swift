import DataFolder
import Disk
import Glibc
import Support
import Testing

/// What a mirror makes of a state folder that is not as it was left, and of clocks that are wrong.
@Suite(.waiting, .serialized, .timeLimit(.minutes(15))) struct SyncStateTests {
    private static let state = "data/tar/.imagenet-fetch"

    @Test("a proof from the future is due: the clock was wrong then, or is now")
    func clock() throws {
        let rig = try FetchRig()
        #expect(try rig.sync(rig.fromFolder).status == 0)
        var receipt = try #require(try rig.receipt(FetchRig.val))
        receipt.when = UTCTime(secondsSince1970: UTCTime.now.secondsSince1970 + 400 * 86_400)
        try rig.receipts.save(receipt)
        let words = ["--manifest", rig.manifest, "--data", rig.folder["data"].description]
        let old = try run(
            Binary.absolute, ["status"] + words + ["--check", "--max-age", "1d"])
        #expect(old.status == 3)
        #expect(try rig.sync().status == 0)
        #expect(try rig.folder.text("log").count(of: ": verified again") == 1)
        #expect(try rig.folder.text("log").contains("\(FetchRig.val): verified again"))
        let renewed = try #require(try rig.receipt(FetchRig.val))
        #expect(renewed.when <= .now)
        // A little ahead is what clocks are.
        receipt = try #require(try rig.receipt(FetchRig.val))
        receipt.when = UTCTime(secondsSince1970: UTCTime.now.secondsSince1970 + 600)
        try rig.receipts.save(receipt)
        #expect(try rig.sync().status == 0)
        #expect(try rig.folder.text("log").count(of: ": verified again") == 1)
    }

    @Test(
        "a whole run by a clock that is years ahead, and the next by the right one",
        .disabled(if: Binary.isWatched))
    func wrongClock() throws {
        guard access("/usr/bin/faketime", X_OK) == 0 else {
            return print("skipped: there is no faketime")
        }
        let rig = try FetchRig()
        // Files have their real times all the same.
        let ahead = try run(
            "/usr/bin/faketime", ["-f", "+4y", Binary.absolute] + rig.syncWords(rig.fromFolder),
            environment: ["NO_FAKE_STAT": "1"])
        #expect(ahead.status == 0, "\(ahead.errors)")
        #expect(try rig.sync().status == 0)
        #expect(try rig.folder.text("log").count(of: ": verified again") == 3)
        #expect(try rig.sync().status == 0)
        #expect(try rig.folder.text("log").count(of: ": verified again") == 3)
    }

    @Test(
        "state of a newer version is left alone, with one sentence",
        arguments: [
            ("receipts/\(FetchRig.val).receipt.json", "\"imagenet-fetch.receipt/1\"", "2\""),
            ("pieces/\(FetchRig.val).pieces", "imagenet-fetch pieces 1", "2"),
            ("history", "imagenet-fetch history 1", "2"),
        ])
    func newer(_ name: String, _ heading: String, _ ending: String) throws {
        let rig = try FetchRig()
        // Without torrents, so that there are maps of our own.
        let bare = ["--torrent-dir", rig.folder["none"].description]
        #expect(try rig.sync(rig.fromFolder + bare).status == 0)
        let record = "\(Self.state)/\(name)"
        if access(rig.folder[record].description, F_OK) != 0 {
            try rig.folder.write("imagenet-fetch pieces 1\n", to: record)
        }
        let text = try rig.folder.text(record)
        #expect(text.contains(heading))
        let newer = String(heading.dropLast(ending.count)) + ending
        let parts = text.split(separator: heading, omittingEmptySubsequences: false)
        try rig.folder.write(parts.joined(separator: newer), to: record)
        try rig.damage(rig.folder["data/tar/\(FetchRig.train)"], at: 5)
        let before = try contents(of: rig)
        let refused = try rig.sync(rig.fromFolder)
        #expect(refused.status == 10)
        let lines = refused.errors.split(separator: "\n")
        #expect(lines.count == 2 && lines.last?.hasPrefix("hint: ") == true)
        #expect(refused.errors.contains(rig.folder[record].description))
        #expect(try contents(of: rig) == before)
    }

    private func contents(of rig: FetchRig) throws -> String {
        try run("sh", ["-c", "cd \(rig.folder["data"]) && find . -type f | sort | xargs md5sum"])
            .output
    }

    enum Damage: CaseIterable { case empty, half, random }

    @Test("every state file damaged in turn: made again from the archives, and said so")
    func damagedState() throws {
        let rig = try FetchRig()
        let other = try OtherDisk(than: rig.folder.path)
        let shown = ["--publish", (other?.path ?? rig.folder["www"]).description]
        #expect(try rig.sync(rig.fromFolder + shown).status == 0)
        let state = rig.folder[Self.state]
        let list = try run("find", [state.description, "-type", "f", "-size", "+0"])
        let files = list.output.split(separator: "\n").map { Path(String($0)) }
        #expect(files.count >= 7)
        var numbers = SeededNumbers(seed: 7)
        for file in files {
            for damage in Damage.allCases {
                let bytes = try FileDescriptor(file, .reading).contents(limit: 1 << 24)
                let spoilt: [UInt8] =
                    switch damage {
                    case .empty: []
                    case .half: Array(bytes.prefix(bytes.count / 2))
                    case .random: numbers.bytes(bytes.count)
                    }
                try Folder(file.parent).publish(file.lastComponent, spoilt)
                unlink(rig.folder["log"].description)
                // Nobody to ask: all of it comes from what is there.
                let result = try rig.sync(shown + ["--scrub-every", "30d"])
                #expect(result.status == 0, "\(damage) \(file): \(result.errors)")
                #expect(result.errors.isEmpty)
                let log = try rig.folder.text("log")
                #expect(log.contains("3 of 3 files verified"), "\(damage) \(file)")
                if file.parent.lastComponent == "receipts" {
                    #expect(log.contains("its receipt is damaged"), "\(damage) \(file)")
                    #expect(log.count(of: ": verified again") == 1)
                }
            }
        }
        for name in FetchRig.usual { #expect(try rig.isWhole(name)) }
        // Damage to an archive and to what would mend it, together.
        try rig.damage(rig.folder["data/tar/\(FetchRig.train)"], at: 4_000_000)
        for file in files { truncate(file.description, 0) }
        let healed = try rig.sync(rig.fromFolder + shown)
        #expect(healed.status == 0, "\(healed.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        #expect(try rig.folder.text("log").contains("history of runs is damaged"))
    }

    @Test("a file that cannot be looked at keeps no other waiting")
    func unlookable() throws {
        let rig = try FetchRig()
        let place = rig.folder["data/tar/\(FetchRig.val)"].description
        _ = try run("mkdir", ["-p", place + "/in"])
        let result = try rig.sync(rig.fromFolder)
        #expect(result.status == 13)
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        #expect(try rig.isWhole(FetchRig.devkit))
    }

    @Test("what only its first use pins is fetched anew by the digests of that use")
    func firstUse() throws {
        let rig = try FetchRig()
        let bytes = SeededNumbers.some(3_000_000)
        try rig.folder.write(bytes, to: "from/a.tar")
        try rig.folder.write(
            """
            {"schema":"imagenet-fetch.manifest/1","name":"own","files":[
            {"name":"a.tar","part":"train","default":true,"size":3000000}]}
            """, to: "own.json")
        let words = [
            "--manifest", rig.folder["own.json"].description, "--data",
            rig.folder["data"].description, "--no-dht", "--reserve", "0", "--sources", "mirrors",
            "--mirror", "\(rig.folder["from"])/",
        ]
        let first = try run(Binary.absolute, ["fetch"] + words + ["--allow-unverified"])
        #expect(first.status == 0, "\(first.errors)")
        let pinned = try #require(try rig.receipt("a.tar")).digests
        unlink(rig.folder["data/tar/.imagenet-fetch/pieces/a.tar.pieces"].description)
        try rig.damage(rig.folder["data/tar/a.tar"], at: 1_000_000)
        // The mirror has something else by now: that is not what was taken on trust.
        try rig.folder.write(Array(bytes.reversed()), to: "from/a.tar")
        let refused = try run(Binary.absolute, ["sync"] + words)
        #expect(refused.status != 0)
        #expect(try rig.receipt("a.tar")?.digests == pinned)
        try rig.folder.write(bytes, to: "from/a.tar")
        let healed = try run(Binary.absolute, ["sync"] + words)
        #expect(healed.status == 0, "\(healed.errors)")
        #expect(try rig.folder.read("data/tar/a.tar").elementsEqual(bytes))
    }
}

extension SeededNumbers {
    fileprivate static func some(_ count: Int) -> [UInt8] {
        var numbers = SeededNumbers(seed: 1)
        return numbers.bytes(count)
    }
}
