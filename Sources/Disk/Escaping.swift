/// Bytes from outside as text that cannot harm a terminal: control characters, invalid UTF-8 and
/// the characters that reorder text become `\xNN` or `\u{…}`; a backslash becomes `\\`.
public func escaped(_ bytes: some Sequence<UInt8>) -> String {
    let bytes = Array(bytes)
    var result = ""
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
        guard let (scalar, length) = scalar(in: bytes, at: index) else {
            result += "\\x" + hex(bytes[index], digits: 2)
            index += 1
            continue
        }
        index += length
        if scalar == "\\" {
            result += "\\\\"
        } else if !isHarmful(scalar) {
            result.unicodeScalars.append(scalar)
        } else if scalar.value < 0x80 {
            result += "\\x" + hex(UInt8(scalar.value), digits: 2)
        } else {
            result += "\\u{" + String(scalar.value, radix: 16) + "}"
        }
    }
    return result
}

/// Text from outside, made safe for a terminal.
public func escaped(_ text: String) -> String { escaped(text.utf8) }

private func hex(_ number: some BinaryInteger, digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
}

private func scalar(in bytes: [UInt8], at index: Int) -> (Unicode.Scalar, Int)? {
    let length: Int
    switch bytes[index] {
    case 0x00..<0x80: return (Unicode.Scalar(bytes[index]), 1)
    case 0xC2..<0xE0: length = 2
    case 0xE0..<0xF0: length = 3
    case 0xF0..<0xF5: length = 4
    default: return nil
    }
    guard index + length <= bytes.count,
        let text = String(validating: bytes[index..<index + length], as: UTF8.self),
        let scalar = text.unicodeScalars.first
    else { return nil }
    return (scalar, length)
}

/// A text as a string of JSON, quotation marks and all. Control and direction characters are written as
/// `\u…`, because the text may end up on a terminal.
public func quotedForJSON(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case _ where isHarmful(scalar):
            for unit in String(scalar).utf16 { result += "\\u" + hex(unit, digits: 4) }
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

/// Whether a terminal would act on this character, or reorder text because of it.
func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    // Format characters turn text around or hide it (U+202E, zero-width joiners).
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
        .unassigned:
        return true
    default: return false
    }
}
