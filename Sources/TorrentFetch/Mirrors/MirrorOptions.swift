public import Disk

/// How to ask mirrors; the same for all of them.
public struct MirrorOptions: Sendable {
    public static let mostConnections = 64
    public static let usualConnections = 4
    /// It is slow, and everybody's.
    public static let connectionsToImageNet = 2

    /// Connections to each mirror; nil is as many as usual.
    public var connections: Int?
    /// Bytes a second from all mirrors together; 0 is no limit.
    public var maximumRate: Int64 = 0
    /// Header lines of the user's own, for the mirror itself and not for where it redirects to.
    public private(set) var headers: [String] = []
    /// Whether `~/.netrc` is looked up for names and passwords.
    public var usesNetrc = false
    public var credentials: ImageNetCredentials?
    public var proxies = Proxies()
    public var allowsInsecureHTTP = false
    /// A connection that brings less than `lowSpeed` bytes a second for so long is given up.
    var lowSpeedTime: Duration = .seconds(30)
    var lowSpeed = 4096
    var connectTimeout: Duration = .seconds(20)
    /// How often in a row a mirror may fail before it is dropped.
    var attempts = 5
    /// The pause after the first failure; it doubles with each further one.
    public var pause: Duration = .seconds(1)

    /// A file of certificates to trust instead of libcurl's usual ones.
    public var certificates: Path?
    /// A mirror is dropped when its wrong pieces exceed its right ones by so many bytes: a copy
    /// with one bad region is good for the rest.
    var excessOfWrong: Int64 = 32 << 20
    /// Idle connections help with a run that will take longer than this.
    var patience: Duration = .seconds(10)
    /// How many bytes to ask for at once, depending on the speed.
    var runBytes: ClosedRange<Int64> = 4 << 20...16 << 20

    public init() {}

    /// Adds a header line, `Name: value`.
    ///
    /// - Throws: `.urlRefused` for an invalid header line, or one that we set ourselves.
    public mutating func add(header line: String) throws(FetchError) {
        guard line.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }),
            let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")), colon != line.startIndex,
            line.utf8[..<colon].allSatisfy(Self.isTokenByte)
        else {
            throw .headerRefused(line, "it is not of the form \"Name: value\" on one line")
        }
        let name = line[..<colon].lowercased()
        guard !Self.ours.contains(name) else {
            throw .headerRefused(line, "imagenet-fetch sets \(name) itself")
        }
        headers.append(line)
    }

    /// Without these an answer cannot be judged.
    private static let ours: Set<String> = [
        "range", "if-range", "accept-encoding", "content-length", "transfer-encoding", "te",
        "connection", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
    ]

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
    }

    public func connections(to mirror: Mirror) -> Int {
        let usual = mirror.isImageNet ? Self.connectionsToImageNet : Self.usualConnections
        return min(max(connections ?? usual, 1), Self.mostConnections)
    }
}

/// The proxies of the environment: `https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`. Libraries
/// do not read the environment, and libcurl is kept from it.
public struct Proxies: Sendable {
    public var https: String?
    public var http: String?
    public var all: String?
    public var exceptions: String?

    public init(
        https: String? = nil, http: String? = nil, all: String? = nil, exceptions: String? = nil
    ) {
        self.https = https
        self.http = http
        self.all = all
        self.exceptions = exceptions
    }

    /// Empty is none, which also keeps libcurl from reading the environment.
    func proxy(for scheme: String) -> String { (scheme == "https" ? https : http) ?? all ?? "" }
}

/// A user name and an access key for image-net.org: sent only there, and never shown.
public struct ImageNetCredentials: Sendable, CustomStringConvertible, CustomReflectable {
    let userName: String
    let accessKey: String

    public init(userName: String, accessKey: String) {
        self.userName = userName
        self.accessKey = accessKey
    }

    public var description: String { "…" }
    public var customMirror: Swift.Mirror { Swift.Mirror(self, children: []) }

    /// `text` without the two, however they are encoded.
    func hidden(in text: String) -> String {
        var result = text
        for secret in [accessKey, userName].flatMap({
            [URLParts.percentEncoded($0), URLParts.percentEncoded($0, uppercase: true), $0]
        })
        where !secret.isEmpty {
            result = result.split(separator: secret, omittingEmptySubsequences: false)
                .joined(separator: "…")
        }
        return result
    }
}
