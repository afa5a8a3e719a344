import DataFolder
import Disk
import Glibc
import Support
import Testing

/// `list`, as a person would type it.
@Suite(.waiting) struct ListCommandTests {
    private let folder: HeldFolder

    init() throws { folder = try HeldFolder() }

    private static let reader = Path(#filePath).parent.parent
        .appending("Interop/tars.py").description

    /// What Python reads in an archive: path, size, offset.
    private static func told(_ path: Path, nested: Bool = true) throws -> [[Substring]] {
        let words = nested ? ["nested"] : []
        let result = try run("python3", [reader, "tell", path.description] + words)
        try #require(result.status == 0, "\(result.errors)")
        return result.output.split(separator: "\n").map { $0.split(separator: " ") }
    }

    private static func text(hex: Substring) -> String {
        let digits = Array(hex)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map(String.init)
    }

    @Test("a tar that may have been cut between two members is told of, inside another one too")
    func open() throws {
        var inner = TarBytes()
        inner.add(Array("n00000001_1.JPEG".utf8), Array("image".utf8))
        var outer = TarBytes()
        outer.add(Array("n00000001.tar".utf8), inner.bytes)
        let cut = outer.bytes
        outer.end()
        for (name, bytes, told) in [
            ("whole", outer.bytes, "n00000001.tar in "), ("cut", cut, ""),
        ] {
            let path = try folder.file("\(name).tar", bytes)
            let result = try run(Binary.absolute, ["list", path.description])
            #expect(result.status == 0)
            #expect(result.output == "n00000001.tar/n00000001_1.JPEG\n")
            #expect(result.errors.contains("warning: \(told)\(path) has no end mark"))
        }
    }

    @Test("the training archive is listed with its class tars' images, as Python reads them")
    func train() throws {
        let rig = try FetchRig()
        let path = rig.archives.appending(FetchRig.train)
        let told = try Self.told(path)
        let listed = try Binary.run("list", path.description)
        #expect(listed.status == 0 && listed.errors == "")
        #expect(Self.lines(listed.output) == told.map { Self.text(hex: $0[0]) })
        let json = try Binary.run("list", "--json", path.description)
        let expected = told.map {
            "{\"schema\":\"imagenet-fetch.list/1\",\"path\":\"\(Self.text(hex: $0[0]))\","
                + "\"size\":\($0[1]),\"offset\":\($0[2]),\"type\":\"file\",\"mtime\":\($0[4])}"
        }
        #expect(Self.lines(json.output) == expected)
        let summary = try Binary.run("list", "--summary", path.description)
        let last = try #require(Self.lines(summary.output).last)
        let total = told.reduce(0) { $0 + (Int($1[1]) ?? 0) }
        #expect(last.split(separator: " ").prefix(3) == ["total", "\(told.count)", "\(total)"])
        let classes = Set(told.map { Self.text(hex: $0[0]).prefix(9) })
        #expect(Self.lines(summary.output).count == classes.count + 2)
    }

    @Test("--long shows what tar -tv shows, for tars and compressed ones")
    func long() throws {
        let rig = try FetchRig()
        for name in FetchRig.usual {
            let path = rig.archives.appending(name).description
            let theirs = try run("tar", ["-tvf", path], environment: ["TZ": "UTC"])
            let ours = try Binary.run(
                "list", "--long", "--no-nested", path, environment: ["TZ": "UTC"])
            #expect(ours.status == 0)
            #expect(ours.output == theirs.output)
        }
        let script = """
            mkdir d; echo hello > d/a; chmod 4711 d/a; ln d/a d/h; ln -s a d/s
            mkdir d/t; chmod 1777 d/t; head -c 123456 /dev/zero > d/z
            tar --format=v7 -cf v7.tar d
            mkfifo d/p; mknod d/n c 1 3 || true; touch d/a-very-$(printf 'l%.0s' $(seq 60))-name
            for format in ustar gnu pax; do
                tar --format=$format -cf $format.tar d/a
                tar --format=$format --owner=an-owner-of-some-length:7 -rf $format.tar d
            done
            """
        let made = try run("bash", ["-ec", script], in: folder.path.description)
        try #require(made.status == 0, "\(made.errors)")
        for format in ["v7", "ustar", "gnu", "pax"] {
            let path = folder.path.appending(format + ".tar").description
            let zone = ["TZ": "Europe/Berlin"]
            let theirs = try run("tar", ["-tvf", path], environment: zone)
            let ours = try Binary.run("list", "--long", path, environment: zone)
            #expect(ours.output == theirs.output, "\(format)")
        }
    }

    @Test("little more than the headers is read", .disabled(if: Binary.isWatched))
    func reads() throws {
        let rig = try FetchRig()
        let path = rig.archives.appending(FetchRig.train)
        let trace = rig.folder["trace"].description
        let listed = try run(
            "strace",
            ["-f", "-y", "-o", trace, "-e", "trace=pread64,read", Binary.absolute, "list"]
                + [path.description])
        try #require(listed.status == 0, "\(listed.errors)")
        let read = try rig.folder.text("trace").split(separator: "\n")
            .filter { $0.contains(FetchRig.train) }
            .reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
        let size = try FileDescriptor(path, .reading).size()
        #expect(read > 0)
        #expect(Int64(read) * 100 <= 4 * size)
    }

    @Test("names cannot harm a terminal, and are exact in JSON")
    func names() throws {
        var tar = TarBytes()
        tar.add(Array("caf\u{e9} \\ \"x\"".utf8), [1])
        tar.add([0x1B, 0x5B, 0x32, 0x4A, 0x0A], [1])
        tar.add([0x61, 0xFF], [1], type: "2", link: "to")
        tar.add(Array("../\u{202E}x".utf8), [1])
        tar.end()
        let path = try folder.file("names.tar", tar.bytes).description
        let text = try Binary.run("list", path)
        #expect(
            Self.lines(text.output) == [
                "caf\u{e9} \\\\ \"x\"", "\\x1b[2J\\x0a", "a\\xff", "../\\u{202e}x",
            ])
        let json = Self.lines(try Binary.run("list", "--json", path).output)
        #expect(json[0].contains("\"path\":\"caf\u{e9} \\\\ \\\"x\\\"\","))
        #expect(json[1].contains("\"path\":\"\\u001b[2J\\n\","))
        #expect(json[2].contains("\"pathBytes\":\"Yf8=\",") && !json[2].contains("\"path\":"))
        #expect(json[2].contains("\"type\":\"symlink\"") && json[2].contains("\"target\":\"to\""))
        #expect(json[3].contains("\"path\":\"../\\u202ex\","))
    }

    @Test("a cut archive is listed as far as it goes, then fails with the offset")
    func cut() throws {
        let rig = try FetchRig()
        let bytes = try rig.original(FetchRig.train)
        let all = Self.lines(
            try Binary.run("list", rig.archives.appending(FetchRig.train).description).output)
        let cut = bytes.count / 2
        let path = try folder.file("cut.tar", Array(bytes.prefix(cut)))
        let listed = try Binary.run("list", path.description)
        #expect(listed.status == 3)
        #expect(listed.errors.contains("beyond byte \(cut)"))
        let lines = Self.lines(listed.output)
        #expect(!lines.isEmpty && all.starts(with: lines))
        let told = try Self.told(rig.archives.appending(FetchRig.train))
        #expect(lines.count == told.filter { Int($0[2])! + Int($0[1])! <= cut }.count)
    }

    @Test("an archive whose first header is damaged is listed all the same, then fails: 3")
    func firstHeader() throws {
        let rig = try FetchRig()
        let bytes = try rig.original(FetchRig.train)
        let told = try Self.told(rig.archives.appending(FetchRig.train))
        let lost = Self.text(hex: told[0][0]).prefix(13)
        let expected = told.map { Self.text(hex: $0[0]) }.map { path in
            path.hasPrefix(lost) ? String(path.dropFirst(lost.utf8.count + 1)) : path
        }
        var damaged = bytes
        damaged[20] ^= 4
        let path = try folder.file("train.tar", damaged)
        let listed = try Binary.run("list", path.description)
        #expect(listed.status == 3)
        #expect(Self.lines(listed.output) == expected)
        let error = "imagenet-fetch: error: cannot read \(path) beyond byte 0: "
        #expect(listed.errors.hasPrefix(error), "\(listed.errors)")
        #expect(listed.errors.contains("hint: it is cut off or damaged"))
    }

    @Test("several archives are listed one after the other, and a bad one stops none")
    func several() throws {
        var tar = TarBytes()
        tar.add("a", "1")
        tar.end()
        let good = try folder.file("good.tar", tar.bytes).description
        let bad = try folder.file("bad.tar", Array("<html>".utf8)).description
        let listed = try Binary.run("list", bad, good)
        #expect(listed.status == 3)
        #expect(listed.output == "a\n")
        #expect(Self.lines(listed.errors).first?.contains("bad.tar") == true)
        let json = try Binary.run("list", "--json", good, good)
        #expect(json.output.contains("\"archive\":\"\(good)\""))
        let summary = try Binary.run("list", "--summary", "--json", good)
        #expect(
            Self.lines(summary.output) == [
                "{\"schema\":\"imagenet-fetch.list-class/1\",\"class\":\"\",\"files\":1,\"bytes\":1}",
                "{\"schema\":\"imagenet-fetch.list-total/1\",\"files\":1,\"bytes\":1}",
            ])
    }

    @Test("what cannot be listed is one line with its status")
    func refused() throws {
        let html = try folder.file("x.tar", Array("<html>".utf8)).description
        let empty = try folder.file("empty.tar", []).description
        for (path, status) in [
            (html, 3), (empty, 3), (folder.path.description, 2), ("/absent.tar", 2), ("", 2),
        ] {
            let listed = try Binary.run("list", path)
            #expect(listed.status == Int32(status), "\(path)")
            #expect(listed.output == "")
            #expect(listed.errors.hasPrefix("imagenet-fetch: error: "), "\(listed.errors)")
        }
        #expect(try Binary.run("list").status == 2)
    }

    @Test("a file that may not be read is a fault of the disk")
    func denied() throws {
        let path = try folder.file("a.tar", [UInt8](repeating: 0, count: 1024))
        let program = folder.path.appending("imagenet-fetch").description
        let script = """
            cp '\(Binary.absolute)' '\(program)'; chmod 755 '\(folder.path)'; chmod 0 '\(path)'
            export HOME=/nonexistent; unset XDG_CONFIG_HOME
            exec setpriv --reuid=65534 --regid=65534 --clear-groups '\(program)' list '\(path)'
            """
        let listed = try run("bash", ["-c", script])
        #expect(listed.status == 11, "\(listed.errors)")
        #expect(listed.errors.contains("permission denied"))
    }

    @Test("whoever has seen enough ends it in silence")
    func brokenPipe() throws {
        var tar = TarBytes()
        for number in 0..<20_000 { tar.add("member-\(number)") }
        tar.end()
        let path = try folder.file("many.tar", tar.bytes)
        let script = "'\(Binary.absolute)' list '\(path)' | head -1; echo ${PIPESTATUS[0]}"
        let listed = try run("bash", ["-c", script])
        #expect(Self.lines(listed.output) == ["member-0", "0"])
        #expect(listed.errors == "")
    }

    // MARK: While it is being fetched

    private static let pieceLength = 2 << 20

    /// A folder in which these pieces of the training archive are proven, with zeros elsewhere.
    private func grow(_ rig: FetchRig, _ there: [Int], clean: Bool = true) throws {
        let original = try rig.original(FetchRig.train)
        let length = Self.pieceLength
        var bytes = [UInt8](repeating: 0, count: original.count)
        for piece in there {
            let range = piece * length..<min((piece + 1) * length, bytes.count)
            bytes.replaceSubrange(range, with: original[range])
        }
        let name = FetchRig.train + ".part"
        try rig.folder.write(bytes, to: "data/tar/" + name)
        var pieces = PieceSet(count: (bytes.count + length - 1) / length)
        for piece in there { pieces[piece] = true }
        let identity = try FileDescriptor(rig.folder["data/tar/" + name], .reading).identity()
        let journal = Journal(
            fileName: FetchRig.train, size: Int64(bytes.count), pieceLength: Int64(length),
            pieces: pieces, pin: "x", identity: identity, isClean: clean, frontier: 0, states: [:])
        try DataFolder(rig.folder["data"]).journals().save(journal, .synced)
    }

    @Test(
        "what is proven of an unfinished file is listed, by either name, and the rest is said",
        arguments: [true, false])
    func unfinished(_ clean: Bool) throws {
        let rig = try FetchRig()
        let told = try Self.told(rig.archives.appending(FetchRig.train))
        try grow(rig, [0, 1, 2], clean: clean)
        let expected = told.filter { Int($0[2])! + Int($0[1])! <= 6 << 20 }
        #expect(!expected.isEmpty && expected.count < told.count)
        let data = rig.folder["data"].description
        for words in [
            ["\(data)/tar/\(FetchRig.train)"], ["\(data)/tar/\(FetchRig.train).part"],
            [FetchRig.train, "--data", data],
        ] {
            let listed = try run(Binary.path, ["list"] + words)
            #expect(listed.status == 0, "\(listed.errors)")
            #expect(Self.lines(listed.output) == expected.map { Self.text(hex: $0[0]) })
            #expect(listed.errors.contains("still being downloaded: 6.0 MiB of "))
        }
        let json = try run(Binary.path, ["list", "--json", FetchRig.train, "--data", data])
        #expect(
            Self.lines(json.output).last?.hasPrefix(
                "{\"schema\":\"imagenet-fetch.list-missing/1\"") == true)
    }

    @Test("members behind a gap are listed as far as it is known whose they are")
    func gap() throws {
        let rig = try FetchRig()
        let told = try Self.told(rig.archives.appending(FetchRig.train))
        for there in [[0, 1, 3, 4, 7], [0, 5, 6, 7, 8], [1, 2, 3]] {
            try grow(rig, there)
            func isThere(_ range: Range<Int>) -> Bool {
                (range.lowerBound / Self.pieceLength...(range.upperBound - 1) / Self.pieceLength)
                    .allSatisfy(there.contains)
            }
            var firsts: [String: Int] = [:]
            let expected = told.filter { words in
                guard let size = Int(words[1]), let offset = Int(words[2]) else { return false }
                let tar = String(Self.text(hex: words[0]).prefix(13))
                let first = firsts[tar] ?? offset
                firsts[tar] = first
                return isThere(offset - 512..<offset + size) && isThere(first - 1024..<first - 512)
            }
            let listed = try Binary.run(
                "list", FetchRig.train, "--data", rig.folder["data"].description)
            #expect(listed.status == 0, "\(listed.errors)")
            // Without its beginning nobody knows that it is a tar.
            let known = there[0] == 0 ? expected.map { Self.text(hex: $0[0]) } : []
            #expect(Self.lines(listed.output) == known)
        }
    }

    @Test("a journal of another file vouches for nothing")
    func otherIdentity() throws {
        let rig = try FetchRig()
        try grow(rig, [0, 1, 2])
        let part = rig.folder["data/tar/\(FetchRig.train).part"]
        try rig.damage(part, at: 9 << 20)
        let listed = try Binary.run("list", part.description)
        #expect(listed.status == 0)
        #expect(listed.output == "")
        #expect(listed.errors.contains("0 B of "))
    }

    @Test("during a real fetch, what is listed is true")
    func duringFetch() throws {
        let rig = try FetchRig()
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let told = Set(
            try Self.told(rig.archives.appending(FetchRig.train)).map { Self.text(hex: $0[0]) })
        let fetch = try rig.startSlowly(["--sources", "mirrors", "--mirror", "\(server.url)/"])
        try rig.waitForBytes(8 << 20)
        let listed = try Binary.run(
            "list", FetchRig.train, "--data", rig.folder["data"].description)
        fetch.send(SIGKILL)
        _ = fetch.wait()
        #expect(listed.status == 0, "\(listed.errors)")
        let lines = Self.lines(listed.output)
        #expect(!lines.isEmpty && lines.count < told.count)
        #expect(told.isSuperset(of: lines))
        #expect(listed.errors.contains("still being downloaded"))
    }
}
