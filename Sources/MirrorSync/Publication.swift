internal import Checksums
internal import DataFolder
internal import DatasetManifest
public import Disk
internal import TorrentFetch

/// A folder in which others find what is proven, and nothing else: the archives themselves, lists
/// of their digests, their torrents, and a manifest that names this place as the first mirror.
public struct Publication: Sendable {
    public let folder: Path
    /// Where the folder is reached by others; without it there is no manifest.
    public let url: String?

    public init(_ folder: Path, url: String? = nil) {
        self.folder = folder
        self.url = url.map { $0.hasSuffix("/") ? $0 : $0 + "/" }
    }

    /// What the run that publishes allows.
    struct Terms: Sendable {
        /// How long the proof of a copy is good for.
        var interval: Duration
        var now = UTCTime.now
        /// Bytes to leave free on the disk.
        var reserve: Int64
        /// Why a copy should not go on; nil while it may.
        var end: @Sendable () -> (any Error)? = { nil }
    }

    /// Taking something away there must never take away an archive.
    func check(_ data: DataFolder) throws {
        _ = try Folder.creating(data.folder(.archives))
        if try isArchiveFolder(data) { throw SyncError.publishedIntoArchives(folder) }
    }

    private func isArchiveFolder(_ data: DataFolder) throws(DiskError) -> Bool {
        do throws(DiskError) {
            let target = try Folder.creating(folder)
            return try target.isSame(as: Folder(data.folder(.archives)))
        } catch {
            // Where nothing can be shown, the mirror is kept all the same.
            return false
        }
    }

    /// Shows a proven file: as another name of the same file, or as a copy that was proven while it
    /// was made where the file can have no other name there.
    ///
    /// - Returns: whether it was not there before.
    func publish(
        _ name: String, _ receipt: Receipt, _ data: DataFolder, _ terms: Terms
    ) throws -> Bool {
        let target = try Folder.creating(folder)
        let there = try Self.identity(Path(name), in: target)
        if let there, there.isSameFile(as: receipt.identity) { return false }
        if try link(name, receipt, to: target, data) { return true }
        let copy = PublishedCopy(name, receipt, data, terms)
        if let there {
            if try copy.isProven(there, in: target) { return false }
            // Whatever it is, it is not what its name says; and a new one needs the room.
            try remove(name, from: target, data)
        }
        try copy.make(in: target)
        return true
    }

    /// - Returns: false where the file can have no name there: on another disk, on a file system
    ///   without links, or where it belongs to somebody else.
    private func link(
        _ name: String, _ receipt: Receipt, to target: borrowing Folder, _ data: DataFolder
    ) throws(DiskError) -> Bool {
        let archives = try Folder(data.folder(.archives))
        let isLink = try archives.status(Path(name))?.kind == .link
        let staging = Self.staging(name)
        try target.remove(staging)
        do throws(DiskError) {
            try archives.link(Path(name), into: target, as: staging, followingLink: isLink)
        } catch  where [.crossDevice, .denied, .unsupported].contains(error.code) {
            return false
        }
        // Others read it as somebody else. What is linked belongs to a person, who knows better.
        if !isLink, try target.status(staging)?.mode != Self.mode {
            try target.file(staging, .readingNoLink).setMode(Self.mode)
        }
        // The link has changed the file's ctime, and giving it its name does so again: by us, so
        // that the proof goes on to hold.
        try target.rename(staging, to: Path(name))
        try target.sync()
        guard let now = try Self.identity(Path(name), in: target),
            now.isSameFile(as: receipt.identity), now.modified == receipt.identity.modified
        else { return true }
        var receipt = receipt
        receipt.identity = now
        try data.receipts.save(receipt)
        return true
    }

    private static let mode: UInt32 = 0o644

    /// Takes a file away from the eyes of others, where it is ours; what somebody else has put there
    /// under its name stays.
    ///
    /// - Returns: whether there was something to take away.
    func withdraw(_ name: String, from data: DataFolder) throws -> Bool {
        guard let target = try Self.existing(folder) else { return false }
        // What a killed run has left.
        try target.remove(Self.staging(name))
        guard let there = try Self.identity(Path(name), in: target) else { return false }
        let isCopy = try PublishedCopy.receipts(data).load(name) != .none
        guard try isCopy || isArchive(name, there, data) else { return false }
        try remove(name, from: target, data)
        return true
    }

    // MARK: Parts

    private func remove(
        _ name: String, from target: borrowing Folder, _ data: DataFolder
    ) throws(DiskError) {
        try target.remove(Path(name))
        try target.sync()
        try PublishedCopy.receipts(data).remove(name)
    }

    private func isArchive(
        _ name: String, _ there: FileIdentity, _ data: DataFolder
    ) throws(DiskError) -> Bool {
        try data.look(for: name).final?.identity.isSameFile(as: there) == true
    }

    private static func staging(_ name: String) -> Path { Path(".\(name).new") }

    static func identity(
        _ name: Path, in folder: borrowing Folder
    ) throws(DiskError) -> FileIdentity? {
        guard try folder.status(name)?.kind == .file else { return nil }
        return try folder.file(name, .readingNoLink).identity()
    }

    private static func existing(_ path: Path) throws(DiskError) -> Folder? {
        do throws(DiskError) {
            return try Folder(path)
        } catch  where error.code == .notFound {
            return nil
        }
    }
}
