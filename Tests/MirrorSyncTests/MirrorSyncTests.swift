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

        struct NoReceipt: Error {}

        var data: DataFolder { DataFolder(folder["data"]) }
        var publication: Publication { Publication(folder["www"]) }
        var archive: Path { data.archive("second") }
        var published: Path { folder["www/second"] }

        func receipt() throws -> Receipt {
            guard case .receipt(let receipt) = try data.receipts.load("second") else {
                throw NoReceipt()
            }
            return receipt
        }

        func identity(_ path: Path) throws -> FileIdentity {
            try FileDescriptor(path, .reading).identity()
        }

        /// Shows the second file, whose proof is this one.
        func publish(_ receipt: Receipt, every interval: Duration = .seconds(3600)) throws -> Bool {
            let terms = Publication.Terms(interval: interval, reserve: 0)
            return try publication.publish("second", receipt, data, terms)
        }

        /// - Parameter name: of the file after which the time is over.
        func run(limit: Duration? = nil, endAfter name: String? = nil) throws -> SyncSummary {
            var options = MirrorSync.Options()
            options.fetch.sources = .mirrors
            options.fetch.mirrors = ["\(folder["from"])/"]
            options.fetch.reserve = 0
            options.timeLimit = limit
            options.publication = publication
            let set = MirrorSync.DataSet(manifest, try manifest.select(.defaults))
            let now = Monitor(ContinuousClock.now)
            var sync = MirrorSync(data, options)
            sync.now = { now.read { $0 } }
            return try sync.run([set]) { event in
                guard case .fetch(.done(let file, _)) = event, file.name == name else { return }
                now.update { $0 += .seconds(3) }
            }
        }
    }

    @Test("a run that is done when its time is over is done")
    func timeIsOverAtTheEnd() throws {
        let rig = try Rig()
        let summary = try rig.run(limit: .seconds(2), endAfter: "second")
        #expect(summary.fetched == ["first", "second"])
        #expect(summary.isFine && !summary.isOutOfTime)
        #expect(summary.filesProven == 2)
    }

    @Test("what came before the time was over is told, and the rest is left")
    func timeIsOverBefore() throws {
        let rig = try Rig()
        let summary = try rig.run(limit: .seconds(2), endAfter: "first")
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

    @Test(
        "an archive that may be given no mode is shown by another name, or copied, and stays proven"
    )
    func foreignArchive() throws {
        let rig = try Rig()
        #expect(try rig.run().isFine)
        for (mode, isLink) in [(0o604, true), (0o600, false)] as [(mode_t, Bool)] {
            unlink(rig.published.description)
            chmod(rig.archive.description, mode)
            var receipt = try rig.receipt()
            receipt.identity = try rig.identity(rig.archive)
            try rig.data.receipts.save(receipt)
            let fault = Fault(
                .fchmod, onPathsWith: rig.folder["www/.second.new"].description, .failure(EPERM))
            #expect(try Faults.during([fault]) { try rig.publish(receipt) })
            let now = try rig.identity(rig.archive)
            #expect(try rig.receipt().holds(for: now))
            #expect(try rig.identity(rig.published).isSameFile(as: now) == isLink)
            #expect(try rig.folder.text("www/second") == "the bytes of second")
        }
    }

    @Test("a copy of what only a torrent proves is proven by the digests it had when it was made")
    func copyWithoutDigests() throws {
        let rig = try Rig()
        #expect(try rig.run().isFine)
        unlink(rig.published.description)
        var receipt = try rig.receipt()
        receipt.digests = []
        receipt.torrent = InfoHash(hex: String(repeating: "a", count: 40))
        receipt.proof = .pieces
        receipt.identity = try rig.identity(rig.archive)
        try rig.data.receipts.save(receipt)
        let otherDisk = Fault(
            .linkat, onPathsWith: rig.folder["www"].description, times: 9, .failure(EXDEV))
        try Faults.during([otherDisk]) {
            #expect(try rig.publish(receipt))
            let first = try rig.identity(rig.published)
            // Proven anew, it stays where it is.
            let again = try rig.publish(receipt, every: .zero)
            #expect(!again)
            #expect(try rig.identity(rig.published) == first)
            try FileDescriptor(rig.published, .updating).write(Array("THE".utf8), at: 0)
            #expect(try rig.publish(receipt))
            #expect(try rig.folder.text("www/second") == "the bytes of second")
        }
        // What was written to since it was proven is not what was proven.
        unlink(rig.published.description)
        try FileDescriptor(rig.archive, .updating).write(Array("THE".utf8), at: 0)
        #expect(throws: SyncError.self) {
            try Faults.during([otherDisk]) { _ = try rig.publish(receipt) }
        }
        #expect(try rig.folder.names(in: "www").contains("second") == false)
    }

    @Test("the lists stay as they are while a file that can be seen could not be judged in time")
    func undecided() throws {
        let rig = try Rig()
        #expect(try rig.run().isFine)
        // Somebody has brought another file with the same bytes, and there is no time to read it.
        let bytes = try rig.folder.read("www/second")
        try rig.folder.write(bytes, to: "www/second")
        #expect(try rig.run(limit: .zero).isOutOfTime)
        #expect(try rig.folder.text("www/MD5SUMS").contains("second"))
        #expect(try rig.run().isFine)
        #expect(try rig.folder.text("www/MD5SUMS").contains("second"))
    }
}
