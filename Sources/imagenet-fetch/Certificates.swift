import Disk
import Glibc

/// The certificates that TLS trusts, where they are not where our libraries look: those of a wheel or
/// a tarball were built on Debian, and may run on something else.
enum Certificates {
    /// OpenSSL's own name for it, which libtorrent follows. libcurl has to be told.
    static let variable = "SSL_CERT_FILE"
    private static let usual = "/etc/ssl/certs/ca-certificates.crt"
    private static let elsewhere = [
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora
        "/etc/pki/tls/certs/ca-bundle.crt",  // older ones of that family
        "/var/lib/ca-certificates/ca-bundle.pem",  // openSUSE
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",  // Arch
    ]

    /// Names them in the environment, unless somebody has or the usual ones are there. Only while
    /// there is one thread: others may be reading the environment.
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
