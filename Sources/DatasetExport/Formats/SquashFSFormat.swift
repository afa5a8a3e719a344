public import Disk

/// A SquashFS image of class folders, which Linux mounts: one file where a cluster forbids a million.
public struct SquashFSFormat: OutputFormat {
    enum Compression: String, Sendable, CaseIterable {
        case none, zstd
    }

    private var compression = Compression.none

    public init() {}

    public let name = "squashfs"
    public let fileSuffix: String? = ".squashfs"
    public let summary = "one mountable image of class folders, straight from the archives"
    public let detail = """
        Writes a SquashFS image for each archive, with a folder for each class as untar makes them: \
        validation images are sorted by ground truth. Linux mounts it, squashfuse does without root, \
        and ImageFolder sees the same as in an unpacked tree. Owners and times are fixed. An image is \
        written from its beginning to its end: a stopped run starts again, and there are no slices.
        """
    public let examples = [
        FormatExample(what: "Training and validation images."),
        FormatExample(
            split: .train, options: [("compression", "zstd")], folder: "zstd",
            what: "Training images, compressed: slower, and hardly smaller."),
    ]

    // MARK: Options

    public var options: [FormatOption] {
        [
            FormatOption(
                name: "compression",
                value: .text("METHOD", words: Compression.allCases.map(\.rawValue)),
                help: "compress the blocks (\(Compression.none.rawValue))",
                detail: """
                    Compress the blocks with zstd, or not at all (none, the default): JPEGs hardly \
                    shrink, and readers get blocks that are not compressed without copying.
                    """)
        ]
    }

    public mutating func set(_ option: String, to value: String) throws(ExportError) {
        guard option == "compression" else { throw Self.unknown(option) }
        // How-to-imagenet spells no compression as nothing.
        guard let compression = Compression(rawValue: value.isEmpty ? "none" : value) else {
            throw .unknownCompression(value, Compression.allCases.map(\.rawValue), hint: nil)
        }
        self.compression = compression
    }

    public func values(for split: SampleTable.Split) -> [String: String] {
        ["compression": compression.rawValue]
    }

    public var isShuffled: Bool { false }
    public var hasSlices: Bool { false }
    public var hasLabels: Bool { false }

    public func check(_ options: ExportOptions) throws(ExportError) {
        if options.share != .whole {
            throw .badOption(
                "one image cannot be written in slices: each byte's place depends on those before",
                hint: "leave out \(.slice); the splits can be written at the same time")
        }
        if options.seed != nil {
            throw .badOption("the files of an image are sorted, so a seed decides nothing")
        }
        if options.choice?.space == .full {
            throw .badOption(
                "class folders have no numbers: loaders number those that are there",
                hint: "leave out \(.labelSpace)")
        }
    }

    // MARK: Writing

    public func order(of samples: [UInt32], in table: SampleTable, seed: UInt64) -> [UInt32] {
        // Training images are sorted by class.
        guard table.split == .val else { return samples }
        return samples.sorted { a, b in
            let (x, y) = (table.rank(Int(a)), table.rank(Int(b)))
            return x == y ? a < b : x < y
        }
    }

    public func write(_ run: ShardRun) throws -> ShardRun.Outcome {
        try run.write(
            SquashFSImage(run.samples, compression, named: run.export.place.fileName))
    }

    // MARK: Outputs that are there

    public func find(in folder: borrowing Folder) throws -> OutputIndex? { nil }

    public func loading(_ summary: ShardExport.Summary) -> [String] {
        var lines = [
            "mount it as root, or with squashfuse without root",
            "  mount -o loop,ro \(summary.place.path) /mnt",
        ]
        if summary.split != .test {
            lines += [
                "  from torchvision.datasets import ImageFolder",
                "  dataset = ImageFolder(\"/mnt\")",
            ]
        }
        return lines
    }
}
