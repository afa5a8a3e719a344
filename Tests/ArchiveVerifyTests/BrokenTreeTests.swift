import ArchiveVerify
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

/// Trees that are broken in the ways that people break them.
@Suite struct BrokenTreeTests {
    typealias Kind = DatasetReport.Finding.Kind

    /// What a script does to the tree, and the one fault that must come of it.
    struct Breakage: CustomTestStringConvertible, Sendable {
        let name: String
        let script: String
        let split: DatasetReport.Split
        let kind: Kind
        var count = 1
        var decodes = false

        var testDescription: String { name }
    }

    private static let breakages = [
        Breakage(
            name: "a class is missing", script: "rm -r train/$A", split: .train,
            kind: .missingClasses),
        Breakage(
            name: "a folder is no class of these",
            script: "mkdir train/n99999999; cp train/$A/*_1*.JPEG train/n99999999/n99999999_1.JPEG "
                + "|| cp $(ls train/$A/* | head -1) train/n99999999/n99999999_1.JPEG",
            split: .train, kind: .unknownClasses),
        Breakage(
            name: "a class lacks an image", script: "rm $(ls train/$A/* | head -1)",
            split: .train, kind: .missingImages),
        Breakage(
            name: "val was never sorted", script: "mv val/*/* val/; rmdir val/n*", split: .val,
            kind: .unlabelled, count: 36),
        Breakage(
            name: "val was sorted by half", script: "mv val/$A/* val/", split: .val,
            kind: .looseImages, count: 3),
        Breakage(
            name: "a folder among the classes shifts labels", script: "mkdir train/misc",
            split: .train, kind: .strayFolders),
        Breakage(
            name: "a hidden folder shifts labels", script: "mkdir val/.ipynb_checkpoints",
            split: .val, kind: .hiddenFolders),
        Breakage(
            name: "an image is empty", script: ": > $(ls train/$A/* | head -1)", split: .train,
            kind: .emptyImages),
        Breakage(
            name: "an image lies in another class",
            script: "mv $(ls train/$A/* | head -1) train/$B",
            split: .train, kind: .misplacedImages),
        Breakage(
            name: "macOS has left its files",
            script: "for f in $(ls val/$A); do echo x > val/$A/._$f; done", split: .val,
            kind: .hiddenImages, count: 3),
        Breakage(
            name: "class tars were left", script: "touch train/$A.tar", split: .train,
            kind: .archivesLeft),
        Breakage(
            name: "a link leads nowhere",
            script: "f=$(ls val/$A/* | head -1); rm $f; ln -s /nowhere/at/all $f", split: .val,
            kind: .deadLinks),
        Breakage(
            name: "a validation image is missing", script: "rm $(ls val/$A/* | head -1)",
            split: .val, kind: .missingImages),
        Breakage(
            name: "a validation image is there twice",
            script: "cp $(ls val/$A/* | head -1) val/$B/",
            split: .val, kind: .duplicateImages),
        Breakage(
            name: "a test image is missing", script: "rm test/*_00000003.JPEG", split: .test,
            kind: .missingImages),
        Breakage(
            name: "a class folder is empty", script: "rm val/$A/*", split: .val,
            kind: .emptyClasses),
        Breakage(
            name: "a class folder holds its tar alone",
            script: "rm train/$A/*; touch train/$A/$A.tar", split: .train, kind: .archivesLeft),
        Breakage(
            name: "a class folder holds a text alone", script: "rm val/$A/*; touch val/$A/x.txt",
            split: .val, kind: .emptyClasses),
        Breakage(
            name: "a training image is there under two names",
            script: "rm $(ls train/$A/* | tail -1); f=$(ls train/$A/* | head -1); "
                + "cp $f ${f%.JPEG}.jpg", split: .train, kind: .duplicateImages),
        Breakage(
            name: "somebody's pictures are among the images",
            script: "cp $(ls val/$A/* | head -1) val/$A/holiday.jpg", split: .val,
            kind: .foreignImages),
        Breakage(
            name: "an image is cut off",
            script: "f=$(ls -S val/$A/* | head -1); truncate -s $(($(stat -c %s $f) / 2)) $f",
            split: .val, kind: .cutImages, decodes: true),
        Breakage(
            name: "an image is a web page", script: "echo '<html>' > $(ls val/$B/* | head -1)",
            split: .val, kind: .brokenImages, decodes: true),
    ]

    @Test("what is broken is found, counted and named", arguments: breakages)
    func breakage(_ breakage: Breakage) throws {
        let tree = try SampleTree()
        try tree.shell(breakage.script)
        let report = try tree.check(decodes: breakage.decodes)
        let finding = try #require(report.faults(breakage.split)[breakage.kind])
        #expect(finding.count == breakage.count)
        #expect(!report.isRight && report.worst != nil)
        // A folder that is named as a class is one, whatever it holds.
        if breakage.kind != .strayFolders {
            #expect(report.faults(breakage.split)[.strayFolders] == nil)
        }
        // The other splits are as they were.
        for part in report.parts where part.split != breakage.split { #expect(part.isRight) }
    }

    @Test("a class that may not be read is told as such, and not as a folder too many")
    func unreadable() throws {
        let tree = try SampleTree()
        let path = tree.root.appending("train").appending(tree.wnid(2))
        let fault = Fault(.open, onPathsWith: path.description, times: .max, .failure(EACCES))
        let report = try Faults.during([fault]) { try tree.check() }
        let faults = report.faults(.train)
        #expect(faults[.unreadableFolders]?.count == 1)
        #expect(faults[.strayFolders] == nil && faults[.missingClasses] == nil)
        #expect(faults[.emptyClasses] == nil)
    }

    @Test("without a list of labels the pins find it too")
    func pinsAlone() throws {
        let tree = try SampleTree()
        try tree.shell(
            """
            a=$(ls val/$A/* | head -1); b=$(ls val/$B/* | head -1); mv $a val/$B; mv $b val/$A
            rm -r train/$A
            """)
        let report = try tree.check(knowsLabels: false)
        #expect(report.faults(.val)[.wrongLabels]?.count == 36)
        // The classes of val prove themselves, and so name the one that train lacks.
        let missing = try #require(report.faults(.train)[.missingClasses])
        #expect(missing.examples == [tree.wnid(2)])
        #expect(report.faults(.train)[.missingImages] != nil)
    }

    @Test("two images that were exchanged are named, with their right classes")
    func exchanged() throws {
        let tree = try SampleTree()
        try tree.shell(
            "a=$(ls val/$A/* | head -1); b=$(ls val/$B/* | head -1); mv $a val/$B; mv $b val/$A")
        let finding = try #require(try tree.check().faults(.val)[.wrongLabels])
        #expect(finding.count == 2)
        #expect(finding.examples.contains { $0.hasSuffix("belongs in \(tree.wnid(2))") })
        #expect(finding.examples.contains { $0.hasSuffix("belongs in \(tree.wnid(5))") })
        #expect(!finding.sentence.contains("0.1 %"))
    }

    @Test("ids taken for class indexes, and the other way round, are recognised")
    func mixedUp() throws {
        let tree = try SampleTree()
        let labels = tree.labels
        try tree.sortVal { _, right in right.id.map { labels.classes[$0 - 1].wnid } }
        let first = try #require(try tree.check().faults(.val)[.wrongLabels])
        #expect(first.sentence.contains("ILSVRC ids were taken for class indexes"))
        try tree.sortVal { _, right in labels.class(id: right.rank + 1)?.wnid }
        let second = try #require(try tree.check().faults(.val)[.wrongLabels])
        #expect(second.sentence.contains("class indexes were taken for ILSVRC ids"))
    }

    @Test("labels that are shifted by one image are recognised")
    func shifted() throws {
        let tree = try SampleTree()
        let labels = tree.labels
        try tree.sortVal { number, _ in labels.class(validationImage: number - 1)?.wnid }
        let finding = try #require(try tree.check().faults(.val)[.wrongLabels])
        #expect(finding.sentence.contains("the label of its neighbour"))
        #expect(finding.count > 18)
    }

    @Test("folders named by numbers are found, and what the numbers mean")
    func numbered() throws {
        let tree = try SampleTree()
        try tree.rename("val") { "\($0.id ?? 0)" }
        try tree.rename("train") { "\($0.rank)" }
        let report = try tree.check()
        let val = try #require(report.faults(.val)[.numberedFolders])
        #expect(val.count == 12 && val.sentence.contains("named by ILSVRC ids"))
        let train = try #require(report.faults(.train)[.numberedFolders])
        #expect(train.sentence.contains("class indexes (ranks from 0)"))
        // Without labels it is found all the same.
        let unknown = try tree.check(knowsLabels: false)
        #expect(unknown.faults(.val)[.numberedFolders]?.sentence.contains("by numbers") == true)
    }

    @Test("folders named by words are found")
    func named() throws {
        let tree = try SampleTree()
        try tree.rename("train") { "word \($0.rank)".replacing(" ", with: "_") }
        #expect(try tree.check().faults(.train)[.namedFolders]?.count == 12)
    }
}
