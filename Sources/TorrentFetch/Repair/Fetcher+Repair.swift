internal import Checksums
internal import DataFolder
public import DatasetManifest
public import Disk

// Mending a file where it lies: only its damaged pieces come, and nothing about it gets worse.
extension Fetcher {
    /// Reads a file and says what of it is damaged.
    ///
    /// A link is followed: what it leads to is mended where it lies.
    ///
    /// - Parameter isLocal: whether its torrent is looked for on this machine alone.
    /// - Throws: `FetchError` `.noPieces` when nothing tells one part of it from another,
    ///   `.mismatch` when all pieces are right and the digests are not, and when a link leads to
    ///   something else.
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
            job.note(FetchError.mendedInACopy(real))
        }
        let digests = findings.position.fan.digests
        if examination.isWhole, !expected.isMet(by: digests) { throw expected.mismatch(digests) }
        return examination
    }

    /// Writes down that a file is whole, which its examination has shown. What a repair that was
    /// killed at its end has kept aside is wanted no more.
    public func confirm(_ examination: Examination) throws(DiskError) {
        try UndoFile.discard(of: examination.file.name, in: data)
        _ = try data.receipts.join(
            examination.receipt(
                examination.findings.position.fan.digests, examination.identity,
                ["existing": examination.size]))
    }

    /// Mends a file. The damaged pieces are kept aside first; those that do not come are put back as
    /// they were, and all of them when the whole is not what it should be in the end.
    ///
    /// - Throws: `FetchError` `.mismatch` for another file that only bears the name, before anything
    ///   is written.
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

    /// The digests that prove it, and those that go on from an earlier proof by others.
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

/// One repair: from the first byte that is kept aside to the receipt.
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

    /// The file, for this run alone and without another name: what is written to it must not change
    /// a file that somebody has linked it to.
    private func openedAlone(_ folder: borrowing Folder) throws -> FileDescriptor {
        let name = examination.path.lastComponent
        let opened = try folder.file(name, .updating)
        // It may have other names, and other runs that fetch or mend it by those.
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

    /// Room for what is kept aside, and for what was cut off.
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
        // What lies behind the end is cut off.
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
        var sources = result.fromMirrors
        if result.fromSwarm > 0 { sources["swarm"] = result.fromSwarm }
        sources["existing"] = expected.size - examination.bytesToFetch
        _ = try data.receipts.join(
            examination.receipt(result.digests, try whole.identity(), sources))
    }

    /// Pieces that came are right, whatever else happened, and stay; what is not proven is as it was
    /// before. Where not even all pieces together are right, nothing is proven.
    private func putBack(
        _ proven: PieceSet, _ undo: borrowing UndoFile, _ folder: borrowing Folder
    ) throws(DiskError) {
        let opened = try folder.file(examination.path.lastComponent, .updating)
        try undo.restore(
            to: opened,
            in: proven.missingRanges.map(expected.range(ofPieces:)) + [expected.size..<Int64.max])
        // As short as before, but for what has come behind that.
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
