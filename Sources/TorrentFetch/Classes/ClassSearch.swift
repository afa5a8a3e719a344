internal import Archives
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// Finds the class tars that a fetch of some classes wants, and has their pieces downloaded.
///
/// The headers of a train archive are a chain: each says where the next one is. Links of it come from
/// an index, or from a scout who reads headers at a mirror. Both are only hints. Where there are
/// none, the chain is followed in the archive itself, whose pieces are asked for one by one. A class
/// counts once the header in front of it, in a verified piece, has its name and size.
///
/// Used by one thread.
final class ClassSearch {
    private let job: FetchJob
    private let wanted: ClassSelection
    private let staging: StagingFile
    private let queue: PieceQueue
    /// Lets the swarm bring a piece before all others.
    private let hasten: (Int) -> Void

    /// What is known so far. Hints and checked headers.
    private var known: [WNID: ClassIndex.Entry] = [:]
    private var headers: [Int64: ClassIndex.Entry] = [:]
    /// Wanted classes whose pieces are not asked for yet.
    private var unknown: Set<WNID>
    /// Wanted classes whose header has not been looked at.
    private var unchecked: [ClassIndex.Entry] = []
    /// Where the chain goes on.
    private var next: Int64 = 0
    private var scout: ClassScout?
    /// When the scout last found something.
    private var newsTime = ContinuousClock.now
    /// After so long without news the archive itself is searched beside the scout.
    private static let patience = Duration.seconds(5)
    /// Whether links of the chain are hints.
    private var trusts = false
    private(set) var isOver = false

    init(
        _ wanted: ClassSelection, _ job: FetchJob, _ staging: StagingFile, _ queue: PieceQueue,
        hasten: @escaping (Int) -> Void
    ) {
        (self.job, self.wanted, self.staging, self.queue) = (job, wanted, staging, queue)
        self.hasten = hasten
        unknown = Set(wanted.wnids)
        take(job.classIndex.entries)
        follow()
        guard !unknown.isEmpty, job.options.usesMirrors, !job.mirrors.isEmpty else { return }
        scout = ClassScout(job, unknown, from: next, size: staging.size)
    }

    /// How many links were found, wrong ones included: that they become more is progress too.
    private(set) var links = 0

    /// What will be downloaded, about, while some classes are not found yet.
    var bytesAbout: Int64 {
        if unknown.isEmpty { return 0 }
        let found = wanted.wnids.reduce(Int64(0)) { $0 + (known[$1]?.size ?? 0) }
        return found + ClassWork.bytesAbout(unknown.count, of: wanted, size: staging.size)
    }

    /// Ends it, and keeps what is known for the next time.
    func end(in data: DataFolder) {
        scout?.join()
        guard let index = try? ClassIndex(Array(known.values), archiveSize: staging.size),
            !index.entries.isEmpty
        else { return }
        do throws(DiskError) {
            try data.classIndexes.save(index, of: job.file.name, size: staging.size)
        } catch {
            job.note("cannot save where the classes lie: \(error.message)")
        }
    }

    /// - Throws: when the archive does not have a class, or its headers are damaged.
    func look() throws {
        if isOver { return }
        try checkHeaders()
        follow()
        if unknown.isEmpty {
            scout?.stop()
        } else if let scout {
            let news = scout.takeNews()
            if !news.isEmpty { newsTime = .now }
            take(news)
            if scout.isOver { self.scout = nil }
            follow()
        }
        let isAlone = scout == nil || ContinuousClock.now - newsTime > Self.patience
        if !unknown.isEmpty, isAlone { try walk() }
        if unknown.isEmpty, unchecked.isEmpty {
            isOver = true
            queue.endGrowing()
        }
    }

    // MARK: Hints

    private func take(_ hints: [ClassIndex.Entry]) {
        for entry in hints where entry.offset + entry.size <= staging.size {
            trusts = true
            note(entry)
        }
    }

    private func note(_ entry: ClassIndex.Entry) {
        guard known[entry.wnid] == nil else { return }
        known[entry.wnid] = entry
        headers[entry.range.lowerBound] = entry
        links += 1
        guard unknown.remove(entry.wnid) != nil else { return }
        unchecked.append(entry)
        queue.want(entry.pieces(ofLength: staging.pieceLength))
    }

    private func checkHeaders() throws {
        var rest: [ClassIndex.Entry] = []
        for entry in unchecked {
            guard let step = try step(at: entry.range.lowerBound) else {
                rest.append(entry)
                continue
            }
            if ClassIndex.Entry(step) != entry { return begin() }
        }
        unchecked = rest
    }

    /// A hint was wrong, so no other is believed: the headers of the archive decide.
    private func begin() {
        trusts = false
        queue.wantNothing()
        scout?.stop()
        scout = nil
        (known, headers, unchecked) = ([:], [:], [])
        unknown = Set(wanted.wnids)
        next = 0
    }

    // MARK: The chain

    private func follow() {
        while let entry = headers[next] { next = entry.end }
    }

    private func walk() throws {
        while !unknown.isEmpty {
            follow()
            let isInside = next + Int64(TarStep.blockSize) <= staging.size
            guard let step = isInside ? try step(at: next) : .end else {
                let piece = Int(next / Int64(staging.pieceLength))
                queue.await(piece)
                return hasten(piece)
            }
            switch step {
            case .end, .nonsense:
                if trusts {
                    begin()
                } else {
                    throw step == .end ? missing : FetchError.noHeader(job.file, at: next)
                }
            case .about(let after): next = after
            case .member(_, _, _, let after):
                if let entry = ClassIndex.Entry(step), entry.offset + entry.size <= staging.size {
                    // A second tar of that name is no link of the chain.
                    note(entry)
                }
                next = after
            }
        }
    }

    private func step(at offset: Int64) throws(DiskError) -> TarStep? {
        let block = offset..<offset + Int64(TarStep.blockSize)
        return try staging.provenBytes(block).map { TarStep($0, at: offset) }
    }

    private var missing: FetchError { .noClasses(job.file, unknown.sorted()) }
}

extension ClassIndex.Entry {
    /// The class tar that a header announces; nil for any other member.
    init?(_ step: TarStep) {
        guard case .member(let name, let size, let offset, _) = step,
            let wnid = WNID(ofTar: name)
        else { return nil }
        self.init(wnid: wnid, offset: offset, size: size)
    }
}
