import Disk
import Support
import Testing

/// `list URL`: an archive on a web server, of which only headers come.
@Suite(.waiting) struct ListRemoteTests {
    private let folder: HeldFolder

    init() throws { folder = try HeldFolder() }

    private func list(_ words: String...) throws -> CommandResult {
        try run(Binary.absolute, ["list"] + words)
    }

    /// A training archive with images of up to 40 KB.
    private static func train(classes: Int = 4, images: Int = 150) -> [UInt8] {
        var numbers = SeededNumbers(seed: 11)
        var outer = TarBytes()
        for number in 1...classes {
            var inner = TarBytes()
            for image in 0..<images {
                inner.add(
                    Array("n0000000\(number)_\(image).JPEG".utf8),
                    numbers.bytes(Int.random(in: 1...40_000, using: &numbers)))
            }
            inner.end()
            outer.add(Array("n0000000\(number).tar".utf8), inner.bytes)
        }
        outer.end()
        return outer.bytes
    }

    private func lying(_ lie: @escaping @Sendable (Int) -> LyingServer.Lie) throws -> LyingServer {
        try LyingServer(Self.train(), lie)
    }

    @Test(
        "a URL is listed as the file is, over one connection or several",
        arguments: [[], ["--long"], ["--json"], ["--summary"], ["--no-nested"]])
    func same(_ flags: [String]) throws {
        let rig = try FetchRig()
        let nginx = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        for name in [FetchRig.train, FetchRig.val] {
            let near = try run(
                Binary.absolute, ["list", rig.archives.appending(name).description] + flags)
            for count in ["1", "5"] {
                let far = try run(
                    Binary.absolute,
                    ["list", "\(nginx.url)/\(name)", "--connections", count] + flags)
                #expect(far.status == 0 && far.errors.isEmpty, "\(far.errors)")
                #expect(far.output == near.output)
            }
        }
    }

    @Test("little more than the headers comes over the wire")
    func bytes() throws {
        let contents = Self.train()
        _ = try folder.file("x.tar", contents)
        let nginx = try NginxServer(
            serving: folder.path, "access_log %LOG% sizes;",
            http: "log_format sizes '$status $body_bytes_sent';")
        let result = try list(nginx.url + "/x.tar")
        #expect(result.status == 0)
        #expect(result.output.split(separator: "\n").count == 600)
        let lines = try nginx.log().split(separator: "\n").map { $0.split(separator: " ") }
        #expect(lines.allSatisfy { $0[0] == "206" })
        #expect(lines.reduce(0) { $0 + (Int($1[1]) ?? 0) } < contents.count / 10)
        #expect(lines.count < 700)
    }

    @Test("--only-class lists one class, of a file and of a URL, and asks for little else")
    func oneClass() throws {
        let path = try folder.file("x.tar", Self.train())
        let nginx = try NginxServer(
            serving: folder.path, "access_log %LOG%;")
        let all = try list(path.description).output.split(separator: "\n")
        let wanted = all.filter { $0.hasPrefix("n00000003.tar/") }
        for name in [path.description, nginx.url + "/x.tar"] {
            let one = try list("--only-class", "n00000003", name)
            #expect(one.status == 0, "\(one.errors)")
            #expect(one.output.split(separator: "\n") == wanted)
            let tar = try list("--only-class", "n00000003", "--no-nested", name)
            #expect(tar.output == "n00000003.tar\n")
            let summary = try list("--only-class", "n00000003", "--summary", "--json", name)
            #expect(summary.output.contains("\"class\":\"n00000003\",\"files\":150,"))
            let none = try list("--only-class", "n00000009", name)
            #expect(none.status == 2 && none.output.isEmpty)
            #expect(none.errors.contains("has no n00000009.tar"))
            #expect(none.errors.contains("list --no-nested \(name)`"))
        }
        #expect(try nginx.log().split(separator: "\n").count < 2 * 150 + 60)
        let bad = try list("--only-class", "goldfish", path.description)
        #expect(bad.status == 2 && bad.errors.contains("WNID"))
    }

    @Test("a server without ranges is refused in a sentence")
    func whole() throws {
        let server = try lying { _ in .ignoresRange }
        let result = try list(server.url + "/x.tar")
        #expect(result.status == 8 && result.output.isEmpty)
        #expect(result.errors.contains("it sends only the whole file, not parts of it"))
        #expect(server.requests.count == 1)
    }

    @Test("an archive that changes while it is listed is refused, after what was there")
    func changes() throws {
        for lie in [LyingServer.Lie.tag("\"b\""), .total(99), .shifted(512)] {
            let server = try lying { $0 < 100 ? .none : lie }
            let result = try list("--connections", "1", server.url + "/x.tar")
            #expect(result.status == 8, "\(result.errors)")
            #expect(result.output.hasPrefix("n00000001.tar/n00000001_0.JPEG\n"))
            #expect(result.errors.contains("cannot fetch \(server.url)/x.tar: "))
        }
    }

    @Test("a busy server is asked again, and one that stays silent is given up")
    func busy() throws {
        let busy = try lying {
            $0 == 5 ? .status("429 Too Many Requests", fields: "Retry-After: 0\r\n") : .none
        }
        let result = try list(busy.url + "/x.tar")
        #expect(result.status == 0)
        #expect(result.output.split(separator: "\n").count == 600)
        let silent = try lying { $0 < 20 ? .none : .silence }
        let stalled = try list("--stall-timeout", "1s", "--connections", "1", silent.url + "/x.tar")
        #expect(stalled.status == 5, "\(stalled.errors)")
        #expect(stalled.output.hasPrefix("n00000001.tar/n00000001_0.JPEG\n"))
    }

    @Test("nothing there, nobody there, and a detour have the statuses of a fetch")
    func statuses() throws {
        let server = try lying {
            $0 == 0
                ? .status("404 Not Found", fields: "")
                : .status("302 Found", fields: "Location: ftp://x.example/x.tar\r\n")
        }
        #expect(try list(server.url + "/x.tar").status == 8)
        #expect(try list(server.url + "/x.tar").status == 8)
        let port = try freePort()
        #expect(try list("--stall-timeout", "1s", "http://127.0.0.1:\(port)/x.tar").status == 6)
        let plain = try list("http://mirror.example/x.tar")
        #expect(plain.status == 2 && plain.errors.contains("--insecure-http"))
        let folder = try list(server.url + "/tars/")
        #expect(folder.status == 2 && folder.errors.contains("is a folder"))
        let page = try lying { _ in .webPage(status: "200 OK") }
        #expect(try list(page.url + "/x.tar").status == 8)
    }

    @Test("the person's own header is sent")
    func header() throws {
        let server = try lying { _ in .none }
        let result = try list("--header", "X-Key: 42", server.url + "/x.tar")
        #expect(result.status == 0)
        #expect(server.requests.allSatisfy { $0.contains("X-Key: 42\r\n") })
    }

    @Test("what is compressed is not read from afar, and does not keep others from being listed")
    func compressed() throws {
        var tar = TarBytes()
        tar.add("a.txt", "text")
        tar.end()
        _ = try folder.file("x.tar", tar.bytes)
        _ = try folder.file("x.tgz", tar.gzipped)
        _ = try folder.file("cut.tar", Array(Self.train().prefix(1_000_000)))
        let nginx = try NginxServer(serving: folder.path)
        let result = try list(nginx.url + "/x.tgz", nginx.url + "/none.tar", nginx.url + "/x.tar")
        #expect(result.status == 3)
        #expect(result.output == "a.txt\n")
        #expect(result.errors.contains("x.tgz without downloading it: it is compressed"))
        #expect(result.errors.contains("none.tar: it does not have the file"))
        let cut = try list(nginx.url + "/cut.tar")
        #expect(cut.status == 3 && cut.errors.contains("it ends inside the member"))
        #expect(cut.output.hasPrefix("n00000001.tar/n00000001_0.JPEG\n"))
    }
}
