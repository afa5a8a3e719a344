internal import Archives
public import Checksums
public import DataFolder
public import DatasetManifest
public import Disk

/// Unpacks an archive into a tree, completely or not at all, with a receipt beside it.
///
///     let unpacker = Unpacker("data/tar/ILSVRC2012_img_train.tar", .classTars, in: "data/untar")
///     let summary = try unpacker.run { progress in … }
///
/// The tree is written under another name and renamed when it is complete, counted and synced. A
/// stopped or killed run is resumed by the next.
public struct Unpacker: Sendable {
    public struct Progress: Sendable, Hashable {
        public enum Stage: Sendable { case surveying, writing, checking }

        public var stage: Stage
        public var files: Int
        /// Nil if only the end will tell.
        public var totalFiles: Int?
        public var bytes: Int64
    }

    public struct Summary: Sendable {
        public let path: Path
        public let receipt: OutputReceipt
        public let isAlreadyDone: Bool
        /// Whether its bytes were compared with the archive.
        public internal(set) var isVerified: Bool
        /// Whether its files are links to class folders.
        public var isLinked = false
        /// Whether it resumed an earlier run.
        public var isContinued = false
        /// The number of folders of an existing tree whose missing files were written.
        public var refilledFolders = 0
        /// The number of class folders that an existing tree did not have.
        public var addedFolders = 0

        public var files: Int64 { receipt.counts["files"] ?? 0 }
        public var folders: Int64 { receipt.counts["folders"] ?? 0 }
        public var bytes: Int64 { receipt.counts["bytes"] ?? 0 }
    }

    public static let kind = "untar"

    public let archive: Path
    public let form: UnpackForm
    /// Of the tree.
    public let parent: Path
    /// All images in one folder; names of validation images get their class in front.
    public let isFlat: Bool
    public var threads = Workers.processors
    /// Replaces any existing tree when this one is complete.
    public var isForced = false
    /// Compares every file with the archive after writing.
    public var verifies = false
    /// The number of images in the archive; nil if unknown.
    public var expectedImages: Int?
    /// From the archive's receipt.
    public var inputDigests: [Digest] = []
    /// Of the verified archive.
    public var inputTorrent: InfoHash?
    /// The chosen classes; nil for all. A tree that is there keeps those that it has.
    public var classes: ClassSelection?
    /// What there is of an archive that is not completely downloaded.
    public var partial: PartialArchive?
    /// Which start of the machine this is.
    public var boot = JournalStore.currentBoot()

    public init(_ archive: Path, _ form: UnpackForm, in parent: Path, isFlat: Bool = false) {
        self.archive = archive
        self.form = form
        self.parent = parent
        switch form {
        case .classTars, .validation: self.isFlat = isFlat
        case .images, .tree, .tree2017: self.isFlat = false
        }
    }

    // MARK: Names

    /// An archive's name without its extensions.
    public static func stem(_ archive: String) -> String {
        let endings = [
            ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".zip",
        ]
        let lower = archive.lowercased()
        let longest = endings.filter { lower.hasSuffix($0) && lower != $0 }.max {
            $0.count < $1.count
        }
        return longest.map { String(archive.dropLast($0.count)) } ?? archive
    }

    /// The file that is read.
    var source: Path { partial?.path ?? archive }

    /// By its first file.
    public static func holdsClassTars(_ archive: Path) throws -> Bool {
        struct Answer: Error { let isTar: Bool }
        do {
            let walk = MemberWalk(entersTars: false, endsAtDamage: true)
            let outcome = try walk.run(archive) { member in
                guard member.kind == .file else { return }
                throw Answer(isTar: member.name.suffix(4).elementsEqual(".tar".utf8))
            }
            if let damage = outcome.damage { throw damage }
        } catch let answer as Answer {
            return answer.isTar
        }
        return false
    }

    /// The name of the tree and its receipt. The archives of 2017 share a tree, and each has a
    /// receipt.
    public var name: String {
        Self.stem(archive.lastComponent.description) + (isFlat ? "_flat" : "")
    }

    /// Refuses a name that makes a hidden tree, or none.
    func checkName() throws(ExportError) {
        if name.hasPrefix(".") || name.isEmpty { throw .noTreeName(archive) }
    }

    var place: OutputPlace { OutputPlace(parent: parent, name: name) }

    /// Whether several archives share the tree.
    public var isShared: Bool { if case .tree2017 = form { true } else { false } }

    /// The tree.
    public var path: Path {
        isShared ? parent.appending(TargetRule.sharedTree) : place.path
    }

    // MARK: What is there

    /// The receipt of an existing tree.
    public func existingReceipt() throws -> OutputReceipt? {
        try checkName()
        guard let folder = try ifPresent(Folder(parent)),
            try folder.status(path.lastComponent) != nil,
            case .receipt(let receipt) = try OutputReceipt.load(name, in: folder),
            receipt.kind == Self.kind
        else { return nil }
        return receipt
    }

    public func summary(of receipt: OutputReceipt, isVerified: Bool = false) -> Summary {
        Summary(path: path, receipt: receipt, isAlreadyDone: true, isVerified: isVerified)
    }

    /// The receipt without what only the work will show.
    func wanted(_ inputs: [OutputReceipt.Input]) -> OutputReceipt {
        var options = ["form": form.name, "flat": isFlat ? "true" : "false"]
        if let labels = form.labels { options["labels"] = labels }
        if let classes { options[ClassChoice.classesKey] = ClassChoice.text(classes.wnids) }
        return OutputReceipt(kind: Self.kind, name: name, options: options, inputs: inputs)
    }

    func input() throws(DiskError) -> OutputReceipt.Input {
        if let partial { return partial.input }
        let identity = try FileDescriptor(archive, .reading).identity()
        return OutputReceipt.Input(
            name: archive.lastComponent.description, size: identity.size, identity: identity,
            digests: inputDigests, torrent: inputTorrent)
    }

    /// The input, if it is there: a tree outlives its archive.
    func inputs() throws(DiskError) -> [OutputReceipt.Input] {
        (try? FileDescriptor(source, .reading)) != nil ? [try input()] : []
    }

    /// The receipt of an existing tree that this run would make again, or would add classes to.
    ///
    /// - Returns: nil if there is work to do.
    /// - Throws: `.exists` for another tree, and for what must not be replaced.
    func finished(_ wanted: OutputReceipt) throws -> OutputReceipt? {
        if !isShared, let folder = try ifPresent(Folder(parent)) {
            try place.checkReplaceable(in: folder, by: Self.kind)
        }
        if isForced { return nil }
        guard let receipt = try existingReceipt() else { return nil }
        if receipt.choosing(nil).isSame(as: wanted.choosing(nil)) {
            guard let known = receipt.learning(from: wanted) else { return receipt }
            try known.save(in: Folder(parent))
            return known
        }
        throw ExportError.otherOutput(
            path, "it was unpacked from another archive or with other options")
    }

    // MARK: After it was made

    /// Compares a finished tree with its archive, byte by byte.
    ///
    /// - Throws: `ExportError` `.brokenOutput`, which names the first difference.
    public func check(progress: @escaping @Sendable (Progress) throws -> Void) throws {
        try UnpackRun(self, progress).check(at: path, try existingReceipt()?.selection)
    }

    /// Refuses a tree with the wrong number of files, in milliseconds.
    public func checkFolders(_ receipt: OutputReceipt) throws {
        guard !isShared else { return }
        if let fault = try TreeFolders(try Folder(path), receipt).fault {
            throw ExportError.lacking(path, fault)
        }
    }

    /// Counts the files in each folder of a tree. Impossible for one archive of a shared tree.
    public func recount(_ receipt: OutputReceipt) throws {
        let listing = try TreeListing.of(try Folder(path))
        guard listing.digest == receipt.treeDigest else {
            throw ExportError.miscounted(
                path, listing.files, expected: Int(clamping: receipt.counts["files"] ?? 0))
        }
    }

    /// Records that the archive was removed at the user's request, so the tree still counts as its
    /// result; also for the other tree, flat or not, of the archive.
    public func markRetired(_ receipt: OutputReceipt) throws {
        let other = Unpacker(archive, form, in: parent, isFlat: !isFlat)
        if other.name != name, let sibling = try other.existingReceipt() {
            // Made with any labels.
            var same = sibling
            same.inputs = receipt.inputs
            if sibling.isSame(as: same) { try Self.saveRetired(sibling, in: parent) }
        }
        try Self.saveRetired(receipt, in: parent)
    }

    private static func saveRetired(_ receipt: OutputReceipt, in parent: Path) throws {
        var receipt = receipt
        for index in receipt.inputs.indices { receipt.inputs[index].isRetired = true }
        try receipt.save(in: try Folder(parent))
    }

    // MARK: Running

    /// Makes the tree, unless it is there.
    ///
    /// - Parameter progress: is called on any thread, often; what it throws ends the work.
    /// - Throws: `ExportError`, `ArchiveError`, `DiskError`. Nothing incomplete has the tree's name
    ///   then.
    public func run(
        progress: @escaping @Sendable (Progress) throws -> Void
    ) throws -> Summary {
        try checkName()
        var run = self
        // Not replaced a second time.
        if try TreeState.end(place).finishKilledRun(publish: { folder, _ in try publish(in: folder)
        }) {
            run.isForced = false
        }
        if run.classes != nil, !holdsClasses || isShared {
            throw ExportError.badOption(
                "\(archive) has no classes to choose from, or cannot be unpacked by classes")
        }
        try run.addToFlat()
        if let links = try FlatRun(run, progress) { return try links.run() }
        return try UnpackRun(run, progress).run()
    }

    /// Whether the archive has images of classes.
    private var holdsClasses: Bool {
        switch form {
        case .classTars, .validation: true
        case .images, .tree, .tree2017: false
        }
    }

    /// A flat tree of other classes is made again with both: nothing says which of its files belong to
    /// which class.
    private mutating func addToFlat() throws {
        guard isFlat, !isForced, let there = try finished(wanted(try inputs())),
            !there.covers(classes)
        else { return }
        classes = there.union(with: classes)
        isForced = true
    }

    /// Gives complete work its name.
    func publish(in parent: borrowing Folder) throws {
        guard isShared else { return try place.publish(in: parent) }
        let tree = try parent.folder(Path(TargetRule.sharedTree), creating: true)
        let work = try parent.folder(place.work)
        // Checked here too: new files since a kill would stop the merge halfway.
        try SharedTree.checkFree(work, in: tree, replacing: true)
        try SharedTree.merge(work, into: tree)
        try parent.remove(place.work, isFolder: true)
        try parent.sync()
    }
}
