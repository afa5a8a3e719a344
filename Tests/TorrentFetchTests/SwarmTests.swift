import CTorrent
import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

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
}

/// A staging file with its threads.
final class RunningStaging: Sendable {
    let staging: StagingFile
    let buffers: PieceBuffers
    private let threads: [Thread]

    init(_ file: TorrentedFile, at path: Path, whole: Bool = false) throws {
        let descriptor = try FileDescriptor(path, .openingOrCreating)
        try descriptor.truncate(to: file.map.size)
        var proven = PieceSet(count: file.map.count)
        if whole { for piece in 0..<file.map.count { proven[piece] = true } }
        let staging = StagingFile(
            descriptor, size: file.map.size, pieceLength: file.map.pieceLength, map: file.map,
            proven: proven, from: .init(offset: 0, fan: HashFan([.md5])), holds: 8)
        self.staging = staging
        buffers = PieceBuffers(pieceLength: file.map.pieceLength, bytes: 16 * file.map.pieceLength)
        threads = [Thread { staging.work() }, Thread { staging.hash() }]
    }

    var have: [UInt8] { bytes(fromHex: staging.proven.hex) ?? [] }

    func stop() {
        staging.close()
        for thread in threads { thread.join() }
    }
}

@Suite struct SwarmTests {
    private func swarm(_ peers: [Swarm.Peer] = []) throws -> Swarm {
        var settings = Swarm.Settings()
        settings.usesDHT = false
        // A port of the system's choice is another one on each address of this machine.
        settings.addresses = ["127.0.0.1"]
        settings.peers = peers
        return try Swarm(settings)
    }

    private func port(of swarm: Swarm) async throws -> UInt16 {
        for _ in 0..<200 {
            if swarm.port > 0 { return swarm.port }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw NotListening()
    }

    private struct NotListening: Error {}

    private func join(
        _ swarm: Swarm, _ file: TorrentedFile, _ running: RunningStaging
    ) throws {
        let store = SwarmStore(staging: running.staging, buffers: running.buffers) {
            swarm.resumeWriters()
        }
        try swarm.add(
            metainfo: file.torrent.bytes, have: running.have, trackers: [], store: store)
    }

    @Test("a file goes from one store to another, and its digest is there with its last byte")
    func loopback() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 20_000_003, pieceLength: 1 << 18)
        try folder.write(file.bytes, to: "seed")
        let giving = try RunningStaging(file, at: folder["seed"], whole: true)
        let taking = try RunningStaging(file, at: folder["part"])
        let seed = try swarm()
        try join(seed, file, giving)
        let leech = try swarm([Swarm.Peer(address: "127.0.0.1", port: try await port(of: seed))])
        try join(leech, file, taking)
        let digests = try taking.staging.finish()
        #expect(digests == [Hasher.digest(.md5, file.bytes)])
        #expect(try folder.read("part") == file.bytes)
        let status = try #require(leech.status)
        #expect(status.downloaded == 20_000_003)
        #expect(status.failed == 0)
        leech.end()
        seed.end()
        taking.stop()
        giving.stop()
    }

    @Test("peers with other bytes are told from right ones, and nothing wrong is kept")
    func poisoned() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 2_000_000, pieceLength: 1 << 17)
        var wrong = file.bytes
        for index in stride(from: 0, to: wrong.count, by: 50_000) { wrong[index] ^= 1 }
        try folder.write(wrong, to: "seed")
        let giving = try RunningStaging(file, at: folder["seed"], whole: true)
        let taking = try RunningStaging(file, at: folder["part"])
        let seed = try swarm()
        try join(seed, file, giving)
        let leech = try swarm([Swarm.Peer(address: "127.0.0.1", port: try await port(of: seed))])
        try join(leech, file, taking)
        for _ in 0..<500 where leech.events.badPieces == 0 {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(leech.events.badPieces > 0)
        #expect(taking.staging.proven.isEmpty)
        leech.end()
        seed.end()
        taking.stop()
        giving.stop()
        #expect(try folder.read("part").allSatisfy { $0 == 0 })
    }

    @Test("the metadata comes from peers when only the infohash is known")
    func metadata() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 3_000_000, pieceLength: 1 << 16)
        try folder.write(file.bytes, to: "seed")
        let giving = try RunningStaging(file, at: folder["seed"], whole: true)
        let seed = try swarm()
        try join(seed, file, giving)
        let leech = try swarm([Swarm.Peer(address: "127.0.0.1", port: try await port(of: seed))])
        try leech.add(infoHash: file.torrent.infoHash, trackers: [])
        for _ in 0..<1000 where !leech.events.hasMetadata {
            try await Task.sleep(for: .milliseconds(10))
        }
        let metainfo = try Metainfo(leech.metainfo, source: "the swarm")
        try metainfo.check(
            pinned: file.torrent.infoHash.bytes, name: file.name, size: file.map.size)
        leech.end()
        seed.end()
        giving.stop()
    }
}
