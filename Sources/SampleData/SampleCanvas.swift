/// The memory in which pictures are drawn, as a plane of brightness and two of colour, which
/// TurboJPEG takes without conversion.
///
/// Only integers, and only sums that fit into a byte: the picture is the same everywhere, and the
/// compiler can vectorise the loops.
struct SampleCanvas {
    private(set) var luma: [UInt8] = []
    private(set) var blue: [UInt8] = []
    private(set) var red: [UInt8] = []
    private(set) var width = 0
    private(set) var height = 0
    /// Of a plane of colour; 0 for a grey picture.
    private(set) var colourWidth = 0
    private(set) var colourHeight = 0

    /// Bytes of a row in memory: even, because planes of colour are halved.
    var stride: Int { width + width & 1 }
    private var rows: Int { height + height & 1 }

    mutating func draw(_ picture: SamplePicture) {
        width = picture.width
        height = picture.height
        switch picture.encoding {
        case .greyJPEG: (colourWidth, colourHeight) = (0, 0)
        case .jpeg420: (colourWidth, colourHeight) = (stride / 2, rows / 2)
        case .jpeg444, .cmykJPEG, .png: (colourWidth, colourHeight) = (stride, rows)
        }
        grow(&luma, stride * rows)
        grow(&blue, colourWidth * colourHeight)
        grow(&red, colourWidth * colourHeight)
        drawLuma(picture)
        if colourWidth > 0 {
            let (ground, object) = (picture.style.ground, picture.style.object)
            let size = (colourWidth, colourHeight, stride / colourWidth)
            Self.drawColour(&blue, size, picture.objects, ground.0, object.0)
            Self.drawColour(&red, size, picture.objects, ground.1, object.1)
        }
    }

    /// Memory is reused: fresh pages cost as much as drawing.
    private func grow(_ plane: inout [UInt8], _ count: Int) {
        if plane.count < count { plane = [UInt8](repeating: 0, count: count) }
    }

    // MARK: Brightness

    /// Ground 20…59, waves 0…63, noise 0…119: never more than 241.
    private mutating func drawLuma(_ picture: SamplePicture) {
        var random = SampleRandom(key: picture.key)
        let length = stride + 512
        let ground = Self.wave(length, period: random.next(in: 150...400), height: 63)
        let object = Self.wave(length, period: picture.style.stripe * 2, height: 63)
        let noise = Self.noise(picture.roughness)
        let (columns, rows) = (stride, rows)
        luma.withUnsafeMutableBufferPointer { luma in
            ground.withUnsafeBufferPointer { ground in
                object.withUnsafeBufferPointer { object in
                    noise.withUnsafeBufferPointer { noise in
                        for y in 0..<rows {
                            let row = UnsafeMutableBufferPointer(
                                rebasing: luma[y * columns..<(y + 1) * columns])
                            let level = UInt8(20 + 39 * y / rows)
                            let grain = noise.baseAddress?.advanced(
                                by: Int(random.next() % UInt64(Self.noiseLength)))
                            Self.fill(row, 0..<columns, level, ground, shift: y / 4 % 512, grain)
                            for box in picture.objects {
                                let part = Self.span(of: box, at: y)
                                // Shifting each row makes the stripes slant.
                                let slid = (y * picture.style.slant) >> 4
                                let period = picture.style.stripe * 2
                                let shift = (slid % period + period) % period
                                Self.fill(row, part, 59, object, shift: shift, grain)
                            }
                        }
                    }
                }
            }
        }
    }

    private static func fill(
        _ row: UnsafeMutableBufferPointer<UInt8>, _ part: Range<Int>, _ level: UInt8,
        _ wave: UnsafeBufferPointer<UInt8>, shift: Int, _ grain: UnsafePointer<UInt8>?
    ) {
        guard let row = row.baseAddress, let wave = wave.baseAddress?.advanced(by: shift),
            let grain
        else { return }
        for x in part { row[x] = level &+ wave[x] &+ grain[x] }
    }

    /// The columns of an ellipse in row `y`.
    private static func span(of box: SamplePicture.Box, at y: Int) -> Range<Int> {
        guard (box.yMin...box.yMax).contains(y) else { return 0..<0 }
        // Twice the distances from the centre are whole numbers.
        let (width, height) = (box.xMax - box.xMin + 1, box.yMax - box.yMin + 1)
        let dy = abs(2 * (y - box.yMin) + 1 - height)
        // (dx/width)² + (dy/height)² ≤ 1, for dx in half pixels.
        let square = width * width * (height * height - dy * dy) / (height * height)
        let half = integerSquareRoot(max(square, 0)) / 2
        let centre = box.xMin + width / 2
        return max(centre - half, box.xMin)..<min(centre + half + 1, box.xMax + 1)
    }

    /// Parabolas: as good as a sine here, and integers only.
    private static func wave(_ length: Int, period: Int, height: Int) -> [UInt8] {
        let half = max(period / 2, 1)
        return (0..<length).map { x in
            let at = x % half
            let hump = 2 * height * at * (half - at) / (half * half)
            let sign = x / half % 2 == 0 ? 1 : -1
            return UInt8(height / 2 + sign * min(hump, height / 2))
        }
    }

    // MARK: Colour

    private static func drawColour(
        _ plane: inout [UInt8], _ size: (columns: Int, rows: Int, scale: Int),
        _ objects: [SamplePicture.Box], _ ground: UInt8, _ object: UInt8
    ) {
        let (columns, rows, scale) = size
        plane.withUnsafeMutableBufferPointer { plane in
            guard let base = plane.baseAddress else { return }
            for y in 0..<rows {
                let row = base.advanced(by: y * columns)
                // A gradient from top to bottom, so no plane is flat.
                row.update(repeating: ground &+ UInt8(32 * y / rows), count: columns)
                for box in objects {
                    let part = span(of: box, at: y * scale)
                    let shade = object &+ UInt8(16 * y / rows)
                    for x in part.lowerBound / scale..<(part.upperBound + scale - 1) / scale {
                        row[x] = shade
                    }
                }
            }
        }
    }

    // MARK: Pixels

    /// RGB, row by row, of a picture whose planes of colour have full size.
    func pixels() -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(3 * width * height)
        func byte(_ value: Int) -> UInt8 { UInt8(clamping: value) }
        for y in 0..<height {
            for index in y * stride..<y * stride + width {
                // ITU-R BT.601 at full range, as JFIF has it, in 1/65536.
                let (level, cb, cr) = (
                    Int(luma[index]), Int(blue[index]) - 128, Int(red[index]) - 128
                )
                result.append(byte(level + (91881 * cr) >> 16))
                result.append(byte(level - (22554 * cb + 46802 * cr) >> 16))
                result.append(byte(level + (116130 * cb) >> 16))
            }
        }
        return result
    }

    // MARK: Noise

    private static let noiseLength = 1 << 16

    /// A table for each roughness; a row of a picture begins anywhere in it.
    private static let noises: [[UInt8]] = (0...16).map { roughness in
        var random = SampleRandom(key: 0x5EED)
        var last = 0
        // No row is longer than this.
        return (0..<noiseLength + 2048).map { _ in
            let value = random.next(in: 0...119 * roughness / 16)
            // Neighbours are similar, as in photographs.
            last = (last + value) / 2
            return UInt8(last)
        }
    }

    private static func noise(_ roughness: Int) -> [UInt8] { noises[min(roughness, 16)] }
}

private func integerSquareRoot(_ value: Int) -> Int {
    if value < 2 { return value }
    var guess = 1 << ((Int.bitWidth - value.leadingZeroBitCount + 1) / 2)
    while true {
        let better = (guess + value / guess) / 2
        if better >= guess { return guess }
        guess = better
    }
}
