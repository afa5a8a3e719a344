internal import Checksums
internal import DataFolder
internal import DatasetManifest
public import Disk

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
        /// Whether the time of the run is over: nothing more is begun then, and what was begun is
        /// brought to its end.
        var isOver: @Sendable () -> Bool = { false }
        var stop = StopCheck.never
    }

    /// What became of a published file whose archive is not proven.
    enum Kept {
        /// It is proven by itself, and goes on to be seen.
        case shown(Receipt)
        case withdrawn
        /// There is nothing of ours.
        case nothing
    }

    /// Taking something away there must never take away an archive.
    func check(_ data: DataFolder) throws {
        _ = try data.openArchives()
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
    /// - Throws: `SyncError` `.somethingElse` where somebody else's file has the name.
    func publish(
        _ name: String, _ receipt: Receipt, _ data: DataFolder, _ terms: Terms
    ) throws -> Bool {
        let target = try Folder.creating(folder)
        let there = try Self.identity(Path(name), in: target)
        let copy = PublishedCopy(receipt, data, terms)
        if let there {
            if there.isSameFile(as: receipt.identity) { return false }
            guard try isOurs(name, there, data) else {
                // The right bytes, whoever has brought them, may stay where they are.
                let foreign = PublishedCopy(receipt, data, terms, isOurs: false)
                if try foreign.proof(there, in: target) != nil { return false }
                throw SyncError.somethingElse(folder.appending(name))
            }
        } else if try target.status(Path(name)) != nil {
            throw SyncError.somethingElse(folder.appending(name))
        }
        if try link(name, receipt, to: target, data) { return true }
        if let there {
            do {
                if try copy.proof(there, in: target) != nil { return false }
            } catch let error as DiskError where error.code == .io {
                // The disk has lost some of it; the archive is whole.
            }
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
        if !isLink, let mode = try target.status(staging)?.mode, mode != Self.mode {
            do throws(DiskError) {
                try target.file(staging, .readingNoLink).setMode(Self.mode)
            } catch  where error.code == .denied {
                // It belongs to somebody else, which is no harm where all may read it.
                if mode & 0o004 == 0 {
                    try target.remove(staging)
                    _ = try renew(receipt, try Self.identity(Path(name), in: archives), data)
                    return false
                }
            }
        }
        try target.rename(staging, to: Path(name))
        try target.sync()
        if let receipt = try renew(receipt, try Self.identity(Path(name), in: target), data) {
            // It is ours also when the archive is gone or another one.
            try PublishedCopy.receipts(data).save(receipt)
        }
        return true
    }

    /// A link changes a file's ctime, and so does every other name that it gets or loses: by us, so
    /// that the proof goes on to hold.
    ///
    /// - Returns: the receipt of the archive from now on; nil where it is not what was proven.
    private func renew(
        _ receipt: Receipt, _ now: FileIdentity?, _ data: DataFolder
    ) throws(DiskError) -> Receipt? {
        guard let now, receipt.isUnwritten(now) else { return nil }
        var receipt = receipt
        receipt.identity = now
        try data.receipts.save(receipt)
        return receipt
    }

    private static let mode: UInt32 = 0o644

    /// Puts a file there that others may read, whatever this process leaves them by itself.
    static func show(
        _ name: Path, in target: borrowing Folder, synced: Bool = true,
        _ body: (borrowing FileDescriptor) throws -> Void
    ) throws {
        try target.publish(name, synced: synced) { file in
            try body(file)
            // Some file systems have no modes to set.
            try? file.setMode(mode)
        }
    }

    /// Takes away what is the archive by another name, which is damaged as the archive is. A copy has
    /// a disk and a proof of its own.
    ///
    /// - Returns: whether there was something to take away.
    func withdrawLink(_ name: String, from data: DataFolder) throws -> Bool {
        guard let target = try ifPresent(Folder(folder)) else { return false }
        // What a killed run has left.
        try target.remove(Self.staging(name))
        guard let there = try Self.identity(Path(name), in: target),
            try isArchive(name, there, data)
        else { return false }
        try remove(name, from: target, data)
        return true
    }

    /// Looks at what can be seen of a file whose archive is not proven. What proves by itself stays:
    /// it may be the last whole copy. What else is ours is taken away; what somebody else has put
    /// there under its name stays.
    func keep(_ file: ManifestFile, _ data: DataFolder, _ terms: Terms) throws -> Kept {
        if try withdrawLink(file.name, from: data) { return .withdrawn }
        guard let target = try ifPresent(Folder(folder)),
            let there = try Self.identity(Path(file.name), in: target)
        else { return .nothing }
        let isOurs = try isOurs(file.name, there, data)
        if let wanted = try wanted(file, there, data),
            let proof = try PublishedCopy(wanted, data, terms, isOurs: isOurs)
                .proof(there, in: target)
        {
            return .shown(proof)
        }
        guard isOurs else { return .nothing }
        try remove(file.name, from: target, data)
        return .withdrawn
    }

    /// Whether there is a file under this name.
    func shows(_ name: String) throws(DiskError) -> Bool {
        guard let target = try ifPresent(Folder(folder)) else { return false }
        return try target.status(Path(name))?.kind == .file
    }

    /// A published file from which its archive could be made whole again: another file than the
    /// archive, of the right size. Nobody has to believe it.
    func copy(of file: ManifestFile, _ data: DataFolder) throws(DiskError) -> Path? {
        guard let target = try ifPresent(Folder(folder)),
            let there = try Self.identity(Path(file.name), in: target),
            file.size == nil || file.size == there.size,
            try !isArchive(file.name, there, data)
        else { return nil }
        return folder.appending(file.name)
    }

    /// Gives an archive that is gone its name back, where what is published is the same file by
    /// another name: no byte of it need come from anywhere.
    ///
    /// - Returns: whether it is there again, yet to be proven.
    func restore(_ name: String, _ data: DataFolder) throws(DiskError) -> Bool {
        let found = try data.look(for: name)
        guard found.final == nil, found.staging == nil,
            let target = try ifPresent(Folder(folder)),
            let there = try Self.identity(Path(name), in: target),
            try isOurs(name, there, data)
        else { return false }
        let archives = try data.openArchives()
        do throws(DiskError) {
            try target.link(Path(name), into: archives, as: Path(name))
        } catch  where [.crossDevice, .denied, .unsupported, .exists].contains(error.code) {
            return false
        }
        try archives.sync()
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

    /// Whether we have put it there: it is the archive, or was it, or we have its receipt.
    private func isOurs(
        _ name: String, _ there: FileIdentity, _ data: DataFolder
    ) throws(DiskError) -> Bool {
        for store in [PublishedCopy.receipts(data), data.receipts] {
            if case .receipt(let receipt) = try store.load(name),
                receipt.identity.isSameFile(as: there)
            {
                return true
            }
        }
        return try isArchive(name, there, data)
    }

    /// What a file should be, by the manifest and by what was known of it when it was proven last;
    /// nil where nobody knows, or where its size is another.
    private func wanted(
        _ file: ManifestFile, _ there: FileIdentity, _ data: DataFolder
    ) throws(DiskError) -> Receipt? {
        var receipt = Receipt(
            fileName: file.name, digests: file.digests, identity: there, proof: .digests)
        for store in [PublishedCopy.receipts(data), data.receipts] {
            guard case .receipt(let known) = try store.load(file.name), known.proves(file),
                !known.digests.isEmpty
            else { continue }
            receipt = known
        }
        let size = file.size ?? receipt.identity.size
        return size == there.size && !receipt.digests.isEmpty ? receipt : nil
    }

    private static func staging(_ name: String) -> Path { Path(".\(name).new") }

    static func identity(
        _ name: Path, in folder: borrowing Folder
    ) throws(DiskError) -> FileIdentity? {
        guard try folder.status(name)?.kind == .file else { return nil }
        return try folder.file(name, .readingNoLink).identity()
    }
}
