internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

// How much of an existing staging file can be believed, and why.
extension StagingOpener {
    /// Most pieces that a spot check reads: so many of the newest, and so many others.
    static let sampleCount = 16

    /// A killed run may have written until its next journal was due, and a moment longer.
    static let lateness = JournalKeeper.Rhythm().quick + .milliseconds(250)

    func resume(
        _ file: consuming FileDescriptor, _ archives: borrowing Folder,
        _ journals: borrowing JournalStore, _ notes: [String]
    ) throws -> Opened {
        let identity = try file.identity()
        let reason: Reason
        if let journal = try journals.load(name) {
            switch try judge(journal, identity, file) {
            case .believed(let findings, let trust):
                // The file will be written to, so its times prove nothing any more.
                if journal.isClean { try markUnclean(journal, journals) }
                return try prepare(file, findings, trust, notes)
            case .not(let why): reason = why
            }
        } else {
            reason = .noJournal
        }
        let known = reason == .changed ? try journals.load(name)?.pieces : nil
        try journals.remove(name)
        let path = file.path
        let why = reason == .noJournal ? "has no journal" : "has changed since the last run"
        if reason == .noJournal || reason == .changed,
            let presumed = try presumed(known, file, archives)
        {
            let note =
                "\(path) \(why): its contents are kept, and the digest of the whole file verifies them "
                + "at the end"
            return try prepare(file, presumed, .presumed, notes + [note])
        }
        let findings = try read(archives, identity, file)
        let note: String
        if map == nil, pin == nil {
            note =
                "\(path) may be another file or from another source: it is downloaded from the beginning"
        } else if map == nil, findings.proven.isEmpty, reason != .noJournal {
            note =
                "\(path) \(why), and there are no piece hashes for it: it is downloaded from the "
                + "beginning"
        } else {
            note = "\(path) \(why): its contents were read and verified"
        }
        return try prepare(file, findings, .read(reason), notes + [note])
    }

    /// Pieces to keep although nothing vouches for them. Nil where there are none, or all: then the
    /// digest tells at once.
    ///
    /// - Parameter known: the pieces of an outdated journal.
    private func presumed(
        _ known: PieceSet?, _ file: borrowing FileDescriptor, _ archives: borrowing Folder
    ) throws(DiskError) -> PieceAudit.Findings? {
        guard presumes else { return nil }
        var findings = nothing
        findings.proven = try presumedPieces(of: file, in: archives)
        if let known, known.count == findings.proven.count {
            for piece in 0..<known.count where !known[piece] { findings.proven[piece] = false }
        }
        return findings.proven.isEmpty || findings.proven.isComplete ? nil : findings
    }

    private enum Judgement {
        case believed(PieceAudit.Findings, Trust)
        case not(Reason)
    }

    private func judge(
        _ journal: Journal, _ identity: FileIdentity, _ file: borrowing FileDescriptor
    ) throws -> Judgement {
        guard journal.pin == pin, journal.size == size, journal.pieceLength == Int64(pieceLength)
        else { return .not(.otherPin) }
        if journal.isClean {
            return journal.identity == identity
                ? .believed(findings(journal), .journal) : .not(.changed)
        }
        // A killed run wrote after its last journal: only size and place must be the same.
        guard journal.identity.isSameFile(as: identity), journal.identity.size == identity.size
        else { return .not(.changed) }
        let isLate = isLate(identity, journal.identity)
        guard map != nil else {
            guard let (findings, read) = try confirmed(journal, isLate: isLate, file) else {
                return .not(.notConfirmed)
            }
            return .believed(findings, .confirmed(pieces: read))
        }
        // Somebody else wrote to it later; only reading it tells to which piece.
        if isLate { return .not(.changed) }
        let sample = sample(of: journal.pieces)
        return try audit.confirms(sample, in: file)
            ? .believed(findings(journal), .confirmed(pieces: sample.count)) : .not(.notConfirmed)
    }

    /// Whether the file was written to after the run of the journal had ended.
    private func isLate(_ now: FileIdentity, _ then: FileIdentity) -> Bool {
        let waits = [now.modified.since(then.modified), now.changed.since(then.changed)]
        return waits.contains { $0 < .zero || $0 > Self.lateness }
    }

    /// The last pieces, mostly the newest, and some others.
    private func sample(of pieces: PieceSet) -> [Int] {
        let present = (0..<pieces.count).filter { pieces[$0] }
        let older = present.dropLast(Self.sampleCount)
        return present.suffix(Self.sampleCount) + older.shuffled().prefix(Self.sampleCount)
    }

    private func findings(_ journal: Journal) -> PieceAudit.Findings {
        var findings = nothing
        findings.proven = journal.pieces
        if let position = position(journal) { findings.position = position }
        return findings
    }

    /// How far the digests had come; nil where they are of other kinds, of another library, or
    /// beyond the gapless beginning.
    private func position(_ journal: Journal) -> PieceLedger.Position? {
        guard let fan = journal.hashes, Set(fan.algorithms) == Set(expected.algorithms),
            journal.frontier <= beginning(journal)
        else { return nil }
        return PieceLedger.Position(offset: journal.frontier, fan: fan)
    }

    private func beginning(_ journal: Journal) -> Int64 {
        min(Int64(journal.pieces.firstMissing()) * Int64(pieceLength), size)
    }

    /// For a file without piece hashes that a killed run has left: reads its beginning again, which
    /// must have the same digests.
    ///
    /// - Returns: also how many pieces were read; nil where the digests differ.
    private func confirmed(
        _ journal: Journal, isLate: Bool, _ file: borrowing FileDescriptor
    ) throws -> (PieceAudit.Findings, Int)? {
        let saved = position(journal)
        // The digest of the whole file decides in the end; a first use has only the journal's.
        let isPinned = !expected.digests.isEmpty
        guard saved != nil || isPinned else { return nil }
        let end = saved?.offset ?? beginning(journal)
        var findings = nothing
        do {
            findings.position = try audit.digests(of: file, upTo: end)
        } catch let error as DiskError where error.code == .io {
            return nil
        }
        if let saved, saved.fan.digests != findings.position.fan.digests { return nil }
        findings.proven = journal.pieces
        let length = Int64(pieceLength)
        let read = Int((end + length - 1) / length)
        if isLate, !isPinned {
            // Nothing could tell whether the rest is still the same.
            guard end % length == 0 || end == size else { return nil }
            for piece in read..<journal.pieces.count { findings.proven[piece] = false }
        }
        return (findings, read)
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
            // Only the digests of the whole file could verify it, and holes are no archive.
            let status = try file.status()
            guard presumes, status.size == size, status.allocated >= size
            else { return nothing }
        }
        let again = try archives.file(DataFolder.stagingName(name), .readingNoLink)
        guard try again.identity() == identity else { return nothing }
        let findings = try audit.run(again)
        if map == nil, !expected.isMet(by: findings.position.fan.digests) { return nothing }
        return findings
    }
}
