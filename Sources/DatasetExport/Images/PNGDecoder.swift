internal import CPNG

/// The pixels of PNGs, by libpng.
///
/// libpng gets a PNG of the critical chunks alone, with right checksums: otherwise it would apply
/// gamma, which loaders do not, and it is stricter than Pillow about irrelevant chunks.
enum PNGDecoder {
    /// RGB, row by row, without alpha, as Pillow does.
    ///
    /// - Parameter header: the image's, with a size that was checked.
    static func pixels(
        _ image: UnsafeRawBufferPointer, _ header: ImageHeader
    ) throws(ExportError) -> [UInt8] {
        let (depth, kind) = (Int(image[24]), image[25])
        let channels = kind == 2 ? 3 : kind == 4 ? 2 : kind == 6 ? 4 : 1
        let area = header.width * header.height
        let plain = try essence(image, hasPalette: kind == 3, dataBits: area * channels * depth)
        var message = [CChar](repeating: 0, count: cpng_message_size)
        var status: CInt = -1
        let pixels = [UInt8](unsafeUninitializedCapacity: 3 * area) { room, filled in
            guard let start = room.baseAddress else { return }
            status = cpng_decode(
                plain, plain.count, UInt32(header.width), UInt32(header.height), start, &message)
            filled = status == 0 ? 3 * area : 0
        }
        guard status == 0 else {
            let reason = String(
                decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw .badInput("it cannot be decoded: " + reason)
        }
        return pixels
    }

    // MARK: What it is given

    /// A PNG of only the chunks that make the pixels. As Pillow does, it refuses chunks with a
    /// wrong checksum before the data, and ignores all after it.
    private static func essence(
        _ image: UnsafeRawBufferPointer, hasPalette: Bool, dataBits: Int
    ) throws(ExportError) -> [UInt8] {
        var result = Array(image.prefix(8))
        var dataCount = 0
        var isBehind = false
        var hasData = false
        for chunk in PNGChunks(image) {
            if chunk.name == "IEND" { break }
            if chunk.name == "IDAT", !isBehind {
                hasData = true
                dataCount += chunk.data.count
                PNGWriter.append(chunk.name, chunk.data, to: &result)
                continue
            }
            isBehind = hasData
            guard chunk.isWhole else { throw .badInput("it ends too early") }
            if isBehind { continue }
            guard chunk.isSound else {
                throw .badInput("the checksum of its \(chunk.name) is wrong")
            }
            if chunk.name == "IHDR" || chunk.name == "PLTE" && hasPalette {
                PNGWriter.append(chunk.name, chunk.data, to: &result)
            }
        }
        // Deflate expands by 1032 at most: a larger claim gets no memory.
        guard dataBits / 8 / 1032 <= dataCount else { throw .badInput("it ends too early") }
        PNGWriter.append("IEND", [], to: &result)
        return result
    }
}
