internal import Checksums
internal import DataFolder
internal import Disk

// Shards, the merged test archive and tables of boxes: their receipt has a digest of each file.
extension OutputCheck {
    func checkFiles(
        isFolder: Bool, _ verdict: inout Verdict,
        _ progress: @escaping @Sendable (Progress) throws -> Void
    ) throws {
        let place = isFolder ? output.path : output.path.parent
        guard isFolder == isMeantAsFolder else {
            return verdict.add(nil, isFolder ? "it is no file" : "it is no folder")
        }
        guard !receipt.files.isEmpty else {
            return verdict.add(nil, "its receipt has no digests")
        }
        verdict.proof = .digests
        let total = receipt.files.reduce(Int64(0)) { $0.adding($1.size) }
        let done = Counter()
        let files = receipt.files
        let index = receipt.kind == "mds" ? try readIndex(&verdict) : nil
        try Workers.inOrder(files.count, threads: threads, window: 2 * threads + 2) { number in
            try Self.fault(files[number], in: try Folder(place), index) { count in
                try progress(
                    Progress(done: Int64(done.add(count)), total: total, isInFiles: false))
            }
        } consume: { number, reason in
            if let reason { verdict.add(files[number].name, reason) }
        }
        if isFolder { try checkIndex(index, &verdict) }
    }

    private var isMeantAsFolder: Bool {
        receipt.kind != TestPatch.kind && receipt.kind != "bbox"
    }

    /// - Returns: what is wrong with a file, or nil.
    private static func fault(
        _ file: OutputReceipt.File, in folder: borrowing Folder, _ index: MDSIndex?,
        step: (Int) throws -> Void
    ) throws -> String? {
        guard OutputIndex.isFileName(file.name) else { return "its name is none" }
        var (name, size, digests) = (file.name, file.size, [file.digest])
        if try folder.status(Path(name)) == nil {
            // Readers that have unpacked a shard may have removed what it was packed in.
            guard let shard = index?.shards.first(where: { $0.packed?.basename == name }),
                OutputIndex.isFileName(shard.raw.basename),
                try folder.status(Path(shard.raw.basename)) != nil
            else { return "it is missing" }
            (name, size, digests) = (shard.raw.basename, shard.raw.bytes, shard.raw.digests)
        }
        do {
            guard let status = try folder.status(Path(name)) else { return "it is missing" }
            guard status.kind == .file else { return "it is no plain file" }
            guard status.size == size else { return "it has \(status.size) bytes, not \(size)" }
            let found = try FileDigests.of(
                try folder.file(Path(name), .readingNoLink), digests.map(\.algorithm), step: step)
            for (found, expected) in zip(found, digests) where found != expected {
                return "its \(expected.algorithm.rawValue) is \(found.hex), not \(expected.hex)"
            }
        } catch let error as DiskError {
            return error.message
        }
        return nil
    }

    // MARK: What loaders read first

    private func readIndex(_ verdict: inout Verdict) throws -> MDSIndex? {
        do {
            guard let index = try MDSIndex.read(try Folder(output.path)) else {
                verdict.add("\(MDSIndex.fileName)", "it is missing")
                return nil
            }
            return index
        } catch let error as ExportError {
            verdict.add(nil, error.message)
            return nil
        }
    }

    /// The files of the receipt that are shards: what goes with them stands there too.
    private var shards: [OutputReceipt.File] {
        switch receipt.kind {
        case "mds": receipt.files.filter { $0.name != "\(MDSIndex.fileName)" }
        case "webdataset": receipt.files.filter { $0.name.hasSuffix(".tar") }
        default: receipt.files
        }
    }

    /// Whether the index names just these shards: in older receipts it has no digest.
    private func checkIndex(_ index: MDSIndex?, _ verdict: inout Verdict) throws {
        if let index {
            let known = Dictionary(
                index.shards.map { ($0.packed ?? $0.raw) }.map { ($0.basename, $0) }
            ) { first, _ in first }
            let isRight =
                index.shards.count == shards.count
                && shards.allSatisfy { file in
                    guard let entry = known[file.name], entry.bytes == file.size else {
                        return false
                    }
                    let digest = entry.digests.first { $0.algorithm == file.digest.algorithm }
                    return digest == nil || digest == file.digest
                }
            if !isRight { verdict.add("\(MDSIndex.fileName)", "it is of other shards") }
        }
        guard receipt.kind == "webdataset" else { return }
        let found = try OutputIndex.find(receipt.kind, in: try Folder(output.path))
        if found == nil {
            verdict.add(nil, "its index is missing, or cannot be read")
        } else if found?.shards != shards.count {
            verdict.add(nil, "its index is of other shards")
        }
    }
}
