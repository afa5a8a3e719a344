import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Testing
import TorrentFetch

@testable import MirrorSync

@Suite struct MirrorSyncTests {
    /// Two small files in a folder, and a mirror that fetches them from there.
    private final class Rig {
        let folder: TemporaryFolder
        let manifest: Manifest

        init() throws {
            folder = try TemporaryFolder()
            var files: [ManifestFile] = []
            for name in ["first", "second"] {
                let bytes = Array("the bytes of \(name)".utf8)
                try folder.write(bytes, to: "from/\(name)")
                files.append(
                    ManifestFile(
                        name: name, part: name, isDefault: true, size: Int64(bytes.count),
                        digests: [Hasher.digest(.md5, bytes)]))
            }
            manifest = try Manifest(name: "own", files: files)
        }

        /// - Parameter pause: after this file has come.
        func run(limit: Duration, pauseAfter name: String) throws -> SyncSummary {
            var options = MirrorSync.Options()
            options.fetch.sources = .mirrors
            options.fetch.mirrors = ["\(folder["from"])/"]
            options.fetch.reserve = 0
            options.timeLimit = limit
            let set = MirrorSync.DataSet(manifest, try manifest.select(.defaults))
            return try MirrorSync(DataFolder(folder["data"]), options).run([set]) { event in
                guard case .fetch(.done(let file, _)) = event, file.name == name else { return }
                Thread.sleep(milliseconds: 2500)
            }
        }
    }

    @Test("a run that is done when its time is over is done")
    func timeIsOverAtTheEnd() throws {
        let rig = try Rig()
        let summary = try rig.run(limit: .seconds(2), pauseAfter: "second")
        #expect(summary.fetched == ["first", "second"])
        #expect(summary.isFine && !summary.isOutOfTime)
        #expect(summary.filesProven == 2)
    }

    @Test("what came before the time was over is told, and the rest is left")
    func timeIsOverBefore() throws {
        let rig = try Rig()
        let summary = try rig.run(limit: .seconds(2), pauseAfter: "first")
        #expect(summary.fetched == ["first"])
        #expect(summary.isOutOfTime && summary.failures.isEmpty)
        #expect(summary.bytesFromMirrors > 0)
    }
}
