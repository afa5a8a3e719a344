/// The types of data elements (MAT-file format, level 5, table 1-1).
enum MatType: UInt32 {
    case int8 = 1
    case uint8 = 2
    case int16 = 3
    case uint16 = 4
    case int32 = 5
    case uint32 = 6
    case single = 7
    case double = 9
    case int64 = 12
    case uint64 = 13
    case matrix = 14
    case compressed = 15
    case utf8 = 16
    case utf16 = 17
    case utf32 = 18

    /// Bytes of one item.
    var width: Int {
        switch self {
        case .int8, .uint8, .utf8, .matrix, .compressed: 1
        case .int16, .uint16, .utf16: 2
        case .int32, .uint32, .single, .utf32: 4
        case .double, .int64, .uint64: 8
        }
    }
}

/// One data element: its type and a cursor over its data alone.
struct MatElement {
    let type: MatType
    let data: MatCursor
}

/// A place in the bytes of a MAT file, and the end of what may be read from there.
struct MatCursor {
    let bytes: [UInt8]
    private(set) var offset: Int
    private let end: Int
    private let isBigEndian: Bool
    private let name: String
    /// Where the compressed element began whose inflated bytes these are.
    private let compressedAt: Int?

    init(
        _ bytes: [UInt8], from offset: Int = 0, to end: Int? = nil, isBigEndian: Bool,
        name: String, compressedAt: Int? = nil
    ) {
        self.bytes = bytes
        self.offset = offset
        self.end = end ?? bytes.count
        self.isBigEndian = isBigEndian
        self.name = name
        self.compressedAt = compressedAt
    }

    var remaining: Int { end - offset }

    /// The bytes from here to the end, where they lie in `bytes`.
    var range: Range<Int> { offset..<end }

    /// Reads the next data element, in either form, and skips its padding.
    mutating func element() throws(LabelError) -> MatElement {
        let start = offset
        guard remaining >= 8 else {
            throw damage("a tag of 8 bytes is expected, but there are \(remaining)")
        }
        let first = word(at: offset)
        let length: Int
        let data: Int
        let next: Int
        if first >> 16 != 0 {
            // The small form: length and type share a word, the data follows in the next.
            length = Int(first >> 16)
            guard length <= 4 else { throw damage("a small element has \(length) bytes, not 0–4") }
            data = offset + 4
            next = offset + 8
        } else {
            length = Int(word(at: offset + 4))
            data = offset + 8
            guard length <= end - data else {
                throw damage("\(length) bytes are stated, but there are \(end - data)")
            }
            // Compressed elements are not padded, and some writers leave the last padding out.
            let padding = first == MatType.compressed.rawValue ? 0 : (8 - length % 8) % 8
            next = min(data + length + padding, end)
        }
        guard let type = MatType(rawValue: first & 0xFFFF) else {
            throw damage("\(first & 0xFFFF) is not a type of data element")
        }
        offset = next
        let inner = MatCursor(
            bytes, from: data, to: data + length, isBigEndian: isBigEndian, name: name,
            compressedAt: compressedAt ?? (type == .compressed ? start : nil))
        return MatElement(type: type, data: inner)
    }

    /// Reads the next element, which must be of one of these types.
    mutating func element(_ types: MatType..., for what: String) throws(LabelError) -> MatElement {
        let start = self
        let element = try element()
        guard types.contains(element.type) else {
            throw start.damage("\(what) is expected, but there is a \(element.type) element")
        }
        return element
    }

    /// A cursor of the same kind over inflated bytes.
    func over(_ inflated: [UInt8]) -> MatCursor {
        MatCursor(inflated, isBigEndian: isBigEndian, name: name, compressedAt: compressedAt)
    }

    /// The data as whole items of a type's width, most significant bit first as the order says.
    func item(_ index: Int, width: Int) -> UInt64 {
        number(at: offset + index * width, width: width)
    }

    private func number(at start: Int, width: Int) -> UInt64 {
        var result: UInt64 = 0
        for step in 0..<width {
            let byte = bytes[isBigEndian ? start + step : start + width - 1 - step]
            result = result << 8 | UInt64(byte)
        }
        return result
    }

    func damage(_ reason: String) -> LabelError {
        let place =
            if let compressedAt {
                "byte \(offset) of the data compressed at byte \(compressedAt)"
            } else {
                "byte \(offset)"
            }
        return .damagedMat(name, at: place, reason)
    }

    func unsupported(_ reason: String) -> LabelError { .unsupportedMat(name, reason) }

    private func word(at offset: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: number(at: offset, width: 4))
    }
}
