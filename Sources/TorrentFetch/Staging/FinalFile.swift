internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// A file that lies under the final name already, and what is to be done about it.
struct FinalFile: ~Copyable {
    enum Found: Sendable {
        case none
        /// It is what it should be.
        case whole(Receipt)
        /// It was not, and lies under the staging name now; these of its pieces are right.
        case moved(PieceAudit.Findings)
    }

    private let opener: StagingOpener
    private let archives: Folder
    private let name: Path
    private let path: Path

    init(_ opener: StagingOpener, _ archives: borrowing Folder) throws(DiskError) {
        self.opener = opener
        self.archives = try Folder(archives.path)
        name = Path(opener.name)
        path = opener.data.archive(opener.name)
    }

    /// Proves it, or takes over what is right of it.
    func examine(_ notes: inout [String]) throws -> Found {
        guard let status = try archives.status(name) else { return .none }
        let isLink = status.kind == .link
        let hasAria2File = try archives.status(DataFolder.aria2Name(opener.name)) != nil
        guard let file = try open(isLink: isLink) else { return .none }
        let size = try file.size()
        let canMove = try opener.map != nil && !isLink && !isStagingThere()
        // Without pieces only the digests of the whole could tell what is right, and they are not
        // of a file of another size.
        guard size == opener.size || canMove else {
            notes.append(
                "\(path) has \(size) bytes, not \(opener.size): it stays until the right one is "
                    + "whole and takes its place")
            return .none
        }
        let before = try file.identity()
        let findings = try opener.audit.run(file)
        let digests = findings.position.fan.digests
        if size == opener.size, findings.proven.isComplete,
            findings.position.offset == opener.size
        {
            // Half a file of aria2's has its full size; without a pin anything would do.
            let isPinned = !opener.expected.isEmpty || opener.map != nil
            if isPinned || !hasAria2File, opener.isExpected(digests) {
                return .whole(try adopt(digests, before, hasAria2File, isLink: isLink, &notes))
            }
            if opener.map != nil {
                throw FetchError.mismatch(
                    opener.name, expected: opener.expected, actual: digests)
            }
        }
        guard canMove else {
            notes.append(
                "\(path) is not what it should be: it stays until the right one is whole and "
                    + "takes its place")
            return .none
        }
        // Not while another run mends it where it lies.
        try archives.file(name, .updating).claim()
        try archives.rename(name, to: DataFolder.stagingName(opener.name))
        let right = findings.proven.members
        notes.append(
            "\(path) was not whole and is now \(opener.data.staging(opener.name)): \(right) of its "
                + "\(findings.proven.count) pieces are right and stay, the others are fetched")
        return .moved(findings)
    }

    private func open(isLink: Bool) throws(DiskError) -> FileDescriptor? {
        guard isLink else { return try archives.file(name, .readingNoLink) }
        do throws(DiskError) {
            return try FileDescriptor(path, .reading)
        } catch  where error.code == .notFound {
            // A link that leads nowhere is in nobody's way.
            return nil
        }
    }

    private func isStagingThere() throws(DiskError) -> Bool {
        try archives.status(DataFolder.stagingName(opener.name)) != nil
    }

    private func adopt(
        _ digests: [Digest], _ before: FileIdentity, _ hasAria2File: Bool, isLink: Bool,
        _ notes: inout [String]
    ) throws -> Receipt {
        if hasAria2File {
            // Left there, aria2 would take the whole file for half of one.
            try archives.remove(DataFolder.aria2Name(opener.name))
            notes.append("\(path) was whole: removed the control file that aria2 had left")
        }
        let proof: Receipt.Proof =
            !opener.isPinned
            ? .firstUse
            : !opener.expected.isEmpty ? .digests : opener.map != nil ? .pieces : .firstUse
        // The identity from before the read: a file that changed meanwhile has another one now.
        let receipt = Receipt(
            fileName: opener.name, digests: digests,
            torrent: opener.map == nil ? nil : opener.torrent, identity: before, proof: proof,
            sources: ["existing": opener.size])
        do throws(DiskError) {
            _ = try opener.data.receipts.join(receipt)
        } catch {
            // On a folder that cannot be written it is proven all the same, only not remembered.
            notes.append("no receipt could be kept of \(path): \(error.message)")
        }
        return receipt
    }
}
