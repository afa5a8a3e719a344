internal import CTorrent
internal import DatasetManifest
internal import Disk
internal import Glibc

/// A libtorrent session with at most one torrent in it, and the thread that takes its reports.
final class Swarm: Sendable {
    struct Settings: Sendable {
        var ports = 0...0
        var maxPeers = 256
        var maxDownload = 0
        var maxUpload = 0
        var usesDHT = true
        var usesLSD = false
        /// Peers that a person has named; they may share an address.
        var peers: [Peer] = []
    }

    struct Peer: Sendable, Hashable {
        let address: String
        let port: UInt16
    }

    /// What has happened so far, as far as anybody wants to know.
    struct Facts: Sendable {
        var listeningPorts: Set<Int> = []
        var isFinished = false
        var hasMetadata = false
        var failure: String?
        var trackerReplies = 0
        var peersFromTrackers = 0
        var lastTrackerError: String?
        var badPieces = 0
        var bannedPeers = 0
        var peakPeers = 0
    }

    private let settings: Settings
    // Safe: every function but destroy may be called on any thread, and destroy is the last.
    private nonisolated(unsafe) let session: OpaquePointer
    private let facts = Monitor(Facts())
    private let torrent = Monitor(Torrent())
    private let listener = Monitor<Thread?>(nil)

    private struct Torrent {
        // Safe: used only under the monitor.
        nonisolated(unsafe) var handle: OpaquePointer?
        nonisolated(unsafe) var store: ct_store?
    }

    init(_ settings: Settings) throws(FetchError) {
        self.settings = settings
        var error = ct_error()
        let interfaces = settings.ports.prefix(20)
            .flatMap { ["0.0.0.0:\($0)", "[::]:\($0)"] }.joined(separator: ",")
        let session = interfaces.withSpan { text in
            var wanted = ct_session_usual_settings()
            wanted.listen_interfaces = text.base
            wanted.listen_interfaces_count = text.count
            wanted.max_peers = Int32(clamping: settings.maxPeers)
            wanted.max_download = Int32(clamping: settings.maxDownload)
            wanted.max_upload = Int32(clamping: settings.maxUpload)
            wanted.dht = settings.usesDHT
            wanted.lsd = settings.usesLSD
            wanted.several_peers_per_address = !settings.peers.isEmpty
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
                Int32(clamping: settings.maxPeers), retained, &error)
        }
        guard let handle else {
            SwarmStore.release(retained)
            throw .swarm("cannot add the torrent", error)
        }
        torrent.update { torrent in
            torrent.handle = handle
            torrent.store = retained
        }
        try connect()
    }

    /// Asks peers for the metadata of a torrent of which only the infohash is known.
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
        torrent.update { $0.handle = handle }
        try connect()
    }

    /// The .torrent that peers have sent, once `Facts.hasMetadata`.
    var metainfo: [UInt8] {
        torrent.update { torrent in
            guard let handle = torrent.handle else { return [] }
            let count = ct_torrent_get_metainfo(handle, nil, 0)
            return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                filled = min(ct_torrent_get_metainfo(handle, buffer.baseAddress, count), count)
            }
        }
    }

    /// Takes the torrent out; another one may be added then.
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

    /// Says that a piece has come from elsewhere, so that peers are not asked for it.
    func announce(_ piece: Int, length: Int) {
        torrent.update { torrent in
            guard let handle = torrent.handle else { return }
            ct_torrent_add_piece(handle, UInt32(clamping: piece), UInt32(clamping: length))
        }
    }

    func reannounce() {
        torrent.update { torrent in
            if let handle = torrent.handle { ct_torrent_reannounce(handle) }
        }
    }

    /// What the torrent is doing; waits for libtorrent's thread, so not more than a few times a
    /// second.
    var status: ct_torrent_status? {
        let now: ct_torrent_status? = torrent.update { torrent in
            guard let handle = torrent.handle else { return nil }
            var status = ct_torrent_status()
            return ct_torrent_get_status(handle, &status) ? status : nil
        }
        if let now { facts.update { $0.peakPeers = max($0.peakPeers, Int(now.peers)) } }
        return now
    }

    var events: Facts { facts.update { $0 } }

    /// Lets peers go on that a store has held back.
    func resumeWriters() { ct_session_resume_writers(session) }

    // MARK: The end

    /// Ends the session within about two seconds. Nothing of it may be used afterwards.
    func end() {
        removeTorrent()
        var error = ct_error()
        let isOver = ct_session_stop(session, 2000, &error)
        // Wakes the listener, which ends on a stopped session.
        listener.update { $0 }?.join()
        ct_session_destroy(session)
        // A session that has not come to its end may still call the store: it is left alone then.
        guard isOver else { return }
        torrent.update { torrent in
            if let store = torrent.store { SwarmStore.release(store) }
            torrent.store = nil
        }
    }

    // MARK: Parts

    private func connect() throws(FetchError) {
        var error = ct_error()
        for peer in settings.peers {
            let isKnown = torrent.update { torrent in
                guard let handle = torrent.handle else { return true }
                return peer.address.withSpan { text in
                    ct_torrent_connect(handle, text.base, text.count, peer.port, &error)
                }
            }
            if !isKnown { throw .swarm("cannot use the peer \(escaped(peer.address))", error) }
        }
    }

    private func listen() {
        let descriptor = ct_session_event_fd(session)
        var error = ct_error()
        while true {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // A time-out as well: libtorrent 2.0.8 can lose a wake-up.
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
        case .listening: facts.listeningPorts.insert(Int(event.port))
        case .finished: facts.isFinished = true
        case .metadata: facts.hasMetadata = true
        case .torrent_failed, .session_failed: facts.failure = event.error.text
        case .tracker_replied:
            facts.trackerReplies += 1
            facts.peersFromTrackers += Int(event.count)
        case .tracker_failed: facts.lastTrackerError = event.sentence
        case .bad_piece: facts.badPieces += 1
        case .peer_banned: facts.bannedPeers += 1
        case .listen_failed, .lost: break
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
    fileprivate static func swarm(_ what: String, _ error: ct_error) -> FetchError {
        FetchError(.other, "the swarm: \(what): \(escaped(error.text))")
    }
}

extension String {
    /// The text as C takes it: its first byte and its length.
    fileprivate func withSpan<R>(
        _ body: ((base: UnsafePointer<CChar>, count: Int)) -> R
    ) -> R {
        withCString { body(($0, utf8.count)) }
    }
}

private func withTexts<R>(
    _ strings: [String], _ body: (UnsafeBufferPointer<ct_text>) -> R
) -> R {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    let texts = copies.compactMap { copy in copy.map { ct_text(bytes: $0, count: strlen($0)) } }
    return texts.withUnsafeBufferPointer(body)
}
