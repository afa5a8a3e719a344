import Disk
import Support
import Testing

@testable import DatasetExport

/// Pillow judges what can be shown: a broken image is one that it does not load.
@Suite struct PillowTests {
    /// Where we differ, and why.
    private static let differences = [
        "-unfinished.png":
            "it is cut in the last bytes of its data, without which libpng refuses it",
        "palette-missing.png": "it says no colours, and Pillow makes some up",
        "size-too-large.png": "it has more pixels than we spend memory on",
        "-stray-lone.jpg":
            "libjpeg passes over this marker, as TensorFlow does; Pillow does not know it",
        "-no-end-trailing.jpg": "it is cut: Pillow looks for no end mark once it has all rows",
    ]

    private struct Picture {
        let name: String
        let verdict: String
        let bytes: [UInt8]
        let pixels: [UInt8]?
    }

    private static let script = Path(#filePath).parent.parent.parent.appending(
        "Interop/pictures.py"
    ).description

    private static func pictures(
        in folder: borrowing TemporaryFolder, _ words: [String] = []
    ) throws -> [Picture] {
        let made = try run("/usr/bin/python3", [script, folder.path.description] + words)
        try #require(made.status == 0, "\(made.errors)")
        var result: [Picture] = []
        for line in made.output.split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
            result.append(
                Picture(
                    name: parts[0], verdict: parts[1], bytes: try folder.read(parts[0]),
                    pixels: try? folder.read(parts[0] + ".rgb")))
        }
        return result
    }

    @Test("an image is broken where Pillow does not load it; the pixels of the others are Pillow's")
    func verdicts() throws {
        let folder = try TemporaryFolder()
        let inspector = try ImageInspector()
        let codec = try ImageCodec()
        let pictures = try Self.pictures(in: folder)
        #expect(pictures.count > 400)
        for picture in pictures {
            let name = picture.name
            if Self.differences.keys.contains(where: name.hasSuffix) { continue }
            picture.bytes.withUnsafeBytes { image in
                let verdict = inspector.look(at: image)
                var isBroken = false
                if case .broken = verdict { isBroken = true }
                #expect(
                    isBroken != (picture.verdict == "loads"),
                    "\(name): \(verdict), \(picture.verdict)")
                if isBroken || picture.pixels == nil { return }
                #expect((try? codec.pixels(image)) == picture.pixels, "\(name)")
            }
        }
    }
}
