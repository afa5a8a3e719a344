internal import DataFolder
public import Disk
internal import FoundationEssentials

/// The `_info.json` that timm reads: all splits below one folder, and how many samples each shard
/// has.
public enum WebDatasetInfo {
    private struct Index: Decodable {
        struct Shard: Decodable {
            let url: String
            let nsamples: Int64
        }

        let shardlist: [Shard]
    }

    private static let longest = 64 << 20

    /// Writes it anew from the shards of ours that are in this folder.
    public static func write(in path: Path) throws {
        let parent = try Folder(path)
        var splits: [(String, PythonJSON)] = []
        for entry in try parent.entries() where entry.kind == .folder {
            guard let name = entry.name.string,
                case .receipt(let receipt) = try OutputReceipt.load(name, in: parent),
                receipt.kind == "webdataset",
                let split = receipt.options["split"].flatMap(SampleTable.Split.init(rawValue:))
            else { continue }
            let splitName = WebDatasetShards.splitName(split)
            let file = try parent.folder(entry.name).file(
                Path("imagenet-\(splitName).json"), .readingNoLink)
            let bytes = try file.contents(limit: longest)
            let shards = try JSONDecoder().decode(Index.self, from: Data(bytes)).shardlist
            let sum = shards.reduce(Int64(0)) { $0 &+ $1.nsamples }
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
        let info = PythonJSON.object([
            ("name", .string("imagenet")), ("splits", .object(splits)),
        ])
        try parent.publish("_info.json", Array(info.text(indent: 2).utf8), synced: false)
    }
}
