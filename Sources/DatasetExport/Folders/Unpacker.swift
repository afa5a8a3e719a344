internal import Archives
public import Checksums
public import DataFolder
public import Disk

/// Makes a tree of the files in an archive: whole or not at all, beside it a receipt.
///
///     let unpacker = Unpacker("data/tar/ILSVRC2012_img_train.tar", .classTars, in: "data/untar")
///     let summary = try unpacker.run { progress in … }
///
/// The tree grows under another name, and gets its own once all is there, counted and on the disk. A
/// run that was stopped or killed is gone on with by the next.
public struct Unpacker: Sendable {
    public struct Progress: Sendable, Hashable {
        public enum Stage: Sendable { case surveying, writing, checking }

        public var stage: Stage
        public var files: Int
        /// Nil where only the end tells.
        public var totalFiles: Int?
        public var bytes: Int64
    }

    public struct Summary: Sendable {
        /// The tree.
        public let path: Path
        /// What is known of it from now on.
        public let receipt: OutputReceipt
        public let isAlreadyDone: Bool
        /// Whether its bytes were held against the archive's.
        public let isVerified: Bool
        /// Whether its files are links to those of the class folders.
        public var isLinked = false
        /// Whether an earlier run has made a part of it.
        public var isContinued = false
        /// How many folders of a tree that was there had lost files, which were written again.
        public var refilledFolders = 0

        public var files: Int64 { receipt.counts["files"] ?? 0 }
        public var folders: Int64 { receipt.counts["folders"] ?? 0 }
        public var bytes: Int64 { receipt.counts["bytes"] ?? 0 }
    }

    public static let kind = "untar"

    public let archive: Path
    public let form: UnpackForm
    /// The folder in which the tree appears.
    public let parent: Path
    /// All images in one folder, those of validation with their class in front of their names.
    public let isFlat: Bool
    public var threads = Workers.processors
    /// Replaces a tree of that name, the same one too, once this one is whole.
    public var isForced = false
    /// Holds every file against the archive once it is written.
    public var verifies = false
    /// How many images the archive must have; nil where nobody knows. Files of trees are no images.
    public var expectedImages: Int?
    /// What is known of the archive's digests, from its own receipt.
    public var inputDigests: [Digest] = []
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

    /// The name of an archive without what says that it is one.
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

    /// Whether an archive is a tar of class tars, as its first file says.
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

    /// The name of the output: that of the tree and of its receipt. The archives of 2017 share a
    /// tree, and each has a receipt.
    public var name: String {
        Self.stem(archive.lastComponent.description) + (isFlat ? "_flat" : "")
    }

    /// Refuses an archive whose name leaves none for a tree, or a hidden one.
    func checkName() throws(ExportError) {
        if name.hasPrefix(".") || name.isEmpty { throw .noTreeName(archive) }
    }

    var place: OutputPlace { OutputPlace(parent: parent, name: name) }

    /// Whether its files lie in one tree with those of other archives.
    public var isShared: Bool { if case .tree2017 = form { true } else { false } }

    /// The tree.
    public var path: Path {
        isShared ? parent.appending(TargetRule.sharedTree) : place.path
    }

    // MARK: What is there

    /// The receipt of a tree that is there; nil where none is, or no receipt.
    public func existingReceipt() throws -> OutputReceipt? {
        try checkName()
        let folder = try Folder.nearest(to: parent)
        guard folder.path == parent, try folder.status(path.lastComponent) != nil,
            case .receipt(let receipt) = try OutputReceipt.load(name, in: folder),
            receipt.kind == Self.kind
        else { return nil }
        return receipt
    }

    /// What is told of a tree that is there.
    public func summary(of receipt: OutputReceipt, isVerified: Bool = false) -> Summary {
        Summary(path: path, receipt: receipt, isAlreadyDone: true, isVerified: isVerified)
    }

    /// A receipt as this run would write it, as far as that is known before.
    func wanted(_ inputs: [OutputReceipt.Input]) -> OutputReceipt {
        var options = ["form": form.name, "flat": isFlat ? "true" : "false"]
        if let labels = form.labels { options["labels"] = labels }
        return OutputReceipt(kind: Self.kind, name: name, options: options, inputs: inputs)
    }

    func input() throws(DiskError) -> OutputReceipt.Input {
        let identity = try FileDescriptor(archive, .reading).identity()
        return OutputReceipt.Input(
            name: archive.lastComponent.description, size: identity.size, identity: identity,
            digests: inputDigests)
    }

    /// The receipt of a tree that is just what this run would make.
    ///
    /// - Returns: nil where there is work to do: always, where what is there is to be replaced.
    /// - Throws: `.exists` for another one, and for what may not be replaced.
    func finished(_ wanted: OutputReceipt) throws -> OutputReceipt? {
        let folder = try Folder.nearest(to: parent)
        if !isShared, folder.path == parent {
            try place.checkReplaceable(in: folder, by: Self.kind)
        }
        if isForced { return nil }
        guard let receipt = try existingReceipt() else { return nil }
        if receipt.isSame(as: wanted) {
            guard let known = receipt.learning(from: wanted), folder.path == parent else {
                return receipt
            }
            try known.save(in: folder)
            return known
        }
        throw ExportError.otherOutput(
            path, "it was unpacked from another archive or with other options")
    }

    // MARK: After it was made

    /// Holds a finished tree against its archive: every file is there, and has the same bytes.
    ///
    /// - Throws: `ExportError` `.brokenOutput` for the first that is not so.
    public func check(progress: @escaping @Sendable (Progress) throws -> Void) throws {
        try UnpackRun(self, progress).check(at: path)
    }

    /// Refuses a tree that has lost files, or got others; told in milliseconds.
    public func checkFolders(_ receipt: OutputReceipt) throws {
        guard !isShared else { return }
        if let fault = try TreeFolders(try Folder(path), receipt).fault {
            throw ExportError.lacking(path, fault)
        }
    }

    /// Counts the files of a finished tree, those of each folder. A tree that archives share cannot
    /// be counted for one of them.
    public func recount(_ receipt: OutputReceipt) throws {
        let listing = try TreeListing.of(try Folder(path))
        guard listing.digest == receipt.treeDigest else {
            throw ExportError.miscounted(
                path, listing.files, expected: Int(clamping: receipt.counts["files"] ?? 0))
        }
    }

    /// Writes down that the archive was removed on the user's word, so that the tree counts as what
    /// it would be unpacked to; and so does the other one of the same archive, flat or not.
    public func markRetired(_ receipt: OutputReceipt) throws {
        let other = Unpacker(archive, form, in: parent, isFlat: !isFlat)
        if other.name != name, let sibling = try other.existingReceipt() {
            // With whatever labels it was made.
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

    /// Makes the tree, or finds that it is there.
    ///
    /// - Parameter progress: is called on any thread, often; what it throws ends the work.
    /// - Throws: `ExportError`, `ArchiveError`, `DiskError`. Nothing half-made is under the tree's
    ///   name then.
    public func run(
        progress: @escaping @Sendable (Progress) throws -> Void
    ) throws -> Summary {
        try checkName()
        var run = self
        // A tree that was replaced just now is not replaced again.
        if try TreeState.settle(place, publish: publish) { run.isForced = false }
        if let links = try FlatRun(run, progress) { return try links.run() }
        return try UnpackRun(run, progress).run()
    }

    /// Gives what is whole its name.
    func publish(in parent: borrowing Folder) throws {
        guard isShared else { return try place.publish(in: parent) }
        let tree = try parent.folder(Path(TargetRule.sharedTree), creating: true)
        let work = try parent.folder(place.work)
        // Also for a run that was killed here: what came there since would stop it half-way.
        try SharedTree.checkFree(work, in: tree, replacing: true)
        try SharedTree.merge(work, into: tree)
        try parent.remove(place.work, isFolder: true)
        try parent.sync()
    }
}
