internal import DataFolder
internal import Disk
internal import FoundationEssentials

/// What the index of a folder of shards says that has no receipt of ours: MosaicML's writer and
/// others leave one too. TFRecord files have none, and say in their names how many there are.
struct OutputIndex {
    let shards: Int
    /// Nil where the index does not say.
    let images: Int64?
    let bytes: Int64
    /// What is missing, or has another length than the index says.
    let fault: String?

    /// - Returns: nil where nothing of the kind is there.
    static func find(_ kind: String, in folder: borrowing Folder) throws -> OutputIndex? {
        switch DataFolder.Kind(rawValue: kind) {
        case .mds: try mds(folder)
        case .webdataset: try webdataset(folder)
        case .tfrecord: try tfrecord(folder)
        case .archives, .unpacked, nil: nil
        }
    }

    static func fault(first: String, count: Int, of all: Int) -> String {
        count == 1
            ? "\(first) is missing or has another length"
            : "\(count) of \(all) files are missing or have another length, \(first) among them"
    }

    // MARK: Kinds

    private static func mds(_ folder: borrowing Folder) throws -> OutputIndex? {
        let index: MDSIndex
        do {
            guard let found = try MDSIndex.read(folder) else { return nil }
            index = found
        } catch let error as ExportError {
            return OutputIndex(shards: 0, images: nil, bytes: 0, fault: error.message)
        }
        var faults = Faulty()
        var (images, bytes) = (Int64(0), Int64(0))
        for shard in index.shards {
            // Readers that have unpacked a shard may have removed either of the two.
            let files = [shard.raw, shard.packed].compactMap { $0 }
            var found: Int64?
            for file in files where found == nil {
                found = try size(file.basename, file.bytes, in: folder)
            }
            if found == nil { faults.add(shard.packed?.basename ?? shard.raw.basename) }
            images = images.adding(shard.samples)
            bytes = bytes.adding(found ?? 0)
        }
        return OutputIndex(
            shards: index.shards.count, images: images, bytes: bytes,
            fault: faults.sentence(of: index.shards.count))
    }

    private struct WIDSIndex: Decodable {
        struct Shard: Decodable {
            let url: String
            let nsamples: Int64
            let filesize: Int64?
        }

        let shardlist: [Shard]
    }

    private static let longestIndex = 64 << 20

    private static func webdataset(_ folder: borrowing Folder) throws -> OutputIndex? {
        for split in ["train", "validation", "test"] {
            let name = Path("imagenet-\(split).json")
            guard try folder.status(name)?.kind == .file,
                let bytes = try? folder.file(name, .readingNoLink).contents(limit: longestIndex),
                let index = try? JSONDecoder().decode(WIDSIndex.self, from: Data(bytes))
            else { continue }
            var faults = Faulty()
            var (images, total) = (Int64(0), Int64(0))
            for shard in index.shardlist {
                let found = try size(shard.url, shard.filesize, in: folder)
                if found == nil { faults.add(shard.url) }
                images = images.adding(shard.nsamples)
                total = total.adding(found ?? 0)
            }
            return OutputIndex(
                shards: index.shardlist.count, images: images, bytes: total,
                fault: faults.sentence(of: index.shardlist.count))
        }
        return nil
    }

    /// By names alone, `train-00012-of-01024`: as many as there are shards.
    private static func tfrecord(_ folder: borrowing Folder) throws -> OutputIndex? {
        var numbers: Set<Int> = []
        var (total, bytes) = (0, Int64(0))
        for entry in try folder.entries() where entry.kind == .file {
            let parts = (entry.name.string ?? "").split(separator: "-")
            guard parts.count >= 4, parts[parts.count - 2] == "of",
                let number = Int(parts[parts.count - 3]), let count = Int(parts[parts.count - 1]),
                (0..<count).contains(number)
            else { continue }
            numbers.insert(number)
            total = max(total, count)
            bytes = bytes.adding(try folder.status(entry.name)?.size ?? 0)
        }
        if total == 0 { return nil }
        let missing = total - numbers.count
        return OutputIndex(
            shards: total, images: nil, bytes: bytes,
            fault: missing > 0 ? "\(missing) of \(total) shards are missing" : nil)
    }

    // MARK: Parts

    /// Whether a name from a receipt or an index is that of something in the folder.
    static func isFileName(_ name: String) -> Bool {
        !name.isEmpty && !name.contains("/") && name != "." && name != ".."
            && !name.utf8.contains(0)
    }

    /// The length of a file that is as it should be.
    private static func size(
        _ name: String, _ wanted: Int64?, in folder: borrowing Folder
    ) throws -> Int64? {
        guard isFileName(name), let status = try folder.status(Path(name)), status.kind == .file,
            wanted == nil || status.size == wanted
        else { return nil }
        return status.size
    }

    private struct Faulty {
        private var first: String?
        private var count = 0

        mutating func add(_ name: String) {
            first = first ?? escaped(name)
            count += 1
        }

        func sentence(of all: Int) -> String? {
            first.map { OutputIndex.fault(first: $0, count: count, of: all) }
        }
    }
}

extension Int64 {
    /// The sum, as far as there are numbers for it.
    func adding(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
