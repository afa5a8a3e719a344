import DataFolder
import DatasetExport
import Disk
import Support
import Testing

/// What is told of trees that are not whole.
@Suite struct OutputSurveyTests {
    private struct Stop: Error {}

    private func stop(_ unpacker: Unpacker, after files: Int) {
        #expect(throws: Stop.self) {
            _ = try unpacker.run { now in
                if now.stage == .writing, now.files >= files { throw Stop() }
            }
        }
    }

    private func found(_ here: borrowing Unpacking) throws -> [FoundOutput] {
        try OutputSurvey(DataFolder(here.folder.path)).outputs()
    }

    @Test("a tree that was stopped is told with how far it is")
    func tree() throws {
        let here = try Unpacking(Unpacking.small)
        var unpacker = try here.unpacker("train")
        unpacker.threads = 1
        stop(unpacker, after: 30)
        let output = try #require(try found(here).first)
        guard case .partial(let progress) = output.state else {
            return #expect(output.state == .absent)
        }
        #expect(output.name == "ILSVRC2012_img_train" && output.kind == "untar")
        #expect(progress.total == 4 && (1...3).contains(progress.done))
        #expect(progress.bytes > 0 && output.bytes == progress.bytes)
        #expect(output.receipt?.inputs.first?.name == "ILSVRC2012_img_train.tar")
        try unpacker.run()
        #expect(try found(here).map(\.state) == [.whole])
        // Another one in its place.
        unpacker.isForced = true
        stop(unpacker, after: 30)
        let again = try #require(try found(here).first)
        #expect(again.state == .whole && again.replacement?.total == 4)
    }

    @Test("of a compressed archive only the files are known that were written")
    func stream() throws {
        let here = try Unpacking()
        var tar = TarBytes()
        for number in 0..<2000 { tar.add("d\(number % 3)/f\(number)", "file \(number)") }
        tar.end()
        var unpacker = try here.unpacker(tar.gzipped, .tree2017, named: "ILSVRC2017_x.tar.gz")
        unpacker.threads = 1
        stop(unpacker, after: 600)
        let output = try #require(try found(here).first)
        guard case .partial(let progress) = output.state else {
            return #expect(output.state == .absent)
        }
        #expect(progress.total == nil && (256...2000).contains(progress.files ?? 0))
        try unpacker.run()
        let whole = try found(here)
        #expect(whole.map(\.name) == ["ILSVRC2017_x"])
        #expect(whole.first?.path == here.untar.appending("ILSVRC2017"))
        #expect(whole.first?.state == .whole && whole.first?.images == 2000)
    }

    @Test(
        "notes that somebody has tampered with are no progress, and no crash",
        arguments: ["wanted.json", "progress", "done.json"])
    func tampered(_ name: String) throws {
        let here = try Unpacking(Unpacking.small)
        var unpacker = try here.unpacker("train")
        unpacker.threads = 1
        stop(unpacker, after: 30)
        let state = "untar/.ILSVRC2012_img_train.state/\(name)"
        for bytes in [
            [], [0, 1, 2, 255], Array("imagenet-fetch.tree/1 x\n".utf8) + [1, 1, 1, 1, 1, 1],
        ]
            as [[UInt8]]
        {
            try here.folder.write(bytes, to: state)
            for output in try found(here) {
                guard case .partial(let progress) = output.state else { continue }
                #expect(progress.done <= progress.total ?? 0)
            }
        }
    }
}
