import Disk
import Glibc
import Support
import Testing

/// Mirrors that deliver, but hardly: they must not keep others from being asked.
@Suite(.waiting, .serialized, .timeLimit(.minutes(15))) struct FetchSlowMirrorTests: OwnFileTests {
    @Test(
        "a mirror that drips is overtaken by the next one, whatever it gives",
        arguments: ["right", "wrong", "unpinned"])
    func overtaken(_ kind: String) throws {
        let rig = try FetchRig()
        let bytes = Self.bytes(11, mebibytes: 6)
        let given = kind == "wrong" ? Self.bytes(12, mebibytes: 6) : bytes
        let slow = try LyingServer(given) { _ in .slow(5000) }
        let good = try LyingServer(bytes) { _ in .none }
        let file = kind == "unpinned" ? Self.unpinned : try pinned(rig, bytes)
        let started = ContinuousClock.now
        let result = try fetch(
            rig, file, "--allow-unverified", "--mirror", "\(slow.url)/", "--mirror",
            "\(good.url)/", "--stall-timeout", "12s")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try isThere(rig, bytes))
        #expect(result.errors.contains("\(slow.url)/f.bin is slow ("), "\(result.errors)")
        #expect(ContinuousClock.now - started < .seconds(40))
    }

    @Test("the best of several slow ones goes on, and what came stays")
    func best() throws {
        let rig = try FetchRig()
        let bytes = Array(Self.bytes(13, mebibytes: 1).prefix(600_000))
        let first = try LyingServer(bytes) { _ in .slow(60_000) }
        let second = try LyingServer(bytes) { _ in .slow(10_000) }
        let result = try fetch(
            rig, try pinned(rig, bytes), "--mirror", "\(first.url)/", "--mirror",
            "\(second.url)/", "--stall-timeout", "12s")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try isThere(rig, bytes))
        #expect(!second.requests.isEmpty)
    }

    @Test("bytes that would take for ever are a stall, in the time that was said")
    func alone() throws {
        let rig = try FetchRig()
        let bytes = Self.bytes(14, mebibytes: 1)
        let slow = try LyingServer(bytes) { _ in .drip }
        let started = ContinuousClock.now
        let result = try fetch(
            rig, try pinned(rig, bytes), "--mirror", "\(slow.url)/", "--stall-timeout", "5s")
        #expect(result.status == 5, "\(result.errors)")
        #expect(result.errors.contains("has stalled"), "\(result.errors)")
        #expect(ContinuousClock.now - started < .seconds(20))
    }

    @Test(
        "a mirror that stops before the end of its range is helped out by another",
        arguments: ["3s", "15s"])
    func holdsBack(_ stall: String) throws {
        let rig = try FetchRig()
        let bytes = try rig.original(FetchRig.val)
        let holding = try LyingServer(bytes) { _ in .holdsBack(1) }
        let good = try LyingServer(bytes) { _ in .none }
        let result = try rig.fetch(
            "--only-val", "--sources", "mirrors", "--mirror", "\(holding.url)/", "--mirror",
            "\(good.url)/", "--stall-timeout", stall)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.val))
    }

    @Test("a mirror of wrong bytes has lied, however soon a silence counts as a stall")
    func liesInShort() throws {
        let rig = try FetchRig()
        let bytes = try rig.original(FetchRig.val)
        let liar = try LyingServer(bytes) { _ in .wrongBytes(0..<bytes.count) }
        let result = try rig.fetch(
            "--only-val", "--sources", "mirrors", "--mirror", "\(liar.url)/", "--stall-timeout",
            "3s")
        #expect(result.status == 8, "\(result.errors)")
        #expect(result.errors.contains("wrong bytes"), "\(result.errors)")
    }

    // MARK: Without ranges

    @Test(
        "a server that sends only whole files finishes one that was interrupted",
        arguments: ["pinned", "unpinned", "torrent"])
    func withoutRanges(_ kind: String) throws {
        let rig = try FetchRig()
        var bytes = Self.bytes(15)
        let more = ["--sources", "mirrors", "--allow-unverified"]
        if kind == "torrent" {
            bytes = try rig.original(FetchRig.train)
            let server = try PythonServer(serving: rig.archives)
            let first = try rig.startSlowly(more + ["--mirror", "\(server.url)/"])
            try rig.waitForBytes(4 << 20)
            first.send(SIGKILL)
            _ = first.wait()
            let again = try rig.fetch(
                "--only-train", "--sources", "mirrors", "--mirror", "\(server.url)/")
            #expect(again.status == 0, "\(again.errors)")
            #expect(try rig.isWhole(FetchRig.train))
            return
        }
        try rig.folder.write(bytes, to: "www/\(Self.name)")
        // A date within the second of the answer would vouch for nothing.
        _ = try run("touch", ["-d", "2020-01-01", rig.folder["www/\(Self.name)"].description])
        let server = try PythonServer(serving: rig.folder["www"])
        let file = kind == "pinned" ? try pinned(rig, bytes) : Self.unpinned
        try kill(rig, file, at: 6 << 20, "--mirror", "\(server.url)/", "--allow-unverified")
        let again = try fetch(
            rig, file, "--mirror", "\(server.url)/", "--allow-unverified", "--json")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try isThere(rig, bytes))
        // What was there is not written a second time.
        let came = Events(again.output).number("fromMirrors", in: "done") ?? 1e9
        #expect(came <= Double(bytes.count - 6 << 20))
    }

    @Test("what such a server had before, and is another file by now, does not stay")
    func withoutRangesChanged() throws {
        let rig = try FetchRig()
        let (old, new) = (Self.bytes(16), Self.bytes(17))
        let answers = Answers(old)
        let server = try LoopbackServer { connection in
            connection.answer("200 OK", type: "application/x-tar", answers.bytes)
        }
        let file = try pinned(rig, new)
        try kill(rig, file, at: 6 << 20, "--mirror", "\(server.url)/")
        answers.become(new)
        let again = try fetch(rig, file, "--mirror", "\(server.url)/")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try isThere(rig, new))
    }
}

/// What a server has, which may be another file later.
private final class Answers: Sendable {
    private let contents: Monitor<[UInt8]>

    init(_ bytes: [UInt8]) { contents = Monitor(bytes) }

    var bytes: [UInt8] { contents.read { $0 } }

    func become(_ bytes: [UInt8]) { contents.update { $0 = bytes } }
}
