/// What the first bytes of an image say of it: the kind by content, whatever it is called, and the
/// size without decoding.
public struct ImageHeader: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case jpeg, png
    }

    /// How the channels of a JPEG are meant.
    public enum Colours: String, Sendable, Hashable {
        case grey, rgb = "RGB", cmyk = "CMYK", ycck = "YCCK"
    }

    public let kind: Kind
    public let width: Int
    public let height: Int
    public let colours: Colours
    /// Whether Adobe's marker says that four channels are inverted, as Photoshop writes them.
    public let isAdobe: Bool

    /// Whether loaders expect something else under this name: no JPEG, or one with four channels.
    public var isOdd: Bool { kind != .jpeg || colours == .cmyk || colours == .ycck }

    /// What it is, in a word: `JPEG`, `CMYK JPEG`, `PNG`.
    public var name: String {
        guard kind == .jpeg else { return "PNG" }
        return isOdd ? "\(colours.rawValue) JPEG" : "JPEG"
    }

    /// - Returns: nil for bytes that are no image of these kinds, or are cut off before their size.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        if bytes.count >= 4, bytes[0] == 0xFF, bytes[1] == 0xD8 {
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

    /// Walks the segments up to the frame header (ITU T.81, B.2).
    private init?(jpeg bytes: UnsafeRawBufferPointer) {
        var index = 2
        var transform: UInt8?
        while true {
            // Any number of fill bytes may stand before a marker.
            while index < bytes.count, bytes[index] == 0xFF { index += 1 }
            guard index > 2, index < bytes.count, bytes[index - 1] == 0xFF else { return nil }
            let marker = bytes[index]
            index += 1
            // Markers without a segment.
            if marker == 0x01 || (0xD0...0xD7).contains(marker) { continue }
            // The end, or the picture's data before any frame header.
            if marker == 0xD9 || marker == 0xDA { return nil }
            guard bytes.count - index >= 2 else { return nil }
            let length = Int(bytes[index]) << 8 | Int(bytes[index + 1])
            guard length >= 2, bytes.count - index >= length else { return nil }
            let segment = UnsafeRawBufferPointer(rebasing: bytes[index + 2..<index + length])
            if Self.isFrame(marker) {
                self.init(frame: segment, transform)
                return
            }
            if marker == 0xEE, segment.count >= 12, segment.starts(with: "Adobe".utf8) {
                transform = segment[11]
            }
            index += length
        }
    }

    /// SOF0 to SOF15, save what else has a number among them: DHT, JPG, DAC.
    private static func isFrame(_ marker: UInt8) -> Bool {
        (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker)
    }

    private init?(frame: UnsafeRawBufferPointer, _ transform: UInt8?) {
        guard frame.count >= 6 else { return nil }
        kind = .jpeg
        height = Int(frame[1]) << 8 | Int(frame[2])
        width = Int(frame[3]) << 8 | Int(frame[4])
        // A height of 0 would follow in a marker behind the data, which no decoder reads.
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
        // As large as PNG allows: a product of the two fits into 64 bits then.
        let sizes = 1...Int(Int32.max)
        guard sizes.contains(width), sizes.contains(height) else { return nil }
        colours = bytes[25] & 2 == 0 ? .grey : .rgb
        isAdobe = false
    }
}
