internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

struct Publishing: Sendable {
    enum Outcome: Sendable {
        case published(Receipt, notes: [String])
        /// It is the wrong file; it got no name.
        case mismatch(FetchError)
    }

    let data: DataFolder
    var expected: Expectation
    var mode: UInt32 = 0o644

    private var name: String { expected.name }

    /// Publishes a complete staging file; nobody may write to it any more.
    ///
    /// Without a piece map a wrong file is worthless, and so is a web page: both are removed with
    /// their journal. With a map the pieces stay, because the manifest contradicts its own torrent.
    ///
    /// - Parameters:
    ///   - digests: the digests of the whole file, just computed.
    ///   - sources: bytes by origin.
    /// - Throws: `DiskError`. The staging file stays as it was, and so does its journal unless the
    ///   sync failed.
    func publish(
        digests: [Digest], sources: [String: Int64], _ journals: borrowing JournalStore
    ) throws(DiskError) -> Outcome {
        let archives = try data.openArchives()
        let staging = DataFolder.stagingName(name)
        guard expected.isMet(by: digests) else {
            if expected.map == nil {
                try journals.remove(name)
                try archives.remove(staging)
            }
            return .mismatch(expected.mismatch(digests))
        }
        if !expected.isProvable, try isWebPage(archives) {
            try journals.remove(name)
            try archives.remove(staging)
            return .mismatch(.webPage(name, from: sources.keys.sorted()))
        }
        let file = try archives.file(staging, .updating)
        // A surplus from when the file was too long.
        if try file.size() != expected.size { try file.truncate(to: expected.size) }
        try file.setMode(mode)
        do throws(DiskError) {
            try file.sync()
        } catch {
            // The journal claims that all pieces are on the disk.
            try? journals.remove(name)
            throw error
        }
        try archives.rename(staging, to: Path(name))
        try archives.sync()
        // After the rename, which has changed the ctime.
        let receipt = Receipt(
            fileName: name, digests: digests, torrent: expected.torrent,
            identity: try file.identity(), proof: expected.proof, sources: sources)
        return .published(receipt, notes: tidyUp(receipt, archives, journals))
    }

    /// Whether a server sent a login or an error page instead of an archive.
    private func isWebPage(_ archives: borrowing Folder) throws(DiskError) -> Bool {
        try WebPage.begins(archives.file(DataFolder.stagingName(name), .readingNoLink))
    }

    /// The rest of the work. If any of it fails, the file is complete all the same.
    private func tidyUp(
        _ receipt: Receipt, _ archives: borrowing Folder, _ journals: borrowing JournalStore
    ) -> [String] {
        var notes: [String] = []
        do throws(DiskError) {
            try data.receipts.save(receipt)
        } catch {
            notes.append(
                "\(data.archive(name)) is complete and verified, but its receipt cannot be saved: "
                    + error.message)
        }
        do throws(DiskError) {
            try journals.remove(name)
            // With its control file aria2 would take the file for an unfinished one.
            try archives.remove(DataFolder.aria2Name(name))
        } catch {
            notes.append(error.message)
        }
        return notes
    }
}
