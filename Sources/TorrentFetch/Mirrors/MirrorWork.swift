internal import CCurl
internal import Disk
internal import Synchronization

/// The work on the thread of a pool: makes requests, takes answers, judges failures.
final class MirrorWork {
    let pool: MirrorPool
    let sites: [MirrorSite]
    let multi: CurlMulti
    var ledger: MirrorLedger
    private var allowance = RateAllowance()
    /// In the order in which they get work: one of each mirror before the second of any.
    private var connections: [MirrorConnection] = []
    var active: [UnsafeMutableRawPointer: MirrorConnection] = [:]
    private var readers: [Int: (reader: LocalMirror, thread: Thread)] = [:]
    private var pending = 0
    private var isStopped = false
    /// A read or write error of the disk, which ends it.
    var diskError: DiskError?

    var file: StagingFile { pool.file }
    var source: PieceQueue { pool.source }
    var options: MirrorOptions { pool.options }

    init(_ pool: MirrorPool) throws(CurlTransfer.Failure) {
        self.pool = pool
        sites = pool.mirrors.enumerated().map {
            MirrorSite($0, $1, pool.options)
        }
        if case .web(let validator) = pool.origin?.version {
            // The bytes of an earlier run came from this very file.
            for site in sites { site.validator = validator }
        }
        let web = sites.filter { !$0.isLocal }
        let most = web.map(\.connections).max() ?? 0
        multi = try CurlMulti(connections: most * web.count + 2)
        ledger = MirrorLedger(pool.mirrors)
        for turn in 0..<most {
            for site in web where turn < site.connections {
                connections.append(try MirrorConnection(site, self))
            }
        }
    }

    func run() -> MirrorPool.Outcome {
        pool.inbox.open(multi.waker)
        startReaders()
        while true {
            let now = ContinuousClock.now
            for message in pool.inbox.take() { heed(message) }
            allowance.refill(now, rate: pool.maximumRate.load(ordering: .relaxed))
            ledger.measure(now)
            if isStopped || diskError != nil { break }
            giveWork(now)
            resume()
            multi.perform()
            while let (easy, code) = multi.nextEnded() {
                if let connection = active[easy] { requestEnded(connection, code) }
            }
            if pending == 0, active.isEmpty { dropExhausted() }
            show(now)
            if isOver { break }
            multi.poll(milliseconds: pause(now))
            for (reader, _) in readers.values { reader.wake() }
        }
        end()
        return MirrorPool.Outcome(isFinished: source.isFinished, diskError: diskError)
    }

    // MARK: For the connections

    var mayReceive: Bool { !allowance.isSpent }

    func received(_ count: Int, _ site: MirrorSite) {
        allowance.spend(count)
        ledger[site.index].receivedBytes += Int64(count)
    }

    func waste(_ count: Int, _ why: MirrorReport.Waste, _ site: MirrorSite) {
        ledger.waste(count, why, site.index)
    }

    /// Bytes that a server sends although they are there.
    func passedOver(_ count: Int, _ site: MirrorSite) {
        ledger[site.index].passedOverBytes += Int64(count)
    }

    func takeBuffer() -> PieceBuffer? {
        pool.buffers.take(orCall: { [inbox = pool.inbox] in inbox.wake() })
    }

    func submit(_ piece: Int, _ buffer: PieceBuffer, _ site: MirrorSite) {
        pending += 1
        let byteCount = file.length(of: piece)
        file.submit(piece, buffer) { [inbox = pool.inbox, index = site.index] verdict in
            inbox.post(
                .verdict(verdict, piece: piece, byteCount: byteCount, mirror: index))
        }
    }

    // MARK: Handing out

    private func startReaders() {
        for site in sites where site.isLocal {
            guard let reader = LocalMirror(site.mirror, site.index, pool) else { continue }
            ledger[site.index].phase = .active
            readers[site.index] = (reader, Thread { reader.read() })
        }
    }

    private func giveWork(_ now: ContinuousClock.Instant) {
        for connection in connections where !connection.isActive {
            let site = connection.site
            guard mayStart(site, now) else { continue }
            // About a second's worth: few requests, and still nearly in order.
            let wanted = min(
                max(Int64(connection.speed), options.runBytes.lowerBound),
                options.runBytes.upperBound)
            let pieces = source.takeRun(for: site.index, from: nil, bytes: wanted)
            if let pieces {
                start(connection, pieces, at: site.hop, isOld: true)
            } else {
                help(connection, now)
            }
        }
    }

    private func mayStart(_ site: MirrorSite, _ now: ContinuousClock.Instant) -> Bool {
        if site.isDropped { return false }
        if let until = site.restsUntil, until > now { return false }
        let count = active.values.count { $0.site === site }
        return count < (site.isKnown && !site.sendsWhole ? site.connections : 1)
    }

    func start(
        _ connection: MirrorConnection, _ pieces: Range<Int>, at hop: MirrorHop?, isOld: Bool
    ) {
        let site = connection.site
        guard let hop else { return source.giveBack(pieces, from: site.index) }
        do {
            try connection.start(pieces, at: hop, isOld: isOld)
            try multi.add(connection.transfer)
            active[connection.transfer.easy] = connection
        } catch {
            source.giveBack(connection.isActive ? connection.stop() : pieces, from: site.index)
            drop(site, .mirror(error, site.mirror, at: hop.shown, hiding: options.credentials))
        }
    }

    /// Resumes transfers that waited for memory or for the rate limit, those nearest to the
    /// beginning of the file first.
    private func resume() {
        if allowance.isSpent { return }
        let waiting = active.values.filter { $0.hold != .none }
        for connection in waiting.sorted(by: { $0.run.lowerBound < $1.run.lowerBound }) {
            connection.resume()
            // In the end libcurl would not say what went wrong here.
            if connection.ending != nil { requestEnded(connection, CURLE_WRITE_ERROR) }
            if connection.hold == .buffer { return }
        }
    }

    private func pause(_ now: ContinuousClock.Instant) -> Int {
        var result = 200
        if active.values.contains(where: { $0.hold == .rate }) { result = 20 }
        for site in sites {
            guard let until = site.restsUntil, until > now, !site.isDropped else { continue }
            let milliseconds = (until - now) / .milliseconds(1)
            result = min(result, Int(milliseconds.rounded(.up)))
        }
        return max(result, 1)
    }

    // MARK: Coming to an end

    private var isOver: Bool {
        guard pending == 0 else { return false }
        if source.isFinished { return true }
        return active.isEmpty && readers.isEmpty && sites.allSatisfy { $0.isLocal || $0.isDropped }
    }

    private func end() {
        for (easy, connection) in active {
            multi.remove(connection.transfer)
            active[easy] = nil
            giveBack(connection.stop(), connection.site)
        }
        for (reader, thread) in readers.values {
            reader.stop()
            thread.join()
        }
        // The reports should have the verdict of every submitted piece.
        for message in pool.inbox.take() { heed(message) }
        while pending > 0 {
            multi.poll(milliseconds: 100)
            for message in pool.inbox.take() { heed(message) }
        }
        pool.inbox.close()
        ledger.measure(.now)
        show(.now)
    }

    func giveBack(_ pieces: Range<Int>, _ site: MirrorSite) {
        if !pieces.isEmpty { source.giveBack(pieces, from: site.index) }
    }

    /// Removes a connection from libcurl and gives back what it did not bring.
    func release(_ connection: MirrorConnection, keepsRun: Bool = false) -> Range<Int> {
        multi.remove(connection.transfer)
        active[connection.transfer.easy] = nil
        let rest = connection.stop()
        if !keepsRun { giveBack(rest, connection.site) }
        return rest
    }

    func drop(_ site: MirrorSite, _ error: FetchError) {
        guard !site.isDropped else { return }
        site.isDropped = true
        site.error = error
        readers[site.index]?.reader.stop()
        for connection in active.values where connection.site === site {
            _ = release(connection)
        }
    }

    private func heed(_ message: MirrorInbox.Message) {
        switch message {
        case .stop: isStopped = true
        case .read(let count, let mirror):
            pending += 1
            // A folder uses up a part of the limit.
            allowance.spend(count)
            ledger[mirror].receivedBytes += Int64(count)
        case .readerEnded(let error, let mirror):
            readers.removeValue(forKey: mirror)?.thread.join()
            if let error { drop(sites[mirror], error) }
        case .changed(let mirror): source.changed(mirror)
        case .verdict(let verdict, let piece, let byteCount, let mirror):
            pending -= 1
            judge(verdict, piece, byteCount, sites[mirror])
        }
    }

    private func judge(
        _ verdict: StagingFile.Verdict, _ piece: Int, _ byteCount: Int, _ site: MirrorSite
    ) {
        switch verdict {
        case .proven:
            site.failures = 0
            ledger[site.index].provenBytes += Int64(byteCount)
            endDoubles(of: piece)
        case .duplicate: waste(byteCount, .duplicate, site)
        // The file is closed.
        case .stopped: giveBack(piece..<piece + 1, site)
        case .failed(let error):
            diskError = diskError ?? error
            giveBack(piece..<piece + 1, site)
        case .wrong:
            waste(byteCount, .wrong, site)
            source.wasWrong(piece, from: site.index)
            strike(site, piece)
        }
    }

    private func show(_ now: ContinuousClock.Instant) {
        for site in sites {
            let busy = active.values.count { $0.site === site }
            ledger[site.index].connections = busy + (readers[site.index] == nil ? 0 : 1)
            ledger[site.index].strikes = site.strikes
            ledger[site.index].error = site.error
            if site.isDropped {
                ledger[site.index].phase = .dropped
            } else if let until = site.restsUntil, until > now {
                ledger[site.index].phase = .resting
            } else if ledger[site.index].connections > 0 {
                ledger[site.index].phase = .active
            }
        }
        pool.show(ledger.reports)
    }
}
