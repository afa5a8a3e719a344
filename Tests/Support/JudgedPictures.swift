internal import Disk

/// Pictures of all kinds, whole and harmed, and whether Pillow loads them (`Interop/pictures.py`).
public struct JudgedPicture: Sendable {
    public let name: String
    public let bytes: [UInt8]
    /// `loads`, or why not.
    public let verdict: String
    /// The pixels in RGB that Pillow gives it, where they are those of the file.
    public let pixels: [UInt8]?

    public var loads: Bool { verdict == "loads" }

    public static func all() throws -> [JudgedPicture] {
        let folder = try TemporaryFolder()
        let script = Path(#filePath).parent.parent.appending("Interop/pictures.py").description
        let made = try run("/usr/bin/python3", [script, folder.path.description])
        guard made.status == 0 else { throw CannotJudge(reason: made.errors) }
        var result: [JudgedPicture] = []
        for line in made.output.split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
            result.append(
                JudgedPicture(
                    name: parts[0], bytes: try folder.read(parts[0]), verdict: parts[1],
                    pixels: try? folder.read(parts[0] + ".rgb")))
        }
        return result
    }

    /// Why we judge it otherwise than Pillow; nil where we do not.
    public var difference: String? {
        Self.differences.first { name.hasSuffix($0.key) }?.value
    }

    private static let differences = [
        "-unfinished.png":
            "it is cut in the last bytes of its data, without which libpng refuses it",
        "palette-missing.png": "it says no colours, and Pillow makes some up",
        "size-too-large.png": "it has more pixels than we spend memory on",
        "-stray-lone.jpg":
            "libjpeg passes over this marker, as TensorFlow does; Pillow does not know it",
        "-no-end-trailing.jpg": "it is cut: Pillow looks for no end mark once it has all rows",
    ]
}

struct CannotJudge: Error {
    let reason: String
}
