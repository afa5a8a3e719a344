import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

@testable import TorrentFetch

/// The machine of a lab that downloads shows each piece to one neighbour.
@Suite(.serialized, .timeLimit(.minutes(2))) struct SpreadTests {
    /// A machine of a lab that has the first pieces of a file, and neighbours that have none.
    private final class Lab {
        let file: TorrentedFile
        let taking: [TakingPeer]
        private let folder: TemporaryFolder
        private let running: RunningStaging
        private let swarm: Swarm

        init(
            pieces: Int, of count: Int, neighbours: Int, forgetful: Bool = true, isOpen: Bool = true
        ) throws {
            folder = try TemporaryFolder()
            file = try TorrentedFile(size: count << 14, pieceLength: 1 << 14)
            var proven = file.noPieces
            for piece in 0..<pieces { proven[piece] = true }
            running = try RunningStaging(file, at: folder["part"], proven: proven)
            let metainfo = try Metainfo(file.torrent.bytes, source: "the test")
            taking = try (0..<neighbours).map { _ in
                try TakingPeer(infoHash: metainfo.infoHash, of: count, forgets: forgetful)
            }
            swarm = try Swarm.onLoopback(
                taking.map { .init(address: "127.0.0.1", port: $0.port) }, isLab: true)
            try swarm.join(file, running)
            swarm.openOutside(isOpen)
        }

        deinit {
            swarm.end()
            running.stop()
        }

        /// What each neighbour sees.
        var views: [Set<Int>] { taking.map(\.view.pieces) }

        /// Waits until each neighbour sees so many pieces, then gives which.
        func views(of counts: [Int]) async throws -> [Set<Int>] {
            let isSo = try await until { views.map(\.count) == counts }
            #expect(isSo, "\(views)")
            return views
        }
    }

    @Test("each neighbour sees two pieces of its own, and gets no others")
    func own() async throws {
        let lab = try Lab(pieces: 11, of: 12, neighbours: 3)
        let views = try await lab.views(of: [2, 2, 2])
        #expect(views.reduce(Set()) { $0.union($1) }.count == 6)
        let (mine, others) = (views[0].min()!, views[1].min()!)
        lab.taking[0].request(others)
        lab.taking[0].request(mine)
        #expect(try await until { lab.taking[0].view.received == [mine] })
        #expect(lab.taking[0].view.refused == [others])
    }

    @Test("a piece that nobody was shown is given to nobody")
    func unshown() async throws {
        let lab = try Lab(pieces: 11, of: 12, neighbours: 3)
        let views = try await lab.views(of: [2, 2, 2])
        let hidden = Set(0..<11).subtracting(views.joined()).min()!
        lab.taking[0].request(hidden)
        #expect(try await until { lab.taking[0].view.refused == [hidden] })
        #expect(lab.taking[0].view.received.isEmpty)
    }

    @Test("who has given a piece to the others is shown the next one; who keeps it is not")
    func onward() async throws {
        let lab = try Lab(pieces: 11, of: 12, neighbours: 3)
        var mine = try await lab.views(of: [2, 2, 2])[0].sorted()
        lab.taking[0].has(mine[0])
        let views = try await lab.views(of: [3, 2, 2])
        // The others lack two of its pieces, so it gets no fourth one.
        lab.taking[0].has(mine[1])
        lab.taking[1].has(lab.views[1].min()!)
        _ = try await lab.views(of: [3, 3, 2])
        mine = views[0].sorted()
        for neighbour in lab.taking.dropFirst() { neighbour.has(mine[0]) }
        #expect(try await until { lab.views[0].count == 4 })
    }

    @Test("one neighbour is shown all pieces, two at a time; and what is new is not shown to all")
    func lone() async throws {
        let lab = try Lab(pieces: 6, of: 12, neighbours: 1)
        var done: Set<Int> = []
        for count in [2, 3, 4, 5, 6] {
            let view = try await lab.views(of: [count])[0]
            guard let next = view.subtracting(done).min() else { break }
            lab.taking[0].has(next)
            done.insert(next)
        }
        #expect(done == Set(0..<5))
    }

    @Test("a neighbour that is not interested sees everything, for it gives to nobody")
    func uninterested() async throws {
        let lab = try Lab(pieces: 11, of: 12, neighbours: 2)
        _ = try await lab.views(of: [2, 2])
        lab.taking[0].loseInterest()
        let views = try await lab.views(of: [11, 2])
        // What it was to bring is there for the other one.
        lab.taking[1].has(views[1].min()!)
        #expect(try await until { lab.views[1].count == 3 })
    }

    @Test("a neighbour that cannot be told to forget a piece sees everything")
    func rigid() async throws {
        let lab = try Lab(pieces: 11, of: 12, neighbours: 2, forgetful: false)
        _ = try await lab.views(of: [11, 11])
    }

    @Test("a machine that does not download shows everything")
    func closed() async throws {
        let lab = try Lab(pieces: 11, of: 12, neighbours: 2, isOpen: false)
        _ = try await lab.views(of: [11, 11])
    }

    @Test("when all is there and each piece is with some neighbour, everybody sees everything")
    func end() async throws {
        let lab = try Lab(pieces: 4, of: 4, neighbours: 2)
        let views = try await lab.views(of: [2, 2])
        for (neighbour, view) in zip(lab.taking, views) { view.forEach(neighbour.has) }
        _ = try await lab.views(of: [4, 4])
    }
}
