import CTorrent
import Glibc
import Support
import Testing

@Suite struct MetainfoHandleTests {
    private func parse(
        _ bytes: [UInt8], _ change: (inout ct_metainfo_limits) -> Void = { _ in }
    ) -> (OpaquePointer?, ct_error) {
        var limits = ct_metainfo_usual_limits()
        change(&limits)
        var error = ct_error()
        return (ct_metainfo_parse(bytes, bytes.count, limits, &error), error)
    }

    private func bytes(_ get: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> String {
        var buffer = [CChar](repeating: 0, count: get(nil, 0))
        #expect(get(&buffer, buffer.count) == buffer.count)
        return String(decoding: buffer.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    @Test("everything that a torrent says can be read")
    func accessors() throws {
        let torrent: Bencode = [
            "info": .info(name: "é.tar", size: 100_000), "comment": "what", "created by": "who",
            "creation date": 1_700_000_000,
            "announce-list": [["http://b/a", "http://a/a"], ["udp://c:1"]],
            "url-list": ["https://d/e.tar"],
        ]
        let (handle, error) = parse(torrent.encoded)
        let metainfo = try #require(handle, "\(error.text)")
        defer { ct_metainfo_free(metainfo) }
        let facts = ct_metainfo_get_facts(metainfo)
        #expect(facts.has_v1 && !facts.has_v2 && !facts.is_private)
        #expect(facts.piece_length == 32768 && facts.piece_count == 4)
        #expect(facts.total_size == 100_000 && facts.file_count == 1)
        #expect(facts.tracker_count == 3 && facts.web_seed_count == 1)
        #expect(facts.creation_date == 1_700_000_000)
        #expect(bytes { ct_metainfo_get_text(metainfo, .name, $0, $1) } == "é.tar")
        #expect(bytes { ct_metainfo_get_text(metainfo, .raw_name, $0, $1) } == "é.tar")
        #expect(bytes { ct_metainfo_get_text(metainfo, .comment, $0, $1) } == "what")
        #expect(bytes { ct_metainfo_get_text(metainfo, .created_by, $0, $1) } == "who")
        #expect(bytes { ct_metainfo_get_path(metainfo, 0, $0, $1) } == "é.tar")
        #expect(bytes { ct_metainfo_get_web_seed(metainfo, 0, $0, $1) } == "https://d/e.tar")
        var tier: Int32 = 9
        #expect(bytes { ct_metainfo_get_tracker(metainfo, 1, &tier, $0, $1) } == "http://a/a")
        #expect(tier == 0)
        #expect(bytes { ct_metainfo_get_tracker(metainfo, 2, &tier, $0, $1) } == "udp://c:1")
        #expect(tier == 1)
        var hashes = [UInt8](repeating: 0, count: 80)
        #expect(ct_metainfo_get_piece_hashes(metainfo, &hashes, 80) == 80)
        #expect(hashes == (0..<80).map { UInt8($0) })
    }

    @Test("an index that is not there gives nothing", arguments: [-1, 1, Int32.max, Int32.min])
    func noSuchIndex(index: Int32) throws {
        let torrent: Bencode = ["info": .info(), "announce": "http://a/"]
        let metainfo = try #require(parse(torrent.encoded).0)
        defer { ct_metainfo_free(metainfo) }
        var tier: Int32 = 7
        #expect(ct_metainfo_get_tracker(metainfo, index, &tier, nil, 0) == 0 && tier == 0)
        #expect(ct_metainfo_get_web_seed(metainfo, index, nil, 0) == 0)
        #expect(ct_metainfo_get_path(metainfo, index, nil, 0) == 0)
        #expect(ct_metainfo_get_file(metainfo, index).size == 0)
    }

    @Test("a small buffer gets the beginning, and the whole length is returned")
    func smallBuffer() throws {
        let torrent: Bencode = ["info": .info(name: "abcdef")]
        let metainfo = try #require(parse(torrent.encoded).0)
        defer { ct_metainfo_free(metainfo) }
        var buffer = [CChar](repeating: 0x7A, count: 4)
        #expect(ct_metainfo_get_text(metainfo, .name, &buffer, 3) == 6)
        #expect(buffer == [0x61, 0x62, 0x63, 0x7A])
    }

    @Test("what libtorrent throws has its own domain and code")
    func errors() {
        #expect(parse([]).1.domain == .bdecode)
        #expect(parse(Array("garbage".utf8)).1.domain == .bdecode)
        #expect(parse(Array("i1e".utf8)).1.domain == .libtorrent)
        #expect(parse(Array("d4:infoi1ee".utf8)).1.domain == .libtorrent)
        let error = parse(Array("d4:info".utf8)).1
        #expect(error.text.hasSuffix("at byte 7"))
    }

    @Test("each limit is a limit")
    func limits() throws {
        let torrent: Bencode = [
            "info": .info(), "announce-list": [["http://a/", "http://b/"], ["http://c/"]],
            "url-list": ["http://a/", "http://b/", "http://c/"],
        ]
        let bytes = torrent.encoded
        let fits = try #require(parse(bytes) { $0.max_bytes = Int32(bytes.count) }.0)
        ct_metainfo_free(fits)
        for change in [
            { (l: inout ct_metainfo_limits) in l.max_bytes = Int32(bytes.count) - 1 },
            { $0.max_bytes = -1 }, { $0.max_pieces = 3 }, { $0.max_depth = 2 },
            { $0.max_tokens = 10 }, { $0.max_urls = 2 },
        ] {
            let (handle, error) = parse(bytes, change)
            #expect(handle == nil && error.domain != .none)
            ct_metainfo_free(handle)
        }
    }
}
