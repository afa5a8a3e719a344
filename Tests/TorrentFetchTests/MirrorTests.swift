import Disk
import Support
import Testing

@testable import TorrentFetch

@Suite struct MirrorTests {
    @Test("a URL is the file, or the folder where it ends in a slash")
    func addresses() throws {
        func url(_ text: String, _ name: String = "a b.tar") throws -> String {
            try Mirror(text, fileName: name).description
        }
        #expect(try url("https://m.example/x/") == "https://m.example/x/a%20b.tar")
        #expect(try url("https://m.example/x.tar") == "https://m.example/x.tar")
        #expect(try url("https://m.example", "f") == "https://m.example/f")
        #expect(try url("HTTPS://M.Example/x/?key=1#frag") == "https://m.example/x/?…")
        #expect(
            try url("https://m.example/%C3%BC/", "../%2f") == "https://m.example/%c3%bc/..%2f%252f")
        #expect(try url("http://127.0.0.1:80/x", "f") == "http://127.0.0.1/x")
        #expect(try url("/nfs/imagenet/") == "/nfs/imagenet/")
        #expect(try Mirror("file:///nfs/a%20b", fileName: "f").place == .local("/nfs/a b"))
    }

    @Test(
        "addresses that are never asked",
        arguments: [
            "http://m.example/", "ftp://m.example/", "https://u:secret@m.example/", "https://",
            "https://m example/", "gopher://x/", "://", "", "https://m.example/\n",
        ])
    func refused(text: String) {
        let error = #expect(throws: FetchError.self) { try Mirror(text, fileName: "f") }
        #expect(error?.code == .urlRefused)
        #expect(error?.message.contains("secret") == false)
    }

    @Test("plain http beyond this machine is for those who ask for it")
    func insecure() throws {
        _ = try Mirror("http://m.example/", fileName: "f", allowsInsecureHTTP: true)
    }

    @Test("only plain header lines are sent")
    func headers() throws {
        var options = MirrorOptions()
        try options.add(header: "Authorization: Bearer x")
        for line in [
            "A: b\r\nC: d", "A: b\nC", "no colon", ": x", "Range: bytes=0-1", "If-Range: x",
            "accept-encoding: gzip", "A b: c", "A: \u{0}",
        ] {
            let error = #expect(throws: FetchError.self) { try options.add(header: line) }
            #expect(error?.code == .urlRefused)
        }
        #expect(options.headers == ["Authorization: Bearer x"])
    }

    @Test("image-net.org gets two connections unless asked for more, others four")
    func connections() throws {
        var options = MirrorOptions()
        let own = try Mirror("https://www.image-net.org/data/", fileName: "f")
        let other = try Mirror("https://image-net.org.example/", fileName: "f")
        #expect(own.isImageNet)
        #expect(!other.isImageNet)
        #expect(options.connections(to: own) == 2)
        #expect(options.connections(to: other) == 4)
        options.connections = 7
        #expect(options.connections(to: own) == 7)
    }

    @Test("credentials are never shown")
    func credentials() {
        let credentials = ImageNetCredentials(userName: "me & you", accessKey: "k/1")
        #expect("\(credentials)" == "…")
        #expect(String(reflecting: credentials).contains("k/1") == false)
        #expect(credentials.hidden(in: "a me%20%26%20you b k/1 k%2F1") == "a … b … …")
        var text = ""
        dump(credentials, to: &text)
        #expect(!text.contains("k/1") && !text.contains("me"))
    }

    @Test(
        "addresses inside our own network",
        arguments: [
            ("127.0.0.1", true), ("10.1.2.3", true), ("172.16.0.1", true), ("172.32.0.1", false),
            ("192.168.1.1", true), ("169.254.169.254", true), ("100.64.0.1", true),
            ("100.128.0.1", false), ("0.0.0.0", true), ("8.8.8.8", false), ("224.0.0.1", true),
            ("[::1]", true), ("[::]", true), ("[fe80::1]", true), ("[fd00::1]", true),
            ("[2001:db8::1]", false), ("[::ffff:10.0.0.1]", true), ("[::ffff:8.8.8.8]", false),
            ("[64:ff9b::7f00:1]", true), ("[64:ff9b::808:808]", false), ("[2002:a00:1::]", true),
            ("localhost", true), ("x.localhost", true), ("m.example", false), ("[zz]", true),
        ])
    func inside(host: String, isInside: Bool) {
        #expect(AddressRules.isInside(host: host) == isInside)
    }

    @Test("redirects are resolved as libcurl reads them, and judged before they are followed")
    func hops() throws {
        let mirror = try Mirror("https://m.example/a/b", fileName: "f")
        let hop = try #require(MirrorHop(mirror, nil))
        func next(_ location: String, outside: Bool = true) -> String? {
            let next = hop.following(
                location, allowsInsecureHTTP: false, isFromOutside: outside)
            return try? next.get().url
        }
        #expect(next("c") == "https://m.example/a/c")
        #expect(next("/c?x=1") == "https://m.example/c?x=1")
        #expect(next("//n.example/c") == "https://n.example/c")
        #expect(next("https://n.example/c") == "https://n.example/c")
        for location in [
            "http://n.example/", "file:///etc/passwd", "ftp://n.example/", "https://u:p@n.example/",
            "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/", "https://0x7f.1/",
            "https://2130706433/", "javascript:x", "https://", "http:\\\\127.0.0.1/",
        ] {
            #expect(next(location) == nil, "\(location)")
        }
        #expect(next("https://10.0.0.1/", outside: false) == "https://10.0.0.1/")
    }
}
