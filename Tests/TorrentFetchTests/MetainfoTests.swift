import Checksums
import Disk
import Support
import Testing

@testable import TorrentFetch

@Suite struct MetainfoTests {
    private func metainfo(_ torrent: Bencode) throws(FetchError) -> Metainfo {
        try Metainfo(torrent.encoded, source: "x.torrent")
    }

    /// Expects a refusal that names the source and has `part` in its message.
    private func expectRefused(_ torrent: Bencode, _ part: String) {
        expectRefused(torrent.encoded, part)
    }

    private func expectRefused(_ bytes: [UInt8], _ part: String) {
        do throws(FetchError) {
            _ = try Metainfo(bytes, source: "x.torrent")
            Issue.record("taken, though \(part)")
        } catch {
            #expect(error.code == .torrentRefused)
            #expect(error.message.hasPrefix("refused the torrent x.torrent: "))
            #expect(error.message.contains(part))
            #expect(error.message.utf8.count < 2000)
            #expect(!error.message.utf8.contains { $0 < 0x20 || $0 == 0x7F })
        }
    }

    private func with(_ key: String, _ value: Bencode?) -> Bencode {
        var info = Bencode.info()
        info[key] = value
        return ["info": info]
    }

    @Test("a torrent of one file says all it has to say")
    func whole() throws {
        let info = Bencode.info(name: "ILSVRC.tar", size: 100_000)
        let metainfo = try metainfo([
            "info": info, "comment": "what", "created by": "who", "creation date": 1_700_000_000,
            "announce": "http://one/",
            "announce-list": [["http://one/", "http://two/"], ["udp://three:1"]],
            "url-list": "https://d/e.tar",
        ])
        #expect(metainfo.name == "ILSVRC.tar" && metainfo.size == 100_000)
        #expect(metainfo.pieceLength == 32768 && metainfo.pieceCount == 4)
        #expect(metainfo.pieceHashes == (0..<80).map { UInt8($0) })
        #expect(metainfo.trackers == [["http://one/", "http://two/"], ["udp://three:1"]])
        #expect(metainfo.webSeeds == ["https://d/e.tar"])
        #expect(metainfo.comment == "what" && metainfo.createdBy == "who")
        #expect(metainfo.creationDate == 1_700_000_000 && !metainfo.isPrivate)
        // The infohash by hashing of our own.
        var hasher = Hasher(.sha1)
        hasher.update(info.encoded)
        #expect(metainfo.infoHash == hasher.digest.bytes)
    }

    @Test("blanks and line ends around a tracker's address are not part of it")
    func trackerBlanks() throws {
        let one = try metainfo(["info": .info(size: 1), "announce": " http://one/a\r\n"])
        #expect(one.trackers == [["http://one/a"]])
        let more = try metainfo([
            "info": .info(size: 1), "announce-list": [["\thttp://two/a ", "udp://three:1\n"]],
        ])
        #expect(more.trackers == [["http://two/a", "udp://three:1"]])
    }

    @Test("a torrent that says only what it must is taken")
    func least() throws {
        let metainfo = try metainfo(["info": .info(size: 1)])
        #expect(metainfo.trackers.isEmpty && metainfo.webSeeds.isEmpty)
        #expect(metainfo.comment == nil && metainfo.createdBy == nil)
        #expect(metainfo.creationDate == nil && metainfo.pieceCount == 1)
    }

    @Test(
        "private is private only when it is 1",
        arguments: [(0, false), (1, true)] as [(Int64, Bool)])
    func isPrivate(value: Int64, isPrivate: Bool) throws {
        #expect(try metainfo(with("private", .integer(value))).isPrivate == isPrivate)
    }

    @Test(
        "sizes about the end of a piece", arguments: [1, 32767, 32768, 32769, 65536] as [Int64])
    func pieceBoundaries(size: Int64) throws {
        let metainfo = try metainfo(["info": .info(size: size)])
        #expect(Int64(metainfo.pieceCount) == (size + 32767) / 32768)
    }

    @Test("the shape of the real training archive is taken")
    func train() throws {
        let info = Bencode.info(
            name: "ILSVRC2012_img_train.tar", size: 147_897_477_120, pieceLength: 2 << 20)
        let metainfo = try metainfo(["info": info])
        #expect(metainfo.pieceCount == 70524)
        #expect(metainfo.pieceHashes.count == 20 * 70524)
    }

    @Test("the pin decides, then the name, then the size")
    func pinned() throws {
        let metainfo = try metainfo(["info": .info(name: "a.tar", size: 100_000)])
        let hash = metainfo.infoHash
        try metainfo.check(pinned: hash, name: "a.tar", size: 100_000)
        try metainfo.check(pinned: hash, name: "a.tar", size: nil)
        var other = hash
        other[19] ^= 1
        for (pin, name, size, part) in [
            (other, "a.tar", 100_000, hexText(other)), (Array(hash.dropLast()), "a.tar", nil, ""),
            (hash, "b.tar", 100_000, "\"b.tar\""), (hash, "a.tar", 99_999, "99999"),
        ] as [([UInt8], String, Int64?, String)] {
            let error = #expect(throws: FetchError.self) {
                try metainfo.check(pinned: pin, name: name, size: size)
            }
            #expect(error?.code == .torrentRefused && error?.hint != nil)
            #expect(error?.message.contains(part) == true || part.isEmpty)
        }
    }

    @Test("a torrent of Transmission's is read as Transmission reads it")
    func transmission() throws {
        // head -c 100000 /dev/zero > a.tar
        // transmission-create -s 32 -c "made by hand" -t http://one.example/announce \
        //     -t udp://two.example:1337/announce a.tar        (3.00, xxd -p a.tar.torrent)
        let hex =
            "64383a616e6e6f756e636532373a687474703a2f2f6f6e652e6578616d706c652f616e6e6f756e63"
            + "6531333a616e6e6f756e63652d6c6973746c6c32373a687474703a2f2f6f6e652e6578616d706c65"
            + "2f616e6e6f756e6365656c33313a7564703a2f2f74776f2e6578616d706c653a313333372f616e6e"
            + "6f756e63656565373a636f6d6d656e7431323a6d6164652062792068616e6431303a637265617465"
            + "6420627933303a5472616e736d697373696f6e2f332e30302028626236623561303632652931333a"
            + "6372656174696f6e2064617465693137393531373433303965383a656e636f64696e67353a555446"
            + "2d38343a696e666f64363a6c656e6774686931303030303065343a6e616d65353a612e7461723132"
            + "3a7069656365206c656e67746869333237363865363a70696563657338303a5188431849b4613152"
            + "fd7bdba6a3ff0a4fd6424b5188431849b4613152fd7bdba6a3ff0a4fd6424b5188431849b4613152"
            + "fd7bdba6a3ff0a4fd6424b815f84579d871ce95e9cafcdf861744bc83c4ec0373a70726976617465"
            + "6930656565"
        // The rest is what transmission-show and aria2c -S say of it.
        let metainfo = try Metainfo(try #require(bytes(fromHex: hex)), source: "a.torrent")
        #expect(hexText(metainfo.infoHash) == "d77caa2e4f1b47ddff6cf6bbc260919dc01b17d4")
        #expect(metainfo.name == "a.tar" && metainfo.size == 100_000)
        #expect(metainfo.pieceCount == 4 && metainfo.pieceLength == 32 << 10)
        #expect(metainfo.createdBy == "Transmission/3.00 (bb6b5a062e)")
        #expect(metainfo.comment == "made by hand" && !metainfo.isPrivate)
        #expect(metainfo.creationDate == 1_795_174_309)
        #expect(
            metainfo.trackers == [
                ["http://one.example/announce"], ["udp://two.example:1337/announce"],
            ])
        var hasher = Hasher(.sha1)
        hasher.update([UInt8](repeating: 0, count: 32768))
        #expect(Array(metainfo.pieceHashes.prefix(20)) == hasher.digest.bytes)
    }

    // MARK: Refusals

    @Test("version 2 and hybrids are refused")
    func version2() {
        var info = Bencode.info()
        info["meta version"] = 2
        expectRefused(["info": info], "")
        // A hybrid that is sound: one file of one piece, so that the piece layers are empty.
        var hybrid = Bencode.info(name: "a", size: 16384, pieceLength: 16384)
        hybrid["meta version"] = 2
        hybrid["file tree"] = [
            "a": ["": ["length": 16384, "pieces root": .bytes(Array(repeating: 7, count: 32))]]
        ]
        expectRefused(["info": hybrid, "piece layers": [:]], "version 2")
        hybrid["pieces"] = nil
        hybrid["length"] = nil
        expectRefused(["info": hybrid, "piece layers": [:]], "version 2")
    }

    @Test("several files are refused")
    func severalFiles() {
        var info = Bencode.info()
        info["length"] = nil
        info["files"] = [
            ["length": 50_000, "path": ["a"]], ["length": 50_000, "path": ["b", "c"]],
        ]
        expectRefused(["info": info], "2 files")
        info["files"] = [["length": 100_000, "path": ["a"]]]
        expectRefused(["info": info], "a.tar/a")
        info["files"] = [["length": 100_000, "path": ["..", "..", "etc", "passwd"]]]
        expectRefused(["info": info], "path is")
    }

    @Test(
        "very many files are refused before their names are resolved", .timeLimit(.minutes(10)),
        arguments: [true, false])
    func manyFiles(sameName: Bool) {
        var info = Bencode.info()
        info["length"] = nil
        // Of the same name they keep libtorrent 2.0.8 busy for minutes.
        for (count, why) in [(1000, "1000 files"), (1001, "too many files"), (20_000, "too many")] {
            info["files"] = .list(
                (0..<count).map { index in
                    [
                        "length": .integer(index == 0 ? 100_000 : 0),
                        "path": [.bytes(Array((sameName ? "f" : "f\(index)").utf8))],
                    ]
                })
            // The reason tells that they were counted, before libtorrent resolves any name.
            expectRefused(["info": info], why)
        }
    }

    @Test("a file tree of very many files is refused as one", .timeLimit(.minutes(10)))
    func manyFilesInTree() {
        var info = Bencode.info()
        info["meta version"] = 2
        info["file tree"] = .dictionary(
            Dictionary(
                uniqueKeysWithValues: (0..<20_000).map { ("f\($0)", ["": ["length": 0]]) }))
        expectRefused(["info": info], "too many files")
    }

    @Test("links and padding are refused")
    func attributes() {
        expectRefused(with("attr", "p"), "padding")
        var info = Bencode.info()
        info["attr"] = "l"
        info["symlink path"] = ["etc", "passwd"]
        expectRefused(["info": info], "")
        info["length"] = nil
        info["files"] = [
            ["length": 0, "path": ["a.tar"], "attr": "l", "symlink path": ["b"]]
        ]
        expectRefused(["info": info], "")
    }

    @Test(
        "names that are no plain file names are refused",
        arguments: [
            ("..", "missing name"), (".", "missing name"), ("", "missing name"),
            ("/", "missing name"),
            ("/etc/passwd", "leads into"), ("a/b", "leads into"), ("../a", "leads into"),
            ("a\\b", "leads into"), ("a\u{0}b", "control"), ("a\u{1B}[31mb", "control"),
            ("a\nb", "control"), ("a\u{7F}", "control"), ("a\u{202E}b", "path is"),
            (String(repeating: "x", count: 256), "too long"),
        ])
    func names(name: String, why: String) {
        expectRefused(["info": .info(name: name)], why)
    }

    @Test("a name of megabytes does not make a message of megabytes")
    func longestName() {
        expectRefused(["info": .info(name: String(repeating: "x", count: 9_000_000))], "too long")
    }

    @Test(
        "names are judged by rules of our own too, whatever libtorrent thinks of them",
        arguments: [
            ("", "is empty"), (".", "is a folder"), ("..", "is a folder"), ("/", "leads into"),
        ])
    func ownRules(name: String, why: String) {
        #expect(Metainfo.fault(inName: Array(name.utf8))?.contains(why) == true)
    }

    @Test("a name that is no UTF-8 is refused and escaped")
    func nameNotUTF8() {
        expectRefused(with("name", .bytes([0x61, 0xFF, 0x62])), "a\\xFFb".lowercased())
    }

    @Test("a second name that libtorrent would prefer is refused")
    func secondName() {
        expectRefused(with("name.utf-8", "other.tar"), "other.tar")
    }

    @Test(
        "names that are plain in any script are taken",
        arguments: ["é.tar", "画像.tar", "a b.tar", "-a"])
    func plainNames(name: String) throws {
        #expect(try metainfo(["info": .info(name: name)]).name == name)
    }

    @Test(
        "piece lengths that are no multiple of 16 KiB, or too long, are refused",
        arguments: [1, 1024, 16383, 16385, 24000, (64 << 20) + 16384, 128 << 20] as [Int64])
    func pieceLengths(length: Int64) {
        expectRefused(["info": .info(size: 50_000, pieceLength: length)], "multiple of 16 KiB")
    }

    @Test("piece lengths that are none are refused", arguments: [0, -1, 1 << 31, .max] as [Int64])
    func noPieceLengths(length: Int64) {
        expectRefused(with("piece length", .integer(length)), "piece length")
    }

    @Test("the longest and the shortest piece are taken", arguments: [16384, 64 << 20] as [Int64])
    func pieceLengthsTaken(length: Int64) throws {
        #expect(
            try metainfo(["info": .info(size: 100, pieceLength: length)]).pieceLength
                == Int(length))
    }

    @Test(
        "sizes that are not those of the pieces are refused",
        arguments: [0, -1, 98_304, 131_073, 1 << 40, .max, .min] as [Int64])
    func sizes(size: Int64) {
        expectRefused(with("length", .integer(size)), "")
    }

    @Test(
        "piece hashes that do not come out even are refused",
        arguments: [0, 1, 19, 20, 60, 79, 81, 100])
    func hashes(count: Int) {
        expectRefused(with("pieces", .bytes(Array(repeating: 1, count: count))), "")
    }

    @Test("a missing key is refused", arguments: ["name", "length", "piece length", "pieces"])
    func missing(key: String) {
        expectRefused(with(key, nil), "")
    }

    @Test(
        "a key of another type is refused", arguments: ["name", "length", "piece length", "pieces"])
    func wrongTypes(key: String) {
        for value: Bencode in [["x"], ["x": 1], key == "name" || key == "pieces" ? 1 : "x"] {
            expectRefused(with(key, value), "")
        }
    }

    @Test("keys that may be missing may be nonsense, too")
    func nonsenseBeside() throws {
        for key in ["comment", "created by", "creation date", "announce", "announce-list", "nodes"]
        {
            for value: Bencode in [1, "x", [1, [2]], [[[]]], ["x": ["y"]]] {
                var torrent: Bencode = ["info": .info()]
                torrent[key] = value
                #expect(try metainfo(torrent).name == "a.tar")
            }
        }
    }

    // MARK: Hostile bytes

    @Test("a torrent cut at any byte is refused")
    func truncation() {
        let torrent: Bencode = [
            "info": .info(size: 70_000), "comment": "what", "announce-list": [["http://a/"]],
        ]
        let bytes = torrent.encoded
        for count in 0..<bytes.count { expectRefused(Array(bytes[..<count]), "") }
    }

    @Test("a torrent with any one byte changed is taken or refused, no more")
    func flips() {
        let bytes = Bencode.dictionary(["info": .info(size: 70_000), "comment": "what"]).encoded
        for index in bytes.indices {
            for value: UInt8 in [0, 0x2D, 0x39, 0x65, 0x6C, 0xFF] {
                var changed = bytes
                changed[index] = value
                if let metainfo = try? Metainfo(changed, source: "x.torrent") {
                    #expect(metainfo.pieceHashes.count == 20 * metainfo.pieceCount)
                }
            }
        }
    }

    @Test(
        "bytes that are no torrent are refused",
        arguments: [
            "", "x", "d", "de", "le", "i1e", "4:info", "d4:infode", "d4:infoi1ee", "d4:infolee",
            "<html>not found</html>", "-1:a", "d4:info-5:abcdee", "99999999999999999999:a",
            "d4:infod6:lengthi99999999999999999999999eee", "d4:infod6:lengthi-0eee", "i--1e",
        ])
    func noTorrents(text: String) {
        expectRefused(Array(text.utf8), "")
    }

    @Test("deep nesting is refused")
    func depth() {
        for depth in [101, 1000, 1_000_000] {
            let nested = String(repeating: "l", count: depth) + String(repeating: "e", count: depth)
            expectRefused(["info": .info(), "x": .raw(nested)], "")
        }
    }

    @Test("too many tokens, trackers, web seeds and bytes are refused", .timeLimit(.minutes(10)))
    func tooMuch() {
        expectRefused(
            ["info": .info(), "x": .raw("l" + String(repeating: "i1e", count: 3_100_000) + "e")],
            "")
        expectRefused(
            ["info": .info(), "announce-list": .list(Array(repeating: [""], count: 1001))],
            "trackers")
        expectRefused(
            ["info": .info(), "announce-list": [.list(Array(repeating: "", count: 1001))]],
            "trackers")
        expectRefused(
            ["info": .info(), "url-list": .list(Array(repeating: "", count: 1001))], "web seeds")
        expectRefused([UInt8](repeating: 0x64, count: 10_000_001), "")
    }

    @Test("more pieces than the limit are refused")
    func tooManyPieces() {
        let count = 2_097_153
        var info = Bencode.info()
        info["length"] = .integer(Int64(count) * 16384)
        info["piece length"] = 16384
        info["pieces"] = .bytes(Array(repeating: 1, count: count * 20))
        expectRefused(["info": info], "")
    }

    @Test("the name of the source is escaped")
    func sourceEscaped() {
        let error = #expect(throws: FetchError.self) {
            try Metainfo([], source: "\u{1B}[2J.torrent")
        }
        #expect(error?.message.contains("\\x1b[2J") == true)
    }
}
