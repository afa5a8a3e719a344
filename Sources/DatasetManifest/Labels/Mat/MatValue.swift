/// One value of a MAT file. Arrays are in column-major order, as in the file.
public indirect enum MatValue: Sendable, Hashable {
    /// Numbers of any width. Integers beyond 2^53 lose their last digits.
    case numbers([Double])
    /// A char array, a string a row.
    case text([String])
    case cells([MatValue])
    case structs(MatStructs)
    /// A class that is skipped: sparse arrays, function handles, objects.
    case other(classNumber: Int)

    /// The only number, or nil.
    public var number: Double? {
        if case .numbers(let all) = self, all.count == 1 { all.first } else { nil }
    }

    /// The only number as an integer, or nil.
    public var integer: Int? { number.flatMap { Int(exactly: $0) } }

    /// The text of a single row. An empty array of any kind is the empty text, as some writers
    /// store that.
    public var string: String? {
        switch self {
        case .text(let rows) where rows.count == 1: rows.first
        case .text(let rows) where rows.isEmpty: ""
        case .numbers(let all) where all.isEmpty: ""
        default: nil
        }
    }
}

/// An array of structs: the same fields in each.
public struct MatStructs: Sendable, Hashable {
    /// The field names, in the file's order.
    public let fields: [String]
    /// How many structs there are.
    public let count: Int
    /// The values of the first struct, then of the second, and so on.
    let values: [MatValue]

    /// One field of all structs; nil if there is no such field.
    public func column(_ field: String) -> [MatValue]? {
        guard let index = fields.firstIndex(of: field) else { return nil }
        return (0..<count).map { values[$0 * fields.count + index] }
    }
}
