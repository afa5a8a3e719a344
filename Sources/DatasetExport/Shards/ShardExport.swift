public import Checksums
public import DataFolder
public import DatasetManifest
internal import Disk
internal import Synchronization

/// Training shards of one split, straight from its archive or tree.
///
///     let export = ShardExport(
///         format: .mds(MDSConfig()), split: .train, input: .archive("ILSVRC2012_img_train.tar"),
///         place: OutputPlace(parent: "mds", name: "ILSVRC2012_img_train"))
///     let summary = try export.run(labels: labels) { _ in }
///
/// The same input and options give the same bytes, on any number of threads and in any number of
/// slices. The output appears whole; what a stopped run has written is gone on with.
public struct ShardExport: Sendable {
    public enum Format: Sendable {
        case mds(MDSConfig)
        /// The boxes are asked for only when they are needed.
        case tfrecord(shards: Int, boxes: (@Sendable () throws -> BoxRows)?)
        case webdataset(shards: Int)
        case webdatasetBySize(Int64)

        /// What it is called in receipts.
        public var kind: String { folder.rawValue }

        /// Where such shards usually appear.
        public var folder: DataFolder.Kind {
            switch self {
            case .mds: .mds
            case .tfrecord: .tfrecord
            case .webdataset, .webdatasetBySize: .webdataset
            }
        }
    }

    /// How far the work is.
    public struct Progress: Sendable, Hashable {
        public enum Stage: String, Sendable { case indexing, looking, writing }

        public let stage: Stage
        public let images: Int
        /// nil while nobody knows.
        public let total: Int?
        public let bytes: Int64
    }

    /// What was made, or was there.
    public struct Summary: Sendable {
        public var place: OutputPlace
        public var split: SampleTable.Split
        public var isAlreadyDone = false
        /// False for a slice, and where images were only listed.
        public var isWhole = true
        public var images = 0
        public var shards = 0
        public var bytes: Int64 = 0
        /// Shards that an earlier run had written.
        public var keptShards = 0
        public var oddities: [Oddity] = []
        public var boxes = 0
        /// Images left out because they are odd.
        public var skipped = 0
        public var otherFiles = 0
        public var withoutClass = 0
    }

    public var format: Format
    public var split: SampleTable.Split
    public var input: SampleInput
    public var place: OutputPlace
    public var seed: UInt64
    public var images = ImageMode.keep
    public var validates = false
    public var extensions = UsualShards.extensions
    public var threads = Workers.processors
    public var slice: ShardSlice?
    public var isForced = false
    /// What is known of the archive's digests, from its own receipt.
    public var inputDigests: [Digest] = []
    /// How many images the archive has, where a manifest says so.
    public var expectedImages: Int?
    /// What the classes must hash to, where no labels say which there are.
    public var classPin: Digest?
    /// What the boxes come from, for the receipt.
    public var boxInputs: [OutputReceipt.Input] = []
    /// Which start of the machine this is.
    public var boot = JournalStore.currentBoot()

    public init(
        format: Format, split: SampleTable.Split, input: SampleInput, place: OutputPlace
    ) {
        self.format = format
        self.split = split
        self.input = input
        self.place = place
        seed = UsualShards.seed(format.folder)
    }

    /// Makes the shards, or finds that they are there.
    ///
    /// - Parameters:
    ///   - labels: the classes and, for validation images, their labels; nil to take the classes
    ///     from the input.
    ///   - progress: is called on any thread, often; what it throws ends the work.
    /// - Throws: `ExportError`, `ArchiveError`, `DiskError`. Nothing half-made is under the output's
    ///   name then.
    public func run(
        labels: ClassLabels?, progress: @escaping @Sendable (Progress) throws -> Void
    ) throws -> Summary {
        if images != .list {
            try checkApart()
            if try ShardState.settle(place, companions: companionPlace()), isForced {
                // An output that was replaced just now is not replaced again.
                var rest = self
                rest.isForced = false
                return try rest.run(labels: labels, progress: progress)
            }
        }
        var wanted = OutputReceipt(
            kind: format.kind, name: place.name, options: options(labels), inputs: boxInputs)
        if validates { wanted.counts[OutputReceipt.decoded] = 1 }
        let older = olderNames(of: labels)
        var there: Existing?
        // The input of an archive is known before its headers are read.
        if input.archive != nil {
            wanted.inputs.insert(
                try input.receipt(digests: inputDigests, table: nil), at: 0)
            there = try existing(wanted, older)
            if let there, there.isEnough { return there.summary }
        }
        let (table, leftOut) = try input.table(
            split, labels: labels, extensions: extensions, expectedImages: expectedImages
        ) {
            try progress(Progress(stage: .indexing, images: $0, total: nil, bytes: 0))
        }
        if input.archive == nil {
            wanted.inputs.insert(try input.receipt(digests: [], table: table), at: 0)
            there = try existing(wanted, older)
            if let there, there.isEnough { return there.summary }
        }
        if labels == nil, split != .test { try checkClasses(table) }
        if images != .list, there == nil {
            try checkApart(table)
            try checkBeside()
        }
        let reader = try SampleReader(table, archive: input.archive)
        let found = images == .keep ? [] : try survey(table, reader, progress)
        var summary = Summary(place: place, split: split)
        summary.otherFiles = leftOut.otherFiles
        summary.withoutClass = leftOut.withoutClass
        if images == .list {
            summary.images = table.count
            summary.isWhole = false
            summary.oddities = found.map(\.oddity)
            return summary
        }
        let samples = sequence(table, found)
        if let there { return try decode(there, samples, reader, progress) }
        try write(samples, reader, wanted, older, &summary, progress)
        if images != .keep {
            summary.oddities = found.map(\.oddity)
            summary.skipped = images == .skip ? found.count : 0
        }
        return summary
    }

    // MARK: Order

    private func survey(
        _ table: SampleTable, _ reader: SampleReader,
        _ progress: @escaping @Sendable (Progress) throws -> Void
    ) throws -> [ImageSurvey.Found] {
        let looked = Counter()
        let total = table.count
        return try ImageSurvey.run(
            table, reader, repairs: images == .fix, threads: threads
        ) { count in
            let images = looked.add(count)
            try progress(Progress(stage: .looking, images: images, total: total, bytes: 0))
        }
    }

    /// The order in which the images are written, those that are skipped left out.
    private func sequence(
        _ table: SampleTable, _ found: [ImageSurvey.Found]
    ) -> SampleSequence {
        var kept = Array(0..<UInt32(table.count))
        if images == .skip {
            let skipped = Set(found.map(\.sample))
            kept.removeAll { skipped.contains($0) }
        }
        let order: [UInt32]
        switch format {
        case .tfrecord:
            order = PythonShuffle.permutation(kept.count, seed: seed).map { kept[Int($0)] }
        case .mds, .webdataset, .webdatasetBySize:
            order =
                split == .train
                ? NumpyShuffle.permutation(kept.count, seed: seed).map { kept[Int($0)] } : kept
        }
        var sizes: [UInt32: Int] = [:]
        for item in found { sizes[item.sample] = item.repairedSize }
        return SampleSequence(table, order: order, changedSizes: sizes)
    }

    // MARK: Writing

    private func write(
        _ samples: SampleSequence, _ reader: SampleReader, _ wanted: OutputReceipt,
        _ older: Set<String>, _ summary: inout Summary,
        _ progress: @escaping @Sendable (Progress) throws -> Void
    ) throws {
        switch format {
        case .mds(let config):
            try run(try MDSShards(samples, config), nil, reader, wanted, older, &summary, progress)
        case .tfrecord(let shards, let rows):
            let boxes =
                try rows.map { SampleBoxTable(try $0(), for: samples.table) }
                ?? SampleBoxTable()
            summary.boxes = boxes.count
            let format = TFRecordShards(
                samples, shardCount: min(shards, samples.count), boxes: boxes)
            try run(format, companionPlace(), reader, wanted, older, &summary, progress)
        case .webdataset(let shards):
            let format = try WebDatasetShards(samples, .count(min(shards, samples.count)))
            try run(format, nil, reader, wanted, older, &summary, progress)
        case .webdatasetBySize(let size):
            let format = try WebDatasetShards(samples, .size(size))
            try run(format, nil, reader, wanted, older, &summary, progress)
        }
    }

    private func run<Writing: ShardWriting>(
        _ format: Writing, _ companions: OutputPlace?, _ reader: SampleReader,
        _ wanted: OutputReceipt, _ older: Set<String>, _ summary: inout Summary,
        _ progress: @escaping @Sendable (Progress) throws -> Void
    ) throws {
        let (images, bytes) = (Counter(), Counter())
        let mine = slice?.part(of: format.shards.count) ?? format.shards.indices
        let total = mine.reduce(0) { $0 + format.shards[$1].count }
        let run = ShardRun(
            format: format, reader: reader, place: place, companionPlace: companions,
            mode: self.images, validates: validates, threads: max(1, threads), slice: slice,
            wanted: wanted, boot: boot, isForced: isForced, olderLabels: older)
        let outcome = try run.run { size in
            try progress(
                Progress(
                    stage: .writing, images: images.add(1), total: total,
                    bytes: Int64(bytes.add(Int(size)))))
        }
        summary.isWhole = outcome.isWhole
        summary.shards = outcome.records.count
        summary.images = outcome.records.reduce(0) { $0 + $1.samples }
        summary.bytes = outcome.records.reduce(0) { $0 + $1.file.size }
        summary.keptShards = outcome.kept
        summary.oddities = outcome.records.flatMap(\.oddities)
    }
}

/// A number that threads add to.
final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    /// - Returns: the sum so far.
    func add(_ count: Int) -> Int { value.add(count, ordering: .relaxed).newValue }
}
