import Disk
import Support
import Testing

@testable import DatasetExport

/// Several runs that want to write the same shards.
@Suite struct ShardLocksTests {
    private func export(
        _ sample: borrowing MadeSample, slice: (Int, Int)? = nil
    ) -> ShardExport {
        var export = ShardExport(
            format: WebDatasetFormat(shards: 6), split: .train,
            input: .archive(Path(sample.tar("ILSVRC2012_img_train.tar"))),
            place: OutputPlace(parent: sample.folder["out"], name: "t"))
        if let slice = slice.flatMap({ ShardSlice(index: $0.0, count: $0.1) }) {
            export.options.share = .slice(slice)
        }
        export.options.threads = 1
        return export
    }

    /// What comes of other runs while one of them writes.
    private func during(_ export: ShardExport, _ others: [ShardExport]) throws -> [DiskError.Code?]
    {
        let codes = Monitor<[DiskError.Code?]>([])
        let once = Counter()
        _ = try export.run(labels: nil) { now in
            guard now.stage == .writing, once.add(1) == 1 else { return }
            for other in others {
                do {
                    _ = try other.run(labels: nil) { _ in }
                    codes.update { $0.append(nil) }
                } catch let error as DiskError {
                    codes.update { $0.append(error.code) }
                }
            }
        }
        return codes.read { $0 }
    }

    @Test("a slice sees a whole run at work, and a whole run a slice")
    func wholeAndSlice() throws {
        let sample = try MadeSample()
        let whole = export(sample)
        #expect(
            try during(whole, [export(sample, slice: (2, 2)), whole]) == [.busy, .busy])
        let other = try MadeSample()
        let slices = (1...3).map { export(other, slice: ($0, 3)) }
        // Slices of one count do not get in each other's way; those of another have the same shards.
        #expect(
            try during(
                slices[0],
                [export(other), slices[0], export(other, slice: (1, 2)), slices[1]])
                == [.busy, .busy, .busy, nil])
        _ = try slices[2].run(labels: nil) { _ in }
        let merged = try export(other).run(labels: nil) { _ in }
        #expect(merged.isWhole && merged.keptShards == 6)
        #expect(try Golden.files(export(other).place.path) == Golden.files(whole.place.path))
    }

    @Test("a whole run is told which slice keeps it out")
    func namesSlice() throws {
        let folder = try TemporaryFolder()
        let work = try Folder(folder.path)
        let slice = ShardLocks()
        let first = try #require(ShardSlice(index: 1, count: 2))
        try slice.takeSlice(first, work, named: "lock")
        let error = #expect(throws: DiskError.self) {
            try ShardLocks().takeAlone(work, named: "lock")
        }
        #expect(error?.code == .busy)
        #expect(error?.message.contains("lock.1-of-2: another run is using it (process ") == true)
        withExtendedLifetime(slice) {}
    }

    @Test("a slice that has just begun, and has no receipt yet, is not taken for another run")
    func together() throws {
        let sample = try MadeSample()
        let work = sample.folder["out/.t.new"]
        _ = try Folder.creating(work)
        // As the other one begins: the shared lock first, then its own.
        let shared = try FileLock(work.appending("lock"), isShared: true)
        let own = try FileLock(work.appending("lock.2-of-2"))
        let part = try export(sample, slice: (1, 2)).run(labels: nil) { _ in }
        #expect(!part.isWhole && part.shards > 0)
        withExtendedLifetime(shared) {}
        withExtendedLifetime(own) {}
    }

    @Test("slices that are done may be gone on with by those of another count")
    func otherCount() throws {
        let sample = try MadeSample()
        _ = try export(sample, slice: (1, 2)).run(labels: nil) { _ in }
        #expect(try export(sample, slice: (3, 3)).run(labels: nil) { _ in }.keptShards >= 0)
        #expect(try export(sample).run(labels: nil) { _ in }.keptShards == 5)
    }

    @Test("what slices with other options have left is removed by --force, and only when idle")
    func forced() throws {
        let sample = try MadeSample()
        var left = export(sample, slice: (1, 3))
        left.options.seed = 1
        _ = try left.run(labels: nil) { _ in }
        var slice = export(sample, slice: (1, 3))
        let error = #expect(throws: ExportError.self) { try slice.run(labels: nil) { _ in } }
        #expect(error?.code == .exists && error?.message.contains(".t.new") == true)
        slice.options.isForced = true
        let fresh = export(sample, slice: (2, 3))
        #expect(throws: ExportError.self) { try fresh.run(labels: nil) { _ in } }
        #expect(try slice.run(labels: nil) { _ in }.keptShards == 0)
        // What goes with it is kept then, with the option and without.
        var second = fresh
        second.options.isForced = true
        #expect(try second.run(labels: nil) { _ in }.keptShards == 2)
        left.options.isForced = true
        #expect(try during(export(sample, slice: (3, 3)), [left]) == [.busy])
    }
}
