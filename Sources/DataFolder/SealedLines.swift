internal import Checksums

/// A record as a heading and lines of `KEY VALUE`. Its last line is a CRC-32C of all before it, so
/// that half of a record is not taken for a whole one.
struct SealedLines {
    private var values: [Substring: [Substring]] = [:]

    /// - Parameter lines: the heading first.
    static func seal(_ lines: [String]) -> [UInt8] {
        let body = Array((lines.joined(separator: "\n") + "\n").utf8)
        return body + Array((seal(body[...]) + "\n").utf8)
    }

    /// - Returns: nil for anything that `seal` did not write.
    init?(_ bytes: [UInt8], heading: String) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        // By bytes: a piece map has megabytes, too many to look at character by character.
        var lines = text.utf8.split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
        ).map(Substring.init)
        guard lines.count > 2, lines.removeLast() == "", lines[0] == heading else { return nil }
        let last = lines.removeLast()
        guard last == Self.seal(bytes.dropLast(last.utf8.count + 1)) else { return nil }
        for line in lines.dropFirst() {
            guard let space = line.firstIndex(of: " ") else { return nil }
            values[line[..<space], default: []].append(line[line.index(after: space)...])
        }
    }

    subscript(key: Substring) -> Substring? { values[key]?.last }

    func all(_ key: Substring) -> [Substring] { values[key] ?? [] }

    func number(_ key: Substring) -> Int64? { self[key].flatMap { Int64($0) } }

    private static func seal(_ body: ArraySlice<UInt8>) -> String {
        "crc32c \(String(CRC32C.value(of: body), radix: 16))"
    }
}
