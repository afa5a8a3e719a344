import Disk
import Support
import Testing

@testable import TorrentFetch

/// Fetching from nginx, and from folders.
@Suite struct MirrorPoolTests {
    private func served(_ rig: MirrorRig) throws -> Path {
        try rig.folder.write(rig.contents, to: "www/file.tar")
        return rig.folder["www"]
    }

    @Test("a file comes whole over several connections, nearly in order")
    func parallel() throws {
        let rig = try MirrorRig(pieces: 400)
        let nginx = try NginxServer(serving: try served(rig))
        let result = try rig.run([try rig.mirror(nginx.url + "/")])
        #expect(rig.isWhole(result))
        let report = result.reports[0]
        #expect(report.provenBytes == Int64(rig.contents.count))
        #expect(report.receivedBytes == Int64(rig.contents.count))
        #expect(report.wasted.isEmpty)
        #expect(report.error == nil)
        // Four connections with a run of three pieces each and eight buffers on their way, or a
        // little more where the machine is busy; never a quarter of the file each.
        let spread = rig.taken.read { $0.spread }
        #expect(spread <= 48, "\(spread)")
        #expect(try nginx.log().split(separator: "\n").allSatisfy { $0.contains("\" 206 ") })
    }

    @Test("connections stay open from one request to the next, and there are as many as asked for")
    func reuse() throws {
        let rig = try MirrorRig()
        // The log has a connection's number and how many requests it had. Slow enough for one
        // connection not to do the others' work before they are there.
        let nginx = try NginxServer(
            serving: try served(rig), "limit_rate 40k; access_log %LOG% numbers;",
            http: "log_format numbers '$connection $connection_requests';")
        var options = MirrorRig.options
        options.connections = 3
        let result = try rig.run([try rig.mirror(nginx.url + "/file.tar")], options)
        #expect(rig.isWhole(result))
        let lines = try nginx.log().split(separator: "\n")
        #expect(lines.count == 8)
        #expect(
            Set(lines.compactMap { $0.split(separator: " ").first }).count == 3,
            "\(lines.prefix(3))")
    }

    @Test("two mirrors work at once")
    func two() throws {
        let rig = try MirrorRig(pieces: 24)
        let www = try served(rig)
        // Slowed down, so that one cannot do it all before the other has begun.
        let first = try NginxServer(serving: www, "limit_rate 20k;")
        let second = try NginxServer(serving: www, "limit_rate 20k;")
        let result = try rig.run([
            try rig.mirror(first.url + "/"), try rig.mirror(second.url + "/file.tar"),
        ])
        #expect(rig.isWhole(result))
        for report in result.reports { #expect(report.provenBytes > 0) }
        #expect(
            result.reports.reduce(0) { $0 + $1.provenBytes } == Int64(rig.contents.count))
    }

    @Test("what is there already is not fetched again")
    func rest() throws {
        let rig = try MirrorRig(pieces: 50, proven: 0..<47)
        let nginx = try NginxServer(serving: try served(rig))
        let result = try rig.run([try rig.mirror(nginx.url + "/")])
        #expect(rig.isWhole(result))
        #expect(result.reports[0].receivedBytes == Int64(2 * MirrorRig.pieceLength + 1000))
    }

    @Test("a rate limit holds for all connections together")
    func rate() throws {
        let rig = try MirrorRig(pieces: 64)
        let nginx = try NginxServer(serving: try served(rig))
        var options = MirrorRig.options
        options.maximumRate = 1 << 20
        let start = ContinuousClock.now
        let result = try rig.run([try rig.mirror(nginx.url + "/")], options)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        #expect(rig.isWhole(result))
        // About 1 MiB; a tenth of a second's worth may come at once.
        #expect(seconds > 0.8, "\(seconds)")
    }

    @Test("a full disk ends it, and says so")
    func full() throws {
        let rig = try MirrorRig()
        let nginx = try NginxServer(serving: try served(rig))
        let staging = rig.folder["staging"].description
        // 28 is ENOSPC.
        let result = try Faults.during([
            Fault(.pwrite, onPathsWith: staging, after: 4, times: 1000, .failure(28))
        ]) { try rig.run([try rig.mirror(nginx.url + "/")]) }
        #expect(result.outcome.diskError?.code == .noSpace)
        #expect(!result.outcome.isFinished)
        #expect(result.provenPieces == 4)
        #expect(result.reports[0].phase != .dropped)
    }

    @Test("it can be stopped at any time, and goes on from there")
    func stops() throws {
        let rig = try MirrorRig(pieces: 100)
        let nginx = try NginxServer(serving: try served(rig), "limit_rate 20k;")
        let start = ContinuousClock.now
        let result = try rig.run(
            [try rig.mirror(nginx.url + "/")], stopAfter: .milliseconds(700))
        #expect(ContinuousClock.now - start < .seconds(3))
        #expect(!result.outcome.isFinished)
        #expect(result.isRight)
        #expect(result.provenPieces > 0)
        #expect(rig.taken.read { $0.givenBack } > 0)
    }

    @Test("a folder with a copy is a mirror, named with or without the file")
    func folder() throws {
        for name in ["www/", "www", "www/file.tar"] {
            let rig = try MirrorRig()
            _ = try served(rig)
            let mirror = try Mirror(rig.folder[name].description, fileName: "file.tar")
            let result = try rig.run([mirror])
            #expect(rig.isWhole(result))
            #expect(result.reports[0].provenBytes == Int64(rig.contents.count))
        }
    }

    @Test("two damaged copies make one good file")
    func damaged() throws {
        let rig = try MirrorRig()
        var (first, second) = (rig.contents, rig.contents)
        for place in [10, 100_000] { first[place] ^= 1 }
        second[200_000] ^= 1
        try rig.folder.write(first, to: "a/file.tar")
        try rig.folder.write(second, to: "b/file.tar")
        let result = try rig.run([
            try rig.mirror(rig.folder["a/"].description),
            try rig.mirror(rig.folder["b/"].description),
        ])
        #expect(rig.isWhole(result))
    }

    @Test("a copy of another length is refused, and a missing one")
    func wrongCopy() throws {
        let rig = try MirrorRig()
        try rig.folder.write(Array(rig.contents.dropLast()), to: "short/file.tar")
        let result = try rig.run([
            try rig.mirror(rig.folder["short/"].description),
            try rig.mirror(rig.folder["none/"].description),
        ])
        #expect(result.provenPieces == 0)
        #expect(result.reports[0].error?.message.contains("bytes, not") == true)
        #expect(result.reports[1].error?.message.contains("no such file") == true)
        #expect(result.reports.allSatisfy { $0.error?.code == .mirrorRefused })
    }

    @Test("a copy that cannot be read leaves the rest to the others")
    func unreadable() throws {
        let rig = try MirrorRig()
        let www = try served(rig)
        try rig.folder.write(rig.contents, to: "copy/file.tar")
        // Not so fast that nobody else is asked.
        let nginx = try NginxServer(serving: www, "limit_rate 1m;")
        // 5 is EIO.
        let result = try Faults.during([
            Fault(
                .pread, onPathsWith: rig.folder["copy"].description, after: 1, times: 100,
                .failure(5))
        ]) {
            try rig.run([
                try rig.mirror(rig.folder["copy/"].description), try rig.mirror(nginx.url + "/"),
            ])
        }
        #expect(rig.isWhole(result))
        #expect(result.reports[0].error?.message.contains("cannot read") == true)
    }

    @Test("asked before planning, a mirror says how long its file is")
    func probes() throws {
        let rig = try MirrorRig()
        let www = try served(rig)
        try rig.folder.write([], to: "www/empty")
        let nginx = try NginxServer(serving: www)
        #expect(try rig.mirror(nginx.url + "/").probe() == Int64(rig.contents.count))
        #expect(throws: FetchError.self) { try rig.mirror(nginx.url + "/empty").probe() }
        #expect(try rig.mirror(www.description).probe() == Int64(rig.contents.count))
        let plain = try LyingServer(rig.contents) { _ in .ignoresRange }
        let whole = try rig.mirror(plain.url + "/x").probe(size: Int64(rig.contents.count))
        #expect(whole == Int64(rig.contents.count))
        #expect(throws: FetchError.self) { try rig.mirror(nginx.url + "/none").probe() }
        #expect(throws: FetchError.self) { try rig.mirror(nginx.url + "/").probe(size: 1) }
        let moved = try LyingServer(rig.contents) {
            $0 < 2 ? .status("302 Found", fields: "Location: /a\r\n") : .none
        }
        #expect(try rig.mirror(moved.url + "/x").probe() == Int64(rig.contents.count))
        #expect(moved.requests.count == 3)
    }
}
