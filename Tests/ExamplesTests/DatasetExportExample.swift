import DatasetExport
import DatasetManifest
import Support
import Testing

@Suite struct DatasetExportExample {
    @Test("a data set of ImageNet's shape, the same bytes from the same seed")
    func sample() throws {
        let folder = try TemporaryFolder()
        let options = SampleDataset.Options(classes: 2, perClass: 3, val: 4, test: 2, seed: 7)
        let summary = try SampleDataset.write(options, to: folder["a"]) { progress in
            // Called every few pictures; what it throws ends the work.
            #expect(progress.pictures <= progress.totalPictures)
        }
        _ = try SampleDataset.write(options, to: folder["b"])
        #expect(summary.files.contains { $0.name == "ILSVRC2012_img_train.tar" })
        #expect(try folder.read("a/manifest.json") == folder.read("b/manifest.json"))
    }
}
