/// The kind of an image by its content, and its size without decoding.
public struct ImageHeader: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case jpeg, png
    }

    enum Colours: String, Sendable, Hashable {
        case grey, rgb = "RGB", cmyk = "CMYK", ycck = "YCCK"
    }

    public let kind: Kind
    public let width: Int
    public let height: Int
    let colours: Colours
    /// Whether Adobe's marker says that four channels are inverted, as in Photoshop.
    let isAdobe: Bool

    /// Whether loaders expect something else: it is not a JPEG, or has four channels.
    var isOdd: Bool { kind != .jpeg || colours == .cmyk || colours == .ycck }

    /// `JPEG`, `CMYK JPEG`, `PNG`.
    public var name: String {
        guard kind == .jpeg else { return "PNG" }
        return isOdd ? "\(colours.rawValue) JPEG" : "JPEG"
    }

    /// - Returns: nil for bytes of another kind, or cut off before the size.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        // libjpeg needs two bytes; Pillow and TensorFlow recognise a JPEG by these three.
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self.init(jpeg: bytes)
        } else {
            self.init(png: bytes)
        }
    }

    public init?(_ bytes: [UInt8]) {
        guard let header = bytes.withUnsafeBytes({ ImageHeader($0) }) else { return nil }
        self = header
    }

    // MARK: JPEG

    /// Reads the segments up to the frame header (ITU T.81, B.2).
    private init?(jpeg bytes: UnsafeRawBufferPointer) {
        var transform: UInt8?
        for (marker, segment) in JPEGMarkers(bytes) {
            // The end, a second beginning, or data before a frame header.
            if (0xD8...0xDA).contains(marker) { return nil }
            if Self.isFrame(marker) {
                self.init(frame: segment, transform)
                return
            }
            if marker == 0xEE, segment.count >= 12, segment.starts(with: "Adobe".utf8) {
                transform = segment[11]
            }
        }
        return nil
    }

    /// SOF0 to SOF15, without DHT, JPG and DAC.
    private static func isFrame(_ marker: UInt8) -> Bool {
        (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker)
    }

    private init?(frame: UnsafeRawBufferPointer, _ transform: UInt8?) {
        guard frame.count >= 6 else { return nil }
        kind = .jpeg
        height = Int(frame[1]) << 8 | Int(frame[2])
        width = Int(frame[3]) << 8 | Int(frame[4])
        // With a height of 0, a later marker has it, which no decoder reads.
        guard width > 0, height > 0 else { return nil }
        isAdobe = transform != nil
        switch frame[5] {
        case 1: colours = .grey
        case 3: colours = .rgb
        case 4: colours = transform == 2 ? .ycck : .cmyk
        default: return nil
        }
    }

    // MARK: PNG

    private static let pngMark: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private init?(png bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 26, bytes.starts(with: Self.pngMark),
            bytes[12..<16].elementsEqual("IHDR".utf8)
        else { return nil }
        func number(_ start: Int) -> Int {
            bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        kind = .png
        width = number(16)
        height = number(20)
        // PNG's limit: a product of two such sizes fits into 64 bits.
        let sizes = 1...Int(Int32.max)
        guard sizes.contains(width), sizes.contains(height) else { return nil }
        colours = bytes[25] & 2 == 0 ? .grey : .rgb
        isAdobe = false
    }
}
