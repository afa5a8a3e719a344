internal import CZlib

/// The pixels of a PNG, as far as such files turn up among photographs: grey, RGB and palettes, with
/// or without alpha, which is left out as Pillow does; not interlaced.
///
/// By hand over zlib: one image in a million needs it, and another C library to install, ship in the
/// packages and keep safe would cost more than these lines. FuzzImage holds them to their bounds.
enum PNGReader {
    private static let mostPixels = 1 << 26

    private struct Head {
        let width: Int
        let height: Int
        let depth: Int
        let kind: UInt8

        var channels: Int {
            switch kind {
            case 2: 3
            case 4: 2
            case 6: 4
            default: 1
            }
        }

        /// Bytes of a row, and of a pixel where it has any.
        var stride: Int { (width * channels * depth + 7) / 8 }
        var step: Int { max(1, channels * depth / 8) }

        init?(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count >= 13 else { return nil }
            func number(_ start: Int) -> Int {
                bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            }
            width = number(0)
            height = number(4)
            depth = Int(bytes[8])
            kind = bytes[9]
            let depths: [UInt8: [Int]] = [
                0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16],
            ]
            guard (1...65_535).contains(width), (1...65_535).contains(height),
                width * height <= mostPixels, depths[kind]?.contains(depth) == true,
                bytes[10] == 0, bytes[11] == 0, bytes[12] == 0
            else { return nil }
        }
    }

    /// The pixels in RGB, row by row.
    static func pixels(_ bytes: UnsafeRawBufferPointer) throws(ExportError) -> [UInt8] {
        var head: Head?
        var palette: [UInt8] = []
        var packed: [UInt8] = []
        var index = 8
        while bytes.count - index >= 12 {
            let length = bytes[index..<index + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - index - 12 else { break }
            let kind = bytes[index + 4..<index + 8]
            let data = UnsafeRawBufferPointer(rebasing: bytes[index + 8..<index + 8 + length])
            if kind.elementsEqual("IHDR".utf8) { head = Head(data) }
            if kind.elementsEqual("PLTE".utf8) { palette = Array(data) }
            if kind.elementsEqual("IDAT".utf8) { packed += data }
            if kind.elementsEqual("IEND".utf8) { break }
            index += 12 + length
        }
        guard let head else { throw .badInput("it is a PNG of a kind that is not read here") }
        var rows = try inflate(packed, count: (head.stride + 1) * head.height)
        try unfilter(&rows, head)
        return try colours(rows, head, palette)
    }

    private static func inflate(_ packed: [UInt8], count: Int) throws(ExportError) -> [UInt8] {
        // Deflate makes no more than 1032 bytes of one: whoever promises more gets no memory.
        guard count / 1032 <= packed.count else {
            throw .badInput("its pixels cannot be inflated")
        }
        var result = [UInt8](repeating: 0, count: count)
        var length = uLong(count)
        let status = uncompress(&result, &length, packed, uLong(packed.count))
        guard status == Z_OK, length == uLong(count) else {
            throw .badInput("its pixels cannot be inflated")
        }
        return result
    }

    /// Takes back the filter of each row (PNG, 9.2); the byte that names it stays where it is.
    private static func unfilter(_ rows: inout [UInt8], _ head: Head) throws(ExportError) {
        let (stride, step) = (head.stride + 1, head.step)
        for row in 0..<head.height {
            let start = row * stride
            let filter = rows[start]
            guard filter <= 4 else { throw .badInput("a row of it has a filter that there is not") }
            if filter == 0 { continue }
            for place in start + 1..<start + stride {
                let column = place - start - 1
                let left = column >= step ? Int(rows[place - step]) : 0
                let up = row > 0 ? Int(rows[place - stride]) : 0
                let corner = row > 0 && column >= step ? Int(rows[place - stride - step]) : 0
                let guess =
                    switch filter {
                    case 1: left
                    case 2: up
                    case 3: (left + up) / 2
                    default: nearest(left, up, corner)
                    }
                rows[place] = rows[place] &+ UInt8(truncatingIfNeeded: guess)
            }
        }
    }

    /// Paeth's predictor.
    private static func nearest(_ left: Int, _ up: Int, _ corner: Int) -> Int {
        let estimate = left + up - corner
        let (a, b, c) = (abs(estimate - left), abs(estimate - up), abs(estimate - corner))
        return a <= b && a <= c ? left : b <= c ? up : corner
    }

    private static func colours(_ rows: [UInt8], _ head: Head, _ palette: [UInt8])
        throws(ExportError) -> [UInt8]
    {
        var rgb: [UInt8] = []
        rgb.reserveCapacity(head.width * head.height * 3)
        let most = (1 << head.depth) - 1
        for row in 0..<head.height {
            let start = row * (head.stride + 1) + 1
            for column in 0..<head.width {
                if head.depth < 8 {
                    let bit = column * head.depth
                    let shift = 8 - head.depth - bit % 8
                    let value = Int(rows[start + bit / 8]) >> shift & most
                    try append(head.kind == 3 ? value : value * 255 / most, head, palette, to: &rgb)
                    continue
                }
                // Of 16 bits the upper eight.
                let place = start + column * head.step
                if head.kind == 2 || head.kind == 6 {
                    for channel in 0..<3 { rgb.append(rows[place + channel * head.depth / 8]) }
                } else {
                    try append(Int(rows[place]), head, palette, to: &rgb)
                }
            }
        }
        return rgb
    }

    private static func append(
        _ value: Int, _ head: Head, _ palette: [UInt8], to rgb: inout [UInt8]
    ) throws(ExportError) {
        guard head.kind == 3 else {
            rgb.append(contentsOf: repeatElement(UInt8(truncatingIfNeeded: value), count: 3))
            return
        }
        guard 3 * value + 3 <= palette.count else {
            throw .badInput("a pixel of it has a colour that is not in its palette")
        }
        rgb += palette[3 * value..<3 * value + 3]
    }
}
