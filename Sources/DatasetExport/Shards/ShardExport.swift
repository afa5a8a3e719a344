public import Checksums
public import DataFolder
public import DatasetManifest
internal import Disk
internal import Synchronization

/// Training shards of one split, straight from its archive or tree.
///
///     let export = ShardExport(
///         format: MDSFormat(), split: .train, input: .archive("ILSVRC2012_img_train.tar"),
///         place: OutputPlace(parent: "mds", name: "ILSVRC2012_img_train"))
///     let summary = try export.run(labels: labels) { _ in }
///
/// The same input and options give the same bytes, on any number of threads and in any number of
/// slices. The output appears when it is complete; a stopped run is resumed by the next.
public struct ShardExport: Sendable {
    public var format: any OutputFormat
    public var split: SampleTable.Split
    public var input: SampleInput
    public var place: OutputPlace
    public var options = ExportOptions()
    public var known = KnownInput()
    /// The boxes of the images, for a format that takes them.
    public var boxes: BoxSource?
    /// Which start of the machine this is.
    public var boot = JournalStore.currentBoot()

    public init(
        format: any OutputFormat, split: SampleTable.Split, input: SampleInput, place: OutputPlace
    ) {
        self.format = format
        self.split = split
        self.input = input
        self.place = place
    }

    /// What happens to odd images.
    var images: ImageMode { options.images ?? format.usualImages }

    /// Makes the shards, unless they are there.
    ///
    /// - Parameters:
    ///   - labels: the classes and the labels of validation images; nil to take the classes from
    ///     the input.
    ///   - progress: is called on any thread, often; what it throws ends the work.
    /// - Throws: `ExportError`, `ArchiveError`, `DiskError`. Nothing incomplete has the output's
    ///   name then.
    public func run(labels: ClassLabels?, progress: @escaping ProgressReport) throws -> Summary {
        if split == .test, options.choice != nil {
            throw ExportError.badOption("test images have no classes to choose from")
        }
        try format.check(options)
        try checkClasses()
        var export = self
        export.place = format.place(in: place.parent, name: place.name, split)
        var summary = try export.whole(labels, progress)
        summary.choice = options.choice
        return summary
    }

    private func whole(
        _ labels: ClassLabels?, _ progress: @escaping ProgressReport
    ) throws -> Summary {
        if images == .list { return try list(labels, progress) }
        try checkApart(from: [input.path], areFolders: input.archive == nil)
        var export = self
        if try ShardState.finishKilledRun(place, companions: format.companions(of: place)) {
            // Not replaced a second time.
            export.options.isForced = false
        }
        return try export.make(labels, progress)
    }

    private func make(
        _ labels: ClassLabels?, _ progress: @escaping ProgressReport
    ) throws -> Summary {
        let names = LabelNames(
            hasWords: format.hasWords, split: split, pin: known.classPin,
            isArchive: input.archive != nil)
        let older = names.olderNames(of: labels)
        var wanted = wanted(names.name(of: labels))
        var there: ExistingShards?
        func look(_ table: SampleTable?) throws -> Summary? {
            var input = try input.receipt(digests: table == nil ? known.digests : [], table: table)
            if input.identity != nil { input.torrent = known.torrent }
            wanted.inputs.insert(input, at: 0)
            there = try existing(wanted, older)
            return there.flatMap { $0.isEnough ? $0.summary : nil }
        }
        // An archive is compared before its headers are read.
        if input.archive != nil, let done = try look(nil) { return done }
        let (table, leftOut) = try table(labels, progress)
        if input.archive == nil, let done = try look(table) { return done }
        if there == nil {
            // Class folders may be links.
            try checkApart(from: table.folders, areFolders: true)
            try format.checkBeside(place)
            try checkSharing()
        }
        let reader = try SampleReader(table, archive: input.archive)
        let found = images == .keep ? [] : try survey(table, reader, progress)
        let samples = sequence(table, found)
        if let there { return try there.decode(samples, reader, options.threads, progress) }
        let run = ShardRun(
            export: self, samples: samples, reader: reader,
            boxes: try boxes.map { SampleBoxTable(try $0.rows(), for: table) } ?? SampleBoxTable(),
            wanted: wanted, olderLabels: older, report: progress)
        let outcome = try format.write(run)
        var summary = Summary(place: place, split: split)
        summary.isWhole = outcome.isWhole
        summary.images = outcome.images
        summary.shards = outcome.shards
        summary.bytes = outcome.bytes
        summary.keptShards = outcome.kept
        summary.oddities = images == .keep ? outcome.oddities : found.map(\.oddity)
        summary.boxes = run.boxes.count
        summary.skipped = images == .skip ? found.count : 0
        summary.otherFiles = leftOut.otherFiles
        summary.withoutClass = leftOut.withoutClass
        return summary
    }

    /// Names odd images, and writes nothing.
    private func list(
        _ labels: ClassLabels?, _ progress: @escaping ProgressReport
    ) throws -> Summary {
        let (table, leftOut) = try table(labels, progress)
        let reader = try SampleReader(table, archive: input.archive)
        var summary = Summary(place: place, split: split)
        summary.isWhole = false
        summary.images = table.count
        summary.oddities = try survey(table, reader, progress).map(\.oddity)
        summary.otherFiles = leftOut.otherFiles
        summary.withoutClass = leftOut.withoutClass
        return summary
    }

    // MARK: Images

    private func table(
        _ labels: ClassLabels?, _ progress: @escaping ProgressReport
    ) throws -> (SampleTable, SampleCollector.LeftOut) {
        let found = try input.table(
            split, labels: labels, extensions: options.extensions,
            expectedImages: known.expectedImages, choice: options.choice
        ) {
            try progress(Progress(stage: .indexing, images: $0, total: nil, bytes: 0))
        }
        // Chosen classes are numbered among themselves, whatever others there are.
        if labels == nil, split != .test, options.choice == nil {
            try known.check(found.table, of: input)
        }
        return found
    }

    private func survey(
        _ table: SampleTable, _ reader: SampleReader, _ progress: @escaping ProgressReport
    ) throws -> [ImageSurvey.Found] {
        let step = Progress.counting(.looking, of: table.count, progress)
        return try ImageSurvey.run(
            table, reader, repairs: images == .fix,
            halvesColours: format.halvesColours, threads: options.threads
        ) { try step($0, 0) }
    }

    /// Without the images that are skipped.
    private func sequence(
        _ table: SampleTable, _ found: [ImageSurvey.Found]
    ) -> SampleSequence {
        var kept = Array(0..<UInt32(table.count))
        if images == .skip {
            let skipped = Set(found.map(\.sample))
            kept.removeAll { skipped.contains($0) }
        }
        let seed = options.seed ?? format.usualSeed
        let order = format.order(of: kept, in: table, seed: seed)
        var sizes: [UInt32: Int] = [:]
        for item in found { sizes[item.sample] = item.repairedSize }
        return SampleSequence(table, order: order, changedSizes: sizes)
    }

    // MARK: The receipt

    /// The receipt without what only the work will show.
    private func wanted(_ labels: String) -> OutputReceipt {
        var values = format.values(for: split)
        if format.takesBoxes { values["boxes"] = boxes == nil ? "none" : "given" }
        values.merge(options.values(for: format)) { own, _ in own }
        values["split"] = split.rawValue
        values[OutputReceipt.labels] = labels
        var wanted = OutputReceipt(
            kind: format.name, name: place.name, options: values,
            inputs: boxes.map { [$0.input] } ?? [])
        if options.validates { wanted.counts[OutputReceipt.decoded] = 1 }
        return wanted
    }

    /// - Parameter olderLabels: what older versions called the same labels in receipts.
    /// - Returns: nil if there is work to do.
    /// - Throws: `.exists` for another output, `.brokenOutput` if files are missing.
    private func existing(
        _ wanted: OutputReceipt, _ olderLabels: Set<String>
    ) throws -> ExistingShards? {
        guard let receipt = try place.finished(by: format.name, isForced: options.isForced)
        else { return nil }
        guard
            [receipt, format.renewed(receipt)].contains(where: {
                $0.naming(olderLabels, as: wanted).isSame(as: wanted)
            })
        else {
            let what =
                receipt.chosenClasses != wanted.chosenClasses
                ? "it has \(receipt.shownClasses)"
                : "it was made from other inputs or with other options"
            throw ExportError.otherOutput(place.path, what)
        }
        if let missing = try format.missingCompanion(receipt, at: place) {
            throw ExportError.brokenOutput(
                place.path, "\(missing.name) is missing", hint: missing.hint)
        }
        if let fault = try receipt.missingFile(in: place.finished()) {
            throw ExportError.brokenOutput(place.path, fault, hint: "\(.force) makes it again")
        }
        if let known = receipt.learning(from: wanted) { try known.save(in: Folder(place.parent)) }
        return ExistingShards(
            place: place, split: split, receipt: receipt,
            isEnough: !options.validates || receipt.counts[OutputReceipt.decoded] != nil)
    }

    /// Refuses to take a tree of chosen classes for the whole data set.
    private func checkClasses() throws {
        guard case .tree(let path) = input, options.choice == nil,
            let name = path.lastComponent.string, let parent = try ifPresent(Folder(path.parent)),
            case .receipt(let receipt) = try OutputReceipt.load(name, in: parent),
            let classes = receipt.chosenClasses
        else { return }
        throw ExportError.otherClasses(
            path, has: classes,
            hint: "\(.classes, ClassChoice.text(classes)) chooses them; or unpack the others with "
                + "\(run: .untar)")
    }

    /// Refuses a folder with other splits of other classes: loaders expect one list for all.
    private func checkSharing() throws {
        guard place.shared != nil, split != .test, !options.isForced,
            let parent = try ifPresent(Folder(place.parent))
        else { return }
        for other in SampleTable.Split.allCases where other != split && other != .test {
            guard let shared = format.shared(other), try !shared.files(in: parent).isEmpty else {
                continue
            }
            for name in try OutputReceipt.names(in: parent) where name != place.name {
                guard case .receipt(let receipt) = try OutputReceipt.load(name, in: parent),
                    receipt.kind == format.name, receipt.shared == shared,
                    receipt.chosenClasses != options.choice?.classes.wnids
                        || receipt.labelSpace != options.choice?.space
                else { continue }
                throw ExportError.otherOutput(
                    place.path, "\(escaped(name)) in it has other classes or other labels",
                    hint: "choose another folder with \(.outputFolder), or the same classes")
            }
        }
    }

    private func checkApart(from sources: [Path], areFolders: Bool) throws(ExportError) {
        for place in [place, format.companions(of: place)] {
            for source in sources { try place?.checkApart(from: source, isFolder: areFolders) }
        }
    }
}

/// Options of every format.
public struct ExportOptions: Sendable, Hashable {
    /// Of image names.
    public static let usualExtensions = ["jpeg", "jpg"]

    /// Decides the order of shuffled images; nil for the format's own.
    public var seed: UInt64?
    /// What happens to odd images; nil for what the format usually does.
    public var images: ImageMode?
    public var validates = false
    public var extensions = Self.usualExtensions
    public var threads = Workers.processors
    public var share = ShardShare.whole
    public var isForced = false
    /// The chosen classes; nil for all.
    public var choice: ClassChoice?

    public init() {}

    /// Options that decide the bytes, as receipts have them.
    public func values(for format: any OutputFormat) -> [String: String] {
        let values = [
            "seed": "\(seed ?? format.usualSeed)",
            "images": (images ?? format.usualImages).rawValue,
            "extensions": extensions.joined(separator: ","),
        ]
        return values.merging(choice?.values ?? [:]) { own, _ in own }
    }
}

/// What receipts and the manifest say of an input.
public struct KnownInput: Sendable {
    /// From the archive's receipt.
    public var digests: [Digest] = []
    /// Of the verified archive; pieces of it may have been used before it was whole.
    public var torrent: InfoHash?
    public var expectedImages: Int?
    /// The digest of the classes, for runs without labels.
    public var classPin: Digest?

    public init() {}

    /// Ranks come from the classes that were found: if one is missing, every later class gets the
    /// wrong label.
    func check(_ table: SampleTable, of input: SampleInput) throws(ExportError) {
        guard let classPin else { return }
        var hasher = Hasher(classPin.algorithm)
        hasher.update(table.classes.flatMap { Array("\($0)\n".utf8) })
        if hasher.digest == classPin { return }
        throw .badInput(
            "the \(table.classes.count) classes in \(input.path) are not those of the data set, so "
                + "their labels are unknown",
            hint: "put ILSVRC2012_devkit_t12.tar.gz beside the archives: it lists the classes")
    }
}

/// The boxes are read only if they are needed.
public struct BoxSource: Sendable {
    let input: OutputReceipt.Input
    let rows: @Sendable () throws -> BoxRows

    public init(_ input: OutputReceipt.Input, rows: @escaping @Sendable () throws -> BoxRows) {
        self.input = input
        self.rows = rows
    }
}
