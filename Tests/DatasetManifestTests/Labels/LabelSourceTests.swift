import Disk
import Support
import Testing

@testable import DatasetManifest

@Suite struct LabelSourceTests {
    private let folder: HeldFolder

    init() throws { folder = try HeldFolder() }

    private func write(_ path: String, _ bytes: [UInt8]) throws {
        let relative = Path(path)
        let parent = folder.path.appending(relative.parent)
        try Folder.creating(parent).publish(relative.lastComponent, bytes)
    }

    private func write(_ path: String, _ lines: [String]) throws {
        try write(path, Array(LabelFixtures.lines(lines).utf8))
    }

    private func at(_ path: String) -> Path { folder.path.appending(path) }

    private var mapping: [String] {
        // Inner nodes have ids too.
        zip(LabelFixtures.ids, LabelFixtures.wnids).map { "\($0) \($1)" }.sorted()
            + ["7 n00001740", "8 n00015388", "9 n00021939"]
    }

    /// All sources of one tiny data set.
    private func writeAll() throws {
        let meta = try LabelFixtures.golden("meta-compressed.mat")
        let kit = LabelFixtures.devkit(meta: meta)
        try write("tar/ILSVRC2012_devkit_t12.tar.gz", kit.gzipped)
        try write("tar/ILSVRC2012_devkit_t12.tar", kit.bytes)
        try write("tar/ILSVRC2012_devkit_t12/data/meta.mat", meta)
        try write(
            "tar/ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt",
            LabelFixtures.truthIDs.map { "\($0)" })
        try write(
            "tar/ILSVRC2012_bbox_val_v3.tgz", LabelFixtures.boxes(LabelFixtures.truthWNIDs).gzipped)
        try write("aux/ILSVRC2012_mapping.txt", mapping)
        try write("aux/sorted_wnids.txt", LabelFixtures.wnids)
        try write(
            "aux/ILSVRC2012_validation_ground_truth.txt", LabelFixtures.truthIDs.map { "\($0)" })
        try write("tar/imagenet_2012_validation_synset_labels.txt", LabelFixtures.truthWNIDs)
    }

    @Test("every source is found, the best first, and all give the same value")
    func allAgree() throws {
        try writeAll()
        let sources = LabelSource.find(in: [at("tar"), at("."), at("nothing")])
        #expect(
            sources == [
                .devkitArchive(at("tar/ILSVRC2012_devkit_t12.tar.gz")),
                .devkitArchive(at("tar/ILSVRC2012_devkit_t12.tar")),
                .devkitFolder(at("tar/ILSVRC2012_devkit_t12/data")),
                .validationBoxes(at("tar/ILSVRC2012_bbox_val_v3.tgz")),
                .auxFolder(at("./aux")),
                .synsetList(at("tar/imagenet_2012_validation_synset_labels.txt")),
            ])
        for source in sources + sources.map({ .file($0.path) }) {
            let labels = try source.read()
            #expect(labels.classes.map { "\($0.wnid)" } == LabelFixtures.wnids, "\(source)")
            #expect(labels.validation == [0, 2, 4, 4, 1, 5, 3, 0], "\(source)")
            #expect(labels.source.contains(source.path.lastComponent.description))
        }
        for source in sources.prefix(3) + [sources[4]] {
            #expect(try source.read().classes.map(\.id) == LabelFixtures.ids, "\(source)")
        }
        // The folder above, as a person may name it.
        let above = try LabelSource.file(at("tar")).read()
        #expect(above.classes.first?.words == ["tench", "Tinca tinca"])
    }

    @Test("a folder with a million files is not searched, only asked for names")
    func findAsksOnly() throws {
        try writeAll()
        let fault = Fault(.readdir, onPathsWith: folder.path.description, times: 1000, .failure(5))
        Faults.during([fault]) {
            #expect(LabelSource.find(in: [at("tar"), at("aux")]).count == 6)
        }
    }

    @Test("text files of an aux folder are known by content, whatever they are called")
    func auxByContent() throws {
        try write("labels/README.txt", ["how to get ImageNet"])
        try write("labels/a.txt", LabelFixtures.truthIDs.map { "\($0)" })
        try write("labels/id_to_wnid.csv", mapping.map { $0.replacing(" ", with: ",") })
        let folder = LabelSource.file(at("labels"))
        #expect(try folder.read().validation == [0, 2, 4, 4, 1, 5, 3, 0])
        #expect(try folder.read().classes.map(\.id) == LabelFixtures.ids)
        // The line number is the id.
        let byLine = mapping.map { String($0.split(separator: " ")[1]) }
        try write("lines/id_to_wnid.txt", byLine)
        try write("lines/sorted.txt", LabelFixtures.wnids)
        try write("lines/truth.txt", LabelFixtures.truthIDs.map { "\($0)" })
        #expect(try LabelSource.file(at("lines")).read().classes.map(\.id) == LabelFixtures.ids)
        // WNIDs alone are enough.
        try write("few/val.txt", LabelFixtures.truthWNIDs)
        #expect(try LabelSource.auxFolder(at("few")).read().validation?.count == 8)
    }

    @Test("aux folders that lack something say what")
    func auxIncomplete() throws {
        try write("a/truth.txt", ["1", "2"])
        let noClasses = #expect(throws: LabelError.self) { try LabelSource.file(at("a")).read() }
        #expect(noClasses?.code == .incomplete)
        try write("b/mapping.txt", mapping)
        let noTruth = #expect(throws: LabelError.self) { try LabelSource.file(at("b")).read() }
        #expect(noTruth?.message.contains("no validation ground truth") == true)
        try write("c/notes.txt", ["nothing"])
        let nothing = #expect(throws: LabelError.self) { try LabelSource.file(at("c")).read() }
        #expect(nothing?.code == .unsupported)
        try write("d/ILSVRC2012_mapping.txt", ["1 n02119789", "2 x"])
        try write("d/ILSVRC2012_validation_ground_truth.txt", ["1"])
        let damaged = #expect(throws: LabelError.self) { try LabelSource.file(at("d")).read() }
        #expect(damaged?.message.contains("ILSVRC2012_mapping.txt: line 2") == true)
    }

    @Test("a person's own file keeps the classes that are known, and ids need them")
    func ownFile() throws {
        try writeAll()
        let known = try LabelSource.file(at("tar/ILSVRC2012_devkit_t12.tar")).read()
        try write("ids.txt", ["1", "3"])
        let needs = #expect(throws: LabelError.self) { try LabelSource.file(at("ids.txt")).read() }
        #expect(needs?.code == .incomplete)
        #expect(needs?.hint?.contains("devkit") == true)
        let ids = try LabelSource.file(at("ids.txt")).read(classes: known)
        #expect(ids.validation == [2, 0])
        #expect(ids.classes == known.classes)
        #expect(ids.source.contains("ids.txt"))
        try write("wnids.txt", ["n02119789", "n99999999"])
        let stranger = #expect(throws: LabelError.self) {
            try LabelSource.file(at("wnids.txt")).read(classes: known)
        }
        #expect(stranger?.message.contains("wnids.txt: line 2") == true)
    }

    @Test("archives that are damaged, or hold something else, are refused by name")
    func badArchives() throws {
        let meta = try LabelFixtures.golden("meta.mat")
        let kit = LabelFixtures.devkit(meta: meta)
        try write("cut.tar.gz", Array(kit.gzipped.prefix(4000)))
        let cut = #expect(throws: LabelError.self) { try LabelSource.file(at("cut.tar.gz")).read() }
        #expect(cut?.code == .unreadable)
        #expect(cut?.message.contains("byte") == true)

        var other = TarBytes()
        other.add("README", "hello")
        other.end()
        try write("other.tar", other.bytes)
        let none = #expect(throws: LabelError.self) { try LabelSource.file(at("other.tar")).read() }
        #expect(none?.message.contains("neither a devkit") == true)

        try write("bad.tar", LabelFixtures.devkit(meta: Array(meta.prefix(2000))).bytes)
        let bad = #expect(throws: LabelError.self) { try LabelSource.file(at("bad.tar")).read() }
        #expect(bad?.message.contains("data/meta.mat in ") == true)
        #expect(bad?.message.contains("at byte ") == true)

        let missing = #expect(throws: LabelError.self) { try LabelSource.file(at("no")).read() }
        #expect(missing?.code == .unreadable)

        try write("gap.tar", LabelFixtures.boxes(["n00000001"]).bytes)
        var boxes = TarBytes()
        boxes.add("ILSVRC2012_val_00000002.xml", LabelFixtures.box("n00000001"))
        boxes.end()
        try write("gap.tar", boxes.bytes)
        let gap = #expect(throws: LabelError.self) { try LabelSource.file(at("gap.tar")).read() }
        #expect(gap?.message.contains("none for 1") == true)
    }

    @Test("two files that contradict each other are refused, two that agree are not")
    func contradiction() throws {
        let meta = try LabelFixtures.golden("meta.mat")
        for (second, isFine) in [(LabelFixtures.truth, true), ("1\n", false)] {
            var tar = TarBytes()
            tar.add("a/ILSVRC2012_validation_ground_truth.txt", LabelFixtures.truth)
            tar.add("b/ILSVRC2012_validation_ground_truth.txt", second)
            tar.add(Array("a/meta.mat".utf8), meta)
            tar.end()
            try write("two.tar", tar.bytes)
            if isFine {
                #expect(try LabelSource.file(at("two.tar")).read().validation?.count == 8)
            } else {
                let error = #expect(throws: LabelError.self) {
                    try LabelSource.file(at("two.tar")).read()
                }
                #expect(error?.message.contains("differs") == true)
            }
        }
    }
}
