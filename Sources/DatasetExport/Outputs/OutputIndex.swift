internal import Disk

/// What the index says of shards without a receipt of ours: MosaicML's writer and others leave one
/// too.
public struct OutputIndex: Sendable {
    let shards: Int
    /// Nil if the index does not say it.
    let images: Int64?
    let bytes: Int64
    /// What is missing or has another length.
    let fault: String?

    init(shards: Int = 0, images: Int64? = nil, bytes: Int64 = 0, fault: String?) {
        self.shards = shards
        self.images = images
        self.bytes = bytes
        self.fault = fault
    }

    /// Looks for the files of an index.
    ///
    /// - Parameter shards: the files of each, of which one is enough, and their lengths.
    init(
        _ shards: [(files: [(name: String, size: Int64?)], images: Int64)],
        in folder: borrowing Folder
    ) throws {
        var missing = MissingFiles()
        var (images, bytes) = (Int64(0), Int64(0))
        for shard in shards {
            images = images.adding(shard.images)
            var found: Int64?
            for file in shard.files where found == nil {
                found = try Self.size(file.name, file.size, in: folder)
            }
            if let found { bytes = bytes.adding(found) } else { missing.add(shard.files[0].name) }
        }
        self.init(
            shards: shards.count, images: images, bytes: bytes,
            fault: missing.sentence(of: shards.count))
    }

    /// Looks for files such as `train-00012-of-01024`, whose names tell their number; nil if there
    /// are none.
    init?(numbered suffix: String, in folder: borrowing Folder) throws {
        var found: [Substring: (numbers: Set<Int>, total: Int)] = [:]
        var bytes: Int64 = 0
        for entry in try folder.entries() where entry.kind == .file {
            guard let name = entry.name.string, name.hasSuffix(suffix) else { continue }
            let parts = name.dropLast(suffix.count).split(separator: "-")
            guard parts.count >= 4, parts[parts.count - 2] == "of",
                let number = Int(parts[parts.count - 3]), let count = Int(parts[parts.count - 1]),
                (0..<count).contains(number)
            else { continue }
            var own = found[parts[0]] ?? ([], 0)
            own.numbers.insert(number)
            own.total = max(own.total, count)
            found[parts[0]] = own
            bytes = bytes.adding(try folder.status(entry.name)?.size ?? 0)
        }
        if found.isEmpty { return nil }
        let total = found.values.reduce(0) { $0 + $1.total }
        let missing = total - found.values.reduce(0) { $0 + $1.numbers.count }
        self.init(
            shards: total, bytes: bytes,
            fault: missing > 0
                ? "\(missing) of \(total) shards \(missing == 1 ? "is" : "are") missing" : nil)
    }

    /// Whether a name from a receipt or an index stays in the folder.
    static func isFileName(_ name: String) -> Bool {
        !name.isEmpty && !name.contains("/") && name != "." && name != ".."
            && !name.utf8.contains(0)
    }

    /// Nil for a missing file, or one of another length.
    private static func size(
        _ name: String, _ wanted: Int64?, in folder: borrowing Folder
    ) throws -> Int64? {
        guard isFileName(name), let status = try folder.status(Path(name)), status.kind == .file,
            wanted == nil || status.size == wanted
        else { return nil }
        return status.size
    }
}

/// Missing files: the first by name, the others by number.
struct MissingFiles {
    private var first: String?
    private var count = 0

    mutating func add(_ name: String) {
        first = first ?? escaped(name)
        count += 1
    }

    /// Nil if none is missing.
    func sentence(of all: Int) -> String? {
        guard let first else { return nil }
        return count == 1
            ? "\(first) is missing or has another length"
            : "\(count) of \(all) files are missing or have another length, \(first) among them"
    }
}

extension Int64 {
    /// The sum, or the largest number.
    func adding(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
