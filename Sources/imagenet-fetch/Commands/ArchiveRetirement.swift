import ArchiveVerify
import DataFolder
import DatasetManifest
import Disk

// An archive is removed only after it was verified.
extension ArchiveProof {
    /// The receipt of a verified archive: an earlier one that still holds, or a new one.
    func receiptForRemoval(_ stop: StopRequest) throws -> Receipt {
        guard let file else {
            throw UsageError(
                .badValue, "cannot remove \(path): no data set knows it, so it cannot be verified",
                hint: "leave out --delete-source, or name its manifest with \(.manifest)")
        }
        if try Folder(path.parent).status(path.lastComponent)?.kind == .link {
            throw UsageError(
                .badValue, "cannot remove \(path): it is a symbolic link",
                hint: "name the archive itself, or leave out --delete-source")
        }
        if let receipt = try holding() { return receipt }
        let result = try verify(file, stop)
        guard result.status == .ok else { throw damaged(result) }
        guard let receipt = try holding() else {
            throw Unproven(
                message: "\(path) is verified, but its receipt could not be saved",
                hint: "name a writable folder with \(.stateFolder)")
        }
        return receipt
    }

    /// Removes the archive, after the reason is on disk.
    func retire(_ receipt: Receipt, mark: () throws -> Void) throws {
        guard receipt.holds(for: try FileDescriptor(path, .reading).identity()) else {
            throw Unproven(
                message: "\(path) changed after it was verified, so it is kept", hint: nil)
        }
        try mark()
        var retired = receipt
        retired.proof = .retired
        retired.when = .now
        // The receipt first: a missing archive without one would be downloaded again.
        try data.receipts.save(retired)
        let folder = try Folder(path.parent)
        try folder.remove(path.lastComponent)
        try folder.sync()
    }
}
