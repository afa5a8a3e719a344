internal import CZlib

/// Writes the simplest PNG files (ISO/IEC 15948).
package enum PNGWriter {
    /// - Parameter pixels: three bytes each, row by row.
    package static func file(width: Int, height: Int, pixels: [UInt8]) throws(ExportError)
        -> [UInt8]
    {
        var result: [UInt8] = [0x89] + Array("PNG\r\n\u{1A}\n".utf8)
        // Eight bits, true colour, standard compression and filtering, not interlaced.
        append("IHDR", bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0], to: &result)
        var rows: [UInt8] = []
        rows.reserveCapacity(pixels.count + height)
        for y in 0..<height {
            // Filter 0: none.
            rows.append(0)
            rows += pixels[y * 3 * width..<(y + 1) * 3 * width]
        }
        append("IDAT", try Deflater.compress(rows, .zlib), to: &result)
        append("IEND", [], to: &result)
        return result
    }

    static func append(_ name: String, _ data: some Collection<UInt8>, to file: inout [UInt8]) {
        let body = Array(name.utf8) + data
        file += bigEndian(data.count) + body
        file += bigEndian(Int(crc32_z(0, body, body.count)))
    }

    private static func bigEndian(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
