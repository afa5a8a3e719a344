import DatasetExport
import Disk
import Glibc
import SampleData
import Support
import Testing

@Suite struct TestPatchTests {
    private static let script = Path(#filePath).parent.parent
        .appending("Interop/merge.py").description
    private static let archiveName = "ILSVRC2012_img_test_v10102019.tar"
    private static let patchName = "ILSVRC2012_img_test_patch_v10102019.tar"

    private static func sample() throws -> MadeSample {
        try MadeSample(.init(classes: 2, perClass: 2, val: 1, test: 25, seed: 3))
    }

    private static func merge(
        _ archive: Path, _ patch: Path?, in folder: Path
    ) throws -> TestPatch.Summary {
        try TestPatch(archive: archive, patch: patch, in: folder).run { _, _ in }
    }

    private static func bytes(_ folder: Path) throws -> [UInt8] {
        try FileDescriptor(folder.appending(TestPatch.outputName), .reading)
            .contents(limit: 1 << 30)
    }

    @Test("the merged archive has the bytes that a few lines of Python write")
    func python() throws {
        let sample = try Self.sample()
        let archive = Path(sample.tar(Self.archiveName))
        let patch = Path(sample.tar(Self.patchName))
        for patched in [true, false] {
            let out = sample.folder["out-\(patched)"]
            let summary = try Self.merge(archive, patched ? patch : nil, in: out)
            let expected = sample.folder["expected.tar"]
            _ = try lines(
                of: "python3",
                [Self.script, expected.description, archive.description]
                    + (patched ? [patch.description] : []))
            #expect(try Self.bytes(out) == sample.folder.read("expected.tar"))
            #expect(summary.images == 25 && !summary.wasThere)
            // Every second image of the sample's patch changes something.
            #expect(summary.replaced == (patched ? 3 : 0) && summary.same == (patched ? 2 : 0))
            #expect(summary.bytes == Int64(try Self.bytes(out).count))
        }
        #expect(try sample.members("../../out-true/\(TestPatch.outputName)").count == 25)
    }

    @Test("merging again changes nothing, and the same run twice is done once")
    func again() throws {
        let sample = try Self.sample()
        let patch = Path(sample.tar(Self.patchName))
        let first = sample.folder["first"]
        _ = try Self.merge(Path(sample.tar(Self.archiveName)), patch, in: first)
        let merged = first.appending(TestPatch.outputName)
        let second = try Self.merge(merged, patch, in: sample.folder["second"])
        #expect(second.replaced == 0 && second.same == 5)
        #expect(try Self.bytes(sample.folder["second"]) == Self.bytes(first))
        let again = try Self.merge(Path(sample.tar(Self.archiveName)), patch, in: first)
        #expect(again.wasThere && again.replaced == 3 && again.images == 25)
        // Other inputs, or the output as its own input, are refused.
        for archive in [Path(sample.tar(Self.archiveName)), merged] {
            let error = #expect(throws: ExportError.self) {
                try Self.merge(archive, nil, in: first)
            }
            #expect(error?.code == .exists)
        }
        var forced = TestPatch(archive: Path(sample.tar(Self.archiveName)), patch: nil, in: first)
        forced.isForced = true
        #expect(try forced.run { _, _ in }.replaced == 0)
        // What has no receipt is somebody else's, the real archive perhaps.
        try Folder(first).remove(Path(TestPatch.outputName + ".receipt.json"))
        let before = try Self.bytes(first)
        forced = TestPatch(archive: Path(sample.tar(Self.archiveName)), patch: patch, in: first)
        forced.isForced = true
        let error = #expect(throws: ExportError.self) { try forced.run { _, _ in } }
        #expect(error?.code == .exists && error?.message.contains("without a receipt") == true)
        #expect(try Self.bytes(first) == before)
    }

    @Test("a patch that does not belong to the archive is refused, and so is a wrong count")
    func strays() throws {
        let sample = try Self.sample()
        let (archive, patch) = (
            Path(sample.tar(Self.archiveName)), Path(sample.tar(Self.patchName))
        )
        let out = sample.folder["out"]
        let error = #expect(throws: ExportError.self) { try Self.merge(patch, archive, in: out) }
        #expect(error?.code == .badInput && error?.message.contains("has no image") == true)
        var merge = TestPatch(archive: archive, patch: patch, in: out)
        merge.expectedImages = 26
        #expect(throws: ExportError.self) { try merge.run { _, _ in } }
        #expect((try? Folder(out)) == nil)
    }

    /// A tar with one image that is right and one more member.
    private static func hostile(_ add: (inout TarBytes) -> Void) -> [UInt8] {
        var tar = TarBytes()
        tar.add("test/ILSVRC2012_test_00000001.JPEG", "image")
        add(&tar)
        tar.end()
        return tar.bytes
    }

    @Test(
        "what no test archive has is refused by name, and nothing appears",
        arguments: [
            ("/etc/ILSVRC2012_test_00000002.JPEG", "0", "absolute"),
            ("../ILSVRC2012_test_00000002.JPEG", "0", "leads out"),
            ("test/../../x.JPEG", "0", "leads out"), ("a\u{1B}[2J.JPEG", "0", "control"),
            ("link.JPEG", "2", "link"), ("hard.JPEG", "1", "link"), ("device.JPEG", "3", "neither"),
            ("pipe.JPEG", "6", "neither"), ("n01440764.tar", "0", "not a test image"),
            ("readme.txt", "0", "not a test image"),
            ("other/ILSVRC2012_test_00000001.JPEG", "0", "twice"),
            (String(repeating: "l", count: 96) + ".JPEG", "0", "too long"),
        ])
    func refusals(_ name: String, _ type: String, _ reason: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(
            Self.hostile { tar in
                if name.utf8.count > 100 {
                    tar.addGNU(Array(name.utf8), "x")
                } else {
                    tar.add(name, type == "0" ? "x" : "", type: Character(type), link: "x")
                }
            }, to: "bad.tar")
        try folder.write(Self.hostile { _ in }, to: "good.tar")
        for (archive, patch) in [("bad.tar", nil), ("good.tar", "bad.tar")] {
            let error = #expect(throws: ExportError.self) {
                try Self.merge(folder[archive], patch.map { folder[$0] }, in: folder["out"])
            }
            #expect(error?.code == .badInput)
            #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        }
        #expect((try? Folder(folder["out"])) == nil)
    }

    @Test("folders and hidden files are left out, those counted")
    func hidden() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            Self.hostile { tar in
                tar.add("test/", type: "5")
                tar.add("test/._ILSVRC2012_test_00000001.JPEG", "apple")
            }, to: "a.tar")
        let summary = try Self.merge(folder["a.tar"], nil, in: folder["out"])
        #expect(summary.images == 1 && summary.leftOut == 1)
    }

    @Test("a cut archive is refused, and so is a compressed one")
    func damaged() throws {
        let sample = try Self.sample()
        let whole = try FileDescriptor(Path(sample.tar(Self.archiveName)), .reading)
            .contents(limit: 1 << 30)
        for count in [whole.count / 2, 1024, 100, 0] {
            try sample.folder.write(Array(whole.prefix(count)), to: "cut.tar")
            #expect(throws: (any Error).self) {
                try Self.merge(sample.folder["cut.tar"], nil, in: sample.folder["out"])
            }
        }
        _ = try lines(of: "gzip", ["-k", sample.tar(Self.archiveName)])
        let error = #expect(throws: ExportError.self) {
            try Self.merge(
                Path(sample.tar(Self.archiveName) + ".gz"), nil, in: sample.folder["out"])
        }
        #expect(error?.hint == "decompress it first")
        #expect((try? Folder(sample.folder["out"])) == nil)
    }

    @Test("a full disk and a run that is stopped leave nothing")
    func stopped() throws {
        struct Enough: Error {}
        let sample = try Self.sample()
        let merge = TestPatch(
            archive: Path(sample.tar(Self.archiveName)), patch: nil, in: sample.folder["out"])
        #expect(throws: Enough.self) { try merge.run { _, _ in throw Enough() } }
        let fault = Fault(
            .pwrite, onPathsWith: sample.folder["out"].description, .failure(ENOSPC))
        Faults.during([fault]) {
            let error = #expect(throws: DiskError.self) { try merge.run { _, _ in } }
            #expect(error?.code == .noSpace)
        }
        #expect(try sample.folder.names(in: "out") == [])
    }
}
