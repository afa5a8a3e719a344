internal import CCurl
internal import Disk
internal import Glibc

/// One libcurl easy handle with one owner: it is set up, run once and asked about.
///
/// Not shared between threads. The handle points to the buffer for its error text, which therefore
/// has a fixed address.
struct CurlTransfer: ~Copyable {
    struct Failure: Error {
        let code: CURLcode
        let text: String
    }

    let easy: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>

    // Safe on any thread since libcurl 7.84, and once is enough.
    static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init() throws(Failure) {
        guard Self.isReady, let easy = curl_easy_init() else {
            throw Failure(code: CURLE_FAILED_INIT, text: "libcurl cannot be set up")
        }
        self.easy = easy
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        // These three cannot fail.
        _ = ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        // Timeouts without signals, which belong to the program.
        _ = ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        // A resolver that does not answer must not delay the end.
        _ = ccurl_set_long(easy, CURLOPT_QUICK_EXIT, 1)
    }

    deinit {
        curl_easy_cleanup(easy)
        errorText.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) throws(Failure) {
        try check(ccurl_set_long(easy, option, value))
    }

    func set(_ option: CURLoption, offset value: Int) throws(Failure) {
        try check(ccurl_set_offset(easy, option, curl_off_t(value)))
    }

    func set(_ option: CURLoption, _ value: String) throws(Failure) {
        try check(ccurl_set_text(easy, option, value))
    }

    /// What every request needs.
    ///
    /// - Parameter certificates: a file of certificates to trust instead of libcurl's usual ones.
    func setUsual(_ certificates: Path?) throws(Failure) {
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        // libcurl's defaults, stated because safety depends on them.
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        if let certificates = certificates?.string { try set(CURLOPT_CAINFO, certificates) }
        try set(CURLOPT_USERAGENT, "imagenet-fetch")
    }

    var contentType: String? {
        var text: UnsafePointer<CChar>?
        guard ccurl_get_text(easy, CURLINFO_CONTENT_TYPE, &text) == CURLE_OK, let text else {
            return nil
        }
        return String(cString: text)
    }

    /// The status of the last answer; 0 when there was none.
    var status: Int {
        var status = 0
        guard ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK else { return 0 }
        return status
    }

    /// Runs the transfer on this thread. `take` gets the body in parts; false ends it.
    func run(_ take: (UnsafeRawBufferPointer) -> Bool) throws(Failure) {
        let result = withoutActuallyEscaping(take) { take in
            var sink = Sink(take: take)
            return withUnsafeMutablePointer(to: &sink) { sink in
                let set = ccurl_set_write(easy, Self.write, sink)
                return set == CURLE_OK ? curl_easy_perform(easy) : set
            }
        }
        try check(result)
    }

    private struct Sink {
        let take: (UnsafeRawBufferPointer) -> Bool
    }

    private static let write: ccurl_write = { bytes, size, count, context in
        // libcurl's manual says that size is always 1.
        guard let context else { return 0 }
        let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return context.assumingMemoryBound(to: Sink.self).pointee.take(part) ? part.count : 0
    }

    func check(_ code: CURLcode) throws(Failure) {
        if code == CURLE_OK { return }
        let text = String(cString: errorText)
        throw Failure(
            code: code, text: text.isEmpty ? String(cString: curl_easy_strerror(code)) : text)
    }
}

extension Duration {
    /// For libcurl, to which 0 is no limit.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let limit = Int64(Int32.max)
        return Int(
            overflow ? limit : min(max(whole + attoseconds / 1_000_000_000_000_000, 1), limit))
    }
}

// MARK: Sockets that are judged before they are opened

func addressToOpen(_ address: UnsafePointer<curl_sockaddr>) -> UnsafeRawBufferPointer {
    // Longer than the `sockaddr` that the header declares.
    let start = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
    return UnsafeRawBufferPointer(
        start: UnsafeRawPointer(address) + start, count: Int(address.pointee.addrlen))
}

func openSocket(_ address: curl_sockaddr) -> CInt {
    socket(address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
}
