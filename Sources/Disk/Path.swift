internal import Glibc

/// A path on Linux: bytes without NUL, not always UTF-8.
public struct Path: Hashable, Sendable {
    public let bytes: [UInt8]

    /// The system would ignore everything from a NUL on, so it is cut off here, once.
    @inlinable public init(bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes.prefix { $0 != 0 })
    }

    public init(_ string: String) { self.init(bytes: string.utf8) }

    public static let current = Path(".")

    public var isAbsolute: Bool { bytes.first == UInt8(ascii: "/") }

    /// The bytes after the last slash; trailing slashes do not count.
    public var lastComponent: Path {
        let trimmed = withoutTrailingSlashes
        guard let slash = trimmed.lastIndex(of: UInt8(ascii: "/")), trimmed.count > 1 else {
            return Path(bytes: trimmed)
        }
        return Path(bytes: trimmed[(slash + 1)...])
    }

    /// The folder that holds this: `.` for a bare name.
    public var parent: Path {
        let trimmed = withoutTrailingSlashes
        guard let slash = trimmed.lastIndex(of: UInt8(ascii: "/")) else { return .current }
        let head = trimmed[..<slash]
        guard let end = head.lastIndex(where: { $0 != UInt8(ascii: "/") }) else {
            return Path("/")
        }
        return Path(bytes: head[...end])
    }

    /// The non-empty components, without the root.
    public var components: [Path] {
        bytes.split(separator: UInt8(ascii: "/")).map { Path(bytes: $0) }
    }

    /// This path with one more component. An absolute `other` is returned as it is.
    public func appending(_ other: Path) -> Path {
        if other.isAbsolute || bytes.isEmpty { return other }
        if other.bytes.isEmpty { return self }
        let separator: [UInt8] = bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
        return Path(bytes: bytes + separator + other.bytes)
    }

    public func appending(_ name: String) -> Path { appending(Path(name)) }

    /// This path with bytes added to its name: `a.tar` + `.part` = `a.tar.part`.
    public func appendingSuffix(_ suffix: String) -> Path {
        Path(bytes: withoutTrailingSlashes + Array(suffix.utf8))
    }

    /// The path as text, where it is UTF-8.
    public var string: String? { String(validating: bytes, as: UTF8.self) }

    public func hasSuffix(_ suffix: String) -> Bool {
        bytes.count >= suffix.utf8.count
            && bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    func withCString<R>(_ body: (UnsafePointer<CChar>) -> R) -> R {
        // A String of the same bytes would not survive invalid UTF-8.
        var terminated = bytes
        terminated.append(0)
        return terminated.withUnsafeBytes { raw in
            guard let base = raw.bindMemory(to: CChar.self).baseAddress else { return body("") }
            return body(base)
        }
    }

    private var withoutTrailingSlashes: [UInt8] {
        var trimmed = bytes
        while trimmed.count > 1, trimmed.last == UInt8(ascii: "/") { trimmed.removeLast() }
        return trimmed
    }
}

extension Path: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}

extension Path: CustomStringConvertible {
    /// The path as shown to a person: see `escaped(_:)`.
    public var description: String { escaped(bytes) }
}
