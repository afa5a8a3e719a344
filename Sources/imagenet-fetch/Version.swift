import CArchive
import CCrypto
import CCurl
import TorrentFetch

enum Version {
    static let name = "imagenet-fetch"
    static let number = "0.2.0"
    /// The date in the man page.
    static let date = "November 29, 2026"

    static var line: String { "\(name) \(number)" }

    /// The libraries loaded at run time, which may differ from those of the build.
    static var libraries: String {
        let found = [
            words(1, of: curl_version()), words(2, of: archive_version_details()),
            words(2, of: OpenSSL_version(OPENSSL_VERSION)),
            ["libtorrent", TorrentLibrary.version[...]],
        ]
        return found.map { $0.joined(separator: "/") }.joined(separator: " ")
    }

    private static func words(_ count: Int, of text: UnsafePointer<CChar>?) -> [Substring] {
        guard let text else { return [] }
        return Array(String(cString: text).split(separator: " ").prefix(count))
    }
}
