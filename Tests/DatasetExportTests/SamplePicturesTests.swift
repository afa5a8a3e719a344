import CJPEG
import Disk
import Support
import Testing

@testable import DatasetExport
@testable import SampleData

/// What TurboJPEG says of a picture that it could decode to the end.
private struct Decoded: Equatable {
    var width: CInt = 0
    var height: CInt = 0
    var sampling: CInt = 0
    var space: CInt = 0
}

private func decode(_ bytes: [UInt8]) throws -> Decoded {
    let handle = try #require(tjInitDecompress())
    defer { tjDestroy(handle) }
    var result = Decoded()
    try #require(
        tjDecompressHeader3(
            handle, bytes, UInt(bytes.count), &result.width, &result.height, &result.sampling,
            &result.space) == 0)
    let isCMYK = result.space == TJCS_CMYK.rawValue || result.space == TJCS_YCCK.rawValue
    let format = isCMYK ? TJPF_CMYK : TJPF_RGB
    var pixels = [UInt8](repeating: 0, count: Int(result.width) * Int(result.height) * 4)
    let status = tjDecompress2(
        handle, bytes, UInt(bytes.count), &pixels, result.width, 0, result.height,
        CInt(format.rawValue), CInt(TJFLAG_STOPONWARNING))
    try #require(status == 0, "\(String(cString: tjGetErrorStr2(handle)))")
    return result
}

@Suite struct SamplePicturesTests {
    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    @Test("all training images decode, and exactly one is CMYK and one a PNG")
    func train() throws {
        let options = SampleDataset.Options(classes: 5, perClass: 24, val: 2, test: 0)
        let images = try MadeSample(options).trainImages()
        let pngs = images.values.filter { $0.starts(with: Self.png) }
        #expect(pngs.count == 1)
        let decoded = try images.values.filter { !$0.starts(with: Self.png) }.map(decode)
        let spaces = Dictionary(grouping: decoded, by: \.space).mapValues(\.count)
        // Inverted and with Adobe's marker: YCCK.
        #expect(spaces[CInt(TJCS_YCCK.rawValue)] == 1)
        #expect(spaces[CInt(TJCS_GRAY.rawValue), default: 0] > 0)
        let coloured = spaces[CInt(TJCS_YCbCr.rawValue), default: 0]
        #expect(coloured > decoded.count * 9 / 10)
        #expect(spaces.count == 3)
        #expect(decoded.contains { $0.width < $0.height })
        #expect(Set(decoded.map { "\($0.width) \($0.height)" }).count > 5)
        #expect(Set(images.values).count == images.count)
    }

    @Test("the CMYK image says with Adobe's marker that it is YCCK")
    func adobeMarker() throws {
        var picture = SamplePlan(MadeSample.tiny).trainPicture(0, 0)
        picture.encoding = .cmykJPEG
        var encoder = try SampleEncoder()
        let bytes = try encoder.encode(picture) { Array($0) }
        // Marker, length 14, name, version 100, two flags, transform 2 (Adobe's TN 5116).
        let marker =
            [0xFF, 0xEE, 0, 14] + Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 2] as [UInt8]
        #expect(bytes.indices.contains { bytes[$0...].starts(with: marker) })
    }

    @Test("pictures weigh about what ImageNet's do")
    func weight() throws {
        let plan = SamplePlan(.init(classes: 10, perClass: 30, seed: 3))
        var encoder = try SampleEncoder()
        var total = 0
        for index in 0..<200 {
            total += try encoder.encode(plan.trainPicture(index % 10, 2 + index / 10)) { $0.count }
        }
        #expect((90_000...125_000).contains(total / 200))
    }

    @Test("every pixel of odd sizes and all encodings is drawn and encoded")
    func oddSizes() throws {
        let plan = SamplePlan(.init(classes: 2, perClass: 1300, seed: 5))
        var encoder = try SampleEncoder()
        var seen = 0
        for index in 2..<600 where seen < 12 {
            var picture = plan.trainPicture(0, index)
            guard picture.width % 2 == 1, picture.height % 2 == 1 || seen.isMultiple(of: 2) else {
                continue
            }
            seen += 1
            picture.encoding = [.jpeg420, .jpeg444, .greyJPEG, .cmykJPEG][seen % 4]
            let bytes = try encoder.encode(picture) { Array($0) }
            let decoded = try decode(bytes)
            #expect(Int(decoded.width) == picture.width)
            #expect(Int(decoded.height) == picture.height)
        }
        #expect(seen == 12)
    }

    @Test("the PNG has the size that it says, by the rules of its chunks")
    func pngFile() throws {
        let bytes = try PNGWriter.file(width: 3, height: 2, pixels: Array(0..<18))
        #expect(bytes.starts(with: Self.png + [0, 0, 0, 13] + Array("IHDR".utf8)))
        #expect(bytes[16..<24] == [0, 0, 0, 3, 0, 0, 0, 2])
        // The empty last chunk and its CRC are the same in every PNG.
        #expect(bytes.suffix(12) == [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82])
    }
}
