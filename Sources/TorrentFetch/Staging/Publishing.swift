internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// Gives a whole, proven file its name, and writes down that it was proven.
struct Publishing: Sendable {
    enum Outcome: Sendable {
        /// It has its name, and this receipt.
        case published(Receipt, notes: [String])
        /// It is not what the manifest says; nothing is under the final name because of it.
        case mismatch(FetchError)
    }

    let data: DataFolder
    var expected: Expectation
    var mode: UInt32 = 0o644

    private var name: String { expected.name }

    /// Publishes a staging file that is whole; nobody may write to it any more.
    ///
    /// Without a piece map a file with other digests is worthless, and so is a web page; it is removed
    /// with its journal;
    /// with one its pieces stay, because then the manifest contradicts its own torrent.
    ///
    /// - Parameters:
    ///   - digests: those of all its bytes, just computed.
    ///   - sources: bytes by where they came from.
    /// - Throws: `DiskError`; then the staging file is as it was, and its journal too, unless the disk
    ///   has refused to keep the file.
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
        // What lies behind the end belongs to nobody: a file that was once too long.
        if try file.size() != expected.size { try file.truncate(to: expected.size) }
        try file.setMode(mode)
        do throws(DiskError) {
            try file.sync()
        } catch {
            // It says that all pieces are on the disk.
            try? journals.remove(name)
            throw error
        }
        try archives.rename(staging, to: Path(name))
        try archives.sync()
        // Only now: giving it its name has changed its ctime.
        let receipt = Receipt(
            fileName: name, digests: digests, torrent: expected.torrent,
            identity: try file.identity(), proof: expected.proof, sources: sources)
        return .published(receipt, notes: tidyUp(receipt, archives, journals))
    }

    /// Whether a server has sent its login, or an error, and called it an archive. Where nothing else
    /// tells, that is never taken on trust.
    private func isWebPage(_ archives: borrowing Folder) throws(DiskError) -> Bool {
        try WebPage.begins(archives.file(DataFolder.stagingName(name), .readingNoLink))
    }

    /// What comes after the file has its name; nothing of it makes the file less whole.
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
            // aria2 would take the whole file for half of one.
            try archives.remove(DataFolder.aria2Name(name))
        } catch {
            notes.append(error.message)
        }
        return notes
    }
}
