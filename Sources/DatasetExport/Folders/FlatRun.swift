internal import DataFolder
internal import Disk

/// Makes a flat folder of links to class folders that are unpacked already, without the archive.
struct FlatRun {
    private let unpacker: Unpacker
    private let folders: Unpacker
    private let source: OutputReceipt
    private let progress: @Sendable (Unpacker.Progress) throws -> Void

    /// - Returns: nil without class folders of this archive and these labels.
    init?(
        _ unpacker: Unpacker, _ progress: @escaping @Sendable (Unpacker.Progress) throws -> Void
    ) throws {
        // Links are the same files, so there is nothing to compare.
        guard unpacker.isFlat, !unpacker.verifies else { return nil }
        folders = Unpacker(unpacker.archive, unpacker.form, in: unpacker.parent)
        guard let source = try folders.existingReceipt() else { return nil }
        let inputs = try unpacker.inputs()
        guard source.choosing(nil).isSame(as: folders.wanted(inputs).choosing(nil)),
            source.covers(unpacker.classes)
        else { return nil }
        self.unpacker = unpacker
        self.source = source
        self.progress = progress
    }

    /// The images of the chosen classes.
    private var total: Int {
        guard let classes = unpacker.classes else {
            return Int(clamping: source.counts["files"] ?? 0)
        }
        return source.folders.reduce(0) { sum, folder in
            sum + (classes.contains(folder: Path(folder.path)) ? folder.files ?? 0 : 0)
        }
    }

    func run() throws -> Unpacker.Summary {
        let wanted = unpacker.wanted(source.inputs)
        if let receipt = try unpacker.finished(wanted) {
            try unpacker.checkFolders(receipt)
            return unpacker.summary(of: receipt)
        }
        let place = unpacker.place
        let parent = try place.open()
        let state = TreeState(place: place, wanted: wanted, boot: unpacker.boot)
        let begun = try state.begin(in: parent)
        let total = self.total
        let (counter, progress) = (Counter(), progress)
        let flat = ImageJobs.Tree(try parent.folder(place.work))
        let isPrefixed = if case .validation = unpacker.form { true } else { false }
        let files = try FlatLinks.make(
            of: ImageJobs.Tree(try parent.folder(folders.path.lastComponent)), in: flat,
            isPrefixed: isPrefixed, replaces: begun.goesOn, fallsBack: false,
            classes: unpacker.classes, threads: unpacker.threads
        ) { count in
            try progress(
                Unpacker.Progress(
                    stage: .writing, files: counter.add(count), totalFiles: total, bytes: 0))
        }
        var listing = TreeListing()
        listing.add("", files: files)
        try listing.check(flat.value)
        guard files == total else {
            throw ExportError.miscounted(folders.path, files, expected: total)
        }
        // The bytes of single classes are not known.
        let bytes = unpacker.classes == nil ? source.counts["bytes"] ?? 0 : 0
        var receipt = unpacker.receipt(wanted, listing, bytes: bytes)
        receipt.counts["linked"] = Int64(files)
        receipt.folders = try TreeFolders.of(flat.value, listing)
        try state.finish(in: parent, receipt, publish: unpacker.publish)
        withExtendedLifetime(begun) {}
        var summary = Unpacker.Summary(
            path: unpacker.path, receipt: receipt, isAlreadyDone: false, isVerified: false)
        summary.isLinked = true
        return summary
    }
}
