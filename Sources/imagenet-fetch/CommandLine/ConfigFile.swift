import Disk

/// The lines of a config file: one option per line, with or without its dashes.
///
///     # the lab's copy
///     data = /mnt/imagenet
///     --max-peers 64
///     quiet
enum ConfigFile {
    static let byteLimit = 64 << 10
    static let lineLimit = 1_000

    /// One option, not looked up yet.
    struct Line: Equatable, Sendable {
        let number: Int
        /// The long name without dashes.
        let name: String
        /// Nil if the line has only the name.
        let value: [UInt8]?
    }

    /// The name ends at a blank or `=`. The value is the trimmed rest, without a surrounding pair
    /// of quotes. Only whole lines are comments, because paths and URLs may contain a `#`.
    static func parse(_ bytes: [UInt8], path: Path) throws(ConfigFault) -> [Line] {
        if bytes.count > byteLimit {
            throw ConfigFault(path, 1, "the file is longer than \(byteLimit) bytes")
        }
        var lines: [Line] = []
        var number = 0
        for raw in bytes.withoutByteOrderMark.split(
            separator: newline, omittingEmptySubsequences: false)
        {
            number += 1
            let text = trimmed(raw)
            if text.isEmpty || text.first == UInt8(ascii: "#") { continue }
            if lines.count == lineLimit {
                throw ConfigFault(path, number, "more than \(lineLimit) options")
            }
            lines.append(try line(text, number, path))
        }
        return lines
    }

    private static func line(
        _ text: ArraySlice<UInt8>, _ number: Int, _ path: Path
    ) throws(ConfigFault) -> Line {
        if text.contains(where: { $0 < 0x20 && $0 != tab || $0 == 0x7F }) {
            throw ConfigFault(path, number, "the line contains a control character")
        }
        let plain = text.starts(with: [hyphen, hyphen]) ? text.dropFirst(2) : text
        let nameBytes = plain.prefix { !isBlank($0) && $0 != equals }
        guard nameBytes.allSatisfy(isNameByte), let first = nameBytes.first, first != hyphen else {
            throw ConfigFault(
                path, number,
                "\"\(shown(nameBytes))\" is not an option (write one long option per line)")
        }
        let name = String(decoding: nameBytes, as: UTF8.self)
        var rest = trimmed(plain[nameBytes.endIndex...])
        if rest.isEmpty { return Line(number: number, name: name, value: nil) }
        if rest.first == equals { rest = trimmed(rest.dropFirst()) }
        return Line(number: number, name: name, value: Array(unquoted(rest)))
    }

    private static func unquoted(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard text.count >= 2, let first = text.first, first == text.last,
            first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
        else { return text }
        return text.dropFirst().dropLast()
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let end = text.lastIndex(where: { !isBlank($0) }) else { return [] }
        return text[...end].drop(while: isBlank)
    }

    private static func shown(_ bytes: ArraySlice<UInt8>) -> String {
        escaped(bytes.prefix(60)) + (bytes.count > 60 ? "…" : "")
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == tab || byte == UInt8(ascii: "\r")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), hyphen:
            true
        default: false
        }
    }

    private static let newline = UInt8(ascii: "\n")
    private static let tab = UInt8(ascii: "\t")
    private static let hyphen = UInt8(ascii: "-")
    private static let equals = UInt8(ascii: "=")
}

/// An error in a config file, with its line.
struct ConfigFault: Failure, Equatable {
    let line: Int
    let message: String
    let hint: Remedy? = nil

    init(_ path: Path, _ line: Int, _ reason: String) {
        self.line = line
        message = "\(path):\(line): \(reason)"
    }
}
