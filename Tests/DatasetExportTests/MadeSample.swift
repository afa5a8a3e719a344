import Checksums
import DatasetExport
import Disk
import SampleData
import Support
import Testing

/// A sample in a folder of its own, removed with it.
struct MadeSample: ~Copyable {
    static let tiny = SampleDataset.Options(classes: 3, perClass: 4, val: 7, test: 6, seed: 7)

    let folder: TemporaryFolder
    let summary: SampleDataset.Summary

    init(_ options: SampleDataset.Options = MadeSample.tiny, threads: Int = 2) throws {
        let folder = try TemporaryFolder()
        summary = try SampleDataset.write(options, to: folder["sample"], threads: threads)
        self.folder = folder
    }

    var path: String { folder["sample"].description }

    func tar(_ name: String) -> String { "\(path)/tar/\(name)" }

    /// The names in an archive, in its order, as GNU tar lists them.
    func members(_ name: String) throws -> [String] {
        try lines(of: "tar", ["-tf", tar(name)])
    }

    /// Unpacks an archive into a new folder below this one.
    func unpack(_ archive: String, to name: String) throws -> String {
        try Folder.creating(folder[name]).sync()
        _ = try lines(of: "tar", ["-xf", archive, "-C", folder[name].description])
        return folder[name].description
    }

    /// Every training image by its path CLASS/NAME.
    func trainImages() throws -> [String: [UInt8]] {
        let outer = try unpack(tar("ILSVRC2012_img_train.tar"), to: "train")
        var images: [String: [UInt8]] = [:]
        for name in try folder.names(in: "train") {
            let wnid = String(name.dropLast(".tar".count))
            _ = try unpack("\(outer)/\(name)", to: "classes/\(wnid)")
            for image in try folder.names(in: "classes/\(wnid)") {
                images["\(wnid)/\(image)"] = try folder.read("classes/\(wnid)/\(image)")
            }
        }
        return images
    }
}

/// What a program prints, by lines; it must succeed.
func lines(of program: String, _ arguments: [String]) throws -> [String] {
    let result = try run(program, arguments)
    try #require(result.status == 0, "\(program) \(arguments): \(result.errors)")
    return result.output.split(separator: "\n").map(String.init)
}
