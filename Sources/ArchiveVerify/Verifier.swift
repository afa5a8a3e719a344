internal import Checksums
public import DataFolder
public import DatasetManifest
public import Disk
internal import Synchronization

/// Proves files: each is read once, for all its digests and pieces together, on all cores.
///
///     let targets = try TargetSearch(known: known).search([data.folder(.archives)])
///     try Verifier(known: known).run(targets) { print($0.target.file.name, $0.status) }
///
/// A proven file gets a receipt, and a piece map if no torrent describes it; in read-only places it is
/// only proven.
public struct Verifier: Sendable {
    public struct Options: Sendable {
        /// Proves by pieces alone where they are known.
        public var byPieces = false
        /// How old a receipt may be to be trusted without reading the file; nil trusts none.
        public var maxAge: Duration?
        /// Accepts a file that nothing pins, and records its digest.
        public var allowsFirstUse = false
        public var threads = Workers.processors
        /// The spinning disks that a file is on.
        public var disks: @Sendable (Path) -> Set<SpinningDisks.Disk> = {
            SpinningDisks().disks(of: $0)
        }
        /// Bytes a second that no such disk can give: what is faster is a virtual disk that says
        /// that it spins, as most do, or the page cache.
        package var tooFastForHeads: Double = 1e9
        public var now: @Sendable () -> UTCTime = { .now }

        public init() {}
    }

    /// How far it is.
    public struct Progress: Sendable, Equatable {
        /// Bytes that were read.
        public var done: Int64
        /// Bytes to read, as known so far: it shrinks with every file that is trusted unread.
        public var total: Int64
        /// What is being read, the first of them.
        public var name: String?
    }

    public var known: KnownFiles
    public var options: Options
    /// The pieces of a file, if its torrent is available.
    public var torrentPieces: @Sendable (Target) -> PieceMap? = { _ in nil }
    /// Names what lies at damaged places.
    public var members: Damage.Naming?

    public init(known: KnownFiles, _ options: Options = Options()) {
        self.known = known
        self.options = options
    }

    /// Verifies the targets, and reports each in their order, from any thread, as soon as it and all
    /// before it are done.
    ///
    /// - Parameters:
    ///   - mayBegin: asked before each file, which are then read one at a time, because what was
    ///     begun is brought to its end. Without it several are read at once, if their disks
    ///     bear that.
    ///   - progress: is told after each block.
    /// - Returns: how many were verified, the first ones.
    /// - Throws: the reason of `stop`.
    @discardableResult
    public func run(
        _ targets: [Target], mayBegin: (@Sendable () -> Bool)? = nil,
        stop: StopCheck = .never, progress tell: @escaping @Sendable (Progress) -> Void = { _ in },
        report: @escaping @Sendable (Verification) -> Void
    ) throws -> Int {
        let total = targets.reduce(Int64(0)) { sum, target in
            let (sum, overflow) = sum.addingReportingOverflow(target.size ?? 0)
            return overflow ? .max : sum
        }
        let proofs = Monitor([Int: FileProof]())
        let reports = ReportsInOrder(report)
        let progress = Monitor(Progress(done: 0, total: total))
        let disks = targets.map { $0.isMissing ? [] : options.disks($0.path) }
        let work = ReadingCrew.Work(
            prepare: { index in
                switch FileProof.begin(targets[index], self) {
                case .done(let result):
                    progress.update { $0.total -= targets[index].size ?? 0 }
                    reports.add(result, at: index)
                    return nil
                case .read(let proof):
                    proofs.update { $0[index] = proof }
                    progress.update { $0.name = targets[index].file.name }
                    return proof.order
                }
            },
            conclude: { index, findings in
                guard let proof = proofs.update({ $0.removeValue(forKey: index) }) else { return }
                reports.add(proof.conclude(findings), at: index)
                let name = proofs.read { $0.keys.min() }.map { targets[$0].file.name }
                progress.update { $0.name = name }
            },
            disks: { disks[$0] }, tooFastForHeads: options.tooFastForHeads,
            atOnce: mayBegin == nil ? max(options.threads, MD5Lanes.count) : 1,
            mayBegin: mayBegin ?? { true },
            stop: stop,
            wasRead: { count in
                tell(
                    progress.update { progress in
                        progress.done += Int64(count)
                        return progress
                    })
            })
        return try ReadingCrew.run(targets.count, threads: options.threads, work)
    }

    /// The pieces that a file should have; nil where nobody knows them.
    public func pieces(of target: Target) -> PieceMap? {
        FileProof.pieces(of: target, target.file.digests, self).map
    }

    /// The verdict of a receipt, if receipts are trusted.
    func trusted(_ target: Target, _ identity: FileIdentity) -> Verification? {
        guard let maxAge = options.maxAge, let receipt = target.receipt,
            receipt.holds(for: identity), receipt.proves(target.file)
        else { return nil }
        guard let age = receipt.age(at: options.now()), age <= maxAge else { return nil }
        var result = Verification(target, .ok, bytes: identity.size)
        result.expected = target.file.digests
        result.actual = receipt.digests
        result.proof = .receipt
        result.provenAt = receipt.when
        return result
    }
}

/// Reports that come in any order and are passed on in order.
private final class ReportsInOrder: Sendable {
    private struct State {
        var next = 0
        var waiting: [Int: Verification] = [:]
    }

    private let state = Monitor(State())
    private let report: @Sendable (Verification) -> Void

    init(_ report: @escaping @Sendable (Verification) -> Void) { self.report = report }

    func add(_ result: Verification, at index: Int) {
        // Under the lock, so that no later one overtakes.
        state.update { state in
            state.waiting[index] = result
            while let next = state.waiting.removeValue(forKey: state.next) {
                report(next)
                state.next += 1
            }
        }
    }
}
