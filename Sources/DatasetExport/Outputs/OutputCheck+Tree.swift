internal import Archives
internal import DataFolder
internal import DatasetManifest
internal import Disk

// Trees: of a million files only how many each folder has is in the receipt, so that nothing but the
// archive can say whether they are what they should be.
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
                    // The headers of the archive are gone through first, in a moment.
                    let done = now.stage == .checking ? Int64(now.files) : 0
                    try progress(Progress(done: done, total: total, isInFiles: true))
                }
                try run.check(at: output.path)
            case .absent(let why):
                try count(why, &verdict) {
                    try progress(Progress(done: $0, total: total, isInFiles: true))
                }
            }
        } catch let error as ExportError {
            verdict.add(nil, error.message)
        } catch let error as ArchiveError {
            verdict.add(nil, "it cannot be held against its archive: \(error.message)")
            verdict.hint = error.hint
        }
    }

    private enum Source {
        case here(Unpacker)
        /// Why there is none.
        case absent(String)
    }

    /// What would make the tree from the archive that is there, if that is the one it is of.
    private func unpacker() throws -> Source {
        let name = receipt.inputs.first?.name ?? ""
        guard receipt.inputs.count == 1, OutputIndex.isFileName(name),
            let archive = archives.map({ $0.appending(name) }).first(where: {
                (try? FileDescriptor($0, .reading)) != nil
            })
        else { return .absent("its archive is not here") }
        guard let form = UnpackForm(receipt.options, labels) else {
            return .absent("the labels that it was sorted by are not here")
        }
        var unpacker = Unpacker(
            archive, form, in: output.path.parent, isFlat: receipt.options["flat"] == "true")
        unpacker.threads = threads
        unpacker.inputDigests = inputDigests(archive)
        guard unpacker.name == receipt.name,
            unpacker.path.lastComponent == output.path.lastComponent,
            receipt.isSame(as: unpacker.wanted([try unpacker.input()]))
        else { return .absent("\(archive) is not known to be what it was made of") }
        return .here(unpacker)
    }

    /// All that can be done without the archive.
    private func count(
        _ why: String, _ verdict: inout Verdict, _ progress: (Int64) throws -> Void
    ) throws {
        guard receipt.options["form"] != UnpackForm.tree2017.name else {
            verdict.hint = "name the data folder that has it with \(.dataFolder)"
            return verdict.add(
                nil, "\(why), and in a tree that archives share its files are not counted apart")
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
                    ? "its files are not in the folders in which they should be"
                    : "it holds \(listing.files) files, not \(expected)")
        }
    }
}

extension UnpackForm {
    /// The form that a receipt names; nil where it needs other labels than these, and for none.
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
