internal import CTorrent
internal import Checksums
internal import DataFolder
internal import Disk

/// One of several torrents of a session that only gives.
final class GivenTorrent: Sendable {
    private struct Handle {
        // Safe: used only under the monitor.
        nonisolated(unsafe) var raw: OpaquePointer?
    }

    private let handle: Monitor<Handle>

    fileprivate init(_ raw: OpaquePointer) { handle = Monitor(Handle(raw: raw)) }

    /// Waits for libtorrent's thread. Nil after `remove()`.
    var status: Swarm.Status? {
        handle.read { handle in
            var status = ct_torrent_status()
            guard let raw = handle.raw, ct_torrent_get_status(raw, &status) else { return nil }
            return Swarm.Status(status, after: Swarm.Status())
        }
    }

    /// Leaves the swarm of this torrent. To be called before the session ends.
    func remove() {
        handle.update { handle in
            ct_torrent_remove(handle.raw)
            handle.raw = nil
        }
    }

    fileprivate func connect(to peer: Swarm.Peer) throws(FetchError) {
        var error = ct_error()
        let isDone = handle.read { handle in
            guard let raw = handle.raw else { return true }
            return peer.address.withSpan { text in
                ct_torrent_connect(raw, text.base, text.count, peer.port, &error)
            }
        }
        if !isDone { throw .swarm("cannot use the peer \(escaped(peer.address))", error) }
    }
}

extension Swarm {
    /// Adds a torrent of which `have` is given and nothing is downloaded.
    func give(
        _ torrent: FoundTorrent, have: PieceSet, store: SeedStore
    ) throws(FetchError) -> GivenTorrent {
        var error = ct_error()
        let bits = bytes(fromHex: have.hex) ?? []
        let retained = store.retainedForC()
        let raw = withTexts(torrent.trackers) { texts in
            ct_torrent_add(
                session, torrent.bytes, torrent.bytes.count, bits, bits.count, texts.baseAddress,
                texts.count, Int32(clamping: settings.maxPeers), true, retained, &error)
        }
        guard let raw else {
            Self.release(retained)
            throw .swarm("cannot add the torrent", error)
        }
        keep(retained)
        let given = GivenTorrent(raw)
        for peer in settings.peers { try given.connect(to: peer) }
        return given
    }
}
