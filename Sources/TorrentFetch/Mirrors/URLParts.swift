internal import CCurl

/// What has to be known of a URL before it is asked, as libcurl itself will read it: two parsers
/// that differ are how a check is got around.
struct URLParts {
    let scheme: String
    let host: String
    let hasCredentials: Bool

    /// Nil where libcurl cannot read it, or there is no scheme.
    init?(_ url: String) {
        // libcurl would stop at a NUL.
        guard !url.utf8.contains(0), let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard
            curl_url_set(handle, CURLUPART_URL, url, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK,
            let scheme = Self.part(handle, CURLUPART_SCHEME),
            let host = Self.part(handle, CURLUPART_HOST)
        else { return nil }
        self.scheme = scheme
        self.host = host
        hasCredentials =
            Self.part(handle, CURLUPART_USER) != nil
            || Self.part(handle, CURLUPART_PASSWORD) != nil
    }

    /// The host is this machine and nothing else. libcurl never asks a name server for localhost.
    var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }

    private static func part(_ handle: OpaquePointer, _ part: CURLUPart) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
