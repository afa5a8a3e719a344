import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

@testable import TorrentFetch

@Suite(.serialized, .timeLimit(.minutes(5))) struct SwarmTests {
    @Test("a file goes from one store to another, and its digest is there with its last byte")
    func loopback() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 20_000_003, pieceLength: 1 << 18)
        let (giving, seed) = try await file.seed(folder["seed"])
        let taking = try RunningStaging(file, at: folder["part"])
        let leech = try Swarm.onLoopback([try await seed.peer()])
        try leech.join(file, taking)
        // By TCP: uTP costs a factor of 20 and is left to peers that come by themselves.
        #expect(try await until { leech.status?.tcpPeers == 1 || leech.events.isFinished })
        #expect(try await taking.digest() == Hasher.digest(.md5, file.bytes))
        #expect(try folder.read("part").elementsEqual(file.bytes))
        let status = try #require(leech.status)
        #expect(status.downloaded == 20_000_003)
        #expect(status.failed == 0)
        leech.end()
        seed.end()
        taking.stop()
        giving.stop()
    }

    @Test("peers that are reached by uTP alone give too")
    func utp() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 2_000_000, pieceLength: 1 << 17)
        let (giving, seed) = try await file.seed(folder["seed"])
        let taking = try RunningStaging(file, at: folder["part"])
        let leech = try Swarm.onLoopback([try await seed.peer()], tcp: false)
        try leech.join(file, taking)
        #expect(try await taking.digest() == Hasher.digest(.md5, file.bytes))
        #expect(leech.status?.tcpPeers == 0)
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
        for index in stride(from: 0, to: wrong.count, by: 5_000) { wrong[index] ^= 1 }
        let (giving, seed) = try await file.seed(folder["seed"], bytes: wrong)
        let taking = try RunningStaging(file, at: folder["part"])
        let leech = try Swarm.onLoopback([try await seed.peer()])
        try leech.join(file, taking)
        #expect(try await until { leech.events.badPieces > 0 })
        #expect(taking.staging.proven.isEmpty)
        leech.end()
        seed.end()
        taking.stop()
        giving.stop()
        #expect(try folder.read("part").allSatisfy { $0 == 0 })
    }

    @Test("the metadata comes from peers when only the infohash is known, and then the file")
    func metadata() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 3_000_000, pieceLength: 1 << 16)
        let (giving, seed) = try await file.seed(folder["seed"])
        let leech = try Swarm.onLoopback([try await seed.peer()])
        try leech.add(infoHash: file.torrent.infoHash, trackers: [])
        #expect(try await until { leech.events.hasMetadata })
        let metainfo = try Metainfo(leech.metainfo, source: "the swarm")
        try metainfo.check(
            pinned: file.torrent.infoHash.bytes, name: file.name, size: file.map.size)
        #expect(leech.events.failure == nil)
        #expect(leech.status?.downloaded == 0)
        leech.removeTorrent()
        let taking = try RunningStaging(file, at: folder["part"])
        try leech.join(file, taking)
        #expect(try await taking.digest() == Hasher.digest(.md5, file.bytes))
        leech.end()
        seed.end()
        taking.stop()
        giving.stop()
    }

    @Test("pieces that come from elsewhere are not asked of peers")
    func announced() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 4_000_000, pieceLength: 1 << 17)
        let (giving, seed) = try await file.seed(folder["seed"], rate: 500_000)
        let taking = try RunningStaging(file, at: folder["part"], buffers: 64)
        let leech = try Swarm.onLoopback([try await seed.peer()])
        try leech.join(file, taking)
        // From the end, as a mirror ahead of the swarm would.
        for piece in (10..<file.map.count).reversed() {
            let range = file.map.range(of: piece)
            let buffer = try #require(taking.buffers.take())
            file.bytes[Int(range.lowerBound)..<Int(range.upperBound)].withUnsafeBytes {
                buffer.bytes.copyMemory(from: $0)
            }
            taking.staging.submit(piece, buffer) { verdict in
                if case .proven = verdict { leech.announce(piece, length: range.count) }
            }
        }
        #expect(try await taking.digest() == Hasher.digest(.md5, file.bytes))
        #expect(try await until { leech.events.isFinished })
        let status = try #require(leech.status)
        #expect(status.downloaded < 2_500_000)
        #expect(status.pieces == file.map.count)
        #expect(status.failed == 0)
        leech.end()
        seed.end()
        taking.stop()
        giving.stop()
    }

    @Test("pieces that somebody else brings are not asked of peers, and the peers stay meanwhile")
    func kept() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 4_000_000, pieceLength: 1 << 17)
        let (giving, seed) = try await file.seed(folder["seed"], rate: 2_000_000)
        let taking = try RunningStaging(file, at: folder["part"], buffers: 64)
        let leech = try Swarm.onLoopback([try await seed.peer()])
        try leech.join(file, taking)
        let kept = 8..<file.map.count
        leech.want(kept, false)
        #expect(try await until { taking.staging.proven.members == 8 })
        // For libtorrent this is the end: nothing more is wanted.
        #expect(try await until { leech.events.isFinished })
        try await Task.sleep(for: .milliseconds(300))
        #expect(taking.staging.proven.firstPresent(from: 8) == file.map.count)
        #expect(leech.status?.peers == 1)
        // One comes from elsewhere after all, and the others do not.
        let buffer = try #require(taking.buffers.take())
        let range = file.map.range(of: 20)
        file.bytes[Int(range.lowerBound)..<Int(range.upperBound)].withUnsafeBytes {
            buffer.bytes.copyMemory(from: $0)
        }
        taking.staging.submit(20, buffer) { _ in leech.announce(20, length: range.count) }
        #expect(try await until { leech.status?.pieces == 9 })
        leech.want(8..<20, true)
        leech.want(21..<file.map.count, true)
        #expect(try await taking.digest() == Hasher.digest(.md5, file.bytes))
        let status = try #require(leech.status)
        #expect(status.downloaded == 4_000_000 - Int64(range.count))
        for swarm in [leech, seed] { swarm.end() }
        for running in [taking, giving] { running.stop() }
    }

    @Test(
        "a full disk ends the torrent with its cause, and another run goes on", arguments: [16, 4])
    func diskFull(buffers: Int) async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 4_000_000, pieceLength: 1 << 17)
        let (giving, seed) = try await file.seed(folder["seed"])
        let path = folder["full-\(buffers).part"]
        let taking = try RunningStaging(file, at: path, buffers: buffers)
        let full = Faults.planned([
            Fault(
                .pwrite, onPathsWith: path.description, after: 5, times: .max, .failure(28))
        ])
        let leech = try Swarm.onLoopback([try await seed.peer()])
        let store = try leech.join(file, taking)
        #expect(try await until { leech.events.failure != nil })
        full.end()
        let failure = try #require(store.failure)
        #expect(failure.code == .noSpace && failure.message.contains("full-\(buffers).part"))
        leech.end()
        taking.stop()
        let proven = taking.staging.proven
        #expect(!proven.isComplete)

        let again = try RunningStaging(file, at: path, proven: proven)
        let second = try Swarm.onLoopback([try await seed.peer()])
        try second.join(file, again)
        #expect(try await again.digest() == Hasher.digest(.md5, file.bytes))
        let fetched = try #require(second.status).downloaded
        #expect(fetched <= 4_000_000 - Int64(proven.members) * 131_072 + 131_072)
        second.end()
        seed.end()
        again.stop()
        giving.stop()
    }

    @Test("a disk that takes no block ends a fetch with the disk's own error", arguments: [16, 4])
    func diskFullTold(buffers: Int) async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 4_000_000, pieceLength: 1 << 17)
        let (giving, seed) = try await file.seed(folder["seed"])
        let path = folder["told-\(buffers).part"]
        let fetch = try SwarmFetch(file, at: path, [try await seed.peer()], buffers: buffers)
        let full = Faults.planned([
            Fault(
                .pwrite, onPathsWith: path.description, after: 5, times: .max, .failure(28))
        ])
        let error = try await #require(throws: DiskError.self) { try await fetch.digest() }
        #expect(error.code == .noSpace)
        full.end()
        fetch.end()
        seed.end()
        giving.stop()
    }
}
