internal import Checksums
internal import DataFolder
internal import Disk

// Outputs whose receipt has a digest of each file: shards, the merged test archive, boxes.
extension OutputCheck {
    func checkFiles(
        isFolder: Bool, _ verdict: inout Verdict,
        _ progress: @escaping @Sendable (Progress) throws -> Void
    ) throws {
        let place = isFolder ? output.path : output.path.parent
        guard isFolder != receipt.isOneFile else {
            return verdict.add(nil, isFolder ? "it is not a file" : "it is not a folder")
        }
        guard !receipt.files.isEmpty else {
            return verdict.add(nil, "its receipt has no digests")
        }
        verdict.proof = .digests
        let total = receipt.files.reduce(Int64(0)) { $0.adding($1.size) }
        let done = Counter()
        let files = receipt.files
        var index = IndexCheck()
        if isFolder, let format = OutputFormats.named(receipt.kind) {
            index = try format.checkIndex(receipt, in: Folder(place))
        }
        let substitutes = index.substitutes
        try Workers.inOrder(files.count, threads: threads, window: 2 * threads + 2) { number in
            try Self.fault(files[number], in: try Folder(place), substitutes) { count in
                try progress(
                    Progress(done: Int64(done.add(count)), total: total, isInFiles: false))
            }
        } consume: { number, reason in
            if let reason { verdict.add(files[number].name, reason) }
        }
        verdict.faults += index.faults.filter { !verdict.faults.contains($0) }
    }

    private static func fault(
        _ file: OutputReceipt.File, in folder: borrowing Folder,
        _ substitutes: [String: (name: String, size: Int64, digests: [Digest])],
        step: (Int) throws -> Void
    ) throws -> String? {
        guard OutputIndex.isFileName(file.name) else { return "its name is invalid" }
        var (name, size, digests) = (file.name, file.size, [file.digest])
        if try folder.status(Path(name)) == nil {
            // Readers that unpack a shard may remove the packed file.
            guard let other = substitutes[name], OutputIndex.isFileName(other.name),
                try folder.status(Path(other.name)) != nil
            else { return "it is missing" }
            (name, size, digests) = other
        }
        do {
            guard let status = try folder.status(Path(name)) else { return "it is missing" }
            guard status.kind == .file else { return "it is not a plain file" }
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
}
