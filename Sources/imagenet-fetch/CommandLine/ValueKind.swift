import DatasetManifest
import Disk

/// What a shell completes for a value.
enum Completion: Sendable, Equatable {
    case nothing, files, folders
    /// The first words of commands.
    case commands
    /// The parts of the built-in data sets.
    case parts
    case words([String])
}

/// The kind of an option's value: its placeholder, its completion, and how the word is parsed.
struct ValueKind<Value: Sendable>: Sendable {
    /// Nil for a switch, which takes no value.
    let name: String?
    let completion: Completion
    let parse: @Sendable (Word) throws(ValueFault) -> Value

    init(
        _ name: String?, _ completion: Completion = .nothing,
        _ parse: @escaping @Sendable (Word) throws(ValueFault) -> Value
    ) {
        self.name = name
        self.completion = completion
        self.parse = parse
    }
}

extension ValueKind<Path> {
    static func file(_ name: String = "FILE") -> ValueKind {
        ValueKind(name, .files, parsePath)
    }

    static func folder(_ name: String = "DIR") -> ValueKind {
        ValueKind(name, .folders, parsePath)
    }
}

extension ValueKind<WNID> {
    static var wnid: ValueKind {
        ValueKind("WNID") { word throws(ValueFault) in
            guard let wnid = WNID(bytes: word.bytes) else {
                throw ValueFault("a WNID is needed, such as n01440764")
            }
            return wnid
        }
    }
}

extension ValueKind<Int64> {
    static var size: ValueKind {
        ValueKind("SIZE") { word throws(ValueFault) in
            try Quantities.size(try utf8(word, Quantities.sizeExpected))
        }
    }

    static var rate: ValueKind {
        ValueKind("RATE") { word throws(ValueFault) in
            try Quantities.rate(try utf8(word, Quantities.rateExpected))
        }
    }

    static func count(
        _ name: String = "N", atLeast least: Int64 = 0, atMost most: Int64 = .max
    ) -> ValueKind {
        ValueKind(name) { word throws(ValueFault) in
            let count = try Quantities.count(try utf8(word, Quantities.countExpected))
            if count < least { throw ValueFault("it must be at least \(least)") }
            if count > most { throw ValueFault("it must be at most \(most)") }
            return count
        }
    }
}

extension ValueKind<Double> {
    static var ratio: ValueKind {
        ValueKind("R") { word throws(ValueFault) in
            let expected = "expected a number above 0, such as 1.5"
            let text = try utf8(word, expected)
            let isPlain = text.utf8.allSatisfy {
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: ".")
            }
            guard isPlain, let ratio = Double(text), ratio > 0 else { throw ValueFault(expected) }
            return ratio
        }
    }
}

extension ValueKind<Duration> {
    static var duration: ValueKind {
        ValueKind("DURATION") { word throws(ValueFault) in
            try Quantities.duration(try utf8(word, Quantities.durationExpected))
        }
    }
}

extension ValueKind<String> {
    static func text(_ name: String) -> ValueKind {
        ValueKind(name) { word throws(ValueFault) in try nonEmptyText(word) }
    }

    static func url(_ name: String = "URL") -> ValueKind {
        ValueKind(name) { word throws(ValueFault) in try nonEmptyText(word) }
    }
}

extension ValueKind<[String]> {
    /// Names separated by commas.
    static func list(
        _ name: String = "NAME,…", completing completion: Completion = .nothing
    ) -> ValueKind {
        ValueKind(name, completion) { word throws(ValueFault) in
            let parts = try nonEmptyText(word).split(
                separator: ",", omittingEmptySubsequences: false)
            if parts.contains("") { throw ValueFault("it contains an empty name") }
            return parts.map(String.init)
        }
    }
}

extension ValueKind where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// A case of an enumeration, by its raw value.
    static var choice: ValueKind {
        let names = Value.allCases.map(\.rawValue)
        return ValueKind(names.joined(separator: "|"), .words(names)) { word throws(ValueFault) in
            if let text = word.text, let value = Value(rawValue: text) { return value }
            var reason = "expected one of \(names.joined(separator: ", "))"
            if let nearest = nearestMatch(to: word, among: names) {
                reason += "; did you mean \(nearest)?"
            }
            throw ValueFault(reason)
        }
    }
}

private func parsePath(_ word: Word) throws(ValueFault) -> Path {
    if word.bytes.isEmpty { throw ValueFault("it is empty") }
    if word.bytes.contains(0) { throw ValueFault("a path cannot contain a zero byte") }
    return Path(bytes: word.bytes)
}

private func nonEmptyText(_ word: Word) throws(ValueFault) -> String {
    guard let text = word.text else { throw ValueFault("it is not UTF-8") }
    if text.isEmpty { throw ValueFault("it is empty") }
    return text
}

private func utf8(_ word: Word, _ expected: String) throws(ValueFault) -> String {
    guard let text = word.text else { throw ValueFault(expected) }
    return text
}
