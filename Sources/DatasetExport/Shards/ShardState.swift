internal import Checksums
internal import DataFolder
internal import Disk

/// The contents of an unfinished output's folder beside the shards: its future receipt, locks, and
/// a log of finished shards. All of it is removed when the output gets its name.
struct ShardState {
    let place: OutputPlace
    let wanted: OutputReceipt
    let share: ShardShare
    let boot: String
    /// Whether a slice, too, may remove the shards of other options.
    var isForced = false
    /// What older versions called the same labels in receipts.
    var olderLabels: Set<String> = []

    static let receiptName: Path = "receipt.json"
    private static let lockPrefix = "lock"
    private static let logPrefix = "progress"

    private var suffix: String { share.slice.map { ".\($0)" } ?? "" }
    var logName: Path { Path(Self.logPrefix + suffix) }

    /// The progress of an unfinished output and its future receipt; nil if there is none. Logs are
    /// trusted; shards are not read.
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
        let progress = FoundOutput.Progress(
            done: sizes.count, total: receipt?.counts["shards"].map { Int(clamping: $0) },
            files: nil, bytes: sizes.values.reduce(0) { $0.adding($1) })
        return (progress, receipt)
    }

    // MARK: Beginning

    /// Creates the work's folder, or resumes an earlier run with the same inputs and options. The
    /// work of another run is removed, unless it may be running.
    ///
    /// - Returns: locks that keep other runs out.
    /// - Throws: `.busy` while another run writes the same shards.
    func begin(in parent: borrowing Folder, _ shardCount: Int) throws -> ShardLocks {
        if try parent.status(place.work) != nil {
            let work = try parent.folder(place.work)
            if try !isBeginning(work), try !isOurs(work, shardCount) {
                // Other slices may start at any time; a whole run is started on purpose.
                if share != .whole, try Self.receipt(in: work) != nil, !isForced {
                    throw otherShards(work)
                }
                let locks = ShardLocks()
                try locks.takeAlone(work, named: Self.lockPrefix)
                // A slice of ours may have begun, and even ended, since.
                if try !isOurs(work, shardCount) { try parent.removeTree(place.work) }
                withExtendedLifetime(locks) {}
            }
        }
        let work = try parent.folder(place.work, creating: true)
        let locks = ShardLocks()
        if let slice = share.slice {
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
        // Another run may have just begun other shards.
        if try Self.receipt(in: work).map({ isSame($0, shardCount) }) == false {
            throw otherShards(work)
        }
        // From now on there may be shards whose images were not decoded.
        if wanted.counts[OutputReceipt.decoded] == nil, try isDecoded(in: work) {
            try work.publish(Self.receiptName, receipt.encoded, synced: false)
        }
        return locks
    }

    /// Whether a slice has made the folder and is about to write the receipt, before any shard.
    private func isBeginning(_ work: borrowing Folder) throws(DiskError) -> Bool {
        try work.entries().allSatisfy { $0.name.description.hasPrefix(Self.lockPrefix) }
    }

    private func isOurs(_ work: borrowing Folder, _ shardCount: Int) throws(DiskError) -> Bool {
        try Self.receipt(in: work).map { isSame($0, shardCount) } ?? false
    }

    private func otherShards(_ work: borrowing Folder) -> ExportError {
        .otherOutput(
            place.path, "unfinished shards with other options are in \(work.path)",
            hint: "\(.force) removes them once no run writes them; or choose another folder "
                + "with \(.outputFolder)")
    }

    /// Whether the images of all shards so far were decoded.
    func isDecoded(in work: borrowing Folder) throws(DiskError) -> Bool {
        try Self.receipt(in: work)?.counts[OutputReceipt.decoded] != nil
    }

    static func receipt(in work: borrowing Folder) throws(DiskError) -> OutputReceipt? {
        try OutputReceipt.left(receiptName, in: work)
    }

    /// Whether that run's shards fit to ours. Archives are compared by what machines that share a
    /// file system agree on.
    private func isSame(_ left: OutputReceipt, _ shardCount: Int) -> Bool {
        let left = left.naming(olderLabels, as: wanted)
        guard left.kind == wanted.kind, left.name == wanted.name, left.options == wanted.options,
            left.counts["shards"] == Int64(shardCount), left.inputs.count == wanted.inputs.count
        else { return false }
        return zip(left.inputs, wanted.inputs).allSatisfy { left, wanted in
            left.name == wanted.name && left.size == wanted.size
                && left.identity?.modified == wanted.identity?.modified
                && (left.identity != nil
                    || left.digests == wanted.digests && left.torrent == wanted.torrent)
        }
    }

    // MARK: Shards

    /// The complete shards of all runs.
    func records<Format: ShardPlan>(
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

    func ownRecords(in work: borrowing Folder) throws -> [ShardRecord] {
        try ShardLog.read(work, name: logName)?.records ?? []
    }

    /// All records of existing shards. After a restart of the machine shards are read again,
    /// because a log can reach the disk before its shard.
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

    /// What to say of missing shards: in the parts that slices divided the output into, where one
    /// number of parts is known.
    func missing(_ shards: [Int], of count: Int, in work: borrowing Folder) throws -> ExportError {
        let names = try work.entries().map(\.name.description)
        let slices = Set(
            names.compactMap { name -> ShardSlice? in
                guard let dot = name.firstIndex(of: "."),
                    [Self.lockPrefix, Self.logPrefix].contains(String(name[..<dot]))
                else { return nil }
                return ShardSlice(suffix: name[name.index(after: dot)...])
            })
        let parts = Set(slices.map(\.count))
        let absent =
            "\(shards.count) of \(count) shards \(shards.count == 1 ? "is" : "are") missing"
        guard let total = parts.first, parts.count == 1 else {
            return .unmerged(
                place.path, absent,
                hint: "run the slices that are not done, or the command without \(.slice)")
        }
        let lost = (1...total).filter { index in
            let part = ShardSlice(index: index, count: total)?.part(of: count) ?? 0..<0
            return shards.contains { part.contains($0) }
        }
        let shown = lost.prefix(20).map { "\($0)" }.joined(separator: ", ")
        let more = lost.count > 20 ? ", …" : ""
        let noun = lost.count == 1 ? "slice \(shown)" : "slices \(shown)\(more)"
        return .unmerged(
            place.path, "\(absent), of \(noun) of \(total)",
            hint: "run the command with \(.slice) \(lost[0])/\(total)"
                + (lost.count == 1 ? "" : " and so on") + ", or without \(.slice)")
    }

    private static func isWhole(_ record: ShardRecord, in work: borrowing Folder) throws -> Bool {
        let file = try work.file(Path(record.file.name), .readingNoLink)
        let digests = try FileDigests.of(file, record.file.digests.map(\.algorithm))
        return !digests.isEmpty && digests == record.file.digests
    }

    // MARK: Finishing

    static func end(_ place: OutputPlace) -> OutputEnd {
        let note = Path(".\(place.name).done.json")
        return OutputEnd(place: place, note: note, beside: note, lock: note)
    }

    func finish(
        in parent: borrowing Folder, _ work: borrowing Folder, _ receipt: OutputReceipt,
        companions: () throws -> Void
    ) throws {
        try Self.end(place).finish(
            receipt, in: parent, isLocked: false, distrust: { try forgetUnsynced(in: work) },
            check: { try place.checkReplaceable(in: parent, by: wanted.kind) }
        ) { try Self.publish(place, in: $0, $1, companions: companions) }
    }

    /// Forgets shards that were written since the machine started: the disk may have lost any of
    /// them, even if the cache has them.
    private func forgetUnsynced(in work: borrowing Folder) throws {
        for entry in try work.entries() where entry.name.description.hasPrefix(Self.logPrefix) {
            if try ShardLog.read(work, name: entry.name)?.boot == boot {
                try work.remove(entry.name)
            }
        }
    }

    /// Removes what is beside the shards, and gives the output its name.
    private static func publish(
        _ place: OutputPlace, in parent: borrowing Folder, _ receipt: OutputReceipt,
        companions: () throws -> Void
    ) throws {
        let work = try parent.folder(place.work)
        for entry in try work.entries() {
            let name = entry.name.description
            let isOurs =
                name.hasPrefix(lockPrefix) || name.hasPrefix(logPrefix)
                || entry.name == receiptName || name.hasPrefix(".")
            if isOurs { try work.remove(entry.name) }
        }
        try companions()
        try place.publish(in: parent, receipt)
    }

    /// Finishes for a run that was killed after it had written all shards.
    static func finishKilledRun(_ place: OutputPlace, companions: OutputPlace?) throws -> Bool {
        try end(place).finishKilledRun { parent, receipt in
            try publish(place, in: parent, receipt) {
                guard let companions, let holder = try ifPresent(Folder(companions.parent)),
                    try holder.status(companions.work) != nil
                else { return }
                try companions.publish(in: holder)
            }
        }
    }
}

enum FileDigests {
    private static let chunkSize = 1 << 20

    /// - Parameter step: gets the number of new bytes; what it throws ends the work.
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
