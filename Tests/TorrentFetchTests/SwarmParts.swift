import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support

@testable import TorrentFetch

/// A file, its torrent, and what is needed to take it in or give it away.
struct TorrentedFile {
    let name = "ILSVRC2012_img_val.tar"
    let bytes: [UInt8]
    let torrent: TorrentFile
    let map: PieceMap

    init(size: Int, pieceLength: Int, seed: UInt64 = 1) throws {
        var numbers = SeededNumbers(seed: seed)
        bytes = numbers.bytes(size)
        var builder = PieceMapBuilder(pieceLength: pieceLength)
        builder.update(bytes)
        map = try builder.map()
        torrent = try TorrentFile(name: name, pieces: map, trackers: [])
    }

    var noPieces: PieceSet { PieceSet(count: map.count) }

    /// A session that has the whole file, or one that says so.
    func seed(
        _ path: Path, bytes: [UInt8]? = nil, rate: Int = 0, trackers: [String] = []
    ) async throws -> (RunningStaging, Swarm) {
        try Folder(path.parent).publish(path.lastComponent, bytes ?? self.bytes)
        let giving = try RunningStaging(self, at: path, whole: true)
        // Trackers name a peer to itself, and libtorrent shuts out its address, which is everybody's
        // here unless several peers on one address are several.
        let swarm = try Swarm.onLoopback(trackers.isEmpty ? [] : [.nobody], upload: rate)
        try swarm.join(self, giving, trackers: trackers)
        return (giving, swarm)
    }
}

/// A staging file with its threads.
final class RunningStaging: Sendable {
    let staging: StagingFile
    let buffers: PieceBuffers
    private let threads: [Thread]

    init(
        _ file: TorrentedFile, at path: Path, whole: Bool = false, proven: PieceSet? = nil,
        hashing: Bool = true, buffers: Int = 16
    ) throws {
        let descriptor = try FileDescriptor(path, .openingOrCreating)
        try descriptor.truncate(to: file.map.size)
        var had = proven ?? file.noPieces
        if whole { for piece in 0..<file.map.count { had[piece] = true } }
        let staging = StagingFile(
            descriptor,
            Expectation(
                name: file.name, size: file.map.size, pieceLength: file.map.pieceLength,
                map: file.map, algorithms: [.md5]), proven: had,
            from: .init(offset: 0, fan: HashFan([.md5])), holds: 8)
        self.staging = staging
        self.buffers = PieceBuffers(
            pieceLength: file.map.pieceLength, bytes: buffers * file.map.pieceLength)
        threads = [Thread { staging.work() }] + (hashing ? [Thread { staging.hash() }] : [])
    }

    var have: [UInt8] { bytes(fromHex: staging.proven.hex) ?? [] }

    /// The digest of the whole file, as soon as it is there.
    func digest() async throws -> Digest? {
        guard try await until({ self.staging.proven.isComplete }) else { return nil }
        return try staging.finish()?.first
    }

    func stop() {
        staging.close()
        for thread in threads { thread.join() }
    }
}

/// A fetch from peers alone, looked after as `PieceTransfer` does.
final class SwarmFetch {
    let running: RunningStaging
    private let sources: FetchSources
    private let notes: Monitor<[String]>

    init(
        _ file: TorrentedFile, at path: Path, _ peers: [Swarm.Peer], buffers: Int = 16
    ) throws {
        let notes = Monitor<[String]>([])
        self.notes = notes
        running = try RunningStaging(file, at: path, buffers: buffers)
        var options = FetchOptions()
        options.sources = .swarm
        options.usesDHT = false
        options.peers = peers.map { ($0.address, $0.port) }
        let metainfo = try Metainfo(file.torrent.bytes, source: "the test")
        let found = TorrentSources.Found(
            metainfo: metainfo, bytes: file.torrent.bytes, trackers: [])
        let job = FetchJob(
            file: ManifestFile(name: metainfo.name, part: "other"), data: DataFolder(path.parent),
            options: options, torrent: FoundTorrent(found)
        ) { event in
            if case .note(_, let note) = event { notes.update { $0.append(note) } }
        }
        sources = FetchSources(job, running.staging, running.buffers)
        try sources.start()
    }

    /// What has been said so far.
    func look() throws -> [String] {
        try sources.look()
        return notes.read { $0 }
    }

    func digest() async throws -> Digest? {
        let isWhole = try await until(seconds: 60) {
            _ = try look()
            return running.staging.proven.isComplete
        }
        return isWhole ? try running.staging.finish()?.first : nil
    }

    var result: FetchResult {
        sources.endTaking()
        var result = FetchResult(bytes: running.staging.size)
        sources.account(
            in: &result, provenBefore: PieceSet(count: running.staging.pieceCount))
        return result
    }

    /// How often peers were shut out.
    var bans: Int { sources.swarm?.events.bannedPeers ?? 0 }

    func connect(to peer: Swarm.Peer) throws { try sources.swarm?.connect(to: peer) }

    func end() {
        sources.end()
        running.stop()
    }
}

extension Swarm {
    /// A session that knows nobody but those peers.
    static func onLoopback(
        _ peers: [Peer], maxPeers: Int = 256, download: Int = 0, upload: Int = 0, tcp: Bool = true,
        isLab: Bool = false
    ) throws -> Swarm {
        var settings = Settings()
        settings.usesDHT = false
        // A port of the system's choice is another one on each address of this machine.
        settings.addresses = ["127.0.0.1"]
        settings.maxPeers = maxPeers
        settings.maxDownload = download
        settings.maxUpload = upload
        settings.usesTCP = tcp
        settings.isLab = isLab
        settings.peers = peers
        return try Swarm(settings)
    }

    /// This session, as others reach it.
    func peer() async throws -> Peer {
        guard try await until({ self.port > 0 }) else { throw NotListening() }
        return Peer(address: "127.0.0.1", port: port)
    }

    @discardableResult
    func join(
        _ file: TorrentedFile, _ running: RunningStaging, trackers: [String] = []
    ) throws -> SwarmStore {
        let store = SwarmStore(staging: running.staging, buffers: running.buffers) {
            self.resumeWriters()
        }
        try add(
            metainfo: file.torrent.bytes, have: running.have, trackers: trackers, store: store)
        return store
    }
}

extension Swarm.Peer {
    static let nobody = Swarm.Peer(address: "127.0.0.1", port: 1)
}

struct NotListening: Error {}

/// Waits until something is so, 20 seconds at most, and says whether it is.
func until(seconds: Int = 20, _ condition: () throws -> Bool) async throws -> Bool {
    for _ in 0..<100 * seconds {
        if try condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return try condition()
}
