internal import CJPEG

/// Decodes and repairs images by TurboJPEG. For one thread.
final class ImageCodec {
    /// Larger pictures are refused before memory is allocated. The largest of ImageNet has 61
    /// million pixels.
    private static let mostPixels = 1 << 26
    /// The accurate transform and smooth colours: libjpeg's default, which Pillow uses.
    private static let flags = TJFLAG_ACCURATEDCT
    /// The quality that TensorFlow's script uses.
    private static let quality: CInt = 100

    private let encoder: tjhandle
    private let sampling: TJSAMP
    private var pixels: [UInt8] = []
    private var jpeg: UnsafeMutablePointer<UInt8>?
    private var capacity: UInt = 0

    /// - Parameter halvesColours: whether repaired images have one colour for four pixels, as those
    ///   of TensorFlow's encoder have.
    init(halvesColours: Bool = false) throws(ExportError) {
        guard let encoder = tjInitCompress() else {
            throw .encoder("TurboJPEG", String(cString: tjGetErrorStr2(nil)))
        }
        self.encoder = encoder
        sampling = halvesColours ? TJSAMP_420 : TJSAMP_444
    }

    deinit {
        tjFree(jpeg)
        tjDestroy(encoder)
    }

    /// Why an image cannot be decoded. Warnings, such as extra bytes, do not count, because loaders
    /// accept those files. An image that ends too early is broken, though: libjpeg only warns and
    /// fills in grey, but TensorFlow and Pillow refuse it.
    func fault(_ image: UnsafeRawBufferPointer) -> String? {
        guard let header = ImageHeader(image) else { return "it is not an image" }
        if let fault = Self.vastness(header) { return fault }
        if header.kind == .png {
            do throws(ExportError) {
                _ = try PNGDecoder.pixels(image, header)
                return nil
            } catch {
                return error.message
            }
        }
        return decode(image, header, header.colours == .grey ? TJPF_GRAY : nil)
    }

    /// The image as a JPEG in RGB, with Pillow's colours. The bytes are valid until the next call.
    func repaired(_ image: UnsafeRawBufferPointer) throws(ExportError)
        -> UnsafeRawBufferPointer
    {
        let header = try decodeRGB(image)
        let (width, height) = (header.width, header.height)
        let status = tjCompress2(
            encoder, pixels, CInt(width), 0, CInt(height), CInt(TJPF_RGB.rawValue), &jpeg,
            &capacity, CInt(sampling.rawValue), Self.quality, Self.flags)
        if status != 0 {
            throw .encoder("TurboJPEG", String(cString: tjGetErrorStr2(encoder)))
        }
        return UnsafeRawBufferPointer(start: jpeg, count: Int(capacity))
    }

    func pixels(_ image: UnsafeRawBufferPointer) throws(ExportError) -> [UInt8] {
        _ = try decodeRGB(image)
        return pixels
    }

    private func decodeRGB(_ image: UnsafeRawBufferPointer) throws(ExportError) -> ImageHeader {
        guard let header = ImageHeader(image) else { throw .badInput("it is not an image") }
        if let fault = Self.vastness(header) { throw .badInput(fault) }
        if header.kind == .png {
            pixels = try PNGDecoder.pixels(image, header)
        } else {
            if let fault = decode(image, header, nil) { throw .badInput(fault) }
            if header.colours == .cmyk || header.colours == .ycck { Self.flatten(&pixels) }
        }
        return header
    }

    /// Why an image is too large; nil if it is not.
    private static func vastness(_ header: ImageHeader) -> String? {
        header.width * header.height <= mostPixels
            ? nil : "it is too large: \(header.width) by \(header.height) pixels"
    }

    /// - Returns: why the image cannot be decoded.
    private func decode(
        _ image: UnsafeRawBufferPointer, _ header: ImageHeader, _ wanted: TJPF?
    ) -> String? {
        let isFour = header.colours == .cmyk || header.colours == .ycck
        let format = wanted ?? (isFour ? TJPF_CMYK : TJPF_RGB)
        let channels = format == TJPF_GRAY ? 1 : isFour ? 4 : 3
        let area = header.width * header.height
        if pixels.count != area * channels {
            pixels = [UInt8](repeating: 0, count: area * channels)
        }
        // A new decoder each time: a reused one would lend an image the tables of the last.
        guard let decoder = tjInitDecompress() else { return String(cString: tjGetErrorStr2(nil)) }
        defer { tjDestroy(decoder) }
        let status = tjDecompress2(
            decoder, image.bindMemory(to: UInt8.self).baseAddress, UInt(image.count), &pixels,
            CInt(header.width), 0, CInt(header.height), CInt(format.rawValue), Self.flags)
        if status == 0 { return nil }
        let reason = String(cString: tjGetErrorStr2(decoder))
        // After a warning, TurboJPEG reports an error as a warning too; only the text tells.
        guard tjGetErrorCode(decoder) == CInt(TJERR_WARNING.rawValue),
            Self.warnings.contains(where: reason.hasPrefix)
        else { return "it cannot be decoded: " + reason }
        // Only the first warning is reported, and it may hide that the end is missing.
        let isCut = reason == Self.cutWarning || !Self.hasEndMark(image)
        return isCut ? "it ends too early (\(reason))" : nil
    }

    /// The beginnings of all of libjpeg's warnings (jerror.h, JWRN), and of none of its errors.
    private static let warnings = [
        "Corrupt JPEG data", cutWarning, "Inconsistent progression sequence",
        "Invalid SOS parameters for sequential JPEG", "Unknown Adobe color transform code",
        "Warning: ", "Application transferred too many scanlines",
    ]

    /// libjpeg's words for JWRN_JPEG_EOF.
    private static let cutWarning = "Premature end of JPEG file"

    /// Whether the image has an end mark outside of its segments.
    private static func hasEndMark(_ image: UnsafeRawBufferPointer) -> Bool {
        JPEGMarkers(image).contains { $0.code == 0xD9 }
    }

    /// Converts four channels to RGB as Pillow does: it takes every such JPEG as inverted, 255 for
    /// no ink, and multiplies.
    private static func flatten(_ pixels: inout [UInt8]) {
        let count = pixels.count / 4
        pixels.withUnsafeMutableBufferPointer { pixels in
            for index in 0..<count {
                let black = Int(pixels[4 * index + 3])
                for channel in 0..<3 {
                    let product = (255 - Int(pixels[4 * index + channel])) * black + 128
                    let part = (product >> 8 + product) >> 8
                    // In place: writing never overtakes reading.
                    pixels[3 * index + channel] = UInt8(max(0, min(255, black - part)))
                }
            }
        }
        pixels.removeLast(count)
    }
}
