import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
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

        var data: DataFolder { DataFolder(folder["data"]) }

        /// - Parameter name: of the file after which there is a pause.
        func run(limit: Duration? = nil, pauseAfter name: String? = nil) throws -> SyncSummary {
            var options = MirrorSync.Options()
            options.fetch.sources = .mirrors
            options.fetch.mirrors = ["\(folder["from"])/"]
            options.fetch.reserve = 0
            options.timeLimit = limit
            options.publication = Publication(folder["www"])
            let set = MirrorSync.DataSet(manifest, try manifest.select(.defaults))
            return try MirrorSync(data, options).run([set]) { event in
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

    @Test("a published file that cannot be read, its archive being gone, stays and is told of")
    func unreadable() throws {
        let rig = try Rig()
        #expect(try rig.run().isFine)
        guard case .receipt(var receipt) = try rig.data.receipts.load("second") else {
            return _ = Issue.record("there is no receipt")
        }
        receipt.proof = .retired
        try rig.data.receipts.save(receipt)
        try Folder(rig.data.folder(.archives)).remove("second")
        let fault = Fault(.pread, onPathsWith: rig.folder["www/second"].description, .failure(EIO))
        let failed = try Faults.during([fault]) { try rig.run() }
        #expect(failed.failures.map(\.file?.name) == ["second"] && failed.withdrawn.isEmpty)
        #expect(try !rig.folder.text("www/MD5SUMS").contains("second"))
        let read = try rig.run()
        #expect(read.isFine)
        #expect(try rig.folder.text("www/second") == "the bytes of second")
        #expect(try rig.folder.text("www/MD5SUMS").contains("second"))
    }
}
