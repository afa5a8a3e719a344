public import Disk
internal import Glibc

/// An HTTPS server on 127.0.0.1 with a certificate of its own, in a process of its own: OpenSSL's
/// tool makes the certificate, Python's standard library serves.
///
/// `/torrent` is a body, `/loop` redirects to itself, `/hop/N` to `/hop/N-1` and in the end to
/// `/torrent`, `/http` to http on the same machine.
public final class TLSServer {
    public let port: Int
    public let certificate: Path
    private let folder: TemporaryFolder
    private let process: pid_t

    struct Failed: Error { let reason: String }

    public init() throws {
        let folder = try TemporaryFolder()
        let key = folder["key.pem"]
        certificate = folder["certificate.pem"]
        let made = try run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", key.description, "-out", certificate.description,
            ])
        guard made.status == 0 else { throw Failed(reason: made.errors) }
        let server = try Self.spawn([
            "python3", "-c", Self.program, certificate.description, key.description,
        ])
        // The first line says the port; nothing more comes.
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(server.output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
        close(server.output)
        process = server.process
        guard let port = Int(String(decoding: line, as: UTF8.self)) else {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
            throw Failed(reason: "python3 gave no port")
        }
        self.port = port
        self.folder = folder
    }

    deinit {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }

    public var url: String { "https://127.0.0.1:\(port)" }

    private static let program = """
        import http.server, os, ssl, sys
        # What other tests have open is none of this process's business.
        os.closerange(3, 4096)
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_): pass
            def do_GET(self):
                part = self.path.split("/")[1:]
                if part[0] == "torrent":
                    self.send_response(200)
                    self.send_header("Content-Length", "7")
                    self.end_headers()
                    self.wfile.write(b"payload")
                    return
                to = {"loop": "/loop", "http": "http://127.0.0.1:9/"}.get(part[0])
                if part[0] == "hop":
                    to = "/hop/%d" % (int(part[1]) - 1) if int(part[1]) > 1 else "/torrent"
                self.send_response(302)
                self.send_header("Location", to)
                self.send_header("Content-Length", "0")
                self.end_headers()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    /// Starts a program found on the path, its output in a pipe, its errors nowhere.
    private static func spawn(_ words: [String]) throws -> (process: pid_t, output: CInt) {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failed(reason: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var process = pid_t()
        let result = posix_spawnp(&process, words[0], &actions, nil, &arguments, environ)
        close(ends[1])
        guard result == 0 else {
            close(ends[0])
            throw Failed(reason: "cannot start \(words[0]): errno \(result)")
        }
        return (process, ends[0])
    }
}
