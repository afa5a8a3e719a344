internal import DataFolder
public import Disk
internal import FoundationEssentials

/// The `_info.json` that timm reads: all splits below one folder, and how many samples each shard
/// has.
public enum WebDatasetInfo {
    /// What came of writing it.
    public struct Outcome: Sendable, Hashable {
        /// Outputs that are not in it, because another one of their split is: the names of both.
        public internal(set) var leftOut: [LeftOut] = []
        /// Whether a file of somebody else's stands there, which was left alone.
        public internal(set) var isForeign = false
    }

    public struct LeftOut: Sendable, Hashable {
        public let name: String
        public let other: String
    }

    public static let fileName: Path = "_info.json"
    private static let longest = 64 << 20

    // MARK: Whose it is

    private enum Found { case none, ours, foreign }

    /// Refuses a folder in which somebody else's file has the name.
    static func check(in path: Path) throws {
        let folder = try Folder.nearest(to: path)
        guard folder.path == path, try found(in: folder) == .foreign else { return }
        throw ExportError.otherOutput(
            path.appending(fileName), "another file is there, which this program has not written",
            hint: "move it away, or name another folder with --output-dir")
    }

    /// Whether there is one of ours in the folder.
    public static func isThere(in path: Path) throws -> Bool {
        try found(in: Folder(path)) == .ours
    }

    private static func found(in folder: borrowing Folder) throws -> Found {
        guard let status = try folder.status(fileName) else { return .none }
        guard status.kind == .file, status.size <= Int64(longest) else { return .foreign }
        let bytes = try folder.file(fileName, .readingNoLink).contents(limit: longest)
        let info = try? JSONDecoder().decode(WrittenInfo.self, from: Data(bytes))
        return info == nil ? .foreign : .ours
    }

    // MARK: Writing

    private struct Index: Decodable {
        struct Shard: Decodable {
            let url: String
            let nsamples: Int64
        }

        let shardlist: [Shard]
    }

    /// Writes it anew from the shards of ours that are in this folder; without any it is removed.
    /// Somebody else's file is left alone.
    ///
    /// - Throws: `.brokenOutput` for shards whose index cannot be read, when the others are in it.
    @discardableResult public static func write(in path: Path) throws -> Outcome {
        let parent = try Folder(path)
        var outcome = Outcome()
        if try found(in: parent) == .foreign {
            outcome.isForeign = true
            return outcome
        }
        var splits: [(String, PythonJSON)] = []
        var holders: [String: String] = [:]
        var broken: ExportError?
        for entry in try parent.entries() where entry.kind == .folder {
            guard let name = entry.name.string,
                case .receipt(let receipt) = try OutputReceipt.load(name, in: parent),
                receipt.kind == "webdataset",
                let split = receipt.options["split"].flatMap(SampleTable.Split.init(rawValue:))
            else { continue }
            let splitName = WebDatasetShards.splitName(split)
            if let other = holders[splitName] {
                outcome.leftOut.append(LeftOut(name: name, other: other))
                continue
            }
            guard let shards = try shards(WebDatasetShards.indexName(split), in: parent, name)
            else {
                broken =
                    broken
                    ?? .brokenOutput(
                        path.appending(name),
                        "its \(WebDatasetShards.indexName(split)) is missing or cannot be read, so "
                            + "that \(fileName) lacks it",
                        hint: "make it again with webdataset --force")
                continue
            }
            holders[splitName] = name
            let sum = shards.reduce(Int64(0)) { $0.adding($1.nsamples) }
            splits.append(
                (
                    splitName,
                    .object([
                        ("name", .string(splitName)), ("num_samples", .int(sum)),
                        ("filenames", .strings(shards.map { "\(name)/\($0.url)" })),
                        ("shard_lengths", .array(shards.map { .int($0.nsamples) })),
                    ])
                ))
        }
        if splits.isEmpty {
            try parent.remove(fileName)
        } else {
            let info = PythonJSON.object([
                ("name", .string(WrittenInfo.name)), ("splits", .object(splits)),
            ])
            try parent.publish(fileName, Array(info.text(indent: 2).utf8), synced: false)
        }
        if let broken { throw broken }
        return outcome
    }

    /// - Returns: nil for an index that is gone or makes no sense.
    private static func shards(
        _ index: String, in parent: borrowing Folder, _ name: String
    ) throws -> [Index.Shard]? {
        let folder = try parent.folder(Path(name))
        guard try folder.status(Path(index))?.kind == .file else { return nil }
        let bytes = try folder.file(Path(index), .readingNoLink).contents(limit: longest)
        return try? JSONDecoder().decode(Index.self, from: Data(bytes)).shardlist
    }
}

/// What we have written has this form and nothing else; a person's own has other names, or more.
private struct WrittenInfo: Decodable {
    static let name = "imagenet"

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct Part: Decodable {
        let name: String
        let files: [String]

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            try WrittenInfo.check(
                values.allKeys, ["name", "num_samples", "filenames", "shard_lengths"], decoder)
            name = try values.decode(String.self, forKey: Key(stringValue: "name"))
            files = try values.decode([String].self, forKey: Key(stringValue: "filenames"))
        }
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        try Self.check(values.allKeys, ["name", "splits"], decoder)
        let name = try values.decode(String.self, forKey: Key(stringValue: "name"))
        let parts = try values.decode([String: Part].self, forKey: Key(stringValue: "splits"))
        let isOurs =
            name == Self.name
            && parts.allSatisfy { key, part in
                part.name == key && part.files.allSatisfy { $0.contains("/imagenet-\(key)-") }
            }
        if !isOurs { throw Self.foreign(decoder) }
    }

    private static func check(
        _ keys: [Key], _ wanted: Set<String>, _ decoder: any Decoder
    ) throws {
        if Set(keys.map(\.stringValue)) != wanted { throw foreign(decoder) }
    }

    private static func foreign(_ decoder: any Decoder) -> DecodingError {
        .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not ours"))
    }
}
