import Disk
import Support
import Testing

@testable import TorrentFetch

/// nginx with a certificate of its own, reached directly or as other hosts through a proxy.
@Suite struct MirrorTLSTests {
    private static let secret = "k/1&x"

    /// A certificate for 127.0.0.1, image-net.org and mirror.example.
    private func certificate(in folder: borrowing TemporaryFolder) throws -> (Path, key: Path) {
        let (certificate, key) = (folder["certificate.pem"], folder["key.pem"])
        let made = try run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=test", "-addext",
                "subjectAltName=IP:127.0.0.1,DNS:image-net.org,DNS:mirror.example",
                "-keyout", key.description, "-out", certificate.description,
            ])
        #expect(made.status == 0, "\(made.errors)")
        return (certificate, key)
    }

    private func nginx(
        _ rig: MirrorRig, _ server: String = "", certificate: (Path, key: Path)
    ) throws -> NginxServer {
        try rig.folder.write(rig.contents, to: "www/file.tar")
        return try NginxServer(
            serving: rig.folder["www"], "access_log %LOG% hosts; " + server,
            http: "log_format hosts '$host $request_uri $status';", certificate: certificate)
    }

    /// Options that reach every host at `server`.
    private func options(by proxy: LoopbackServer, _ certificate: Path) -> MirrorOptions {
        var options = MirrorRig.options
        options.certificates = certificate
        options.proxies.https = proxy.url
        options.credentials = ImageNetCredentials(userName: "me@x", accessKey: Self.secret)
        return options
    }

    private func proxy(to port: UInt16) throws -> LoopbackServer {
        try LoopbackServer { connection in
            if connection.head.hasPrefix("CONNECT ") { connection.relay(to: port) }
        }
    }

    @Test("a certificate that nobody vouches for ends it, and nothing is written")
    func untrusted() throws {
        let rig = try MirrorRig()
        let nginx = try nginx(rig, certificate: try certificate(in: rig.folder))
        let mirror = try rig.mirror("https://127.0.0.1:\(nginx.port)/")
        let result = try rig.run([mirror])
        #expect(result.error?.code == .tls)
        #expect(result.provenPieces == 0)
        #expect(result.reports[0].phase == .dropped)
        #expect(throws: FetchError.self) { try mirror.probe() }
    }

    @Test("a trusted certificate for another name is not enough")
    func otherName() throws {
        let rig = try MirrorRig()
        let certificate = try certificate(in: rig.folder)
        let nginx = try nginx(rig, certificate: certificate)
        var options = MirrorRig.options
        options.certificates = certificate.0
        let result = try rig.run([try rig.mirror("https://localhost:\(nginx.port)/")], options)
        #expect(result.error?.code == .tls)
        #expect(result.provenPieces == 0)
    }

    @Test("a file comes whole over TLS")
    func whole() throws {
        let rig = try MirrorRig()
        let certificate = try certificate(in: rig.folder)
        let nginx = try nginx(rig, certificate: certificate)
        var options = MirrorRig.options
        options.certificates = certificate.0
        let result = try rig.run([try rig.mirror("https://127.0.0.1:\(nginx.port)/")], options)
        #expect(rig.isWhole(result))
        #expect(try !nginx.log().contains("accesskey"))
    }

    @Test("the access key goes to image-net.org, and not to where it redirects")
    func key() throws {
        let rig = try MirrorRig()
        let certificate = try certificate(in: rig.folder)
        let nginx = try nginx(
            rig, "if ($host = image-net.org) { return 302 https://mirror.example/file.tar; }",
            certificate: certificate)
        let proxy = try proxy(to: nginx.port)
        let result = try rig.run(
            [try rig.mirror("https://image-net.org/file.tar?set=1")],
            options(by: proxy, certificate.0))
        #expect(rig.isWhole(result), "\(result.error?.message ?? "")")
        let lines = try nginx.log().split(separator: "\n")
        #expect(
            lines.first == "image-net.org /file.tar?set=1&username=me%40x&accesskey=k%2f1%26x 302")
        #expect(lines.count > 1)
        #expect(lines.dropFirst().allSatisfy { $0 == "mirror.example /file.tar 206" })
    }

    @Test("no message shows the access key, even where the server repeats it")
    func hidden() throws {
        let rig = try MirrorRig()
        let certificate = try certificate(in: rig.folder)
        let nginx = try nginx(
            rig,
            """
            absolute_redirect off;
            if ($uri = /file.tar) { return 302 /login/$arg_accesskey?again=$arg_accesskey; }
            location /login/ { default_type text/html; return 200 "log in"; }
            """, certificate: certificate)
        let proxy = try proxy(to: nginx.port)
        let result = try rig.run(
            [try rig.mirror("https://image-net.org/")], options(by: proxy, certificate.0))
        let error = try #require(result.error)
        #expect(try nginx.log().contains("accesskey="))
        #expect(
            error.message
                == "cannot fetch https://image-net.org/file.tar (redirected to "
                + "https://image-net.org/login/…?…): it sent a web page instead of the file")
        #expect(error.hint?.names(.credentials) == true)
        #expect(!"\(error) \(error.hint ?? "")".lowercased().contains("k%2f1"))
    }
}
