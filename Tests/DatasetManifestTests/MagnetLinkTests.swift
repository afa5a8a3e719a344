import DatasetManifest
import Testing

@Suite struct MagnetLinkTests {
    private static let hex = "5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5"
    // Python: base64.b32encode(bytes.fromhex(hex))
    private static let base32 = "LVWQ357NQHX5JHFJT2SHG7QK4XR2L4XF"

    private func refusal(_ text: String) -> ManifestError? {
        #expect(throws: ManifestError.self) { try MagnetLink(text, source: "link") }
    }

    @Test("every part of a link is read, unknown ones are passed over")
    func readsEverything() throws {
        let link = try MagnetLink(
            "\n MAGNET:?xt=urn:btih:\(Self.hex)&dn=caf%C3%a9%20+%26.tar&xl=5&tr=https%3A%2F%2Fa.example"
                + "%2Fannounce&tr.2=udp://b.example:80&ws=https://c.example/f&x.pe=127.0.0.1:6881"
                + "&x.pe=[::1]:1&so=0-2&&kt=a\r\n",
            source: "link")
        #expect(link.infoHash.hex == Self.hex)
        #expect(link.name == "café +&.tar")
        #expect(link.size == 5)
        #expect(link.trackers == ["https://a.example/announce", "udp://b.example:80"])
        #expect(link.webSeeds == ["https://c.example/f"])
        #expect(link.peers == ["127.0.0.1:6881", "[::1]:1"])
        #expect(try MagnetLink(link.text, source: "again") == link)
    }

    @Test("blanks and line ends around an address are not part of it, those of a name are")
    func trims() throws {
        let link = try MagnetLink(
            "magnet:?xt=urn:btih:\(Self.hex)&tr=%20https://a.example/x%0D%0A&ws=%20http://b.example/%20"
                + "&x.pe=127.0.0.1:1%09&dn=%20a",
            source: "link")
        #expect(link.trackers == ["https://a.example/x"])
        #expect(link.webSeeds == ["http://b.example/"])
        #expect(link.peers == ["127.0.0.1:1"] && link.name == " a")
    }

    @Test("infohashes in base 32 and in either case are understood")
    func readsInfoHash() throws {
        for text in [
            Self.base32, Self.base32.lowercased(), Self.hex.uppercased(),
            "\(Self.hex)&xt=urn:btmh:1220cafe", "\(Self.hex)&xt=urn:sha1:x",
        ] {
            let link = try MagnetLink("magnet:?xt=urn:btih:\(text)", source: "link")
            #expect(link.infoHash.hex == Self.hex)
        }
        #expect(try MagnetLink("magnet:?xt.1=urn:btih:\(Self.hex)", source: "l").trackers == [])
    }

    @Test(
        "a bad link is refused with its place",
        arguments: [
            ("", "byte 0: \"magnet:?\" is expected"),
            ("https://a.example", "byte 0: \"magnet:?\" is expected"),
            ("magnet:?", "xt: no xt=urn:btih with an infohash"),
            ("magnet:?dn=a", "xt: no xt=urn:btih with an infohash"),
            ("magnet:?xt=urn:btmh:1220aa", "xt: only the hash of a version 2 torrent"),
            ("magnet:?xt=urn:btih:5d6d", "byte 8 (xt): 40 hexadecimal or 32 base-32 digits"),
            ("magnet:?xt=urn:btih:LVWQ357NQHX5JHFJT2SHG7QK4XR2L4X1", "byte 8 (xt): 40 hex"),
            ("magnet:?$&$", "byte 61 (xt): given twice"),
            ("magnet:?$&dn=a&dn=b", "byte 66 (dn): given twice"),
            ("magnet:?$&dn=a%2Fb", "byte 61 (dn): the name has a slash in it"),
            ("magnet:?$&dn=%00", "byte 61 (dn): the name has a control character in it"),
            ("magnet:?$&dn=%", "byte 61: a percent sign without two"),
            ("magnet:?$&dn=%4", "byte 61: a percent sign without two"),
            ("magnet:?$&dn=%zz", "byte 61: a percent sign without two"),
            ("magnet:?$&dn=%ff", "byte 61: a percent sign without two"),
            ("magnet:?$&dn", "byte 61: KEY=VALUE is expected"),
            ("magnet:?$&dn=a b", "byte 65: a character that must be percent-encoded"),
            ("magnet:?$&dn=é", "byte 64: a character that must be percent-encoded"),
            ("magnet:?$&xl=-1", "byte 61 (xl): a size in bytes is expected"),
            ("magnet:?$&xl=", "byte 61 (xl): a size in bytes is expected"),
            ("magnet:?$&xl=9223372036854775808", "byte 61 (xl): a size in bytes is expected"),
            ("magnet:?$&tr=ws://a.example", "byte 61 (tr): an address with https, http, udp"),
            ("magnet:?$&tr=http://u:p@a.example", "byte 61 (tr): the address contains a user name"),
            ("magnet:?$&ws=udp://a.example", "byte 61 (ws): an address with https, http"),
            ("magnet:?$&x.pe=a", "byte 61 (x.pe): HOST:PORT is expected"),
            ("magnet:?$&x.pe=a:0", "byte 61 (x.pe): HOST:PORT is expected"),
            ("magnet:?$&x.pe=:80", "byte 61 (x.pe): HOST:PORT is expected"),
            ("magnet:?$&x.pe=a/b:80", "byte 61 (x.pe): HOST:PORT is expected"),
        ])
    func refuses(text: String, reason: String) {
        // $ stands for the hash and its key: it ends at byte 59.
        let hash = "xt=urn:btih:\(Self.hex)"
        let error = refusal(
            text.split(separator: "$", omittingEmptySubsequences: false)
                .joined(separator: hash))
        #expect(error?.message.hasPrefix("refused link: \(reason)") == true, "\(error as Any)")
    }

    @Test("a link longer than 64 KiB is refused")
    func refusesLength() {
        let link = "magnet:?xt=urn:btih:\(Self.hex)&x=" + String(repeating: "a", count: 64 << 10)
        #expect(refusal(link)?.code == .tooLarge)
    }

    @Test("a link that is made is checked like one that is read")
    func checksItself() throws {
        let hash = try #require(InfoHash(hex: Self.hex))
        #expect(throws: ManifestError.self) { try MagnetLink(infoHash: hash, name: "a/b") }
        #expect(throws: ManifestError.self) { try MagnetLink(infoHash: hash, size: -1) }
        #expect(throws: ManifestError.self) { try MagnetLink(infoHash: hash, trackers: ["x"]) }
        #expect(throws: ManifestError.self) { try MagnetLink(infoHash: hash, peers: ["x"]) }
        let link = try MagnetLink(infoHash: hash, name: "é &=%+#\u{1F600}.tar", size: .max)
        #expect(link.text.utf8.allSatisfy { (0x21...0x7E).contains($0) })
        #expect(try MagnetLink(link.text, source: "again") == link)
    }

    @Test("links that are cut off or random are read or refused, and nothing traps")
    func survivesGarbage() {
        let link = Array("magnet:?xt=urn:btih:\(Self.hex)&dn=%C3%A9&xl=5&x.pe=[::1]:80".utf8)
        for count in 0..<60 {
            #expect(throws: ManifestError.self) {
                try MagnetLink(link[..<min(count, 59)], source: "l")
            }
        }
        for index in link.indices {
            var changed = link
            changed[index] = UInt8.random(in: 0...255)
            _ = try? MagnetLink(changed, source: "l")
            _ = try? MagnetLink(link[..<index], source: "l")
        }
    }
}
