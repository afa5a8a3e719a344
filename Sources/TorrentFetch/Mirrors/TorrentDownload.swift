internal import CCurl
public import Disk

/// Downloads a .torrent from a web server. It is not trusted: `Metainfo` and the pin decide.
public enum TorrentDownload {
    /// The bytes at `url`, at most as many as a .torrent may have.
    ///
    /// Blocks the calling thread, at most for `timeout`. Only https is asked and redirected to;
    /// http only on this machine. Certificates are always verified.
    ///
    ///     let bytes = try TorrentDownload.bytes(from: "https://academictorrents.com/…")
    ///
    /// - Parameter certificates: a file of certificates to trust instead of libcurl's usual ones.
    /// - Throws: `.urlRefused`, `.network`, `.tls`, `.mirrorRefused` or `.stalled`.
    public static func bytes(
        from url: String, timeout: Duration = .seconds(60), certificates: Path? = nil
    ) throws(FetchError) -> [UInt8] {
        let isLoopback = try check(url)
        let limit = Metainfo.maximumByteCount
        var body: [UInt8] = []
        var refusal: String?
        do {
            let transfer = try CurlTransfer()
            try prepare(transfer, url, timeout, isLoopback: isLoopback)
            try transfer.setUsual(certificates)
            try transfer.run { part in
                if body.isEmpty { refusal = Self.refusal(transfer) }
                if refusal == nil, part.count > limit - body.count {
                    refusal = "it is longer than the \(limit) bytes that a torrent may have"
                }
                if refusal == nil { body.append(contentsOf: part) }
                return refusal == nil
            }
            refusal = Self.refusal(transfer) ?? (body.isEmpty ? "it sent nothing" : nil)
        } catch {
            // To libcurl our refusal is a failed write.
            if refusal == nil {
                let code = FetchError.Code(error.code)
                let text = escaped(FetchError.continued(error.text))
                throw .failed(code, url, text)
            }
        }
        if let refusal { throw .failed(.mirrorRefused, url, refusal) }
        return body
    }

    private static func prepare(
        _ transfer: borrowing CurlTransfer, _ url: String, _ timeout: Duration, isLoopback: Bool
    ) throws(CurlTransfer.Failure) {
        try transfer.set(CURLOPT_URL, url)
        try transfer.set(CURLOPT_TIMEOUT_MS, timeout.milliseconds)
        try transfer.set(CURLOPT_CONNECTTIMEOUT_MS, min(timeout.milliseconds, 15_000))
        try transfer.set(CURLOPT_PROTOCOLS_STR, isLoopback ? "http,https" : "https")
        try transfer.set(CURLOPT_REDIR_PROTOCOLS_STR, "https")
        try transfer.set(CURLOPT_FOLLOWLOCATION, 1)
        try transfer.set(CURLOPT_MAXREDIRS, 5)
        try transfer.set(CURLOPT_FAILONERROR, 1)
        try transfer.set(CURLOPT_MAXFILESIZE_LARGE, offset: Metainfo.maximumByteCount)
        // libcurl would send even this machine's own address through http_proxy.
        if isLoopback { try transfer.set(CURLOPT_NOPROXY, "*") }
    }

    private static func refusal(_ transfer: borrowing CurlTransfer) -> String? {
        let status = transfer.status
        if status != 200 { return "the server answered with status \(status)" }
        if let type = transfer.contentType?.lowercased(), type.hasPrefix("text/html") {
            return "the server sent a web page, not a torrent"
        }
        return nil
    }

    /// Refuses anything but https; says whether it is this machine.
    private static func check(_ url: String) throws(FetchError) -> Bool {
        guard let parts = URLParts(url) else {
            throw .urlRefused(url, "it is not an https address")
        }
        if parts.hasCredentials {
            // Not even repeated in the message.
            throw .urlRefused(
                "\(parts.scheme)://…@\(parts.host)", "it must not contain a name or password")
        }
        switch parts.scheme {
        case "https": return parts.isLoopback
        case "http" where parts.isLoopback: return true
        default:
            throw .urlRefused(
                url, "only https is supported",
                hint: "download the file yourself and give its path")
        }
    }
}

extension FetchError.Code {
    init(_ code: CURLcode) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT,
            CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE,
            CURLE_INTERFACE_FAILED, CURLE_PROXY:
            self = .network
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED,
            CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
            self = .tls
        case CURLE_OPERATION_TIMEDOUT: self = .stalled
        case CURLE_FAILED_INIT, CURLE_UNKNOWN_OPTION,
            CURLE_NOT_BUILT_IN:
            self = .other
        // Also "out of memory", which libcurl reports for absurd headers.
        default: self = .mirrorRefused
        }
    }
}
