import DatasetExport
import DatasetManifest
import Disk
import SampleData
import Support

/// A small data set for the examples: two classes, a handful of pictures.
final class Sample {
    let folder: TemporaryFolder
    let manifest: Manifest

    init() throws {
        folder = try TemporaryFolder()
        let options = SampleDataset.Options(classes: 2, perClass: 3, val: 4, test: 2)
        _ = try SampleDataset.write(options, to: folder["sample"], threads: 1)
        manifest = try Manifest.read(
            try folder.read("sample/manifest.json"), source: "manifest.json")
    }

    /// Its folder, as `--data` would name it.
    var path: Path { folder["sample"] }
}
