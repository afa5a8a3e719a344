internal import Checksums
internal import Disk

/// The complete shards of an output: a line per shard with a CRC-32C, appended one by one.
///
/// Lines are trusted until the machine restarts: after a power loss, a shard may be gone and its
/// line not. The first line identifies the start of the machine.
final class ShardLog: Sendable {
    private static let schema = "imagenet-fetch.shards/1"
    private static let longest = 256 << 20

    private let file: FileDescriptor
    private let length: Monitor<Int64>

    /// Continues the log, or begins it if `records` is empty.
    init(_ folder: borrowing Folder, name: Path, boot: String, keeping records: [ShardRecord])
        throws(DiskError)
    {
        try folder.remove(name)
        let file = try folder.file(name, .creating, mode: 0o644)
        var text = Self.line(Self.schema + "\t" + boot)
        for record in records { text += Self.line(Self.text(record)) }
        try file.write(text, at: 0)
        length = Monitor(Int64(text.count))
        self.file = file
    }

    func add(_ record: ShardRecord) throws(DiskError) {
        let line = Self.line(Self.text(record))
        try length.update { length throws(DiskError) in
            try file.write(line, at: length)
            length += Int64(line.count)
        }
    }

    // MARK: Reading

    static func read(
        _ folder: borrowing Folder, name: Path
    ) throws(DiskError) -> (boot: String, records: [ShardRecord])? {
        guard try folder.status(name)?.kind == .file else { return nil }
        let bytes = try folder.file(name, .readingNoLink).contents(limit: longest)
        let lines = bytes.split(separator: UInt8(ascii: "\n")).compactMap(checked)
        guard let first = lines.first?.split(separator: "\t", omittingEmptySubsequences: false),
            first.count == 2, first[0] == schema
        else { return nil }
        return (String(first[1]), lines.dropFirst().compactMap(record))
    }

    private static func line(_ text: String) -> [UInt8] {
        Array("\(text)\t\(seal(Array(text.utf8)[...]))\n".utf8)
    }

    /// A line without its CRC; nil if the CRC is wrong, which happens to the last line.
    private static func checked(_ line: ArraySlice<UInt8>) -> String? {
        guard let tab = line.lastIndex(of: UInt8(ascii: "\t")) else { return nil }
        guard line[(tab + 1)...].elementsEqual(seal(line[..<tab]).utf8) else { return nil }
        return String(decoding: line[..<tab], as: UTF8.self)
    }

    private static func seal(_ bytes: ArraySlice<UInt8>) -> String {
        String(CRC32C.value(of: bytes), radix: 16)
    }

    private static func text(_ record: ShardRecord) -> String {
        var fields = ["\(record.shard)", "\(record.samples)"]
        for file in [record.raw] + (record.packed.map { [$0] } ?? []) {
            let digests = file.digests.map { "\($0.algorithm.rawValue):\($0.hex)" }
            fields += ["file", file.name, "\(file.size)", digests.joined(separator: ",")]
        }
        for oddity in record.oddities { fields += ["odd", escaped(oddity.name), oddity.what] }
        return fields.joined(separator: "\t")
    }

    private static func record(_ line: String) -> ShardRecord? {
        var fields = line.split(separator: "\t", omittingEmptySubsequences: false)[...]
        func next() -> Substring { fields.popFirst() ?? "" }
        guard let shard = Int(next()), let samples = Int(next()), shard >= 0, samples >= 0 else {
            return nil
        }
        var files: [ShardFile.Facts] = []
        var oddities: [Oddity] = []
        while let kind = fields.popFirst() {
            if kind == "odd" {
                oddities.append(Oddity(name: String(next()), what: String(next())))
                continue
            }
            let name = String(next())
            guard kind == "file", let size = Int64(next()), size >= 0 else { return nil }
            var digests: [Digest] = []
            for item in next().split(separator: ",") {
                let parts = item.split(separator: ":")
                guard parts.count == 2, let algorithm = DigestAlgorithm(rawValue: String(parts[0])),
                    let digest = Digest(algorithm, hex: parts[1])
                else { return nil }
                digests.append(digest)
            }
            files.append(ShardFile.Facts(name: name, size: size, digests: digests))
        }
        guard let raw = files.first, files.count <= 2 else { return nil }
        return ShardRecord(
            shard: shard, samples: samples, raw: raw, packed: files.count == 2 ? files[1] : nil,
            oddities: oddities)
    }
}
