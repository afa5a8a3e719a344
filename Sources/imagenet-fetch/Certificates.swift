import Disk
import Glibc

/// The certificates for TLS where our libraries do not look: those in a wheel or tarball were built
/// on Debian and may run elsewhere.
enum Certificates {
    /// OpenSSL's variable, which libtorrent follows too. libcurl must be told.
    static let variable = "SSL_CERT_FILE"
    private static let usual = "/etc/ssl/certs/ca-certificates.crt"
    private static let elsewhere = [
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora
        "/etc/pki/tls/certs/ca-bundle.crt",  // older ones of that family
        "/var/lib/ca-certificates/ca-bundle.pem",  // openSUSE
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",  // Arch
    ]

    /// Sets the variable, unless it is set or the usual file exists. Call this while there is only
    /// one thread: others may read the environment.
    static func find() {
        guard getenv(variable) == nil, access(usual, R_OK) != 0,
            let path = elsewhere.first(where: { access($0, R_OK) == 0 })
        else { return }
        setenv(variable, path, 1)
    }

    /// The file that the environment names; nil for the usual one.
    static func named(in context: Context) -> Path? {
        guard let word = context.environment(variable), !word.bytes.isEmpty else { return nil }
        return context.resolve(Path(bytes: word.bytes))
    }
}
