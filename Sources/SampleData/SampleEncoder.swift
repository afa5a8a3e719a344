internal import DatasetExport
internal import CJPEG

/// Encodes pictures by TurboJPEG. For one thread.
struct SampleEncoder: ~Copyable {
    private var canvas = SampleCanvas()
    private let handle: tjhandle
    // TurboJPEG's own memory, which it grows and reuses.
    private var buffer: UnsafeMutablePointer<UInt8>?
    private var capacity: UInt = 0

    /// As in most of ImageNet.
    private static let quality: CInt = 95
    // The fast transform differs between processors.
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

    /// Four inverted channels as YCCK with Adobe's marker: what Photoshop writes, and what
    /// ImageNet's odd files are.
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
