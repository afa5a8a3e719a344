internal import CTorrent
internal import DatasetManifest
internal import Disk
internal import Glibc

/// A libtorrent session, and the thread that takes its reports. It has at most one torrent that is
/// downloaded; `give` adds others.
final class Swarm: Sendable {
    let settings: Settings
    // Safe: every function but destroy may be called on any thread, and destroy is the last.
    nonisolated(unsafe) let session: OpaquePointer
    private let facts = Monitor(Facts())
    private let torrent = Monitor(Torrent())
    private let listener = Monitor<Thread?>(nil)

    private struct Torrent {
        // Safe: used only under the monitor.
        nonisolated(unsafe) var handle: OpaquePointer?
        nonisolated(unsafe) var stores: [ct_store] = []
        /// The totals from before the torrent was removed for a while.
        var past = Status()
        var trackers: [String] = []
        var since = ContinuousClock.now
    }

    /// How long the DHT may take to find its first node.
    private static let discovery: Duration = .seconds(4)

    init(_ settings: Settings) throws(FetchError) {
        self.settings = settings
        var error = ct_error()
        let ports = settings.usedPorts
        let interfaces = settings.addresses
            .map { "\($0):\(ports.lowerBound)" }.joined(separator: ",")
        let session = interfaces.withSpan { text in
            var wanted = ct_session_usual_settings()
            wanted.listen_interfaces = text.base
            wanted.listen_interfaces_count = text.count
            wanted.more_ports = Int32(clamping: ports.count - 1)
            wanted.max_peers = Int32(clamping: settings.maxPeers)
            wanted.max_download = Int32(clamping: settings.maxDownload)
            wanted.max_upload = Int32(clamping: settings.maxUpload)
            wanted.tcp = settings.usesTCP
            wanted.dht = settings.usesDHT
            wanted.lsd = settings.usesLSD
            wanted.lab = settings.isLab
            wanted.named_peers = !settings.peers.isEmpty
            wanted.gives_only = settings.givesOnly
            return ct_session_create(&wanted, &error)
        }
        guard let session else { throw .swarm("cannot start", error) }
        self.session = session
        listener.update { $0 = Thread { [self] in listen() } }
    }

    // MARK: The torrent

    /// Adds the torrent that `metainfo` describes; the pieces go to `store`.
    func add(
        metainfo: [UInt8], have: [UInt8], trackers: [String], store: SwarmStore
    ) throws(FetchError) {
        var error = ct_error()
        let retained = store.retainedForC()
        let handle = withTexts(trackers) { texts in
            ct_torrent_add(
                session, metainfo, metainfo.count, have, have.count, texts.baseAddress, texts.count,
                Int32(clamping: settings.maxPeers), false, retained, &error)
        }
        guard let handle else {
            Self.release(retained)
            throw .swarm("cannot add the torrent", error)
        }
        keep(retained)
        try begin(handle, trackers)
    }

    func add(infoHash: InfoHash, trackers: [String]) throws(FetchError) {
        var error = ct_error()
        var hash = ct_sha1()
        withUnsafeMutableBytes(of: &hash) { $0.copyBytes(from: infoHash.bytes) }
        let handle = withTexts(trackers) { texts in
            ct_torrent_add_infohash(
                session, hash, texts.baseAddress, texts.count, Int32(clamping: settings.maxPeers),
                &error)
        }
        guard let handle else { throw .swarm("cannot ask for the metadata", error) }
        try begin(handle, trackers)
    }

    private func begin(_ handle: OpaquePointer, _ trackers: [String]) throws(FetchError) {
        torrent.update { torrent in
            torrent.handle = handle
            (torrent.trackers, torrent.since) = (trackers, .now)
        }
        for peer in settings.peers { try connect(to: peer) }
    }

    @discardableResult
    private func withTorrent<R>(_ body: (OpaquePointer) -> R) -> R? {
        torrent.update { $0.handle.map(body) }
    }

    func connect(to peer: Peer) throws(FetchError) {
        var error = ct_error()
        let isKnown = withTorrent { handle in
            peer.address.withSpan { text in
                ct_torrent_connect(handle, text.base, text.count, peer.port, &error)
            }
        }
        if isKnown == false { throw .swarm("cannot use the peer \(escaped(peer.address))", error) }
    }

    func waitForMetadata(atMost duration: Duration) -> Bool {
        facts.wait(atMost: duration) { $0.hasMetadata ? true : nil } ?? false
    }

    /// The .torrent that peers have sent, once `Facts.hasMetadata`.
    var metainfo: [UInt8] {
        withTorrent { handle in
            let count = ct_torrent_get_metainfo(handle, nil, 0)
            if count == 0 { return [] }
            return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                filled = min(ct_torrent_get_metainfo(handle, buffer.baseAddress, count), count)
            }
        } ?? []
    }

    func removeTorrent() {
        torrent.update { torrent in
            ct_torrent_remove(torrent.handle)
            torrent.handle = nil
        }
        facts.update { facts in
            facts.isFinished = false
            facts.hasMetadata = false
        }
    }

    /// Removes the torrent until it is added again, so that libtorrent forgets its peers and its
    /// bans. After this no block comes to a store.
    func setAside() {
        let last = status
        removeTorrent()
        if let last { torrent.update { $0.past = last } }
        // Waits for libtorrent's thread, which works in order.
        _ = port
    }

    /// Says whether peers may be asked for these pieces.
    func want(_ pieces: Range<Int>, _ isWanted: Bool) {
        withTorrent {
            ct_torrent_want_pieces(
                $0, UInt32(clamping: pieces.lowerBound), UInt32(clamping: pieces.count), isWanted)
        }
    }

    /// Asks for a piece before all others.
    func hasten(_ piece: Int) {
        withTorrent { ct_torrent_hasten_piece($0, UInt32(clamping: piece)) }
    }

    /// Says that a piece came from elsewhere, so that peers are not asked for it.
    func announce(_ piece: Int, length: Int) {
        withTorrent {
            ct_torrent_add_piece($0, UInt32(clamping: piece), UInt32(clamping: length))
        }
    }

    func reannounce() { withTorrent { ct_torrent_reannounce($0) } }

    /// Tries peers that TCP does not reach by uTP too.
    func allowUTP() { ct_session_allow_utp(session) }

    /// The state of the torrent. Waits for libtorrent's thread, so ask only a few times a second.
    var status: Status? {
        let now: Status? = torrent.update { torrent in
            guard let handle = torrent.handle else { return nil }
            var status = ct_torrent_status()
            guard ct_torrent_get_status(handle, &status) else { return nil }
            return Status(status, after: torrent.past)
        }
        guard let now else { return nil }
        facts.update { $0.peakPeers = max($0.peakPeers, now.peers) }
        return now
    }

    /// Waits for libtorrent's thread, as `status` does.
    var neighbours: Neighbours? {
        withTorrent { handle -> Neighbours? in
            var now = ct_neighbours()
            guard ct_torrent_get_neighbours(handle, &now) else { return nil }
            return Neighbours(
                count: Int(now.count), lower: Int(now.lower), isLowerAhead: now.lower_is_ahead,
                unfinished: Int(now.unfinished))
        } ?? nil
    }

    /// In a lab: lets peers from outside in, or not.
    func openOutside(_ isOpen: Bool) {
        withTorrent { ct_torrent_open_outside($0, isOpen) }
        guard isOpen else { return }
        // An address that a person named was accepted before.
        for peer in settings.peers { try? connect(to: peer) }
    }

    /// Whether nobody could ever be reached: no tracker, no peer, no DHT node. A named peer, or one
    /// of the local network, may still appear. Waits for libtorrent's thread, as `status` does.
    var isCutOff: Bool {
        let facts = events
        guard settings.peers.isEmpty, !settings.usesLSD, facts.trackerReplies == 0,
            facts.peakPeers == 0, let status,
            status.peers == 0, status.candidates == 0
        else { return false }
        let (trackers, since) = torrent.read { ($0.trackers, $0.since) }
        let isEarly = ContinuousClock.now - since < Self.discovery
        // Without any network there is no port, and no tracker is asked.
        if !isEarly, port == 0 { return true }
        guard trackers.allSatisfy(facts.distantTrackers.contains) else { return false }
        if !settings.usesDHT { return !trackers.isEmpty }
        return !isEarly && ct_session_dht_nodes(session) == 0
    }

    var port: UInt16 { ct_session_listen_port(session) }

    var events: Facts { facts.read { $0 } }

    /// Lets peers that a store has held back continue.
    func resumeWriters() { ct_session_resume_writers(session) }

    // MARK: The end

    deinit {
        // A session that is still ending retains its store, and so this.
        ct_session_destroy(session)
    }

    /// Ends the session within about two seconds.
    ///
    /// - Returns: whether it has ended. One that waits for a name server or a disk is left to end
    ///   by itself, with its stores.
    @discardableResult
    func end() -> Bool {
        removeTorrent()
        var error = ct_error()
        let isOver = ct_session_stop(session, 2000, &error)
        // Drains on a stopped session fail, which ends the thread.
        listener.update { $0 }?.join()
        guard isOver else { return false }
        let stores = torrent.update { torrent in
            defer { torrent.stores = [] }
            return torrent.stores
        }
        for store in stores { Self.release(store) }
        return true
    }

    /// Releases the store of a torrent when the session has ended.
    func keep(_ store: ct_store) { torrent.update { $0.stores.append(store) } }

    static func release(_ store: ct_store) {
        guard let context = store.context else { return }
        Unmanaged<AnyObject>.fromOpaque(context).release()
    }

    // MARK: Parts

    private func listen() {
        let descriptor = ct_session_event_fd(session)
        var error = ct_error()
        while true {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // With a timeout, because libtorrent 2.0.8 can lose a wake-up.
            _ = Glibc.poll(&poll, 1, 500)
            let context = Unmanaged.passUnretained(facts).toOpaque()
            guard ct_session_drain(session, note, context, &error) else { return }
        }
    }
}

private func note(_ event: UnsafePointer<ct_event>, _ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    let facts = Unmanaged<Monitor<Swarm.Facts>>.fromOpaque(context).takeUnretainedValue()
    let event = event.pointee
    facts.update { facts in
        switch event.kind {
        case .listening: facts.isListening = true
        case .finished: facts.isFinished = true
        case .metadata: facts.hasMetadata = true
        case .torrent_failed: facts.failure = event.error.text
        case .session_failed:
            facts.failure = event.error.text
            facts.isSessionOver = true
        case .tracker_replied:
            facts.trackerReplies += 1
            facts.peersFromTrackers += Int(event.count)
        case .tracker_failed:
            let sentence = event.sentence
            facts.lastTrackerError = sentence
            // An address has no blanks.
            if event.count > 0, let end = sentence.firstRange(of: ": ")?.lowerBound {
                facts.distantTrackers.insert(String(sentence[..<end]))
            }
        case .bad_piece: facts.badPieces += 1
        case .peer_banned: facts.bannedPeers += 1
        case .listen_failed: facts.listenFailure = event.sentence
        case .lost: break
        @unknown default: break
        }
    }
}

extension ct_event {
    fileprivate var sentence: String {
        String(
            decoding: UnsafeRawBufferPointer(start: text, count: text_count), as: UTF8.self)
    }
}

extension FetchError {
    static func swarm(_ what: String, _ error: ct_error) -> FetchError {
        FetchError(.other, "the swarm: \(what): \(escaped(error.text))")
    }
}
