internal import Archives
internal import DataFolder
internal import DatasetManifest
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
            form: unpacker.form, isFlat: unpacker.isFlat, archive: unpacker.source,
            name: unpacker.name)
    }

    private var place: OutputPlace { unpacker.place }

    func run() throws -> Unpacker.Summary {
        try unpacker.checkName()
        let input = try unpacker.input()
        let wanted = unpacker.wanted([input])
        if let there = try unpacker.finished(wanted) {
            var summary = try complete(there)
            if unpacker.verifies { try check(at: unpacker.path, summary.receipt.selection) }
            summary.isVerified = unpacker.verifies
            return summary
        }
        let engine = try engine(unpacker.classes)
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

    // MARK: What a finished tree lacks

    /// Writes what is missing in a finished tree: files that it has lost, and chosen classes that it
    /// did not have.
    private func complete(_ there: OutputReceipt) throws -> Unpacker.Summary {
        guard !unpacker.isShared else { return unpacker.summary(of: there) }
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
        }
        let now = try TreeFolders(tree.value, receipt)
        receipt.folders = now.folders
        let isCovered = receipt.covers(unpacker.classes)
        if now.lacks.isEmpty, isCovered {
            if now.hasChanged { try receipt.save(in: parent) }
            return unpacker.summary(of: receipt)
        }
        if let fault = now.fault, receipt.counts["linked"] != nil {
            throw ExportError.lacking(unpacker.path, fault)
        }
        let known = Set(receipt.folders.map { Path($0.path) })
        let lacking = Set(now.lacks.map(\.path))
        let (classes, isFlat) = (unpacker.classes, unpacker.isFlat)
        let has = receipt.selection
        let engine = try engine(
            isCovered ? receipt.selection : receipt.union(with: classes)
        ) { folder in
            if lacking.contains(isFlat ? "" : folder) {
                return has?.contains(folder: folder) ?? true
            }
            return !isCovered && !known.contains(folder)
                && classes?.contains(folder: folder) ?? true
        }
        guard case .tar(let tar) = engine else {
            throw ExportError.lacking(unpacker.path, now.fault ?? "classes are missing in it")
        }
        var summary = unpacker.summary(of: try fill(tree, tar, receipt, lacking, isCovered))
        summary.refilledFolders = lacking.count
        summary.addedFolders = tar.survey.listing.folders.keys.count {
            !$0.bytes.isEmpty && !known.contains($0)
        }
        return summary
    }

    private func fill(
        _ tree: ImageJobs.Tree, _ tar: TarUnpacking, _ there: OutputReceipt, _ lacking: Set<Path>,
        _ isCovered: Bool
    ) throws -> OutputReceipt {
        let parent = try Folder(unpacker.parent)
        var receipt = there
        var listing = TreeListing()
        for folder in receipt.folders {
            listing.add(Path(folder.path), files: folder.files ?? 0)
        }
        let missing = tar.survey.listing
        if isCovered {
            // The counts are those of the whole tree already.
            listing = listing.replacing(missing)
        } else {
            let room = tar.missing([])
            try checkRoom(parent, bytes: room.bytes, files: room.files, isExact: true)
            listing = listing.replacing(missing)
            let union = receipt.union(with: unpacker.classes)
            receipt.options[ClassChoice.classesKey] = union.map { ClassChoice.text($0.wnids) }
            receipt.counts["files"] = Int64(listing.files)
            receipt.counts["folders"] = Int64(listing.folders.count - 1)
            let added = tar.survey.bytes(notIn: lacking)
            receipt.counts["bytes"] = (receipt.counts["bytes"] ?? 0).adding(added)
            receipt.treeDigest = listing.digest
        }
        // A run that is killed from here on may leave half a file.
        for index in receipt.folders.indices
        where lacking.contains(Path(receipt.folders[index].path)) {
            receipt.folders[index].files = nil
        }
        let known = Set(receipt.folders.map(\.path))
        for folder in missing.folders.keys.map(\.description).sorted()
        where !folder.isEmpty && !known.contains(folder) {
            receipt.folders.append(
                OutputReceipt.TreeFolder(
                    path: folder, files: nil, inode: 0,
                    modified: Timestamp(seconds: 0, nanoseconds: 0)))
        }
        try receipt.save(in: parent)
        try tar.fill(
            tree, Set(missing.folders.keys), step: stepping(.writing, tar.survey.files))
        try parent.syncFileSystem()
        receipt.folders = try TreeFolders.of(tree.value, listing)
        if let fault = try TreeFolders(tree.value, receipt).fault {
            throw ExportError.lacking(unpacker.path, fault)
        }
        try receipt.save(in: parent)
        return receipt
    }

    // MARK: Parts

    /// - Parameters:
    ///   - classes: those that the tree will have; nil for all.
    ///   - wants: says which of their folders are to be written; nil for all.
    private func engine(
        _ classes: ClassSelection?, wants: (@Sendable (Path) -> Bool)? = nil
    ) throws -> Engine {
        let size = try unpacker.input().size
        switch unpacker.form {
        case .classTars, .validation, .images:
            var rule = rule
            if let wants {
                rule.wants = wants
            } else if let classes {
                rule.wants = { classes.contains(folder: $0) }
            }
            let rules = MemberRules(archive: unpacker.source, size: size, isPlain: true)
            let lister = FileLister(rule, rules, partial: try partial(classes, rule))
            let survey = try TarSurvey.of(lister, threads: unpacker.threads) { files in
                try progress(
                    Unpacker.Progress(stage: .surveying, files: files, totalFiles: nil, bytes: 0))
            }
            guard let survey else { break }
            try checkComplete(survey.completeness, isFiltered: rule.wants != nil)
            if wants == nil { try checkClasses(classes, survey) }
            return .tar(
                TarUnpacking(survey: survey, lister: lister, threads: unpacker.threads))
        case .tree, .tree2017: break
        }
        if classes != nil {
            throw ExportError.badInput(
                "cannot take single classes out of \(unpacker.source): it is compressed",
                hint: "decompress it first")
        }
        let rules = MemberRules(archive: unpacker.source, size: size, isPlain: false)
        return .stream(StreamUnpacking(rule: rule, rules: rules, threads: unpacker.threads))
    }

    /// The archive that is not whole, with the classes that are needed of it.
    private func partial(
        _ classes: ClassSelection?, _ rule: TargetRule
    ) throws -> (archive: PartialArchive, classes: [WNID])? {
        guard let partial = unpacker.partial else { return nil }
        guard let classes, case .classTars = unpacker.form else {
            throw ExportError.notWhole(partial.file.fileName, hasClasses: false)
        }
        return (partial, classes.wnids.filter { rule.wants?(Path("\($0)")) ?? true })
    }

    /// Refuses chosen classes that the archive or the labels do not have.
    private func checkClasses(_ classes: ClassSelection?, _ survey: TarSurvey) throws {
        guard let classes else { return }
        if case .validation(let labels) = unpacker.form {
            for wnid in classes.wnids where labels.class(wnid) == nil {
                throw ExportError.unknownClass(
                    wnid, in: nil, among: labels.classes.count, of: labels.source)
            }
            return
        }
        let there = Set(survey.jobs.compactMap(\.classTar?.folder))
        let missing = classes.wnids.filter { !there.contains(Path("\($0)")) }
        if !missing.isEmpty { throw ExportError.absentClasses(missing, in: unpacker.source) }
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
            try checkComplete(TarSurvey.Completeness(images: outcome.images), isFiltered: false)
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
    private func checkComplete(
        _ found: TarSurvey.Completeness, isFiltered: Bool
    ) throws {
        var expected = unpacker.form.holdsImages ? unpacker.expectedImages : nil
        if isFiltered, case .classTars = unpacker.form {
            // Verified bytes are complete, and the number is that of all class tars.
            let input = try unpacker.input()
            if !input.digests.isEmpty || input.torrent != nil { return }
            expected = nil
        }
        if found.images == expected { return }
        if let tar = found.openTar { throw ExportError.cutClassTar(tar, in: unpacker.source) }
        guard let expected else { return }
        throw ExportError.otherCount(unpacker.archive, found.images, expected)
    }

    /// Compares a tree with the archive, name by name and byte by byte.
    ///
    /// - Parameter classes: those that the tree has; nil for all.
    func check(at path: Path, _ classes: ClassSelection?) throws {
        let tree = ImageJobs.Tree(try Folder(path))
        let engine = try engine(classes)
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
        if unpacker.partial != nil { return }
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
