import ArchiveVerify
import DataFolder
import DatasetManifest
import Disk

/// An archive that is to be removed once it is not needed any more: only after it was proven to be
/// what the data set says.
struct ArchiveRetirement {
    let path: Path
    let file: ManifestFile?
    let arguments: Arguments
    let context: Context

    /// What is known of the archive is kept beside it, unless elsewhere.
    var data: DataFolder {
        let data = arguments.folder(context)
        if arguments.state != nil || path.parent == data.folder(.archives) { return data }
        return DataFolder(data.path, state: path.parent.appending(".imagenet-fetch"))
    }

    /// The receipt of an archive that is proven: an earlier one that still holds, or a new one.
    func prove(_ stop: StopRequest) throws -> Receipt {
        guard let file else {
            throw UsageError(
                .badValue, "cannot remove \(path) afterwards: no data set says what it should be",
                hint: "leave --delete-source out, or name its manifest with --manifest")
        }
        if try Folder(path.parent).status(path.lastComponent)?.kind == .link {
            throw UsageError(
                .badValue, "cannot remove \(path) afterwards: it is a symbolic link",
                hint: "name the archive itself, or leave --delete-source out")
        }
        if let receipt = try holding(file) { return receipt }
        let progress = context.progress(arguments)
        let known = KnownFiles([try arguments.chosenManifest(context)])
        let size = try FileDescriptor(path, .reading).size()
        var receipt: Receipt?
        if case .receipt(let old) = try data.receipts.load(file.name) { receipt = old }
        let target = Target(path, file, data: data, size: size, receipt: receipt)
        let result = Monitor<Verification?>(nil)
        do {
            try VerifyCommand.verifier(known, arguments, context).run(
                [target],
                goOn: { now in
                    progress.update(
                        ProgressSnapshot(
                            stage: "proving \(escaped(file.name))", done: now.done,
                            total: now.total))
                    return stop.signal == nil
                }, report: { verification in result.update { $0 = verification } })
        } catch is CancellationError {
            progress.end()
            try stop.check()
        }
        progress.end()
        guard let found = result.read({ $0 }), found.status == .ok else {
            let diagnosis = result.read { $0 }?.diagnosis
            throw Unproven(
                message: "\(path) is not what it should be: "
                    + (diagnosis?.sentence ?? "it could not be proven"),
                hint: diagnosis?.hint ?? "nothing was unpacked or removed")
        }
        guard let receipt = try holding(file) else {
            throw Unproven(
                message: "\(path) is proven, and no receipt of it could be kept",
                hint: "name a folder that can be written with --state")
        }
        return receipt
    }

    private func holding(_ file: ManifestFile) throws -> Receipt? {
        guard case .receipt(let receipt) = try data.receipts.load(file.name),
            receipt.holds(for: try FileDescriptor(path, .reading).identity()),
            receipt.proves(file)
        else { return nil }
        return receipt
    }

    /// Removes the archive, after everything is written down that says why it is gone.
    func retire(_ proof: Receipt, mark: () throws -> Void) throws {
        guard proof.holds(for: try FileDescriptor(path, .reading).identity()) else {
            throw Unproven(
                message: "\(path) was changed since it was proven: it stays", hint: nil)
        }
        try mark()
        var retired = proof
        retired.proof = .retired
        retired.when = .now
        // First the receipt: an archive that is gone without one would be fetched again.
        try data.receipts.save(retired)
        let folder = try Folder(path.parent)
        try folder.remove(path.lastComponent)
        try folder.sync()
    }
}

/// An archive that was to be removed is not proven.
struct Unproven: Failure, ExitStatusGiving {
    let message: String
    let hint: String?
    var exitStatus: ExitStatus { .verificationFailed }
}
