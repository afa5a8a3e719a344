internal import CCurl
internal import Disk
internal import Glibc

/// Where a mirror's file is requested: at the mirror, or where it redirects to.
///
/// Redirects are followed here and not by libcurl: each target is checked first, the user's headers
/// go to the mirror alone, and the last target is remembered for the next request.
struct MirrorHop: Sendable {
    let url: String
    let parts: URLParts
    let redirects: Int

    /// Only image-net.org gets these; they are hidden where it repeats them.
    let credentials: ImageNetCredentials?

    private static let maximumRedirects = 5

    init?(_ mirror: Mirror, _ credentials: ImageNetCredentials?) {
        guard case .web(let url) = mirror.place, let parts = URLParts(url) else { return nil }
        self.init(url: url, parts: parts, redirects: 0, credentials: credentials)
    }

    private init(
        url: String, parts: URLParts, redirects: Int, credentials: ImageNetCredentials?
    ) {
        self.url = url
        self.parts = parts
        self.redirects = redirects
        self.credentials = credentials
    }

    var shown: String { escaped(credentials?.hidden(in: parts.shown) ?? parts.shown) }

    /// The next hop, or why it is refused.
    ///
    /// - Parameter isFromOutside: the mirror is on the open internet and must not lead us into our
    ///   own network.
    func following(
        _ location: String, allowsInsecureHTTP: Bool, isFromOutside: Bool
    ) -> Result<MirrorHop, Detour> {
        guard redirects < Self.maximumRedirects else {
            return .failure(Detour(reason: "it redirects more than \(Self.maximumRedirects) times"))
        }
        guard let url = URLParts.resolve(location, against: self.url),
            let parts = URLParts(url)
        else {
            return .failure(Detour(reason: "it redirects to an invalid address"))
        }
        let next = MirrorHop(
            url: url, parts: parts, redirects: redirects + 1, credentials: credentials)
        do {
            _ = try URLParts.checked(url, allowsInsecureHTTP: allowsInsecureHTTP)
        } catch {
            let reason = "it redirects to \(next.shown), which is not followed"
            return .failure(Detour(reason: reason))
        }
        if isFromOutside, AddressRules.isInside(host: parts.host) {
            return .failure(Detour.inside(parts.host))
        }
        return .success(next)
    }

    struct Detour: Error {
        let reason: String

        static func inside(_ host: String) -> Detour {
            Detour(reason: "it redirects to \(escaped(host)), an address inside this network")
        }
    }
}

/// One request for bytes of a file, as libcurl needs it.
struct MirrorRequest {
    var hop: MirrorHop
    var range: Range<Int64>
    var validator: Validator?

    /// Sets up `transfer`; the returned lines must live as long as it runs.
    func prepare(
        _ transfer: borrowing CurlTransfer, for mirror: Mirror, _ options: MirrorOptions
    ) throws(CurlTransfer.Failure) -> HeaderLines {
        let isLoopback = hop.parts.isLoopback
        try transfer.set(CURLOPT_URL, try address())
        try transfer.set(CURLOPT_RANGE, "\(range.lowerBound)-\(range.upperBound - 1)")
        // One scheme only: `hop` was checked.
        try transfer.set(CURLOPT_PROTOCOLS_STR, hop.parts.scheme)
        try transfer.set(CURLOPT_FOLLOWLOCATION, 0)
        try transfer.set(CURLOPT_HTTP09_ALLOWED, 0)
        try transfer.set(CURLOPT_UNRESTRICTED_AUTH, 0)
        try transfer.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try transfer.setUsual(options.certificates)
        try transfer.set(
            CURLOPT_NETRC,
            Int((options.usesNetrc ? CURL_NETRC_OPTIONAL : CURL_NETRC_IGNORED).rawValue))
        // Set even without a proxy, because libcurl would read the environment. It would send even
        // this machine's own address through a proxy.
        try transfer.set(CURLOPT_PROXY, options.proxies.proxy(for: hop.parts.scheme))
        try transfer.set(CURLOPT_NOPROXY, isLoopback ? "*" : options.proxies.exceptions ?? "")
        try transfer.set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout.milliseconds)
        try transfer.set(CURLOPT_LOW_SPEED_LIMIT, options.lowSpeed)
        // libcurl counts in whole seconds.
        try transfer.set(
            CURLOPT_LOW_SPEED_TIME, (options.lowSpeedTime.milliseconds + 999) / 1000)
        try transfer.set(CURLOPT_TCP_KEEPALIVE, 1)
        var lines = HeaderLines()
        try lines.append("Accept: */*")
        try lines.append("Accept-Encoding: identity")
        if let validator { try lines.append("If-Range: \(validator.text)") }
        if hop.redirects == 0 || MirrorHop(mirror, nil)?.parts.hasOrigin(of: hop.parts) == true {
            for line in options.headers { try lines.append(line) }
        }
        try transfer.check(ccurl_set_pointer(transfer.easy, CURLOPT_HTTPHEADER, lines.list))
        return lines
    }

    /// Whether a proxy answers, so that the connected address is the proxy's.
    func isProxied(_ transfer: borrowing CurlTransfer, _ options: MirrorOptions) -> Bool {
        var status = 0
        let code = ccurl_get_long(transfer.easy, CURLINFO_HTTP_CONNECTCODE, &status)
        if code == CURLE_OK, status != 0 { return true }
        return hop.parts.scheme == "http" && !hop.parts.isLoopback
            && !options.proxies.proxy(for: "http").isEmpty
    }

    /// The URL with the access key, which only image-net.org gets, and only over TLS.
    private func address() throws(CurlTransfer.Failure) -> String {
        guard let credentials = hop.credentials, hop.parts.scheme == "https",
            Mirror.isImageNet(hop.parts.host)
        else { return hop.url }
        let named = URLParts.appending(query: "username", credentials.userName, to: hop.url)
        let keyed = named.flatMap {
            URLParts.appending(query: "accesskey", credentials.accessKey, to: $0)
        }
        guard let keyed else {
            throw CurlTransfer.Failure(
                code: CURLE_URL_MALFORMAT, text: "the access key does not fit into the address")
        }
        return keyed
    }
}

/// Header lines for libcurl, freed with this.
struct HeaderLines: ~Copyable {
    private(set) var list: UnsafeMutablePointer<curl_slist>?

    mutating func append(_ line: String) throws(CurlTransfer.Failure) {
        guard let longer = curl_slist_append(list, line) else {
            throw CurlTransfer.Failure(code: CURLE_OUT_OF_MEMORY, text: "out of memory")
        }
        list = longer
    }

    deinit { curl_slist_free_all(list) }
}
