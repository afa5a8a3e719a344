/// Tar archives made by hand, header by header, so that every oddity can be put into them.
public struct TarBytes {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    /// Adds one header and its data, padded to whole blocks.
    public mutating func add(
        _ name: [UInt8], _ data: [UInt8] = [], type: Character = "0", link: String = "",
        size: String? = nil, magic: String = "ustar\u{0}00"
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: some Sequence<UInt8>, at offset: Int) {
            for (index, byte) in text.enumerated() { header[offset + index] = byte }
        }
        put(name.prefix(100), at: 0)
        put("0000644".utf8, at: 100)
        put("0000000".utf8, at: 108)
        put("0000000".utf8, at: 116)
        put((size ?? Self.octal(data.count, digits: 11)).utf8, at: 124)
        put("00000001750".utf8, at: 136)
        put(String(type).utf8, at: 156)
        put(link.utf8, at: 157)
        put(magic.utf8, at: 257)
        put("        ".utf8, at: 148)
        let sum = header.reduce(0) { $0 + Int($1) }
        put((Self.octal(sum, digits: 6) + "\u{0} ").utf8, at: 148)
        bytes += header + data
        bytes += [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
    }

    public mutating func add(
        _ name: String, _ data: String = "", type: Character = "0", link: String = ""
    ) {
        add(Array(name.utf8), Array(data.utf8), type: type, link: link)
    }

    /// Adds a member whose name stands in a GNU header of its own before it.
    public mutating func addGNU(_ name: [UInt8], _ data: String) {
        let magic = "ustar  \u{0}"
        add(Array("././@LongLink".utf8), name + [0], type: "L", magic: magic)
        add(name, Array(data.utf8), magic: magic)
    }

    /// Adds a member whose name stands in a pax record before it.
    public mutating func addPax(_ name: [UInt8], _ data: String) {
        var length = name.count + 8
        while "\(length)".utf8.count + 7 + name.count != length { length += 1 }
        let record = Array("\(length) path=".utf8) + name + Array("\n".utf8)
        add(Array("PaxHeaders/x".utf8), record, type: "x")
        add("short", data)
    }

    /// Adds bytes as they are.
    public mutating func append(_ more: [UInt8]) { bytes += more }

    public mutating func end() { bytes += [UInt8](repeating: 0, count: 1024) }

    /// The archive in gzip's clothes: stored blocks, nothing is made smaller (RFC 1951, 3.2.4).
    public var gzipped: [UInt8] { Self.gzipped(bytes) }

    public static func gzipped(_ bytes: [UInt8]) -> [UInt8] {
        func littleEndian(_ value: UInt32, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        for start in stride(from: 0, to: bytes.count, by: 0xFFFF) {
            let block = bytes[start..<min(start + 0xFFFF, bytes.count)]
            let count = UInt32(block.count)
            result.append(block.endIndex == bytes.count ? 1 : 0)
            result += littleEndian(count, 2) + littleEndian(~count, 2) + block
        }
        return result + littleEndian(~crc, 4) + littleEndian(UInt32(bytes.count), 4)
    }

    private static func octal(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }
}
