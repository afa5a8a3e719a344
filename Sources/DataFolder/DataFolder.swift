public import DatasetManifest
public import Disk

/// The folder that `--data` names: archives, what is made of them, and what is known about both.
///
///     let data = DataFolder("data")
///     let lock = try data.lock()
///     let found = try data.look(for: "ILSVRC2012_img_val.tar")
///
/// It holds only paths. Nothing is created before something is written, so reading works in a
/// read-only folder.
public struct DataFolder: Sendable, Hashable {
    /// What lies below `--data`, under the names that how-to-imagenet gave it. Each format of output
    /// has a folder of its name beside these.
    public enum Kind: String, Sendable, CaseIterable {
        case archives = "tar"
        case unpacked = "untar"
    }

    /// The state folder beside archives.
    public static let stateName = ".imagenet-fetch"

    public let path: Path
    /// Journals, receipts, saved torrents and the lock: beside the archives, unless elsewhere.
    public let state: Path

    /// - Parameter state: nil for the usual one, `tar/.imagenet-fetch`.
    public init(_ path: Path, state: Path? = nil) {
        self.path = path
        self.state =
            state ?? path.appending(Kind.archives.rawValue).appending(Self.stateName)
    }

    public func folder(_ kind: Kind) -> Path { path.appending(kind.rawValue) }

    /// Opens the folder of archives for writing and creates it if it is missing. A link in its place
    /// is refused, as in `own`.
    public func openArchives() throws(DiskError) -> Folder {
        try Folder.own(folder(.archives), creating: true)
    }

    /// A folder below this one that will be written to. The user did not name it, so a link there
    /// may be somebody else's, to make us write elsewhere.
    ///
    /// - Throws: `.isALink`
    public static func own(_ place: Path) throws(DiskError) -> Path {
        // If it is missing, it will be created.
        _ = try ifPresent(Folder.own(place))
        return place
    }

    /// Where an archive is once it is complete and proven.
    public func archive(_ name: String) -> Path {
        folder(.archives).appending(name)
    }

    /// Where an archive grows: beside its final place, wherever the state folder is, because a rename
    /// needs the same file system.
    public func staging(_ name: String) -> Path {
        folder(.archives).appending(Self.stagingName(name))
    }

    public static func stagingName(_ name: String) -> Path {
        Path(name).appendingSuffix(".part")
    }

    /// The name of the file that aria2 keeps beside one that it has not finished.
    public static func aria2Name(_ name: String) -> Path {
        Path(name).appendingSuffix(".aria2")
    }

    // MARK: State

    /// Keeps other runs out until it is released or this process ends: those with this state folder,
    /// and those with another one and the same archives.
    ///
    /// - Parameter archives: the folder of the archives that will be written to; nil for the usual
    ///   one. It is not created here: without it there is nobody to keep out.
    /// - Throws: `.busy` while another run has it.
    public func lock(_ archives: Path? = nil) throws(DiskError) -> DataLock {
        _ = try Self.creatingState(state)
        return try DataLock(state.appending("lock"), archives ?? folder(.archives))
    }

    /// Nothing is created.
    ///
    /// - Throws: `.busy` while another run has the folder.
    public func checkIsFree() throws(DiskError) {
        let file = state.appending("lock")
        guard try ifPresent(FileDescriptor(file, .reading)) != nil else { return }
        _ = try DataLock(file, folder(.archives), isNoted: false)
    }

    public var receipts: ReceiptStore { ReceiptStore(state.appending("receipts")) }

    /// The piece maps of files that no torrent describes.
    public var pieces: PieceMapStore { PieceMapStore(state.appending("pieces")) }

    /// The journals, for writing: their folder is created.
    public func journals(boot: String = JournalStore.currentBoot()) throws(DiskError)
        -> JournalStore
    {
        try JournalStore(in: state.appending("journals"), boot: boot)
    }

    /// The journal of a file, if there is one that can be believed; nothing is created.
    public func journal(
        of fileName: String, boot: String = JournalStore.currentBoot()
    ) throws(DiskError) -> Journal? {
        guard try ifPresent(Folder(state.appending("journals"))) != nil else { return nil }
        return try journals(boot: boot).load(fileName)
    }

    /// Has pieces of an unfinished file downloaded again: they were read and are wrong.
    ///
    /// - Throws: `.busy` while another run has the folder.
    public func forget(_ pieces: [Int], of fileName: String) throws(DiskError) {
        let lock = try lock()
        try withExtendedLifetime(lock) { () throws(DiskError) in
            try journals().forget(pieces, of: fileName)
        }
    }

    /// Where checked .torrent files are kept.
    public var torrents: Path { state.appending("torrents") }

    /// Keeps a .torrent that was checked against its pin.
    public func saveTorrent(_ bytes: [UInt8], _ infoHash: InfoHash) throws(DiskError) {
        try Self.creating(inState: torrents).publish(Path(infoHash.hex + ".torrent"), bytes)
    }

    // MARK: What is there

    /// What the folder holds of one file, without reading the file.
    public func look(
        for name: String, boot: String = JournalStore.currentBoot()
    ) throws(DiskError) -> FoundFile {
        var found = FoundFile(receipt: try receipts.load(name))
        guard let archives = try ifPresent(Folder(folder(.archives))) else { return found }
        found.final = try FoundFile.Copy(in: archives, Path(name))
        found.staging = try FoundFile.Copy(in: archives, Self.stagingName(name))
        found.hasAria2File = try archives.status(Self.aria2Name(name))?.kind == .file
        if found.staging != nil { found.journal = try journal(of: name, boot: boot) }
        return found
    }

    /// The free space of the file system of the archives, or of the folder in which theirs will be
    /// created.
    public func freeSpace() throws(DiskError) -> FreeSpace {
        try Folder.nearest(to: folder(.archives)).freeSpace()
    }
}

/// The locks of one run: on its state, and on the archives, whatever state others have for them.
public struct DataLock: ~Copyable, Sendable {
    private let state: FileLock
    private let archives: FolderLock?

    /// A run on another machine that ended without releasing the lock, or lost it.
    public var leftBy: LockOwner? { state.leftBy }

    /// - Parameter isNoted: false for locks that are released at once.
    fileprivate init(
        _ state: Path, _ archives: Path, isNoted: Bool = true
    ) throws(DiskError) {
        let held = try FileLock(state, isNoted: isNoted)
        self.archives = try Self.lock(archives, besides: state)
        self.state = held
    }

    /// - Returns: nil where there are no archives yet.
    private static func lock(
        _ archives: Path, besides state: Path
    ) throws(DiskError) -> FolderLock? {
        do throws(DiskError) {
            return try ifPresent(FolderLock(archives))
        } catch  where error.code == .busy {
            // Another state folder is used with these archives: the usual one has a lock that says
            // by whom.
            let usual = archives.appending(DataFolder.stateName)
            guard let folder = try ifPresent(Folder(usual)),
                try !folder.isSame(as: Folder(state.parent)), try folder.status("lock") != nil
            else { throw error }
            _ = try FileLock(usual.appending("lock"), isNoted: false)
            throw error
        }
    }
}

/// What the data folder holds of one file.
public struct FoundFile: Sendable, Hashable {
    /// One file on the disk.
    public struct Copy: Sendable, Hashable {
        public var identity: FileIdentity
        /// The bytes that it occupies: less than its size if it has holes.
        public var allocated: Int64
        /// Whether it is a symbolic link. Linked files are read and never written.
        public var isLink: Bool

        public var size: Int64 { identity.size }

        public init(identity: FileIdentity, allocated: Int64, isLink: Bool = false) {
            self.identity = identity
            self.allocated = allocated
            self.isLink = isLink
        }

        /// Nil if there is nothing, or a link that leads nowhere.
        init?(in folder: borrowing Folder, _ name: Path) throws(DiskError) {
            guard let status = try folder.status(name) else { return nil }
            let isLink = status.kind == .link
            let path = folder.path.appending(name)
            do throws(DiskError) {
                let file = try FileDescriptor(path, isLink ? .reading : .readingNoLink)
                identity = try file.identity()
                allocated = try file.status().allocated
            } catch  where isLink && error.code == .notFound {
                return nil
            }
            self.isLink = isLink
        }
    }

    /// Under its own name.
    public var final: Copy?
    /// Under its name while it grows.
    public var staging: Copy?
    public var journal: Journal?
    public var receipt: SealedReading<Receipt>
    /// Whether aria2's control file is beside it.
    public var hasAria2File: Bool

    /// Whether the unfinished file is as the run left it that wrote its journal.
    public var isUntouched: Bool {
        guard let staging, let journal else { return false }
        return journal.isClean && journal.identity == staging.identity
    }

    public init(
        final: Copy? = nil, staging: Copy? = nil, journal: Journal? = nil,
        receipt: SealedReading<Receipt> = .none, hasAria2File: Bool = false
    ) {
        self.final = final
        self.staging = staging
        self.journal = journal
        self.receipt = receipt
        self.hasAria2File = hasAria2File
    }
}
