internal import Checksums
internal import DataFolder
public import Disk

/// An existing folder of MDS shards, ours or MosaicML's: verifies it, makes its index again, merges
/// parts.
public struct MDSFolder: Sendable {
    public struct Verdict: Sendable, Hashable {
        public let file: String
        public let bytes: Int64
        /// Nil if the shard is right.
        public let fault: String?
        public let isMissing: Bool
    }

    public let path: Path

    public init(_ path: Path) { self.path = path }

    // MARK: Verifying

    /// Reads every shard once and compares it with the index, and with our receipt if there is one.
    /// A shard without a digest in either is unverified, which is a fault.
    ///
    /// - Parameter report: is called for each shard in order; what it throws ends the work.
    /// - Throws: `.brokenOutput` without an index, `.nothingThere` for an empty one.
    public func verify(
        threads: Int = Workers.processors, report: (Verdict) throws -> Void
    ) throws {
        let folder = try Folder(path)
        guard let index = try MDSIndex.read(folder) else {
            throw ExportError.brokenOutput(
                path, "it has no index.json", hint: "\(run: .mdsReindex) makes one from the shards")
        }
        let path = path
        let own = try ownDigests()
        try Workers.inOrder(index.shards.count, threads: threads, window: 2 * threads + 2) {
            try Self.verdict(index.shards[$0], own, in: try Folder(path))
        } consume: { _, verdict in
            try report(verdict)
        }
        var known = Set(index.shards.flatMap { [$0.raw.basename, $0.packed?.basename ?? ""] })
        var strays = 0
        for entry in try folder.entries() where Self.number(entry.name) != nil {
            let name = entry.name.description
            guard known.insert(name).inserted else { continue }
            strays += 1
            try report(
                Verdict(file: name, bytes: 0, fault: "it is not in the index", isMissing: false))
        }
        for name in own.keys.sorted() where known.insert(name).inserted {
            strays += 1
            try report(
                Verdict(file: escaped(name), bytes: 0, fault: "it is missing", isMissing: true))
        }
        if index.shards.isEmpty, strays == 0 { throw ExportError.noShards(path) }
    }

    /// The digests in our receipt beside the folder, by shard names.
    func ownDigests() throws -> [String: Digest] {
        // The folder may be given as a dot or a link.
        let real = try path.resolved()
        guard let name = real.lastComponent.string,
            case .receipt(let receipt) = try OutputReceipt.load(name, in: Folder(real.parent)),
            receipt.kind == MDSFormat().name
        else { return [:] }
        let shards = receipt.files.filter { Self.number(Path($0.name)) != nil }
        return Dictionary(shards.map { ($0.name, $0.digest) }) { first, _ in first }
    }

    private static func verdict(
        _ shard: MDSIndex.Shard, _ own: [String: Digest], in folder: borrowing Folder
    ) throws -> Verdict {
        // Readers that unpack a shard may remove either file.
        let packedStatus = try shard.packed.flatMap { try folder.status(Path($0.basename)) }
        let wanted = packedStatus != nil ? shard.packed ?? shard.raw : shard.raw
        let name = escaped(wanted.basename)
        func verdict(_ fault: String?, isMissing: Bool = false) -> Verdict {
            Verdict(file: name, bytes: wanted.bytes, fault: fault, isMissing: isMissing)
        }
        guard let status = try folder.status(Path(wanted.basename)) else {
            return verdict("it is missing", isMissing: true)
        }
        guard status.kind == .file else { return verdict("it is not a plain file") }
        guard status.size == wanted.bytes else {
            return verdict("it has \(status.size) bytes, not \(wanted.bytes)")
        }
        let file = try folder.file(Path(wanted.basename), .readingNoLink)
        if packedStatus == nil {
            do {
                let head = try MDSHead(file)
                if head.samples != shard.samples {
                    return verdict("it has \(head.samples) samples, not \(shard.samples)")
                }
                if head.config != shard.config {
                    return verdict("its config differs from the index")
                }
            } catch let error as ExportError {
                return verdict(error.message)
            }
        }
        let ours = own[wanted.basename]
        let expected = wanted.digests + (ours.map { [$0] } ?? [])
        if expected.isEmpty {
            return verdict("unverified: neither the index nor a receipt has its digest")
        }
        let digests = try FileDigests.of(file, Set(expected.map(\.algorithm)).sorted())
        for wanted in expected {
            guard let found = digests.first(where: { $0.algorithm == wanted.algorithm }),
                found != wanted
            else { continue }
            return verdict(wrong(found, wanted, says: wanted == ours ? "its receipt" : "the index"))
        }
        return verdict(nil)
    }

    static func wrong(_ found: Digest, _ expected: Digest, says source: String) -> String {
        "its \(expected.algorithm.rawValue) is \(found.hex), not \(expected.hex) as \(source) says"
    }

    // MARK: Merging

    /// Merges slices of one output, or folders of shards below this one that each have an index.
    public func merge(force: Bool) throws -> (shards: Int, samples: Int64) {
        let place = OutputPlace(
            parent: path.parent, name: "\(path.lastComponent)")
        let parent = try place.open()
        if try parent.status(place.work) != nil { return try mergeSlices(place, parent) }
        return try mergeFolders(force)
    }

    private func mergeSlices(
        _ place: OutputPlace, _ parent: borrowing Folder
    ) throws -> (shards: Int, samples: Int64) {
        let work = try parent.folder(place.work)
        guard let wanted = try ShardState.receipt(in: work), wanted.kind == MDSFormat().name,
            let count = wanted.counts["shards"], count >= 0, count < 1 << 24
        else { throw ExportError.brokenOutput(work.path, "it holds no slices of MDS shards") }
        let state = ShardState(
            place: place, wanted: wanted, share: .merge, boot: JournalStore.currentBoot())
        let locks = try state.begin(in: parent, Int(count))
        defer { withExtendedLifetime(locks) {} }
        let records = try ShardState.records(in: work, boot: state.boot)
        let missing = (0..<Int(count)).filter { records[$0] == nil }
        if !missing.isEmpty { throw try state.missing(missing, of: Int(count), in: work) }
        let all = (0..<Int(count)).compactMap { records[$0] }
        let format = try MDSFormat().with(wanted.options)
        let index = ShardCompanion(
            name: MDSIndex.fileName.description, bytes: format.index(all))
        try work.publish(MDSIndex.fileName, index.bytes, synced: false)
        try state.finish(in: parent, work, wanted.completed(all, [index])) {}
        return (all.count, Int64(all.reduce(0) { $0 + $1.samples }))
    }

    private func mergeFolders(_ force: Bool) throws -> (shards: Int, samples: Int64) {
        let folder = try Folder(path)
        if !force, try folder.status(MDSIndex.fileName) != nil {
            throw ExportError.otherOutput(
                path.appending(MDSIndex.fileName), "it is there already",
                hint: "\(.force) replaces it")
        }
        var shards: [MDSIndex.Shard] = []
        for entry in try folder.entries() where entry.kind == .folder {
            let inner = try folder.folder(entry.name)
            guard let name = entry.name.string, let index = try MDSIndex.read(inner) else {
                continue
            }
            for var shard in index.shards {
                let there = [shard.raw, shard.packed].compactMap { $0?.basename }
                guard try there.contains(where: { try inner.status(Path($0)) != nil }) else {
                    throw ExportError.brokenOutput(
                        inner.path, "\(escaped(shard.raw.basename)) is missing")
                }
                shard.raw.basename = "\(name)/\(shard.raw.basename)"
                if let packed = shard.packed?.basename {
                    shard.packed?.basename = "\(name)/\(packed)"
                }
                shards.append(shard)
            }
        }
        if shards.isEmpty {
            throw ExportError.brokenOutput(
                path, "there is nothing to merge",
                hint:
                    "merge takes slices of one output, or folders of shards that each have an index"
            )
        }
        try folder.publish(MDSIndex.fileName, MDSIndex(shards: shards).text(isMerged: true))
        return (shards.count, shards.reduce(0) { $0 + $1.samples })
    }
}

extension OutputReceipt {
    /// The receipt of a complete output, with the files that belong to all shards.
    ///
    /// - Parameter counts: what the format wants to know of the output later.
    func completed(
        _ records: [ShardRecord], _ indexes: [ShardCompanion], _ counts: [String: Int64] = [:]
    ) -> OutputReceipt {
        var receipt = self
        receipt.when = .now
        receipt.files = records.compactMap { record in
            record.file.digests.last.map {
                OutputReceipt.File(name: record.file.name, size: record.file.size, digest: $0)
            }
        }
        receipt.files += indexes.map {
            OutputReceipt.File(
                name: $0.name, size: Int64($0.bytes.count), digest: Hasher.digest(.xxh64, $0.bytes))
        }
        receipt.counts["shards"] = Int64(records.count)
        receipt.counts["images"] = Int64(records.reduce(0) { $0 + $1.samples })
        receipt.counts["bytes"] = records.reduce(0) { $0 + $1.file.size }
        receipt.counts.merge(counts) { _, new in new }
        if receipt.counts[Self.decoded] != nil {
            receipt.counts[Self.decoded] = receipt.counts["images"]
        }
        return receipt
    }
}
