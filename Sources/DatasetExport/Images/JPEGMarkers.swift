/// The markers of a JPEG and the segments behind them, in their order, found as libjpeg finds them: it
/// passes over stray bytes, fill bytes and a scan's data until the next marker. Ends where bytes do.
struct JPEGMarkers: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    /// Behind the mark of the beginning.
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
            // A zero stands behind a byte of data that looks like a marker and is none.
            if bytes[index - 1] != 0 { return bytes[index - 1] }
        }
    }

    /// Not TEM, what is reserved, RST0 to RST7, SOI and EOI (ITU T.81, B.1.1.3).
    private static func hasSegment(_ code: UInt8) -> Bool {
        code >= 0xC0 && !(0xD0...0xD9).contains(code)
    }
}
