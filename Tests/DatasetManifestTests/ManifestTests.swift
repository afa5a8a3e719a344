import Checksums
import DatasetManifest
import Testing

@Suite struct ManifestTests {
    @Test("what is written is read back as an equal value")
    func writesAndReads() throws {
        let manifest = try Manifest(
            json: Array(ManifestReaderTests.whole.utf8), source: "toy.json")
        let bytes = manifest.json()
        #expect(try Manifest(json: bytes, source: "again") == manifest)
        #expect(try Manifest(json: bytes, source: "again").json() == bytes)
    }

    @Test("strange text survives writing")
    func writesStrangeText() throws {
        let text = "\u{0}\u{1F}\u{7F}\"\\/\n\u{2028}é😀e\u{301}"
        let manifest = try Manifest(
            name: "a\"\\é", title: text,
            labels: .init(wnids: Hasher.digest(.sha256, [])), files: [])
        let read = try Manifest(json: manifest.json(), source: "x")
        #expect(read == manifest)
        #expect(read.title.map { Array($0.utf8) } == Array(text.utf8))
    }

    @Test("the written form is the documented one")
    func writesDocumentedForm() throws {
        var file = ManifestFile(
            name: "a.tar", part: "val", role: .valImages, isDefault: true, size: 5,
            digests: [
                try #require(Digest(.xxh64, hex: "20199bbecc0a0340")),
                try #require(Digest(.md5, hex: "29b22e2961454d5413ddabcf34fc5622")),
            ], mirrors: ["/a", "/b"])
        file.account = .maybe
        file.images = 3
        file.torrent = InfoHash(hex: "5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5")
        file.size = 5000
        file.pieces = .init(length: 16384, sha1: "torrents/a.tar.pieces")
        let (one, two) = (try #require(WNID("n00000001")), try #require(WNID("n00000002")))
        file.classIndex = try ClassIndex(
            [.init(wnid: one, offset: 512, size: 0), .init(wnid: two, offset: 1024, size: 5)],
            archiveSize: file.size)
        let subsets = [Manifest.Subset(name: "small", origin: "me", wnids: [two, one])]
        let manifest = try Manifest(name: "x", classes: 2, subsets: subsets, files: [file])
        #expect(
            String(decoding: manifest.json(), as: UTF8.self) == """
                {
                  "schema": "imagenet-fetch.manifest/1",
                  "name": "x",
                  "classes": 2,
                  "subsets": {
                    "small": {
                      "origin": "me",
                      "wnids": [
                        "n00000002", "n00000001"
                      ]
                    }
                  },
                  "files": [
                    {
                      "name": "a.tar",
                      "part": "val",
                      "role": "val-images",
                      "default": true,
                      "size": 5000,
                      "md5": "29b22e2961454d5413ddabcf34fc5622",
                      "xxh64": "20199bbecc0a0340",
                      "torrent": "5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5",
                      "pieces": {
                        "pieceLength": 16384,
                        "sha1": "torrents/a.tar.pieces"
                      },
                      "mirrors": ["/a", "/b"],
                      "account": "maybe",
                      "images": 3,
                      "classIndex": [
                        {"wnid": "n00000001", "offset": 512, "size": 0},
                        {"wnid": "n00000002", "offset": 1024, "size": 5}
                      ]
                    }
                  ]
                }

                """)
    }

    @Test("a manifest made in a program is checked like one that is read")
    func checksItself() throws {
        let md5 = try #require(Digest(.md5, hex: "29b22e2961454d5413ddabcf34fc5622"))
        let faults: [(ManifestFile, String)] = [
            (
                ManifestFile(name: "..", part: "p"),
                "$.files[0].name: the name .. leads out of the folder"
            ),
            (ManifestFile(name: "a", part: ""), "$.files[0].part: the name is empty"),
            (ManifestFile(name: "a", part: "p", size: -1), "$.files[0].size: -1 is negative"),
            (
                ManifestFile(name: "a", part: "p", digests: [md5, md5]),
                "$.files[0].md5: given twice"
            ),
            (
                ManifestFile(name: "a", part: "p", mirrors: Array(repeating: "/a", count: 101)),
                "$.files[0].mirrors: more than 100"
            ),
        ]
        for (file, reason) in faults {
            let error = #expect(throws: ManifestError.self) {
                try Manifest(name: "x", files: [file])
            }
            #expect(error?.message == "refused the manifest x: \(reason)")
        }
        let error = #expect(throws: ManifestError.self) {
            try Manifest(name: "x", labels: .init(valWNIDs: md5), files: [])
        }
        #expect(error?.message.contains("$.labels.valWNIDs") == true)
    }

    @Test("manifests and checksum lists are told apart by content")
    func readsEither() throws {
        let json = Array((" \n" + ManifestReaderTests.whole).utf8)
        #expect(try Manifest.read(json, source: "MD5SUMS").name == "toy")
        let list = Array("29b22e2961454d5413ddabcf34fc5622  a.tar\n".utf8)
        let manifest = try Manifest.read(list, source: "lists/MD5SUMS")
        #expect(manifest.name == "MD5SUMS")
        #expect(manifest.files.map(\.name) == ["a.tar"])
        #expect(try Manifest.read(list, source: "..").name == "checksums")
        for bytes in [[], Array("<html>".utf8), Array("[]".utf8), [0]] {
            let error = #expect(throws: ManifestError.self) {
                try Manifest.read(bytes, source: "x")
            }
            #expect(error?.message.hasPrefix("refused x: line 1: ") == true)
        }
    }

    @Test("weak spots of a manifest are told in sentences")
    func warns() throws {
        let hash = try #require(InfoHash([UInt8](repeating: 7, count: 20)))
        let xxh = Hasher.digest(.xxh64, [])
        let sound = ManifestFile(
            name: "sound", part: "p", size: 1, torrent: hash, mirrors: ["https://a.example/"])
        var manual = ManifestFile(name: "manual", part: "p", size: 1, torrent: hash)
        manual.source = .manual(how: nil)
        var old = manual
        old.name = "old"
        old.source = .superseded(by: "gone")
        var older = manual
        older.name = "older"
        older.source = .superseded(by: nil)
        let bare = ManifestFile(name: "bare", part: "p")
        let quick = ManifestFile(
            name: "quick", part: "p", size: 1, digests: [xxh], mirrors: ["http://a.example/"])
        #expect(try Manifest(name: "x", files: [sound]).check().isEmpty)
        #expect(try Manifest(name: "x", files: []).check() == ["there are no files"])
        let warnings = try Manifest(name: "x", files: [sound, manual, old, older, bare, quick])
            .check()
        let expected = [
            "manual: must be downloaded by hand", "old: superseded by gone",
            "older: superseded, but",
            "bare: neither a digest", "bare: neither a torrent", "bare: no size",
            "quick: XXH64 alone", "quick: the mirror http://a.example/ is not encrypted",
        ]
        #expect(warnings.count == expected.count)
        for (warning, start) in zip(warnings, expected) {
            #expect(warning.hasPrefix(start), "\(warning)")
        }
    }
}
