internal import Checksums
internal import DataFolder
public import DatasetManifest
public import Disk

// Repairing a file in place: only its damaged pieces are downloaded, and nothing gets worse.
extension Fetcher {
    /// Reads a file and says what is damaged.
    ///
    /// A link is followed: the file it leads to is repaired.
    ///
    /// - Parameter isLocal: whether to look for the torrent on this machine only.
    /// - Throws: `FetchError` `.noPieces` without piece hashes, `.mismatch` when all pieces are
    ///   right and the digests are not, or when a link leads to another file.
    public func examine(
        _ file: ManifestFile, at path: Path, isLocal: Bool = false,
        stop: StopCheck = .never, report: @escaping @Sendable (FetchEvent) -> Void
    ) throws -> Examination {
        let file = pinned(file)
        let job = job(file, stop, report)
        let real = try Self.followed(path)
        let opened = try Self.open(real)
        let identity = try opened.identity()
        let hasOtherNames = try opened.status().links > 1
        try opened.syncMappings()
        let torrent = findTorrent(for: job, isLocal: true).torrent
        let own = torrent == nil ? try ownPieces(of: file) : nil
        let found =
            torrent == nil && own == nil && !isLocal
            ? findTorrent(for: job, isLocal: false).torrent : torrent
        guard let map = found?.map ?? own else { throw FetchError.noPieces(file) }
        report(.started(file))
        let expected = Expectation(
            name: file.name, size: map.size, pieceLength: map.pieceLength, map: map,
            algorithms: try algorithms(of: file, identity), digests: file.digests,
            torrent: found?.infoHash)
        let audit = PieceAudit(
            expected: expected, stop: stop, tell: { report(.reading(file, $0)) })
        let findings = try audit.run(opened)
        if real != path, map.count > 0, findings.proven.isEmpty {
            throw FetchError.strangeLink(file, to: real)
        }
        let examination = Examination(
            file, real, identity, findings, expected, found, mirrors: mirrors(of: file).mirrors,
            isForeign: try FileOwnership(data: data, name: file.name, path: real)
                .isForeign(identity, findings, map))
        if !examination.isWhole, examination.refusal == nil, hasOtherNames {
            job.note(FetchError.repairedInACopy(real))
        }
        let digests = findings.position.fan.digests
        if examination.isWhole, !expected.isMet(by: digests) { throw expected.mismatch(digests) }
        return examination
    }

    /// Records that the examined file is complete, and discards what a killed repair has kept.
    public func confirm(_ examination: Examination) throws(DiskError) {
        try UndoFile.discard(of: examination.file.name, in: data)
        _ = try data.receipts.join(
            examination.receipt(
                examination.findings.position.fan.digests, examination.identity,
                ["existing": examination.size]))
    }

    /// Repairs a file. The damaged pieces are saved first. Those that do not come are put back, and
    /// all of them if the whole file is wrong in the end.
    ///
    /// - Throws: `FetchError` `.mismatch` for another file with this name, before anything is
    ///   written.
    public func repair(
        _ examination: Examination, stop: StopCheck = .never,
        report: @escaping @Sendable (FetchEvent) -> Void
    ) throws -> FetchResult {
        if let refusal = examination.refusal { throw refusal }
        let lock = try data.lock(examination.path.parent)
        return try withExtendedLifetime(lock) {
            try Repair(self, examination, stop, report).run()
        }
    }

    private static func followed(_ path: Path) throws(DiskError) -> Path {
        let isLink = try Folder(path.parent).status(path.lastComponent)?.kind == .link
        return isLink ? try path.resolved() : path
    }

    static func open(_ path: Path) throws(DiskError) -> FileDescriptor {
        try Folder(path.parent).file(path.lastComponent, .readingNoLink)
    }

    private func ownPieces(of file: ManifestFile) throws(DiskError) -> PieceMap? {
        guard let own = try data.pieces.load(file.name) else { return nil }
        let expected = try expectedDigests(of: file)
        return own.belong(toSize: file.size, digests: expected) ? own.map : nil
    }

    /// The digests of the manifest, and those of an earlier receipt.
    private func algorithms(
        of file: ManifestFile, _ identity: FileIdentity
    ) throws(DiskError) -> [DigestAlgorithm] {
        guard case .receipt(let receipt) = try data.receipts.load(file.name) else {
            return file.algorithms
        }
        return file.algorithms
            + receipt.witnesses(for: identity, beside: file.algorithms)
    }
}

/// One repair, from the first saved byte to the receipt.
private struct Repair {
    private let examination: Examination
    private let job: FetchJob

    init(
        _ fetcher: Fetcher, _ examination: Examination, _ stop: StopCheck,
        _ report: @escaping @Sendable (FetchEvent) -> Void
    ) {
        self.examination = examination
        var job = fetcher.job(examination.file, stop, report)
        job.torrent = examination.torrent
        let chosen = fetcher.mirrors(of: job.file)
        job.mirrors = chosen.mirrors
        job.notes(chosen.notes)
        self.job = job
    }

    private var file: ManifestFile { job.file }
    private var data: DataFolder { job.data }
    private var expected: Expectation { examination.expected }

    func run() throws -> FetchResult {
        let folder = try Folder(examination.path.parent)
        let opened = try openedAlone(folder)
        var undo = try UndoFile(for: file.name, try opened.identity(), in: data)
        let mark = try undo.mark(
            of: try folder.file(examination.path.lastComponent, .readingNoLink))
        try keep(&undo, opened)
        try data.receipts.revoke(file.name)
        if examination.sizeFound != expected.size {
            try opened.truncate(to: expected.size)
            mark.note()
        }
        let transfer = PieceTransfer(job: job)
        let buffers = transfer.buffers(pieceLength: expected.pieceLength)
        let findings = examination.findings
        let staging = StagingFile(
            opened, expected, proven: findings.proven, from: findings.position, holds: buffers.held,
            written: { mark.note() })
        do {
            let result = try transfer.run(staging, buffers) { result in try conclude(result) }
            try undo.remove()
            return result
        } catch {
            let isContradiction = (error as? FetchError)?.code == .mismatch
            try putBack(
                isContradiction ? PieceSet(count: expected.pieceCount) : staging.proven, undo,
                folder)
            throw error
        }
    }

    /// Opens the file for this run alone. If it has other names it is copied first, so that those
    /// keep their bytes.
    private func openedAlone(_ folder: borrowing Folder) throws -> FileDescriptor {
        let name = examination.path.lastComponent
        let opened = try folder.file(name, .updating)
        // Other runs may use the file by another name.
        try opened.claim()
        guard try opened.identity() == examination.identity else {
            throw FetchError.changedMeanwhile(file)
        }
        try checkSpace()
        guard try opened.status().links > 1 else { return opened }
        try folder.separate(name, stop: job.stop)
        let copy = try folder.file(name, .updating)
        try copy.claim()
        return copy
    }

    private func checkSpace() throws {
        let tail = max(examination.sizeFound - expected.size, 0)
        let missing = max(expected.size - examination.sizeFound, 0)
        let needed = examination.bytesToFetch + tail + missing
        let free = try Folder.nearest(to: data.state).freeSpace().bytes
        let reserve = max(job.options.reserve, 0)
        guard needed > 0, needed > free || reserve > free - needed else { return }
        throw FetchError.noSpace(needed: needed, reserve: reserve, free: free)
    }

    private func keep(
        _ undo: inout UndoFile, _ opened: borrowing FileDescriptor
    ) throws(DiskError) {
        for pieces in examination.findings.proven.missingRanges {
            for piece in pieces { try undo.keep(expected.range(of: piece), of: opened) }
        }
        // The surplus at the end is cut off.
        var start = expected.size
        while start < examination.sizeFound {
            let end = min(start + Int64(expected.pieceLength), examination.sizeFound)
            try undo.keep(start..<end, of: opened)
            start = end
        }
        try undo.sync()
    }

    private func conclude(_ result: FetchResult) throws {
        guard expected.isMet(by: result.digests) else {
            throw expected.mismatch(result.digests)
        }
        let folder = try Folder(examination.path.parent)
        let whole = try folder.file(examination.path.lastComponent, .updating)
        try whole.sync()
        var sources = result.origins
        sources["existing"] = expected.size - examination.bytesToFetch
        _ = try data.receipts.join(
            examination.receipt(result.digests, try whole.identity(), sources))
    }

    /// Keeps the pieces that are right now and restores the others. Where the whole file is wrong,
    /// all are restored.
    private func putBack(
        _ proven: PieceSet, _ undo: borrowing UndoFile, _ folder: borrowing Folder
    ) throws(DiskError) {
        let opened = try folder.file(examination.path.lastComponent, .updating)
        try undo.restore(
            to: opened,
            in: proven.missingRanges.map(expected.range(ofPieces:)) + [expected.size..<Int64.max])
        // As short as before, but for new pieces after that.
        let last = (0..<expected.pieceCount).last { proven[$0] }
        let end = last.map { expected.range(of: $0).upperBound } ?? 0
        if undo.originalSize < expected.size || proven.isEmpty {
            try opened.truncate(to: max(undo.originalSize, end))
        }
        try opened.sync()
        try undo.note(try opened.identity())
        if proven.isEmpty || proven == examination.findings.proven { try undo.remove() }
    }
}
