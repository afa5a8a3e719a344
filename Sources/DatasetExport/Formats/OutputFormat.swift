internal import Checksums
public import DataFolder
public import Disk

/// A format of output, with the options that decide its bytes. Commands, help, `status` and
/// `verify` ask it for everything that is particular to it.
///
/// A format is one file, and one line in `OutputFormats.all`. Formats of shards pass their writer
/// to `ShardRun.write`; others may write to `ShardRun` in their own way.
public protocol OutputFormat: Sendable {
    /// Also the name of its command and its folder, and its kind in receipts.
    var name: String { get }
    /// For the help: a line, and paragraphs.
    var summary: String { get }
    var detail: String { get }
    var examples: [FormatExample] { get }

    // MARK: Options

    /// Options of this format alone.
    var options: [FormatOption] { get }
    /// - Parameter value: spelled as in `values`.
    /// - Throws: `.badOption`
    mutating func set(_ option: String, to value: String) throws(ExportError)
    /// The values of its options, as receipts have them.
    func values(for split: SampleTable.Split) -> [String: String]
    var usualSeed: UInt64 { get }
    /// Whether a seed decides the order of its images.
    var isShuffled: Bool { get }
    /// Whether several machines can write one output.
    var hasSlices: Bool { get }
    /// Whether its labels are numbers.
    var hasLabels: Bool { get }
    /// Refuses options that mean nothing here.
    ///
    /// - Throws: `.badOption`
    func check(_ options: ExportOptions) throws(ExportError)
    /// What happens to odd images if nobody says it.
    var usualImages: ImageMode { get }
    /// Whether repaired images have one colour for four pixels.
    var halvesColours: Bool { get }

    // MARK: Images

    /// Whether the words of the classes are in the bytes.
    var hasWords: Bool { get }
    /// Whether the names of the classes are in every output, also in that of test images.
    var hasAllClasses: Bool { get }
    var takesBoxes: Bool { get }
    /// The order in which images are written.
    ///
    /// - Parameter samples: images of the table, in its order.
    func order(of samples: [UInt32], in table: SampleTable, seed: UInt64) -> [UInt32]
    /// The most bytes that an image needs beside its size in a tar.
    var bytesPerImage: Int64 { get }
    func write(_ run: ShardRun) throws -> ShardRun.Outcome

    // MARK: Where

    /// The folder for the files of all splits, below the one of the outputs; nil if each split has
    /// its own.
    var sharedFolder: Path? { get }
    /// How the names of a split's files in the shared folder begin, and no others.
    func filePrefix(_ split: SampleTable.Split) -> String

    // MARK: Files that go with an output

    /// What the name of an output ends with that is one file; nil for a folder of shards.
    var fileSuffix: String? { get }
    /// Where indexes belong that loaders would take for shards.
    func companions(of place: OutputPlace) -> OutputPlace?
    /// Refuses to replace other people's files beside the output.
    func checkBeside(_ place: OutputPlace) throws
    /// The first file beside the shards that is missing.
    func missingCompanion(
        _ receipt: OutputReceipt, at place: OutputPlace
    ) throws -> MissingCompanion?
    /// Updates the file that describes all outputs in a folder.
    ///
    /// - Parameter isOwn: false if another format has made an output there.
    /// - Returns: warnings.
    func describe(_ parent: Path, isOwn: Bool) throws -> [String]

    // MARK: Outputs that are there

    /// What a folder without a receipt contains, by its index or file names; nil if nothing of this
    /// format.
    func find(in folder: borrowing Folder) throws -> OutputIndex?
    func checkIndex(_ receipt: OutputReceipt, in folder: borrowing Folder) throws -> IndexCheck
    /// A receipt of an earlier version with the options that this one would write for the same
    /// bytes.
    func renewed(_ receipt: OutputReceipt) -> OutputReceipt
    /// The name of a file before compression: readers may keep only that one.
    func unpackedName(_ name: String) -> String?
    /// What labels mean, and how to load the output.
    func loading(_ summary: ShardExport.Summary) -> [String]
}

extension OutputFormat {
    public var hasWords: Bool { false }
    public var hasAllClasses: Bool { false }
    public var takesBoxes: Bool { false }
    public var bytesPerImage: Int64 { 0 }
    public var usualSeed: UInt64 { 42 }
    public var isShuffled: Bool { true }
    public var hasSlices: Bool { true }
    public var hasLabels: Bool { true }
    public func check(_ options: ExportOptions) throws(ExportError) {}
    public var usualImages: ImageMode { .keep }
    public var halvesColours: Bool { false }

    /// Training images shuffled as NumPy does, others by name.
    public func order(of samples: [UInt32], in table: SampleTable, seed: UInt64) -> [UInt32] {
        guard table.split == .train else { return samples }
        return NumpyShuffle.permutation(samples.count, seed: seed).map { samples[Int($0)] }
    }

    public var fileSuffix: String? { nil }
    public var sharedFolder: Path? { nil }
    public func filePrefix(_ split: SampleTable.Split) -> String { "" }
    public func companions(of place: OutputPlace) -> OutputPlace? { nil }
    public func checkBeside(_ place: OutputPlace) throws {}
    public func missingCompanion(
        _ receipt: OutputReceipt, at place: OutputPlace
    ) throws -> MissingCompanion? { nil }
    public func describe(_ parent: Path, isOwn: Bool) throws -> [String] { [] }
    public func checkIndex(
        _ receipt: OutputReceipt, in folder: borrowing Folder
    ) throws -> IndexCheck { IndexCheck() }
    public func renewed(_ receipt: OutputReceipt) -> OutputReceipt { receipt }
    public func unpackedName(_ name: String) -> String? { nil }

    /// Where an output of a split appears.
    public func place(in parent: Path, name: String, _ split: SampleTable.Split) -> OutputPlace {
        OutputPlace(parent: parent, name: name, fileSuffix: fileSuffix, shared: shared(split))
    }

    func shared(_ split: SampleTable.Split) -> OutputPlace.SharedFolder? {
        sharedFolder.map { OutputPlace.SharedFolder(path: $0, prefix: filePrefix(split)) }
    }

    /// With these options; those of other formats are ignored.
    public func with(_ values: [String: String]) throws(ExportError) -> Self {
        var format = self
        for option in options {
            if let value = values[option.name] { try format.set(option.name, to: value) }
        }
        return format
    }

    /// The most bytes that an output can need, before headers are read.
    ///
    /// - Parameter images: nil if unknown.
    public func mostBytes(archive: Int64, images: Int64?) -> Int64 {
        let (sum, overflow) = (images ?? archive / (64 << 10))
            .multipliedReportingOverflow(by: bytesPerImage)
        return overflow ? .max : archive.adding(sum)
    }

    static func unknown(_ option: String) -> ExportError {
        .badOption("there is no option \(escaped(option))")
    }
}

/// In the order of the help.
public enum OutputFormats {
    public static let all: [any OutputFormat] = [
        MDSFormat(), TFRecordFormat(), WebDatasetFormat(), TFDSFormat(), ParquetFormat(),
        SquashFSFormat(),
    ]

    /// Nil for other kinds of output.
    public static func named(_ name: String) -> (any OutputFormat)? {
        all.first { $0.name == name }
    }
}

extension DataFolder {
    public func folder(_ format: any OutputFormat) -> Path { path.appending(format.name) }

    /// Where outputs of a kind appear; nil for a kind without a folder.
    public func folder(ofOutputs kind: String) -> Path? {
        kind == Unpacker.kind ? folder(.unpacked) : OutputFormats.named(kind).map(folder)
    }

    /// For archives, for trees, and one for each format.
    public var usualFolders: [Path] {
        Kind.allCases.map(folder) + OutputFormats.all.map(folder)
    }
}

public struct FormatOption: Sendable {
    public enum Value: Sendable {
        /// A number from 1, or `auto`; a larger one becomes the largest.
        case countOrAuto(atMost: Int64)
        case count(atMost: Int64)
        case size
        /// Bytes; kb, mb and gb count in 1024.
        case binarySize
        /// Text for the format: its placeholder in the help, and words for completion.
        case text(String, words: [String])
    }

    public let name: String
    public let value: Value
    public let help: String
    public let detail: String
    /// The option that cannot be combined with this one.
    public var excluded: String?

    static func shards(_ usual: UsualShards) -> FormatOption {
        FormatOption(
            name: "shards", value: .countOrAuto(atMost: 99_999), help: "how many shards (auto)",
            detail: """
                Write this many shards. With auto, the default, there are \(usual.words), \
                and fewer for a data set smaller than ILSVRC2012, \
                so that a shard has at least \(UsualShards.leastSize >> 20) MiB. There are never more \
                shards than images.
                """)
    }
}

/// How many shards the field makes of ILSVRC2012, and how many that means for less.
struct UsualShards: Sendable {
    let train: Int
    let val: Int
    let test: Int

    init(train: Int, val: Int, test: Int) {
        self.train = train
        self.val = val
        self.test = test
    }

    init(train: Int, others: Int) { self.init(train: train, val: others, test: others) }

    func count(_ split: SampleTable.Split) -> Int {
        switch split {
        case .train: train
        case .val: val
        case .test: test
        }
    }

    /// `1024 for train and 64 for the others`.
    var words: String {
        val == test
            ? "\(train) for train and \(val) for the others"
            : "\(train) for train, \(val) for val and \(test) for test"
    }

    /// Smaller shards cost loaders more in opening than in reading.
    static let leastSize: Int64 = 64 << 20

    /// - Parameter chosen: what a person asked for.
    func count(_ chosen: Int?, for samples: SampleSequence) -> Int {
        let usual = count(samples.table.split)
        let fitting = max(1, samples.bytes / Self.leastSize)
        let isWhole = samples.count >= Self.images(in: samples.table.split)
        let auto = isWhole ? usual : Int(min(Int64(usual), fitting))
        return min(chosen ?? auto, samples.count)
    }

    /// Earlier versions wrote the usual number where nobody had asked for one. Of the whole data
    /// set there still are as many.
    func renewed(_ receipt: OutputReceipt) -> OutputReceipt {
        guard let split = receipt.options["split"].flatMap(SampleTable.Split.init(rawValue:)),
            let images = receipt.counts["images"], images >= Self.images(in: split),
            receipt.options["shards"] == "\(count(split))"
        else { return receipt }
        var receipt = receipt
        receipt.options["shards"] = "auto"
        return receipt
    }

    private static func images(in split: SampleTable.Split) -> Int {
        switch split {
        case .train: 1_281_167
        case .val: 50_000
        case .test: 100_000
        }
    }
}

public struct FormatExample: Sendable {
    public var split: SampleTable.Split?
    public var options: [(name: String, value: String)] = []
    /// Of the output.
    public var folder: Path?
    public let what: String
}

/// A missing file that loaders need.
public struct MissingCompanion: Sendable {
    let name: String
    var hint: Remedy = "\(.force) makes the output again"
}

public struct IndexCheck: Sendable {
    var faults: [OutputCheck.Fault] = []
    /// The files that may replace missing ones, by the names of those.
    var substitutes: [String: (name: String, size: Int64, digests: [Digest])] = [:]

    mutating func add(_ file: String? = nil, _ reason: String) {
        faults.append(OutputCheck.Fault(file: file, reason: reason))
    }
}
