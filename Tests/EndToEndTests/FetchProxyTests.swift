import Disk
import Glibc
import Support
import Testing

/// Proxies, as the environment gives them to curl: in small letters first, with exceptions, and
/// never for this machine itself.
@Suite(.waiting) struct FetchProxyTests {
    /// All that curl knows, so that none of them comes from whoever runs the tests.
    private static let variables = [
        "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
        "no_proxy", "NO_PROXY",
    ]

    private func fetch(
        _ rig: FetchRig, from mirror: String, _ environment: [String: String]
    ) throws -> CommandResult {
        var all: [String: String] = [:]
        for name in Self.variables { all[name] = environment[name] ?? "" }
        return try rig.fetch(
            "--only-val", "--sources", "mirrors", "--insecure-http", "--mirror", mirror,
            environment: all)
    }

    @Test(
        "a mirror with plain http is asked through the proxy, which alone knows its name",
        arguments: ["http_proxy", "all_proxy", "ALL_PROXY"])
    func plain(variable: String) throws {
        let rig = try FetchRig()
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let proxy = try ProxyServer(["mirror.example": server.port])
        let result = try fetch(rig, from: "http://mirror.example/", [variable: proxy.url])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.val))
        #expect(!proxy.requests.isEmpty)
        #expect(
            proxy.requests.allSatisfy {
                $0 == "GET http://mirror.example/\(FetchRig.val) HTTP/1.1"
            })
        #expect(result.output.contains("from http://mirror.example/"))
    }

    @Test(
        "a mirror with https is asked through a tunnel, and has to show its own certificate",
        arguments: ["https_proxy", "HTTPS_PROXY", "ALL_PROXY"])
    func tunnel(variable: String) throws {
        let rig = try FetchRig()
        // It speaks no TLS: nobody at the end of a tunnel is taken on trust.
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let proxy = try ProxyServer(["mirror.example": server.port])
        let result = try fetch(rig, from: "https://mirror.example/", [variable: proxy.url])
        #expect(result.status == 7, "\(result.errors)")
        #expect(proxy.requests.contains("CONNECT mirror.example:443 HTTP/1.1"))
        #expect(rig.isAbsent(FetchRig.val))
    }

    @Test("a proxy that does not know the mirror is told from a mirror that is not there")
    func unknown() throws {
        let rig = try FetchRig()
        let proxy = try ProxyServer()
        let result = try fetch(rig, from: "https://mirror.example/", ["https_proxy": proxy.url])
        #expect(result.status == 6, "\(result.errors)")
        #expect(result.errors.contains("502"), "\(result.errors)")
    }

    @Test("HTTP_PROXY in capitals is not heeded: a CGI program gets it from outside")
    func capitals() throws {
        let rig = try FetchRig()
        let proxy = try ProxyServer()
        let result = try fetch(rig, from: "http://mirror.invalid/", ["HTTP_PROXY": proxy.url])
        #expect(result.status == 6, "\(result.errors)")
        #expect(proxy.requests.isEmpty)
    }

    @Test("hosts that are excepted are asked directly", arguments: ["no_proxy", "NO_PROXY"])
    func exceptions(variable: String) throws {
        let rig = try FetchRig()
        let proxy = try ProxyServer()
        let result = try fetch(
            rig, from: "http://mirror.invalid/",
            ["http_proxy": proxy.url, variable: "other.example, .invalid"])
        #expect(result.status == 6, "\(result.errors)")
        #expect(proxy.requests.isEmpty)
    }

    @Test("this machine itself is never asked through a proxy")
    func loopback() throws {
        let rig = try FetchRig()
        let server = try NginxServer(serving: rig.archives, logs: rig.folder.path)
        let proxy = try ProxyServer(["127.0.0.1": server.port])
        let result = try fetch(
            rig, from: "\(server.url)/",
            ["http_proxy": proxy.url, "https_proxy": proxy.url, "ALL_PROXY": proxy.url])
        #expect(result.status == 0, "\(result.errors)")
        #expect(proxy.requests.isEmpty)
        #expect(try rig.isWhole(FetchRig.val))
    }
}
