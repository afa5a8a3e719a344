internal import Checksums
internal import DataFolder
internal import Disk

/// What stands in the folder of an output that is not whole: its receipt as it will be, locks, and
/// which shards are done. None of it is there any more once the output has its name.
struct ShardState {
    let place: OutputPlace
    let wanted: OutputReceipt
    let slice: ShardSlice?
    let boot: String
    /// Whether what a run with other options has left may be removed for a slice, too.
    var isForced = false
    /// What older versions called the same labels in receipts.
    var olderLabels: Set<String> = []

    static let receiptName: Path = "receipt.json"
    private static let lockPrefix = "lock"
    private static let logPrefix = "progress"

    private var suffix: String { slice.map { ".\($0.index)-of-\($0.count)" } ?? "" }
    var logName: Path { Path(Self.logPrefix + suffix) }

    /// How far an output is that has not got its name yet, and its receipt to be; nil where none is
    /// being made. Logs are believed, whenever they were written: nothing of a shard is read.
    static func look(
        _ place: OutputPlace, in parent: borrowing Folder
    ) throws -> (progress: FoundOutput.Progress, receipt: OutputReceipt?)? {
        guard try parent.status(place.work)?.kind == .folder else { return nil }
        let work = try parent.folder(place.work)
        let receipt = try Self.receipt(in: work)
        var sizes: [Int: Int64] = [:]
        for entry in try work.entries() where entry.name.description.hasPrefix(logPrefix) {
            for record in try ShardLog.read(work, name: entry.name)?.records ?? [] {
                sizes[record.shard] = record.file.size
            }
        }
        if let done = try done(place, in: parent) {
            let bytes = done.counts["bytes"] ?? 0
            return (FoundOutput.Progress(done: 1, total: 1, files: nil, bytes: bytes), done)
        }
        let progress = FoundOutput.Progress(
            done: sizes.count, total: receipt?.counts["shards"].map { Int(clamping: $0) },
            files: nil, bytes: sizes.values.reduce(0) { $0.adding($1) })
        return (progress, receipt)
    }

    // MARK: Beginning

    /// Makes the work's folder, or takes it over from an earlier run with the same inputs and
    /// options. What another one has left is removed, unless somebody may be at work in it.
    ///
    /// - Returns: what keeps other runs out as long as it is held.
    /// - Throws: `.busy` while another run writes the same shards.
    func begin(in parent: borrowing Folder, _ shardCount: Int) throws -> ShardLocks {
        if try parent.status(place.work) != nil {
            let work = try parent.folder(place.work)
            let left = try Self.receipt(in: work)
            if left.map({ isSame($0, shardCount) }) != true {
                // Other slices may come at any time; the whole output is asked for once.
                if slice != nil, left != nil, !isForced { throw otherShards(work) }
                let locks = ShardLocks()
                try locks.takeAlone(work, named: Self.lockPrefix)
                try parent.removeTree(place.work)
                withExtendedLifetime(locks) {}
            }
        }
        let work = try parent.folder(place.work, creating: true)
        let locks = ShardLocks()
        if let slice {
            try locks.takeSlice(slice, work, named: Self.lockPrefix)
        } else {
            try locks.takeAlone(work, named: Self.lockPrefix)
        }
        var receipt = wanted
        receipt.counts["shards"] = Int64(shardCount)
        guard try work.status(Self.receiptName) != nil else {
            try work.publish(Self.receiptName, receipt.encoded, synced: false)
            return locks
        }
        // Another run may have begun other shards just now.
        if try Self.receipt(in: work).map({ isSame($0, shardCount) }) == false {
            throw otherShards(work)
        }
        // From here on there may be shards whose images nobody has decoded.
        if wanted.counts[OutputReceipt.decoded] == nil, try isDecoded(in: work) {
            try work.publish(Self.receiptName, receipt.encoded, synced: false)
        }
        return locks
    }

    private func otherShards(_ work: borrowing Folder) -> ExportError {
        .otherOutput(
            place.path, "shards with other options were begun in \(work.path)",
            hint:
                "\(.force) removes them, once nobody writes them any more; or name another folder "
                + "with \(.outputFolder)")
    }

    /// Whether all who have written shards there have decoded the images first.
    func isDecoded(in work: borrowing Folder) throws(DiskError) -> Bool {
        try Self.receipt(in: work)?.counts[OutputReceipt.decoded] != nil
    }

    static func receipt(in work: borrowing Folder) throws(DiskError) -> OutputReceipt? {
        try work.contents(ifPresent: receiptName, limit: OutputReceipt.sizeLimit)
            .flatMap { OutputReceipt.read($0).record }
    }

    /// Whether shards of that run may stand among ours. Archives are compared by what machines that
    /// share a file system agree on.
    private func isSame(_ left: OutputReceipt, _ shardCount: Int) -> Bool {
        let left = left.naming(olderLabels, as: wanted)
        guard left.kind == wanted.kind, left.name == wanted.name, left.options == wanted.options,
            left.counts["shards"] == Int64(shardCount), left.inputs.count == wanted.inputs.count
        else { return false }
        return zip(left.inputs, wanted.inputs).allSatisfy { left, wanted in
            left.name == wanted.name && left.size == wanted.size
                && left.identity?.modified == wanted.identity?.modified
                && (left.identity != nil || left.digests == wanted.digests)
        }
    }

    // MARK: Shards

    /// The shards that are whole, whoever has written them.
    func records<Format: ShardWriting>(
        in work: borrowing Folder, _ format: Format
    ) throws -> [Int: ShardRecord] {
        let known = try Self.records(in: work, boot: boot)
        return known.filter { shard, record in
            guard format.shards.indices.contains(shard) else { return false }
            let suffix = format.compression?.suffix ?? ""
            return record.samples == format.shards[shard].count
                && record.file.name == format.name(of: shard) + suffix
        }
    }

    /// The records of this slice's own log.
    func ownRecords(in work: borrowing Folder) throws -> [ShardRecord] {
        try ShardLog.read(work, name: logName)?.records ?? []
    }

    /// All records of shards that are there. Those from before the machine was started anew are
    /// read again, because a log can reach the disk before what it speaks of.
    static func records(in work: borrowing Folder, boot: String) throws -> [Int: ShardRecord] {
        var found: [Int: ShardRecord] = [:]
        for entry in try work.entries() where entry.name.description.hasPrefix(logPrefix) {
            guard let log = try ShardLog.read(work, name: entry.name) else { continue }
            for record in log.records where found[record.shard] == nil {
                let isThere =
                    try work.status(Path(record.file.name))?.size == record.file.size
                if isThere, try log.boot == boot || isWhole(record, in: work) {
                    found[record.shard] = record
                }
            }
        }
        return found
    }

    private static func isWhole(_ record: ShardRecord, in work: borrowing Folder) throws -> Bool {
        let file = try work.file(Path(record.file.name), .readingNoLink)
        let digests = try FileDigests.of(file, record.file.digests.map(\.algorithm))
        return !digests.isEmpty && digests == record.file.digests
    }

    // MARK: Finishing

    /// Brings everything to the disk, gives the output its name and writes its receipt. A run that is
    /// killed on the way is brought to its end by the next one.
    func finish(
        in parent: borrowing Folder, _ work: borrowing Folder, _ receipt: OutputReceipt,
        companions: () throws -> Void
    ) throws {
        do throws(DiskError) {
            try work.syncFileSystem()
        } catch {
            try? forgetUnsynced(in: work)
            throw error
        }
        try place.checkReplaceable(in: parent, by: wanted.kind)
        try parent.publish(Self.doneName(place), receipt.encoded)
        let lock = try FileLock(parent.path.appending(Self.doneName(place)))
        try Self.conclude(place, receipt, in: parent, companions: companions)
        withExtendedLifetime(lock) {}
    }

    /// Takes away the word for shards that this start of the machine has written: the disk may have
    /// lost any of them, though the cache still has them all. They are written again.
    private func forgetUnsynced(in work: borrowing Folder) throws {
        for entry in try work.entries() where entry.name.description.hasPrefix(Self.logPrefix) {
            if try ShardLog.read(work, name: entry.name)?.boot == boot {
                try work.remove(entry.name)
            }
        }
    }

    private static func doneName(_ place: OutputPlace) -> Path { Path(".\(place.name).done.json") }

    /// Takes away what is ours, and gives the output its name and its receipt.
    private static func conclude(
        _ place: OutputPlace, _ receipt: OutputReceipt, in parent: borrowing Folder,
        companions: () throws -> Void
    ) throws {
        if try parent.status(place.work) != nil {
            let work = try parent.folder(place.work)
            for entry in try work.entries() {
                let name = entry.name.description
                let isOurs =
                    name.hasPrefix(lockPrefix) || name.hasPrefix(logPrefix)
                    || entry.name == receiptName || name.hasPrefix(".")
                if isOurs { try work.remove(entry.name) }
            }
            // Nobody must find the old receipt beside the new output.
            try parent.remove(OutputReceipt.fileName(place.name))
            try companions()
            try place.publish(in: parent)
        }
        try place.settle(parent)
        try receipt.save(in: parent)
        try parent.remove(doneName(place))
    }

    /// Brings to its end what a run was killed in that had all shards written.
    ///
    /// - Returns: whether there was such a run.
    static func settle(_ place: OutputPlace, companions: OutputPlace?) throws -> Bool {
        let parent = try Folder.nearest(to: place.parent)
        guard parent.path == place.parent, let receipt = try done(place, in: parent) else {
            return false
        }
        let lock = try FileLock(parent.path.appending(doneName(place)))
        try conclude(place, receipt, in: parent) {
            guard let companions else { return }
            let holder = try Folder.nearest(to: companions.parent)
            guard holder.path == companions.parent, try holder.status(companions.work) != nil
            else { return }
            try companions.publish(in: holder)
        }
        withExtendedLifetime(lock) {}
        return true
    }

    private static func done(
        _ place: OutputPlace, in parent: borrowing Folder
    ) throws(DiskError) -> OutputReceipt? {
        let bytes = try parent.contents(ifPresent: doneName(place), limit: OutputReceipt.sizeLimit)
        let receipt = bytes.flatMap { OutputReceipt.read($0).record }
        return receipt?.name == place.name ? receipt : nil
    }
}

/// Digests of a whole file, in one read.
enum FileDigests {
    private static let chunkSize = 1 << 20

    /// - Parameter step: is told how many bytes more were read; what it throws ends it.
    static func of(
        _ file: borrowing FileDescriptor, _ algorithms: [DigestAlgorithm],
        step: (Int) throws -> Void = { _ in }
    ) throws -> [Digest] {
        var fan = HashFan(algorithms)
        let chunk = UnsafeMutableRawBufferPointer.allocate(
            byteCount: chunkSize, alignment: 4096)
        defer { chunk.deallocate() }
        var offset: Int64 = 0
        while true {
            let count = try file.readUpTo(chunk, at: offset)
            fan.update(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
            offset += Int64(count)
            try step(count)
            if count < chunk.count { return fan.digests }
        }
    }
}
