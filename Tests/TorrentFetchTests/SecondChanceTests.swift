import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

@testable import TorrentFetch

/// Peers with wrong bytes are shut out, and good ones that shared pieces with them are not lost.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SecondChanceTests {
    @Test("a chance for each ban, three until something comes of it")
    func counted() {
        var chance = SecondChance()
        let asked = [(0, 0), (1, 0), (1, 0), (2, 0), (5, 0), (6, 0), (6, 1), (6, 2)]
        let answers = asked.map { bans, proven in chance.isDue(bans: bans, proven: proven) }
        #expect(answers == [false, true, false, true, true, false, true, false])
    }

    // Few buffers: some pieces go to the file block by block, wrong ones among them.
    @Test("one poisoned peer among good ones is found out and shut out", arguments: [64, 4])
    func poisonedAmongOthers(buffers: Int) async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 8_000_000, pieceLength: 1 << 17)
        let wrong = file.bytes.map { ~$0 }
        let (bad, badSeed) = try await file.seed(folder["bad"], bytes: wrong, rate: 4_000_000)
        let (good, goodSeed) = try await file.seed(folder["good"], rate: 4_000_000)
        let fetch = try SwarmFetch(
            file, at: folder["part"], [try await badSeed.peer(), try await goodSeed.peer()],
            buffers: buffers)
        #expect(try await fetch.digest() == Hasher.digest(.md5, file.bytes))
        #expect(try folder.read("part").elementsEqual(file.bytes))
        #expect((fetch.result.discarded["wrong"] ?? 0) > 0)
        fetch.end()
        for swarm in [badSeed, goodSeed] { swarm.end() }
        for running in [bad, good] { running.stop() }
    }

    @Test("who was shut out is asked once more where nobody is left", arguments: [64, 4])
    func lastOne(buffers: Int) async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 4_000_000, pieceLength: 1 << 17)
        let (giving, seed) = try await file.seed(folder["seed"], bytes: file.bytes.map { ~$0 })
        let fetch = try SwarmFetch(
            file, at: folder["part"], [try await seed.peer()], buffers: buffers)
        #expect(try await until { try fetch.look().contains { $0.contains("once more") } })
        let shared = try FileDescriptor(folder["seed"], .updating)
        try file.bytes.withUnsafeBytes { buffer in try shared.write(buffer, at: 0) }
        #expect(try await fetch.digest() == Hasher.digest(.md5, file.bytes))
        // What was wrong the first time is counted too.
        #expect((fetch.result.discarded["wrong"] ?? 0) >= 131_072)
        fetch.end()
        seed.end()
        giving.stop()
    }

    @Test("who is never right is asked so often and no more")
    func neverRight() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 4_000_000, pieceLength: 1 << 17)
        let (giving, seed) = try await file.seed(folder["seed"], bytes: file.bytes.map { ~$0 })
        let fetch = try SwarmFetch(file, at: folder["part"], [try await seed.peer()])
        #expect(try await until { try fetch.look().count == 3 })
        for _ in 0..<60 {
            try await Task.sleep(for: .milliseconds(100))
            #expect(try fetch.look().count == 3)
        }
        #expect(fetch.running.staging.proven.isEmpty)
        fetch.end()
        #expect(try folder.read("part").allSatisfy { $0 == 0 })
        seed.end()
        giving.stop()
    }
}

/// A fetch from peers alone, looked after as `PieceTransfer` does.
private final class SwarmFetch {
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
        sources = FetchSources(
            running.staging, running.buffers, torrent: FoundTorrent(found), mirrors: [],
            memory: MirrorMemory(), options: options
        ) { note in notes.update { $0.append(note) } }
        try sources.start()
    }

    /// What has been said so far.
    func look() throws -> [String] {
        try sources.look(running.staging.proven)
        return notes.read { $0 }
    }

    func digest() async throws -> Digest? {
        let isWhole = try await until {
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

    func end() {
        sources.end()
        running.stop()
    }
}
