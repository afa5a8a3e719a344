import Checksums
import DatasetManifest
import Disk
import Support
import Testing

@testable import TorrentFetch

/// What libtorrent thinks of peers: a liar does not take good ones with it.
@Suite(.serialized, .timeLimit(.minutes(5))) struct PeerTrustTests {
    // In libtorrent 2.0.8 the eighth right piece makes a trusted peer the least trusted of all.
    @Test("who has brought eight right pieces is not shut out for a share in a wrong one")
    func eighthPiece() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 9 << 15, pieceLength: 1 << 15)
        let liar = try file.peer(8..<9) { .last(file.block($0).map { ~$0 }) }
        let fetch = try SwarmFetch(file, at: folder["part"], [liar.peer])
        #expect(try await until { !liar.requests.isEmpty })
        // Brings the rest of that piece after all others.
        try await finish(fetch, file, from: folder["seed"])
        #expect(fetch.result.discarded["wrong"] == 32768)
        #expect(fetch.bans == 0)
        fetch.end()
    }

    /// Has a good peer join, and waits for the file.
    private func finish(
        _ fetch: SwarmFetch, _ file: TorrentedFile, from path: Path
    ) async throws {
        let (giving, good) = try await file.seed(path)
        try fetch.connect(to: try await good.peer())
        #expect(try await fetch.digest() == Hasher.digest(.md5, file.bytes))
        good.end()
        giving.stop()
    }

    @Test("each newcomer is asked for pieces of its own")
    func ownPieces() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 8 << 18, pieceLength: 1 << 18)
        let peers = try [file.peer(0..<8) { _ in .nothing }, file.peer(0..<8) { _ in .nothing }]
        let fetch = try SwarmFetch(file, at: folder["part"], peers.map(\.peer))
        #expect(try await until { peers.allSatisfy { $0.requests.count >= 2 } })
        // Not what came later, when nothing came of that.
        let pieces = peers.map { Set($0.requests.prefix(2).map(\.piece)) }
        #expect(pieces[0].isDisjoint(with: pieces[1]))
        fetch.end()
    }

    @Test("a newcomer goes on with what somebody has left behind, if there is nobody else")
    func unfinished() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 1 << 15, pieceLength: 1 << 15)
        let gone = try file.peer(0..<1) { .last(file.block($0)) }
        let fetch = try SwarmFetch(file, at: folder["part"], [gone.peer])
        #expect(try await until { !gone.requests.isEmpty })
        try await finish(fetch, file, from: folder["seed"])
        fetch.end()
    }

    @Test("what was asked of a newcomer that chokes is asked of the next one")
    func choked() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 9 << 15, pieceLength: 1 << 15)
        let choking = try file.peer(0..<9) { _ in .choke }
        let fetch = try SwarmFetch(file, at: folder["part"], [choking.peer])
        #expect(try await until { !choking.requests.isEmpty })
        try await Task.sleep(for: .milliseconds(200))
        let next = try file.peer(0..<9) { _ in .nothing }
        try fetch.connect(to: next.peer)
        #expect(try await until { next.requests.contains { $0.piece == 0 } })
        fetch.end()
    }
}

extension TorrentedFile {
    func block(_ request: LyingPeer.Request) -> [UInt8] {
        Array(
            bytes.dropFirst(request.piece * map.pieceLength + request.offset).prefix(request.length)
        )
    }

    fileprivate func peer(
        _ pieces: Range<Int>, _ answer: @escaping @Sendable (LyingPeer.Request) -> LyingPeer.Answer
    ) throws -> LyingPeer {
        let metainfo = try Metainfo(torrent.bytes, source: "the test")
        return try LyingPeer(
            infoHash: metainfo.infoHash, pieces: pieces, of: map.count, answer)
    }
}

extension LyingPeer {
    fileprivate var peer: Swarm.Peer { .init(address: "127.0.0.1", port: port) }
}
