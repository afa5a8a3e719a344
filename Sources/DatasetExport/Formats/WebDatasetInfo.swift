internal import DataFolder
internal import Disk
internal import FoundationEssentials

/// The `_info.json` for timm: all splits below a folder, with the samples of each shard.
enum WebDatasetInfo {
    static let fileName: Path = "_info.json"
    private static let longest = 64 << 20

    // MARK: Whose it is

    private enum Found { case none, ours, foreign }

    /// Refuses a folder with another program's file of this name.
    static func check(in path: Path) throws {
        guard let folder = try ifPresent(Folder(path)), try found(in: folder) == .foreign
        else { return }
        throw ExportError.otherOutput(
            path.appending(fileName), "another file is there, not written by this program",
            hint: "move it away, or choose another folder with \(.outputFolder)")
    }

    static func isThere(in path: Path) throws -> Bool {
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

    /// Writes it again for our shards in this folder; without any, it is removed. Another program's
    /// file stays.
    ///
    /// - Returns: warnings.
    /// - Throws: `.brokenOutput` for shards with an invalid index, after the others are written.
    static func write(in path: Path) throws -> [String] {
        let parent = try Folder(path)
        let file = path.appending(fileName)
        if try found(in: parent) == .foreign {
            return ["\(file) was not written by this program, so it was left alone"]
        }
        var remarks: [String] = []
        var splits: [(String, PythonJSON)] = []
        var holders: [String: String] = [:]
        var broken: ExportError?
        for entry in try parent.entries() where entry.kind == .folder {
            guard let name = entry.name.string,
                case .receipt(let receipt) = try OutputReceipt.load(name, in: parent),
                receipt.kind == WebDatasetFormat().name,
                let split = receipt.options["split"].flatMap(SampleTable.Split.init(rawValue:))
            else { continue }
            let splitName = WebDatasetShards.splitName(split)
            if let other = holders[splitName] {
                remarks.append(
                    "\(file) has \(escaped(other)) and not \(escaped(name)): it can have one output "
                        + "of a split; make the other in another folder")
                continue
            }
            let folder = try parent.folder(Path(name))
            guard let shards = try WebDatasetShards.index(of: split, in: folder) else {
                broken =
                    broken
                    ?? .brokenOutput(
                        path.appending(name),
                        "its \(WebDatasetShards.indexName(split)) is missing or cannot be read, so "
                            + "that \(fileName) lacks it",
                        hint: "\(run: .webdataset, .set(.force)) makes it again")
                continue
            }
            holders[splitName] = name
            let sum = shards.reduce(Int64(0)) { $0.adding($1.nsamples) }
            splits.append(
                (
                    splitName,
                    .object(
                        [
                            ("name", .string(splitName)), ("num_samples", .int(sum)),
                            ("filenames", .strings(shards.map { "\(name)/\($0.url)" })),
                            ("shard_lengths", .array(shards.map { .int($0.nsamples) })),
                        ] + receipt.options.factsOfClasses)
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
        return remarks
    }
}

/// Our files have exactly this form; other people's have other names, or more.
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
            // Outputs of chosen classes list them.
            let keys = values.allKeys.filter {
                !["classes", "label_space"].contains($0.stringValue)
            }
            try WrittenInfo.check(
                keys, ["name", "num_samples", "filenames", "shard_lengths"], decoder)
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
