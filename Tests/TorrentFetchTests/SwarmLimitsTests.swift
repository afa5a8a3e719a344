import Checksums
import DatasetManifest
import Disk
import Support
import Testing

@testable import TorrentFetch

@Suite(.serialized, .timeLimit(.minutes(5))) struct SwarmLimitsTests {
    @Test("there are never more peers than asked for")
    func cap() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 6_000_000, pieceLength: 1 << 16)
        var seeds: [(RunningStaging, Swarm)] = []
        for number in 0..<6 {
            seeds.append(try await file.seed(folder["seed\(number)"], rate: 300_000))
        }
        var peers: [Swarm.Peer] = []
        for (_, seed) in seeds { peers.append(try await seed.peer()) }
        let taking = try RunningStaging(file, at: folder["part"])
        let leech = try Swarm.onLoopback(peers, maxPeers: 3)
        try leech.join(file, taking)
        let isUnderWay = try await until {
            let status = try #require(leech.status)
            #expect(status.peers <= 3)
            return status.downloaded > 2_000_000
        }
        #expect(isUnderWay)
        #expect(leech.events.peakPeers == 3)
        leech.end()
        taking.stop()
        for (giving, seed) in seeds {
            seed.end()
            giving.stop()
        }
    }

    @Test("a limit holds on this machine too", arguments: [true, false])
    func rate(ofDownload: Bool) async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 3_000_000, pieceLength: 1 << 16)
        let (giving, seed) = try await file.seed(
            folder["seed"], rate: ofDownload ? 0 : 1_000_000)
        let taking = try RunningStaging(file, at: folder["part"])
        let leech = try Swarm.onLoopback(
            [try await seed.peer()], download: ofDownload ? 1_000_000 : 0)
        let start = ContinuousClock.now
        try leech.join(file, taking)
        #expect(try await taking.digest() == Hasher.digest(.md5, file.bytes))
        // 3 MB at 1 MB/s; it would be a tenth of a second without.
        #expect(ContinuousClock.now - start > .milliseconds(1500))
        leech.end()
        seed.end()
        taking.stop()
        giving.stop()
    }

    @Test("the first free port of a range is taken, and none is no failure")
    func ports() async throws {
        var settings = Swarm.Settings()
        settings.usesDHT = false
        settings.addresses = ["127.0.0.1"]
        let first = Int(try freePort())
        settings.ports = first...first + 20
        let one = try Swarm(settings)
        #expect(try await until { one.port > 0 })
        let other = try Swarm(settings)
        #expect(try await until { other.port > 0 })
        #expect(one.port != other.port)
        #expect(settings.ports.contains(Int(one.port)))
        #expect(settings.ports.contains(Int(other.port)))
        // Not an address of this machine.
        settings.addresses = ["192.0.2.77"]
        let deaf = try Swarm(settings)
        #expect(try await until { deaf.events.listenFailure != nil })
        #expect(deaf.events.failure == nil)
        for swarm in [one, other, deaf] { swarm.end() }
    }

    @Test("a peer whose address is none is refused")
    func badPeer() throws {
        let file = try TorrentedFile(size: 100, pieceLength: 1 << 14)
        let leech = try Swarm.onLoopback([Swarm.Peer(address: "no address", port: 1)])
        #expect(throws: FetchError.self) {
            try leech.add(infoHash: file.torrent.infoHash, trackers: [])
        }
        leech.end()
    }
}
