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

    /// Shows a proven file: as another name of the same file, or as a copy that was proven while it
    /// was made where the folder lies on another disk.
    ///
    /// - Returns: whether it was not there before.
    func publish(_ name: String, _ receipt: Receipt, _ data: DataFolder) throws -> Bool {
        let target = try Folder.creating(folder)
        let archives = try Folder(data.folder(.archives))
        if let there = try Self.identity(Path(name), in: target) {
            if there.isSameFile(as: receipt.identity) { return false }
            if try isOurs(name, there, data, receipt) { return false }
        }
        if try !link(name, receipt, from: archives, to: target, data) {
            try copy(name, receipt, to: target, data)
        }
        return true
    }

    /// EXDEV: a file has names on its own file system only.
    private static let otherDisk: Int32 = 18

    /// - Returns: false where the folder lies on another disk.
    private func link(
        _ name: String, _ receipt: Receipt, from archives: borrowing Folder,
        to target: borrowing Folder, _ data: DataFolder
    ) throws(DiskError) -> Bool {
        let staging = Self.staging(name)
        try target.remove(staging)
        do throws(DiskError) {
            try archives.link(Path(name), into: target, as: staging)
        } catch  where error.errno == Self.otherDisk {
            return false
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

    private func copy(
        _ name: String, _ receipt: Receipt, to target: borrowing Folder, _ data: DataFolder
    ) throws {
        let path = data.archive(name)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 4096)
        defer { memory.deallocate() }
        try target.publish(Path(name)) { file in try Self.fill(file, path, memory, receipt, name) }
        var own = receipt
        if let now = try Self.identity(Path(name), in: target) { own.identity = now }
        try copies(data).save(own)
    }

    private static func fill(
        _ file: borrowing FileDescriptor, _ path: Path, _ memory: UnsafeMutableRawBufferPointer,
        _ receipt: Receipt, _ name: String
    ) throws {
        let source = try FileDescriptor(path, .readingNoLink)
        var fan = HashFan(receipt.digests.map(\.algorithm))
        var offset: Int64 = 0
        while true {
            let count = try source.readUpTo(memory, at: offset)
            if count == 0 { break }
            let part = UnsafeRawBufferPointer(rebasing: memory[..<count])
            fan.update(part)
            try file.write(part, at: offset)
            offset += Int64(count)
        }
        guard receipt.digests.allSatisfy(fan.digests.contains) else {
            throw SyncError.changedWhileCopied(name)
        }
    }

    /// Takes a file away from the eyes of others, where it is ours; what somebody else has put there
    /// under its name stays.
    ///
    /// - Returns: whether there was something to take away.
    func withdraw(_ name: String, from data: DataFolder) throws -> Bool {
        guard let target = try Self.existing(folder) else { return false }
        guard let there = try Self.identity(Path(name), in: target) else { return false }
        let isCopy = try copies(data).load(name) != .none
        guard try isCopy || isArchive(name, there, data) else { return false }
        try target.remove(Path(name))
        try target.sync()
        try copies(data).remove(name)
        return true
    }

    // MARK: Parts

    private func isArchive(
        _ name: String, _ there: FileIdentity, _ data: DataFolder
    ) throws(DiskError) -> Bool {
        guard let archives = try Self.existing(data.folder(.archives)) else { return false }
        return try Self.identity(Path(name), in: archives)?.isSameFile(as: there) == true
    }

    private func isOurs(
        _ name: String, _ there: FileIdentity, _ data: DataFolder, _ receipt: Receipt
    ) throws -> Bool {
        guard case .receipt(let copy) = try copies(data).load(name) else { return false }
        return copy.holds(for: there) && receipt.digests.allSatisfy(copy.digests.contains)
    }

    /// What is known of copies on another disk.
    private func copies(_ data: DataFolder) -> ReceiptStore {
        ReceiptStore(data.state.appending("published"))
    }

    private static func staging(_ name: String) -> Path { Path(".\(name).new") }

    private static func identity(
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

extension FileIdentity {
    func isSameFile(as other: FileIdentity) -> Bool {
        fileSystem == other.fileSystem && inode == other.inode
    }
}

/// Something that went wrong while others' view was brought up to date.
public struct SyncError: Failure, Equatable {
    public let message: String
    public let hint: String?

    static func changedWhileCopied(_ name: String) -> SyncError {
        SyncError(
            message: "\(escaped(name)) was not published: what was copied is not what was proven",
            hint: "the next run proves it again")
    }
}
