import Disk
import Support
import Testing

@testable import DatasetExport

@Suite struct ImageTests {
    private static let size = (width: 40, height: 24)

    @Test(
        "the kind is told by content, the size without decoding",
        arguments: [
            ("rgb.jpg", "JPEG", false), ("grey.jpg", "JPEG", false),
            ("cmyk.jpg", "CMYK JPEG", true),
            ("rgb.png", "PNG", true), ("palette.png", "PNG", true), ("bits.png", "PNG", true),
        ])
    func headers(file: String, name: String, isOdd: Bool) throws {
        let header = try #require(ImageHeader(try Golden.bytes("images/\(file)")))
        #expect((header.width, header.height) == Self.size)
        #expect(header.isOdd == isOdd)
        #expect(header.name == name)
    }

    @Test("a picture without width or height, or of absurd ones, is none")
    func empty() {
        func jpeg(_ height: UInt8, _ width: UInt8) -> [UInt8] {
            [0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, height, 0, width, 1, 1, 0x11, 0, 0xFF, 0xD9]
        }
        func png(_ width: UInt8, _ height: UInt8) -> [UInt8] {
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
                + [0, 0, 0, width, 0, 0, 0, height, 8, 0, 0, 0, 0]
        }
        for make in [jpeg, png] {
            #expect(ImageHeader(make(1, 1)) != nil)
            #expect(ImageHeader(make(0, 1)) == nil)
            #expect(ImageHeader(make(1, 0)) == nil)
        }
        var vast = png(1, 1)
        vast.replaceSubrange(16..<24, with: [UInt8](repeating: 0xFF, count: 8))
        #expect(ImageHeader(vast) == nil)
    }

    @Test("every beginning of an image is either nothing or the same header")
    func prefixes() throws {
        for name in ["rgb.jpg", "cmyk.jpg", "rgb.png"] {
            let bytes = try Golden.bytes("images/\(name)")
            let whole = try #require(ImageHeader(bytes))
            for count in 0..<bytes.count {
                if let header = ImageHeader(Array(bytes[..<count])) { #expect(header == whole) }
            }
        }
    }

    @Test(
        "bytes that are no image have no header",
        arguments: [
            [], [0xFF, 0xD8], [0xFF, 0xD8, 0xFF, 0xD9], [0xFF, 0xD8, 0xFF, 0xE0, 0, 1],
            [0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xFF], [0xFF, 0xD8, 0, 0, 0, 0],
            [0xFF, 0xD8, 0xFF, 0xC0, 0, 4, 8, 0], [0x89, 0x50, 0x4E, 0x47],
        ] as [[UInt8]])
    func noImages(bytes: [UInt8]) {
        #expect(ImageHeader(bytes) == nil)
    }

    private func difference(_ pixels: [UInt8], _ expected: [UInt8]) -> Double {
        guard pixels.count == expected.count else { return 255 }
        let sum = zip(pixels, expected).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        return Double(sum) / Double(max(1, pixels.count))
    }

    @Test(
        "a repaired image has the colours that Pillow gives it",
        arguments: [
            "cmyk.jpg", "rgb.png", "palette.png", "bits.png", "grey.png", "alpha.png", "deep.png",
        ]
    )
    func repaired(file: String) throws {
        let image = try Golden.bytes("images/\(file)")
        let codec = try ImageCodec()
        let jpeg = try image.withUnsafeBytes { Array(try codec.repaired($0)) }
        let header = try #require(ImageHeader(jpeg))
        #expect(!header.isOdd && header.colours == .rgb)
        #expect((header.width, header.height) == Self.size)
        let again = try ImageCodec()
        let same = try image.withUnsafeBytes { Array(try again.repaired($0)) }
        #expect(same == jpeg)
        // 1-bit dithering is all edges, which no JPEG keeps to two levels.
        let limit = file == "bits.png" ? 8.0 : 2.0
        let expected = try Golden.bytes("images/\(file).rgb")
        #expect(difference(try pixels(jpeg), expected) <= limit)
    }

    /// The pixels of a JPEG in RGB.
    private func pixels(_ jpeg: [UInt8]) throws -> [UInt8] {
        try jpeg.withUnsafeBytes { try ImageCodec().pixels($0) }
    }

    @Test("what is whole can be decoded, what is not is named")
    func faults() throws {
        let codec = try ImageCodec()
        for name in ["rgb.jpg", "grey.jpg", "cmyk.jpg", "rgb.png", "deep.png"] {
            let bytes = try Golden.bytes("images/\(name)")
            #expect(bytes.withUnsafeBytes { codec.fault($0) } == nil, "\(name)")
            for count in [0, 1, 20] {
                let cut = Array(bytes[..<count])
                #expect(cut.withUnsafeBytes { codec.fault($0) } != nil)
            }
        }
        // A JPEG that ends too early is only warned of, and so are bytes too many, which hide it.
        let whole = try Golden.bytes("images/rgb.jpg")
        var more = whole
        let scan = try #require(
            whole.indices.dropLast().last { whole[$0...$0 + 1] == [0xFF, 0xDA] })
        more.insert(contentsOf: [0, 0, 0], at: scan)
        #expect(more.withUnsafeBytes { codec.fault($0) } == nil)
        #expect((more + [1, 2, 3]).withUnsafeBytes { codec.fault($0) } == nil)
        var late = whole
        late.insert(contentsOf: [0, 0, 0], at: whole.count - 2)
        #expect(late.withUnsafeBytes { codec.fault($0) } == nil)
        for image in [whole, more, late] {
            for count in [image.count - 2, image.count - 1, image.count * 3 / 4] {
                let cut = Array(image[..<count])
                #expect(cut.withUnsafeBytes { codec.fault($0) } != nil, "\(count)")
            }
        }
        // Too many pixels are refused before there is memory for them.
        let huge: [UInt8] =
            [0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8, 0xFF, 0xFF, 0xFF, 0xFF, 3]
            + [1, 17, 0, 2, 17, 1, 3, 17, 1, 0xFF, 0xD9]
        #expect(huge.withUnsafeBytes { codec.fault($0) }?.contains("65535") == true)
    }

    @Test("damaged images neither crash nor hang the decoder")
    func damaged() throws {
        var random = SeededNumbers(seed: 5)
        let codec = try ImageCodec()
        for name in ["cmyk.jpg", "rgb.png", "palette.png", "deep.png", "alpha.png"] {
            let whole = try Golden.bytes("images/\(name)")
            for _ in 0..<200 {
                var bytes = whole
                for _ in 0..<3 {
                    let place = Int(random.next() % UInt64(bytes.count))
                    bytes[place] = UInt8(truncatingIfNeeded: random.next())
                }
                bytes.withUnsafeBytes { image in
                    _ = codec.fault(image)
                    _ = try? codec.repaired(image)
                }
            }
        }
    }
}
