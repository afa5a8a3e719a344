import CTorrent
import DataFolder
import DatasetManifest
import Disk
import Support
import Synchronization
import Testing

@testable import TorrentFetch

/// However a session stands, its end takes no longer than a person waits.
@Suite(.serialized, .timeLimit(.minutes(1))) struct SwarmEndTests {
    private static let limit = Duration.seconds(3)

    private func end(_ swarm: Swarm) -> (isOver: Bool, taken: Duration) {
        let start = ContinuousClock.now
        let isOver = swarm.end()
        return (isOver, ContinuousClock.now - start)
    }

    @Test("a session ends in the middle of a transfer")
    func middle() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 20_000_003, pieceLength: 1 << 16)
        let (giving, seed) = try await file.seed(folder["seed"], rate: 2_000_000)
        let taking = try RunningStaging(file, at: folder["part"])
        let leech = try Swarm.onLoopback([try await seed.peer()])
        try leech.join(file, taking)
        #expect(try await until { taking.staging.proven.members > 5 })
        let leechEnd = end(leech)
        let seedEnd = end(seed)
        #expect(leechEnd.isOver && leechEnd.taken < Self.limit)
        #expect(seedEnd.isOver && seedEnd.taken < Self.limit)
        // What was proven stays proven, and nothing else counts.
        #expect(taking.staging.proven.members < file.map.count)
        taking.stop()
        giving.stop()
    }

    @Test("a session ends while its peers are held back")
    func heldBack() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 20_000_003, pieceLength: 1 << 16)
        let (giving, seed) = try await file.seed(folder["seed"])
        // Nobody hashes the whole file here, so that the backlog never shrinks.
        let taking = try RunningStaging(file, at: folder["part"], hashing: false)
        let leech = try Swarm.onLoopback([try await seed.peer()])
        try leech.join(file, taking)
        #expect(try await until { taking.staging.backlog >= 4 })
        try await Task.sleep(for: .milliseconds(300))
        // Held back indeed: a peer on loopback brings all of it in that time.
        #expect(taking.staging.proven.members < file.map.count)
        let ended = end(leech)
        #expect(ended.isOver && ended.taken < Self.limit)
        seed.end()
        taking.stop()
        giving.stop()
    }

    @Test("a session whose store owes answers is left behind in time, and ends when they come")
    func owed() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 3_000_000, pieceLength: 1 << 16)
        let (giving, seed) = try await file.seed(folder["seed"])
        let taking = try RunningStaging(file, at: folder["part"])
        let isStuck = Monitor(true)
        // As a disk that does not answer: it holds the thread that settles pieces.
        let isTaken = taking.staging.perform { isStuck.wait { $0 ? nil : () } }
        #expect(isTaken)
        let leech = try Swarm.onLoopback([try await seed.peer()])
        try leech.join(file, taking)
        #expect(try await until { taking.staging.backlog > 0 })
        let ended = end(leech)
        #expect(!ended.isOver && ended.taken < Self.limit)
        isStuck.update { $0 = false }
        #expect(try await until { leech.end() })
        seed.end()
        taking.stop()
        giving.stop()
    }

    @Test("pieces that come behind the end of the staging file are answered too")
    func closedFirst() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 20_000_003, pieceLength: 1 << 16)
        let (giving, seed) = try await file.seed(folder["seed"], rate: 2_000_000)
        let taking = try RunningStaging(file, at: folder["part"])
        let leech = try Swarm.onLoopback([try await seed.peer()])
        try leech.join(file, taking)
        #expect(try await until { taking.staging.proven.members > 5 })
        taking.stop()
        try await Task.sleep(for: .milliseconds(100))
        let ended = end(leech)
        #expect(ended.isOver && ended.taken < Self.limit)
        giving.stop()
        #expect(end(seed).isOver)
    }

    @Test("a session ends although its trackers never answer")
    func deadTrackers() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 100_000, pieceLength: 1 << 16)
        let silent = try LoopbackServer { $0.stall() }
        let taking = try RunningStaging(file, at: folder["part"])
        let leech = try Swarm.onLoopback([])
        try leech.join(
            file, taking,
            trackers: [
                "\(silent.url)/announce", "http://192.0.2.1:1/announce",
                "udp://127.0.0.1:1/announce",
            ])
        try await Task.sleep(for: .milliseconds(500))
        let ended = end(leech)
        #expect(ended.isOver && ended.taken < Self.limit)
        taking.stop()
    }

    @Test("a session that waits for a name server is left behind in time")
    func resolver() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 100_000, pieceLength: 1 << 16)
        let taking = try RunningStaging(file, at: folder["part"])
        let leech = try Swarm.onLoopback([])
        try leech.join(
            file, taking, trackers: (0..<20).map { "http://no-such-host-\($0).invalid/announce" })
        // Whether the resolver is stuck is this machine's business; the limit holds either way.
        #expect(end(leech).taken < Self.limit)
        taking.stop()
    }

    @Test("nothing of a session that has ended does harm")
    func afterwards() throws {
        let leech = try Swarm.onLoopback([])
        #expect(leech.end())
        leech.resumeWriters()
        leech.reannounce()
        leech.announce(3, length: 10)
        leech.removeTorrent()
        #expect(leech.status == nil && leech.metainfo.isEmpty && leech.port == 0)
        #expect(leech.end())
        #expect(throws: FetchError.self) {
            try leech.add(
                infoHash: try TorrentedFile(size: 9, pieceLength: 1 << 14).torrent.infoHash,
                trackers: [])
        }
    }
}
