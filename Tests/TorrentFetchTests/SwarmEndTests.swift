import CTorrent
import DataFolder
import DatasetManifest
import Disk
import Support
import Synchronization
import Testing

@testable import TorrentFetch

/// However a session stands, its end takes no longer than a person waits.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SwarmEndTests {
    private static let limit = Duration.seconds(3)
    /// All of a file would take two minutes: no machine is so busy that a test looks too late.
    private static let slow = 160_000

    /// Ends a session in time, and says whether it is over, not left behind.
    private func end(_ swarm: Swarm, at place: SourceLocation = #_sourceLocation) -> Bool {
        let start = ContinuousClock.now
        let isOver = swarm.end()
        #expect(ContinuousClock.now - start < Self.limit, sourceLocation: place)
        return isOver
    }

    @Test("a session ends in the middle of a transfer")
    func middle() async throws {
        let transfer = try await Transfer(rate: Self.slow)
        let staging = transfer.taking.staging
        try transfer.start()
        #expect(try await until { staging.proven.members > 5 })
        #expect(end(transfer.leech))
        #expect(end(transfer.seed))
        // What was proven stays proven, and nothing else counts.
        #expect(staging.proven.members < transfer.file.map.count)
        transfer.clear()
    }

    @Test("a session ends while its peers are held back")
    func heldBack() async throws {
        // Nobody hashes the whole file here, so that the backlog never shrinks.
        let transfer = try await Transfer(hashing: false)
        let staging = transfer.taking.staging
        try transfer.start()
        // They are at 4, and until there are 2: with a piece out of turn among the four, it stays 3.
        #expect(try await until { staging.backlog >= 3 })
        try await Task.sleep(for: .milliseconds(300))
        // Held back indeed: a peer on loopback brings all of it in that time.
        #expect(staging.proven.members < transfer.file.map.count)
        #expect(end(transfer.leech))
        transfer.clear()
    }

    @Test("a session whose store owes answers is left behind in time, and ends when they come")
    func owed() async throws {
        let transfer = try await Transfer(size: 3_000_000)
        let staging = transfer.taking.staging
        let isStuck = Monitor(true)
        // As a disk that does not answer: it holds the thread that settles pieces.
        let isTaken = staging.perform { isStuck.wait { $0 ? nil : () } }
        #expect(isTaken)
        try transfer.start()
        #expect(try await until { staging.backlog > 0 })
        #expect(!end(transfer.leech))
        isStuck.update { $0 = false }
        #expect(try await until { transfer.leech.end() })
        transfer.clear()
    }

    @Test("pieces that come behind the end of the staging file are answered too")
    func closedFirst() async throws {
        let transfer = try await Transfer(rate: Self.slow)
        try transfer.start()
        #expect(try await until { transfer.taking.staging.proven.members > 5 })
        transfer.taking.stop()
        let then = transfer.leech.status?.downloaded ?? 0
        #expect(try await until { (transfer.leech.status?.downloaded ?? 0) > then })
        #expect(end(transfer.leech))
        #expect(end(transfer.seed))
        transfer.giving.stop()
    }

    /// A session that knows nobody but trackers, and what it would take its file into.
    private func alone(
        in folder: borrowing TemporaryFolder, asking trackers: [String]
    ) throws -> (Swarm, RunningStaging) {
        let file = try TorrentedFile(size: 100_000, pieceLength: 1 << 16)
        let taking = try RunningStaging(file, at: folder["part"])
        let leech = try Swarm.onLoopback([])
        try leech.join(file, taking, trackers: trackers)
        return (leech, taking)
    }

    @Test("a session ends although its trackers never answer")
    func deadTrackers() async throws {
        let folder = try TemporaryFolder()
        let isAsked = Monitor(false)
        let silent = try LoopbackServer { connection in
            isAsked.update { $0 = true }
            connection.stall()
        }
        let (leech, taking) = try alone(
            in: folder,
            asking: [
                "\(silent.url)/announce", "http://192.0.2.1:1/announce",
                "udp://127.0.0.1:1/announce",
            ])
        #expect(try await until { isAsked.read { $0 } })
        #expect(end(leech))
        taking.stop()
    }

    @Test("a session that waits for a name server is left behind in time")
    func resolver() async throws {
        let folder = try TemporaryFolder()
        let (leech, taking) = try alone(
            in: folder, asking: (0..<20).map { "http://no-such-host-\($0).invalid/announce" })
        // Whether the resolver is stuck is this machine's business; the limit holds either way.
        _ = end(leech)
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

/// A file on its way from one session to another.
private final class Transfer {
    let file: TorrentedFile
    let giving: RunningStaging
    let seed: Swarm
    let taking: RunningStaging
    let leech: Swarm
    private let folder: TemporaryFolder

    init(size: Int = 20_000_003, rate: Int = 0, hashing: Bool = true) async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: size, pieceLength: 1 << 16)
        (giving, seed) = try await file.seed(folder["seed"], rate: rate)
        taking = try RunningStaging(file, at: folder["part"], hashing: hashing)
        leech = try Swarm.onLoopback([try await seed.peer()])
        self.file = file
        self.folder = folder
    }

    func start() throws { try leech.join(file, taking) }

    /// Ends all but the leech, whose end is what is tested.
    func clear() {
        seed.end()
        taking.stop()
        giving.stop()
    }
}
