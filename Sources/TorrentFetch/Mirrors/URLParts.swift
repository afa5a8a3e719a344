internal import CCurl

/// The parts of a URL as libcurl will read it: a second parser could differ, and a check could be
/// bypassed.
struct URLParts {
    let scheme: String
    let host: String
    /// Nil where it is the scheme's default.
    let port: String?
    /// Begins with a slash, percent-encoded as given.
    let path: String
    let hasQuery: Bool
    let hasCredentials: Bool

    /// Nil where libcurl cannot read it, or there is no scheme.
    init?(_ url: String) {
        // libcurl would stop at a NUL.
        guard !url.utf8.contains(0), let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard
            curl_url_set(handle, CURLUPART_URL, url, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK,
            let scheme = Self.part(handle, CURLUPART_SCHEME),
            // A file URL has no host.
            let host = Self.part(handle, CURLUPART_HOST) ?? (scheme == "file" ? "" : nil)
        else { return nil }
        self.scheme = scheme
        self.host = host.lowercased()
        port = Self.part(handle, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT)
        path = Self.part(handle, CURLUPART_PATH) ?? "/"
        hasQuery = Self.part(handle, CURLUPART_QUERY) != nil
        hasCredentials =
            Self.part(handle, CURLUPART_USER) != nil
            || Self.part(handle, CURLUPART_PASSWORD) != nil
    }

    /// Whether the host is this machine. libcurl never asks a name server for localhost.
    var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }

    /// The URL for display: what follows `?` is often a key.
    var shown: String {
        "\(scheme)://\(hasCredentials ? "…@" : "")\(host)\(port.map { ":" + $0 } ?? "")\(path)"
            + (hasQuery ? "?…" : "")
    }

    /// Whether a browser would call it the same origin.
    func hasOrigin(of other: URLParts) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    private static func part(
        _ handle: OpaquePointer, _ part: CURLUPart, _ flags: Int32 = 0
    ) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK, let text else {
            return nil
        }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

// MARK: New from old

extension URLParts {
    /// The URL that `location` means in an answer from `base`; nil where it is invalid.
    static func resolve(_ location: String, against base: String) -> String? {
        edited(base) { handle in
            curl_url_set(handle, CURLUPART_URL, location, UInt32(CURLU_NON_SUPPORT_SCHEME))
        }
    }

    /// `url` with `name` after its path, which ends in a slash.
    static func appending(fileName name: String, to url: String) -> String? {
        guard let parts = URLParts(url) else { return nil }
        return edited(url) { handle in
            curl_url_set(handle, CURLUPART_PATH, parts.path + percentEncoded(name), 0)
        }
    }

    /// `url` with one more `name=value` in its query.
    static func appending(query name: String, _ value: String, to url: String) -> String? {
        edited(url) { handle in
            let pair = "\(name)=\(percentEncoded(value))"
            return curl_url_set(handle, CURLUPART_QUERY, pair, UInt32(CURLU_APPENDQUERY))
        }
    }

    private static func edited(_ url: String, _ edit: (OpaquePointer) -> CURLUcode) -> String? {
        guard !url.utf8.contains(0), let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        let flags = UInt32(CURLU_NON_SUPPORT_SCHEME)
        guard curl_url_set(handle, CURLUPART_URL, url, flags) == CURLUE_OK,
            edit(handle) == CURLUE_OK,
            // What follows # is never sent.
            curl_url_set(handle, CURLUPART_FRAGMENT, nil, 0) == CURLUE_OK
        else { return nil }
        return part(handle, CURLUPART_URL)
    }

    /// Encodes all but the unreserved characters (RFC 3986, 2.3), in lower case as libcurl does.
    static func percentEncoded(_ text: String, uppercase: Bool = false) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: uppercase)
                result += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }

    static func percentDecoded(_ text: String) -> [UInt8]? {
        func value(_ digit: UInt8) -> UInt8? {
            Character(Unicode.Scalar(digit)).hexDigitValue.map { UInt8($0) }
        }
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(value),
                let low = rest.popFirst().flatMap(value)
            else { return nil }
            result.append(high << 4 | low)
        }
        return result
    }
}
