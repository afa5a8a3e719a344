internal import DatasetExport

/// Writes level 5 MAT files as MATLAB 7 does: every variable compressed, numbers in the narrowest
/// type (MAT-File Format, "Level 5 MAT-Files").
enum MatWriter {
    enum Value {
        /// A row of numbers, or one number, of class double.
        case row([Int])
        case text(String)
        /// A column of structs: field names, and the values of each item.
        case structs([String], [[Value]])
    }

    static func file(name: String, _ value: Value) throws(ExportError) -> [UInt8] {
        let text = "MATLAB 5.0 MAT-file, Platform: GLNXA64, made by imagenet-fetch sample"
        var result = Array(text.utf8)
        result += [UInt8](repeating: UInt8(ascii: " "), count: 116 - result.count)
        // No subsystem data, version 1.0, and "IM": least significant byte first.
        result += [UInt8](repeating: 0, count: 8) + [0x00, 0x01] + Array("IM".utf8)
        let compressed = try Deflater.compress(matrix(value, name: name), .zlib)
        // Only this kind of element is not padded.
        return result + tag(.compressed, compressed.count) + compressed
    }

    private enum Kind: UInt32 {
        case int8 = 1, uint8 = 2, uint16 = 4, int32 = 5, uint32 = 6, matrix = 14, compressed = 15
        case utf8 = 16
    }

    private enum ArrayClass: UInt32 { case structure = 2, text = 4, double = 6 }

    private static func matrix(_ value: Value, name: String = "") -> [UInt8] {
        let parts: [[UInt8]]
        switch value {
        case .row(let numbers):
            let rows = numbers.isEmpty ? 0 : 1
            parts = [head(.double, rows, numbers.count, name), element(numbers)]
        case .text(let text):
            let units = Array(text.utf8)
            parts = [head(.text, units.isEmpty ? 0 : 1, units.count, name), element(.utf8, units)]
        case .structs(let fields, let items):
            // MATLAB's length of a name, including its NUL.
            let length = 32
            let names = fields.flatMap { field in
                Array(field.utf8) + [UInt8](repeating: 0, count: length - field.utf8.count)
            }
            parts =
                [
                    head(.structure, items.count, 1, name),
                    element(.int32, little(UInt32(length))), element(.int8, names),
                ] + items.flatMap { $0.map { matrix($0) } }
        }
        return element(.matrix, Array(parts.joined()))
    }

    /// Flags, dimensions, name.
    private static func head(_ kind: ArrayClass, _ rows: Int, _ columns: Int, _ name: String)
        -> [UInt8]
    {
        element(.uint32, little(kind.rawValue) + little(0))
            + element(.int32, little(UInt32(rows)) + little(UInt32(columns)))
            + element(.int8, Array(name.utf8))
    }

    private static func element(_ numbers: [Int]) -> [UInt8] {
        switch numbers.max() ?? 0 {
        case ..<256: element(.uint8, numbers.map { UInt8($0) })
        case ..<65536: element(.uint16, numbers.flatMap { little(UInt32($0)).prefix(2) })
        default: element(.int32, numbers.flatMap { little(UInt32($0)) })
        }
    }

    private static func element(_ kind: Kind, _ data: [UInt8]) -> [UInt8] {
        if (1...4).contains(data.count) {
            // Up to four bytes are stored in the tag itself.
            let first = UInt32(data.count) << 16 | kind.rawValue
            return little(first) + data + [UInt8](repeating: 0, count: 4 - data.count)
        }
        let rest = (8 - data.count % 8) % 8
        return tag(kind, data.count) + data + [UInt8](repeating: 0, count: rest)
    }

    private static func tag(_ kind: Kind, _ count: Int) -> [UInt8] {
        little(kind.rawValue) + little(UInt32(count))
    }

    private static func little(_ value: UInt32) -> [UInt8] {
        [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
