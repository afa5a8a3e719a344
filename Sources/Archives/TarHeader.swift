/// One header block of a tar: v7, ustar (POSIX.1-1988), pax (POSIX.1-2001) or GNU. A view of
/// bytes that it does not own; nothing is copied.
struct TarHeader {
    /// Headers and data fill whole blocks.
    static let blockSize = 512

    enum Verdict { case header, zeros, nonsense }

    private let block: UnsafeRawBufferPointer

    /// - Parameter block: `blockSize` bytes, which outlive this.
    init(_ block: UnsafeRawBufferPointer) { self.block = block }

    // MARK: Is it one

    /// Whether this is a header, by its checksum, or the zeros that end a tar.
    var verdict: Verdict {
        var sum = 0
        for byte in block { sum += Int(byte) }
        if sum == 0 { return .zeros }
        guard let stated = Self.octal(field(148, 8)) else { return .nonsense }
        // The checksum counts its field as spaces.
        for byte in field(148, 8) { sum -= Int(byte) }
        if Int64(sum + 8 * 0x20) == stated { return .header }
        // Some old systems summed signed bytes.
        var signed = 8 * 0x20
        for (index, byte) in block.enumerated() where !(148..<156).contains(index) {
            signed += Int(Int8(bitPattern: byte))
        }
        return Int64(signed) == stated ? .header : .nonsense
    }

    // MARK: What it says

    var type: UInt8 { block[156] }
    var name: UnsafeRawBufferPointer { text(0, 100) }
    var link: UnsafeRawBufferPointer { text(157, 100) }
    var mode: UInt32 { UInt32(truncatingIfNeeded: number(100, 8) ?? 0) & 0o7777 }
    var user: Int64 { number(108, 8) ?? 0 }
    var group: Int64 { number(116, 8) ?? 0 }
    /// The bytes of data that follow; nil if the field is not a number; it may be negative.
    var size: Int64? { number(124, 12) }
    var modified: Int64? { number(136, 12) }

    /// The folder before the name, in ustar; GNU has other fields there.
    var prefix: UnsafeRawBufferPointer { isUstar ? text(345, 155) : nothing }
    var userName: UnsafeRawBufferPointer { hasOwners ? text(265, 32) : nothing }
    var groupName: UnsafeRawBufferPointer { hasOwners ? text(297, 32) : nothing }
    var device: (major: Int64, minor: Int64) {
        hasOwners ? (number(329, 8) ?? 0, number(337, 8) ?? 0) : (0, 0)
    }

    /// The length of a GNU sparse file with its holes.
    var sparseSize: Int64? { number(483, 12) }
    /// Whether a block with more of a GNU sparse file's map follows the header.
    var hasMoreMap: Bool { block[482] != 0 }
    /// The same for such a block.
    static func hasMoreMap(_ block: UnsafeRawBufferPointer) -> Bool { block[504] != 0 }

    /// Whether it has the mark of ustar, pax or GNU; v7 has no such mark.
    var hasMagic: Bool { field(257, 5).elementsEqual("ustar".utf8) }

    private var isUstar: Bool { field(257, 6).elementsEqual("ustar\0".utf8) }
    private var hasOwners: Bool { hasMagic }

    func kind(named name: UnsafeRawBufferPointer) -> ArchiveMember.Kind {
        switch type {
        case UInt8(ascii: "1"): .hardLink
        case UInt8(ascii: "2"): .symbolicLink
        case UInt8(ascii: "3"): .characterDevice
        case UInt8(ascii: "4"): .blockDevice
        case UInt8(ascii: "5"), UInt8(ascii: "D"): .folder
        case UInt8(ascii: "6"): .pipe
        case UInt8(ascii: "V"): .other
        // v7 marks folders by a slash only. POSIX: unknown types are files.
        case 0, UInt8(ascii: "0"): name.last == UInt8(ascii: "/") ? .folder : .file
        default: .file
        }
    }

    /// Whether it is not a member, but says something about the next one or about all.
    var isAboutNext: Bool { "LKxXg".utf8.contains(type) }

    /// Whether data of this size follows. In some archives links, devices and
    /// folders have a size, but no data.
    var hasData: Bool {
        !(UInt8(ascii: "1")...UInt8(ascii: "6")).contains(type) && type != UInt8(ascii: "V")
    }

    // MARK: Fields

    private var nothing: UnsafeRawBufferPointer { field(0, 0) }

    private func field(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: block[offset..<offset + count])
    }

    /// The bytes up to a NUL, or all.
    private func text(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
        let field = field(offset, count)
        return UnsafeRawBufferPointer(rebasing: field[..<(field.firstIndex(of: 0) ?? count)])
    }

    private func number(_ offset: Int, _ count: Int) -> Int64? {
        let field = field(offset, count)
        return field[0] & 0x80 == 0 ? Self.octal(field) : Self.base256(field)
    }

    /// Octal digits, blanks before them, a blank or a NUL after them; an empty field is 0.
    private static func octal(_ field: UnsafeRawBufferPointer) -> Int64? {
        var value: Int64 = 0
        var index = 0
        while index < field.count, field[index] == 0x20 { index += 1 }
        // Twelve digits, the longest field, are 36 bits.
        while index < field.count, (0x30...0x37).contains(field[index]) {
            value = value << 3 | Int64(field[index] & 7)
            index += 1
        }
        guard index == field.count || field[index] == 0 || field[index] == 0x20 else { return nil }
        return value
    }

    /// GNU's large and negative numbers: two's complement, big-endian, marked by the first bit.
    private static func base256(_ field: UnsafeRawBufferPointer) -> Int64? {
        // The second bit is the sign.
        var value = field[0] & 0x40 == 0 ? Int64(field[0] & 0x3F) : Int64(field[0] | 0x80) - 256
        for byte in field.dropFirst() {
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 256)
            if overflow { return nil }
            value = shifted | Int64(byte)
        }
        return value
    }
}
