import TorrentFetch
import DataFolder
import DatasetManifest
import Disk
import MirrorSync
import Support
import Testing

@Suite struct MirrorSyncExample {
    @Test("a mirror is kept whole, and what is proven is shown to others")
    func keep() throws {
        let sample = try Sample()
        var options = MirrorSync.Options()
        options.fetch.sources = .mirrors
        options.fetch.mirrors = ["\(sample.path)/tar/"]
        options.fetch.reserve = 0
        options.publication = Publication(sample.folder["www"])
        let sync = MirrorSync(DataFolder(sample.folder["mirror"]), options)
        let set = MirrorSync.DataSet(
            sample.manifest, try sample.manifest.select(.parts(["val", "devkit"])))

        let lock = try sync.lock()
        let summary = try sync.run([set]) { _ in }
        withExtendedLifetime(lock) {}
        #expect(summary.isFine && summary.published.count == 2)
        #expect(try sample.folder.names(in: "www").contains("SHA256SUMS"))
    }
}
