import Disk
import Support
import Testing

@testable import DatasetExport
@testable import SampleData

@Suite struct SampleBoxesTests {
    /// The texts between a tag and its end, in the order of the document.
    private func texts(_ tag: String, in xml: String) -> [String] {
        let parts = xml.components(separatedBy: "<\(tag)>").dropFirst()
        return parts.compactMap { $0.components(separatedBy: "</\(tag)>").first }
    }

    @Test("boxes of training images have every oddity of the real ones")
    func oddities() throws {
        let options = SampleDataset.Options(classes: 10, perClass: 12, val: 3, test: 0)
        let sample = try MadeSample(options)
        let plan = SamplePlan(options)
        let wnids = Set(plan.classes.map(\.wnid))
        let folder = try sample.unpack(sample.tar("ILSVRC2012_bbox_train_v2.tar.gz"), to: "boxes")
        #expect(try sample.folder.names(in: "boxes") == plan.classes.map(\.wnid))
        var seen: Set<String> = []
        var files = 0
        for wnid in plan.classes.map(\.wnid) {
            let images = Set(plan.numbers(rank(wnid, plan)).map { "\(wnid)_\($0).xml" })
            for name in try sample.folder.names(in: "boxes/\(wnid)") {
                files += 1
                #expect(images.contains(name))
                let xml = try sample.folder.text("boxes/\(wnid)/\(name)")
                let width = try #require(texts("width", in: xml).first.flatMap(Double.init))
                let lefts = texts("xmin", in: xml).compactMap(Double.init)
                let rights = texts("xmax", in: xml).compactMap(Double.init)
                let called = texts("name", in: xml)
                if texts("filename", in: xml) == ["%s"] { seen.insert("nameless") }
                if lefts.isEmpty { seen.insert("no object") }
                if lefts.count > 2 { seen.insert("several") }
                if lefts.first == -1 { seen.insert("voided") }
                if xml.contains(".5</xmin>") { seen.insert("fractions") }
                for (left, right) in zip(lefts, rights) {
                    if left > right { seen.insert("reversed") }
                    if left < -1, right > width { seen.insert("outside") }
                    if left > width, right > width { seen.insert("vanishing") }
                }
                if let first = called.first, first != wnid {
                    seen.insert(wnids.contains(first) ? "other class" : "English")
                }
            }
        }
        #expect(
            seen == [
                "nameless", "no object", "several", "voided", "fractions", "reversed", "outside",
                "vanishing", "other class", "English",
            ])
        let images = plan.trainCount
        #expect((images / 4...images * 3 / 5).contains(files))
        #expect(folder.hasSuffix("boxes"))
    }

    private func rank(_ wnid: String, _ plan: SamplePlan) -> Int {
        plan.classes.firstIndex { $0.wnid == wnid } ?? 0
    }

    @Test("every validation image has boxes, inside the picture")
    func val() throws {
        let sample = try MadeSample()
        let plan = SamplePlan(MadeSample.tiny)
        _ = try sample.unpack(sample.tar("ILSVRC2012_bbox_val_v3.tgz"), to: "boxes")
        #expect(
            try sample.folder.names(in: "boxes/val")
                == (1...7).map { "ILSVRC2012_val_0000000\($0).xml" })
        for index in 0..<7 {
            let xml = try sample.folder.text("boxes/val/\(plan.valName(index)).xml")
            let picture = plan.valPicture(index)
            #expect(texts("width", in: xml) == ["\(picture.width)"])
            #expect(texts("height", in: xml) == ["\(picture.height)"])
            #expect(texts("xmin", in: xml) == picture.objects.map { "\($0.xMin)" })
            #expect(texts("ymax", in: xml) == picture.objects.map { "\($0.yMax)" })
            for box in picture.objects {
                #expect(0 <= box.xMin && box.xMin < box.xMax && box.xMax < picture.width)
                #expect(0 <= box.yMin && box.yMin < box.yMax && box.yMax < picture.height)
            }
        }
    }
}

extension String {
    /// The parts between the places where `separator` stands.
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
