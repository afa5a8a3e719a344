internal import Disk

/// Splits any bytes into lines of words, in constant memory.
struct LabelLines {
    /// A word: where it is, and its first bytes.
    struct Word {
        /// From 1, in bytes.
        let column: Int
        fileprivate let start: Int
        fileprivate(set) var length: Int
        /// It is longer than what is kept.
        fileprivate(set) var isCut: Bool
    }

    /// A line, valid until the next is read.
    struct Line {
        /// From 1.
        let number: Int
        /// Its first few words.
        let words: [Word]
        /// Of all words.
        let count: Int
        fileprivate let text: [UInt8]

        func bytes(_ word: Word) -> ArraySlice<UInt8> {
            text[word.start..<word.start + word.length]
        }

        /// The kept part of a word, safe for a terminal.
        func shown(_ word: Word) -> String {
            "\"\(escaped(bytes(word)))\(word.isCut ? "…" : "")\""
        }
    }

    /// One more than a line may have, to notice it.
    static let mostWords = 6
    static let longestWord = 24
    private static let chunk = 256 << 10

    private var number = 1
    private var column = 0
    private var words: [Word] = []
    private var count = 0
    private var text: [UInt8] = []
    private var isInWord = false

    /// Calls `body` for every line of a file, except for an empty last one.
    static func read(_ path: Path, _ body: (Line) throws -> Void) throws {
        let file = try FileDescriptor(path, .reading)
        var lines = LabelLines()
        var offset: Int64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try file.read(into: buffer, at: offset)
            if count == 0 { break }
            offset += Int64(count)
            for byte in UnsafeRawBufferPointer(rebasing: buffer[..<count]) {
                try lines.add(byte, body)
            }
        }
        if lines.column > 0 { try lines.end(body) }
    }

    private mutating func add(_ byte: UInt8, _ body: (Line) throws -> Void) rethrows {
        if byte == UInt8(ascii: "\n") { return try end(body) }
        column += 1
        let isBlank =
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
        if isBlank {
            isInWord = false
            return
        }
        if !isInWord {
            isInWord = true
            count += 1
            if words.count < Self.mostWords {
                words.append(Word(column: column, start: text.count, length: 0, isCut: false))
            }
        }
        guard count <= Self.mostWords else { return }
        let last = words.count - 1
        if words[last].length < Self.longestWord {
            text.append(byte)
            words[last].length += 1
        } else {
            words[last].isCut = true
        }
    }

    private mutating func end(_ body: (Line) throws -> Void) rethrows {
        try body(Line(number: number, words: words, count: count, text: text))
        number += 1
        (column, count, isInWord) = (0, 0, false)
        words.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
    }
}
