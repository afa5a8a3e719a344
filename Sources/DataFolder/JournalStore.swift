internal import Checksums
public import Disk

/// The journals of the files being fetched, two tiers of each, in the state folder.
///
/// The quick one is written twice a second without a sync and stamped with the machine's boot: it is
/// true after `kill -9`, because the page cache outlives the process, and is not believed after the
/// machine stopped. The synced one is written only after the data was synced, and is always true.
public struct JournalStore: ~Copyable, Sendable {
    /// How much of the past a journal vouches for.
    public enum Tier: Sendable { case quick, synced }

    private static let sizeLimit = 16 << 20
    private let folder: Folder
    private let boot: String

    /// - Parameter boot: the machine's boot, as `currentBoot()` tells it.
    public init(in stateFolder: Path, boot: String) throws(DiskError) {
        folder = try DataFolder.creating(inState: stateFolder)
        self.boot = boot
    }

    /// Names this boot of the machine (`random_uuid` in proc(5)); empty if the system does not say,
    /// and then no quick journal is believed.
    public static func currentBoot() -> String { ThisMachine.boot }

    /// Writes the journal of a tier. For `.synced`, the caller has synced the data before.
    public func save(_ journal: Journal, _ tier: Tier) throws(DiskError) {
        let name = Self.name(journal.fileName, tier)
        switch tier {
        case .quick:
            let bytes = journal.encoded(boot: boot)
            do throws(DiskError) {
                try folder.publish(name, bytes, synced: false)
            } catch  where error.code == .noSpace {
                guard try overwrite(name, bytes) else { throw error }
            }
        case .synced: try folder.publish(name, journal.encoded(boot: nil))
        }
    }

    /// Overwrites an existing journal, on a full disk: its blocks are reserved already. Half a journal is
    /// recognised by its checksum, and then the synced one remains.
    ///
    /// - Returns: whether there is one, with room enough.
    private func overwrite(_ name: Path, _ bytes: [UInt8]) throws(DiskError) -> Bool {
        guard try folder.status(name)?.kind == .file else { return false }
        let file = try folder.file(name, .updating)
        guard try file.status().allocated >= Int64(bytes.count) else { return false }
        try file.write(bytes, at: 0)
        try file.truncate(to: Int64(bytes.count))
        return true
    }

    /// The newest journal that can be believed: the one that knows of more pieces.
    public func load(_ fileName: String) throws(DiskError) -> Journal? {
        let synced = try read(fileName, .synced)?.journal
        guard let (quick, stamp) = try read(fileName, .quick), let stamp, stamp == boot,
            !boot.isEmpty
        else { return synced }
        guard let synced else { return quick }
        return quick.pieces.members >= synced.pieces.members ? quick : synced
    }

    /// Forgets pieces of a file that turned out to be wrong.
    func forget(_ pieces: [Int], of fileName: String) throws(DiskError) {
        for tier in [Tier.synced, .quick] {
            guard var (journal, _) = try read(fileName, tier) else { continue }
            for piece in pieces { journal.pieces[piece] = false }
            if Int64(journal.pieces.firstMissing()) * journal.pieceLength < journal.frontier {
                (journal.frontier, journal.states) = (0, [:])
            }
            try save(journal, tier)
        }
    }

    /// Forgets a file: it is complete, or started again.
    public func remove(_ fileName: String) throws(DiskError) {
        try folder.remove(Self.name(fileName, .quick))
        try folder.remove(Self.name(fileName, .synced))
    }

    private func read(_ fileName: String, _ tier: Tier) throws(DiskError) -> (
        journal: Journal, boot: String?
    )? {
        guard
            let bytes = try folder.contents(
                ifPresent: Self.name(fileName, tier), limit: Self.sizeLimit),
            let found = Journal.decode(bytes), found.journal.fileName == fileName
        else { return nil }
        return found
    }

    private static func name(_ fileName: String, _ tier: Tier) -> Path {
        Path(fileName).appendingSuffix(tier == .quick ? ".journal" : ".journal-synced")
    }
}
