internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// A file that is already there under the final name, and what to do about it.
struct FinalFile: ~Copyable {
    enum Found: Sendable {
        case none
        case whole(Receipt)
        /// It was wrong and has the staging name now; some pieces are right.
        case moved(PieceAudit.Findings)
        /// The same for an unfinished file without piece hashes: the pieces are presumed right.
        case presumed(PieceAudit.Findings)
    }

    private let opener: StagingOpener
    private let archives: Folder
    private let name: Path
    private let path: Path

    init(_ opener: StagingOpener, _ archives: borrowing Folder) throws(DiskError) {
        self.opener = opener
        self.archives = try Folder(archives.path)
        name = Path(opener.name)
        path = opener.data.archive(opener.name)
    }

    /// Why the file must stay: it may be somebody's and not a damaged download. Nil where it may be
    /// adopted or replaced. Nothing is changed.
    func refusal(_ notes: inout [String]) throws -> FetchError? {
        guard let looked = try look(), try !isWhole(looked) else { return nil }
        if let refusal = try refusal(looked) { return refusal }
        if opener.map != nil, looked.hasOtherNames, !looked.isLink {
            notes.append(FetchError.repairedInACopy(path))
        }
        return nil
    }

    /// Verifies the file, or takes over its right pieces.
    ///
    /// - Throws: `FetchError` `.foreign` before anything is changed, where it may be somebody's.
    func examine(_ notes: inout [String], provingOnly: Bool = false) throws -> Found {
        guard let looked = try look() else { return .none }
        if try isWhole(looked) {
            return .whole(try adopt(looked, &notes))
        }
        if provingOnly { return .none }
        if let refusal = try refusal(looked) { throw refusal }
        if let presumed = try presumed(looked) {
            return .presumed(try take(presumed, looked, &notes))
        }
        if opener.map == nil, looked.identity.size != opener.size {
            notes.append(
                "\(path) has \(looked.identity.size) bytes, not \(opener.size): it is kept until a "
                    + "complete copy replaces it")
            return .none
        }
        guard try opener.map != nil && !looked.isLink && !isStagingThere() else {
            notes.append(
                "\(path) is not the right file: it is kept until a complete copy replaces it")
            return .none
        }
        return .moved(try move(looked, &notes))
    }

    private struct Looked {
        let identity: FileIdentity
        let hasOtherNames: Bool
        let isLink: Bool
        let hasAria2File: Bool
        /// Nil where it was not read: it has another size, and no pieces are known.
        let findings: PieceAudit.Findings?

        var digests: [Digest] { findings?.position.fan.digests ?? [] }
    }

    private func look() throws -> Looked? {
        guard let status = try archives.status(name) else { return nil }
        let isLink = status.kind == .link
        guard let file = try open(isLink: isLink) else { return nil }
        let identity = try file.identity()
        try file.syncMappings()
        // Without pieces only the digests of the whole file could tell, and a file of another size
        // cannot have them.
        let isReadable = opener.map != nil || identity.size == opener.size
        return Looked(
            identity: identity, hasOtherNames: try file.status().links > 1, isLink: isLink,
            hasAria2File: try archives.status(DataFolder.aria2Name(opener.name)) != nil,
            findings: isReadable ? try opener.audit.run(file) : nil)
    }

    private func isWhole(_ looked: Looked) throws -> Bool {
        guard let findings = looked.findings, looked.identity.size == opener.size,
            findings.proven.isComplete, findings.position.offset == opener.size
        else { return false }
        // An unfinished file of aria2 has its full size; without a pin it would pass.
        let expected = opener.expected
        if expected.isProvable || !looked.hasAria2File, expected.isMet(by: looked.digests) {
            return true
        }
        guard opener.map != nil else { return false }
        throw expected.mismatch(looked.digests)
    }

    private func refusal(_ looked: Looked) throws(DiskError) -> FetchError? {
        // A link is replaced; the file it leads to stays.
        if looked.isLink || looked.hasAria2File { return nil }
        let ownership = FileOwnership(data: opener.data, name: opener.name, path: path)
        if let map = opener.map {
            guard let findings = looked.findings,
                try ownership.isForeign(looked.identity, findings, map)
            else { return nil }
            return .foreign(opener.name, at: path)
        }
        if !looked.hasOtherNames {
            // A short file is an unfinished download. A file where this archive was verified before
            // has replaced it.
            if looked.identity.size < opener.size { return nil }
            if case .receipt = try opener.data.receipts.load(opener.name) { return nil }
        }
        guard try ownership.isForeign(looked.identity) else { return nil }
        return .foreign(opener.name, at: path, hasPieces: false)
    }

    /// The pieces of an unfinished file that are presumed right where no hashes are known; nil
    /// where there are none.
    private func presumed(_ looked: Looked) throws(DiskError) -> PieceSet? {
        guard opener.presumes, !looked.isLink, !looked.hasOtherNames,
            looked.identity.size < opener.size || looked.hasAria2File, try !isStagingThere()
        else { return nil }
        let pieces = try opener.presumedPieces(
            of: try archives.file(name, .readingNoLink), in: archives)
        return pieces.isEmpty ? nil : pieces
    }

    private func take(
        _ presumed: PieceSet, _ looked: Looked, _ notes: inout [String]
    ) throws -> PieceAudit.Findings {
        try archives.file(name, .updating).claim()
        try archives.rename(name, to: DataFolder.stagingName(opener.name))
        // aria2's control file would be wrong from now on.
        try archives.remove(DataFolder.aria2Name(opener.name))
        notes.append(
            "\(path) is not complete and is now \(opener.data.staging(opener.name)): its contents are "
                + "kept, and the digest of the whole file verifies them at the end")
        var findings = opener.nothing
        findings.proven = presumed
        return findings
    }

    /// Gives it the staging name; a file with other names is copied first.
    private func move(
        _ looked: Looked, _ notes: inout [String]
    ) throws -> PieceAudit.Findings {
        let findings = looked.findings ?? opener.nothing
        // Another run may be repairing it.
        try archives.file(name, .updating).claim()
        if looked.hasOtherNames {
            notes.append(FetchError.repairedInACopy(path))
            try archives.separate(name, stop: opener.stop)
        }
        try archives.rename(name, to: DataFolder.stagingName(opener.name))
        let right = findings.proven.members
        notes.append(
            "\(path) is not complete and is now \(opener.data.staging(opener.name)): \(right) of "
                + "its \(findings.proven.count) pieces \(right == 1 ? "is" : "are") right; the rest is "
                + "downloaded")
        return findings
    }

    private func open(isLink: Bool) throws(DiskError) -> FileDescriptor? {
        guard isLink else { return try archives.file(name, .readingNoLink) }
        // A dangling link is in nobody's way.
        return try ifPresent(FileDescriptor(path, .reading))
    }

    private func isStagingThere() throws(DiskError) -> Bool {
        try archives.status(DataFolder.stagingName(opener.name)) != nil
    }

    private func adopt(_ looked: Looked, _ notes: inout [String]) throws -> Receipt {
        if looked.hasAria2File {
            // With its control file aria2 would take the file for an unfinished one.
            try archives.remove(DataFolder.aria2Name(opener.name))
            notes.append("\(path) is complete: removed the control file that aria2 left")
        }
        // The identity from before the read: a later change shows.
        let receipt = Receipt(
            fileName: opener.name, digests: looked.digests,
            torrent: opener.expected.torrent, identity: looked.identity,
            proof: opener.expected.proof, sources: ["existing": opener.size])
        do throws(DiskError) {
            _ = try opener.data.receipts.join(receipt)
        } catch {
            // In a read-only folder it is verified all the same, but not remembered.
            notes.append("cannot save a receipt for \(path): \(error.message)")
        }
        return receipt
    }
}
