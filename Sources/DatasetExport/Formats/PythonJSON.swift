/// JSON as Python's `json.dumps` writes it, byte for byte: a space after each comma and colon,
/// ASCII only. Other programs compare and hash these files.
enum PythonJSON: Sendable, Equatable {
    case null
    case int(Int64)
    case string(String)
    case array([PythonJSON])
    /// In this order; for `sort_keys=True`, pass sorted keys.
    case object([(String, PythonJSON)])

    static func strings(_ values: some Sequence<String>) -> PythonJSON {
        .array(values.map { .string($0) })
    }

    /// - Parameter indent: spaces per level, as in `json.dumps(…, indent=2)`; nil for one line.
    func text(indent: Int? = nil) -> String {
        var text = ""
        append(to: &text, indent: indent, level: 0)
        return text
    }

    private func append(to text: inout String, indent: Int?, level: Int) {
        func row(_ level: Int) {
            guard let indent else { return }
            text += "\n" + String(repeating: " ", count: indent * level)
        }
        let comma = indent == nil ? ", " : ","
        switch self {
        case .null: text += "null"
        case .int(let value): text += "\(value)"
        case .string(let value): Self.append(value, to: &text)
        case .array(let values) where values.isEmpty: text += "[]"
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += comma }
                row(level + 1)
                value.append(to: &text, indent: indent, level: level + 1)
            }
            row(level)
            text += "]"
        case .object(let members) where members.isEmpty: text += "{}"
        case .object(let members):
            text += "{"
            for (index, (key, value)) in members.enumerated() {
                if index > 0 { text += comma }
                row(level + 1)
                Self.append(key, to: &text)
                text += ": "
                value.append(to: &text, indent: indent, level: level + 1)
            }
            row(level)
            text += "}"
        }
    }

    private static func append(_ string: String, to text: inout String) {
        text += "\""
        for unit in string.utf16 {
            switch unit {
            case 0x22: text += "\\\""
            case 0x5C: text += "\\\\"
            case 0x0A: text += "\\n"
            case 0x0D: text += "\\r"
            case 0x09: text += "\\t"
            case 0x08: text += "\\b"
            case 0x0C: text += "\\f"
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }
        }
        text += "\""
    }

    static func == (a: PythonJSON, b: PythonJSON) -> Bool { a.text() == b.text() }
}
