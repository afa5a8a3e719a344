public import Disk
internal import Synchronization

/// Checks an unpacked ImageNet, whoever unpacked it: classes, counts, labels, and files
/// that do not belong there. No archive is needed.
///
///     let check = DatasetCheck(DatasetFacts(manifest, labels: labels))
///     let report = try check.run("data/untar")
///     if let worst = report.worst { print(worst.finding.sentence) }
///
/// Only names and lengths of images are read; with an inspector their contents too. Nothing is
/// written.
public struct DatasetCheck: Sendable {
    /// What an image is, by its bytes.
    public enum ImageVerdict: Sendable, Hashable {
        case sound
        /// Not a JPEG, or one with four channels: its kind in a word.
        case odd(String)
        /// Why it cannot be shown.
        case broken(String)
    }

    /// How far a check is.
    public struct Progress: Sendable, Hashable {
        /// Whether contents are being read, after the names.
        public let isDecoding: Bool
        public let done: Int
        public let total: Int?
    }

    /// Inspects the bytes of one image. One for each thread.
    public typealias Inspector = (UnsafeRawBufferPointer) -> ImageVerdict

    public let facts: DatasetFacts
    /// If set, every image is read and inspected.
    public var inspector: (@Sendable () throws -> Inspector)?

    public init(_ facts: DatasetFacts) { self.facts = facts }

    /// - Parameter progress: is called on any thread; what it throws ends the check.
    /// - Throws: `VerifyError` `.noDataset`, `DiskError` where `root` cannot be read.
    public func run(
        _ root: Path, progress: @escaping @Sendable (Progress) throws -> Void = { _ in }
    ) throws -> DatasetReport {
        let counter = Shared(Atomic<Int>(0))
        let scan = try TreeScan { names in
            let done = counter.value.add(names, ordering: .relaxed).newValue
            try progress(Progress(isDecoding: false, done: done, total: nil))
        }.run(root)
        let layout = TreeLayout(scan.folders)
        guard !layout.splits.isEmpty else {
            var archives = Sightings()
            for folder in scan.folders { archives.add(folder.archives) }
            throw VerifyError.noImages(root, archives: archives)
        }
        var report = Self.report(layout, scan, facts)
        if let inspector {
            let contents = ContentCheck(
                inspector: inspector, chosen: facts.classes, progress: progress)
            try contents.run(&report, layout, scan.folders)
            report.isDecoded = true
        }
        return report
    }

    private static func report(
        _ layout: TreeLayout, _ scan: TreeScan.Result, _ facts: DatasetFacts
    ) -> DatasetReport {
        var truth = Truth(facts)
        let trees = layout.splits.map { SplitTree($0, scan.folders, facts.classes) }
        // What one split proves about itself is used to check the others.
        for tree in trees where tree.split.kind != .test {
            truth.offer(classes: tree.wnids.sorted())
        }
        for tree in trees where tree.split.kind == .val && truth.validation == nil {
            if let list = tree.labels(count: truth.valCount) { truth.offer(validation: list) }
        }
        // In the tree of 2017 val lies flat; beside sorted training images it was forgotten.
        let sorted = Set(
            trees.filter { $0.split.kind == .train && !$0.isFlat }
                .map { $0.root.path.parent })
        let parts = trees.map { tree in
            var part = SplitCheck.run(tree, truth)
            let isForgotten =
                tree.split.kind == .val && part.form == .flat && !tree.split.isChallengeTree
                && sorted.contains(tree.root.path.parent)
            if isForgotten { part.markUnlabelled() }
            return part
        }
        return DatasetReport(
            parts: parts, skipped: scan.skipped, unknownImages: layout.unknown.count)
    }
}

extension DatasetReport.Part {
    /// Turns flat images into a fault, where loaders expect class folders.
    fileprivate mutating func markUnlabelled() {
        guard let index = findings.firstIndex(where: { $0.kind == .flat }) else { return }
        let flat = findings.remove(at: index)
        findings.insert(
            DatasetReport.Finding(
                kind: .unlabelled, isFault: true, count: flat.count,
                sentence: "the validation images lie flat beside sorted training images: loaders "
                    + "take labels from folders and find none", remedy: flat.remedy), at: 0)
    }
}
