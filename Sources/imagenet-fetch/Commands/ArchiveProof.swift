import ArchiveVerify
import Checksums
import DataFolder
import DatasetManifest
import Disk

/// Verifies an archive before anything is made from it, and before it is removed.
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

    /// The folder for its receipt: beside the archive, unless --state names another.
    var data: DataFolder {
        let data = arguments.folder(context)
        if arguments.state != nil || path.parent == data.folder(.archives) { return data }
        return DataFolder(data.path, state: path.parent.appending(".imagenet-fetch"))
    }

    /// The digests of the archive: from a valid receipt, or else it is read now and gets a receipt.
    /// Empty with `--no-verify`, and if no data set knows the archive.
    ///
    /// All digests are computed, though pieces alone would be faster: this way one read serves
    /// `verify` and `sync` too.
    ///
    /// - Throws: `Unproven` for a damaged archive.
    func digests(_ stop: StopRequest) throws -> [Digest] {
        if let receipt = try holding() { return receipt.digests }
        if arguments.export.skipsVerification { return [] }
        guard let file else {
            context.console.note("\(path) cannot be verified: no data set knows it")
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

    /// A receipt that is valid for the archive as it is now.
    func holding() throws -> Receipt? {
        guard let name = file?.name ?? path.lastComponent.string,
            case .receipt(let receipt) = try data.receipts.load(name),
            receipt.holds(for: try FileDescriptor(path, .reading).identity()),
            file.map(receipt.proves) ?? true
        else { return nil }
        return receipt
    }

    /// Reads the archive; a correct one gets its receipt.
    func verify(_ file: ManifestFile, _ stop: StopRequest) throws -> Verification {
        let progress = context.progress(arguments, after: .seconds(1))
        let known = KnownFiles([try arguments.chosenManifest(context)])
        let size = try FileDescriptor(path, .reading).size()
        var receipt: Receipt?
        if case .receipt(let old) = try data.receipts.load(file.name) { receipt = old }
        let target = Target(path, file, data: data, size: size, receipt: receipt)
        let result = Monitor<Verification?>(nil)
        defer { progress.end() }
        try VerifyCommand.verifier(known, arguments, context).run(
            [target], stop: stop.asCheck,
            progress: { now in
                progress.update(
                    ProgressSnapshot(
                        stage: "verifying \(escaped(file.name))", done: now.done, total: now.total))
            }, report: { verification in result.update { $0 = verification } })
        guard let result = result.read({ $0 }) else {
            throw InternalError(message: "the verification of \(path) ended early")
        }
        return result
    }

    /// Archives with piece hashes can be repaired in place.
    func damaged(_ result: Verification) -> Unproven {
        let sentence = result.diagnosis?.sentence ?? "it does not match the manifest"
        let places = result.damage.places
        let isMendable =
            switch result.diagnosis {
            case .damaged, .unreadable: true
            default: false
            }
        return Unproven(
            message: "\(path) failed verification: "
                + ([sentence] + places).joined(separator: "; "),
            hint: result.diagnosis?.hint
                ?? (isMendable
                    ? "\(run: .repair, .path(path))" : "\(run: .verify, .path(path))"))
    }
}

/// The archive failed verification, so it is not used.
struct Unproven: Failure {
    let message: String
    let hint: Remedy?
}
