internal import Archives
internal import DataFolder
internal import DatasetManifest
internal import Disk

// The receipt of a tree has only the number of files in each folder, so only the archive can say
// whether a million files are right.
extension OutputCheck {
    func checkTree(
        _ verdict: inout Verdict, _ progress: @escaping @Sendable (Progress) throws -> Void
    ) throws {
        let total = receipt.counts["files"]
        do {
            switch try unpacker() {
            case .here(let unpacker):
                verdict.proof = .archive
                let run = UnpackRun(unpacker) { now in
                    // Reading the headers of the archive takes a moment.
                    let done = now.stage == .checking ? Int64(now.files) : 0
                    try progress(Progress(done: done, total: total, isInFiles: true))
                }
                try run.check(at: output.path, receipt.selection)
            case .absent(let why):
                try count(why, &verdict) {
                    try progress(Progress(done: $0, total: total, isInFiles: true))
                }
            }
        } catch let error as ExportError {
            verdict.add(nil, error.message)
        } catch let error as ArchiveError {
            verdict.add(nil, "it cannot be compared with its archive: \(error.message)")
            verdict.hint = error.hint
        }
    }

    private enum Source {
        case here(Unpacker)
        case absent(String)
    }

    /// The unpacker of the archive, if it is the one that the tree was made from.
    private func unpacker() throws -> Source {
        let name = receipt.inputs.first?.name ?? ""
        guard receipt.inputs.count == 1, OutputIndex.isFileName(name) else {
            return .absent("its archive is missing")
        }
        let whole = archives.map { $0.appending(name) }.first {
            (try? FileDescriptor($0, .reading)) != nil
        }
        var partial: PartialArchive?
        if whole == nil, let classes = receipt.selection {
            partial = partialArchive(name, classes)
            if let partial, try !partial.has(classes) {
                return .absent("not all of its classes are in \(partial.path)")
            }
        }
        guard let archive = whole ?? partial.map({ $0.path.parent.appending(name) }) else {
            return .absent("its archive is missing")
        }
        guard let form = UnpackForm(receipt.options, labels) else {
            return .absent("the labels that it was sorted by are missing")
        }
        var unpacker = Unpacker(
            archive, form, in: output.path.parent, isFlat: receipt.options["flat"] == "true")
        unpacker.threads = threads
        unpacker.classes = receipt.selection
        unpacker.partial = partial
        unpacker.inputDigests = partial == nil ? inputDigests(archive) : []
        guard unpacker.name == receipt.name,
            unpacker.path.lastComponent == output.path.lastComponent,
            receipt.isSame(as: unpacker.wanted([try unpacker.input()]))
        else { return .absent("\(archive) may not be the archive that it was made from") }
        return .here(unpacker)
    }

    private func count(
        _ why: String, _ verdict: inout Verdict, _ progress: (Int64) throws -> Void
    ) throws {
        guard !receipt.isShared else {
            verdict.hint = "name the data folder that has it with \(.dataFolder)"
            return verdict.add(
                nil,
                "\(why), and files of one archive cannot be counted in a tree that several share")
        }
        verdict.proof = .listing
        verdict.note = why
        try progress(0)
        let listing = try TreeListing.of(try Folder(output.path))
        if listing.digest != receipt.treeDigest {
            let expected = Int(clamping: receipt.counts["files"] ?? 0)
            verdict.add(
                nil,
                listing.files == expected
                    ? "its files are in the wrong folders"
                    : "it holds \(listing.files) files, not \(expected)")
        }
    }
}

extension UnpackForm {
    /// The form in a receipt; nil for an unknown form, or if other labels were used.
    fileprivate init?(_ options: [String: String], _ labels: ClassLabels?) {
        switch options["form"] {
        case UnpackForm.classTars.name: self = .classTars
        case UnpackForm.images.name: self = .images
        case UnpackForm.tree.name: self = .tree
        case UnpackForm.tree2017.name: self = .tree2017
        default:
            guard let labels else { return nil }
            let form = UnpackForm.validation(labels)
            guard form.name == options["form"], form.labels == options["labels"] else {
                return nil
            }
            self = form
        }
    }
}
