import Support
import Testing

@testable import TorrentFetch

@Suite struct MirrorMemoryTests {
    private func mirrors(_ hosts: String...) throws -> [Mirror] {
        try hosts.map { try Mirror($0.hasPrefix("/") ? $0 : "https://\($0)/", fileName: "f") }
    }

    private func report(_ mirror: Mirror, speed: Double, strikes: Int = 0) -> MirrorReport {
        var report = MirrorReport(mirror)
        report.speed = speed
        report.receivedBytes = 10 << 20
        report.strikes = strikes
        return report
    }

    @Test("mirrors stay in their order until speeds say otherwise; liars go last, folders first")
    func ranking() throws {
        let all = try mirrors("a.example", "b.example", "c.example", "d.example", "/copy")
        var memory = MirrorMemory()
        #expect(memory.ranking(of: all) == [all[4], all[0], all[1], all[2], all[3]])
        memory.note(report(all[0], speed: 1e6))
        memory.note(report(all[2], speed: 9e6))
        // b was never measured, and keeps its place.
        #expect(memory.ranking(of: all) == [all[4], all[2], all[1], all[0], all[3]])
        memory.note(report(all[2], speed: 9e6, strikes: 3))
        #expect(memory.ranking(of: all).last == all[2])
        memory.note(report(all[2], speed: 9e6))
        #expect(memory.ranking(of: all)[1] == all[2])
        memory.note(report(all[4], speed: 9e9))
        #expect(memory.hosts.count == 2)
    }

    @Test("who gave a whole file that was wrong goes last")
    func struck() throws {
        let all = try mirrors("a.example", "b.example", "/copy")
        var memory = MirrorMemory()
        memory.strike(all[0])
        memory.strike(all[2])
        #expect(memory.ranking(of: all) == [all[2], all[1], all[0]])
        #expect(memory.hosts.count == 1)
    }

    @Test("it is remembered in a file, and forgotten when that is damaged")
    func keeps() throws {
        let folder = try TemporaryFolder()
        #expect(MirrorMemory.load(from: folder["state"]) == MirrorMemory())
        var memory = MirrorMemory()
        memory.note(report(try mirrors("a.example")[0], speed: 1234, strikes: 2))
        try memory.save(to: folder["state"])
        #expect(MirrorMemory.load(from: folder["state"]) == memory)
        #expect(
            String(decoding: memory.encoded, as: UTF8.self)
                == "imagenet-fetch mirrors 1\na.example 1234 2\n")
        for damaged in [
            "", "imagenet-fetch mirrors 1", "imagenet-fetch mirrors 2\n",
            "imagenet-fetch mirrors 1\na.example 1\n", "imagenet-fetch mirrors 1\na -1 0\n",
            "imagenet-fetch mirrors 1\na 99999999999999999999 0\n",
            "imagenet-fetch mirrors 1\n\u{1b}[ 1 0\n", "imagenet-fetch mirrors 1\na 1 0",
            "imagenet-fetch mirrors 1\n" + String(repeating: "a 1 1\n", count: 300),
            String(repeating: "x", count: 100_000),
        ] {
            try folder.write(damaged, to: "state/mirrors")
            #expect(
                MirrorMemory.load(from: folder["state"]) == MirrorMemory(), "\(damaged.prefix(40))")
        }
    }

    @Test("it does not grow without bound")
    func bounded() throws {
        var memory = MirrorMemory()
        for index in 0..<400 {
            memory.note(report(try mirrors("h\(index).example")[0], speed: 1e6))
        }
        #expect(memory.hosts.count == 256)
        #expect(MirrorMemory(decoding: memory.encoded) == memory)
    }
}
