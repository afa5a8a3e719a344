import Disk
import Support
import Testing

@testable import imagenet_fetch

/// What the line of progress says, and what it leaves out where it has little room.
@Suite struct ProgressLineTests {
    private let name = "downloading ILSVRC2012_img_train.tar"

    private func line(_ file: ProgressSnapshot.File? = nil) -> ProgressLine {
        var snapshot = ProgressSnapshot(stage: name, done: 26 << 30, total: 144 << 30)
        snapshot.source = "12 peers"
        snapshot.file = file
        return ProgressLine(snapshot, rate: 35.2 * 1_048_576, timeLeft: .seconds(3725))
    }

    private var second: ProgressSnapshot.File {
        ProgressSnapshot.File(name: "a.tar", number: 2, count: 3, done: 50, total: 100)
    }

    @Test("a wide terminal shows everything, with a bar")
    func wide() {
        #expect(
            line(second).text(width: 200)
                == "\(name) (file 2 of 3, 50%)  [###-----------------]   18%    26.0 GiB/144.0 GiB"
                + "   35.2 MiB/s  12 peers  1:02:05 left")
    }

    @Test("with 80 columns there is a bar, which file it is, and the end of its name")
    func usual() {
        let text = line(second).text(width: 79)
        #expect(text.columns <= 79)
        #expect(text.contains(".tar (2/3)  [#---------]   18%   26.0/144.0 GiB  "), "\(text)")
        #expect(text.hasSuffix("35.2 MiB/s  1:02:05 left"))
    }

    @Test("with 40 columns the rate and the time left stay, and the name is cut")
    func narrow() {
        for file in [nil, second] {
            let text = line(file).text(width: 39)
            #expect(text.columns <= 39, "\(text)")
            #expect(text.hasSuffix("18%   35.2 MiB/s  1:02:05 left"), "\(text)")
            #expect(text.hasPrefix("ILS"), "\(text)")
        }
    }

    @Test("no width is too small")
    func tiny() {
        for width in 1...30 { #expect(line(second).text(width: width).columns <= width) }
    }

    @Test("it never goes backwards, also from one file to the next")
    func forwards() {
        let world = World(isTerminal: true)
        let progress = Progress(
            console: world.context.console, style: .redrawn, clock: world.time.clock)
        func show(_ done: Int64, _ file: Int) -> String {
            var snapshot = ProgressSnapshot(stage: "downloading \(file)", done: done, total: 100)
            snapshot.file = ProgressSnapshot.File(name: "a.tar", number: file, count: 2)
            world.time.advance(.seconds(1))
            progress.update(snapshot)
            return world.error.take()
        }
        #expect(show(40, 1).contains(" 40%"))
        // A piece was wrong.
        #expect(show(30, 1).contains(" 40%"))
        #expect(show(50, 2).contains(" 50%"))
        // The rate goes on from the file before.
        #expect(show(60, 2).contains("/s"))
    }

    @Test("without a terminal there is no second line for what takes under a second")
    func short() {
        let world = World()
        let progress = Progress(
            console: world.context.console, style: .plain, clock: world.time.clock)
        progress.update(ProgressSnapshot(stage: "a", done: 0, total: 10))
        world.time.advance(.milliseconds(900))
        progress.update(ProgressSnapshot(stage: "a", done: 10, total: 10))
        progress.end()
        #expect(world.error.take().split(separator: "\n").count == 1)
        progress.update(ProgressSnapshot(stage: "b", done: 0, total: 10))
        world.time.advance(.milliseconds(1100))
        progress.update(ProgressSnapshot(stage: "b", done: 10, total: 10))
        progress.end()
        #expect(world.error.take().split(separator: "\n").count == 2)
    }

    @Test("whoever is stopped says where it was, shown or not, and that it continues")
    func stopped() {
        func stop(_ continues: Bool, _ place: ProgressSnapshot?) -> String {
            let world = World()
            let table = CommandTable(commands: [
                Command(
                    name: "break", summary: "s", detail: "D.", examples: [], continues: continues,
                    run: { arguments, context in
                        let progress = context.progress(arguments, after: .seconds(9))
                        if let place { progress.update(place) }
                        progress.end()
                        throw Stopped(signal: 2)
                    })
            ])
            _ = world.run("break", table: table)
            return world.error.text
        }
        var place = ProgressSnapshot(stage: "downloading a.tar", done: 25, total: 100)
        place.file = second
        #expect(
            stop(true, place)
                == "stopped while downloading a.tar (file 2 of 3), at 25 % (25 B of 100 B); "
                + "the same command continues\n")
        place.file = nil
        #expect(
            stop(false, place) == "stopped while downloading a.tar, at 25 % (25 B of 100 B)\n")
        #expect(stop(true, nil) == "stopped; the same command continues\n")
        #expect(stop(false, nil) == "")
    }
}
