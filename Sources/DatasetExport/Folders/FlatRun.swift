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
        let isThere = (try? FileDescriptor(unpacker.archive, .reading)) != nil
        let inputs = isThere ? [try unpacker.input()] : []
        guard source.isSame(as: folders.wanted(inputs)) else { return nil }
        self.unpacker = unpacker
        self.source = source
        self.progress = progress
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
        let total = Int(clamping: source.counts["files"] ?? 0)
        let (counter, progress) = (Counter(), progress)
        let flat = ImageJobs.Tree(try parent.folder(place.work))
        let isPrefixed = if case .validation = unpacker.form { true } else { false }
        let files = try FlatLinks.make(
            of: ImageJobs.Tree(try parent.folder(folders.path.lastComponent)), in: flat,
            isPrefixed: isPrefixed, replaces: begun.goesOn, fallsBack: false,
            threads: unpacker.threads
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
        var receipt = unpacker.receipt(wanted, listing, bytes: source.counts["bytes"] ?? 0)
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
