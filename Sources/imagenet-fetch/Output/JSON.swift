import Disk

/// A JSON value to be written on one line, its keys in the order in which they were given.
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

    /// An object without the members whose value is nil: what is not known is left out.
    static func members(_ pairs: KeyValuePairs<String, JSON?>) -> JSON {
        .object(pairs.compactMap { key, value in value.map { Member(key: key, value: $0) } })
    }

    /// The same with the schema in front, as every line of ours has it.
    static func line(schema: String, _ pairs: KeyValuePairs<String, JSON?>) -> JSON {
        guard case .object(let members) = members(pairs) else { return .null }
        return .object([Member(key: "schema", value: .string(schema))] + members)
    }

    /// A path; bytes that are not UTF-8 are shown as in messages.
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
        // JSON has no word for what is not a number.
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

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int64) { self = .int(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
}

extension Console {
    /// One object of results on a line of its own, out at once: a program may wait for it.
    func result(_ json: JSON) throws(DiskError) {
        try result(json.text)
        try flush()
    }
}
