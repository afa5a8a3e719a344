import Disk

/// A JSON value, written on one line with its keys in the given order.
enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([Member])

    struct Member: Sendable, Equatable {
        let key: String
        let value: JSON
    }

    /// An object; members that are nil are left out.
    static func members(_ pairs: KeyValuePairs<String, JSON?>) -> JSON {
        .object(pairs.compactMap { key, value in value.map { Member(key: key, value: $0) } })
    }

    /// The same with its schema first, as in every line of output.
    static func line(schema: String, _ pairs: KeyValuePairs<String, JSON?>) -> JSON {
        guard case .object(let members) = members(pairs) else { return .null }
        return .object([Member(key: "schema", value: .string(schema))] + members)
    }

    /// A path; bytes that are not UTF-8 are escaped as in messages.
    static func path(_ path: Path) -> JSON { .string(path.string ?? path.description) }

    var text: String {
        var text = ""
        append(to: &text)
        return text
    }

    private func append(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += "\(value)"
        // JSON cannot express infinity or NaN.
        case .number(let value): text += value.isFinite ? "\(value)" : "null"
        case .string(let value): text += quotedForJSON(value)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.append(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                text += quotedForJSON(member.key)
                text += ":"
                member.value.append(to: &text)
            }
            text += "}"
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral {
    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension Console {
    /// One object per line, written at once because a program may be waiting.
    func result(_ json: JSON) throws(DiskError) {
        try result(json.text)
        try flush()
    }

    func result(schema: String, _ pairs: KeyValuePairs<String, JSON?>) throws(DiskError) {
        try result(.line(schema: schema, pairs))
    }
}
