import DataFolder
@testable import DatasetExport
import Disk
import Glibc
import Support
import Synchronization
import Testing

/// Runs that end before their time, and what the next one makes of what they left.
@Suite struct UnpackResumeTests {
    private struct Stop: Error {}

    /// Runs until so many files were written.
    private func stop(_ unpacker: Unpacker, after files: Int) throws {
        #expect(throws: Stop.self) {
            _ = try unpacker.run { now in
                if now.stage == .writing, now.files >= files { throw Stop() }
            }
        }
    }

    @Test("what is there is not written again", arguments: ["train", "val"])
    func goesOn(_ part: String) throws {
        let here = try Unpacking(Unpacking.small)
        var unpacker = try here.unpacker(part)
        unpacker.threads = 1
        try stop(unpacker, after: part == "train" ? 30 : 280)
        let left = try here.outputs()
        #expect(left == [".ILSVRC2012_img_\(part).new", ".ILSVRC2012_img_\(part).state"])
        let work = "untar/.ILSVRC2012_img_\(part).new"
        let wnid = try #require(try here.folder.names(in: work).first)
        let old = try #require(try Folder(here.folder["\(work)/\(wnid)"]).entries().first?.name)
        let marked = here.folder["\(work)/\(wnid)"].appending(old)
        try FileDescriptor(marked, .updating).setMode(0o600)
        #expect(try unpacker.run().isContinued)
        try here.unpacker(part == "train" ? "val" : "train").run()
        try here.unpacker("test_v10102019").run()
        try here.compareImages()
        let now = try Folder(here.untar.appending("ILSVRC2012_img_\(part)/\(wnid)"))
        #expect(try now.status(old)?.mode == 0o600)
    }

    @Test("a compressed archive is gone on with as well")
    func stream() throws {
        let here = try Unpacking()
        var tar = TarBytes()
        for number in 0..<2000 { tar.add("d\(number % 3)/f\(number)", "file \(number)") }
        tar.end()
        var unpacker = try here.unpacker(tar.gzipped, .tree, named: "a.tar.gz")
        unpacker.threads = 1
        for files in [300, 600, 900] { try stop(unpacker, after: files) }
        let marked = here.folder["untar/.a.new/d0/f3"]
        try FileDescriptor(marked, .updating).setMode(0o600)
        unpacker.threads = 3
        unpacker.verifies = true
        #expect(try unpacker.run().files == 2000)
        #expect(try Folder(here.folder["untar/a/d0"]).status("f3")?.mode == 0o600)
        #expect(try here.outputs() == ["a", "a.receipt.json"])
    }

    @Test("after the machine was started anew what is there is held against the archive first")
    func otherBoot() throws {
        let here = try Unpacking(Unpacking.small)
        var unpacker = try here.unpacker("train")
        unpacker.threads = 1
        unpacker.boot = "one"
        try stop(unpacker, after: 30)
        // As after a power loss: the name is there, the bytes are not.
        let work = "untar/.ILSVRC2012_img_train.new"
        let wnids = try here.folder.names(in: work)
        let first = try #require(try here.folder.names(in: "\(work)/\(wnids[0])").first)
        try FileDescriptor(here.folder["\(work)/\(wnids[0])/\(first)"], .updating)
            .truncate(to: 0)
        unpacker.boot = "two"
        try unpacker.run()
        unpacker.verifies = true
        #expect(try unpacker.run().isVerified)
    }

    @Test("an archive that has changed meanwhile is begun anew")
    func otherArchive() throws {
        let here = try Unpacking(Unpacking.small)
        var unpacker = try here.unpacker("train")
        unpacker.threads = 1
        try stop(unpacker, after: 30)
        try here.folder.write("old", to: "untar/.ILSVRC2012_img_train.new/stray")
        let bytes = try here.folder.read("s/tar/ILSVRC2012_img_train.tar")
        try here.folder.write(bytes, to: "s/tar/ILSVRC2012_img_train.tar")
        try unpacker.run()
        try here.unpacker("val").run()
        try here.unpacker("test_v10102019").run()
        try here.compareImages()
    }

    @Test("work that somebody has taken something from is begun anew", arguments: ["train", "val"])
    func takenFrom(_ part: String) throws {
        let here = try Unpacking(Unpacking.small)
        var unpacker = try here.unpacker(part)
        unpacker.threads = 1
        try stop(unpacker, after: part == "train" ? 30 : 280)
        let work = "untar/.ILSVRC2012_img_\(part).new"
        let wnid = try #require(try here.folder.names(in: work).first)
        let name = try #require(try here.folder.names(in: "\(work)/\(wnid)").first)
        unlink(here.folder["\(work)/\(wnid)/\(name)"].description)
        let error = try failure(ExportError.self) { try unpacker.run() }
        #expect(error.code == .brokenOutput)
        #expect(try here.outputs().isEmpty)
        try unpacker.run()
        try here.unpacker(part == "train" ? "val" : "train").run()
        try here.unpacker("test_v10102019").run()
        try here.compareImages()
    }

    @Test("a run that died between giving the name and writing the receipt is brought to its end")
    func unnamed() throws {
        let here = try Unpacking(Unpacking.small)
        let unpacker = try here.unpacker("test_v10102019")
        let receipt = try unpacker.run().receipt
        let name = "ILSVRC2012_img_test_v10102019"
        let parent = try Folder(here.untar)
        try parent.remove(OutputReceipt.fileName(name))
        try here.folder.write(receipt.encoded, to: "untar/.\(name).state/done.json")
        // What was replaced is not left either.
        try here.folder.write("x", to: "untar/.\(name).old/x")
        #expect(try unpacker.run().isAlreadyDone)
        #expect(try here.outputs() == [name, "\(name).receipt.json"])
        // And one that died just before.
        try parent.remove(OutputReceipt.fileName(name))
        try parent.rename(Path(name), to: Path(".\(name).new"))
        try here.folder.write(receipt.encoded, to: "untar/.\(name).state/done.json")
        #expect(try unpacker.run().isAlreadyDone)
        #expect(try here.outputs() == [name, "\(name).receipt.json"])
    }

    @Test("a full disk: nothing appears, and the next run goes on", arguments: ["train", "val"])
    func fullDisk(_ part: String) throws {
        let here = try Unpacking(Unpacking.small)
        let unpacker = try here.unpacker(part)
        let mark = here.folder.path.description
        let error = try Faults.during([
            Fault(.write, onPathsWith: mark, after: 20, .failure(ENOSPC))
        ]) {
            try failure(DiskError.self) { try unpacker.run() }
        }
        #expect(error.code == .noSpace)
        #expect(try here.outputs().allSatisfy { $0.hasPrefix(".") })
        try unpacker.run()
        #expect(try here.outputs().count == 2)
    }

    @Test(
        "faults of all kinds are told and leave nothing under the name",
        arguments: [SystemCall.open, .mkdirat, .pread, .syncfs, .renameat, .close])
    func faults(_ call: SystemCall) throws {
        let here = try Unpacking(Unpacking.small)
        let unpacker = try here.unpacker("train")
        let mark = call == .pread ? "s/tar/ILSVRC2012_img_train.tar" : "untar"
        let path = "\(here.folder.path)/\(mark)"
        // What a disk refuses once and gives then costs nothing.
        let times = call == .pread ? 100 : 1
        let fault = Fault(call, onPathsWith: path, after: 3, times: times, .failure(EIO))
        let error = Faults.during([fault]) {
            do {
                try unpacker.run()
                return (any Error)?.none
            } catch {
                return error
            }
        }
        if call != .syncfs, call != .renameat { #expect(error != nil) }
        if error != nil {
            #expect(try !here.outputs().contains("ILSVRC2012_img_train.receipt.json"))
        }
        try unpacker.run()
        try here.unpacker("val").run()
        try here.unpacker("test_v10102019").run()
        try here.compareImages()
    }

    @Test("of a disk that does not keep it nothing of a tree is believed")
    func notSynced() throws {
        let here = try Unpacking(Unpacking.small)
        let unpacker = try here.unpacker("val")
        let fault = Fault(
            .syncfs, onPathsWith: "\(here.folder.path)/untar", times: 10, .failure(EIO))
        let error = #expect(throws: DiskError.self) {
            try Faults.during([fault]) { _ = try unpacker.run() }
        }
        #expect(error?.code == .io)
        #expect(try here.outputs().isEmpty)
        #expect(try !unpacker.run().isContinued)
    }

    @Test("what does not fit is refused before anything is made")
    func room() throws {
        let here = try Unpacking()
        var tar = TarBytes()
        tar.add("a", "x")
        tar.end()
        let unpacker = try here.unpacker(tar.bytes, .images)
        let error = try Faults.during([
            Fault(.fstatvfs, onPathsWith: here.untar.description, .failure(ENOSPC))
        ]) { try failure(DiskError.self) { try unpacker.run() } }
        #expect(error.code == .noSpace)
    }
}
