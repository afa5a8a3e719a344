import Disk
import Glibc
import Support
import Testing

/// Mirrors that want to know who asks, and what becomes of what they are told.
@Suite(.waiting) struct FetchLoginTests {
    private static let password = "TOPSECRETPASSWORD"

    /// A web server that asks for a name and a password.
    private func guarded(_ rig: FetchRig, rate: String = "0") throws -> NginxServer {
        try rig.folder.write("somebody:{PLAIN}\(Self.password)\n", to: "users")
        return try NginxServer(
            serving: rig.archives, logs: rig.folder.path,
            "auth_basic here; auth_basic_user_file \(rig.folder["users"]); limit_rate \(rate);")
    }

    /// A home with a `.netrc` in it.
    private func home(_ rig: FetchRig, password: String = password) throws -> [String: String] {
        try rig.folder.write(
            "machine elsewhere.example login x password y\n"
                + "machine 127.0.0.1\n  login somebody\n  password \(password)\n", to: "home/.netrc"
        )
        chmod(rig.folder["home/.netrc"].description, 0o600)
        return ["HOME": rig.folder["home"].description]
    }

    /// Nothing that we wrote or said has it.
    private func expectHidden(
        _ secret: String, in result: CommandResult, _ rig: FetchRig,
        at place: SourceLocation = #_sourceLocation
    ) throws {
        #expect(!result.output.contains(secret), sourceLocation: place)
        #expect(!result.errors.contains(secret), sourceLocation: place)
        let kept = try run("grep", ["-rl", secret, rig.folder["data"].description])
        #expect(kept.output == "", sourceLocation: place)
    }

    @Test("the name and the password come from ~/.netrc, and go nowhere else")
    func netrc() throws {
        let rig = try FetchRig()
        let server = try guarded(rig)
        let home = try home(rig)
        let words = ["--only-val", "--sources", "mirrors", "--mirror", "\(server.url)/"]
        let denied = try run(Binary.absolute, rig.words(words), environment: home)
        #expect(denied.status == 8, "\(denied.errors)")
        #expect(denied.errors.contains("it denies access (status 401)"))
        #expect(rig.isAbsent(FetchRig.val))
        #expect(try server.log().contains(" 401 "))

        let result = try run(
            Binary.absolute, rig.words(words + ["--netrc", "--json", "--verbose"]),
            environment: home)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.val))
        #expect(try rig.hasReceipt(FetchRig.val))
        #expect(try server.log().contains(" - somebody ["))
        try expectHidden(Self.password, in: result, rig)
        try expectHidden("somebody", in: result, rig)
    }

    @Test("a wrong password, and a home without a .netrc, are a mirror's refusal")
    func wrongPassword() throws {
        let rig = try FetchRig()
        let server = try guarded(rig)
        var homes = [try home(rig, password: "WRONGSECRET")]
        try rig.folder.write("", to: "empty/x")
        homes.append(["HOME": rig.folder["empty"].description])
        for home in homes {
            let result = try run(
                Binary.absolute,
                rig.words([
                    "--only-val", "--sources", "mirrors", "--mirror", "\(server.url)/", "--netrc",
                ]), environment: home)
            #expect(result.status == 8, "\(result.errors)")
            #expect(result.errors.contains("it denies access (status 401)"))
            try expectHidden("WRONGSECRET", in: result, rig)
        }
    }

    @Test("headers of one's own go to the mirror, again and again, and are not kept")
    func headers() throws {
        let rig = try FetchRig()
        let bytes = try rig.original(FetchRig.val)
        let server = try LyingServer(bytes) { _ in .none }
        let words = ["--only-val", "--sources", "mirrors", "--mirror", "\(server.url)/"]
        let result = try run(
            Binary.absolute,
            rig.words(
                words + [
                    "--header", "Authorization: Bearer TOKENSECRET", "--header", "X-Other: 2",
                    "--json", "--verbose",
                ]))
        #expect(result.status == 0, "\(result.errors)")
        #expect(!server.requests.isEmpty)
        #expect(
            server.requests.allSatisfy {
                $0.contains("Authorization: Bearer TOKENSECRET\r\n")
                    && $0.contains("X-Other: 2\r\n")
            })
        try expectHidden("TOKENSECRET", in: result, rig)
        let refused = try run(Binary.absolute, rig.words(words + ["--header", "Range: bytes=0-1"]))
        #expect(refused.status == 2, "\(refused.errors)")
    }

    @Test("who looks at the processes sees no key")
    func processes() throws {
        let rig = try FetchRig()
        let server = try LyingServer(try rig.original(FetchRig.val)) { _ in .silence }
        try rig.folder.write("somebody\nTOPSECRETKEY\n", to: "key")
        chmod(rig.folder["key"].description, 0o600)
        let fetch = try rig.start(
            "--only-val", "--sources", "mirrors", "--mirror", "\(server.url)/", "--credentials",
            rig.folder["key"].description, "--verbose")
        // By now it has read its key, and asked the mirror.
        #expect(eventually { !server.requests.isEmpty })
        let command = try FileDescriptor(Path("/proc/\(fetch.pid)/cmdline"), .reading)
            .contents(limit: 1 << 20)
        let shown = String(decoding: command, as: UTF8.self)
        #expect(shown.contains("--credentials"))
        for secret in ["SECRET", "somebody"] { #expect(!shown.contains(secret)) }
        fetch.send(SIGINT)
        #expect(fetch.wait(seconds: 60) == 128 + SIGINT)
        for file in ["out", "err"] {
            #expect(try !rig.folder.text(file).contains("SECRET"))
        }
        #expect(server.requests.allSatisfy { !$0.contains("SECRET") })
    }
}
