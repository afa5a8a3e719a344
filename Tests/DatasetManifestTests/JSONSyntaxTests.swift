import DatasetManifest
import Testing

@Suite struct JSONSyntaxTests {
    private func refusal(_ bytes: [UInt8]) -> ManifestError? {
        #expect(throws: ManifestError.self) { try Manifest(json: bytes, source: "m") }
    }

    @Test(
        "text that is no JSON is refused with line and column",
        arguments: [
            ("", "line 1, column 1: a value is expected, but it ends here"),
            ("{", "line 1, column 2: a key in quotes is expected, but it ends here"),
            ("{\n  \"a\" 3}", "line 2, column 7: \":\" is expected"),
            ("{\"a\": 3,\n}", "line 2, column 1: a key in quotes is expected"),
            ("{\"a\": 3\n\"b\": 4}", "line 2, column 1: \",\" or \"}\" is expected"),
            ("{\"a\": [3,]}", "line 1, column 10: a value is expected"),
            ("{\"a\": [3}", "line 1, column 9: \",\" or \"]\" is expected"),
            ("{} x", "line 1, column 4: the end is expected"),
            ("{\"a\": 01}", "line 1, column 8: a number begins with a zero"),
            ("{\"a\": 1.}", "line 1, column 9: a digit is expected"),
            ("{\"a\": -}", "line 1, column 8: a digit is expected"),
            ("{\"a\": 1e+}", "line 1, column 10: a digit is expected"),
            ("{\"a\": +1}", "line 1, column 7: a value is expected"),
            ("{\"a\": nul}", "line 1, column 10: a value is expected"),
            ("{\"a\": NaN}", "line 1, column 7: a value is expected"),
            ("{\"a\": \"\\q\"}", "line 1, column 9: no character can be escaped like this"),
            ("{\"a\": \"\\u12g4\"}", "line 1, column 12: four hexadecimal digits are expected"),
            ("{\"a\": \"\\ud800\"}", "line 1, column 14: half of a surrogate pair"),
            ("{\"a\": \"\\udc00\"}", "line 1, column 14: half of a surrogate pair"),
            ("{\"a\": \"\t\"}", "line 1, column 8: a control character in a string"),
            ("{\"a\": \"x", "line 1, column 9: the string has no end, but it ends here"),
            ("{\"a\": 1, \"a\": 2}", "line 1, column 10: the same key twice in one object"),
            ("{'a': 1}", "line 1, column 2: a key in quotes is expected"),
            ("// x\n{}", "line 1, column 1: a value is expected"),
            ("{\u{0}}", "line 1, column 2: a key in quotes is expected"),
        ])
    func refusesSyntax(text: String, reason: String) {
        let error = refusal(Array(text.utf8))
        #expect(error?.code == .syntax)
        #expect(error?.message == "refused m: \(reason)")
    }

    @Test("bytes that are not UTF-8 are refused with their place")
    func refusesOtherEncodings() {
        let latin = Array("{\n\"é\": \"".utf8) + [0xE9] + Array("\"}".utf8)
        #expect(refusal(latin)?.message == "refused m: line 2, column 8: this is not UTF-8")
        let utf16 = Array("{\0}\0".utf8)
        #expect(refusal(utf16)?.code == .syntax)
        #expect(refusal([0xFF, 0xFE] + utf16)?.code == .syntax)
    }

    @Test("deep nesting is refused, not followed", arguments: ["[", "{\"a\":", "[{\"a\":"])
    func refusesDepth(opening: String) {
        let bytes = Array(String(repeating: opening, count: 100_000).utf8)
        let error = refusal(bytes)
        #expect(error?.code == .tooLarge)
        #expect(error?.message.hasSuffix("more than 32 levels deep") == true)
    }

    @Test("too many bytes, values or keys are refused")
    func refusesSize() {
        let blanks = [UInt8](repeating: 0x20, count: (16 << 20) + 1)
        #expect(refusal(blanks)?.code == .tooLarge)
        let zeros = Array(("[" + String(repeating: "0,", count: 2_000_001)).utf8)
        #expect(refusal(zeros)?.message == "refused m: it holds more than 2000000 values")
        let keys = (0...1000).map { "\"\($0)\": 1" }.joined(separator: ",")
        #expect(refusal(Array("{\(keys)}".utf8))?.code == .tooLarge)
    }

    @Test("random bytes are refused, and nothing traps")
    func refusesGarbage() {
        var generator = SystemRandomNumberGenerator()
        for count in 0..<500 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(throws: ManifestError.self) { try Manifest(json: bytes, source: "m") }
        }
        let pattern = Array("{\"a\": [1, \"\\".utf8)
        for _ in 0..<2000 {
            let bytes = (0..<40).map { _ in pattern[Int.random(in: 0..<pattern.count)] }
            #expect(throws: ManifestError.self) { try Manifest(json: bytes, source: "m") }
        }
    }

    @Test("ten MiB of garbage are refused at once")
    func refusesLargeGarbage() {
        for byte in [UInt8(ascii: "x"), 0, 0xFF, UInt8(ascii: "["), UInt8(ascii: "\n")] {
            let count = byte == UInt8(ascii: "x") ? 10 << 20 : 1 << 20
            #expect(refusal([UInt8](repeating: byte, count: count)) != nil)
        }
    }
}
