internal import Checksums
internal import Disk
internal import FoundationEssentials

/// An index.json of MDS from any writer: any columns, any hashes.
struct MDSIndex: Decodable {
    struct File: Decodable {
        var basename: String
        let bytes: Int64
        let hashes: [String: String]

        init(basename: String, bytes: Int64, hashes: [String: String]) {
            self.basename = basename
            self.bytes = bytes
            self.hashes = hashes
        }

        var json: PythonJSON {
            .object([
                ("basename", .string(basename)), ("bytes", .int(bytes)),
                (
                    "hashes",
                    .object(hashes.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
                ),
            ])
        }

        /// Those that this program can compute.
        var digests: [Digest] {
            hashes.compactMap { name, hex in
                DigestAlgorithm(rawValue: name).flatMap { Digest($0, hex: hex) }
            }.sorted { $0.algorithm < $1.algorithm }
        }
    }

    /// Also in each shard.
    struct Config: Decodable, Equatable {
        let column_encodings: [String]
        let column_names: [String]
        let column_sizes: [Int64?]
        let compression: String?
        let format: String
        let hashes: [String]
        let size_limit: Int64?
        let version: Int64

        func members(_ more: [(String, PythonJSON)] = []) -> [(String, PythonJSON)] {
            let own: [(String, PythonJSON)] = [
                ("column_encodings", .strings(column_encodings)),
                ("column_names", .strings(column_names)),
                ("column_sizes", .array(column_sizes.map { $0.map { .int($0) } ?? .null })),
                ("compression", compression.map { .string($0) } ?? .null),
                ("format", .string(format)), ("hashes", .strings(hashes)),
                ("size_limit", size_limit.map { .int($0) } ?? .null), ("version", .int(version)),
            ]
            return (own + more).sorted { $0.0 < $1.0 }
        }
    }

    struct Shard: Decodable {
        let config: Config
        var raw: File
        let samples: Int64
        var packed: File?

        private enum Key: String, CodingKey { case raw_data, samples, zip_data }

        init(config: Config, raw: File, samples: Int64, packed: File?) {
            self.config = config
            self.raw = raw
            self.samples = samples
            self.packed = packed
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            config = try Config(from: decoder)
            raw = try values.decode(File.self, forKey: .raw_data)
            samples = try values.decode(Int64.self, forKey: .samples)
            packed = try values.decodeIfPresent(File.self, forKey: .zip_data)
            // A larger number could only make a sum overflow.
            guard MDSHead.sampleCounts.contains(samples) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .samples, in: values, debugDescription: "no shard has as many")
            }
        }

        var json: PythonJSON {
            .object(
                config.members([
                    ("raw_data", raw.json), ("samples", .int(samples)),
                    ("zip_data", packed.map(\.json) ?? .null),
                ]))
        }
    }

    static let fileName: Path = "index.json"
    private static let longest = 256 << 20

    /// The only version that MosaicML's readers accept.
    private static let knownVersion: Int64 = 2

    let shards: [Shard]
    private let version: Int64

    init(shards: [Shard]) {
        self.shards = shards
        version = Self.knownVersion
    }

    /// Nil if there is no index.
    ///
    /// - Throws: `.brokenOutput` for an invalid index.
    static func read(_ folder: borrowing Folder) throws -> MDSIndex? {
        guard try folder.status(fileName)?.kind == .file else { return nil }
        let bytes = try folder.file(fileName, .readingNoLink).contents(limit: longest)
        let hint: Remedy = "\(run: .mdsReindex, .set(.force)) makes a new one from the shards"
        guard let index = try? JSONDecoder().decode(MDSIndex.self, from: Data(bytes)) else {
            throw ExportError.brokenOutput(
                folder.path.appending(fileName), "it is not an index of MDS shards", hint: hint)
        }
        guard index.version == knownVersion else {
            throw ExportError.brokenOutput(
                folder.path.appending(fileName),
                "its version is \(index.version), and readers know version \(knownVersion)",
                hint: hint)
        }
        return index
    }

    /// As MDSWriter writes it, or as MosaicML's `merge_index`, which does not sort the outer keys.
    func text(isMerged: Bool = false) -> [UInt8] {
        let list: [(String, PythonJSON)] = [("shards", .array(shards.map(\.json)))]
        let version: [(String, PythonJSON)] = [("version", .int(version))]
        return Array(PythonJSON.object(isMerged ? version + list : list + version).text().utf8)
    }
}

/// The beginning of a shard: number of samples, their offsets, and the config.
struct MDSHead {
    static let sampleCounts: ClosedRange<Int64> = 0...1 << 28
    private static let longestConfig: Int64 = 1 << 20

    let samples: Int64
    let config: MDSIndex.Config

    /// - Throws: `.brokenOutput` if count, offsets and size contradict each other.
    init(_ file: borrowing FileDescriptor, shownAs path: Path? = nil) throws {
        let path = path ?? file.path
        func broken(_ reason: String) -> ExportError { .brokenOutput(path, reason) }
        let size = try file.size()
        guard size >= 8 else { throw broken("it ends within its header") }
        let count = try Self.numbers(file, at: 0, count: 1)[0]
        let tableEnd = 4 + 4 * (Int64(count) + 1)
        guard Self.sampleCounts.contains(Int64(count)), tableEnd <= size else {
            throw broken("it ends within its table of offsets")
        }
        let offsets = try Self.numbers(file, at: 4, count: Int(count) + 1)
        let start = Int64(offsets[0])
        guard Int64(offsets[offsets.count - 1]) == size else {
            throw broken(
                "its offsets end at \(offsets[offsets.count - 1]), and it has \(size) bytes")
        }
        guard start >= tableEnd, start - tableEnd <= Self.longestConfig,
            zip(offsets, offsets.dropFirst()).allSatisfy(<=)
        else { throw broken("its offsets are invalid") }
        var text = [UInt8](repeating: 0, count: Int(start - tableEnd))
        try text.withUnsafeMutableBytes { try file.readFully($0, at: tableEnd) }
        guard let config = try? JSONDecoder().decode(MDSIndex.Config.self, from: Data(text)) else {
            throw broken("its config is invalid")
        }
        samples = Int64(count)
        self.config = config
    }

    private static func numbers(
        _ file: borrowing FileDescriptor, at offset: Int64, count: Int
    ) throws -> [UInt32] {
        var numbers = [UInt32](repeating: 0, count: count)
        try numbers.withUnsafeMutableBytes { try file.readFully($0, at: offset) }
        return numbers.map { UInt32(littleEndian: $0) }
    }
}
