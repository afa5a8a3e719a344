import DatasetExport
import DatasetManifest
import Disk
import Glibc
import Support
import Synchronization
import Testing

/// Somebody who changes things under our hands.
@Suite struct UnpackSwapTests {
    @Test(
        "a folder that is swapped for a link meanwhile leads nowhere", arguments: ["train", "val"])
    func swapped(_ part: String) throws {
        let here = try Unpacking(Unpacking.small)
        let unpacker = try here.unpacker(part)
        let outside = here.folder["outside"]
        mkdir(outside.description, 0o755)
        let work = here.untar.appending(".ILSVRC2012_img_\(part).new").description
        let isSwapped = Atomic(false)
        // After the first images: every class folder becomes a link, and those to come as well.
        let wnids = try here.labels().classes.map { "\($0.wnid)" }
        let outcome = Result {
            try unpacker.run { now in
                guard now.stage == .writing, !isSwapped.exchange(true, ordering: .relaxed) else {
                    return
                }
                for wnid in wnids {
                    rename("\(work)/\(wnid)", "\(work)/\(wnid).moved")
                    symlink(outside.description, "\(work)/\(wnid)")
                }
            }
        }
        #expect(throws: (any Error).self) { try outcome.get() }
        #expect(try here.folder.names(in: "outside").isEmpty)
        #expect(try !here.outputs().contains("ILSVRC2012_img_\(part)"))
    }

    @Test("nor does one of a compressed archive")
    func swappedInStream() throws {
        let here = try Unpacking()
        var tar = TarBytes()
        for number in 0..<3000 { tar.add("d\(number % 3)/f\(number)", "file \(number)") }
        tar.end()
        var unpacker = try here.unpacker(tar.gzipped, .tree, named: "a.tar.gz")
        unpacker.threads = 1
        let outside = here.folder["outside"]
        mkdir(outside.description, 0o755)
        let work = here.untar.appending(".a.new").description
        let isSwapped = Atomic(false)
        let outcome = Result {
            try unpacker.run { now in
                guard now.stage == .writing, !isSwapped.exchange(true, ordering: .relaxed) else {
                    return
                }
                for name in ["d0", "d1", "d2"] {
                    rename("\(work)/\(name)", "\(work)/\(name).moved")
                    symlink(outside.description, "\(work)/\(name)")
                }
            }
        }
        #expect(throws: (any Error).self) { try outcome.get() }
        #expect(try here.folder.names(in: "outside").isEmpty)
        #expect(try !here.outputs().contains("a"))
    }

    @Test("a link where the work should be is removed, not followed")
    func linkedWork() throws {
        let here = try Unpacking(Unpacking.small)
        try here.folder.write("mine", to: "outside/mine")
        mkdir(here.untar.description, 0o755)
        symlink(
            here.folder["outside"].description,
            here.untar.appending(".ILSVRC2012_img_train.new").description)
        try here.unpacker("train").run()
        #expect(try here.folder.names(in: "outside") == ["mine"])
    }
}
