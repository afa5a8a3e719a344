internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// Opens the file in which an archive grows, or makes it, and says what of it can be believed.
///
/// A journal is believed as far as the file is still the one it speaks of; beyond that the piece map
/// decides, and what neither vouches for is fetched again. A file under the final name that nobody
/// has proven is proven here, or its good pieces are taken over. Nothing is ever deleted in silence.
struct StagingOpener: Sendable {
    let data: DataFolder
    let name: String
    let size: Int64
    let pieceLength: Int
    let map: PieceMap?
    /// What the pieces are checked against; see `Journal.pin`. Nil where nothing that is there
    /// counts, though it may well be sound: it is of another file, or from elsewhere.
    let pin: String?
    let algorithms: [DigestAlgorithm]
    /// What the whole file must have, of these algorithms. Empty where only the pieces, or nothing,
    /// pins it.
    var expected: [Digest] = []
    var torrent: InfoHash?
    var threads = Workers.processors
    /// Whether the blocks of the file are reserved before the first byte.
    var reserves = true
    /// Is told how many bytes were read to prove what is there, and says whether to go on.
    var goOn: @Sendable (Int64) -> Bool = { _ in true }

    /// How the pieces that are there came to be believed.
    enum Trust: Sendable, Equatable {
        /// There was nothing.
        case begun
        /// The journal's word, the file being untouched since.
        case journal
        /// The journal of a run that was killed; so many pieces were read to confirm it.
        case confirmed(pieces: Int)
        /// All that the file holds was read, for this reason.
        case read(Reason)
    }

    enum Reason: Sendable, Equatable {
        case noJournal
        /// The journal is of another torrent, size or validator.
        case otherPin
        /// The file is not the one that the journal speaks of, or was written to since.
        case changed
        /// A piece that the journal has is not what it should be.
        case notConfirmed
        /// It lay under the final name.
        case moved
    }

    /// A staging file, ready to take what is missing.
    struct Opened: ~Copyable {
        let file: FileDescriptor
        let proven: PieceSet
        let position: FrontierHasher.Position
        let trust: Trust
        /// Whether the blocks are the file's own already; otherwise the free space must be watched.
        let reservation: FileDescriptor.Reservation
        /// What a person should be told.
        let notes: [String]
    }

    enum Result: ~Copyable {
        /// There is nothing to fetch: it is proven, and this is its receipt.
        case whole(Receipt, notes: [String])
        case growing(Opened)
    }

    /// Most pieces that a spot check reads of each sort: the newest, and any.
    static let sampleCount = 16

    /// - Throws: `DiskError`, `.noSpace` among them, before anything was written; `FetchError`
    ///   `.mismatch` when all pieces are right and the digests are not; `CancellationError`.
    func open(_ journals: borrowing JournalStore) throws -> Result {
        let archives = try Folder.creating(data.folder(.archives))
        var notes: [String] = []
        let found = try FinalFile(self, archives).examine(&notes)
        switch found {
        case .whole(let receipt):
            // What was growing beside it is of no use any more. Where nothing is, nothing is tried:
            // a disk that cannot be written refuses even that.
            if try archives.status(DataFolder.stagingName(name)) != nil {
                try archives.remove(DataFolder.stagingName(name))
            }
            try journals.remove(name)
            return .whole(receipt, notes: notes)
        case .moved(let findings):
            try journals.remove(name)
            let file = try archives.file(DataFolder.stagingName(name), .updating)
            return .growing(
                try prepare(file, findings, .read(.moved), notes))
        case .none: break
        }
        guard try archives.status(DataFolder.stagingName(name)) != nil else {
            try journals.remove(name)
            return .growing(try begin(archives, notes))
        }
        let file = try archives.file(DataFolder.stagingName(name), .updating)
        return .growing(try resume(file, archives, journals, notes))
    }

    /// Proves what lies under the final name by its digests alone, and leaves it where it is when
    /// they are others; for a file of which no pieces are known.
    func prove(_ notes: inout [String]) throws -> Receipt? {
        let archives = try Folder.creating(data.folder(.archives))
        guard case .whole(let receipt) = try FinalFile(self, archives).examine(&notes) else {
            return nil
        }
        return receipt
    }

    /// The opened file with all that is known of it, as swarm and mirrors fill it.
    ///
    /// - Parameter holds: see `FrontierHasher.init`.
    func staging(_ opened: consuming Opened, holds: Int) -> StagingFile {
        let (proven, position) = (opened.proven, opened.position)
        return StagingFile(
            opened.file, size: size, pieceLength: pieceLength, map: map, proven: proven,
            from: position, holds: holds)
    }

    var audit: PieceAudit {
        PieceAudit(
            size: size, pieceLength: pieceLength, map: map, algorithms: algorithms,
            threads: threads, goOn: goOn)
    }

    // MARK: Nothing there

    private func begin(_ archives: borrowing Folder, _ notes: [String]) throws -> Opened {
        let staging = DataFolder.stagingName(name)
        let file = try archives.file(staging, .creating)
        do {
            return try prepare(file, nothing, .begun, notes)
        } catch {
            try? archives.remove(staging)
            throw error
        }
    }

    private var nothing: PieceAudit.Findings {
        PieceAudit.Findings(
            proven: PieceSet(count: audit.count),
            position: FrontierHasher.Position(offset: 0, fan: HashFan(algorithms)))
    }

    private func prepare(
        _ file: consuming FileDescriptor, _ findings: PieceAudit.Findings, _ trust: Trust,
        _ notes: [String]
    ) throws(DiskError) -> Opened {
        var notes = notes
        if findings.unreadable > 0 {
            notes.append(
                "\(file.path): the disk would not give \(findings.unreadable) of its pieces; they "
                    + "are fetched again")
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

    // MARK: Something there

    private func resume(
        _ file: consuming FileDescriptor, _ archives: borrowing Folder,
        _ journals: borrowing JournalStore, _ notes: [String]
    ) throws -> Opened {
        let identity = try file.identity()
        let reason: Reason
        if let journal = try journals.load(name) {
            switch try judge(journal, identity, file) {
            case .believed(let trust):
                // From now on the file is written to, and its times say nothing any more.
                if journal.isClean { try markUnclean(journal, journals) }
                return try prepare(file, findings(journal), trust, notes)
            case .not(let why): reason = why
            }
        } else {
            reason = .noJournal
        }
        try journals.remove(name)
        let findings = try read(archives, identity, file)
        if map == nil, pin == nil {
            let note = "\(file.path) may hold something else or come from elsewhere: begun anew"
            return try prepare(file, findings, .read(reason), notes + [note])
        }
        let note =
            reason == .noJournal
            ? "\(file.path) has no journal: what it holds was read and proven"
            : "\(file.path) is not as it was left: what it holds was read and proven again"
        return try prepare(file, findings, .read(reason), notes + [note])
    }

    private enum Judgement {
        case believed(Trust)
        case not(Reason)
    }

    private func judge(
        _ journal: Journal, _ identity: FileIdentity, _ file: borrowing FileDescriptor
    ) throws(DiskError) -> Judgement {
        guard journal.pin == pin, journal.size == size, journal.pieceLength == Int64(pieceLength)
        else { return .not(.otherPin) }
        if journal.isClean {
            return journal.identity == identity ? .believed(.journal) : .not(.changed)
        }
        // A killed run wrote on after its last journal: size and place are all that can be compared.
        guard journal.identity.fileSystem == identity.fileSystem,
            journal.identity.inode == identity.inode, journal.identity.size == identity.size
        else { return .not(.changed) }
        guard map != nil else { return .believed(.confirmed(pieces: 0)) }
        let sample = sample(of: journal.pieces)
        return try audit.confirms(sample, in: file)
            ? .believed(.confirmed(pieces: sample.count)) : .not(.notConfirmed)
    }

    /// The last pieces, which are the newest where pieces come nearly in order, and any others.
    private func sample(of pieces: PieceSet) -> [Int] {
        let present = (0..<pieces.count).filter { pieces[$0] }
        let older = present.dropLast(Self.sampleCount)
        return present.suffix(Self.sampleCount) + older.shuffled().prefix(Self.sampleCount)
    }

    private func findings(_ journal: Journal) -> PieceAudit.Findings {
        var findings = nothing
        findings.proven = journal.pieces
        // Digests of other kinds, of other libraries, or over what is not there begin anew.
        let prefix = Int64(journal.pieces.firstMissing()) * Int64(pieceLength)
        if let fan = journal.hashes, Set(fan.algorithms) == Set(algorithms),
            journal.frontier <= prefix
        {
            findings.position = FrontierHasher.Position(offset: journal.frontier, fan: fan)
        }
        return findings
    }

    private func markUnclean(
        _ journal: Journal, _ journals: borrowing JournalStore
    ) throws(DiskError) {
        var journal = journal
        journal.isClean = false
        try journals.save(journal, .synced)
        try journals.save(journal, .quick)
    }

    private func read(
        _ archives: borrowing Folder, _ identity: FileIdentity, _ file: borrowing FileDescriptor
    ) throws -> PieceAudit.Findings {
        if map == nil {
            // Only the digests of all of it could prove any of it, and holes are no archive.
            let status = try file.status()
            guard pin != nil, !expected.isEmpty, status.size == size, status.allocated >= size
            else {
                return nothing
            }
        }
        let again = try archives.file(DataFolder.stagingName(name), .readingNoLink)
        guard try again.identity() == identity else { return nothing }
        let findings = try audit.run(again)
        if map == nil, !isExpected(findings.position.fan.digests) { return nothing }
        return findings
    }

    func isExpected(_ digests: [Digest]) -> Bool { expected.allSatisfy(digests.contains) }
}
