import Disk
import Support
import Testing

@testable import DatasetManifest

@Suite struct LabelTextTests {
    private func read(_ text: String) throws -> LabelText {
        try LabelText(Array(text.utf8), file: "x.txt")
    }

    @Test(
        "an id and a WNID a line are understood, however they are set apart",
        arguments: [
            "1 n02119789\n2 n02100735\n", "1,n02119789\n2,n02100735",
            "1\tn02119789\r\n2\tn02100735",
            "n02119789 1 kit_fox\nn02100735 2 English_setter\n", "n02119789,1\nn02100735,2\n",
            "\u{FEFF}1 n02119789\n2 n02100735\n\n", "id,wnid\n1,n02119789\n2,\"n02100735\"\n",
        ])
    func classes(text: String) throws {
        guard case .classes(let facts) = try read(text) else {
            Issue.record("not classes")
            return
        }
        #expect(facts.map(\.id) == [1, 2])
        #expect(facts.map { "\($0.wnid)" } == ["n02119789", "n02100735"])
        if text.contains("kit") { #expect(facts[1].words == ["English setter"]) }
    }

    @Test(
        "images' names with WNIDs are brought into order",
        arguments: [
            "ILSVRC2012_val_00000002.JPEG n02100735\nILSVRC2012_val_00000001.JPEG n02119789\n",
            "val/ILSVRC2012_val_00000001.JPEG,n02119789\nILSVRC2012_val_00000002.jpg,n02100735",
            "filename,wnid\nILSVRC2012_val_00000001,n02119789\nILSVRC2012_val_00000002,n02100735\n",
            "n02119789 ILSVRC2012_val_00000001.JPEG\nn02100735 ILSVRC2012_val_00000002.JPEG\n",
            // Kaggle's LOC_val_solution.csv
            "ImageId,PredictionString\nILSVRC2012_val_00000001,n02119789 85 1 499 272\n"
                + "ILSVRC2012_val_00000002,n02100735 131 0 499 254 n02100735 1 2 3 4\n",
        ])
    func images(text: String) throws {
        guard case .images(let wnids) = try read(text) else {
            Issue.record("not images")
            return
        }
        #expect(wnids.map { "\($0)" } == ["n02119789", "n02100735"])
    }

    @Test("images that are missing or there twice are named")
    func gaps() throws {
        let missing = #expect(throws: LabelError.self) {
            _ = try read(
                "ILSVRC2012_val_00000001.JPEG n02100735\nILSVRC2012_val_00000003.JPEG n02119789\n")
        }
        #expect(missing?.message.contains("none for 2") == true)
        let twice = #expect(throws: LabelError.self) {
            _ = try read(
                "ILSVRC2012_val_00000001.JPEG n02100735\nILSVRC2012_val_00000001.JPEG n02119789\n")
        }
        #expect(twice?.message.contains("image 1 appears twice") == true)
    }

    @Test("a number beside a name has no numbering, and is refused")
    func ambiguous() throws {
        let error = #expect(throws: LabelError.self) {
            _ = try read("ILSVRC2012_val_00000001.JPEG 65\n")
        }
        #expect(error?.message.contains("id or a rank") == true)
        #expect(error?.hint?.contains("WNID") == true)
    }

    @Test(
        "what is no list of labels is refused with its line",
        arguments: [
            ("", nil), ("hello\n", 1), ("n02119789\nn0210073\n", 2), ("1\n2\nthree\n", 3),
            ("1 n02119789\nn02100735 2\n", 2), ("n02119789\n\nn02100735\n", 2),
            ("1 n02119789\n2\n", 2), ("99999999999999999999\n", 1), ("\u{0}\u{0}\n", 1),
            ("a,b\nc,d\n", 2), ("1\n" + String(repeating: "1", count: 5000), 2),
        ] as [(String, Int?)])
    func refused(text: String, line: Int?) throws {
        let error = #expect(throws: LabelError.self) { _ = try read(text) }
        if let line {
            #expect(
                error?.message.contains("x.txt: line \(line) ") == true, "\(error?.message ?? "")")
        }
    }

    @Test("a file of a million and one lines is refused")
    func tooManyLines() throws {
        let error = #expect(throws: LabelError.self) {
            _ = try read(String(repeating: "\n", count: 1_000_001))
        }
        #expect(error?.message.contains("1000001 lines") == true)
    }

    @Test("a hostile line is shown without harm")
    func escaping() throws {
        let error = #expect(throws: LabelError.self) { _ = try read("1\n\u{1B}[31m\n") }
        #expect(error?.message.contains("\u{1B}") == false)
        #expect(error?.message.contains("\\x1b") == true)
    }
}
