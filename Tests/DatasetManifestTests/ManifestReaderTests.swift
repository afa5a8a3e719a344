import Disk
import Checksums
import DatasetManifest
import Support
import Testing

/// A manifest around the text of one file's fields.
private func manifest(file fields: String) -> [UInt8] {
    Array(
        """
        {"schema": "imagenet-fetch.manifest/1", "name": "x", "files": [
          {"name": "a", "part": "p"}, {"name": "b", "part": "p", \(fields)}]}
        """.utf8)
}

private func manifest(top fields: String) -> [UInt8] {
    Array("{\"schema\": \"imagenet-fetch.manifest/1\", \(fields)}".utf8)
}

@Suite struct ManifestReaderTests {
    static let whole = """
        {
          "schema": "imagenet-fetch.manifest/1",
          "name": "toy",
          "title": "A \\"toy\\" \\u00e9",
          "homepage": "https://toy.example/",
          "terms": "https://toy.example/terms",
          "classes": 10,
          "labels": {
            "valWNIDs": "313fc3f23c864dde9183c9a368809065765dd1b657a6904fded44e3e46d34604",
            "wnids": "70002b0ff5de60a3a17a82dbfcff291931f96225ddf941ad2e182fc39e183d15"
          },
          "subsets": {
            "two": {"wnids": ["n00000002", "n00000001"]},
            "one": {"title": "One", "origin": "me", "note": "no", "wnids": ["n00000003"]}
          },
          "later": {"what": [1, 2.5e3, {"is": null}, true]},
          "files": [
            {
              "name": "toy_val.tar",
              "title": "Validation",
              "part": "val",
              "role": "val-images",
              "default": true,
              "size": 9223372036854775807,
              "sizeAbout": 0,
              "xxh64": "20199bbecc0a0340",
              "md5": "29B22E2961454D5413DDABCF34FC5622",
              "torrent": "5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5",
              "pieces": {"pieceLength": 16384, "sha1": "torrents/toy_val.tar.pieces"},
              "classIndex": [
                {"wnid": "n00000002", "offset": 2048, "size": 0},
                {"wnid": "n00000001", "offset": 512, "size": 1000}
              ],
              "mirrors": ["https://toy.example:8443/v.tar?x=1", "http://[::1]:80/v", "/nfs/lab", "../usb"],
              "account": "maybe",
              "images": 50
            },
            {"name": "by hand", "part": "patch", "role": "some-day", "source": "manual", "how": "ask"},
            {"name": "old", "part": "val", "source": "superseded", "by": "toy_val.tar", "size": null}
          ]
        }
        """

    @Test("every field is read, unknown keys and unknown roles are passed over")
    func readsEverything() throws {
        let manifest = try Manifest(json: Array(Self.whole.utf8), source: "toy.json")
        #expect(manifest.name == "toy")
        #expect(manifest.title == "A \"toy\" é")
        #expect(manifest.homepage == "https://toy.example/")
        #expect(manifest.terms == "https://toy.example/terms")
        #expect(manifest.classes == 10)
        #expect(manifest.labels?.valWNIDs?.hex.hasPrefix("313fc3f2") == true)
        #expect(manifest.labels?.wnids?.algorithm == .sha256)
        #expect(manifest.parts == ["val", "patch"])
        #expect(manifest.subsets.map(\.name) == ["one", "two"])
        #expect(manifest.subset(named: "one")?.title == "One")
        #expect(manifest.subset(named: "one")?.origin == "me")
        #expect(manifest.subset(named: "one")?.note == "no")
        let two = try #require(manifest.subset(named: "two"))
        #expect(two.wnids.map(\.description) == ["n00000002", "n00000001"])
        let val = try #require(manifest.file(named: "toy_val.tar"))
        #expect(val.role == .valImages)
        #expect(val.isDefault)
        #expect(val.size == .max)
        #expect(val.sizeAbout == 0)
        #expect(val.digests.map(\.algorithm) == [.md5, .xxh64])
        #expect(val.digest(.md5)?.hex == "29b22e2961454d5413ddabcf34fc5622")
        #expect(val.torrent?.hex == "5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5")
        #expect(val.pieces?.length == 16384)
        #expect(val.pieces?.sha1 == "torrents/toy_val.tar.pieces")
        let index = try #require(val.classIndex)
        #expect(index.entries.map(\.wnid.description) == ["n00000001", "n00000002"])
        #expect(index.entries.map(\.offset) == [512, 2048])
        #expect(index.entries.map(\.size) == [1000, 0])
        #expect(val.mirrors.count == 4)
        #expect(val.account == .maybe)
        #expect(val.images == 50)
        #expect(manifest.files[1].role == .other)
        #expect(manifest.files[1].source == .manual(how: "ask"))
        #expect(manifest.files[2].source == .superseded(by: "toy_val.tar"))
        #expect(manifest.files[2].size == nil)
    }

    @Test("a byte order mark before the JSON is no fault")
    func readsBehindByteOrderMark() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array(Self.whole.utf8)
        #expect(try Manifest(json: bytes, source: "x").name == "toy")
        #expect(try Manifest.read(bytes, source: "x").name == "toy")
    }

    @Test(
        "a bad value of a file is refused with its JSON path",
        arguments: [
            (#""md5": "29b22e""#, "md5", "32 hexadecimal digits are expected, not 6"),
            (
                #""md5": "zzb22e2961454d5413ddabcf34fc5622""#, "md5",
                "32 hexadecimal digits are expected"
            ),
            (#""md5": 12"#, "md5", "text is expected"),
            (#""sha1": """#, "sha1", "40 hexadecimal digits are expected, not 0"),
            (#""sha256": "ab""#, "sha256", "64 hexadecimal digits are expected, not 2"),
            (#""xxh64": [1]"#, "xxh64", "text is expected"),
            (#""torrent": "5d6d""#, "torrent", "40 hexadecimal digits are expected, not 4"),
            (#""size": -1"#, "size", "-1 is negative"),
            (#""size": 1.5"#, "size", "a whole number below 2 to the power of 63 is expected"),
            (
                #""size": 9223372036854775808"#, "size",
                "a whole number below 2 to the power of 63 is expected"
            ),
            (#""size": 1e400"#, "size", "a whole number below 2 to the power of 63 is expected"),
            (#""size": "5""#, "size", "a whole number below 2 to the power of 63 is expected"),
            (#""size": true"#, "size", "a whole number below 2 to the power of 63 is expected"),
            (#""sizeAbout": -5"#, "sizeAbout", "-5 is negative"),
            (#""images": -5"#, "images", "-5 is negative"),
            (#""default": 1"#, "default", "true or false is expected"),
            (#""title": {}"#, "title", "text is expected"),
            (#""role": 3"#, "role", "text is expected"),
            (
                #""account": "some""#, "account",
                "\"none\", \"maybe\" or \"required\" is expected"
            ),
            (#""source": "magic""#, "source", "\"manual\" or \"superseded\" is expected"),
            (#""source": "manual", "how": 1"#, "how", "text is expected"),
            (#""mirrors": "https://a.example""#, "mirrors", "a list is expected"),
            (#""mirrors": [1]"#, "mirrors[0]", "text is expected"),
            (#""mirrors": ["/a", null]"#, "mirrors[1]", "text is expected"),
            (#""mirrors": [""]"#, "mirrors[0]", "the address is empty"),
            (
                #""mirrors": ["ftp://a.example/x"]"#, "mirrors[0]",
                "an address with https, http is expected"
            ),
            (
                #""mirrors": ["https:a.example"]"#, "mirrors[0]",
                "\"//\" is missing after the scheme"
            ),
            (#""mirrors": ["https:///x"]"#, "mirrors[0]", "the address has no valid host and port"),
            (
                #""mirrors": ["http://a:99999/x"]"#, "mirrors[0]",
                "the address has no valid host and port"
            ),
            (
                #""mirrors": ["https://u:secret@a.example/x"]"#, "mirrors[0]",
                "the address contains a user name or a password"
            ),
            (
                #""mirrors": ["/nfs/\u0000x"]"#, "mirrors[0]",
                "the address has a control character in it"
            ),
            (
                #""mirrors": ["https://a.example/x y"]"#, "mirrors[0]",
                "the address has a blank, a backslash or a control character in it"
            ),
            (
                #""pieces": 5"#, "pieces",
                "an object is expected"
            ),
            (
                #""pieces": {"sha1": "a"}"#, "pieces.pieceLength",
                "missing"
            ),
            (
                #""pieces": {"pieceLength": 5}"#, "pieces.sha1",
                "missing"
            ),
            (
                #""pieces": {"pieceLength": "5", "sha1": "a"}"#, "pieces.pieceLength",
                "a whole number below 2 to the power of 63 is expected"
            ),
            (
                #""size": 5, "torrent": "5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5", "pieces": {"pieceLength": 0, "sha1": "a"}"#,
                "pieces.pieceLength",
                "0 is not a length of pieces"
            ),
            (
                #""size": 5, "torrent": "5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5", "pieces": {"pieceLength": 5, "sha1": "/a"}"#,
                "pieces.sha1",
                "a relative path is expected"
            ),
            (
                #""size": 5, "torrent": "5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5", "pieces": {"pieceLength": 5, "sha1": "a/../b"}"#,
                "pieces.sha1",
                "the name .. leads out of the folder"
            ),
            (
                #""size": 5, "torrent": "5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5", "pieces": {"pieceLength": 5, "sha1": "a//b"}"#,
                "pieces.sha1",
                "the name is empty"
            ),
            (
                #""size": 5, "pieces": {"pieceLength": 5, "sha1": "a"}"#, "pieces",
                "piece hashes need a \"torrent\", which proves them"
            ),
            (
                #""torrent": "5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5", "pieces": {"pieceLength": 5, "sha1": "a"}"#,
                "pieces",
                "piece hashes need the \"size\" of the file"
            ),
            (
                #""classIndex": {}"#, "classIndex",
                "a list is expected"
            ),
            (
                #""classIndex": [5]"#, "classIndex[0]",
                "an object is expected"
            ),
            (
                #""classIndex": [{"offset": 512, "size": 1}]"#, "classIndex[0].wnid",
                "missing"
            ),
            (
                #""classIndex": [{"wnid": "n1", "offset": 512, "size": 1}]"#, "classIndex[0].wnid",
                "a WNID such as n01440764 is expected, an n and eight digits"
            ),
            (
                #""classIndex": [{"wnid": "n00000001", "offset": 1e99, "size": 1}]"#,
                "classIndex[0].offset",
                "a whole number below 2 to the power of 63 is expected"
            ),
            (
                #""classIndex": [{"wnid": "n00000001", "offset": 513, "size": 1}]"#, "classIndex",
                "the place of n00000001 is no place of a tar"
            ),
            (
                #""size": 600, "classIndex": [{"wnid": "n00000001", "offset": 512, "size": 100}]"#,
                "classIndex",
                "n00000001 would reach beyond the end of the archive"
            ),
        ])
    func refusesValue(fields: String, place: String, reason: String) {
        let error = #expect(throws: ManifestError.self) {
            try Manifest(json: manifest(file: fields), source: "m.json")
        }
        #expect(error?.code == .invalid)
        #expect(error?.message == "refused m.json: $.files[1].\(place): \(reason)")
    }

    @Test(
        "a bad value at the top is refused with its JSON path",
        arguments: [
            (#""files": []"#, "$.name: missing"),
            (#""name": "x""#, "$.files: missing"),
            (#""name": "x", "files": {}"#, "$.files: a list is expected"),
            (#""name": "x", "files": [[]]"#, "$.files[0]: an object is expected"),
            (#""name": "x", "files": [null]"#, "$.files[0]: an object is expected"),
            (#""name": "x", "files": [{"part": "p"}]"#, "$.files[0].name: missing"),
            (#""name": "x", "files": [{"name": "a"}]"#, "$.files[0].part: missing"),
            (#""name": "x", "classes": 0, "files": []"#, "$.classes: 0 is not a number of classes"),
            (#""name": "a/b", "files": []"#, "$.name: the name has a slash in it"),
            (#""name": "x", "files": [], "labels": 3"#, "$.labels: an object is expected"),
            (
                #""name": "x", "files": [], "labels": {"wnids": "00"}"#,
                "$.labels.wnids: 64 hexadecimal digits are expected, not 2"
            ),
            (
                #""name": "x", "files": [{"name": "a", "part": "p"}, {"name": "a", "part": "q"}]"#,
                "$.files[1].name: the same name as $.files[0]"
            ),
            (
                #""name": "x", "files": [{"name": "a", "part": "p,q"}]"#,
                "$.files[0].part: the name has a comma in it"
            ),
            (
                #""name": "x", "files": [], "subsets": []"#,
                "$.subsets: an object is expected"
            ),
            (
                #""name": "x", "files": [], "subsets": {"a": []}"#,
                "$.subsets.a: an object is expected"
            ),
            (
                #""name": "x", "files": [], "subsets": {"a": null}"#,
                "$.subsets.a: an object is expected"
            ),
            (
                #""name": "x", "files": [], "subsets": {"a": {}}"#,
                "$.subsets.a.wnids: missing"
            ),
            (
                #""name": "x", "files": [], "subsets": {"a": {"wnids": []}}"#,
                "$.subsets.a.wnids: a subset has at least one class"
            ),
            (
                #""name": "x", "files": [], "subsets": {"a": {"wnids": ["n00000001", 2]}}"#,
                "$.subsets.a.wnids[1]: text is expected"
            ),
            (
                #""name": "x", "files": [], "subsets": {"a": {"wnids": ["n00000001", "n1"]}}"#,
                "$.subsets.a.wnids[1]: a WNID such as n01440764 is expected, an n and eight digits"
            ),
            (
                #""name": "x", "files": [], "subsets": {"a": {"wnids": ["n00000001", "n00000001"]}}"#,
                "$.subsets.a.wnids[1]: n00000001 is given twice"
            ),
            (
                #""name": "x", "files": [], "subsets": {"n00000001": {"wnids": ["n00000001"]}}"#,
                "$.subsets.n00000001: the name is that of a class"
            ),
            (
                #""name": "x", "files": [], "subsets": {"a,b": {"wnids": ["n00000001"]}}"#,
                "$.subsets.a,b: the name has a comma in it"
            ),
            (
                #""name": "x", "files": [], "subsets": {"\u001b": {"wnids": 5}}"#,
                "$.subsets.\\x1b.wnids: a list is expected"
            ),
            (
                #""name": "x", "files": [], "classes": 1, "subsets": {"a": {"wnids": ["n00000001", "n00000002"]}}"#,
                "$.subsets.a.wnids: 2 classes, more than the 1 of the data set"
            ),
        ])
    func refusesTop(fields: String, reason: String) {
        let error = #expect(throws: ManifestError.self) {
            try Manifest(json: manifest(top: fields), source: "m.json")
        }
        #expect(error?.message == "refused m.json: \(reason)")
        #expect(error?.code == .invalid)
    }

    @Test(
        "a name that is none of a file is refused",
        arguments: [
            "", ".", "..", "a/b", "/a", "../a", #"a\nb"#, #"a\u0000"#, #"\u007f"#,
            String(repeating: "é", count: 118), ".imagenet-fetch",
        ])
    func refusesName(name: String) {
        let bytes = manifest(top: #""name": "x", "files": [{"name": "\#(name)", "part": "p"}]"#)
        let error = #expect(throws: ManifestError.self) {
            try Manifest(json: bytes, source: "m.json")
        }
        #expect(error?.message.hasPrefix("refused m.json: $.files[0].name: the name ") == true)
    }

    @Test("names that differ in case or in spelling alone are two files")
    func readsSimilarNames() throws {
        let files = [#"a"#, #"A"#, #"\u00e9"#, #"e\u0301"#, String(repeating: "x", count: 235)]
            .map { #"{"name": "\#($0)", "part": "p"}"# }.joined(separator: ",")
        let manifest = try Manifest(
            json: manifest(top: #""name": "x", "files": [\#(files)]"#), source: "m")
        #expect(manifest.files.count == 5)
        #expect(manifest.file(named: "e\u{301}")?.name.utf8.count == 3)
    }

    @Test("a newer schema says so, another is refused")
    func refusesSchema() {
        func read(_ schema: String) -> ManifestError? {
            let text = #"{"schema": \#(schema), "name": "x", "files": []}"#
            return #expect(throws: ManifestError.self) {
                try Manifest(json: Array(text.utf8), source: "m.json")
            }
        }
        let newer = read(#""imagenet-fetch.manifest/2""#)
        #expect(newer?.code == .newerVersion)
        #expect(newer?.message.contains("written for a newer version of this program") == true)
        #expect(newer?.hint?.contains("imagenet-fetch.manifest/1") == true)
        for other in [#""imagenet-fetch.manifest/0""#, #""\u001b[31m""#, "1", "null", #""""#] {
            let error = read(other)
            #expect(error?.code == .invalid)
            #expect(error?.message.hasPrefix("refused m.json: $.schema: ") == true)
            #expect(error?.message.contains("\u{1B}") == false)
        }
    }

    @Test("the name of the source is escaped in messages")
    func escapesSource() {
        let error = #expect(throws: ManifestError.self) {
            try Manifest(json: [], source: "a\u{1B}[31m\n")
        }
        #expect(error?.message.hasPrefix(#"refused a\x1b[31m\x0a: line 1, column 1: "#) == true)
    }

    @Test("more files than allowed are refused")
    func refusesManyFiles() {
        let file = #"{"name": "a", "part": "p"}"#
        let files = Array(repeating: file, count: 100_001).joined(separator: ",")
        let error = #expect(throws: ManifestError.self) {
            try Manifest(json: manifest(top: #""name": "x", "files": [\#(files)]"#), source: "m")
        }
        #expect(error?.message == "refused m: $.files: more than 100000 elements")
    }

    @Test("a manifest that is cut off anywhere is refused, and nothing traps")
    func refusesTruncation() {
        let bytes = Array(Self.whole.utf8)
        for count in 0..<bytes.count {
            #expect(throws: ManifestError.self) {
                try Manifest(json: Array(bytes[..<count]), source: "m")
            }
        }
    }

    @Test("a manifest with any one byte changed is read or refused, and nothing traps")
    func survivesChangedBytes() {
        var generator = SystemRandomNumberGenerator()
        let bytes = Array(Self.whole.utf8)
        var refused = 0
        for index in bytes.indices {
            var changed = bytes
            changed[index] = UInt8.random(in: 0...255, using: &generator)
            if (try? Manifest(json: changed, source: "m")) == nil { refused += 1 }
        }
        #expect(refused > bytes.count / 10)
    }
}
