import CArchive
import CCrypto
import CCurl

/// What this program is, said once.
enum Version {
    static let name = "imagenet-fetch"
    static let number = "0.2.0"
    /// The day of this version, as the man page shows it.
    static let date = "November 29, 2026"

    static var line: String { "\(name) \(number)" }

    /// The libraries that were loaded, which need not be those that we were built against.
    static var libraries: String {
        let found = [
            words(1, of: curl_version()), words(2, of: archive_version_details()),
            words(2, of: OpenSSL_version(OPENSSL_VERSION)),
        ]
        return found.map { $0.joined(separator: "/") }.joined(separator: " ")
    }

    private static func words(_ count: Int, of text: UnsafePointer<CChar>?) -> [Substring] {
        guard let text else { return [] }
        return Array(String(cString: text).split(separator: " ").prefix(count))
    }
}
