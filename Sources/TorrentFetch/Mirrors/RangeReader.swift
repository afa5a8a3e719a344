internal import CCurl
internal import Disk
internal import Glibc

/// Asks a web server for ranges of one file: one request after the other, on one connection that is
/// kept open, with all the checks of a pool's requests.
final class RangeReader {
    struct Failure: Error {
        enum Kind {
            /// It would fail again.
            case final
            /// The server asks for a pause of so many seconds.
            case busy(Int64?)
            /// Something broke; so many attempts in a row are worth it.
            case broken(attempts: Int)
        }
        let kind: Kind
        let error: FetchError
    }

    private let site: MirrorSite
    private let size: Int64?
    private let options: MirrorOptions
    private let stop: StopCheck
    private let transfer: CurlTransfer
    /// The size and the validator of the first answer, which all others must have too.
    private var first: ResponseGate.Answer?

    // The request that is running.
    private var hop: MirrorHop?
    private var gate: ResponseGate?
    private var step = ResponseGate.Step.more
    private var detour: MirrorHop.Detour?
    private var room: UnsafeMutableRawBufferPointer?
    private var filled = 0
    private var hasTooMuch = false

    /// - Parameters:
    ///   - size: the right size of the file, if it is known.
    ///   - first: the first answer of another reader.
    ///   - stop: ends a running request; the caller throws the reason.
    init(
        _ mirror: Mirror, _ size: Int64?, _ options: MirrorOptions,
        first: ResponseGate.Answer? = nil, stop: StopCheck = .never
    ) throws(FetchError) {
        self.first = first
        self.size = size
        self.options = options
        self.stop = stop
        site = MirrorSite(0, mirror, options)
        do {
            transfer = try CurlTransfer()
            let context = Unmanaged.passUnretained(self).toOpaque()
            try transfer.check(ccurl_set_header_taker(transfer.easy, Self.takeLine, context))
            try transfer.check(ccurl_set_socket_opener(transfer.easy, Self.openSocket, context))
            try transfer.check(ccurl_set_progress(transfer.easy, Self.lookAtStop, context))
        } catch {
            throw .mirror(error, mirror, at: nil, hiding: options.credentials)
        }
    }

    /// Asks for `range`, which is not empty.
    ///
    /// - Parameter room: for the bytes, as long as the range. Without it the head of the answer is
    ///   enough, and the server may also answer with the whole file.
    func ask(
        _ range: Range<Int64>, into room: UnsafeMutableRawBufferPointer? = nil
    ) throws(Failure) -> ResponseGate.Answer {
        self.room = room
        var isOld = site.hop?.redirects ?? 0 > 0
        hop = site.hop
        // Each turn is a redirect, and they are few.
        while let hop {
            let failure: CurlTransfer.Failure?
            do throws(CurlTransfer.Failure) {
                try run(range, at: hop)
                failure = nil
            } catch {
                failure = error
            }
            if let detour { throw final(hop, detour.reason) }
            switch step {
            case .accepted(let answer):
                try check(answer, failure, at: hop)
                site.hop = hop
                first = first ?? answer
                return answer
            case .redirected(let location):
                let next = hop.following(
                    location, allowsInsecureHTTP: options.allowsInsecureHTTP,
                    isFromOutside: site.isOutside)
                switch next {
                case .success(let next): self.hop = next
                case .failure(let detour): throw final(hop, detour.reason)
                }
            case .refused(let refusal) where isOld && refusal.kind != .changed:
                // The target of a redirect may have expired: ask the mirror itself again.
                isOld = false
                self.hop = site.home
            case .refused(let refusal):
                throw Failure(
                    kind: Failure.Kind(refusal.kind, options),
                    error: .mirror(refusal, site.mirror, at: hop.shown))
            case .more: throw broken(failure, at: hop)
            }
        }
        throw Failure(
            kind: .final, error: .mirror(.mirrorRefused, site.mirror, "it is not a web server"))
    }

    private func run(_ range: Range<Int64>, at hop: MirrorHop) throws(CurlTransfer.Failure) {
        let request = MirrorRequest(hop: hop, range: range, validator: first?.validator)
        gate = ResponseGate(
            ResponseGate.Request(
                range: range, size: size, validator: first?.validator,
                account: site.mirror.account, now: Int64(time(nil))))
        (step, detour, filled, hasTooMuch) = (.more, nil, 0, false)
        let lines = try request.prepare(transfer, for: site.mirror, options)
        defer {
            if hop.redirects == 0 { site.isBehindProxy = request.isProxied(transfer, options) }
            // Until here libcurl reads them.
            extendLifetime(lines)
        }
        try transfer.run { part in take(part) }
    }

    // MARK: Judging

    private func check(
        _ answer: ResponseGate.Answer, _ failure: CurlTransfer.Failure?, at hop: MirrorHop
    ) throws(Failure) {
        if let first, first.size != answer.size {
            throw final(hop, "its file changed while it was read")
        }
        guard let room else { return }
        if answer.isWhole {
            throw final(
                hop, "it sends only the whole file, not parts of it",
                hint: "download the whole file, or name another server")
        }
        if hasTooMuch { throw final(hop, "it sent more than requested") }
        if failure != nil || filled < room.count { throw broken(failure, at: hop) }
    }

    private func final(_ hop: MirrorHop, _ why: String, hint: Remedy? = nil) -> Failure {
        Failure(
            kind: .final,
            error: .mirror(.mirrorRefused, site.mirror, at: hop.shown, why, hint: hint))
    }

    private func broken(_ failure: CurlTransfer.Failure?, at hop: MirrorHop) -> Failure {
        guard let failure else {
            return Failure(
                kind: .broken(attempts: options.attempts),
                error: .mirror(.network, site.mirror, at: hop.shown, "it stopped too early"))
        }
        let error = FetchError.mirror(
            failure, site.mirror, at: hop.shown, hiding: options.credentials)
        let isFinal = error.code == .tls || error.code == .other
        return Failure(
            kind: isFinal ? .final : .broken(attempts: options.attempts(after: failure.code)),
            error: error)
    }

    // MARK: What curl calls

    private static func reader(_ context: UnsafeMutableRawPointer?) -> RangeReader? {
        context.map { Unmanaged<RangeReader>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let takeLine: ccurl_write = { bytes, size, count, context in
        guard let reader = reader(context), let bytes else { return 0 }
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return reader.take(line: line) ? line.count : 0
    }

    private static let openSocket: curl_opensocket_callback = { context, _, address in
        guard let reader = reader(context), let address, let hop = reader.hop else { return -1 }
        guard reader.site.allows(addressToOpen(address), for: hop) else {
            reader.detour = .inside(hop.parts.host)
            return -1
        }
        return TorrentFetch.openSocket(address.pointee)
    }

    private static let lookAtStop: curl_xferinfo_callback = { context, _, _, _, _ in
        reader(context)?.stop.reason == nil ? 0 : 1
    }

    /// Whether more of the answer is wanted.
    private func take(line: UnsafeRawBufferPointer) -> Bool {
        step = gate?.take(line) ?? .more
        switch step {
        case .more: return true
        case .accepted(let answer): return room != nil && !answer.isWhole
        case .redirected, .refused: return false
        }
    }

    private func take(_ part: UnsafeRawBufferPointer) -> Bool {
        guard case .accepted = step, let room else { return false }
        if part.count > room.count - filled {
            hasTooMuch = true
            return false
        }
        UnsafeMutableRawBufferPointer(rebasing: room[filled...]).copyMemory(from: part)
        filled += part.count
        return true
    }
}

extension RangeReader.Failure.Kind {
    fileprivate init(_ kind: ResponseGate.Refusal.Kind, _ options: MirrorOptions) {
        switch kind {
        case .wrong, .denied, .absent, .changed: self = .final
        case .busy(let seconds): self = .busy(seconds)
        case .fault: self = .broken(attempts: options.attempts)
        }
    }
}
