internal import Disk

/// A text file of classes as a person writes or downloads it: a WNID a line, perhaps with words
/// after it. Empty lines and lines that begin with # do not count.
public struct ClassList: Sendable, Equatable {
    /// In the order of the file; a class may be there twice.
    public let wnids: [WNID]

    public static let longestFile = 1 << 20

    /// - Throws: what is wrong with the file, as a half sentence.
    public init(_ bytes: [UInt8]) throws(Invalid) {
        let text = try Self.utf8(bytes)
        var wnids: [WNID] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: isLineEnd)
            .enumerated()
        {
            guard let field = line.split(whereSeparator: isBlank).first,
                field.first != UInt8(ascii: "#")
            else { continue }
            guard let wnid = WNID(bytes: field) else {
                throw Invalid(
                    "line \(index + 1) begins with \"\(escaped(field.prefix(40)))\", which is no "
                        + "WNID such as n01440764")
            }
            wnids.append(wnid)
        }
        if wnids.isEmpty { throw Invalid("it names no class") }
        self.wnids = wnids
    }

    public struct Invalid: Error, Equatable {
        public let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// The text in UTF-8, with LF for every line end. Windows' editors write UTF-16 with a mark.
    private static func utf8(_ bytes: [UInt8]) throws(Invalid) -> [UInt8] {
        var text = Array(bytes.withoutByteOrderMark)
        if let isBig = isBigUTF16(bytes) {
            let units = stride(from: 2, to: bytes.count - 1, by: 2).map { index in
                let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
                return isBig ? first << 8 | second : second << 8 | first
            }
            text = Array(String(decoding: units, as: UTF16.self).utf8)
        }
        if text.contains(0) { throw Invalid("it is no text in UTF-8 or UTF-16") }
        // CRLF is one line end, so that the number of a line is that of an editor.
        return text.indices.filter { index in
            text[index] != 0x0D || index + 1 == text.count || text[index + 1] != 0x0A
        }.map { text[$0] }
    }

    /// Whether a file with the mark of UTF-16 has the high byte first; nil without a mark.
    private static func isBigUTF16(_ bytes: [UInt8]) -> Bool? {
        if bytes.starts(with: [0xFE, 0xFF]) { return true }
        return bytes.starts(with: [0xFF, 0xFE]) ? false : nil
    }
}

private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

/// Commas too, so that the first column of a CSV counts.
private func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == UInt8(ascii: ",")
}
