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
        let start = ContinuousClock.now
        let answers = asked.enumerated().map { index, asked in
            chance.isDue(bans: asked.0, proven: asked.1, at: start + .seconds(100 * index))
        }
        #expect(answers == [false, true, false, true, true, false, true, false])
    }

    @Test("each waits longer than the one before it, up to a minute")
    func paused() {
        var chance = SecondChance()
        let start = ContinuousClock.now
        var times: [Int] = []
        for second in 0..<300
        where chance.isDue(
            bans: second + 1, proven: second, at: start + .seconds(second))
        {
            times.append(second)
        }
        #expect(times == [0, 2, 6, 14, 30, 62, 122, 182, 242])
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

    @Test("a peer that is never right gets three chances")
    func neverRight() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 4_000_000, pieceLength: 1 << 17)
        let (giving, seed) = try await file.seed(folder["seed"], bytes: file.bytes.map { ~$0 })
        let fetch = try SwarmFetch(file, at: folder["part"], [try await seed.peer()])
        #expect(try await until { try fetch.look().count == 3 })
        #expect(fetch.running.staging.proven.isEmpty)
        fetch.end()
        #expect(try folder.read("part").allSatisfy { $0 == 0 })
        seed.end()
        giving.stop()
    }
}
