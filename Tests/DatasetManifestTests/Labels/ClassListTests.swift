import DatasetManifest
import Testing

@Suite struct ClassListTests {
    private func utf16(_ text: String, isBig: Bool) -> [UInt8] {
        text.utf8.flatMap { (byte: UInt8) -> [UInt8] in isBig ? [0, byte] : [byte, 0] }
    }

    private func wnids(_ text: String) throws -> [String] {
        try ClassList(Array(text.utf8)).wnids.map(\.description)
    }

    @Test("a WNID a line, with comments, empty lines, blanks, words and any line end")
    func readsText() throws {
        let two = ["n01440764", "n02102040"]
        #expect(try wnids("n01440764\nn02102040") == two)
        #expect(try wnids("n01440764\r\n\r\nn02102040\r\n") == two)
        #expect(try wnids("n01440764\rn02102040\r") == two)
        #expect(
            try wnids("# mine\n  n01440764 # the fish\n\t#n03000684\nn02102040\ttench\n") == two)
        #expect(try wnids("n01440764,tench\nn02102040, English springer\n") == two)
        #expect(try wnids("n02102040\nn01440764\nn02102040\n") == [two[1], two[0], two[1]])
    }

    @Test("files from Windows: UTF-8 with a mark, UTF-16 of both kinds")
    func readsMarkedText() throws {
        let text = "n01440764\r\nn02102040\r\n"
        let two = try ClassList(Array(text.utf8))
        #expect(try ClassList([0xEF, 0xBB, 0xBF] + Array(text.utf8)) == two)
        #expect(try ClassList([0xFF, 0xFE] + utf16(text, isBig: false)) == two)
        #expect(try ClassList([0xFE, 0xFF] + utf16(text, isBig: true)) == two)
    }

    @Test(
        "what is no list of classes is refused with the line",
        arguments: [
            ("", "it names no class"),
            ("\n# nothing\n\n", "it names no class"),
            ("\u{FEFF}", "it names no class"),
            ("n01440764\n\ntench\n", "line 3 begins with \"tench\""),
            ("n01440764\r\nn144\r\n", "line 2 begins with \"n144\""),
            ("n01440764\0", "it is no text"),
            ("n\u{1B}[31m", "line 1 begins with \"n\\x1b[31m\""),
        ])
    func refuses(text: String, reason: String) {
        let error = #expect(throws: ClassList.Invalid.self) { try ClassList(Array(text.utf8)) }
        #expect(error?.reason.hasPrefix(reason) == true, "\(error?.reason ?? "")")
    }

    @Test("UTF-16 without a mark, cut units and any bytes are refused without a crash")
    func refusesBytes() {
        #expect(throws: ClassList.Invalid.self) {
            try ClassList(utf16("n01440764\n", isBig: false))
        }
        #expect(throws: ClassList.Invalid.self) { try ClassList([0xFF, 0xFE, 0x6E]) }
        #expect(throws: ClassList.Invalid.self) { try ClassList([0xFF, 0xFE]) }
        #expect(throws: ClassList.Invalid.self) { try ClassList([0xFE, 0xFF, 0xD8, 0x00]) }
        #expect(throws: ClassList.Invalid.self) { try ClassList([0xFF, 0xFF, 0xFF]) }
    }
}
