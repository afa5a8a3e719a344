import ArchiveVerify
import DatasetManifest
import Disk
import Support
import Testing

/// Trees as they should be, in all the forms that people have.
@Suite struct DatasetCheckTests {
    typealias Kind = DatasetReport.Finding.Kind

    @Test("a right tree is right, with labels or by the pins alone", arguments: [true, false])
    func right(knowsLabels: Bool) throws {
        let report = try SampleTree().check(knowsLabels: knowsLabels)
        #expect(report.isRight && report.worst == nil)
        #expect(report.parts.map(\.split) == [.test, .train, .val])
        #expect(report.parts.map(\.form) == [.flat, .classFolders, .classFolders])
        #expect(report.parts.map(\.labels) == [.none, .proven, .proven])
        #expect(report.parts.allSatisfy { $0.findings.isEmpty })
        #expect(report.parts.map(\.images)[0] == 6 && report.parts.map(\.images)[2] == 36)
    }

    @Test("one split alone, or a tree of links, is taken as well")
    func alone() throws {
        let tree = try SampleTree()
        let val = try tree.check(at: tree.root.appending("val"))
        #expect(val.isRight && val.parts.map(\.split) == [.val])
        try tree.shell(
            """
            mkdir links links/val links/train
            for f in val/*; do ln -s "../../$f" links/val/; done
            for d in train/*; do
                mkdir links/$d; for f in $d/*; do ln -s "../../../$f" links/$d/; done
            done
            ln -s .. links/train/$A/up
            """)
        let links = try tree.check(at: tree.root.appending("links"))
        #expect(links.isRight && links.parts.map(\.images).reduce(0, +) > 70)
        #expect(links.parts.map(\.labels) == [.proven, .proven])
    }

    @Test("flat folders whose names hold the classes are proven", arguments: [true, false])
    func flat(knowsLabels: Bool) throws {
        let tree = try SampleTree()
        try tree.shell(
            """
            mkdir train_flatten val_flatten
            mv train/*/* train_flatten/
            for f in val/*/*; do
                wnid=$(basename $(dirname $f)); mv $f val_flatten/${wnid}_$(basename $f)
            done
            rm -r train val
            """)
        let report = try tree.check(knowsLabels: knowsLabels)
        #expect(report.isRight)
        #expect(report.parts.map(\.form) == [.flat, .labelledFlat, .labelledFlat])
        #expect(report.parts[2].labels == .proven && report.parts[2].classes == 12)
        // One label in a name.
        try tree.shell(
            """
            f=$(ls val_flatten | head -1); rest=${f#*_}
            other=$A; case $f in $A*) other=$B;; esac
            mv val_flatten/$f val_flatten/${other}_$rest
            """)
        #expect(try tree.check(knowsLabels: knowsLabels).faults(.val)[.wrongLabels] != nil)
    }

    @Test("the trees of 2017 and Kaggle have flat validation images, boxes and other data")
    func challenge() throws {
        let tree = try SampleTree()
        try tree.shell(
            """
            mkdir -p ILSVRC/Data/CLS-LOC ILSVRC/Annotations/CLS-LOC/val ILSVRC/Data/DET/train/x
            mkdir -p ILSVRC/ImageSets/CLS-LOC
            mv train val test ILSVRC/Data/CLS-LOC/
            cd ILSVRC/Data/CLS-LOC; mv val/*/* val/; rmdir val/n*; cd ../../..
            touch ILSVRC/Annotations/CLS-LOC/val/ILSVRC2012_val_00000001.xml
            touch ILSVRC/Data/DET/train/x/n00000001_1.JPEG ILSVRC/ImageSets/CLS-LOC/val.txt
            touch LOC_val_solution.csv
            """)
        let report = try tree.check()
        #expect(report.isRight)
        #expect(Set(report.parts.map(\.split)) == [.train, .val, .test])
        #expect(report.notes(.val)[.flat]?.count == 36)
        #expect(report.skipped.map(\.lastComponent) == ["Annotations", "DET"])
    }

    @Test("the patch of the test images is held to its own count, or to none")
    func testPatch() throws {
        let tree = try SampleTree()
        let name = "ILSVRC2012_img_test_patch_v10102019"
        try tree.shell("mkdir \(name); cp test/*_00000002.JPEG test/*_00000005.JPEG \(name)")
        for (count, isRight) in [(2, true), (nil, true), (1, false), (3, false)] as [(Int?, Bool)] {
            let report = try tree.check { $0.testPatch?.images = count }
            #expect(report.isRight == isRight, "\(count ?? -1)")
            #expect(report.parts.filter { $0.split == .test }.count == 2)
            let kind: DatasetReport.Finding.Kind = count == 1 ? .tooManyImages : .missingImages
            if !isRight {
                let found = try #require(report.faults(.test)[kind])
                #expect(
                    found.count == 1
                        && found.remedy
                            == "unpack it again: \(run: .untar, .only("\(name).tar"), .set(.force))"
                )
            }
        }
        try tree.shell("f=$(ls \(name)/* | head -1); cp $f ${f%.JPEG}.jpg")
        let twice = try tree.check { $0.testPatch?.images = 2 }.faults(.test)
        #expect(Array(twice.keys) == [.duplicateImages])
    }

    @Test("odd images are named, and are no fault; all others decode")
    func decoding() throws {
        let report = try SampleTree().check(decodes: true)
        #expect(report.isRight)
        let odd = try #require(report.notes(.train)[.oddImages])
        #expect(odd.count == 2)
        #expect(odd.examples.contains { $0.hasSuffix(": PNG") })
        #expect(odd.examples.contains { $0.hasSuffix("CMYK JPEG") || $0.hasSuffix("YCCK JPEG") })
    }

    @Test("an image that is cut is told of once; bytes behind one are no fault")
    func ends() throws {
        let tree = try SampleTree()
        // A PNG without the last bytes of its end mark can be decoded.
        try tree.shell(
            """
            truncate -s -4 "$(grep -rla PNG train | head -1)"
            head -c 100000 /dev/zero >>"$(ls val/*/* | head -1)"
            """)
        let report = try tree.check(decodes: true)
        #expect(report.faults(.train)[.cutImages]?.count == 1)
        #expect(report.notes(.train)[.oddImages]?.count == 1)
        #expect(report.faults(.val).isEmpty)
    }

    @Test("a folder without images is nothing to check, and says what to do")
    func nothing() throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "ILSVRC2012_img_val.tar")
        let check = DatasetCheck(
            DatasetFacts(try BuiltIn.manifest(named: "ilsvrc2012"), labels: nil))
        let error = #expect(throws: VerifyError.self) { try check.run(folder.path) }
        #expect(error?.code == .noDataset)
        #expect(error?.hint?.contains("ILSVRC2012_img_val.tar") == true)
        #expect(throws: DiskError.self) { try check.run(folder["gone"]) }
    }

    @Test("counts that no data set has are no crash", arguments: [Int.min, -1, 0, .max])
    func absurdCounts(_ count: Int) throws {
        let tree = try SampleTree()
        for knowsLabels in [false, true] {
            let report = try tree.check(knowsLabels: knowsLabels) { facts in
                for split in DatasetReport.Split.allCases { facts.images[split] = count }
                facts.classCount = count
            }
            #expect(!report.parts.isEmpty)
        }
    }

    @Test("what ends the progress ends the check")
    func stopping() throws {
        struct Enough: Error {}
        let tree = try SampleTree()
        let check = DatasetCheck(
            DatasetFacts(try BuiltIn.manifest(named: "ilsvrc2012"), labels: nil))
        #expect(throws: Enough.self) { try check.run(tree.root) { _ in throw Enough() } }
    }

    @Test("a copy of chosen classes is right as such, and lacks the others as the whole data set")
    func chosenClasses() throws {
        let tree = try SampleTree()
        let others = tree.labels.classes.map(\.rank).filter { ![2, 5].contains($0) }.map(tree.wnid)
        for wnid in others { try tree.shell("rm -rf train/\(wnid) val/\(wnid)") }
        let classes = try #require(
            ClassSelection(title: "two", wnids: [2, 5].map { tree.labels.classes[$0].wnid }))
        for knowsLabels in [true, false] {
            #expect(try tree.check(knowsLabels: knowsLabels) { $0.classes = classes }.isRight)
            #expect(try !tree.check(knowsLabels: knowsLabels).isRight)
        }
        try tree.shell("rm \"$(ls val/$A/* | head -1)\" \"$(ls train/$B/* | head -1)\"")
        let report = try tree.check { $0.classes = classes }
        #expect(report.faults(.val)[.missingImages]?.count == 1)
        #expect(report.faults(.train)[.missingImages]?.count == 1)
        let remedy = try #require(report.faults(.val)[.missingImages]?.remedy)
        #expect(
            remedy.parts.contains(
                .run(
                    .untar,
                    [
                        .only(["val"]), .classes(classes.wnids.map(\.description)), .set(.force),
                    ])))
        try tree.shell("mkdir train/\(others[0]); mv val/$A val/\(others[0])")
        let worse = try tree.check { $0.classes = classes }
        #expect(worse.faults(.train)[.unknownClasses]?.sentence.contains("not chosen") == true)
        #expect(worse.faults(.val)[.missingClasses]?.count == 1)
    }
}
