import ArchiveVerify
import Checksums
import DataFolder
import DatasetExport
import DatasetManifest
import Disk

/// An archive that is not completely downloaded, for commands that use chosen classes of it.
struct PartialInput {
    let arguments: Arguments
    let context: Context

    init(_ arguments: Arguments, _ context: Context) {
        self.arguments = arguments
        self.context = context
    }

    /// Whether an archive is there in part.
    func isThere(_ name: String) -> Bool { place(name) != nil }

    /// What there is of an archive, with verified bytes; nil if there is nothing.
    ///
    /// - Parameter folders: where it may lie; nil for the usual ones.
    /// - Throws: `Unproven` if nothing can verify the bytes.
    func find(
        _ name: String, _ file: ManifestFile?, _ classes: ClassSelection, _ stop: StopRequest,
        in folders: [Path]? = nil
    ) throws -> PartialArchive? {
        guard let path = place(name, in: folders) else { return nil }
        let data = data(beside: path)
        guard let partial = try PartialFile(path, in: data) else { return nil }
        let saved = try data.classIndexes.load(partial.fileName, size: partial.size)
        let index = file?.classIndex ?? saved
        if arguments.export.skipsVerification {
            return PartialArchive(partial, verified: nil, digests: [], torrent: nil, index: index)
        }
        // Pieces of another torrent, or those that only a mirror vouches for, prove nothing.
        let isPinned = partial.torrent != nil && partial.torrent == file?.torrent
        var verified = partial.verified
        if partial.trust != .proven || !isPinned {
            verified = try check(partial, file, data, index, classes, stop)
        }
        return PartialArchive(
            partial, verified: verified, digests: file?.digests ?? [], torrent: file?.torrent,
            index: index)
    }

    // MARK: Parts

    private func place(_ name: String, in folders: [Path]? = nil) -> Path? {
        (folders ?? arguments.archiveFolders(context))
            .map { $0.appending(DataFolder.stagingName(name)) }.first(where: \.canBeRead)
    }

    private func data(beside path: Path) -> DataFolder {
        let data = arguments.folder(context)
        if arguments.state != nil || path.parent == data.folder(.archives) { return data }
        return DataFolder(
            path.parent.parent, state: path.parent.appending(DataFolder.stateName))
    }

    /// Reads the pieces of the classes again.
    private func check(
        _ partial: PartialFile, _ file: ManifestFile?, _ data: DataFolder, _ index: ClassIndex?,
        _ classes: ClassSelection, _ stop: StopRequest
    ) throws -> [Range<Int64>] {
        guard let listed = partial.journal?.present, !listed.isEmpty else { return [] }
        let tars = try ClassTars(
            classes.wnids, in: partial.path, readable: listed, index: index)
        guard let file, let map = pieces(of: file, partial, data) else {
            throw Unproven(
                message: "\(partial.path) cannot be verified: "
                    + (partial.trust == .proven
                        ? "there are no piece hashes for it"
                        : "it was changed since its pieces were verified"),
                hint: "\(run: .fetch, .only(partial.fileName)) verifies it and goes on")
        }
        let progress = context.progress(arguments, after: .seconds(1))
        defer { progress.end() }
        let name = escaped(file.name)
        return try PieceCheck(partial.path, map).right(
            tars.found.map(\.range), stop: stop.asCheck
        ) { done, total in
            progress.update(
                ProgressSnapshot(stage: "verifying \(name)", done: done, total: total))
        }
    }

    private func pieces(
        of file: ManifestFile, _ partial: PartialFile, _ data: DataFolder
    ) -> PieceMap? {
        guard let manifest = try? arguments.chosenManifest(context) else { return nil }
        let verifier = VerifyCommand.verifier(KnownFiles([manifest]), arguments, context)
        let target = Target(
            partial.path, file, data: data, size: partial.size, receipt: nil)
        return verifier.pieces(of: target)
    }
}
