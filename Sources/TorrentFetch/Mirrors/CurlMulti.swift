internal import CCurl

/// Many transfers on one thread (`libcurl-multi(3)`), with connections kept open between them.
struct CurlMulti: ~Copyable {
    private let multi: UnsafeMutableRawPointer

    /// - Parameter connections: how many are kept open.
    init(connections: Int) throws(CurlTransfer.Failure) {
        guard CurlTransfer.isReady, let multi = curl_multi_init() else {
            throw CurlTransfer.Failure(code: CURLE_FAILED_INIT, text: "libcurl cannot be set up")
        }
        self.multi = multi
        // These cannot fail; one connection is one transfer.
        _ = ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connections)
    }

    deinit { curl_multi_cleanup(multi) }

    /// May be called on another thread while this lives.
    var waker: Waker { Waker(multi: multi) }

    struct Waker: Sendable {
        // Safe: curl_multi_wakeup(3) is the one function made for other threads.
        nonisolated(unsafe) let multi: UnsafeMutableRawPointer

        func wake() { curl_multi_wakeup(multi) }
    }

    func add(_ transfer: borrowing CurlTransfer) throws(CurlTransfer.Failure) {
        let code = curl_multi_add_handle(multi, transfer.easy)
        guard code == CURLM_OK else {
            throw CurlTransfer.Failure(
                code: CURLE_FAILED_INIT, text: String(cString: curl_multi_strerror(code)))
        }
    }

    func remove(_ transfer: borrowing CurlTransfer) {
        curl_multi_remove_handle(multi, transfer.easy)
    }

    func perform() {
        var running: Int32 = 0
        curl_multi_perform(multi, &running)
    }

    /// Waits for an event or `wake()`.
    func poll(milliseconds: Int) {
        curl_multi_poll(multi, nil, 0, Int32(clamping: milliseconds), nil)
    }

    func nextEnded() -> (easy: UnsafeMutableRawPointer, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            if message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle {
                return (easy, message.pointee.data.result)
            }
        }
        return nil
    }
}
