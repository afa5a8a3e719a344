/// Tar archives made by hand, header by header, so that every oddity can be put into them.
struct TarBytes {
    private(set) var bytes: [UInt8] = []

    /// Adds one header and its data, padded to whole blocks.
    mutating func add(
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

    mutating func add(_ name: String, _ data: String = "", type: Character = "0", link: String = "")
    {
        add(Array(name.utf8), Array(data.utf8), type: type, link: link)
    }

    /// Adds a member whose name stands in a GNU header of its own before it.
    mutating func addGNU(_ name: [UInt8], _ data: String) {
        let magic = "ustar  \u{0}"
        add(Array("././@LongLink".utf8), name + [0], type: "L", magic: magic)
        add(name, Array(data.utf8), magic: magic)
    }

    /// Adds a member whose name stands in a pax record before it.
    mutating func addPax(_ name: [UInt8], _ data: String) {
        var length = name.count + 8
        while "\(length)".utf8.count + 7 + name.count != length { length += 1 }
        let record = Array("\(length) path=".utf8) + name + Array("\n".utf8)
        add(Array("PaxHeaders/x".utf8), record, type: "x")
        add("short", data)
    }

    mutating func end() { bytes += [UInt8](repeating: 0, count: 1024) }

    private static func octal(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }
}
