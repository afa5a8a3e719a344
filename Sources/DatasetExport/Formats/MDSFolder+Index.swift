internal import Archives
internal import Checksums
public import Disk

// A lost index, made again from the shards.
extension MDSFolder {
    /// - Throws: `.exists` for an index that may not be replaced; `.brokenOutput` for a shard that
    ///   is missing or damaged.
    public func reindex(
        force: Bool, threads: Int = Workers.processors, report: (Int) throws -> Void
    ) throws -> (shards: Int, samples: Int64) {
        let folder = try Folder(path)
        if !force, try folder.status(MDSIndex.fileName) != nil {
            throw ExportError.otherOutput(
                path.appending(MDSIndex.fileName), "it is there already",
                hint: "\(run: .mdsVerify) checks it; \(.force) replaces it")
        }
        let all = try Self.inOrder(folder.entries().map(\.name), of: path)
        if all.isEmpty { throw ExportError.brokenOutput(path, "it holds no shards") }
        let path = path
        let own = try ownDigests()
        let there = Set(all.map(\.description))
        for name in own.keys.sorted() {
            // Readers that unpack a shard may remove the packed file.
            guard there.contains(name) || there.contains(Self.rawName(name)) else {
                throw ExportError.brokenOutput(path, "\(escaped(name)) is missing")
            }
        }
        var shards: [MDSIndex.Shard] = []
        try Workers.inOrder(all.count, threads: threads, window: 2 * threads + 2) {
            let folder = try Folder(path)
            return all[$0].hasSuffix(".mds")
                ? try Self.shard(all[$0], own, in: folder)
                : try Self.packedShard(all[$0], own, in: folder)
        } consume: { _, shard in
            shards.append(shard)
            try report(shards.count)
        }
        if let other = shards.first(where: { $0.config != shards[0].config }) {
            throw ExportError.brokenOutput(
                path.appending(other.raw.basename), "it belongs to other shards")
        }
        try folder.publish(MDSIndex.fileName, MDSIndex(shards: shards).text())
        return (shards.count, shards.reduce(0) { $0 + $1.samples })
    }

    /// The names of shards among file names, one for each number.
    ///
    /// - Throws: `.brokenOutput` for a gap.
    static func inOrder(_ files: [Path], of path: Path) throws(ExportError) -> [Path] {
        // As text, shard 100000 would come before shard 10001.
        let found = files.compactMap { name in number(name).map { (number: $0, name: name) } }
        let sorted = found.sorted { a, b in
            a.number != b.number
                ? a.number < b.number : a.name.bytes.lexicographicallyPrecedes(b.name.bytes)
        }
        var names: [Path] = []
        for (number, name) in sorted {
            // Readers that unpack a shard may leave both.
            if number == names.count - 1, name.bytes.starts(with: names[number].bytes) {
                names[number] = name
                continue
            }
            guard number == names.count else {
                throw .brokenOutput(path, "\(MDSShards.name(of: names.count)) is missing")
            }
            names.append(name)
        }
        return names
    }

    private static func rawName(_ name: String) -> String {
        guard !name.hasSuffix(".mds"), let dot = name.lastIndex(of: ".") else { return name }
        return String(name[..<dot])
    }

    private static func shard(
        _ name: Path, _ own: [String: Digest], in folder: borrowing Folder
    ) throws -> MDSIndex.Shard {
        let file = try folder.file(name, .readingNoLink)
        let head = try MDSHead(file)
        let raw = try facts(file, name, head.config, own)
        return MDSIndex.Shard(config: head.config, raw: raw, samples: head.samples, packed: nil)
    }

    /// A compressed shard. The index also describes it before compression, so it is unpacked to a
    /// temporary file.
    private static func packedShard(
        _ name: Path, _ own: [String: Digest], in folder: borrowing Folder
    ) throws -> MDSIndex.Shard {
        let path = folder.path.appending(name)
        let suffix = name.bytes.lastIndex(of: UInt8(ascii: ".")) ?? name.bytes.endIndex
        let rawName = Path(bytes: name.bytes[..<suffix])
        let copy = Path(".\(rawName).new")
        try folder.remove(copy)
        defer { try? folder.remove(copy) }
        try unpack(try folder.file(name, .readingNoLink), to: folder.file(copy, .creating))
        let file = try folder.file(copy, .readingNoLink)
        let head = try MDSHead(file, shownAs: path)
        let method = head.config.compression?.split(separator: ":").first ?? ""
        guard name.bytes[suffix...].dropFirst().elementsEqual(method.utf8) else {
            throw ExportError.brokenOutput(path, "its config names another compression")
        }
        let packed = try folder.file(name, .readingNoLink)
        return MDSIndex.Shard(
            config: head.config, raw: try facts(file, rawName, head.config, own),
            samples: head.samples, packed: try facts(packed, name, head.config, own))
    }

    private static func unpack(
        _ packed: consuming FileDescriptor, to file: borrowing FileDescriptor
    ) throws {
        let path = packed.path
        let unpacked = try Decompressor(packed)
        var size: Int64 = 0
        while let block = try unpacked.nextBlock() {
            try file.write(block, at: size)
            size += Int64(block.count)
            // Offsets in a shard have 32 bits: anything longer is a bomb.
            if size > Int64(UInt32.max) {
                throw ExportError.brokenOutput(path, "it unpacks to more than a shard can hold")
            }
        }
    }

    private static func facts(
        _ file: borrowing FileDescriptor, _ name: Path, _ config: MDSIndex.Config,
        _ own: [String: Digest]
    ) throws -> MDSIndex.File {
        var algorithms: [DigestAlgorithm] = []
        for hash in config.hashes {
            guard let algorithm = DigestAlgorithm(rawValue: hash) else {
                throw ExportError.brokenOutput(
                    file.path, "its index needs \(escaped(hash)), which is not supported")
            }
            algorithms.append(algorithm)
        }
        let ours = own[name.description]
        let all = Set(algorithms + (ours.map { [$0.algorithm] } ?? [])).sorted()
        let digests = try FileDigests.of(file, all)
        // An index must not declare damaged shards right.
        if let ours, let found = digests.first(where: { $0.algorithm == ours.algorithm }),
            found != ours
        {
            throw ExportError.brokenOutput(
                file.path, wrong(found, ours, says: "its receipt"),
                hint: "make the shards again, with \(.force)")
        }
        let pairs = digests.filter { algorithms.contains($0.algorithm) }
            .map { ($0.algorithm.rawValue, $0.hex) }
        return MDSIndex.File(
            basename: name.description, bytes: try file.size(),
            hashes: Dictionary(uniqueKeysWithValues: pairs))
    }

    /// The number in `shard.00012.mds`, compressed or not.
    static func number(_ name: Path) -> Int? {
        let parts = name.bytes.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 || parts.count == 4, parts[0].elementsEqual("shard".utf8),
            parts[2].elementsEqual("mds".utf8), parts[1].count >= 5
        else { return nil }
        return Int(String(decoding: parts[1], as: UTF8.self))
    }
}
