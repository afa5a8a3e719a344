import ArchiveVerify
import Checksums
import DataFolder
import DatasetManifest
import Disk

/// Whether an archive is what its data set says. It is asked before anything is made of it, and
/// before it is removed.
struct ArchiveProof {
    let path: Path
    let file: ManifestFile?
    let arguments: Arguments
    let context: Context

    init(_ path: Path, _ file: ManifestFile?, _ arguments: Arguments, _ context: Context) {
        self.path = path
        self.file = file
        self.arguments = arguments
        self.context = context
    }

    /// What is known of the archive is kept beside it, unless elsewhere.
    var data: DataFolder {
        let data = arguments.folder(context)
        if arguments.state != nil || path.parent == data.folder(.archives) { return data }
        return DataFolder(data.path, state: path.parent.appending(".imagenet-fetch"))
    }

    /// The digests of an archive from which something is to be made: those of a receipt that still
    /// holds, or else the archive is read now and gets a receipt. None with `--no-verify`, and where
    /// nothing says what the archive should be.
    ///
    /// All digests are computed, though the pieces alone would be faster: that read is the only one,
    /// and its receipt serves `verify` and `sync` as well.
    ///
    /// - Throws: `Unproven` for a damaged archive.
    func digests(_ stop: StopRequest) throws -> [Digest] {
        if let receipt = try holding() { return receipt.digests }
        if arguments.export.skipsVerification { return [] }
        guard let file else {
            context.console.note("\(path) is not verified: no data set says what it should be")
            return []
        }
        let result = try verify(file, stop)
        switch result.diagnosis {
        case .unpinned?, .noTorrent?:
            context.console.note(
                "\(path) is not verified: \(result.diagnosis?.sentence ?? "")")
            return []
        default: break
        }
        guard result.status == .ok else { throw damaged(result) }
        return result.actual
    }

    /// A receipt of the archive that speaks of it as it is now.
    func holding() throws -> Receipt? {
        guard let name = file?.name ?? path.lastComponent.string,
            case .receipt(let receipt) = try data.receipts.load(name),
            receipt.holds(for: try FileDescriptor(path, .reading).identity()),
            file.map(receipt.proves) ?? true
        else { return nil }
        return receipt
    }

    /// Reads the archive and says what it is; a right one gets its receipt.
    func verify(_ file: ManifestFile, _ stop: StopRequest) throws -> Verification {
        let progress = context.progress(arguments)
        let start = context.clock.now()
        let known = KnownFiles([try arguments.chosenManifest(context)])
        let size = try FileDescriptor(path, .reading).size()
        var receipt: Receipt?
        if case .receipt(let old) = try data.receipts.load(file.name) { receipt = old }
        let target = Target(path, file, data: data, size: size, receipt: receipt)
        let result = Monitor<Verification?>(nil)
        defer { progress.end() }
        do {
            try VerifyCommand.verifier(known, arguments, context).run(
                [target],
                goOn: { [context] now in
                    // What is over in a moment needs no progress.
                    if context.clock.now() - start >= .seconds(1) {
                        progress.update(
                            ProgressSnapshot(
                                stage: "verifying \(escaped(file.name))", done: now.done,
                                total: now.total))
                    }
                    return stop.signal == nil
                }, report: { verification in result.update { $0 = verification } })
        } catch is CancellationError {
            try stop.check()
        }
        guard let result = result.read({ $0 }) else {
            throw InternalError(message: "\(path) was not verified to its end")
        }
        return result
    }

    /// Nothing is made of it. A file with piece hashes can be mended where it lies.
    func damaged(_ result: Verification) -> Unproven {
        let sentence = result.diagnosis?.sentence ?? "it is not what the manifest says"
        let places = result.damage.places
        let isMendable =
            switch result.diagnosis {
            case .damaged, .unreadable: true
            default: false
            }
        return Unproven(
            message: "\(path) is not what it should be: "
                + ([sentence] + places).joined(separator: "; "),
            hint: result.diagnosis?.hint
                ?? (isMendable
                    ? "\(run: .repair, .path(path))" : "\(run: .verify, .path(path))"))
    }
}

/// An archive is not what it should be, so that nothing is made of it or done to it.
struct Unproven: Failure {
    let message: String
    let hint: Remedy?
}
