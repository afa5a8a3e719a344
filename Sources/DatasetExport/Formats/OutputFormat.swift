internal import Checksums
public import DataFolder
public import Disk

/// A format of output, with the options that decide its bytes. All that commands, help, `status` and
/// `verify` know of a format they ask here.
///
/// A format is one file and one line in `OutputFormats.all`. Those of shards hand their writer to
/// `ShardRun.write`; another one may write what it likes to `ShardRun.work`.
public protocol OutputFormat: Sendable {
    /// The name of its command, of its folder in the data folder, and in receipts.
    var name: String { get }
    /// What the command says of it: a line, and paragraphs.
    var summary: String { get }
    var detail: String { get }
    var examples: [FormatExample] { get }

    // MARK: Options

    /// Its own options, beside those of every format.
    var options: [FormatOption] { get }
    /// - Parameter value: spelled as in `values`.
    /// - Throws: `.badOption`
    mutating func set(_ option: String, to value: String) throws(ExportError)
    /// The values of its options, as receipts have them.
    func values(for split: SampleTable.Split) -> [String: String]
    var usualSeed: UInt64 { get }

    // MARK: Images

    /// Whether the words of the classes are in the bytes.
    var hasWords: Bool { get }
    var takesBoxes: Bool { get }
    /// The positions of so many images in the order in which they are written.
    func order(of count: Int, in split: SampleTable.Split, seed: UInt64) -> [UInt32]
    /// How many bytes an image takes at the most, beside what it takes in a tar.
    var bytesPerImage: Int64 { get }
    func write(_ run: ShardRun) throws -> ShardRun.Outcome

    // MARK: Files that go with an output

    /// Where indexes appear that must not lie in the output's folder.
    func companions(of place: OutputPlace) -> OutputPlace?
    /// Refuses to replace a file of somebody else's that is where one of an output's would appear.
    func checkBeside(_ place: OutputPlace) throws
    /// The first file that is gone of those that go with the shards, with a hint of its own.
    func missingCompanion(
        _ receipt: OutputReceipt, at place: OutputPlace
    ) throws -> MissingCompanion?
    /// Brings the file up to date that describes all outputs in a folder.
    ///
    /// - Parameter isOwn: false where another format has made an output there.
    /// - Returns: what a person should know.
    func describe(_ parent: Path, isOwn: Bool) throws -> [String]

    // MARK: Outputs that are there

    /// What a folder without a receipt holds, by its index or its names; nil for nothing of this
    /// format.
    func find(in folder: borrowing Folder) throws -> OutputIndex?
    /// What is wrong with the index of a finished output.
    func checkIndex(_ receipt: OutputReceipt, in folder: borrowing Folder) throws -> IndexCheck
    /// The name of a file before it was compressed: readers may leave that one alone.
    func unpackedName(_ name: String) -> String?
    /// How to load an output, and what its labels mean.
    func loading(_ summary: ShardExport.Summary) -> [String]
}

extension OutputFormat {
    public var hasWords: Bool { false }
    public var takesBoxes: Bool { false }
    public var bytesPerImage: Int64 { 0 }
    public var usualSeed: UInt64 { 42 }

    /// Training images shuffled as NumPy does it, the others by name: how-to-imagenet's order.
    public func order(of count: Int, in split: SampleTable.Split, seed: UInt64) -> [UInt32] {
        split == .train
            ? NumpyShuffle.permutation(count, seed: seed) : Array(0..<UInt32(count))
    }

    public func companions(of place: OutputPlace) -> OutputPlace? { nil }
    public func checkBeside(_ place: OutputPlace) throws {}
    public func missingCompanion(
        _ receipt: OutputReceipt, at place: OutputPlace
    ) throws -> MissingCompanion? { nil }
    public func describe(_ parent: Path, isOwn: Bool) throws -> [String] { [] }
    public func checkIndex(
        _ receipt: OutputReceipt, in folder: borrowing Folder
    ) throws -> IndexCheck { IndexCheck() }
    public func unpackedName(_ name: String) -> String? { nil }

    /// The same format with options of this kind; those that it does not have are passed over.
    public func with(_ values: [String: String]) throws(ExportError) -> Self {
        var format = self
        for option in options {
            if let value = values[option.name] { try format.set(option.name, to: value) }
        }
        return format
    }

    /// How many bytes an output takes at the most, before the archive's headers were read.
    ///
    /// - Parameter images: nil where nobody has said how many it holds.
    public func mostBytes(archive: Int64, images: Int64?) -> Int64 {
        let (sum, overflow) = (images ?? archive / (64 << 10))
            .multipliedReportingOverflow(by: bytesPerImage)
        return overflow ? .max : archive.adding(sum)
    }

    static func unknown(_ option: String) -> ExportError {
        .badOption("there is no option \(escaped(option))")
    }
}

/// All formats, in the order of the help.
public enum OutputFormats {
    public static let all: [any OutputFormat] = [
        MDSFormat(), TFRecordFormat(), WebDatasetFormat(),
    ]

    /// The format of a receipt or a command; nil for other kinds of output.
    public static func named(_ name: String) -> (any OutputFormat)? {
        all.first { $0.name == name }
    }
}

extension DataFolder {
    /// Where outputs of a format appear.
    public func folder(_ format: any OutputFormat) -> Path { path.appending(format.name) }

    /// Where outputs of a kind appear; nil for kinds that have no folder of their own.
    public func folder(ofOutputs kind: String) -> Path? {
        kind == Unpacker.kind ? folder(.unpacked) : OutputFormats.named(kind).map(folder)
    }

    /// The folders that belong to commands: for archives, for trees, and one for each format.
    public var usualFolders: [Path] {
        Kind.allCases.map(folder) + OutputFormats.all.map(folder)
    }
}

/// An option of one format.
public struct FormatOption: Sendable {
    public enum Value: Sendable {
        /// A number from 1; larger ones become the largest.
        case count(atMost: Int64)
        /// Bytes.
        case size
        /// Bytes, where kb, mb and gb count in 1024.
        case binarySize
        /// Text that the format understands: what stands for it in the help, and words to complete.
        case text(String, words: [String])
    }

    public let name: String
    public let value: Value
    /// A line, and sentences.
    public let help: String
    public let detail: String
    /// The option that cannot be given beside this one.
    public var excluded: String?

    /// How many shards there are, unless somebody says otherwise.
    static func shards(train: Int, others: Int) -> FormatOption {
        let usual = "\(train) for train, \(others) for the others"
        return FormatOption(
            name: "shards", value: .count(atMost: 99_999), help: "how many shards (\(usual))",
            detail: """
                Deal the images to this many shards; if not said, \(usual). There are never more \
                than images.
                """)
    }
}

/// A command that makes an output.
public struct FormatExample: Sendable {
    public var split: SampleTable.Split?
    public var options: [(name: String, value: String)] = []
    /// The folder in which it appears.
    public var folder: Path?
    public let what: String
}

/// A file that loaders need, and that is gone.
public struct MissingCompanion: Sendable {
    let name: String
    var hint: Remedy = "\(.force) makes the output again"
}

/// What an index says of a finished output.
public struct IndexCheck: Sendable {
    var faults: [OutputCheck.Fault] = []
    /// The file that may stand in the place of another that is gone, by the name of that one.
    var substitutes: [String: (name: String, size: Int64, digests: [Digest])] = [:]

    mutating func add(_ file: String? = nil, _ reason: String) {
        faults.append(OutputCheck.Fault(file: file, reason: reason))
    }
}
