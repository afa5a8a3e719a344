import Disk
import Testing

@Suite struct PathTests {
    @Test(
        "the last component and the folder above it",
        arguments: [
            ("a/b", "b", "a"), ("a", "a", "."), ("/a", "a", "/"), ("a/b/", "b", "a"),
            ("/", "/", "/"),
            ("a//b", "b", "a"), ("//a", "a", "/"), ("/a/b/c", "c", "/a/b"),
        ])
    func parts(_ text: String, _ last: String, _ parent: String) {
        #expect(Path(text).lastComponent == Path(last))
        #expect(Path(text).parent == Path(parent))
    }

    @Test("appending puts one slash between, and an absolute path stands for itself")
    func appending() {
        #expect(Path("a").appending("b") == "a/b")
        #expect(Path("a/").appending("b") == "a/b")
        #expect(Path("a").appending("/b") == "/b")
        #expect(Path("").appending("b") == "b")
        #expect(Path("a/b/").appendingSuffix(".part") == "a/b.part")
    }

    @Test("a NUL cannot hide the rest of a name from us and not from the system")
    func nul() {
        #expect(Path(bytes: [0x61, 0, 0x62]) == "a")
    }

    @Test(
        "names are made harmless for a terminal",
        arguments: [
            ("plain-é-名.tar", "plain-é-名.tar"), ("a\u{1B}[31mb", "a\\x1b[31mb"),
            ("a\nb", "a\\x0ab"),
            ("a\\b", "a\\\\b"), ("a\u{202E}b", "a\\u{202e}b"), ("\u{7F}", "\\x7f"),
        ])
    func escaping(_ raw: String, _ shown: String) {
        #expect(escaped(raw) == shown)
    }

    @Test("bytes that are no UTF-8 are shown one by one")
    func invalid() {
        #expect(escaped([0x61, 0xFF, 0xC3, 0x28, 0xE2, 0x82, 0x62]) == "a\\xff\\xc3(\\xe2\\x82b")
        #expect(escaped([0xED, 0xA0, 0x80]) == "\\xed\\xa0\\x80")
        #expect(Path(bytes: [0xFF]).string == nil)
    }
}
