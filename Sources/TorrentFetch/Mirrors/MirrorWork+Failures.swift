internal import CCurl
internal import Disk

// What a pool does when a request ends.
extension MirrorWork {
    private static let maximumStrikes = 3

    func accepted(_ connection: MirrorConnection, _ answer: ResponseGate.Answer) {
        let site = connection.site
        site.hop = connection.hop
        site.isKnown = true
        site.sendsWhole = answer.isWhole
        // Servers that never agree are judged by piece hashes alone. An answer to a request from
        // before a change says nothing about the new file.
        if site.changes <= Self.maximumStrikes, site.validator == nil, connection.validator == nil {
            site.validator = answer.validator
        }
        if let validator = site.validator { pool.origin?.saw(.web(validator)) }
    }

    func requestEnded(_ connection: MirrorConnection, _ code: CURLcode) {
        let site = connection.site
        let failure: CurlTransfer.Failure?
        do throws(CurlTransfer.Failure) {
            try connection.transfer.check(code)
            failure = nil
        } catch {
            failure = error
        }
        switch connection.ending {
        case .redirected(let location): follow(location, connection)
        case .refused(let refusal): heed(refusal, of: connection)
        case .detour(let detour): dropSite(of: connection, detour)
        case .satisfied: _ = release(connection)
        case nil:
            let shown = connection.hop?.shown
            let wasInVain = connection.wasInVain
            let rest = release(connection)
            if let failure {
                let error = FetchError.mirror(
                    failure, site.mirror, at: shown, hiding: options.credentials)
                let isFinal = error.code == .tls || error.code == .other
                fail(site, error, isFinal: isFinal, attempts: options.attempts(after: failure.code))
            } else if !rest.isEmpty {
                fail(site, .mirror(.network, site.mirror, at: shown, "it stopped too early"))
            } else if wasInVain {
                // Another request would bring nothing either.
                let why =
                    "it can only send the whole file, and other sources bring the missing part"
                fail(site, .mirror(.stalled, site.mirror, at: shown, why))
            }
        }
    }

    private func follow(_ location: String, _ connection: MirrorConnection) {
        let site = connection.site
        guard let hop = connection.hop else { return }
        let next = hop.following(
            location, allowsInsecureHTTP: options.allowsInsecureHTTP,
            isFromOutside: site.isOutside)
        switch next {
        case .success(let next):
            let rest = release(connection, keepsRun: true)
            start(connection, rest, at: next, isOld: false)
        case .failure(let detour): dropSite(of: connection, detour)
        }
    }

    private func dropSite(of connection: MirrorConnection, _ detour: MirrorHop.Detour) {
        let site = connection.site
        let shown = connection.hop.flatMap { $0.redirects > 1 ? $0.shown : nil }
        _ = release(connection)
        drop(
            site,
            .mirror(
                .mirrorRefused, site.mirror, at: shown, detour.reason,
                hint: "name the mirror's real address with \(.mirror), if you trust it"))
    }

    private func heed(_ refusal: ResponseGate.Refusal, of connection: MirrorConnection) {
        let site = connection.site
        let hop = connection.hop
        let isOld = connection.hopIsOld
        let rest = release(connection, keepsRun: true)
        if refusal.kind != .changed, isOld, let hop, hop.redirects > 0 {
            // The target of a redirect may have expired: ask the mirror itself again.
            site.hop = site.home
            start(connection, rest, at: site.hop, isOld: false)
            return
        }
        giveBack(rest, site)
        let error = FetchError.mirror(refusal, site.mirror, at: hop?.shown)
        switch refusal.kind {
        case .busy(let seconds):
            site.connections = max(site.connections / 2, 1)
            fail(site, error, rest: seconds.map { .seconds($0) })
        case .fault: fail(site, error)
        case .changed where site.validator != connection.validator:
            // Asked before the change was seen.
            return
        case .changed where file.map != nil && site.changes <= Self.maximumStrikes:
            // Proven pieces stay; the rest comes from the new file.
            site.changes += 1
            site.validator = nil
            source.changed(site.index)
        case .changed:
            source.changed(site.index)
            drop(site, error)
        case .wrong, .denied, .absent: drop(site, error)
        }
    }

    /// Lets a mirror rest after a failure, longer each time, and drops it after too many.
    private func fail(
        _ site: MirrorSite, _ error: FetchError, rest: Duration? = nil, isFinal: Bool = false,
        attempts: Int? = nil
    ) {
        let now = ContinuousClock.now
        site.error = error
        // Connections that fail together are one failure.
        if let until = site.restsUntil, until > now, !isFinal {
            if let rest { site.restsUntil = max(until, now + rest) }
            return
        }
        site.failures += 1
        if isFinal || site.failures >= attempts ?? options.attempts { return drop(site, error) }
        let factor = 1 << min(site.failures - 1, 6)
        site.restsUntil = now + (rest ?? min(options.pause * factor, .seconds(60)))
    }

    func strike(_ site: MirrorSite, _ piece: Int) {
        site.strikes += 1
        site.wrongPiece = piece
        let (right, wrong) = ledger.judged(site.index)
        if site.strikes >= Self.maximumStrikes, wrong - right > options.excessOfWrong {
            dropLiar(site)
        }
    }

    /// Drops all mirrors when none has a right piece left: two copies may be damaged in the same
    /// places.
    func dropExhausted() {
        let left = sites.filter { !$0.isDropped }
        guard !left.isEmpty, left.allSatisfy({ $0.strikes >= Self.maximumStrikes }),
            source.isExhausted(for: left.map(\.index))
        else { return }
        for site in left { dropLiar(site) }
    }

    private func dropLiar(_ site: MirrorSite) {
        let first = Int64(site.wrongPiece) * Int64(file.pieceLength)
        let last = first + Int64(file.length(of: site.wrongPiece)) - 1
        drop(
            site,
            .mirror(
                .mirrorRefused, site.mirror,
                "it sent wrong bytes \(site.strikes) times, the last time in bytes "
                    + "\(first) to \(last)",
                hint: "its copy is damaged or another file: name another source with \(.mirror) or "
                    + "\(.peer)"))
    }
}

extension MirrorOptions {
    /// A server that is not there is seldom there a moment later.
    func attempts(after code: CURLcode) -> Int {
        let isAbsent = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST
        return isAbsent ? min(attempts, 3) : attempts
    }
}
