internal import CJPEG

/// Turns pictures into the bytes of image files, by TurboJPEG. Used by one thread.
struct SampleEncoder: ~Copyable {
    private var canvas = SampleCanvas()
    private let handle: tjhandle
    // TurboJPEG's own memory: it grows it when a picture needs more, and it is used again.
    private var buffer: UnsafeMutablePointer<UInt8>?
    private var capacity: UInt = 0

    /// About that of ImageNet's own files.
    private static let quality: CInt = 95
    // The fast transform gives other bytes on other processors.
    private static let flags = TJFLAG_ACCURATEDCT

    init() throws(ExportError) {
        guard let handle = tjInitCompress() else {
            throw .encoder("TurboJPEG", String(cString: tjGetErrorStr2(nil)))
        }
        self.handle = handle
    }

    deinit {
        tjFree(buffer)
        tjDestroy(handle)
    }

    /// Draws a picture and lends the bytes of its file to `body`.
    mutating func encode<R>(
        _ picture: SamplePicture, _ body: (UnsafeRawBufferPointer) throws -> R
    ) throws -> R {
        canvas.draw(picture)
        switch picture.encoding {
        case .png: return try png().withUnsafeBytes(body)
        case .cmykJPEG: try check(compressCMYK())
        case .greyJPEG: try check(compress(TJSAMP_GRAY))
        case .jpeg420: try check(compress(TJSAMP_420))
        case .jpeg444: try check(compress(TJSAMP_444))
        }
        return try body(UnsafeRawBufferPointer(start: buffer, count: Int(capacity)))
    }

    private func check(_ result: CInt) throws(ExportError) {
        if result != 0 { throw .encoder("TurboJPEG", String(cString: tjGetErrorStr2(handle))) }
    }

    private mutating func compress(_ sampling: TJSAMP) -> CInt {
        let (width, height) = (CInt(canvas.width), CInt(canvas.height))
        let strides = [CInt(canvas.stride), CInt(canvas.colourWidth), CInt(canvas.colourWidth)]
        return canvas.luma.withUnsafeBufferPointer { luma in
            canvas.blue.withUnsafeBufferPointer { blue in
                canvas.red.withUnsafeBufferPointer { red in
                    var planes = [luma.baseAddress, blue.baseAddress, red.baseAddress]
                    return tjCompressFromYUVPlanes(
                        handle, &planes, width, strides, height, CInt(sampling.rawValue), &buffer,
                        &capacity, Self.quality, Self.flags)
                }
            }
        }
    }

    /// Four channels, inverted and as YCCK with Adobe's marker, which is what Photoshop writes and
    /// what the odd files of ImageNet are.
    private mutating func compressCMYK() -> CInt {
        var channels: [UInt8] = []
        let pixels = canvas.pixels()
        channels.reserveCapacity(pixels.count / 3 * 4)
        for index in Swift.stride(from: 0, to: pixels.count, by: 3) {
            // Inverted: 255 is no ink. The darkest ink that all three share becomes black.
            let black = max(pixels[index], pixels[index + 1], pixels[index + 2], 1)
            for colour in pixels[index..<index + 3] {
                channels.append(UInt8(Int(colour) * 255 / Int(black)))
            }
            channels.append(black)
        }
        return tjCompress2(
            handle, channels, CInt(canvas.width), 0, CInt(canvas.height), CInt(TJPF_CMYK.rawValue),
            &buffer, &capacity, CInt(TJSAMP_444.rawValue), Self.quality, Self.flags)
    }

    private func png() throws(ExportError) -> [UInt8] {
        try PNGWriter.file(width: canvas.width, height: canvas.height, pixels: canvas.pixels())
    }
}
