import Archives
import DatasetManifest
import Disk
import Support
import Testing

@testable import DatasetExport

@Suite struct BoundingBoxesTests {
    private func xml(
        _ boxes: [[String]], size: (String, String) = ("100", "50"), name: String = "n01440764",
        fileName: String = "%s"
    ) -> String {
        let objects = boxes.map { box in
            "<object><name>\(name)</name><bndbox><xmin>\(box[0])</xmin><ymin>\(box[1])</ymin>"
                + "<xmax>\(box[2])</xmax><ymax>\(box[3])</ymax></bndbox></object>"
        }
        return "<annotation><filename>\(fileName)</filename><size><width>\(size.0)</width>"
            + "<height>\(size.1)</height></size>\(objects.joined())</annotation>"
    }

    /// The CSV of an archive of these files.
    private func csv(
        _ files: [(String, String)], classes: BoundingBoxes.Classes = .folders
    ) throws -> (text: String, summary: BoundingBoxes.Summary) {
        let folder = try TemporaryFolder()
        var tar = TarBytes()
        for (name, text) in files { tar.add(name, text) }
        tar.end()
        try folder.write(tar.gzipped, to: "boxes.tar.gz")
        let boxes = try BoundingBoxes(archive: folder["boxes.tar.gz"], classes: classes)
        var bytes: [UInt8] = []
        try boxes.writeCSV { bytes += $0 }
        return (String(decoding: bytes, as: UTF8.self), boxes.summary)
    }

    private func rows(_ boxes: [[String]], size: (String, String) = ("100", "50")) throws
        -> [String]
    {
        let found = try csv([("n01440764/n01440764_1.xml", xml(boxes, size: size))]).text
        return found.split(separator: "\n").map { String($0.drop { $0 != "," }.dropFirst()) }
    }

    @Test(
        "boxes are relative to the picture, in order, and inside it",
        arguments: [
            (["10", "5", "60", "40"], "0.1000,0.1000,0.6000,0.8000"),
            (["60", "40", "10", "5"], "0.1000,0.1000,0.6000,0.8000"),
            (["-20", "0", "300", "50"], "0.0000,0.0000,1.0000,1.0000"),
            (["10.9", "5.9", "60.1", "40.99"], "0.1000,0.1000,0.6000,0.8000"),
            ([" 10 ", "\n5", "6e1", "+40"], "0.1000,0.1000,0.6000,0.8000"),
            (["-0.9", "0", "33", "50"], "0.0000,0.0000,0.3300,1.0000"),
        ])
    func one(box: [String], row: String) throws {
        #expect(try rows([box]) == [row])
    }

    @Test("numbers are printed as %.4f does, from their exact values")
    func decimals() throws {
        for (value, expected) in [
            (5e-05, 1), (0.00015, 1), (0.12345, 1235), (0.00025, 3), (0.99995, 10000), (0.5, 5000),
            (1.0 / 3, 3333), (1, 10000), (0, 0), (0.03125, 312), (0.09375, 938), (0.15625, 1562),
        ] as [(Double, UInt16)] {
            #expect(BoxNumber.tenThousandths(value) == expected, "\(value)")
        }
    }

    @Test("counting stops at the first xmin that is -1, however it is written")
    func stops() throws {
        let whole = ["10", "5", "60", "40"]
        #expect(try rows([whole, ["-1", "5", "60", "40"], whole]).count == 1)
        #expect(try rows([["-1.7", "5", "60", "40"], whole]).isEmpty)
        #expect(try rows([]).isEmpty)
    }

    @Test("a box of which nothing is inside the picture is left out and counted")
    func vanishing() throws {
        let found = try csv([
            (
                "n01440764/n01440764_1.xml",
                xml([["105", "5", "140", "40"], ["10", "5", "10", "40"], ["1", "1", "2", "2"]])
            ),
            ("n01440764/n01440764_2.xml", xml([["105", "5", "140", "40"]])),
        ])
        #expect(found.text == "n01440764_1.JPEG,0.0100,0.0200,0.0200,0.0400\n")
        #expect(found.summary.vanishedBoxes == 3)
        #expect(found.summary.emptyFiles == 1)
        #expect(found.summary.files == 2 && found.summary.boxes == 1)
    }

    @Test("the lines are in the order of the files' names, whatever that of the archive is")
    func order() throws {
        let box = xml([["10", "5", "60", "40"]], name: "fish")
        let found = try csv([
            ("./b/n01440764/n01440764_2.xml", box), ("n01440764/n01440764_10.xml", box),
            ("n01440763/n01440763_3.xml", box), ("n01440764/n01440764_1.xml", box),
            ("n01440764/readme.txt", "x"), ("n01440764/.hidden.xml", "no XML"),
            // There twice: the last one counts.
            ("n01440764/n01440764_1.xml", xml([["0", "0", "100", "50"]])),
        ])
        #expect(
            found.text == """
                n01440763_3.JPEG,0.1000,0.1000,0.6000,0.8000
                n01440764_1.JPEG,0.0000,0.0000,1.0000,1.0000
                n01440764_10.JPEG,0.1000,0.1000,0.6000,0.8000
                n01440764_2.JPEG,0.1000,0.1000,0.6000,0.8000

                """)
    }

    @Test("boxes of another class are left out, those with an English name are not")
    func classes() throws {
        let box = ["10", "5", "60", "40"]
        let files = [
            ("n01440764/n01440764_1.xml", xml([box], name: "n02119789")),
            ("n01440764/n01440764_2.xml", xml([box], name: "Scottish_deerhound")),
            ("n01440764/n01440764_3.xml", xml([box], name: "n09999999")),
            ("n02119789/n02119789_1.xml", xml([box])),
            ("other/x.xml", xml([box])),
        ]
        let own = try csv(files)
        #expect(own.summary.foreignBoxes == 2 && own.summary.foreignFiles == 1)
        #expect(
            own.text.split(separator: "\n").map { $0.prefix { $0 != "," } } == [
                "n01440764_2.JPEG", "n01440764_3.JPEG",
            ])
        let known = try csv(files, classes: .known([try #require(WNID("n02119789"))]))
        #expect(known.summary.foreignFiles == 4 && known.summary.boxes == 1)
        #expect(try csv(files, classes: .any).summary.boxes == 5)
    }

    @Test(
        "what is no annotation ends the work and is named",
        arguments: [
            "<annotation>", "no XML", "",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><annotation/>",
            "<annotation><size><width>0</width><height>1</height></size><xmin>1</xmin></annotation>",
            "<annotation><size><width>a</width></size></annotation>",
            "<annotation><xmin>nan</xmin></annotation>", "<annotation><xmin></xmin></annotation>",
        ])
    func broken(text: String) {
        let error = #expect(throws: ExportError.self) {
            _ = try csv([("n01440764/n01440764_1.xml", text)])
        }
        #expect(error?.code == .badInput)
        #expect(error?.message.contains("n01440764_1.xml") == true)
    }

    @Test("elements that lie too deep are refused, and nothing overflows")
    func deep() {
        let open = String(repeating: "<a>", count: 5000)
        let close = String(repeating: "</a>", count: 5000)
        #expect(throws: ExportError.self) { _ = try csv([("a/b.xml", open + close)]) }
    }

    @Test("an archive that is cut is damaged, not short")
    func cut() throws {
        let folder = try TemporaryFolder()
        var tar = TarBytes()
        for index in 0..<50 {
            tar.add("n01440764/n01440764_\(index).xml", xml([["10", "5", "60", "40"]]))
        }
        tar.end()
        try folder.write(Array(tar.gzipped.dropLast(20_000)), to: "x.tar.gz")
        #expect(throws: ArchiveError.self) {
            try BoundingBoxes(archive: folder["x.tar.gz"], classes: .any)
        }
    }
}
