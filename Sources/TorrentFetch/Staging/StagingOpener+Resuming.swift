internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

// A staging file that is there: what of it can be believed, and why.
extension StagingOpener {
    /// Most pieces that a spot check reads of each sort: the newest, and any.
    static let sampleCount = 16

    /// A killed run has written until its next journal was due, and a moment longer.
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
                // From now on the file is written to, and its times say nothing any more.
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

    /// What can be gone on with though nothing vouches for it; nil where there is nothing, or all of
    /// it, which its digest tells at once.
    ///
    /// - Parameter known: the pieces of a journal that was true once.
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
        // A killed run wrote on after its last journal: only size and place must be the same.
        guard journal.identity.isSameFile(as: identity), journal.identity.size == identity.size
        else { return .not(.changed) }
        let isLate = isLate(identity, journal.identity)
        guard map != nil else {
            guard let (findings, read) = try confirmed(journal, isLate: isLate, file) else {
                return .not(.notConfirmed)
            }
            return .believed(findings, .confirmed(pieces: read))
        }
        // Whoever wrote to it then was not that run: which piece, only reading it can tell.
        if isLate { return .not(.changed) }
        let sample = sample(of: journal.pieces)
        return try audit.confirms(sample, in: file)
            ? .believed(findings(journal), .confirmed(pieces: sample.count)) : .not(.notConfirmed)
    }

    /// Whether the file was written to when the run that left the journal was gone already.
    private func isLate(_ now: FileIdentity, _ then: FileIdentity) -> Bool {
        let waits = [now.modified.since(then.modified), now.changed.since(then.changed)]
        return waits.contains { $0 < .zero || $0 > Self.lateness }
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
        if let position = position(journal) { findings.position = position }
        return findings
    }

    /// How far the digests had come. Those of other kinds, of other libraries, or over what is not
    /// there begin anew.
    private func position(_ journal: Journal) -> PieceLedger.Position? {
        guard let fan = journal.hashes, Set(fan.algorithms) == Set(expected.algorithms),
            journal.frontier <= beginning(journal)
        else { return nil }
        return PieceLedger.Position(offset: journal.frontier, fan: fan)
    }

    /// The bytes before the first piece that is missing.
    private func beginning(_ journal: Journal) -> Int64 {
        min(Int64(journal.pieces.firstMissing()) * Int64(pieceLength), size)
    }

    /// What a killed run has left of a file without pieces: its beginning is read again, and must
    /// have the digests that it had then.
    ///
    /// - Returns: nil where it is another; else how many pieces were read, besides.
    private func confirmed(
        _ journal: Journal, isLate: Bool, _ file: borrowing FileDescriptor
    ) throws -> (PieceAudit.Findings, Int)? {
        let saved = position(journal)
        // Digests of the whole will tell in the end; a first use has only those of the journal.
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
            // Nothing would ever tell whether what came behind that is still the same.
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
            // Only the digests of all of it could prove any of it, and holes are no archive.
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
