internal import DatasetManifest
public import Disk

/// Why a file could not be downloaded or verified, and what to do about it.
public struct FetchError: Failure, Equatable {
    public struct Code: Sendable, Hashable {
        let name: String
        /// A .torrent that is damaged, unsafe, or for another file.
        public static let torrentRefused = Code(name: "torrentRefused")
        /// An address that is never asked: not https, or invalid.
        public static let urlRefused = Code(name: "urlRefused")
        /// The server cannot be reached, or the connection broke.
        public static let network = Code(name: "network")
        /// No secure connection, or not to the right server.
        public static let tls = Code(name: "tls")
        /// The server answered, but not with the requested bytes.
        public static let mirrorRefused = Code(name: "mirrorRefused")
        /// The server did not answer in time.
        public static let stalled = Code(name: "stalled")
        /// Something basic failed: no memory, or a library without a feature.
        public static let other = Code(name: "other")
    }

    public let code: Code
    public let message: String
    public let hint: Remedy?

    init(_ code: Code, _ message: String, hint: Remedy? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    static func refused(_ source: Path, _ why: String, hint: Remedy? = nil) -> FetchError {
        FetchError(.torrentRefused, "refused the torrent \(source): \(why)", hint: hint)
    }

    static func notPinned(_ source: Path, _ why: String) -> FetchError {
        .refused(
            source, why,
            hint: "use the .torrent of this file, or none: peers have it too")
    }

    static func urlRefused(_ url: String, _ why: String, hint: Remedy? = nil) -> FetchError {
        FetchError(.urlRefused, "refused the address \(escaped(url)): \(why)", hint: hint)
    }

    static func failed(_ code: Code, _ url: String, _ why: String) -> FetchError {
        FetchError(code, "cannot fetch \(escaped(url)): \(why)", hint: hint(for: code))
    }

    /// The message without its "cannot fetch URL: ". A URL has no blanks.
    var reason: Substring {
        guard message.hasPrefix("cannot fetch "), let end = message.firstRange(of: ": ") else {
            return message[...]
        }
        return message[end.upperBound...]
    }

    static func hint(for code: Code) -> Remedy? {
        switch code {
        case .network: "is the network up? a proxy is taken from https_proxy"
        case .tls: "is this machine's clock right, and is the package ca-certificates installed?"
        case .mirrorRefused: "open the address in a browser to see what the server wants"
        case .stalled: "try again later, or download the file by hand"
        default: nil
        }
    }
}

extension FetchError {
    /// Picks the more severe error: TLS, then a refusal, then the network, then a stall.
    static func worse(_ a: FetchError?, _ b: FetchError) -> FetchError {
        guard let a else { return b }
        let order: [Code] = [.stalled, .network, .mirrorRefused, .tls]
        let rank = { (error: FetchError) in order.firstIndex(of: error.code) ?? order.count }
        return rank(b) > rank(a) ? b : a
    }

    /// Whether another mirror may do better.
    var isOfMirror: Bool {
        [.network, .tls, .mirrorRefused, .stalled, .mismatch, .urlRefused].contains(code)
    }

    /// libcurl's text, in lower case to follow a colon, except for names such as SSL.
    static func continued(_ text: String) -> String {
        guard let first = text.first, text.dropFirst().first?.isLowercase == true else {
            return text
        }
        return first.lowercased() + text.dropFirst()
    }

    static func interrupted(_ file: ManifestFile) -> FetchError {
        FetchError(.other, "\(escaped(file.name)): its digests were not finished")
    }
}
