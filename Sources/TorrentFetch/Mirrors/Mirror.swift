public import DatasetManifest
internal import Disk

/// A source of a file besides the swarm: a web server, or a folder with a copy.
///
/// The initialiser only checks the address.
///
///     let mirror = try Mirror("https://mirror.example/imagenet/", fileName: file.name)
public struct Mirror: Hashable, Sendable, CustomStringConvertible {
    enum Place: Hashable, Sendable {
        case web(String)
        /// The file, or a folder that holds it.
        case local(Path)
    }

    let place: Place
    let fileName: String
    /// The hint where the server wants a login.
    public let account: ManifestFile.Account
    /// The mirror for display: without what follows `?`.
    public let description: String
    /// The host, under which its speed is remembered; nil for a folder.
    public let host: String?

    /// - Parameters:
    ///   - text: a URL or a path. One that ends in `/` is a folder, any other the file itself.
    ///   - allowsInsecureHTTP: also plain http beyond this machine. What comes is verified anyway,
    ///     but others can read it.
    /// - Throws: `.urlRefused`
    public init(
        _ text: String, fileName: String, account: ManifestFile.Account? = nil,
        allowsInsecureHTTP: Bool = false
    ) throws(FetchError) {
        self.fileName = fileName
        self.account = account ?? .maybe
        guard text.contains("://") else {
            guard !text.isEmpty else { throw .urlRefused(text, "it is empty") }
            place = .local(Path(text))
            description = Path(text).description
            host = nil
            return
        }
        let parts = try URLParts.checked(text, allowsInsecureHTTP: allowsInsecureHTTP, files: true)
        if parts.scheme == "file" {
            guard let bytes = URLParts.percentDecoded(parts.path), !bytes.contains(0) else {
                throw .urlRefused(text, "it is not a path")
            }
            place = .local(Path(bytes: bytes))
            description = Path(bytes: bytes).description
            host = nil
            return
        }
        // Resolving a URL against itself gives libcurl's spelling of it.
        let url =
            parts.path.hasSuffix("/") && !parts.hasQuery
            ? URLParts.appending(fileName: fileName, to: text)
            : URLParts.resolve(text, against: text)
        guard let url, let shown = URLParts(url)?.shown else {
            throw .urlRefused(text, "it is not a valid address")
        }
        place = .web(url)
        description = escaped(shown)
        host = parts.host
    }

    /// The address of a mirror that a person named, for this file; nil if it is that of another one.
    ///
    /// A web folder may be named without the slash at its end.
    static func address(_ text: String, of fileName: String) -> String? {
        guard text.contains("://"), !text.hasSuffix("/"), let parts = URLParts(text),
            parts.scheme != "file", !parts.path.hasSuffix("/")
        else { return text }
        let last = parts.path.split(separator: "/").last.map(String.init) ?? ""
        if URLParts.percentDecoded(last).map({ $0.elementsEqual(fileName.utf8) }) == true {
            return text
        }
        return parts.hasQuery || hasExtension(last) ? nil : text + "/"
    }

    /// `.tar` or `.tgz`, and not the end of `imagenet-1.0`.
    private static func hasExtension(_ name: String) -> Bool {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
        let rest = name.utf8[name.utf8.index(after: dot)...]
        return (1...8).contains(rest.count) && rest.contains { $0 >= UInt8(ascii: "A") }
    }

    /// Its name in a list: a host is enough for a server.
    var shortName: String { host ?? description }

    /// Whether it is ImageNet's own server, which needs an account.
    var isImageNet: Bool { host.map(Self.isImageNet) ?? false }

    static func isImageNet(_ host: String) -> Bool {
        host == "image-net.org" || host.hasSuffix(".image-net.org")
    }
}

extension URLParts {
    /// The parts of a URL that may be asked: https, and http on this machine or where allowed.
    static func checked(
        _ url: String, allowsInsecureHTTP: Bool, files: Bool = false
    ) throws(FetchError) -> URLParts {
        guard let parts = URLParts(url) else {
            throw .urlRefused(url, "it is neither a web address nor a folder")
        }
        if parts.hasCredentials {
            throw .urlRefused(
                parts.shown, "it must not contain a name or password",
                hint: "put them into ~/.netrc and say \(.netrc)")
        }
        switch parts.scheme {
        case "https": break
        case "http" where allowsInsecureHTTP || parts.isLoopback: break
        case "http":
            throw .urlRefused(
                parts.shown, "plain http can be read and changed in transit",
                hint: "use https, or allow it with \(.insecureHTTP): what comes is verified anyway")
        case "file" where files: break
        default: throw .urlRefused(parts.shown, "only https is supported")
        }
        return parts
    }
}
