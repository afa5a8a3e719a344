import DatasetExport
import Disk
import Support
import Testing

@Suite struct DatasetExportExample {
    @Test("training images in class folders, without a class tar on the disk in between")
    func unpack() throws {
        let sample = try Sample()
        let archive = sample.path.appending("tar/ILSVRC2012_img_train.tar")
        let unpacker = Unpacker(archive, .classTars, in: sample.folder["untar"], isFlat: false)
        let summary = try unpacker.run { progress in
            // Called often, from any thread; what it throws ends the work.
            _ = progress.files
        }
        #expect(summary.folders == 2 && summary.files > 4)
        #expect(try sample.folder.names(in: "untar/ILSVRC2012_img_train").count == 2)

        let again = try unpacker.run { _ in }
        #expect(again.isAlreadyDone)
    }
}
