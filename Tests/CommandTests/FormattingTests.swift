import Disk
import Testing

@testable import imagenet_fetch

@Suite struct FormattingTests {
    @Test(
        "bytes are shown in IEC units",
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"),
            (1_048_524, "1023.9 KiB"), (1_048_575, "1.0 MiB"), (147_897_477_120, "137.7 GiB"),
            (Int64.max, "8.0 EiB"), (-1536, "-1.5 KiB"), (Int64.min, "-8.0 EiB"),
        ] as [(Int64, String)])
    func bytes(count: Int64, text: String) { #expect(Shown.bytes(count) == text) }

    @Test("durations")
    func durations() {
        #expect(Shown.duration(.seconds(42)) == "00:42")
        #expect(Shown.duration(.seconds(3723)) == "1:02:03")
        #expect(Shown.duration(.seconds(183_600)) == "2d 03h")
        #expect(Shown.duration(.seconds(-1)) == "00:00")
    }

    @Test("rates that are no numbers do no harm")
    func rates() {
        #expect(Shown.rate(1_048_576) == "1.0 MiB/s")
        #expect(Shown.rate(.nan) == "0 B/s")
        #expect(Shown.rate(-3) == "0 B/s")
        #expect(Shown.rate(1e300).hasSuffix("PiB/s"))
    }

    @Test("counts have commas")
    func counts() {
        #expect(Shown.count(0) == "0")
        #expect(Shown.count(999) == "999")
        #expect(Shown.count(1_281_167) == "1,281,167")
        #expect(Shown.count(-1000) == "-1,000")
    }

    @Test("columns are those of a terminal")
    func columns() {
        #expect("abc".columns == 3)
        #expect("e\u{301}".columns == 1)
        #expect("日本".columns == 4)
        #expect("日本".truncated(to: 3) == "日")
        #expect("ab".padded(to: 4) == "ab  ")
        #expect("ab".rightAligned(in: 4) == "  ab")
        #expect("abcd".padded(to: 2) == "abcd")
    }

    @Test("JSON keeps the order of keys and leaves out what is not known")
    func json() {
        let absent: JSON? = nil
        let line = JSON.line(
            schema: "x/1", ["b": .int(1), "a": "t", "none": absent, "list": .array([true, .null])])
        #expect(line.text == #"{"schema":"x/1","b":1,"a":"t","list":[true,null]}"#)
    }

    @Test("JSON escapes what it must and what would harm a terminal")
    func escaping() {
        #expect(JSON.string("a\"b\\c\n\t").text == #""a\"b\\c\n\t""#)
        #expect(JSON.string("\u{1B}[31m\u{7F}\u{9B}").text == #""\u001b[31m\u007f\u009b""#)
        #expect(JSON.string("\u{202E}é日\u{E0001}").text == #""\u202eé日\udb40\udc01""#)
        #expect(JSON.path(Path(bytes: [0x61, 0xFF])).text == #""a\\xff""#)
        #expect(JSON.number(.infinity).text == "null")
        #expect(JSON.number(0.5).text == "0.5")
        #expect(JSON.int(.min).text == "-9223372036854775808")
    }
}
