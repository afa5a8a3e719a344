import Disk
import Support
import Testing

/// Mirrors that are not well, or lead elsewhere, from the command line.
@Suite(.waiting, .timeLimit(.minutes(15))) struct FetchBusyMirrorTests {
    private func fetch(_ rig: FetchRig, from server: LyingServer) throws -> CommandResult {
        try rig.fetch("--only-val", "--sources", "mirrors", "--mirror", "\(server.url)/")
    }

    @Test(
        "a mirror that is busy is asked again when it says, and then gives everything",
        arguments: [
            ("503 Service Unavailable", "Retry-After: 1\r\n"), ("503 Service Unavailable", ""),
            ("429 Too Many Requests", "Retry-After: 1\r\n"),
            (
                "429 Too Many Requests",
                "Date: Sun, 06 Nov 1994 08:49:36 GMT\r\n"
                    + "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            ),
        ])
    func recovers(status: String, fields: String) throws {
        let rig = try FetchRig()
        let server = try LyingServer(try rig.original(FetchRig.val)) {
            $0 < 2 ? .status(status, fields: fields) : .none
        }
        let clock = ContinuousClock()
        let start = clock.now
        let result = try fetch(rig, from: server)
        // Twice it said that it wants to be left alone, or a second is what anybody gets.
        #expect(clock.now - start >= .seconds(2))
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.val))
        // Nobody knocked meanwhile: the third request is the first that was answered.
        #expect(server.requests.count > 2)
    }

    @Test(
        "a mirror that stays busy is given up, and that is said", arguments: ["503 No", "429 No"])
    func stays(status: String) throws {
        let rig = try FetchRig()
        let server = try LyingServer(try rig.original(FetchRig.val)) { _ in
            .status(status, fields: "Retry-After: 0\r\n")
        }
        let result = try fetch(rig, from: server)
        #expect(result.status == 5, "\(result.errors)")
        #expect(result.errors.contains("it is busy (status \(status.prefix(3)))"))
        #expect(server.requests.count == 5)
        #expect(rig.isAbsent(FetchRig.val))
    }

    @Test(
        "a redirect to plain http beyond this machine, or to a file, is not followed",
        arguments: ["http://mirror.invalid/x", "file:///etc/passwd", "ftp://127.0.0.1/x"])
    func redirects(target: String) throws {
        let rig = try FetchRig()
        let server = try LyingServer(try rig.original(FetchRig.val)) { _ in
            .status("302 Found", fields: "Location: \(target)\r\n")
        }
        let result = try fetch(rig, from: server)
        #expect(result.status == 8, "\(result.errors)")
        #expect(result.errors.contains("it redirects to \(target), which is not followed"))
        #expect(result.errors.contains("hint: "))
        #expect(server.requests.count == 1)
        #expect(rig.isAbsent(FetchRig.val))
    }

    @Test("a redirect on this machine is followed, and remembered")
    func followed() throws {
        let rig = try FetchRig()
        let bytes = try rig.original(FetchRig.val)
        let target = try LyingServer(bytes) { _ in .none }
        let server = try LyingServer(bytes) { _ in
            .status("307 Temporary Redirect", fields: "Location: \(target.url)/there\r\n")
        }
        let result = try fetch(rig, from: server)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.val))
        #expect(!target.requests.isEmpty)
        #expect(result.output.contains("from \(server.url)/"))
    }
}
