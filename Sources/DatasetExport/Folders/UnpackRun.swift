internal import Archives
internal import DataFolder
internal import Disk
internal import Synchronization

struct UnpackRun {
    /// For receipts and folders.
    private static let spare: Int64 = 1 << 20

    private enum Engine {
        /// By offset, on all threads.
        case tar(TarUnpacking)
        /// From front to back.
        case stream(StreamUnpacking)

        /// Adds what is known before the work, for those who watch.
        func announcing(_ wanted: OutputReceipt) -> OutputReceipt {
            guard case .tar(let tar) = self else { return wanted }
            var wanted = wanted
            wanted.counts = [
                "pieces": Int64(tar.survey.jobs.count), "files": Int64(tar.survey.files),
                "bytes": tar.survey.bytes,
            ]
            return wanted
        }
    }

    private let unpacker: Unpacker
    private let rule: TargetRule
    private let progress: @Sendable (Unpacker.Progress) throws -> Void

    init(
        _ unpacker: Unpacker, _ progress: @escaping @Sendable (Unpacker.Progress) throws -> Void
    ) {
        self.unpacker = unpacker
        self.progress = progress
        rule = TargetRule(
            form: unpacker.form, isFlat: unpacker.isFlat, archive: unpacker.archive,
            name: unpacker.name)
    }

    private var place: OutputPlace { unpacker.place }

    func run() throws -> Unpacker.Summary {
        try unpacker.checkName()
        let input = try unpacker.input()
        let wanted = unpacker.wanted([input])
        if let there = try unpacker.finished(wanted) {
            let (receipt, refilled) = try refill(there)
            if unpacker.verifies { try check(at: unpacker.path) }
            var summary = unpacker.summary(of: receipt, isVerified: unpacker.verifies)
            summary.refilledFolders = refilled
            return summary
        }
        let engine = try engine(size: input.size)
        let missing = try place.missingFolders()
        let parent = try place.open()
        let state = TreeState(
            place: place, wanted: engine.announcing(wanted), boot: unpacker.boot)
        let begun = try state.begin(in: parent)
        do {
            let receipt = try make(engine, wanted, parent, state, goesOn: begun.goesOn)
            try checkUnchanged(input)
            try state.finish(in: parent, receipt, publish: unpacker.publish)
            var summary = Unpacker.Summary(
                path: unpacker.path, receipt: receipt, isAlreadyDone: false,
                isVerified: unpacker.verifies)
            summary.isContinued = begun.goesOn
            withExtendedLifetime(begun) {}
            return summary
        } catch {
            if Self.isHopeless(error) {
                try? state.abandon(in: parent)
                OutputPlace.removeEmpty(missing)
            }
            throw error
        }
    }

    // MARK: What a finished tree has lost

    /// Writes what is missing in a finished tree.
    ///
    /// - Returns: the number of folders that lacked something.
    private func refill(_ there: OutputReceipt) throws -> (OutputReceipt, folders: Int) {
        guard !unpacker.isShared else { return (there, 0) }
        let tree = ImageJobs.Tree(try Folder(unpacker.path))
        let parent = try Folder(unpacker.parent)
        var receipt = there
        if receipt.folders.isEmpty {
            // Receipts of older versions lack it.
            let listing = try TreeListing.of(tree.value)
            guard listing.digest == receipt.treeDigest else {
                throw ExportError.miscounted(
                    unpacker.path, listing.files,
                    expected: Int(clamping: receipt.counts["files"] ?? 0))
            }
            receipt.folders = try TreeFolders.of(tree.value, listing)
            try receipt.save(in: parent)
            return (receipt, 0)
        }
        let now = try TreeFolders(tree.value, receipt)
        receipt.folders = now.folders
        guard let fault = now.fault else {
            if now.hasChanged { try receipt.save(in: parent) }
            return (receipt, 0)
        }
        guard case .tar(let tar) = try engine(size: try unpacker.input().size),
            receipt.counts["linked"] == nil
        else { throw ExportError.lacking(unpacker.path, fault) }
        let lacking = Set(now.lacks.map(\.path))
        // A run that is killed from here on may leave half a file.
        for index in receipt.folders.indices
        where lacking.contains(Path(receipt.folders[index].path)) {
            receipt.folders[index].files = nil
        }
        try receipt.save(in: parent)
        try tar.fill(tree, lacking, step: stepping(.writing, tar.survey.files))
        try parent.syncFileSystem()
        receipt.folders = try TreeFolders.of(tree.value, tar.survey.listing)
        if let fault = try TreeFolders(tree.value, receipt).fault {
            throw ExportError.lacking(unpacker.path, fault)
        }
        try receipt.save(in: parent)
        return (receipt, lacking.count)
    }

    // MARK: Parts

    private func engine(size: Int64) throws -> Engine {
        switch unpacker.form {
        case .classTars, .validation, .images:
            let rules = MemberRules(archive: unpacker.archive, size: size, isPlain: true)
            let survey = try TarSurvey.of(rule, rules, threads: unpacker.threads) { files in
                try progress(
                    Unpacker.Progress(stage: .surveying, files: files, totalFiles: nil, bytes: 0))
            }
            guard let survey else { break }
            try checkComplete(survey.completeness)
            return .tar(
                TarUnpacking(
                    survey: survey, lister: FileLister(rule, rules), threads: unpacker.threads))
        case .tree, .tree2017: break
        }
        let rules = MemberRules(archive: unpacker.archive, size: size, isPlain: false)
        return .stream(StreamUnpacking(rule: rule, rules: rules, threads: unpacker.threads))
    }

    private func make(
        _ engine: Engine, _ wanted: OutputReceipt, _ parent: borrowing Folder, _ state: TreeState,
        goesOn: Bool
    ) throws -> OutputReceipt {
        let tree = ImageJobs.Tree(try parent.folder(place.work))
        let listing: TreeListing
        let bytes: Int64
        switch engine {
        case .tar(let tar):
            let done = try state.progress(in: parent, length: tar.survey.jobs.count)
            let missing = tar.missing(done.found)
            try checkRoom(
                parent, bytes: missing.bytes,
                files: missing.files + Int64(tar.survey.listing.folders.count), isExact: true)
            try tar.write(
                to: tree, done, goesOn: goesOn, step: stepping(.writing, tar.survey.files))
            (listing, bytes) = (tar.survey.listing, tar.survey.bytes)
            if unpacker.verifies {
                try tar.check(tree, step: stepping(.checking, tar.survey.files))
            }
        case .stream(let stream):
            let done = try state.progress(in: parent, length: StreamUnpacking.progressLength)
            if !goesOn {
                // Known before decompression: images hardly shrink.
                try checkRoom(
                    parent, bytes: wanted.inputs.reduce(0) { $0 + $1.size }, files: 0,
                    isExact: false)
            }
            let outcome = try stream.write(to: tree, done, step: stepping(.writing, nil))
            try checkComplete(TarSurvey.Completeness(images: outcome.images))
            (listing, bytes) = (outcome.listing, outcome.bytes)
            if unpacker.verifies {
                _ = try stream.check(tree, step: stepping(.checking, listing.files))
            }
        }
        try listing.check(tree.value)
        if unpacker.isShared { try checkFree(tree, parent) }
        var receipt = unpacker.receipt(wanted, listing, bytes: bytes)
        // Other archives add to it.
        if !unpacker.isShared { receipt.folders = try TreeFolders.of(tree.value, listing) }
        return receipt
    }

    /// Refuses an archive that lacks images. A known number decides, even if a class tar has no end
    /// mark, as with some writers. If the number is unknown, such a class tar counts as cut off:
    /// nothing else would tell.
    private func checkComplete(_ found: TarSurvey.Completeness) throws {
        let expected = unpacker.form.holdsImages ? unpacker.expectedImages : nil
        if found.images == expected { return }
        if let tar = found.openTar { throw ExportError.cutClassTar(tar, in: unpacker.archive) }
        guard let expected else { return }
        throw ExportError.otherCount(unpacker.archive, found.images, expected)
    }

    /// Compares a tree with the archive, name by name and byte by byte.
    func check(at path: Path) throws {
        let tree = ImageJobs.Tree(try Folder(path))
        let engine = try engine(size: try unpacker.input().size)
        do {
            try check(tree, engine)
        } catch let error as DiskError {
            switch error.code {
            // Missing files are damage to the tree, not a wrong path.
            case .notFound, .notAFolder, .isAFolder, .isALink, .notAFile:
                throw ExportError.lacking(path, error.message)
            default: throw error
            }
        }
    }

    private func check(_ tree: ImageJobs.Tree, _ engine: Engine) throws {
        switch engine {
        case .tar(let tar):
            try tar.check(tree, step: stepping(.checking, tar.survey.files))
            try tar.survey.listing.check(tree.value)
        case .stream(let stream):
            let outcome = try stream.check(tree, step: stepping(.checking, nil))
            // Other archives have files in a shared tree.
            if !unpacker.isShared { try outcome.listing.check(tree.value) }
        }
    }

    private func checkFree(_ tree: ImageJobs.Tree, _ parent: borrowing Folder) throws {
        let name = Path(TargetRule.sharedTree)
        guard try parent.status(name) != nil else { return }
        try SharedTree.checkFree(
            tree.value, in: try parent.folder(name), replacing: unpacker.isForced)
    }

    private func checkRoom(
        _ folder: borrowing Folder, bytes: Int64, files: Int64, isExact: Bool
    ) throws {
        try place.checkRoom(
            folder, bytes: bytes + Self.spare, files: files + 8, for: "the tree",
            isAtLeast: !isExact)
    }

    private func checkUnchanged(_ input: OutputReceipt.Input) throws {
        guard try unpacker.input().identity == input.identity else {
            throw ExportError.changedMeanwhile(unpacker.archive)
        }
    }

    /// Whether resuming would not help, because the archive is wrong.
    private static func isHopeless(_ error: any Error) -> Bool {
        switch error {
        // Unfinished work that contradicts its notes is also discarded.
        case let error as ExportError: error.code != .exists
        case let error as ArchiveError: error.cause == nil
        default: false
        }
    }

    private func stepping(
        _ stage: Unpacker.Progress.Stage, _ total: Int?
    ) -> @Sendable (Int, Int64) throws -> Void {
        let (files, bytes) = (Counter(), Counter())
        let progress = progress
        return { count, size in
            try progress(
                Unpacker.Progress(
                    stage: stage, files: files.add(count), totalFiles: total,
                    bytes: Int64(bytes.add(Int(size)))))
        }
    }
}

extension Unpacker {
    func receipt(
        _ wanted: OutputReceipt, _ listing: TreeListing, bytes: Int64
    ) -> OutputReceipt {
        var receipt = wanted
        receipt.when = .now
        receipt.counts = [
            "files": Int64(listing.files), "folders": Int64(listing.folders.count - 1),
            "bytes": bytes,
        ]
        receipt.treeDigest = listing.digest
        return receipt
    }
}
