import DatasetExport
import DatasetManifest
import Disk
import SampleData
import Support
import Testing

@Suite struct SubmissionTests {
    private typealias Fault = SubmissionReport.Fault

    private static func check(
        _ text: String, lines: Int, classes: Int = 1000
    ) throws -> SubmissionReport {
        try check(Array(text.utf8), lines: lines, classes: classes)
    }

    private static func check(
        _ bytes: [UInt8], lines: Int, classes: Int = 1000
    ) throws -> SubmissionReport {
        let folder = try TemporaryFolder()
        try folder.write(bytes, to: "submission.txt")
        return try Submission(lines: lines, classes: classes).check(folder["submission.txt"])
    }

    @Test(
        "lines of 1 to 5 labels are valid, whatever ends them",
        arguments: [
            "1\n2 3\n1000 1 2 3 4\n", "1\r\n2 3\r\n5\r\n", "1\n2\n3", " 1\n2 \n\t3\t4\n",
            "0001\n2\n3\n",
        ])
    func valid(_ text: String) throws {
        let report = try Self.check(text, lines: 3)
        #expect(report.isValid && report.lines == 3, "\(report.faults)")
    }

    @Test(
        "each fault is named with its line and column",
        arguments: [
            ("1\n2 x\n3\n", 2, 3, "\"x\" is not a whole number"),
            ("1\n0\n3\n", 2, 1, "\"0\" is not between 1 and 1000"),
            ("1\n7  1001\n3\n", 2, 4, "\"1001\" is not between 1 and 1000"),
            ("1\n7 8 007\n3\n", 2, 5, "the label \"007\" is there twice"),
            ("1\n1 2 3 4 5 6 7\n3\n", 2, 11, "there are 7 labels, and 5 are allowed"),
            ("1\n\n3\n", 2, 1, "there is no label"),
            ("1\n2\n", 3, 1, "the file ends after 2 of 3 lines"),
            ("", 1, 1, "the file ends after 0 of 3 lines"),
            ("1\n2\n3\n4\n5", 4, 1, "the file has 5 lines instead of 3"),
            ("1\n-2\n3\n", 2, 1, "\"-2\" is not a whole number"),
            ("1\n2,3\n3\n", 2, 1, "\"2,3\" is not a whole number"),
            ("1\n2.0\n3\n", 2, 1, "\"2.0\" is not a whole number"),
            (
                "1\n99999999999999999999999999\n3\n", 2, 1,
                "\"999999999999999999999999…\" is not between"
            ),
            ("1\n18446744073709551617\n3\n", 2, 1, "\"18446744073709551617\" is not between"),
        ])
    func fault(_ text: String, _ line: Int, _ column: Int, _ sentence: String) throws {
        let report = try Self.check(text, lines: 3)
        #expect(report.faultCount == 1)
        let fault = try #require(report.faults.first)
        #expect((fault.line, fault.column) == (line, column))
        #expect(fault.sentence.hasPrefix(sentence), "\(fault.sentence)")
    }

    @Test("ten faults are kept, and all are counted; any bytes will do")
    func anyBytes() throws {
        let many = try Self.check(String(repeating: "x\n", count: 500), lines: 500)
        #expect(many.faults.count == 10 && many.faultCount == 500)
        var numbers = SeededNumbers(seed: 5)
        for count in [1, 1000, 1 << 20] {
            let report = try Self.check(numbers.bytes(count), lines: 1)
            #expect(!report.isValid)
            for fault in report.faults {
                #expect(!fault.sentence.unicodeScalars.contains { $0.value < 0x20 })
            }
        }
        // One line without an end.
        let long = try Self.check([UInt8](repeating: UInt8(ascii: "1"), count: 3 << 20), lines: 1)
        #expect(long.faultCount == 1)
    }

    // MARK: Writing

    private static func write(
        _ text: String, _ labels: ClassLabels, _ numbering: Submission.Numbering = .ids,
        lines: Int = 3
    ) throws -> (text: String, report: SubmissionReport) {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "predictions.txt")
        var written: [UInt8] = []
        let report = try Submission(lines: lines, classes: labels.classes.count).write(
            folder["predictions.txt"], labels: labels, numbering: numbering
        ) { written += $0 }
        return (String(decoding: written, as: UTF8.self), report)
    }

    private static func labels() throws -> ClassLabels {
        let sample = try MadeSample(.init(classes: 9, perClass: 2, val: 1, test: 0, seed: 3))
        return try LabelSource.devkitArchive(Path(sample.tar("ILSVRC2012_devkit_t12.tar.gz")))
            .read()
    }

    @Test("WNIDs and class indexes become ILSVRC ids, or lines of the sorted list")
    func writing() throws {
        let labels = try Self.labels()
        let ranks = [[3, 0], [8], [1, 2, 4, 5, 6]]
        let byRank = ranks.map { $0.map(String.init).joined(separator: " ") + "\n" }.joined()
        let byWNID =
            ranks.map { $0.map { "\(labels.classes[$0].wnid)" }.joined(separator: "\t") + "\r\n" }
            .joined()
        let ids = try ranks.map { line in
            try line.map { "\(try #require(labels.classes[$0].id))" }.joined(separator: " ") + "\n"
        }.joined()
        #expect(ids != "4 1\n9\n2 3 5 6 7\n")
        for text in [byRank, byWNID] {
            #expect(try Self.write(text, labels).text == ids)
            #expect(try Self.write(text, labels, .alphabetical).text == "4 1\n9\n2 3 5 6 7\n")
        }
        let check = try Self.check(ids, lines: 3, classes: 9)
        #expect(check.isValid)
    }

    @Test(
        "predictions that are wrong are told of, and nothing is written",
        arguments: [
            ("0\n9\n1\n", 2, 1, "is not a class index"),
            ("0\nn00000000\n1\n", 2, 1, "is not a class"),
            ("0\n1 1\n2\n", 2, 3, "twice"), ("0\n1\n", 3, 1, "ends after 2"),
            ("n00000000\n", 1, 1, "is not a class of"), ("cat\n", 1, 1, "neither"),
        ])
    func wrong(_ text: String, _ line: Int, _ column: Int, _ part: String) throws {
        let result = try Self.write(text, Self.labels())
        #expect(result.text == "")
        let fault = try #require(result.report.faults.first)
        #expect((fault.line, fault.column) == (line, column))
        #expect(fault.sentence.contains(part), "\(fault.sentence)")
    }

    @Test("labels without ids give no ids")
    func withoutIDs() throws {
        let folder = try TemporaryFolder()
        try folder.write("n00000001\nn00000002\n", to: "labels.txt")
        let labels = try LabelSource.synsetList(folder["labels.txt"]).read()
        #expect(throws: ExportError.self) { try Self.write("0\n1\n0\n", labels) }
        #expect(try Self.write("0\n1\n0\n", labels, .alphabetical).text == "1\n2\n1\n")
    }
}
