internal import CTorrent
internal import Disk

/// libtorrent's view of a .torrent: the one place that touches the C handle.
struct ParsedTorrent: ~Copyable {
    private let raw: OpaquePointer
    let facts: ct_metainfo_facts

    init(_ bytes: [UInt8], source: Path) throws(FetchError) {
        var error = ct_error()
        let raw = bytes.withUnsafeBufferPointer {
            ct_metainfo_parse($0.baseAddress, $0.count, ct_metainfo_usual_limits(), &error)
        }
        guard let raw else { throw .refused(source, escaped(error.text)) }
        self.raw = raw
        facts = ct_metainfo_get_facts(raw)
    }

    deinit { ct_metainfo_free(raw) }

    var infoHash: [UInt8] { withUnsafeBytes(of: facts.infohash.bytes) { Array($0) } }

    var pieceHashes: [UInt8] {
        let count = ct_metainfo_get_piece_hashes(raw, nil, 0)
        if count == 0 { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = min(ct_metainfo_get_piece_hashes(raw, buffer.baseAddress, count), count)
        }
    }

    var file: ct_metainfo_file { ct_metainfo_get_file(raw, 0) }

    /// The first file's path below the folder it would be saved in.
    var path: [UInt8] { Self.bytes { ct_metainfo_get_path(raw, 0, $0, $1) } }

    var trackers: [[String]] {
        var tiers: [(tier: Int32, urls: [String])] = []
        for index in 0..<facts.tracker_count {
            var tier: Int32 = 0
            let url = Self.bytes { ct_metainfo_get_tracker(raw, index, &tier, $0, $1) }
            if tiers.last?.tier != tier { tiers.append((tier, [])) }
            tiers[tiers.count - 1].urls.append(String(decoding: url, as: UTF8.self))
        }
        return tiers.map(\.urls)
    }

    var webSeeds: [String] {
        (0..<facts.web_seed_count).map { index in
            let url = Self.bytes { ct_metainfo_get_web_seed(raw, index, $0, $1) }
            return String(decoding: url, as: UTF8.self)
        }
    }

    func bytes(_ text: ct_metainfo_text) -> [UInt8] {
        Self.bytes { ct_metainfo_get_text(raw, text, $0, $1) }
    }

    /// The text, nil where there is none.
    func text(_ text: ct_metainfo_text) -> String? {
        let bytes = bytes(text)
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// Asks how long a text is, then for the text (`confstr(3)`).
    private static func bytes(
        _ get: (UnsafeMutablePointer<CChar>?, Int) -> Int
    ) -> [UInt8] {
        let count = get(nil, 0)
        // All empty arrays are one, and this would write its length into it, on any thread.
        if count == 0 { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = buffer.withMemoryRebound(to: CChar.self) {
                min(get($0.baseAddress, count), count)
            }
        }
    }
}

extension ct_error {
    var text: String {
        withUnsafeBytes(of: message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
