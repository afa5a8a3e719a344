import Disk
import DatasetManifest
import Support
import Testing

@Suite struct SelectionTests {
    private func manifest(defaults: Bool = true) throws -> Manifest {
        var patch = ManifestFile(name: "patch.tar", part: "patch")
        patch.source = .manual(how: "by hand")
        var old = ManifestFile(name: "old.tar", part: "test")
        old.source = .superseded(by: "test.tar")
        return try Manifest(
            name: "toy",
            files: [
                ManifestFile(name: "train.tar", part: "train", isDefault: defaults),
                ManifestFile(name: "val.tar", part: "val", isDefault: defaults),
                ManifestFile(name: "test.tar", part: "test"), old, patch,
            ])
    }

    private func names(_ files: [ManifestFile]) -> [String] { files.map(\.name) }

    @Test("nothing selected means the defaults")
    func selectsDefaults() throws {
        let selected = try manifest().select(.defaults)
        #expect(names(selected.files) == ["train.tar", "val.tar"])
        #expect(selected.manual.isEmpty)
        #expect(selected.superseded.isEmpty)
    }

    @Test("without defaults nothing selected means all")
    func selectsAllWithoutDefaults() throws {
        let manifest = try manifest(defaults: false)
        #expect(try manifest.select(.defaults) == manifest.select(.all))
    }

    @Test("all passes over superseded files and names those to be got by hand")
    func selectsAll() throws {
        let selected = try manifest().select(.all)
        #expect(names(selected.files) == ["train.tar", "val.tar", "test.tar"])
        #expect(names(selected.manual) == ["patch.tar"])
        #expect(selected.manual.first?.source == .manual(how: "by hand"))
        #expect(names(selected.superseded) == ["old.tar"])
    }

    @Test("parts and file names may be mixed, in any order and twice")
    func selectsParts() throws {
        let selected = try manifest().select(.parts(["val.tar", "test", "val", "test"]))
        #expect(names(selected.files) == ["val.tar", "test.tar"])
        #expect(names(selected.superseded) == ["old.tar"])
    }

    @Test("a superseded file is taken by its own name only")
    func selectsSuperseded() throws {
        let selected = try manifest().select(.parts(["old.tar"]))
        #expect(names(selected.files) == ["old.tar"])
        #expect(selected.superseded.isEmpty)
    }

    @Test("a file to be got by hand stands apart, however it is selected")
    func selectsManual() throws {
        for name in ["patch", "patch.tar"] {
            let selected = try manifest().select(.parts([name]))
            #expect(selected.files.isEmpty)
            #expect(names(selected.manual) == ["patch.tar"])
        }
    }

    @Test("a file to be got by hand is missed when it was meant, not when others were")
    func missesManual() throws {
        var files = try manifest(defaults: false).files
        files.append(ManifestFile(name: "box.tar", part: "boxes"))
        var box = ManifestFile(name: "boxes.tar", part: "boxes")
        box.source = .manual(how: nil)
        files.append(box)
        let manifest = try Manifest(name: "toy", files: files)
        #expect(try manifest.select(.all).missed.isEmpty)
        #expect(try manifest.select(.defaults).missed.isEmpty)
        #expect(try manifest.select(.parts(["boxes"])).missed.isEmpty)
        #expect(try manifest.select(.parts(["boxes", "boxes.tar"])).missed == ["boxes.tar"])
        #expect(try manifest.select(.parts(["boxes", "patch"])).missed == ["patch.tar"])
        #expect(try Manifest(name: "toy", files: [box]).select(.all).missed == ["boxes.tar"])
    }

    @Test("an unknown part is refused with the parts that there are")
    func refusesUnknownPart() throws {
        let manifest = try manifest()
        let error = #expect(throws: ManifestError.self) {
            try manifest.select(.parts(["val", "trian"]))
        }
        #expect(error?.code == .unknownPart)
        #expect(error?.message == "toy has no part and no file named trian")
        #expect(error?.hint == "it has the parts train, val, test, patch")
    }
}
