/// Proves that bytes are one JSON value (RFC 8259) within limits, and says where they are not.
///
/// The decoder that follows names no place, accepts trailing commas, and would keep one of two equal
/// keys in silence; the recursion of any decoder has an end, too, so the depth is looked at first.
struct JSONSyntax {
    static let sizeLimit = 16 << 20
    static let depthLimit = 32
    static let valueLimit = 2_000_000
    static let keyLimit = 1000
    static let blanks: [UInt8] = Array(" \t\r\n".utf8)

    private struct Container {
        let isObject: Bool
        var keys: Set<ArraySlice<UInt8>> = []
    }

    private let bytes: [UInt8]
    private let source: String
    private var index = 0
    private var open: [Container] = []
    private var valueCount = 0

    private init(_ bytes: [UInt8], source: String) {
        self.bytes = bytes
        self.source = source
    }

    /// - Throws: `.syntax` with line and column, or `.tooLarge`.
    static func check(_ bytes: [UInt8], source: String) throws(ManifestError) {
        if bytes.count > sizeLimit {
            throw .tooLarge(
                source, "it has \(bytes.count) bytes, and may have \(sizeLimit)")
        }
        var syntax = JSONSyntax(bytes, source: source)
        try syntax.checkText()
        try syntax.checkValue()
    }

    private mutating func checkText() throws(ManifestError) {
        if String(validating: bytes, as: UTF8.self) != nil { return }
        var codec = UTF8()
        var iterator = bytes.makeIterator()
        while case .scalarValue(let scalar) = codec.decode(&iterator) {
            index += UTF8.width(scalar)
        }
        throw failure("this is not UTF-8")
    }

    /// A loop with a stack instead of recursion.
    private mutating func checkValue() throws(ManifestError) {
        while true {
            skipBlanks()
            if try beginsContainer() { continue }
            while true {
                skipBlanks()
                guard let container = open.last else {
                    guard index == bytes.count else { throw failure("the end is expected") }
                    return
                }
                let closing = UInt8(ascii: container.isObject ? "}" : "]")
                if take(UInt8(ascii: ",")) {
                    if container.isObject { try key() }
                    break
                }
                guard take(closing) else {
                    throw failure("\",\" or \"\(Unicode.Scalar(closing))\" is expected")
                }
                open.removeLast()
            }
        }
    }

    /// Passes over a value, or over the beginning of one that holds others.
    ///
    /// - Returns: whether a value is due next.
    private mutating func beginsContainer() throws(ManifestError) -> Bool {
        valueCount += 1
        if valueCount > Self.valueLimit {
            throw .tooLarge(source, "it holds more than \(Self.valueLimit) values")
        }
        guard let byte = peek else { throw failure("a value is expected") }
        switch byte {
        case UInt8(ascii: "{"): return try begins(isObject: true)
        case UInt8(ascii: "["): return try begins(isObject: false)
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: throw failure("a value is expected")
        }
        return false
    }

    private mutating func begins(isObject: Bool) throws(ManifestError) -> Bool {
        if open.count == Self.depthLimit {
            throw failure("more than \(Self.depthLimit) levels deep", code: .tooLarge)
        }
        index += 1
        skipBlanks()
        if take(UInt8(ascii: isObject ? "}" : "]")) { return false }
        open.append(Container(isObject: isObject))
        if isObject { try key() }
        return true
    }

    private mutating func key() throws(ManifestError) {
        skipBlanks()
        guard peek == UInt8(ascii: "\"") else { throw failure("a key in quotes is expected") }
        let start = index
        try string()
        let top = open.count - 1
        if open[top].keys.count == Self.keyLimit {
            throw failure("more than \(Self.keyLimit) keys in one object", code: .tooLarge)
        }
        if !open[top].keys.insert(bytes[start..<index]).inserted {
            index = start
            throw failure("the same key twice in one object")
        }
        skipBlanks()
        guard take(UInt8(ascii: ":")) else { throw failure("\":\" is expected") }
    }

    private mutating func string() throws(ManifestError) {
        index += 1
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): try escape()
            case ..<0x20:
                index -= 1
                throw failure("a control character in a string")
            default: break
            }
        }
        throw failure("the string has no end")
    }

    /// What follows a backslash. Halves of surrogate pairs are refused: they are no text.
    private mutating func escape() throws(ManifestError) {
        if take(UInt8(ascii: "u")) {
            let unit = try hexDigits()
            if UTF16.isTrailSurrogate(unit) { throw failure("half of a surrogate pair") }
            guard UTF16.isLeadSurrogate(unit) else { return }
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")),
                UTF16.isTrailSurrogate(try hexDigits())
            else { throw failure("half of a surrogate pair") }
        } else if let byte = peek, "\"\\/bfnrt".utf8.contains(byte) {
            index += 1
        } else {
            throw failure("no character can be escaped like this")
        }
    }

    private mutating func hexDigits() throws(ManifestError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("four hexadecimal digits are expected")
            }
            unit = unit << 4 | UInt16(digit)
            index += 1
        }
        return unit
    }

    private mutating func number() throws(ManifestError) {
        _ = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if isDigit { throw failure("a number begins with a zero") }
        } else {
            try digits()
        }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
            try digits()
        }
    }

    private mutating func digits() throws(ManifestError) {
        guard isDigit else { throw failure("a digit is expected") }
        while isDigit { index += 1 }
    }

    private mutating func word(_ word: String) throws(ManifestError) {
        for byte in word.utf8 {
            guard take(byte) else { throw failure("a value is expected") }
        }
    }

    // MARK: Bytes

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private var isDigit: Bool {
        guard let byte = peek else { return false }
        return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipBlanks() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    private func failure(_ reason: String, code: ManifestError.Code = .syntax) -> ManifestError {
        let before = bytes[..<index]
        let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let place = "line \(line), column \(index - start + 1)"
        let end = index == bytes.count ? ", but it ends here" : ""
        let error = ManifestError.syntax(source, at: place, reason + end)
        return ManifestError(code, error.message)
    }
}
