internal import DataFolder
internal import DatasetManifest
internal import Disk

/// Tells a damaged or unfinished file of ours from another one that only has the same name.
///
/// What is somebody else's is never written to, renamed or replaced. A file is ours when a piece of
/// it is right, when it was verified once where it lies, or when a repair of it was killed. What is of
/// no use to anybody may be replaced as well.
struct FileOwnership: Sendable {
    let data: DataFolder
    let name: String
    let path: Path

    /// Whether a file with these pieces is somebody else's: an archive that a person has packed
    /// anew, say.
    func isForeign(
        _ identity: FileIdentity, _ findings: PieceAudit.Findings, _ map: PieceMap
    ) throws(DiskError) -> Bool {
        guard map.count > 0, findings.proven.isEmpty, findings.unreadable < map.count else {
            return false
        }
        let hasItsSize = identity.size == map.size
        // A single piece may well be the right one with a wrong bit.
        if hasItsSize, map.count == 1 { return false }
        // So may all pieces of a file that was once verified where it lies, and what is left of one
        // that is cut short: of a single piece that is none.
        if hasItsSize || map.count == 1, try wasVerified(identity) { return false }
        return try !isBegunOrWorthless(identity)
    }

    /// The same where no pieces are known, and the file as a whole is not the right one.
    func isForeign(_ identity: FileIdentity) throws(DiskError) -> Bool {
        if try wasVerified(identity) { return false }
        return try !isBegunOrWorthless(identity)
    }

    private func wasVerified(_ identity: FileIdentity) throws(DiskError) -> Bool {
        guard case .receipt(let receipt) = try data.receipts.load(name) else { return false }
        return receipt.identity.isSameFile(as: identity)
    }

    private func isBegunOrWorthless(_ identity: FileIdentity) throws(DiskError) -> Bool {
        // A repair that was killed early: what stood there is kept.
        if try UndoFile.isKept(of: name, identity, in: data) { return true }
        return try Self.isWorthless(
            try Folder(path.parent).file(path.lastComponent, .readingNoLink))
    }

    /// Nothing, zeros, or the page that a server sent in an archive's place.
    private static func isWorthless(_ file: borrowing FileDescriptor) throws(DiskError) -> Bool {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { memory.deallocate() }
        var offset: Int64 = 0
        while let data = try file.nextData(from: offset) {
            offset = data.lowerBound
            while offset < data.upperBound {
                let count: Int
                do throws(DiskError) {
                    count = try file.readUpTo(memory, at: offset)
                } catch  where error.code == .io {
                    // What the disk does not give is of no use to anybody.
                    offset += Int64(memory.count)
                    continue
                }
                let bytes = UnsafeRawBufferPointer(rebasing: memory[..<count])
                if offset == 0, WebPage.begins(bytes) { return true }
                if bytes.contains(where: { $0 != 0 }) { return false }
                if count < memory.count { return true }
                offset += Int64(count)
            }
        }
        return true
    }
}
