/// The markers of a JPEG and the segments after them, found as libjpeg does: it skips stray bytes,
/// fill bytes and a scan's data. Ends where the bytes do.
struct JPEGMarkers: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    /// After the start marker.
    private var index = 2

    init(_ image: UnsafeRawBufferPointer) { bytes = image }

    mutating func next() -> (code: UInt8, segment: UnsafeRawBufferPointer)? {
        guard let code = nextCode() else { return nil }
        guard Self.hasSegment(code) else { return (code, .init(rebasing: bytes[..<0])) }
        guard bytes.count - index >= 2 else { return nil }
        let length = Int(bytes[index]) << 8 | Int(bytes[index + 1])
        guard length >= 2, bytes.count - index >= length else { return nil }
        defer { index += length }
        return (code, UnsafeRawBufferPointer(rebasing: bytes[index + 2..<index + length]))
    }

    private mutating func nextCode() -> UInt8? {
        while true {
            while index < bytes.count, bytes[index] != 0xFF { index += 1 }
            while index < bytes.count, bytes[index] == 0xFF { index += 1 }
            guard index < bytes.count else { return nil }
            index += 1
            // A zero follows data that looks like a marker.
            if bytes[index - 1] != 0 { return bytes[index - 1] }
        }
    }

    /// Not TEM, what is reserved, RST0 to RST7, SOI and EOI (ITU T.81, B.1.1.3).
    private static func hasSegment(_ code: UInt8) -> Bool {
        code >= 0xC0 && !(0xD0...0xD9).contains(code)
    }
}
