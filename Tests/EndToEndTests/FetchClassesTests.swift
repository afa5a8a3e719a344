import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

/// `--classes`: only the parts of the training archive that hold some classes.
@Suite(.waiting, .serialized) struct FetchClassesTests {
    /// A class tar in the original archive.
    private struct ClassTar {
        let wnid: String
        let offset: Int
        let size: Int
    }

    private func classTars(_ rig: FetchRig) throws -> [ClassTar] {
        let archive = rig.archives.appending(FetchRig.train)
        let listed = try run(
            Binary.absolute, ["list", "--json", "--no-nested", archive.description])
        try #require(listed.status == 0, "\(listed.errors)")
        return listed.output.split(separator: "\n").compactMap { line in
            let text = { (key: String) in
                line.split(separator: "\"\(key)\":", maxSplits: 1).dropFirst().first?
                    .drop { $0 == "\"" }.prefix { $0 != "\"" && $0 != "," && $0 != "}" }
            }
            guard let path = text("path"), let size = text("size").flatMap({ Int($0) }),
                let offset = text("offset").flatMap({ Int($0) })
            else { return nil }
            return ClassTar(wnid: String(path.dropLast(4)), offset: offset, size: size)
        }
    }

    /// Whether a class tar is in the file as it is in the original.
    private func has(_ tar: ClassTar, _ rig: FetchRig, data: String = "data") throws -> Bool {
        let original = try rig.original(FetchRig.train)
        let file = try FileDescriptor(rig.folder["\(data)/tar/\(FetchRig.train).part"], .reading)
        var there = [UInt8](repeating: 0, count: tar.size)
        try there.withUnsafeMutableBytes { try file.readFully($0, at: Int64(tar.offset)) }
        return there.elementsEqual(original[tar.offset..<tar.offset + tar.size])
    }

    private func bytesSent(_ server: NginxServer) throws -> Int {
        try server.log().split(separator: "\n").reduce(0) { sum, line in
            // "GET … HTTP/1.1" 206 BYTES "…
            let parts = line.split(separator: "\" ")
            let words = parts.count > 1 ? parts[1].split(separator: " ") : []
            return sum + (words.count > 1 ? Int(words[1]) ?? 0 : 0)
        }
    }

    @Test("two classes, then another, then all", arguments: ["mirrors", "swarm", "both"])
    func extended(_ sources: String) throws {
        let rig = try FetchRig()
        let tars = try classTars(rig)
        try #require(tars.count == 5)
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let seed = try rig.seed()
        let from =
            ["--only-train", "--sources", sources, "--peer", seed.peer]
            + (sources == "swarm" ? [] : ["--mirror", "\(server.url)/"])
        let chosen = [tars[1], tars[3]]
        let words = from + ["--classes", chosen.map(\.wnid).joined(separator: ",")]
        let fetched = try run(Binary.absolute, rig.words(words + ["--json"]))
        #expect(fetched.status == 0, "\(fetched.errors)")
        let events = Events(fetched.output)
        #expect(events.number("classes", in: "done") == 2)
        #expect(rig.isAbsent(FetchRig.train))
        #expect(access(rig.folder["data/tar/.imagenet-fetch/receipts"].description, F_OK) != 0)
        for tar in chosen { #expect(try has(tar, rig)) }
        #expect(try !has(tars[4], rig))
        // The chosen classes, and at either end of each the rest of a piece.
        let piece = 1 << 20
        let bytes = chosen.reduce(0) { $0 + $1.size + 2 * piece }
        let came =
            try #require(events.number("fromSwarm", in: "done"))
            + #require(events.number("fromMirrors", in: "done"))
        // Over the swarm also the piece of each header on the way.
        #expect(Int(came) <= bytes + (sources == "swarm" ? 4 * piece : 0))
        if sources == "mirrors" { #expect(try bytesSent(server) <= bytes + 20_000) }

        let again = try run(Binary.absolute, rig.words(words))
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.output.contains("already there"), "\(again.output)")

        let other = try run(
            Binary.absolute, rig.words(from + ["--classes", tars[4].wnid, "--json"]))
        #expect(other.status == 0, "\(other.errors)")
        for tar in chosen + [tars[4]] { #expect(try has(tar, rig)) }

        let all = try run(Binary.absolute, rig.words(from + ["--json"]))
        #expect(all.status == 0, "\(all.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        #expect(try rig.hasReceipt(FetchRig.train))
        let last = Events(all.output)
        let rest =
            try #require(last.number("fromSwarm", in: "done"))
            + #require(last.number("fromMirrors", in: "done"))
        let size = try #require(last.number("bytes", in: "done"))
        // Nothing that was there came again.
        #expect(rest <= size - Double(chosen.reduce(0) { $0 + $1.size } - 4 * piece))
    }

    @Test("from a folder with a copy")
    func folder() throws {
        let rig = try FetchRig()
        let tar = try classTars(rig)[2]
        let fetched = try rig.fetch(
            "--only-train", "--sources", "mirrors", "--mirror", rig.archives.description,
            "--classes", tar.wnid)
        #expect(fetched.status == 0, "\(fetched.errors)")
        #expect(fetched.output.contains("1 of 5 classes verified"), "\(fetched.output)")
        #expect(try has(tar, rig))
        let file = try FileDescriptor(
            rig.folder["data/tar/\(FetchRig.train).part"], .reading)
        // A sparse file.
        #expect(try file.status().allocated <= Int64(tar.size + (2 << 20)))
    }

    @Test("killed again and again, it goes on", arguments: ["mirrors", "swarm"])
    func killed(_ sources: String) throws {
        let rig = try FetchRig()
        let tars = try classTars(rig)
        let chosen = [tars[0], tars[2], tars[4]]
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let seed = try rig.seed()
        let words = [
            "--classes", chosen.map(\.wnid).joined(separator: ","), "--sources", sources, "--peer",
            seed.peer, "--mirror", "\(server.url)/",
        ]
        for megabytes in [3, 9] {
            let fetch = try rig.startSlowly(words)
            try rig.waitForBytes(Int64(megabytes << 20))
            fetch.send(SIGKILL)
            #expect(fetch.wait() == 128 + SIGKILL)
        }
        let last = try run(Binary.absolute, rig.words(["--only-train", "--json"] + words))
        #expect(last.status == 0, "\(last.errors)")
        for tar in chosen { #expect(try has(tar, rig)) }
        let events = Events(last.output)
        let came =
            try #require(events.number("fromSwarm", in: "done"))
            + #require(events.number("fromMirrors", in: "done"))
        // Less than a second's bytes come again, and the rest of a piece at each end.
        #expect(Int(came) < chosen.reduce(0) { $0 + $1.size } - (2 << 20))
    }

    @Test(
        "an index that lies costs bytes, nothing else",
        arguments: ["moved", "swapped", "beyond", "other", "huge"])
    func lie(_ kind: String) throws {
        let rig = try FetchRig()
        let tars = try classTars(rig)
        var entries = tars
        switch kind {
        case "moved":
            entries = tars.map { ClassTar(wnid: $0.wnid, offset: $0.offset + 5120, size: $0.size) }
                .dropLast()
        case "swapped":
            entries[1] = ClassTar(
                wnid: tars[2].wnid, offset: tars[1].offset, size: tars[1].size)
            entries[2] = ClassTar(
                wnid: tars[1].wnid, offset: tars[2].offset, size: tars[2].size)
        case "beyond":
            entries[4] = ClassTar(
                wnid: tars[1].wnid, offset: 1 << 40, size: 4096)
            entries.remove(at: 1)
        case "huge":
            entries = [ClassTar(wnid: tars[1].wnid, offset: 512, size: tars[4].offset)]
        default:
            entries = [ClassTar(wnid: "n99999999", offset: tars[0].offset, size: 512)]
        }
        let list = entries.map {
            "{\"wnid\":\"\($0.wnid)\",\"offset\":\($0.offset),\"size\":\($0.size)}"
        }
        try rig.folder.write("[\(list.joined(separator: ","))]", to: "index.json")
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let fetched = try rig.fetch(
            "--only-train", "--sources", "mirrors", "--mirror", "\(server.url)/", "--classes",
            tars[1].wnid, "--class-index", rig.folder["index.json"].description)
        #expect(fetched.status == 0, "\(fetched.errors)")
        #expect(try has(tars[1], rig))
        // What was asked for before its header came.
        #expect(try bytesSent(server) < rig.original(FetchRig.train).count)
    }

    @Test("a published mirror says where the classes lie: nobody looks for headers")
    func published() throws {
        let rig = try FetchRig()
        let tar = try classTars(rig)[3]
        let www = rig.folder["www"]
        let synced = try rig.sync(
            rig.fromFolder + ["--publish", www.description, "--only-train"], data: "mirror")
        #expect(synced.status == 0, "\(synced.errors)")
        let server = try NginxServer(serving: www, logs: rig.folder.path)
        let fetched = try rig.fetch(
            "--only-train", "--sources", "mirrors", "--mirror", "\(server.url)/", "--classes",
            tar.wnid)
        #expect(fetched.status == 0, "\(fetched.errors)")
        #expect(try has(tar, rig))
        #expect(try server.log().contains(".classes.json"))
        #expect(try !server.log().contains("\" 206 512 "))
        // The published manifest says it too, and then nobody is asked.
        let urls = ["--publish", www.description, "--publish-url", server.url, "--only-train"]
        #expect(try rig.sync(rig.fromFolder + urls, data: "mirror").status == 0)
        let before = try server.log()
        let manifest = try #require(
            try rig.folder.names(in: "www").first {
                $0.hasSuffix(".json") && !$0.hasSuffix(".classes.json")
            })
        let words = [
            "fetch", "--manifest", rig.folder["www/\(manifest)"].description, "--data",
            rig.folder["other"].description, "--sources", "mirrors", "--reserve", "0", "-y",
            "--only-train", "--classes", tar.wnid,
        ]
        let other = try run(Binary.absolute, words)
        #expect(other.status == 0, "\(other.errors)")
        #expect(try has(tar, rig, data: "other"))
        let asked = try server.log().dropFirst(before.count)
        #expect(!asked.contains(".classes.json") && !asked.contains("\" 206 512 "))
    }

    @Test("damage in a class is found and mended")
    func damaged() throws {
        let rig = try FetchRig()
        let tars = try classTars(rig)
        let words = [
            "--only-train", "--sources", "mirrors", "--mirror", rig.archives.description,
            "--classes", "\(tars[1].wnid),\(tars[2].wnid)",
        ]
        #expect(try run(Binary.absolute, rig.words(words)).status == 0)
        let verify = [
            "verify", "--manifest", rig.manifest, "--torrent-dir", rig.torrents.description,
            "--data", rig.folder["data"].description, "--classes",
            "\(tars[1].wnid),\(tars[2].wnid)",
        ]
        let right = try run(Binary.absolute, verify)
        #expect(right.status == 0, "\(right.errors)")
        #expect(right.output.contains("2 of 5 classes"), "\(right.output)")
        let part = rig.folder["data/tar/\(FetchRig.train).part"]
        try rig.damage(part, at: Int64(tars[2].offset + (3 << 20)))
        let wrong = try run(Binary.absolute, verify)
        #expect(wrong.status == 3)
        #expect(wrong.output.contains("\(tars[2].wnid).tar"), "\(wrong.output)")
        #expect(!wrong.output.contains("\(tars[1].wnid).tar"))
        #expect(wrong.errors.contains("--classes \(tars[2].wnid)"), "\(wrong.errors)")
        #expect(try run(Binary.absolute, rig.words(words)).status == 0)
        #expect(try has(tars[2], rig))
        #expect(try run(Binary.absolute, verify).status == 0)
    }

    @Test("the plan tells classes, bytes and pieces, and changes nothing")
    func plan() throws {
        let rig = try FetchRig()
        let tars = try classTars(rig)
        let words = [
            "--only-train", "--sources", "mirrors", "--mirror", rig.archives.description,
            "--classes", tars[3].wnid,
        ]
        let about = try run(Binary.absolute, rig.words(words + ["--dry-run"]))
        #expect(about.status == 0, "\(about.errors)")
        #expect(about.output.contains("1 of 5 classes, about "), "\(about.output)")
        #expect(rig.isAbsent(""))
        #expect(try run(Binary.absolute, rig.words(words)).status == 0)
        let more = words.dropLast() + ["\(tars[3].wnid),\(tars[1].wnid)"]
        let exact = try run(Binary.absolute, rig.words(more + ["--dry-run", "--json"]))
        #expect(exact.output.contains("\"chosen\":2,\"verified\":1"), "\(exact.output)")
        #expect(exact.output.contains("\"exact\":true"))
        let status = [
            "status", "--manifest", rig.manifest, "--torrent-dir", rig.torrents.description,
            "--data", rig.folder["data"].description, "--only-train",
        ]
        let shown = try run(Binary.absolute, status)
        #expect(shown.output.contains("1 of 5 classes verified"), "\(shown.output)")
        #expect(try run(Binary.absolute, status + ["--check"]).status == 3)
        let chosen = ["--classes", tars[3].wnid, "--check"]
        #expect(try run(Binary.absolute, status + chosen).status == 0)
    }

    @Test("without piece hashes it is refused, and nothing is created")
    func noPieces() throws {
        let rig = try FetchRig()
        let tar = try classTars(rig)[0]
        let refused = try run(
            Binary.absolute,
            [
                "fetch", "--manifest", rig.manifestWithoutTorrents(), "--data",
                rig.folder["data"].description, "--sources", "mirrors", "--mirror",
                rig.archives.description, "--only-train", "--classes", tar.wnid, "--reserve", "0",
            ])
        #expect(refused.status == 3, "\(refused.errors)")
        #expect(refused.errors.contains("piece hashes"), "\(refused.errors)")
        #expect(!refused.errors.contains("crash"))
        #expect(access(rig.folder["data/tar/\(FetchRig.train).part"].description, F_OK) != 0)
    }
}
