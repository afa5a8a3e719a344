internal import DataFolder
internal import DatasetManifest
internal import Disk

/// Tells a damaged or unfinished file of ours from another file that only has the same name.
///
/// Somebody else's file is never written to, renamed or replaced. A file is ours when a piece of it
/// is right, when it was verified in this place before, or when a repair of it was killed. A
/// worthless file may be replaced as well.
struct FileOwnership: Sendable {
    let data: DataFolder
    let name: String
    let path: Path

    /// Whether a file with these pieces is somebody else's, such as a repacked archive.
    func isForeign(
        _ identity: FileIdentity, _ findings: PieceAudit.Findings, _ map: PieceMap
    ) throws(DiskError) -> Bool {
        guard map.count > 0, findings.proven.isEmpty, findings.unreadable < map.count else {
            return false
        }
        let hasItsSize = identity.size == map.size
        // A single piece may be the right one with a wrong bit.
        if hasItsSize, map.count == 1 { return false }
        // So may all pieces of a file that was verified here before, or a single piece that was cut
        // short.
        if hasItsSize || map.count == 1, try wasVerified(identity) { return false }
        return try !isBegunOrWorthless(identity)
    }

    /// The same where no pieces are known and the file as a whole is wrong.
    func isForeign(_ identity: FileIdentity) throws(DiskError) -> Bool {
        if try wasVerified(identity) { return false }
        return try !isBegunOrWorthless(identity)
    }

    private func wasVerified(_ identity: FileIdentity) throws(DiskError) -> Bool {
        guard case .receipt(let receipt) = try data.receipts.load(name) else { return false }
        return receipt.identity.isSameFile(as: identity)
    }

    private func isBegunOrWorthless(_ identity: FileIdentity) throws(DiskError) -> Bool {
        // A repair was killed early: it has kept what was in the file.
        if try UndoFile.isKept(of: name, identity, in: data) { return true }
        return try Self.isWorthless(
            try Folder(path.parent).file(path.lastComponent, .readingNoLink))
    }

    /// Empty, all zeros, or a web page that a server sent instead of an archive.
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
                    // Unreadable bytes are of no use to anybody.
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
