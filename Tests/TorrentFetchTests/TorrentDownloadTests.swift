import Disk
import Glibc
import Support
import Testing
import TorrentFetch

@Suite(.timeLimit(.minutes(10))) struct TorrentDownloadTests {
    private let torrent = Bencode.dictionary(["info": .info()]).encoded

    private func expectFailure(
        _ code: FetchError.Code, _ part: String = "", timeout: Duration = .seconds(20),
        _ answer: @escaping @Sendable (LoopbackServer.Connection) -> Void
    ) throws {
        let server = try LoopbackServer(answer)
        let error = #expect(throws: FetchError.self) {
            try TorrentDownload.bytes(from: server.url + "/a.torrent", timeout: timeout)
        }
        #expect(error?.code == code, "\(error?.message ?? "nothing thrown")")
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(server.url) == true)
        #expect(error?.hint != nil)
    }

    @Test("a torrent comes as the server has it")
    func whole() throws {
        let server = try LoopbackServer { [torrent] connection in
            #expect(connection.path == "/a.torrent?x=1")
            connection.answer("200 OK", torrent)
        }
        #expect(try TorrentDownload.bytes(from: server.url + "/a.torrent?x=1") == torrent)
    }

    @Test("a body without a length ends with the connection")
    func noLength() throws {
        let server = try LoopbackServer { [torrent] connection in
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            connection.send(torrent)
        }
        #expect(try TorrentDownload.bytes(from: server.url) == torrent)
    }

    @Test(
        "a web page is refused, however it is spelt",
        arguments: ["text/html", "Text/HTML; charset=x"])
    func webPage(type: String) throws {
        try expectFailure(.mirrorRefused, "web page") {
            $0.answer("200 OK", type: type, Array("<html>log in</html>".utf8))
        }
        try expectFailure(.mirrorRefused, "web page") { $0.answer("200 OK", type: type) }
    }

    @Test(
        "a status other than 200 is refused",
        arguments: [
            "404 Not Found", "403 Forbidden", "500 Oops", "206 Partial Content", "204 No Content",
        ])
    func status(status: String) throws {
        try expectFailure(.mirrorRefused, String(status.prefix(3))) {
            $0.answer(status, status.hasPrefix("204") ? [] : Array("x".utf8))
        }
    }

    @Test("an empty answer is refused")
    func empty() throws {
        try expectFailure(.mirrorRefused, "nothing") { $0.answer("200 OK") }
    }

    @Test("a body that is too long is refused, announced or not")
    func tooLong() throws {
        let body = [UInt8](repeating: 0x64, count: Metainfo.maximumByteCount + 1)
        try expectFailure(.mirrorRefused) { $0.answer("200 OK", body) }
        try expectFailure(.mirrorRefused, "longer than") {
            $0.send("HTTP/1.1 200 OK\r\n\r\n")
            $0.send(body)
        }
        try expectFailure(.mirrorRefused, "longer than") {
            $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<200 {
                $0.send("10000\r\n")
                $0.send(Array(body.prefix(0x10000)))
                $0.send("\r\n")
            }
        }
    }

    @Test("just as many bytes as a torrent may have are taken")
    func longest() throws {
        let body = [UInt8](repeating: 0x64, count: Metainfo.maximumByteCount)
        let server = try LoopbackServer { $0.answer("200 OK", body) }
        #expect(try TorrentDownload.bytes(from: server.url).count == body.count)
    }

    @Test(
        "a redirect to anything but https is refused",
        arguments: ["http://127.0.0.1:9/", "/b", "ftp://127.0.0.1/", "file:///etc/passwd"])
    func redirect(target: String) throws {
        try expectFailure(.mirrorRefused) {
            if $0.path == "/a.torrent" {
                $0.send(
                    "HTTP/1.1 302 Found\r\nLocation: \(target)\r\nContent-Length: 0\r\n\r\n")
            } else {
                $0.answer("200 OK", Array("taken".utf8))
            }
        }
    }

    @Test("a body that ends early is a broken connection")
    func cut() throws {
        try expectFailure(.network) {
            $0.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nd4:info")
        }
    }

    @Test("a server that closes without a word is a broken connection")
    func closes() throws {
        try expectFailure(.network) { _ in }
    }

    @Test("absurd headers are the server's fault")
    func headers() throws {
        try expectFailure(.mirrorRefused) {
            $0.send("HTTP/1.1 200 OK\r\nX: ")
            $0.send([UInt8](repeating: 0x78, count: 1_000_000))
            $0.send("\r\n\r\n")
        }
    }

    @Test("a server that never answers, or never ends, is left in time", arguments: [true, false])
    func stalls(saysSomething: Bool) throws {
        let clock = ContinuousClock()
        let time = try clock.measure {
            try expectFailure(.stalled, timeout: .milliseconds(300)) {
                if saysSomething {
                    $0.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nd4:info")
                }
                $0.stall()
            }
        }
        #expect(time >= .milliseconds(250) && time < .seconds(10))
    }

    @Test("nobody listening is the network's fault")
    func refusedConnection() throws {
        let url: String
        do { url = try LoopbackServer { _ in }.url }
        let error = #expect(throws: FetchError.self) { try TorrentDownload.bytes(from: url) }
        #expect(error?.code == .network)
    }

    @Test("a server that speaks no TLS is a TLS failure")
    func noTLS() throws {
        let server = try LoopbackServer { _ in }
        let error = #expect(throws: FetchError.self) {
            try TorrentDownload.bytes(
                from: "https://127.0.0.1:\(server.port)/", timeout: .seconds(5))
        }
        #expect(error?.code == .tls, "\(error?.message ?? "")")
    }

    @Test(
        "addresses that are not https are refused unasked",
        arguments: [
            "http://example.org/a.torrent", "ftp://127.0.0.1/", "file:///etc/passwd", "", "x",
            "//127.0.0.1/", "http://127.0.0.1.example.org/", "http://localhost.example.org/",
            "http://128.0.0.1/", "http://127.0.0.1@example.org/", "https://a:b@example.org/",
            "https://a@example.org/", "http://10.0.0.1/", "http://[::2]/", "https:///",
            "https://a b/",
            "https://example.org/\u{0}a", "gopher://127.0.0.1/", "magnet:?xt=urn:btih:00",
        ])
    func addresses(url: String) {
        let error = #expect(throws: FetchError.self) {
            try TorrentDownload.bytes(from: url, timeout: .milliseconds(1))
        }
        #expect(error?.code == .urlRefused, "\(error?.message ?? "")")
        #expect(error?.message.contains("a:b") == false)
        #expect(error?.message.utf8.contains(0) == false)
    }
}
