import Disk

/// One word of the command line, the environment or a config file: bytes, because a path need not
/// be UTF-8.
struct Word: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    let bytes: [UInt8]

    init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
    init(_ text: String) { bytes = Array(text.utf8) }
    init(stringLiteral value: String) { self.init(value) }

    /// The word as text, where it is UTF-8.
    var text: String? { String(validating: bytes, as: UTF8.self) }

    /// The word as it may be shown to a person, cut where it is absurdly long.
    var description: String {
        bytes.count <= 200 ? escaped(bytes) : escaped(bytes.prefix(200)) + "…"
    }
}
