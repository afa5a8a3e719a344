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

    var data: DataFolder { proof.data }

    private var proof: ArchiveProof { ArchiveProof(path, file, arguments, context) }

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
        if let receipt = try proof.holding() { return receipt }
        let result = try proof.verify(file, stop)
        guard result.status == .ok else { throw proof.damaged(result) }
        guard let receipt = try proof.holding() else {
            throw Unproven(
                message: "\(path) is verified, and no receipt of it could be kept",
                hint: "name a folder that can be written with --state")
        }
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
