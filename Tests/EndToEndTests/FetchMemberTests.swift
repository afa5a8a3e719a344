import Disk
import Glibc
import Support
import Testing

/// `fetch --member`: one image of an archive, by ranges, verified by the pieces around it.
@Suite(.waiting) struct FetchMemberTests {
    private struct Member {
        let path: String
        let bytes: ArraySlice<UInt8>
    }

    /// A member in the middle of an archive.
    private func member(of name: String, _ rig: FetchRig) throws -> Member {
        let listed = try run(
            Binary.absolute, ["list", "--json", rig.archives.appending(name).description])
        let lines = listed.output.split(separator: "\n")
        let line = try #require(lines.dropFirst(lines.count / 2).first)
        func value(_ key: String) throws -> Substring {
            let parts = line.split(separator: "\"\(key)\":")
            return try #require(parts.last).prefix { !",}".contains($0) }
        }
        let (size, offset) = (Int(try value("size")) ?? 0, Int(try value("offset")) ?? 0)
        let path = String(try value("path").dropFirst().dropLast())
        return Member(path: path, bytes: try rig.original(name)[offset..<offset + size])
    }

    private func isThere(_ member: Member, _ rig: FetchRig) throws -> Bool {
        try rig.folder.read("data/members/\(member.path)").elementsEqual(member.bytes)
    }

    private func isAbsent(_ member: Member, _ rig: FetchRig) -> Bool {
        access(rig.folder["data/members/\(member.path)"].description, F_OK) != 0
    }

    private func fetch(
        _ rig: FetchRig, _ member: String, from mirror: String?, _ more: [String] = []
    ) throws -> CommandResult {
        try run(
            Binary.absolute,
            rig.words(
                ["--sources", "mirrors", "--member", member] + more
                    + (mirror.map { ["--mirror", $0] } ?? [])))
    }

    @Test(
        "a member comes with the pieces around it, and little else",
        arguments: [FetchRig.train, FetchRig.val])
    func member(name: String) throws {
        let rig = try FetchRig()
        let nginx = try NginxServer(
            serving: rig.archives, logs: rig.folder.path, "access_log %LOG% sizes;",
            http: "log_format sizes '$status $body_bytes_sent';")
        let member = try member(of: name, rig)
        let result = try fetch(rig, member.path, from: nginx.url + "/")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("/members/\(member.path): verified, "))
        #expect(try isThere(member, rig))
        #expect(rig.isAbsent(name))
        let lines = try nginx.log().split(separator: "\n").map { $0.split(separator: " ") }
        #expect(lines.allSatisfy { $0[0] == "206" })
        let again = try fetch(rig, member.path, from: nginx.url + "/", ["--json"])
        #expect(again.status == 0)
        #expect(
            again.output.contains(
                "\"event\":\"member\",\"file\":\"\(name)\",\"member\":\"\(member.path)\""))
        #expect(again.output.contains("\"bytes\":\(member.bytes.count),\"proof\":\"pieces\""))
        #expect(again.output.contains("\"wasThere\":true"))
    }

    @Test("wrong bytes are not written, and the next mirror is asked")
    func wrong() throws {
        let rig = try FetchRig()
        let member = try member(of: FetchRig.train, rig)
        let place = member.bytes.startIndex + member.bytes.count / 2
        let bad = try rig.damagedCopy(of: FetchRig.train, in: "bad", at: [place])
        let liar = try NginxServer(serving: bad, logs: rig.folder.path)
        let result = try fetch(rig, member.path, from: liar.url + "/")
        #expect(result.status == 8, "\(result.errors)")
        #expect(result.errors.contains("it sent wrong bytes"))
        #expect(isAbsent(member, rig))
        let both = try fetch(
            rig, member.path, from: liar.url + "/", ["--mirror", rig.archives.description + "/"])
        #expect(both.status == 0, "\(both.errors)")
        #expect(try isThere(member, rig))
    }

    @Test("a header that lies about the place of a member is found out")
    func lyingHeader() throws {
        let rig = try FetchRig()
        let member = try member(of: FetchRig.val, rig)
        // The name of the member before it, and the checksum that goes with it.
        var bytes = try rig.original(FetchRig.val)
        let header = member.bytes.startIndex - 512
        var tar = TarBytes()
        tar.add(Array(member.path.utf8), [UInt8](repeating: 1, count: 100))
        bytes.replaceSubrange(header..<header + 512, with: tar.bytes.prefix(512))
        try rig.folder.write(bytes, to: "bad/\(FetchRig.val)")
        let liar = try NginxServer(serving: rig.folder["bad"], logs: rig.folder.path)
        let result = try fetch(rig, member.path, from: liar.url + "/")
        #expect(result.status == 8, "\(result.errors)")
        #expect(isAbsent(member, rig))
    }

    @Test("without piece hashes it is taken only where that is allowed, and says so")
    func unverified() throws {
        let rig = try FetchRig()
        let member = try member(of: FetchRig.train, rig)
        let nginx = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let words = [
            "fetch", "--manifest", try rig.manifestWithoutTorrents(), "--data",
            rig.folder["data"].description, "--sources", "mirrors", "--mirror", nginx.url + "/",
            "--member", member.path,
        ]
        let refused = try run(Binary.absolute, words)
        #expect(refused.status == 2 && refused.errors.contains("--allow-unverified"))
        #expect(isAbsent(member, rig))
        let allowed = try run(Binary.absolute, words + ["--allow-unverified"])
        #expect(allowed.status == 0, "\(allowed.errors)")
        #expect(allowed.output.contains("NOT VERIFIED"))
        #expect(try isThere(member, rig))
    }

    @Test("a file that is not this member is never replaced, nor is a link followed")
    func foreign() throws {
        let rig = try FetchRig()
        let member = try member(of: FetchRig.val, rig)
        let mirror = rig.archives.description + "/"
        try rig.folder.write(Array("mine".utf8), to: "data/members/\(member.path)")
        let result = try fetch(rig, member.path, from: mirror)
        #expect(result.status == 3 && result.errors.contains("refused to replace"))
        #expect(try rig.folder.read("data/members/\(member.path)") == Array("mine".utf8))
        let place = rig.folder["data/members/\(member.path)"].description
        unlink(place)
        try rig.folder.write([], to: "elsewhere/x")
        symlink(rig.folder["elsewhere/x"].description, place)
        #expect(try fetch(rig, member.path, from: mirror).status == 3)
        unlink(place)
        rmdir(rig.folder["data/members"].description)
        symlink(rig.folder["elsewhere"].description, rig.folder["data/members"].description)
        let linked = try fetch(rig, member.path, from: mirror)
        #expect(linked.status == 11, "\(linked.errors)")
        #expect(try rig.folder.names(in: "elsewhere") == ["x"])
    }

    @Test("the archive that is here is enough, complete or not")
    func own() throws {
        let rig = try FetchRig()
        let member = try member(of: FetchRig.train, rig)
        let bytes = try rig.original(FetchRig.train)
        // The rest of the file is not there yet.
        let end = min((member.bytes.endIndex + 600_000) / 512 * 512, bytes.count)
        try rig.folder.write(Array(bytes.prefix(end)), to: "data/tar/\(FetchRig.train).part")
        let part = try fetch(rig, member.path, from: nil)
        #expect(part.status == 0, "\(part.errors)")
        #expect(try isThere(member, rig))
        unlink(rig.folder["data/members/\(member.path)"].description)
        try rig.folder.write(bytes, to: "data/tar/\(FetchRig.train)")
        #expect(try fetch(rig, member.path, from: nil).status == 0)
        #expect(try isThere(member, rig))
        unlink(rig.folder["data/members/\(member.path)"].description)
        unlink(rig.folder["data/tar/\(FetchRig.train).part"].description)
        // A damaged copy of our own is helped by a mirror.
        var damaged = bytes
        damaged[member.bytes.startIndex] ^= 1
        try rig.folder.write(damaged, to: "data/tar/\(FetchRig.train)")
        #expect(try fetch(rig, member.path, from: nil).status == 5)
        #expect(isAbsent(member, rig))
        #expect(try fetch(rig, member.path, from: rig.archives.description + "/").status == 0)
        #expect(try isThere(member, rig))
    }

    @Test(
        "a name that is no member's is refused, and nothing is written",
        arguments: ["../x_val_1.JPEG", "/etc/passwd", "n01440764.tar//x", "./a_val_b", ""])
    func names(_ name: String) throws {
        let rig = try FetchRig()
        let result = try fetch(rig, name, from: rig.archives.description + "/")
        #expect(result.status == 2, "\(result.errors)")
        #expect(access(rig.folder["data"].description, F_OK) != 0)
    }

    @Test("unknown members, archives that nobody named, and several members at once")
    func others() throws {
        let rig = try FetchRig()
        let mirror = rig.archives.description + "/"
        let none = try fetch(rig, "n99999999.tar/x.JPEG", from: mirror)
        #expect(none.status == 2 && none.errors.contains("has no member n99999999.tar/x.JPEG"))
        let unclear = try fetch(rig, "readme.txt", from: mirror)
        #expect(unclear.status == 2 && unclear.errors.contains("--only"))
        #expect(try fetch(rig, "a_val_1.JPEG", from: mirror, ["--dry-run"]).status == 2)
        let member = try member(of: FetchRig.val, rig)
        let chosen = try fetch(rig, member.path, from: mirror, ["--only-val"])
        #expect(chosen.status == 0, "\(chosen.errors)")
        let two = try fetch(rig, member.path, from: mirror, ["--member", "x_val_1.JPEG"])
        #expect(two.status == 13, "\(two.errors)")
        #expect(two.output.contains("was there"))
    }

    @Test("a link in an archive is not a member to fetch")
    func link() throws {
        let rig = try FetchRig()
        var tar = TarBytes()
        tar.add("a_val_1.JPEG", type: "2", link: "/etc/passwd")
        tar.add("b_val_2.JPEG", "picture")
        tar.end()
        try rig.folder.write(tar.bytes, to: "www/x.tar")
        try rig.folder.write(
            Array(
                """
                {"schema":"imagenet-fetch.manifest/1","name":"x","files":[{"name":"x.tar",\
                "part":"val","role":"val-images"}]}
                """.utf8), to: "x.json")
        let nginx = try NginxServer(serving: rig.folder["www"])
        let words = [
            "fetch", "--manifest", rig.folder["x.json"].description, "--data",
            rig.folder["data"].description, "--sources", "mirrors", "--mirror", nginx.url + "/",
            "--allow-unverified", "--member",
        ]
        let link = try run(Binary.absolute, words + ["a_val_1.JPEG"])
        #expect(link.status == 3 && link.errors.contains("it is not a plain file"))
        let file = try run(Binary.absolute, words + ["b_val_2.JPEG"])
        #expect(file.status == 0, "\(file.errors)")
        #expect(try rig.folder.read("data/members/b_val_2.JPEG") == Array("picture".utf8))
    }
}
