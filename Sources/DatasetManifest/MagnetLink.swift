internal import Checksums

/// A magnet link to a version 1 torrent: the infohash, trackers and peers.
///
///     let link = try MagnetLink("magnet:?xt=urn:btih:…&tr=…", source: "the command line")
public struct MagnetLink: Sendable, Equatable {
    public static let sizeLimit = 64 << 10
    static let trackerSchemes = ["https", "http", "udp"]

    public let infoHash: InfoHash
    /// `dn`: the name of the file.
    public let name: String?
    /// `xl`: the bytes of the file.
    public let size: Int64?
    /// `tr`, in their order.
    public let trackers: [String]
    /// `ws`: URLs of the file over HTTP.
    public let webSeeds: [String]
    /// `x.pe`: peers to begin with, each `HOST:PORT`.
    public let peers: [String]

    /// - Throws: `.invalid`, with the key of what was refused.
    public init(
        infoHash: InfoHash, name: String? = nil, size: Int64? = nil, trackers: [String] = [],
        webSeeds: [String] = [], peers: [String] = []
    ) throws(ManifestError) {
        self.infoHash = infoHash
        self.name = name
        self.size = size
        self.trackers = trackers
        self.webSeeds = webSeeds
        self.peers = peers
        let values =
            (name.map { [("dn", $0)] } ?? []) + (size.map { [("xl", "\($0)")] } ?? [])
            + trackers.map { ("tr", $0) } + webSeeds.map { ("ws", $0) }
            + peers.map { ("x.pe", $0) }
        for (key, value) in values {
            if let reason = Self.refusal(of: value, key: key) {
                throw .invalid("the magnet link", at: key, reason)
            }
        }
    }

    /// Reads a link; blanks around it are ignored.
    ///
    /// - Throws: `.syntax`, `.invalid` or `.tooLarge`, with key and byte of the fault.
    public init(_ text: some Sequence<UInt8>, source: String) throws(ManifestError) {
        let bytes = Array(text)
        if bytes.count > Self.sizeLimit {
            throw .tooLarge(source, "a magnet link has at most \(Self.sizeLimit) bytes")
        }
        var fields = MagnetFields()
        for parameter in try Self.parameters(bytes, source: source) {
            do throws(Fault) {
                try fields.add(parameter)
            } catch {
                let place = "byte \(parameter.offset) (\(parameter.key))"
                throw .invalid(source, at: place, error.reason)
            }
        }
        guard let infoHash = fields.infoHash else {
            let reason =
                fields.isVersion2
                ? "only the hash of a version 2 torrent, and no urn:btih"
                : "no xt=urn:btih with an infohash"
            throw .invalid(source, at: "xt", reason)
        }
        self.infoHash = infoHash
        name = fields.name
        size = fields.size
        trackers = fields.trackers
        webSeeds = fields.webSeeds
        peers = fields.peers
    }

    public init(_ text: String, source: String) throws(ManifestError) {
        try self.init(text.utf8, source: source)
    }

    /// The link as text, in one line.
    public var text: String {
        var text = "magnet:?xt=urn:btih:\(infoHash.hex)"
        if let name { text += "&dn=" + Self.encoded(name) }
        if let size { text += "&xl=\(size)" }
        for tracker in trackers { text += "&tr=" + Self.encoded(tracker) }
        for webSeed in webSeeds { text += "&ws=" + Self.encoded(webSeed) }
        for peer in peers { text += "&x.pe=" + Self.encoded(peer) }
        return text
    }

    /// Why a value is not allowed for its key; nil if it is.
    fileprivate static func refusal(of value: String, key: String) -> String? {
        switch key {
        case "dn": return ManifestRules.fileName(value)
        case "xl":
            guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), Int64(value) != nil else {
                return "a size in bytes is expected"
            }
            return nil
        case "tr": return ManifestRules.url(value, schemes: trackerSchemes)
        case "ws": return ManifestRules.url(value, schemes: ["https", "http"])
        case "x.pe":
            guard let colon = value.utf8.lastIndex(of: UInt8(ascii: ":")),
                ManifestRules.isPort(value.utf8[colon...].dropFirst()),
                ManifestRules.url("udp://\(value)", schemes: ["udp"]) == nil,
                !value.utf8.contains(where: { "/?#".utf8.contains($0) })
            else { return "HOST:PORT is expected" }
            return nil
        default: return nil
        }
    }

    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return result
    }
}

// MARK: Parsing

/// `KEY=VALUE`, decoded, with its place.
private struct MagnetParameter {
    let key: String
    let value: String
    let offset: Int
}

private struct MagnetFields {
    var infoHash: InfoHash?
    var isVersion2 = false
    var name: String?
    var size: Int64?
    var trackers: [String] = []
    var webSeeds: [String] = []
    var peers: [String] = []

    mutating func add(_ parameter: MagnetParameter) throws(Fault) {
        // The name of a file may contain blanks.
        let value = parameter.key == "dn" ? parameter.value : Self.trimmed(parameter.value)
        if let reason = MagnetLink.refusal(of: value, key: parameter.key) {
            throw Fault(place: parameter.key, reason: reason)
        }
        switch parameter.key {
        case "xt": try addTopic(value)
        case "dn" where name != nil, "xl" where size != nil:
            throw Fault(place: parameter.key, reason: "given twice")
        case "dn": name = value
        case "xl": size = Int64(value)
        case "tr": trackers.append(value)
        case "ws": webSeeds.append(value)
        case "x.pe": peers.append(value)
        default: break
        }
    }

    /// Blanks and line ends that were copied along with an address are not part of it.
    private static func trimmed(_ value: String) -> String {
        let isBlank = { (byte: UInt8) in JSONSyntax.blanks.contains(byte) }
        let start = value.utf8.drop(while: isBlank)
        guard let end = start.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(start[...end]) ?? value
    }

    private mutating func addTopic(_ value: String) throws(Fault) {
        let topic = value.lowercased()
        if topic.hasPrefix("urn:btmh:") {
            isVersion2 = true
            return
        }
        guard topic.hasPrefix("urn:btih:") else { return }
        let digits = value.dropFirst("urn:btih:".count)
        guard let hash = InfoHash(hex: digits) ?? InfoHash(base32: digits) else {
            throw Fault(place: "xt", reason: "40 hexadecimal or 32 base-32 digits are expected")
        }
        if infoHash != nil { throw Fault(place: "xt", reason: "given twice") }
        infoHash = hash
    }
}

extension MagnetLink {
    private static func parameters(
        _ bytes: [UInt8], source: String
    ) throws(ManifestError) -> [MagnetParameter] {
        let isBlank = { (byte: UInt8) in JSONSyntax.blanks.contains(byte) }
        let start = bytes.firstIndex { !isBlank($0) } ?? bytes.count
        let end = bytes.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
        let link = bytes[start..<end]
        let scheme = Array("magnet:?".utf8)
        guard String(decoding: link.prefix(scheme.count), as: UTF8.self).lowercased() == "magnet:?"
        else { throw .syntax(source, at: "byte \(start)", "\"magnet:?\" is expected") }
        if let bad = link.firstIndex(where: { !(0x21...0x7E).contains($0) }) {
            throw .syntax(source, at: "byte \(bad)", "a character that must be percent-encoded")
        }
        var parameters: [MagnetParameter] = []
        for field in link.dropFirst(scheme.count).split(separator: UInt8(ascii: "&")) {
            let offset = field.startIndex
            guard let equals = field.firstIndex(of: UInt8(ascii: "=")) else {
                throw .syntax(source, at: "byte \(offset)", "KEY=VALUE is expected")
            }
            let key = String(decoding: field[..<equals], as: UTF8.self)
            guard let value = decoded(field[equals...].dropFirst()) else {
                throw .syntax(
                    source, at: "byte \(offset)",
                    "a percent sign without two hexadecimal digits, or text that is not UTF-8")
            }
            parameters.append(
                MagnetParameter(key: unnumbered(key), value: value, offset: offset))
        }
        return parameters
    }

    /// Some programs number the keys that come again: `tr.1`, `tr.2`.
    private static func unnumbered(_ key: String) -> String {
        for known in ["xt", "tr", "ws"] where key.hasPrefix(known + ".") {
            let number = key.utf8.dropFirst(known.utf8.count + 1)
            if !number.isEmpty, number.allSatisfy({ (0x30...0x39).contains($0) }) { return known }
        }
        return key
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
        var result: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard let value = Checksums.bytes(fromHex: digits), value.count == 1 else { return nil }
            result += value
            rest = rest.dropFirst(2)
        }
        return String(validating: result, as: UTF8.self)
    }
}
