internal import DatasetManifest
public import Disk

/// Something that could not be fetched, or was not what it should be: one sentence, and what to do.
public struct FetchError: Failure, Equatable {
    /// What went wrong, as far as a caller can act on it.
    public struct Code: Sendable, Hashable {
        let name: String
        /// A .torrent that is damaged, unsafe, or of something else.
        public static let torrentRefused = Code(name: "torrentRefused")
        /// A URL that is never asked: no https, or not to be understood.
        public static let urlRefused = Code(name: "urlRefused")
        /// The server cannot be reached, or the connection broke.
        public static let network = Code(name: "network")
        /// No secure connection, or not with whom it should be.
        public static let tls = Code(name: "tls")
        /// The server answered, but not with what was asked for.
        public static let mirrorRefused = Code(name: "mirrorRefused")
        /// The server did not answer in time.
        public static let stalled = Code(name: "stalled")
        /// Something that should always work did not: memory, or a library that lacks a feature.
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

    /// A .torrent from `source` is not taken.
    static func refused(_ source: Path, _ why: String, hint: Remedy? = nil) -> FetchError {
        FetchError(.torrentRefused, "refused the torrent \(source): \(why)", hint: hint)
    }

    /// A .torrent from `source` is of something else than what was pinned.
    static func notPinned(_ source: Path, _ why: String) -> FetchError {
        .refused(
            source, why,
            hint: "use the .torrent of this file, or none: peers have it too")
    }

    /// `url` is not one that we ask.
    static func urlRefused(_ url: String, _ why: String, hint: Remedy? = nil) -> FetchError {
        FetchError(.urlRefused, "refused the address \(escaped(url)): \(why)", hint: hint)
    }

    /// `url` was asked, in vain.
    static func failed(_ code: Code, _ url: String, _ why: String) -> FetchError {
        FetchError(code, "cannot fetch \(escaped(url)): \(why)", hint: hint(for: code))
    }

    /// The message as a part of another that says what cannot be fetched. No address has a blank.
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
    /// Which of two errors of a file's sources is told: TLS before lies before the network before
    /// a stall.
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

    /// What libcurl says, as it goes on after a colon: in small letters, but for names such as SSL.
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
