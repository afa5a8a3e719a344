import Disk
import Support
import Testing

@testable import DatasetManifest

@Suite struct MatFileTests {
    @Test("the synsets of a devkit are read as SciPy wrote them, compressed or not")
    func synsets() throws {
        let plain = try MatFile(LabelFixtures.golden("meta.mat"), name: "meta.mat")
        let packed = try MatFile(LabelFixtures.golden("meta-compressed.mat"), name: "meta.mat")
        #expect(plain.variables == packed.variables)
        guard case .structs(let synsets)? = plain.variables["synsets"] else {
            Issue.record("no structs")
            return
        }
        #expect(synsets.count == 9)
        #expect(
            synsets.fields == [
                "ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children",
                "wordnet_height", "num_train_images",
            ])
        #expect(synsets.column("ILSVRC2012_ID")?.map(\.integer) == Array(1...9))
        #expect(synsets.column("WNID")?.first?.string == "n02119789")
        #expect(synsets.column("words")?[5].string == "crème, café au lait")
        #expect(synsets.column("gloss")?[3].string == "a woman's one-piece \"suit\"")
        #expect(synsets.column("children")?[6] == .numbers([8, 9]))
        #expect(synsets.column("children")?[0] == .numbers([]))
        #expect(synsets.column("num_train_images")?[4].integer == 732)
        #expect(synsets.column("nothing") == nil)
    }

    @Test("values of every kind are read")
    func values() throws {
        let file = try MatFile(LabelFixtures.golden("values.mat"), name: "values.mat")
        let values = file.variables
        // Down the columns.
        #expect(values["i8"] == .numbers([-1, 3, 2, -4]))
        #expect(values["u16"] == .numbers([1, 65535]))
        #expect(values["i32"] == .numbers([-2_147_483_648]))
        #expect(values["i64"]?.integer == -1_099_511_627_776)
        #expect(values["u64"]?.integer == 1_125_899_906_842_624)
        #expect(values["f32"] == .numbers([0.5, -1.5]))
        #expect(values["f64"]?.number == 1e300)
        #expect(values["f64"]?.integer == nil)
        #expect(values["complex"]?.number == 1)
        #expect(values["flag"]?.integer == 1)
        #expect(values["rows"] == .text(["abc", "def"]))
        #expect(values["empty"]?.string == "")
        #expect(values["none"] == .numbers([]))
        #expect(values["cell"] == .cells([.text(["x"]), .numbers([7])]))
        guard case .structs(let outer)? = values["nested"],
            case .structs(let inner)? = outer.column("a")?.first,
            case .structs(let innermost)? = inner.column("b")?.first
        else {
            Issue.record("no nested structs")
            return
        }
        #expect(innermost.column("c")?.first?.number == 5)
    }

    @Test("both byte orders, all widths of text, and narrow numbers", arguments: [false, true])
    func byteOrders(isBigEndian: Bool) throws {
        var mat = MatBytes(isBigEndian: isBigEndian)
        mat.variable("n", classNumber: 6, [1, 3], [(.int16, [[0xFFFF, 2, 300].map { ($0, 2) }])])
        mat.variable("s", classNumber: 7, [1, 1], [(.single, [[(0x3FC0_0000, 4)]])])
        mat.variable("a", classNumber: 4, [1, 2], [(.uint16, [[(0x41, 2), (0xE9, 2)]])])
        mat.variable("b", classNumber: 4, [1, 2], [(.utf32, [[(0x42, 4), (0x1F98A, 4)]])])
        mat.variable("c", classNumber: 4, [1, 1], [(.uint8, [[(0xE9, 1)]])])
        mat.variable("d", classNumber: 5, [1, 1], [(.double, [[(1, 8)]])])
        mat.variable("e", classNumber: 17, [1, 1], [(.double, [[(1, 8)]])])
        let values = try MatFile(mat.bytes, name: "x").variables
        #expect(values["n"] == .numbers([-1, 2, 300]))
        #expect(values["s"]?.number == 1.5)
        #expect(values["a"]?.string == "Aé")
        #expect(values["b"]?.string == "B🦊")
        #expect(values["c"]?.string == "é")
        #expect(values["d"] == .other(classNumber: 5))
    }

    @Test("a file cut at any byte is refused with the place, never read in part")
    func truncated() throws {
        for name in ["meta.mat", "meta-compressed.mat", "meta_clsloc.mat"] {
            let whole = try LabelFixtures.golden(name)
            for count in 0..<whole.count where count != 128 {
                let error = #expect(throws: LabelError.self, "\(name) \(count)") {
                    try MatFile(Array(whole.prefix(count)), name: name)
                }
                #expect(error?.code == .damaged)
                #expect(error?.message.contains("\(name): at byte ") == true)
            }
            // A header alone is a file without variables.
            #expect(try MatFile(Array(whole.prefix(128)), name: name).variables.isEmpty)
        }
    }

    @Test("10,000 damaged files are read or refused, without a trap")
    func flipped() throws {
        var random = SeededNumbers(seed: 2012)
        var refused = 0
        let files = try ["meta.mat", "meta-compressed.mat", "values.mat", "meta_clsloc.mat"].map {
            try LabelFixtures.golden($0)
        }
        for round in 0..<10_000 {
            var bytes = files[round % files.count]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 120..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            do throws(LabelError) { _ = try MatFile(bytes, name: "x") } catch { refused += 1 }
        }
        #expect(refused > 5000)
        #expect(refused < 10_000)
    }

    @Test("a stream that inflates to more than its element is refused at once")
    func bomb() throws {
        // 300 MiB of zeros behind a tag that announces 16 bytes, and one that announces them all.
        for (announced, reason) in [(16, "more than the 24 bytes"), (300 << 20, "268435456")] {
            var mat = MatBytes(isBigEndian: false)
            mat.compressed(
                tag: [14, UInt32(announced)], zeros: 300 << 20)
            let error = #expect(throws: LabelError.self) { try MatFile(mat.bytes, name: "bomb") }
            #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        }
    }

    @Test("sizes beyond all bounds are refused, not computed with")
    func absurdSizes() throws {
        let most = UInt64(UInt32.max >> 1)
        let dimensions: [[UInt64]] = [
            [most, most], [most, most, most], [most, 1], [0xFFFF_FFFF, 1], [1, 1 << 22],
        ]
        for sizes in dimensions {
            for classNumber in [1, 2, 4, 6, 9] {
                var mat = MatBytes(isBigEndian: false)
                let fields: [(MatType, [[(UInt64, Int)]])] =
                    classNumber == 2
                    ? [(.int32, [[(4, 4)]]), (.int8, [[(0x61, 1), (0, 1), (0, 1), (0, 1)]])]
                    : [(.uint8, [[(1, 1)]])]
                mat.variable("x", classNumber: classNumber, sizes, fields)
                if classNumber == 4, sizes[0] == 1 { continue }
                #expect(throws: LabelError.self, "\(sizes) \(classNumber)") {
                    try MatFile(mat.bytes, name: "x")
                }
            }
        }
    }

    @Test("values too deep in each other are refused")
    func depth() throws {
        for (depth, isFine) in [(8, true), (9, false), (200, false)] {
            var mat = MatBytes(isBigEndian: false)
            mat.nestedCells(depth: depth)
            if isFine {
                #expect(try MatFile(mat.bytes, name: "x").variables.count == 1)
            } else {
                #expect(throws: LabelError.self) { try MatFile(mat.bytes, name: "x") }
            }
        }
    }

    @Test("other formats are named")
    func otherFormats() throws {
        let hdf = [0x89] + Array("HDF\r\n\u{1A}\n".utf8) + [UInt8](repeating: 0, count: 600)
        let error = #expect(throws: LabelError.self) { try MatFile(hdf, name: "x.mat") }
        #expect(error?.message.contains("7.3") == true)
        #expect(error?.hint?.contains("-v7") == true)
        var newer = [UInt8](repeating: 0x20, count: 512)
        newer.replaceSubrange(124..<128, with: [0, 2] + Array("IM".utf8))
        #expect(throws: LabelError.self) { try MatFile(newer, name: "x.mat") }
        let html = Array(String(repeating: "<html>", count: 100).utf8)
        let other = #expect(throws: LabelError.self) { try MatFile(html, name: "x.mat") }
        #expect(other?.message.contains("byte 126") == true)
        let huge = #expect(throws: LabelError.self) {
            try MatFile([UInt8](repeating: 0, count: (64 << 20) + 1), name: "x.mat")
        }
        #expect(huge?.code == .unsupported)
    }
}
