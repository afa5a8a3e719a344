import Disk
import Support
import Testing

@testable import TorrentFetch

/// Every lie that a web server can tell, told by one.
@Suite struct MirrorLieTests {
    /// Lies that end it with this mirror, and what is said then.
    static let refused: [(LyingServer.Lie, String)] = [
        (.webPage(status: "200 OK"), "it sent a web page instead of the file"),
        (.webPage(status: "403 Forbidden"), "it denies access (status 403)"),
        (.webPage(status: "404 Not Found"), "it does not have the file (status 404)"),
        (.wholeOfLength(12345), "its file has 12345 bytes, not"),
        (.shifted(1), "not the requested 0 to"),
        (.total(7_000_000), "its file has 7000000 bytes, not"),
        (.field("Content-Encoding: gzip"), "it sent the file encoded (gzip)"),
        (.field("Content-Type: multipart/byteranges; boundary=x"), "several ranges"),
        (.field("Content-Type: text/html"), "it sent a web page"),
        (.field("Content-Length: 5"), "contradicts itself"),
        (.status("304 Not Modified", fields: ""), "status 304"),
        (.status("416 Range Not Satisfiable", fields: ""), "status 416"),
        (.status("206 Partial Content", fields: ""), "does not say which bytes"),
        (.status("401 Unauthorized", fields: "WWW-Authenticate: Basic\r\n"), "status 401"),
        (.status("302 Found", fields: ""), "without saying where"),
        (.status("302 Found", fields: "Location: file:///etc/passwd\r\n"), "file:///etc/passwd"),
        (
            .status("302 Found", fields: "Location: http://mirror.invalid/x\r\n"),
            "it redirects to http://mirror.invalid/x, which is not followed"
        ),
        (.status("302 Found", fields: "Location: /again\r\n"), "more than 5 times"),
        (.endless, "more than requested"),
        (.endlessHead, "head"),
    ]

    @Test("a lie is refused before a byte of it is written", arguments: refused.indices)
    func isRefused(index: Int) throws {
        let (lie, reason) = Self.refused[index]
        let rig = try MirrorRig()
        let server = try LyingServer(rig.contents) { _ in lie }
        let result = try rig.run([try rig.mirror("\(server.url)/file.tar")])
        #expect(!result.outcome.isFinished)
        let error = try #require(result.error)
        #expect(error.code == .mirrorRefused)
        #expect(error.message.contains(reason), "\(error.message)")
        #expect(error.message.hasPrefix("cannot fetch \(server.url)/file.tar"))
        // Of the endless one, the part that was asked for is right and stays.
        if case .endless = lie {
            #expect(result.isRight)
        } else {
            #expect(result.provenPieces == 0)
        }
        #expect(result.reports[0].phase == .dropped)
    }

    @Test("a mirror that is too busy is left alone as long as it says, then asked again")
    func busy() throws {
        let rig = try MirrorRig()
        let server = try LyingServer(rig.contents) {
            $0 == 0 ? .status("429 Too Many Requests", fields: "Retry-After: 1\r\n") : .none
        }
        let start = ContinuousClock.now
        let result = try rig.run([try rig.mirror("\(server.url)/file.tar")])
        #expect(ContinuousClock.now - start >= .seconds(1))
        #expect(rig.isWhole(result))
    }

    @Test(
        "a mirror that never gets well is dropped, and its trouble named",
        arguments: [("503 Service Unavailable", "busy"), ("500 Oops", "internal error")])
    func unwell(status: String, reason: String) throws {
        let rig = try MirrorRig()
        let server = try LyingServer(rig.contents) { _ in .status(status, fields: "") }
        let result = try rig.run([try rig.mirror("\(server.url)/file.tar")])
        #expect(result.error?.code == .stalled)
        #expect(result.error?.message.contains(reason) == true)
        #expect(server.requests.count == 3)
        #expect(result.provenPieces == 0)
    }

    @Test("the second of two mirrors brings what the first one lies about")
    func another() throws {
        let rig = try MirrorRig()
        let liar = try LyingServer(rig.contents) { _ in .webPage(status: "200 OK") }
        let honest = try LyingServer(rig.contents) { _ in .none }
        let result = try rig.run([
            try rig.mirror("\(liar.url)/file.tar"), try rig.mirror("\(honest.url)/file.tar"),
        ])
        #expect(rig.isWhole(result))
        #expect(result.reports[0].phase == .dropped)
        #expect(result.reports[1].provenBytes == Int64(rig.contents.count))
    }

    @Test("connections that are told together to come later are one failure")
    func busyTogether() throws {
        let rig = try MirrorRig()
        let server = try LyingServer(rig.contents) {
            (1...4).contains($0)
                ? .status("429 Too Many Requests", fields: "Retry-After: 1\r\n") : .none
        }
        let result = try rig.run([try rig.mirror("\(server.url)/file.tar")])
        #expect(rig.isWhole(result))
    }

    @Test("a copy with a bad region is of use for all the rest")
    func region() throws {
        let rig = try MirrorRig(pieces: 60)
        let places = 10 * MirrorRig.pieceLength..<20 * MirrorRig.pieceLength
        let server = try LyingServer(rig.contents) { _ in .wrongBytes(places) }
        var options = MirrorRig.options
        options.excessOfWrong = Int64(3 * places.count)
        let result = try rig.run([try rig.mirror("\(server.url)/file.tar")], options)
        #expect(result.provenPieces == 50)
        #expect(result.reports[0].strikes == 30)
        #expect(result.error?.code == .mirrorRefused)
    }

    @Test("wrong bytes never count; the same piece wrong three times ends it with the mirror")
    func wrongBytes() throws {
        let rig = try MirrorRig()
        let place = 5 * MirrorRig.pieceLength + 77
        let server = try LyingServer(rig.contents) { _ in .wrongBytes(place..<place + 1) }
        let result = try rig.run([try rig.mirror("\(server.url)/file.tar")])
        #expect(result.isRight)
        #expect(!result.outcome.isFinished)
        #expect(result.reports[0].strikes == 3)
        #expect(result.reports[0].wasted[.wrong] == Int64(3 * MirrorRig.pieceLength))
        #expect(result.error?.code == .mirrorRefused)
        #expect(result.error?.message.contains("wrong bytes 3 times") == true)
        #expect(result.error?.message.contains("bytes 81920 to 98303") == true)
    }

    @Test("a wrong piece comes from another mirror")
    func wrongElsewhere() throws {
        let rig = try MirrorRig()
        let liar = try LyingServer(rig.contents) { _ in .wrongBytes(0..<100_000_000) }
        let honest = try LyingServer(rig.contents) { _ in .none }
        let result = try rig.run([
            try rig.mirror("\(liar.url)/file.tar"), try rig.mirror("\(honest.url)/file.tar"),
        ])
        #expect(rig.isWhole(result))
        #expect(result.reports[0].provenBytes == 0)
        #expect(result.reports[0].phase == .dropped)
    }

    @Test(
        "a connection that breaks in the middle costs only the piece it was in",
        arguments: [
            LyingServer.Lie.short(20_000), .reset(20_000), .short(0), .reset(MirrorRig.pieceLength),
        ])
    func breaks(lie: LyingServer.Lie) throws {
        let rig = try MirrorRig()
        let server = try LyingServer(rig.contents) { $0.isMultiple(of: 5) ? lie : .none }
        var options = MirrorRig.options
        options.attempts = 10
        let result = try rig.run([try rig.mirror("\(server.url)/file.tar")], options)
        #expect(rig.isWhole(result))
        #expect(result.reports[0].wasted[.wrong] == nil)
        #expect(result.reports[0].wasted[.duplicate] == nil)
        #expect((result.reports[0].wasted[.cut] ?? 0) < Int64(8 * MirrorRig.pieceLength))
    }

    @Test(
        "a mirror that hardly moves is given up", arguments: [LyingServer.Lie.drip, .silence])
    func slow(lie: LyingServer.Lie) throws {
        let rig = try MirrorRig()
        let slow = try LyingServer(rig.contents) { _ in lie }
        var options = MirrorRig.options
        options.attempts = 1
        let start = ContinuousClock.now
        let result = try rig.run([try rig.mirror("\(slow.url)/file.tar")], options)
        #expect(ContinuousClock.now - start < .seconds(6))
        #expect(result.provenPieces == 0)
        #expect(result.error?.code == .stalled)
    }

    @Test("idle connections help out where one hardly moves, down to its last piece")
    func helpsOut() throws {
        let rig = try MirrorRig()
        // Ten bytes a second: not slow enough to be given up, and hours for a run.
        let slow = try LyingServer(rig.contents) { _ in .drip }
        let quick = try LyingServer(rig.contents) { _ in .none }
        var options = MirrorRig.options
        options.lowSpeed = 1
        options.patience = .milliseconds(500)
        options.connections = 2
        let start = ContinuousClock.now
        let result = try rig.run(
            [try rig.mirror(slow.url + "/"), try rig.mirror(quick.url + "/")], options)
        #expect(rig.isWhole(result))
        #expect(ContinuousClock.now - start < .seconds(8))
        #expect(result.reports[1].provenBytes == Int64(rig.contents.count))
        #expect(result.reports[0].phase != .dropped)
    }

    @Test("a file that changes on the server keeps what its hashes proved, and comes anew")
    func changesWithMap() throws {
        let rig = try MirrorRig(pieces: 80)
        let server = try LyingServer(rig.contents) { $0 < 3 ? .none : .tag("\"b\"") }
        let result = try rig.run([try rig.mirror("\(server.url)/file.tar")])
        #expect(rig.isWhole(result))
        #expect(!rig.source.hasChanged)
        #expect(server.requests[1].contains("If-Range: \"a\""))
        #expect(server.requests.contains { $0.contains("If-Range: \"b\"") })
    }

    @Test("without hashes, a file that changes on the server is void")
    func changesWithoutMap() throws {
        let rig = try MirrorRig(hasMap: false)
        let server = try LyingServer(rig.contents) { $0 < 3 ? .none : .tag("\"b\"") }
        let result = try rig.run([try rig.mirror("\(server.url)/file.tar")])
        #expect(!result.outcome.isFinished)
        #expect(rig.source.hasChanged)
        #expect(
            result.error?.message.contains("its file changed while it was downloaded") == true)
    }

    @Test("a weak ETag is no validator")
    func weak() throws {
        let rig = try MirrorRig()
        let server = try LyingServer(rig.contents, tag: "W/\"a\"") { _ in .none }
        let result = try rig.run([try rig.mirror("\(server.url)/file.tar")])
        #expect(rig.isWhole(result))
        #expect(server.requests.allSatisfy { !$0.contains("If-Range") })
    }

    @Test("a server without ranges may send the whole file, over one connection")
    func whole() throws {
        let rig = try MirrorRig()
        let server = try LyingServer(rig.contents) { _ in .ignoresRange }
        let result = try rig.run([try rig.mirror("\(server.url)/file.tar")])
        #expect(rig.isWhole(result))
        #expect(server.requests.count == 1)
    }

    @Test(
        "a server without ranges sends what is there once more, and then what is missing",
        arguments: [true, false])
    func wholeForRest(_ hasMap: Bool) throws {
        let rig = try MirrorRig(hasMap: hasMap, proven: 0..<3)
        let server = try LyingServer(rig.contents) { _ in .ignoresRange }
        let result = try rig.run([try rig.mirror("\(server.url)/file.tar")])
        #expect(rig.isWhole(result))
        #expect(server.requests.count == 1)
        #expect(result.reports[0].wasted[.duplicate] == Int64(3 * MirrorRig.pieceLength))
    }

    @Test("what it sends must be the file of which a part is there, where no hashes tell")
    func wholeOfOther() throws {
        let rig = try MirrorRig(hasMap: false, proven: 0..<3)
        var other = rig.contents
        other[MirrorRig.pieceLength * 2] ^= 1
        let server = try LyingServer(other) { _ in .ignoresRange }
        let result = try rig.run([try rig.mirror("\(server.url)/file.tar")])
        #expect(!result.outcome.isFinished)
        #expect(result.provenPieces == 3)
        #expect(result.error?.message.contains("not the one") == true)
    }

    @Test("nobody there is a fault of the network")
    func nobody() throws {
        let rig = try MirrorRig()
        let result = try rig.run([try rig.mirror("http://127.0.0.1:\(try freePort())/file.tar")])
        #expect(result.error?.code == .network)
        #expect(result.error?.message.contains("connect") == true)
    }

    @Test(
        "a redirect is followed once, then asked directly; if that ends, the mirror is asked again")
    func redirects() throws {
        let rig = try MirrorRig()
        let target = try LyingServer(rig.contents) {
            $0 == 3 ? .status("403 Forbidden", fields: "") : .none
        }
        let mirror = try LyingServer(rig.contents) { _ in
            .status("302 Found", fields: "Location: \(target.url)/signed?key=secret\r\n")
        }
        var options = MirrorRig.options
        options.connections = 1
        try options.add(header: "X-Token: mine")
        let result = try rig.run([try rig.mirror("\(mirror.url)/file.tar")], options)
        #expect(rig.isWhole(result))
        #expect(mirror.requests.count == 2)
        #expect(mirror.requests.allSatisfy { $0.contains("X-Token: mine") })
        #expect(target.requests.allSatisfy { !$0.contains("X-Token") })
    }

    @Test("what stands behind the question mark of a redirect is not shown")
    func keysStayHidden() throws {
        let rig = try MirrorRig()
        let target = try LyingServer(rig.contents) { _ in .webPage(status: "200 OK") }
        let mirror = try LyingServer(rig.contents) { _ in
            .status("302 Found", fields: "Location: \(target.url)/signed?key=secret\r\n")
        }
        let result = try rig.run([try rig.mirror("\(mirror.url)/file.tar?mine=too")])
        let message = try #require(result.error?.message)
        #expect(message.contains("redirected to \(target.url)/signed?…"))
        #expect(!message.contains("secret"))
        #expect(!message.contains("too"))
    }

    @Test("a mirror outside, by way of a proxy, must not lead into our own network")
    func inside() throws {
        let rig = try MirrorRig()
        let inner = try LyingServer(rig.contents) { _ in .none }
        let proxy = try LyingServer(rig.contents) { _ in
            .status("302 Found", fields: "Location: \(inner.url)/file.tar\r\n")
        }
        var options = MirrorRig.options
        options.allowsInsecureHTTP = true
        options.proxies.http = proxy.url
        let mirror = try Mirror(
            "http://mirror.invalid/", fileName: "file.tar", allowsInsecureHTTP: true)
        let result = try rig.run([mirror], options)
        #expect(proxy.requests.first?.hasPrefix("GET http://mirror.invalid/file.tar ") == true)
        #expect(inner.requests.isEmpty)
        #expect(result.error?.message.contains("an address inside this network") == true)
    }
}
