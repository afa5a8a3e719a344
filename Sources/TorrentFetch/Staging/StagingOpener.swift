internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// Opens or creates the file in which an archive grows, and says how much of it can be believed.
///
/// A journal is believed while the file is the one it describes. Beyond that the piece map decides,
/// and the rest is downloaded again. An unverified file under the final name is verified here, or
/// its right pieces are taken over. Nothing is deleted silently.
struct StagingOpener: Sendable {
    let data: DataFolder
    var expected: Expectation
    /// What the pieces are checked against; see `Journal.pin`. Nil where nothing that is there
    /// counts: it is for another file or from another source.
    let pin: String?
    var threads = Workers.processors
    /// Whether to reserve the blocks of the file before the first byte.
    var reserves = true
    var stop = StopCheck.never
    /// Is told how many bytes were read.
    var tell: @Sendable (Int64) -> Void = { _ in }

    var name: String { expected.name }
    var size: Int64 { expected.size }
    var pieceLength: Int { expected.pieceLength }
    var map: PieceMap? { expected.map }

    enum Trust: Sendable, Equatable {
        case begun
        /// The journal says so, and the file is untouched since.
        case journal
        /// The journal of a killed run, confirmed by reading so many pieces.
        case confirmed(pieces: Int)
        /// The whole file was read, for this reason.
        case read(Reason)
        /// Only the digest of the whole file will tell.
        case presumed
    }

    enum Reason: Sendable, Equatable {
        case noJournal
        /// The journal is for another torrent, size or validator.
        case otherPin
        /// The file is not the one of the journal, or was written to since.
        case changed
        /// A piece of the journal is wrong.
        case notConfirmed
        /// It had the final name.
        case moved
    }

    struct Opened: ~Copyable {
        let file: FileDescriptor
        let proven: PieceSet
        let position: PieceLedger.Position
        let trust: Trust
        /// Whether the blocks are reserved; otherwise the free space must be watched.
        let reservation: FileDescriptor.Reservation
        let notes: [String]
    }

    enum Result: ~Copyable {
        /// Nothing to download: the file is verified, and this is its receipt.
        case whole(Receipt, notes: [String])
        case growing(Opened)
    }

    /// - Throws: `DiskError`, such as `.noSpace`, before anything was written; `FetchError`
    ///   `.mismatch` when all pieces are right and the digests are not; what `stop` gives.
    func open(_ journals: borrowing JournalStore) throws -> Result {
        let archives = try data.openArchives()
        var notes: [String] = []
        let found = try FinalFile(self, archives).examine(&notes)
        switch found {
        case .whole(let receipt):
            try removeLeftover(archives)
            try journals.remove(name)
            return .whole(receipt, notes: notes)
        case .moved(let findings):
            try journals.remove(name)
            let file = try claimed(archives, &notes)
            return .growing(try prepare(file, findings, .read(.moved), notes))
        case .presumed(let findings):
            try journals.remove(name)
            let file = try claimed(archives, &notes)
            return .growing(try prepare(file, findings, .presumed, notes))
        case .none: break
        }
        guard try archives.status(DataFolder.stagingName(name)) != nil else {
            try journals.remove(name)
            return .growing(try begin(archives, notes))
        }
        let file = try claimed(archives, &notes)
        return .growing(try resume(file, archives, journals, notes))
    }

    /// Verifies a file without piece hashes under the final name; nil where it is wrong. It stays
    /// where it is.
    func prove(_ notes: inout [String]) throws -> Receipt? {
        let archives = try data.openArchives()
        let found = try FinalFile(self, archives).examine(&notes, provingOnly: true)
        guard case .whole(let receipt) = found else { return nil }
        return receipt
    }

    func refusal(_ notes: inout [String]) throws -> FetchError? {
        try FinalFile(self, try Folder(data.folder(.archives))).refusal(&notes)
    }

    /// The opened file, ready for swarm and mirrors.
    ///
    /// The parameters are those of `PieceLedger.init`.
    func staging(
        _ opened: consuming Opened, isPartial: Bool = false, holds: Int
    ) -> StagingFile {
        let (proven, position) = (opened.proven, opened.position)
        return StagingFile(
            opened.file, expected, proven: proven, from: position, isPartial: isPartial,
            holds: holds)
    }

    var audit: PieceAudit {
        PieceAudit(expected: expected, threads: threads, stop: stop, tell: tell)
    }

    /// Whether pieces without hashes may be kept: a digest of the whole file decides in the end.
    var presumes: Bool { map == nil && pin != nil && !expected.digests.isEmpty }

    func presumedPieces(
        of file: borrowing FileDescriptor, in archives: borrowing Folder
    ) throws(DiskError) -> PieceSet {
        let aria2 = DataFolder.aria2Name(name)
        var control: [UInt8]?
        if try archives.status(aria2)?.kind == .file {
            // An unreadable control file says that nothing is there.
            control = (try? archives.file(aria2, .readingNoLink).contents(limit: 16 << 20)) ?? []
        }
        return try Half(size: size, pieceLength: pieceLength).pieces(of: file, control: control)
    }

    // MARK: Other runs

    /// The staging file, for this run alone: another with its own state folder, or on another
    /// machine, would write into the same bytes.
    ///
    /// - Throws: `DiskError` `.busy` while another run has it.
    private func claimed(
        _ archives: borrowing Folder, _ notes: inout [String]
    ) throws -> FileDescriptor {
        let file = try archives.file(DataFolder.stagingName(name), .updating)
        try claim(file, &notes)
        // Another run may have given it its final name meanwhile.
        guard try archives.leads(DataFolder.stagingName(name), to: file) else {
            throw DiskError.busy(file.path)
        }
        // Its other names must keep what it holds now.
        guard try archives.separate(DataFolder.stagingName(name), stop: stop) else { return file }
        let copy = try archives.file(DataFolder.stagingName(name), .updating)
        try copy.claim()
        return copy
    }

    /// Without locks another machine with its own state folder cannot be kept out.
    private func claim(
        _ file: borrowing FileDescriptor, _ notes: inout [String]
    ) throws(DiskError) {
        if try file.claim() { return }
        notes.append(
            "\(file.path): the file system there does not support locks; let only one machine work "
                + "on this file")
    }

    /// Removes a staging file beside a complete file, unless another run uses it. Without one
    /// nothing is tried: a read-only disk refuses even that.
    private func removeLeftover(_ archives: borrowing Folder) throws(DiskError) {
        let staging = DataFolder.stagingName(name)
        guard let status = try archives.status(staging) else { return }
        if status.kind == .file {
            do throws(DiskError) {
                try archives.file(staging, .updating).claim()
            } catch  where error.code == .busy {
                return
            } catch {
                // A file that may not be written to may still be removed.
            }
        }
        try archives.remove(staging)
    }

    // MARK: Nothing there

    private func begin(_ archives: borrowing Folder, _ notes: [String]) throws -> Opened {
        let staging = DataFolder.stagingName(name)
        let file = try archives.file(staging, .creating)
        // Before another run takes it for an abandoned one.
        var notes = notes
        try claim(file, &notes)
        do {
            return try prepare(file, nothing, .begun, notes)
        } catch {
            try? archives.remove(staging)
            throw error
        }
    }

    var nothing: PieceAudit.Findings {
        PieceAudit.Findings(
            proven: PieceSet(count: expected.pieceCount),
            position: PieceLedger.Position(offset: 0, fan: HashFan(expected.algorithms)))
    }

    func prepare(
        _ file: consuming FileDescriptor, _ findings: PieceAudit.Findings, _ trust: Trust,
        _ notes: [String]
    ) throws(DiskError) -> Opened {
        var notes = notes
        if findings.unreadable > 0 {
            notes.append(
                "\(file.path): the disk cannot read \(counted(findings.unreadable, "piece")); "
                    + "\(findings.unreadable == 1 ? "it is" : "they are") downloaded again")
        }
        let status = try file.status()
        var reservation: FileDescriptor.Reservation =
            status.allocated < size ? .sparse : .allocated
        if reserves, status.allocated < size || status.size < size {
            reservation = try file.reserve(size)
        } else if status.size < size {
            try file.truncate(to: size)
        }
        return Opened(
            file: file, proven: findings.proven, position: findings.position, trust: trust,
            reservation: reservation, notes: notes)
    }
}
