import DataFolder
import DatasetManifest
import Disk
import Support
import Testing
import TorrentFetch

@Suite struct TorrentFetchExample {
    @Test("a file comes from a mirror, here a folder, and is proven when it is there")
    func fetch() throws {
        let sample = try Sample()
        var options = FetchOptions()
        options.sources = .mirrors
        options.mirrors = ["\(sample.path)/tar/"]
        options.reserve = 0
        let fetcher = Fetcher(DataFolder(sample.folder["data"]), options)
        let plan = try fetcher.plan(try sample.manifest.select(.parts(["val"])))
        if let refusal = plan.refusal { throw refusal }
        for outcome in try fetcher.run(plan, report: { _ in }) {
            let result = try outcome.result.get()
            #expect(outcome.file.digests.allSatisfy(result.digests.contains))
        }
        #expect(try sample.folder.names(in: "data/tar").contains("ILSVRC2012_img_val.tar"))
    }
}
