internal import Checksums
internal import DataFolder
internal import Disk

/// Writes the missing shards of an output on all threads, and publishes the output when it is
/// complete.
public struct ShardRun: Sendable {
    let export: ShardExport
    let samples: SampleSequence
    let reader: SampleReader
    let boxes: SampleBoxTable
    /// The output's receipt without what only the work will show.
    let wanted: OutputReceipt
    /// What older versions called the same labels in receipts.
    let olderLabels: Set<String>
    let report: ShardExport.ProgressReport

    public struct Outcome: Sendable {
        var isWhole = true
        var images = 0
        var shards = 0
        var bytes: Int64 = 0
        /// Shards that an earlier run had written.
        var kept = 0
        var oddities: [Oddity] = []

        init(_ records: [ShardRecord], kept: Int, isWhole: Bool) {
            self.isWhole = isWhole
            self.kept = kept
            shards = records.count
            images = records.reduce(0) { $0 + $1.samples }
            bytes = records.reduce(0) { $0 + $1.file.size }
            oddities = records.flatMap(\.oddities)
        }
    }

    typealias Step = @Sendable (_ images: Int, _ bytes: Int64) throws -> Void

    private var place: OutputPlace { export.place }
    var options: ExportOptions { export.options }
    private var slice: ShardSlice? { options.share.slice }

    func write<Format: ShardPlan>(_ format: Format) throws -> Outcome {
        let parent = try place.open()
        let holder = try export.format.companions(of: place).map { try CompanionFolder($0) }
        let state = ShardState(
            place: place, wanted: wanted, share: options.share, boot: export.boot,
            isForced: options.isForced, olderLabels: olderLabels)
        if options.share == .merge, try parent.status(place.work) == nil {
            throw ExportError.otherOutput(
                place.path, "there are no slices to merge",
                hint: "write them first, with \(.slice)")
        }
        let locks = try state.begin(in: parent, format.shards.count)
        defer { withExtendedLifetime(locks) {} }
        let work = try parent.folder(place.work)
        let known = try state.records(in: work, format)
        let mine = slice?.part(of: format.shards.count) ?? format.shards.indices
        let todo = mine.filter { known[$0] == nil }
        if options.share == .merge, !todo.isEmpty {
            throw try state.missing(todo, of: format.shards.count, in: work)
        }
        try checkRoom(format, parent, todo)
        let step = ShardExport.Progress.counting(
            .writing, of: mine.reduce(0) { $0 + format.shards[$1].count }, report)
        if options.validates, try !state.isDecoded(in: work) {
            let kept = mine.filter { known[$0] != nil }.map { format.shards[$0] }
            try ImageDecoding.check(samples, kept, reader, threads: options.threads) {
                try step($0, 0)
            }
        }
        if !todo.isEmpty { try write(format, todo, known, work, holder, state, step) }
        let all = try state.records(in: work, format)
        if slice != nil {
            return Outcome(
                all.keys.sorted().compactMap { all[$0] }, kept: known.count, isWhole: false)
        }
        let records = format.shards.indices.compactMap { all[$0] }
        guard records.count == format.shards.count else {
            throw ExportError.brokenOutput(place.path, "one of its shards is missing")
        }
        let indexes = format.indexFiles(records)
        for file in indexes { try work.publish(Path(file.name), file.bytes, synced: false) }
        try state.finish(in: parent, work, wanted.completed(records, indexes, format.counts)) {
            try holder?.publish()
        }
        return Outcome(records, kept: known.count, isWhole: true)
    }

    // MARK: Writing

    private func write<Format: ShardPlan>(
        _ format: Format, _ todo: [Int], _ known: [Int: ShardRecord], _ work: borrowing Folder,
        _ holder: CompanionFolder?, _ state: ShardState, _ step: @escaping Step
    ) throws {
        let log = try ShardLog(
            work, name: state.logName, boot: export.boot,
            keeping: try state.ownRecords(in: work).filter { known[$0.shard] == $0 })
        let path = work.path
        try Workers.forEach(todo.count, threads: options.threads) { index in
            // A descriptor for each thread, because a borrowed one cannot be shared.
            let folder = try Folder(path)
            let companions = try holder.map { try Folder($0.workPath) } ?? (try Folder(path))
            let record = try format.write(
                todo[index], in: folder, companions: companions, self, step: step)
            try log.add(record)
        }
    }

    /// Files take whole blocks, and each shard has lines in an index, a log and the receipt.
    private static var besideShard: Int64 { 2 * 4096 + 2048 }

    /// As many as a receipt can name.
    private static var mostShards: Int { OutputReceipt.sizeLimit / 160 }

    /// Refuses an output that does not fit, before the first byte.
    private func checkRoom(
        _ format: some ShardPlan, _ parent: borrowing Folder, _ todo: [Int]
    ) throws {
        if format.shards.count > Self.mostShards {
            throw ExportError.unwritable(
                "cannot write \(format.shards.count) shards: a receipt names \(Self.mostShards) at "
                    + "the most", hint: "choose a larger \(.sizeLimit) or \(.maxSize)")
        }
        let bytes = todo.reduce(Int64(0)) {
            $0 + format.size(of: $1) + format.companionSize(of: $1)
        }
        try place.checkRoom(
            parent, bytes: bytes + Int64(todo.count) * Self.besideShard + (1 << 20),
            files: Int64(2 * todo.count + 8))
    }
}

/// The unfinished folder of companions.
struct CompanionFolder: Sendable {
    private let place: OutputPlace
    let workPath: Path

    init(_ place: OutputPlace) throws(DiskError) {
        self.place = place
        let parent = try place.open()
        workPath = try parent.folder(place.work, creating: true).path
    }

    func publish() throws(DiskError) { try place.publish(in: try Folder(place.parent)) }
}

/// What of an output one run makes.
public enum ShardShare: Sendable, Hashable {
    /// What is missing, and the output's end.
    case whole
    case slice(ShardSlice)
    /// The end only: slices have written all shards.
    case merge

    var slice: ShardSlice? {
        guard case .slice(let slice) = self else { return nil }
        return slice
    }
}

/// One of N parts of the shards, which machines can write at the same time.
public struct ShardSlice: Sendable, Hashable, CustomStringConvertible {
    public static let mostParts = 1_000_000

    /// From 1.
    public let index: Int
    public let count: Int

    public init?(index: Int, count: Int) {
        guard count >= 1, (1...count).contains(index) else { return nil }
        self.index = index
        self.count = count
    }

    private static let separator = "-of-"

    /// As names of locks and logs end.
    public var description: String { "\(index)\(Self.separator)\(count)" }

    static func suffix(_ count: Int) -> String { "\(separator)\(count)" }

    init?(suffix: Substring) {
        let parts = suffix.split(separator: Self.separator, omittingEmptySubsequences: false)
            .map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1] else { return nil }
        self.init(index: index, count: count)
    }

    func part(of shards: Int) -> Range<Int> { spans(shards, count)[index - 1] }
}
