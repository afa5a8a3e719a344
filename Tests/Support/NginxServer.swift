public import Disk
internal import Glibc

/// nginx on a port of 127.0.0.1, serving a folder.
public final class NginxServer: Sendable {
    public let port: UInt16
    public let folder: Path
    private let logs: Path
    private let process: Background

    public var url: String { "http://127.0.0.1:\(port)" }

    /// - Parameters:
    ///   - folder: what is served.
    ///   - logs: where configuration and logs go; without it into the folder's parent.
    ///   - server: more lines for nginx's `server` block.
    ///   - http: more lines for its `http` block; `%LOG%` in `server` is the log's path.
    ///   - certificate: with its key, for https.
    ///   - port: one that is free; without it any such.
    public init(
        serving folder: Path, logs: Path? = nil, _ server: String = "", http: String = "",
        certificate: (Path, key: Path)? = nil, port: UInt16? = nil
    ) throws {
        self.folder = folder
        let port = try port ?? freePort()
        self.port = port
        let base = (logs ?? folder.parent).appending("nginx-\(port)")
        self.logs = base
        let own = try Folder.creating(base)
        // Its workers would give up root, and could not enter folders of mode 0700.
        let user = getuid() == 0 ? "user root;" : ""
        let tls = certificate.map {
            "ssl_certificate \($0.0); ssl_certificate_key \($0.key);"
        }
        try own.publish(
            "nginx.conf",
            Array(
                """
                \(user)
                daemon off;
                pid \(base)/pid;
                error_log \(base)/error.log;
                worker_processes 1;
                events { worker_connections 256; }
                http {
                    \(http)
                    access_log \(base)/access.log;
                    client_body_temp_path \(base)/body;
                    proxy_temp_path \(base)/proxy;
                    fastcgi_temp_path \(base)/fastcgi;
                    uwsgi_temp_path \(base)/uwsgi;
                    scgi_temp_path \(base)/scgi;
                    sendfile on;
                    types {}
                    default_type application/octet-stream;
                    server {
                        listen 127.0.0.1:\(port)\(tls == nil ? "" : " ssl");
                        \(tls ?? "")
                        root \(folder);
                        \(server.split(separator: "%LOG%", omittingEmptySubsequences: false)
                            .joined(separator: "\(base)/access.log"))
                    }
                }

                """.utf8))
        process = try Background(
            "nginx", ["-p", "\(base)", "-c", "nginx.conf", "-e", "\(base)/error.log"],
            output: "\(base)/output")
        try waitForListener(port, "nginx")
    }

    /// nginx's own record of the requests.
    public func log() throws -> String {
        let file = try FileDescriptor(logs.appending("access.log"), .reading)
        return String(decoding: try file.contents(limit: 64 << 20), as: UTF8.self)
    }
}
