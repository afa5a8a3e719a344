internal import CCurl
internal import Disk
internal import Glibc

struct MirrorFacts: Sendable, Equatable {
    let size: Int64
}

extension Mirror {
    /// Asks for the first byte to learn the size of the file.
    ///
    /// Blocks the calling thread.
    ///
    /// - Parameter size: the right size of the file, if it is known.
    /// - Throws: `.network`, `.tls`, `.stalled`, `.mirrorRefused`.
    func probe(
        size: Int64? = nil, options: MirrorOptions = MirrorOptions()
    ) throws(FetchError) -> MirrorFacts {
        if case .local(let path) = place { return try probe(path, size) }
        let probe = MirrorProbe(self, size, options)
        return try probe.run()
    }

    private func probe(_ path: Path, _ wanted: Int64?) throws(FetchError) -> MirrorFacts {
        let size: Int64
        do {
            size = try LocalMirror.open(path, fileName).size()
        } catch {
            throw .mirror(.mirrorRefused, self, error.message, hint: error.hint)
        }
        if let wanted, wanted != size {
            throw .mirror(.mirrorRefused, self, "its file has \(size) bytes, not \(wanted)")
        }
        return MirrorFacts(size: size)
    }
}

/// One request for one byte, with all the checks of a pool's requests.
private final class MirrorProbe {
    private let mirror: Mirror
    private let size: Int64?
    private let options: MirrorOptions
    private let site: MirrorSite
    private var hop: MirrorHop?
    private var gate: ResponseGate?
    private var step = ResponseGate.Step.more
    private var detour: MirrorHop.Detour?

    init(_ mirror: Mirror, _ size: Int64?, _ options: MirrorOptions) {
        self.mirror = mirror
        self.size = size
        self.options = options
        site = MirrorSite(0, mirror, options)
        hop = site.hop
    }

    func run() throws(FetchError) -> MirrorFacts {
        // Each turn is a redirect, and they are few.
        while let hop {
            do throws(CurlTransfer.Failure) {
                try ask(hop)
            } catch {
                // To libcurl our own end of a transfer is a failed write.
                if detour == nil, step == .more {
                    throw .mirror(error, mirror, at: hop.shown, hiding: options.credentials)
                }
            }
            if let detour { throw .mirror(.mirrorRefused, mirror, detour.reason) }
            switch step {
            case .accepted(let answer): return MirrorFacts(size: answer.size)
            case .refused(let refusal): throw .mirror(refusal, mirror, at: hop.shown)
            case .more: throw .mirror(.network, mirror, at: hop.shown, "it stopped too early")
            case .redirected(let location):
                let next = hop.following(
                    location, allowsInsecureHTTP: options.allowsInsecureHTTP,
                    isFromOutside: site.isOutside)
                switch next {
                case .success(let next): self.hop = next
                case .failure(let detour): throw .mirror(.mirrorRefused, mirror, detour.reason)
                }
            }
        }
        throw .mirror(.mirrorRefused, mirror, "it is not a web server")
    }

    private func ask(_ hop: MirrorHop) throws(CurlTransfer.Failure) {
        let transfer = try CurlTransfer()
        let request = MirrorRequest(hop: hop, range: 0..<1, validator: nil)
        gate = ResponseGate(
            ResponseGate.Request(
                range: 0..<1, size: size, account: mirror.account, now: Int64(time(nil))))
        step = .more
        let context = Unmanaged.passUnretained(self).toOpaque()
        try transfer.check(ccurl_set_header_taker(transfer.easy, Self.takeLine, context))
        try transfer.check(ccurl_set_socket_opener(transfer.easy, Self.openSocket, context))
        let lines = try request.prepare(transfer, for: mirror, options)
        defer {
            if hop.redirects == 0 { site.isBehindProxy = request.isProxied(transfer, options) }
            // Until here libcurl reads them.
            extendLifetime(lines)
        }
        try transfer.run { _ in false }
    }

    private static let takeLine: ccurl_write = { bytes, size, count, context in
        guard let context, let bytes else { return 0 }
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        let probe = Unmanaged<MirrorProbe>.fromOpaque(context).takeUnretainedValue()
        probe.step = probe.gate?.take(line) ?? .more
        return probe.step == .more ? line.count : 0
    }

    private static let openSocket: curl_opensocket_callback = { context, _, address in
        guard let context, let address else { return -1 }
        let probe = Unmanaged<MirrorProbe>.fromOpaque(context).takeUnretainedValue()
        guard let hop = probe.hop else { return -1 }
        guard probe.site.allows(addressToOpen(address), for: hop) else {
            probe.detour = .inside(hop.parts.host)
            return -1
        }
        return TorrentFetch.openSocket(address.pointee)
    }
}
