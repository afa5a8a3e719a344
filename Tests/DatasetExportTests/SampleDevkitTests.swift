import CZlib
import Disk
import Support
import Testing

@testable import DatasetExport
@testable import SampleData

/// What the tests read of a MAT file, by the book and without mercy: every byte must be accounted
/// for.
private enum Mat {
    case numbers([Int])
    case text(String)
    case structs(rows: Int, columns: Int, fields: [String], [[Mat]])

    var numbers: [Int]? { if case .numbers(let numbers) = self { numbers } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }

    struct Element {
        let kind: Int
        let data: ArraySlice<UInt8>
        let rest: ArraySlice<UInt8>
    }

    static func number(_ bytes: ArraySlice<UInt8>, _ at: Int, _ width: Int) throws -> Int {
        let start = bytes.startIndex + at
        try #require(start + width <= bytes.endIndex)
        return (0..<width).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
    }

    static func element(_ bytes: ArraySlice<UInt8>) throws -> Element {
        let (low, high) = (try number(bytes, 0, 2), try number(bytes, 2, 2))
        if high > 0 {
            try #require(high <= 4)
            return Element(
                kind: low, data: bytes.dropFirst(4).prefix(high), rest: bytes.dropFirst(8))
        }
        let count = try number(bytes, 4, 4)
        try #require(count == 0 || count > 4, "up to four bytes belong into the tag")
        let padded = low == 15 ? count : (count + 7) / 8 * 8
        try #require(bytes.count >= 8 + padded)
        return Element(
            kind: low, data: bytes.dropFirst(8).prefix(count), rest: bytes.dropFirst(8 + padded))
    }

    static func matrix(_ element: Element) throws -> (name: String, value: Mat) {
        try #require(element.kind == 14)
        let flags = try Self.element(element.data)
        let dimensions = try Self.element(flags.rest)
        let name = try Self.element(dimensions.rest)
        try #require(flags.kind == 6 && dimensions.kind == 5 && name.kind == 1)
        let rows = try number(dimensions.data, 0, 4)
        let columns = try number(dimensions.data, 4, 4)
        let title = String(decoding: name.data, as: UTF8.self)
        let first = try Self.element(name.rest)
        switch try number(flags.data, 0, 1) {
        case 6:
            let width = try #require([2: 1, 4: 2, 5: 4][first.kind])
            try #require(first.data.count == rows * columns * width && first.rest.isEmpty)
            let numbers = try (0..<rows * columns).map { try number(first.data, $0 * width, width) }
            return (title, .numbers(numbers))
        case 4:
            try #require(first.kind == 16 && first.data.count == columns && first.rest.isEmpty)
            return (title, .text(String(decoding: first.data, as: UTF8.self)))
        case 2:
            let length = try number(first.data, 0, 4)
            let names = try Self.element(first.rest)
            let fields = stride(from: 0, to: names.data.count, by: length).map { start in
                let name = names.data.dropFirst(start).prefix(length).prefix { $0 != 0 }
                return String(decoding: name, as: UTF8.self)
            }
            var rest = names.rest
            var items: [[Mat]] = []
            for _ in 0..<rows * columns {
                items.append(
                    try fields.map { _ in
                        let next = try Self.element(rest)
                        rest = next.rest
                        return try matrix(next).value
                    })
            }
            try #require(rest.isEmpty)
            return (title, .structs(rows: rows, columns: columns, fields: fields, items))
        default: throw Unexpected()
        }
    }

    struct Unexpected: Error {}
}

private func inflated(_ bytes: ArraySlice<UInt8>, to limit: Int) throws -> [UInt8] {
    var result = [UInt8](repeating: 0, count: limit)
    var length = uLong(limit)
    let input = Array(bytes)
    try #require(uncompress(&result, &length, input, uLong(input.count)) == Z_OK)
    return Array(result.prefix(Int(length)))
}

@Suite struct SampleDevkitTests {
    private static let fields = [
        "ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children", "wordnet_height",
        "num_train_images",
    ]

    private func synsets(_ plan: SamplePlan) throws -> [[String: Mat]] {
        let file = try SampleDevkit.meta(plan)
        #expect(file.starts(with: Array("MATLAB 5.0 MAT-file".utf8)))
        #expect(file[124..<128] == [0x00, 0x01, 0x49, 0x4D])
        let outer = try Mat.element(file[128...])
        try #require(outer.kind == 15 && outer.rest.isEmpty)
        let bytes = try inflated(outer.data, to: 16 << 20)
        let (name, value) = try Mat.matrix(try Mat.element(bytes[...]))
        #expect(name == "synsets")
        guard case .structs(let rows, let columns, let fields, let items) = value else {
            throw Mat.Unexpected()
        }
        #expect(columns == 1)
        #expect(rows == items.count)
        #expect(fields == Self.fields)
        return items.map { Dictionary(uniqueKeysWithValues: zip(fields, $0)) }
    }

    @Test(
        "meta.mat has the classes by their ids, then the tree above them",
        arguments: [1, 6, 7, 40, 1000])
    func meta(classes: Int) throws {
        let plan = SamplePlan(.init(classes: classes, perClass: 300))
        let items = try synsets(plan)
        #expect(
            items.map { $0["ILSVRC2012_ID"]?.numbers } == (1...items.count).map { [$0] })
        for (item, leaf) in zip(items, plan.classes.sorted { $0.id < $1.id }) {
            #expect(item["WNID"]?.text == leaf.wnid)
            #expect(item["words"]?.text == leaf.words)
            #expect(item["num_children"]?.numbers == [0])
            #expect(item["children"]?.numbers == [])
            #expect(item["wordnet_height"]?.numbers == [0])
            #expect(item["num_train_images"]?.numbers == [leaf.count])
        }
        // Everything but the root is below exactly one node, and lower than it.
        var parents: [Int: Int] = [:]
        for (index, item) in items.enumerated().dropFirst(classes) {
            let children = try #require(item["children"]?.numbers)
            #expect(item["num_children"]?.numbers == [children.count])
            let height = try #require(item["wordnet_height"]?.numbers?.first)
            for child in children {
                #expect(parents.updateValue(index + 1, forKey: child) == nil)
                let below = try #require(items[child - 1]["wordnet_height"]?.numbers?.first)
                #expect(below < height)
            }
        }
        let root = classes + 1
        #expect(Set(parents.keys) == Set(1...items.count).subtracting([root]))
        #expect(Set(items.compactMap { $0["WNID"]?.text }).count == items.count)
    }

    @Test("the devkit holds the ground truth as ids, in the order of the names")
    func groundTruth() throws {
        let sample = try MadeSample()
        let plan = SamplePlan(MadeSample.tiny)
        let top = "kit/ILSVRC2012_devkit_t12"
        _ = try sample.unpack(sample.tar("ILSVRC2012_devkit_t12.tar.gz"), to: "kit")
        #expect(
            try sample.folder.names(in: top) == ["COPYING", "data", "evaluation", "readme.txt"])
        let truth = try sample.folder.text("\(top)/data/ILSVRC2012_validation_ground_truth.txt")
        let ids = truth.split(separator: "\n").compactMap { Int($0) }
        #expect(ids == plan.valLabels.map { plan.classes[$0].id })
        #expect(Set(ids) == [1, 2, 3])
        #expect(try sample.folder.read("\(top)/data/meta.mat") == SampleDevkit.meta(plan))
        let predictions = try sample.folder.text("\(top)/evaluation/demo.val.pred.txt")
        let first = predictions.split(separator: "\n").map { $0.split(separator: " ").first }
        #expect(first.map { $0.flatMap { Int($0) } } == ids)
    }

    @Test("a gzip file has no name and no time in it")
    func gzipHeader() throws {
        let bytes = try Deflater.compress(Array("abc".utf8), .gzip)
        #expect(bytes.prefix(8) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0])
    }
}
