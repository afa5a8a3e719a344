import Support
import Testing

@testable import DatasetExport

/// Pillow judges what can be shown: a broken image is one that it does not load.
@Suite struct PillowTests {
    @Test("an image is broken where Pillow does not load it; the pixels of the others are Pillow's")
    func verdicts() throws {
        let inspector = try ImageInspector()
        let codec = try ImageCodec()
        let pictures = try JudgedPicture.all()
        #expect(pictures.count > 400)
        for picture in pictures where picture.difference == nil {
            picture.bytes.withUnsafeBytes { image in
                let verdict = inspector.look(at: image)
                var isBroken = false
                if case .broken = verdict { isBroken = true }
                #expect(
                    isBroken != picture.loads, "\(picture.name): \(verdict), \(picture.verdict)")
                if isBroken || picture.pixels == nil { return }
                #expect((try? codec.pixels(image)) == picture.pixels, "\(picture.name)")
            }
        }
    }
}
