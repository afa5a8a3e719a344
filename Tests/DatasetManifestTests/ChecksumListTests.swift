import Checksums
import DatasetManifest
import Disk
import Testing

// Written by md5sum, sha256sum --binary, sha1sum --tag (coreutils 9.1), openssl md5 (3.0) and
// xxhsum (0.8.1) for seven files of one letter, a to g.
private let md5sum = #"""
    8fa14cdd754f91cc6554c9e71929cce7  ./ lead
    b2f5ff47436671b6e533d8dc3614845d  ./*star
    \4a8a08f09d37b73795649038408b5f33  ./back\\slash
    \8277e0910d750195b448797616e091ad  ./cr\rname
    e1671797c52e15f763380b45e841ec32  ./d/in (x) = y
    \92eb5ffee6ae2fec3ad71c777531578f  ./new\nline
    0cc175b9c0f1b6a831c399e269772661  ./plain

    """#
private let sha256sum = #"""
    252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111 *./ lead
    cd0aa9856147b6c5b4ff2b7dfee5da20aa38253099ef1b4a64aced233c9afe29 *./*star
    \2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6 *./back\\slash
    \18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4 *./cr\rname
    3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea *./d/in (x) = y
    \3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d *./new\nline
    ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb *./plain

    """#
private let sha1sumTag = #"""
    SHA1 (./ lead) = 4a0a19218e082a343a1b17e5333409af9d98f0f5
    SHA1 (./*star) = 54fd1711209fb1c0781092374132c66e79e2241b
    \SHA1 (./back\\slash) = 84a516841ba77a5b4648de2cd0dfcb30ea46dbb4
    \SHA1 (./cr\rname) = 3c363836cf4e16666669a25da280a1865c2d2874
    SHA1 (./d/in (x) = y) = 58e6b3a414a1e090dfc6029add0f3555ccba127f
    \SHA1 (./new\nline) = e9d71f5ee7c92d6dc9e92ffdad17b8bd49418f98
    SHA1 (./plain) = 86f7e437faa5a7fce15d1ddcb9eaeaea377667b8

    """#

@Suite struct ChecksumListTests {
    private static let contents = [
        "./ lead": "f", "./*star": "g", "./back\\slash": "c", "./cr\rname": "d",
        "./d/in (x) = y": "e", "./new\nline": "b", "./plain": "a",
    ]

    private func list(_ text: String) throws -> ChecksumList {
        try ChecksumList(Array(text.utf8), source: "SUMS")
    }

    private func refusal(_ text: String) -> ManifestError? {
        #expect(throws: ManifestError.self) { try list(text) }
    }

    @Test(
        "lists of the usual programs are read",
        arguments: [(md5sum, DigestAlgorithm.md5), (sha256sum, .sha256), (sha1sumTag, .sha1)])
    func readsLists(text: String, algorithm: DigestAlgorithm) throws {
        for text in [text, text.split(separator: "\n").joined(separator: "\r\n")] {
            let entries = try list(text).entries
            #expect(entries.count == 7)
            for entry in entries {
                let content = try #require(Self.contents[entry.path.string ?? ""])
                #expect(entry.digests == [Hasher.digest(algorithm, Array(content.utf8))])
            }
        }
    }

    @Test("several lists in one file are merged by name")
    func mergesLists() throws {
        let entries = try list(sha256sum + "# and\n\n" + md5sum + sha1sumTag + md5sum).entries
        #expect(entries.count == 7)
        #expect(entries.allSatisfy { $0.digests.map(\.algorithm) == [.md5, .sha1, .sha256] })
        #expect(entries.map(\.line) == Array(1...7))
        let spelled = try list(
            "0cc175b9c0f1b6a831c399e269772661  ./a\nXXH64 (a) = d24ec4f1a98c6e5b")
        #expect(spelled.entries.count == 1)
        #expect(spelled.entries[0].digests.count == 2)
    }

    @Test(
        "other ways to write a line are understood",
        arguments: [
            "0cc175b9c0f1b6a831c399e269772661 a", "  0CC175B9C0F1B6A831C399E269772661  a",
            "0cc175b9c0f1b6a831c399e269772661\t*a", "MD5 (a) = 0cc175b9c0f1b6a831c399e269772661",
            "MD5(a)= 0cc175b9c0f1b6a831c399e269772661",
        ])
    func readsLine(line: String) throws {
        let entries = try list(line).entries
        #expect(entries.map(\.path) == ["a"])
        #expect(entries[0].digests == [Hasher.digest(.md5, Array("a".utf8))])
    }

    @Test("the kind is told by the length")
    func tellsKindByLength() throws {
        let entries = try list(
            "d24ec4f1a98c6e5b  a\nSHA2-256(b)= \(String(repeating: "0", count: 64))"
        )
        .entries
        #expect(entries[0].digests == [Hasher.digest(.xxh64, Array("a".utf8))])
        #expect(entries[1].digests.map(\.algorithm) == [.sha256])
    }

    @Test(
        "a bad line is refused with its number",
        arguments: [
            ("x", "neither \"CHECKSUM  NAME\" nor \"KIND (NAME) = CHECKSUM\""),
            ("0cc1 a", "a checksum of 4 digits"),
            ("0cc175b9c0f1b6a831c399e269772661", "neither "),
            ("zcc175b9c0f1b6a831c399e269772661  a", "neither "),
            ("MD5 (a) = 0cc1", "32 hexadecimal digits are expected at its end"),
            ("MD5 (a) x = 0cc175b9c0f1b6a831c399e269772661", "neither "),
            ("MD5 )a( = 0cc175b9c0f1b6a831c399e269772661", "neither "),
            ("SHA512 (a) = 00", "SHA512 is not MD5, SHA1, SHA256 or XXH64"),
            (
                "b2f5ff47436671b6e533d8dc3614845d  good",
                "the md5 of good differs from that in an earlier line"
            ),
        ])
    func refusesLine(line: String, reason: String) {
        let error = refusal("0cc175b9c0f1b6a831c399e269772661  good\n# x\n\(line)\n")
        #expect(error?.code == .syntax)
        #expect(error?.message.hasPrefix("refused SUMS: line 3: \(reason)") == true)
    }

    @Test(
        "a name that no file of ours can have costs its line, and not the list",
        arguments: [
            ("", "the name is missing"),
            ("/etc/passwd", "the name /etc/passwd leads out of the folder"),
            ("a/../../b", "the name a/../../b leads out of the folder"),
            ("./.", "the name ./. leads out of the folder"),
            ("a\u{0}b", "the name has a NUL in it"),
            ("x\ty", "the name has a control character in it"),
            (String(repeating: "n", count: 236), "the name is longer than 235 bytes"),
        ])
    func leavesOut(name: String, reason: String) throws {
        let digest = "0cc175b9c0f1b6a831c399e269772661"
        var told: [ChecksumList.Refusal] = []
        let text = "\(digest)  good\n\(digest)  \(name)\n\(digest)  fine\n"
        let manifest = try list(text).manifest(named: "m") { told.append($0) }
        #expect(manifest.files.map(\.name) == ["good", "fine"])
        #expect(told.map(\.line) == [2] && told.map(\.reason) == [reason])
        // Without another line nothing is left.
        let error = #expect(throws: ManifestError.self) {
            try list("\(digest)  \(name)\n").manifest(named: "m")
        }
        #expect(error?.message.hasSuffix("line 1: \(reason)") == true)
    }

    @Test("an escape that nobody knows costs its line", arguments: ["a\\x", "a\\"])
    func leavesOutEscapes(name: String) throws {
        let digest = "0cc175b9c0f1b6a831c399e269772661"
        let found = try list("\(digest)  good\n\\\(digest)  \(name)\n")
        #expect(found.entries.map(\.path) == ["good"])
        #expect(
            found.refusals.map(\.reason) == ["only \\n, \\r and \\\\ are known in escaped names"])
    }

    @Test("a byte-order mark is read over")
    func byteOrderMark() throws {
        let entries = try list("\u{FEFF}" + md5sum).entries
        #expect(try entries == list(md5sum).entries)
    }

    @Test("an empty list is refused", arguments: ["", "\n\n", "# nothing\r\n"])
    func refusesEmpty(text: String) {
        #expect(refusal(text)?.message == "refused SUMS: line 1: there is no checksum in it")
    }

    @Test("a list becomes a manifest of bare names")
    func becomesManifest() throws {
        let manifest = try list("0cc175b9c0f1b6a831c399e269772661  d/a.tar\n")
            .manifest(named: "mine")
        #expect(manifest.name == "mine")
        #expect(manifest.files.map(\.name) == ["a.tar"])
        #expect(manifest.files[0].part == "other")
        #expect(manifest.files[0].digest(.md5) == Hasher.digest(.md5, Array("a".utf8)))
    }

    @Test("names that cannot stand in a manifest are refused with their line")
    func refusesManifest() throws {
        let zeros = String(repeating: "0", count: 32)
        let twice = try list("\(zeros)  a/x\n\(zeros)  b/x\n")
        let error = #expect(throws: ManifestError.self) { try twice.manifest(named: "m") }
        #expect(error?.message == "refused m: line 2: the same file name as in line 1")
        let latin = try ChecksumList(Array("\(zeros)  x".utf8) + [0xE9], source: "S")
        #expect(throws: ManifestError.self) { try latin.manifest(named: "m") }
    }

    @Test("random bytes and large garbage are refused, and nothing traps")
    func refusesGarbage() {
        var generator = SystemRandomNumberGenerator()
        for count in 1..<300 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            _ = try? ChecksumList(bytes, source: "S")
        }
        let pattern = Array("MD5(a) =0\\*\n\r#".utf8)
        for _ in 0..<3000 {
            let bytes = (0..<30).map { _ in pattern[Int.random(in: 0..<pattern.count)] }
            _ = try? ChecksumList(bytes, source: "S")
        }
        for byte in [UInt8(ascii: "x"), 0, UInt8(ascii: "("), UInt8(ascii: "\n")] {
            #expect(throws: ManifestError.self) {
                let count = byte == UInt8(ascii: "x") ? 10 << 20 : 1 << 20
                _ = try ChecksumList([UInt8](repeating: byte, count: count), source: "S")
            }
        }
        let error = #expect(throws: ManifestError.self) {
            try ChecksumList([UInt8](repeating: 0x0A, count: (16 << 20) + 1), source: "S")
        }
        #expect(error?.code == .tooLarge)
    }
}
