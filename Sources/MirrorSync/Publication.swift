internal import Checksums
internal import DataFolder
internal import DatasetManifest
public import Disk

/// A folder that shows others what is verified, and nothing else: the archives, lists of their
/// digests, their torrents, and a manifest with this place as the first mirror.
public struct Publication: Sendable {
    public let folder: Path
    /// The address of the folder for others; without it there is no manifest.
    public let url: String?

    public init(_ folder: Path, url: String? = nil) {
        self.folder = folder
        self.url = url.map { $0.hasSuffix("/") ? $0 : $0 + "/" }
    }

    /// The limits of the run that publishes.
    struct Terms: Sendable {
        /// How long the proof of a copy is valid.
        var interval: Duration
        var now = UTCTime.now
        var reserve: Int64
        /// Whether the time of the run is over: nothing new is started then, and what was started
        /// is finished.
        var isOver: @Sendable () -> Bool = { false }
        var stop = StopCheck.never
    }

    /// The outcome for a published file whose archive is not proven.
    enum Kept {
        /// It is proven by itself, and stays.
        case shown(Receipt)
        case withdrawn
        /// Nothing of ours is there.
        case nothing
    }

    /// Withdrawing a file there must never remove an archive.
    func check(_ data: DataFolder) throws {
        _ = try data.openArchives()
        if try isArchiveFolder(data) { throw SyncError.publishedIntoArchives(folder) }
    }

    private func isArchiveFolder(_ data: DataFolder) throws(DiskError) -> Bool {
        do throws(DiskError) {
            let target = try Folder.creating(folder)
            return try target.isSame(as: Folder(data.folder(.archives)))
        } catch {
            // Where nothing can be shown, the data folder is kept all the same.
            return false
        }
    }

    /// Publishes a proven file as a hard link, or as a copy that is verified while it is made where
    /// there can be no link.
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
                // The right bytes may stay, whoever brought them.
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
                // The copy cannot be read; the archive is complete.
            }
            // It is wrong whatever it is, and a new copy needs its space.
            try remove(name, from: target, data)
        }
        try copy.make(in: target)
        return true
    }

    /// - Returns: false where there can be no link: on another disk, on a file system without
    ///   links, or to somebody else's file.
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
        // Others must be able to read it. The target of a symbolic link is a person's own choice.
        if !isLink, let mode = try target.status(staging)?.mode, mode != Self.mode {
            do throws(DiskError) {
                try target.file(staging, .readingNoLink).setMode(Self.mode)
            } catch  where error.code == .denied {
                // Somebody else's file is no problem where all may read it.
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
            // It is ours even when the archive is gone or replaced.
            try PublishedCopy.receipts(data).save(receipt)
        }
        return true
    }

    /// A link changes a file's ctime. This records the new one, so that the proof stays valid.
    ///
    /// - Returns: the new receipt of the archive; nil where the file is not the proven one.
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

    /// Creates a file that others may read, whatever the umask of this process.
    static func show(
        _ name: Path, in target: borrowing Folder, synced: Bool = true,
        _ body: (borrowing FileDescriptor) throws -> Void
    ) throws {
        try target.publish(name, synced: synced) { file in
            try body(file)
            // Some file systems have no modes.
            try? file.setMode(mode)
        }
    }

    /// Removes a hard link to a damaged archive. A copy is another file with its own proof.
    ///
    /// - Returns: whether there was one.
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

    /// Decides about a published file whose archive is not proven. One that is proven by itself
    /// stays: it may be the last complete copy. Our other files are removed, and somebody else's
    /// stay.
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

    func shows(_ name: String) throws(DiskError) -> Bool {
        guard let target = try ifPresent(Folder(folder)) else { return false }
        return try target.status(Path(name))?.kind == .file
    }

    /// A published file that could complete its archive: another file of the right size. It is
    /// verified like any source.
    func copy(of file: ManifestFile, _ data: DataFolder) throws(DiskError) -> Path? {
        guard let target = try ifPresent(Folder(folder)),
            let there = try Self.identity(Path(file.name), in: target),
            file.size == nil || file.size == there.size,
            try !isArchive(file.name, there, data)
        else { return nil }
        return folder.appending(file.name)
    }

    /// Gives a lost archive its name back where the published file is a hard link to it, so that
    /// nothing must be downloaded.
    ///
    /// - Returns: whether it is back; it must still be verified.
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

    /// Whether we put it there: it is or was the archive, or we have its receipt.
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

    /// What a file should be, by the manifest and its last receipt; nil where that is unknown or
    /// its size differs.
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
