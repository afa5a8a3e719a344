import Disk
import Testing

@testable import imagenet_fetch

@Suite struct ProgressTests {
    private func snapshot(_ done: Int64, of total: Int64? = 1000 << 20, stage: String = "fetch a")
        -> ProgressSnapshot
    {
        ProgressSnapshot(stage: stage, done: done << 20, total: total)
    }

    private func progress(_ world: World, _ style: ProgressStyle) -> Progress {
        Progress(console: world.context.console, style: style, clock: world.time.clock)
    }

    @Test("on a terminal a line is redrawn, at most ten times a second")
    func redrawn() {
        let world = World(isTerminal: true)
        let progress = progress(world, .redrawn)
        for step in 0..<100 {
            progress.update(snapshot(Int64(step)))
            world.time.advance(.milliseconds(10))
        }
        let drawn = world.error.take().split(separator: "\r")
        #expect(drawn.count == 10)
        #expect(drawn.allSatisfy { $0.hasSuffix("\u{1B}[K") && !$0.contains("\n") })
        #expect(drawn.last?.contains("90.0 MiB/1000.0 MiB") == true)
        progress.end()
        // The last word is said, then taken away.
        #expect(world.error.text.contains("99.0 MiB/1000.0 MiB"))
        #expect(world.error.text.hasSuffix("\r\u{1B}[K"))
    }

    @Test("elsewhere it is a whole line every thirty seconds and at each stage")
    func plain() {
        let world = World()
        let progress = progress(world, .plain)
        for step in 0..<70 {
            progress.update(snapshot(Int64(step)))
            world.time.advance(.seconds(1))
        }
        progress.update(snapshot(0, stage: "check a"))
        progress.end()
        let text = world.error.text
        let lines = text.split(separator: "\n")
        #expect(
            lines.map { $0.prefix(7) } == ["fetch a", "fetch a", "fetch a", "fetch a", "check a"])
        #expect(lines[1].contains(" 30.0 MiB/"))
        #expect(lines[3].contains(" 69.0 MiB/"))
        #expect(!text.contains("\r") && !text.contains("\u{1B}"))
    }

    @Test("for programs it is an object per line, at most ten a second")
    func json() {
        let world = World()
        let progress = progress(world, .json)
        for step in 0..<20 {
            progress.update(snapshot(Int64(step), of: nil))
            world.time.advance(.milliseconds(10))
        }
        progress.update(
            ProgressSnapshot(
                stage: "list \"b\"", done: 1, total: 2, unit: .items, source: "a mirror"))
        progress.end()
        let lines = world.error.text.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(
            lines[0] == """
                {"schema":"imagenet-fetch.progress/1","stage":"fetch a","done":0,"unit":"bytes"}
                """)
        #expect(
            lines[3] == """
                {"schema":"imagenet-fetch.progress/1","stage":"list \\"b\\"","done":1,"total":2,\
                "unit":"items","source":"a mirror"}
                """)
    }

    @Test("of several files it counts all, and says which one it is")
    func jsonOfSeveral() {
        let world = World()
        let progress = progress(world, .json)
        var now = ProgressSnapshot(stage: "downloading b", done: 70, total: 200)
        now.file = ProgressSnapshot.File(name: "b", number: 2, count: 3, done: 20, total: 100)
        progress.update(now)
        progress.end()
        #expect(
            world.error.text == """
                {"schema":"imagenet-fetch.progress/1","stage":"downloading b","done":70,"total":200,\
                "unit":"bytes","file":{"name":"b","number":2,"count":3,"done":20,"total":100}}

                """)
    }

    @Test("the same line is not said twice where lines stay")
    func plainOnce() {
        let world = World()
        let progress = progress(world, .plain)
        progress.update(snapshot(5))
        progress.update(snapshot(5))
        progress.end()
        #expect(world.error.text.split(separator: "\n").count == 1)
    }

    @Test("without progress nothing is written")
    func none() {
        let world = World()
        let progress = progress(world, .none)
        progress.update(snapshot(5))
        progress.end()
        #expect(world.error.text.isEmpty)
    }

    @Test("a line is cut to the terminal's width, and the last column stays free")
    func width() {
        for width in [1, 2, 20, 79] {
            let world = World(isTerminal: true, width: width)
            progress(world, .redrawn).update(snapshot(5, stage: String(repeating: "x", count: 99)))
            let drawn = world.error.text.dropFirst().dropLast("\u{1B}[K".count)
            #expect(drawn.count == max(width - 1, 1))
        }
    }

    @Test("a message or a result never lands in the line")
    func messages() throws {
        let world = World(isTerminal: true)
        let progress = progress(world, .redrawn)
        let console = world.context.console
        progress.update(snapshot(1))
        _ = world.error.take()
        console.warn("careful")
        #expect(world.error.take() == "\r\u{1B}[Kimagenet-fetch: warning: careful\n")
        console.note("nothing to erase")
        #expect(world.error.take() == "nothing to erase\n")
        world.time.advance(.seconds(1))
        progress.update(snapshot(2))
        _ = world.error.take()
        try console.result("a result")
        #expect(world.error.take() == "\r\u{1B}[K")
        #expect(world.output.text == "a result\n")
        progress.end()
    }

    @Test("the style is chosen by the options and the terminal")
    func style() {
        func choose(_ words: Word..., in world: World) -> ProgressStyle? {
            let captured = Captured()
            _ = Program(table: captured.table, context: World().context).run(["labels"] + words)
            return captured.arguments.map { .choose($0, world.context.console) }
        }
        let terminal = World(isTerminal: true)
        #expect(choose(in: terminal) == .redrawn)
        #expect(choose(in: World(isTerminal: true, isCapable: false)) == .plain)
        #expect(choose(in: World()) == .plain)
        #expect(choose("--quiet", in: terminal) == ProgressStyle.none)
        #expect(choose("--quiet", "--progress=always", in: terminal) == .redrawn)
        #expect(choose("--progress=never", in: terminal) == ProgressStyle.none)
        #expect(choose("--progress=always", in: World()) == .plain)
        #expect(choose("--progress=json", "--quiet", in: terminal) == .json)
    }

    @Test("a line has its parts in their order")
    func parts() {
        var snapshot = ProgressSnapshot(stage: "fetch a", done: 512 << 20, total: 2 << 30)
        snapshot.source = "12 peers"
        let line = ProgressLine(snapshot, rate: 1_048_576, timeLeft: .seconds(62))
        #expect(
            line.text == "fetch a   25%   512.0 MiB/2.0 GiB    1.0 MiB/s  12 peers  01:02 left")
        let unknown = ProgressSnapshot(stage: "list", done: 1_281_167, total: nil, unit: .items)
        #expect(ProgressLine(unknown, rate: nil, timeLeft: nil).text == "list   1,281,167")
    }

    @Test(
        "percent is rounded down, and 100 means all",
        arguments: [
            (0, 0, "100%"), (999, 1000, " 99%"), (1000, 1000, "100%"), (1001, 1000, "100%"),
            (-5, 1000, "  0%"), (Int64.max - 1, Int64.max, " 99%"),
        ] as [(Int64, Int64, String)])
    func percent(done: Int64, total: Int64, shown: String) {
        let line = ProgressLine(
            ProgressSnapshot(stage: "s", done: done, total: total), rate: nil, timeLeft: nil)
        #expect(line.text.hasPrefix("s  \(shown)  "))
    }

    @Test("the rate looks five seconds back")
    func rate() throws {
        var meter = RateMeter()
        #expect(meter.rate == nil)
        for tenth in 0...200 {
            // Ten seconds at 100 a second, then ten at 300.
            let done = tenth <= 100 ? tenth * 10 : 1000 + (tenth - 100) * 30
            meter.add(Int64(done), at: .milliseconds(tenth * 100))
            if tenth == 100 { #expect(abs(try #require(meter.rate) - 100) < 5) }
            if tenth == 125 { #expect((150...250).contains(try #require(meter.rate))) }
        }
        #expect(abs(try #require(meter.rate) - 300) < 5)
        meter.reset()
        #expect(meter.rate == nil)
    }

    @Test("bytes that are taken back are no speed")
    func backwards() {
        var meter = RateMeter()
        meter.add(1000, at: .zero)
        meter.add(10, at: .seconds(1))
        #expect(meter.rate == 0)
    }

    @Test("the time left is known after a second, and not while nothing comes")
    func timeLeft() {
        var meter = RateMeter()
        meter.add(0, at: .zero)
        meter.add(90, at: .milliseconds(900))
        #expect(meter.timeLeft(of: 1000) == nil)
        meter.add(100, at: .seconds(1))
        #expect(meter.timeLeft(of: 1000) == .seconds(10))
        #expect(meter.timeLeft(of: .max) == nil)
        for second in 2...20 { meter.add(100, at: .seconds(second)) }
        #expect(meter.timeLeft(of: 1000) == nil)
    }

    @Test("many updates take little room")
    func manyUpdates() {
        var meter = RateMeter()
        for step in 0..<100_000 { meter.add(Int64(step), at: .microseconds(step * 50)) }
        #expect((40...60).contains(meter.sampleCount))
        #expect(abs((meter.rate ?? 0) - 20_000) < 100)
        // Slower from now on: what was before the window is forgotten.
        for step in 0..<100_000 {
            meter.add(100_000, at: .seconds(5) + .microseconds(step * 60))
        }
        #expect(meter.rate == 0)
    }
}
