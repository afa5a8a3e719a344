import Disk

/// A word of the command line, the environment or a config file: bytes, because a path may not be
/// UTF-8.
struct Word: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    let bytes: [UInt8]

    init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
    init(_ text: String) { bytes = Array(text.utf8) }
    init(stringLiteral value: String) { self.init(value) }

    /// The word as text, if it is UTF-8.
    var text: String? { String(validating: bytes, as: UTF8.self) }

    /// The word for messages, cut if it is very long.
    var description: String {
        bytes.count <= 200 ? escaped(bytes) : escaped(bytes.prefix(200)) + "…"
    }
}
