internal import DataFolder
internal import DatasetManifest
internal import Disk

// Telling a damaged file from another one that only bears its name.
extension Fetcher {
    /// Whether what lies there is of no use for a repair and may be of use to somebody: an archive
    /// that a person has packed anew, say. It has no piece of what should be there.
    func isForeign(
        _ file: ManifestFile, at path: Path, _ identity: FileIdentity,
        _ findings: PieceAudit.Findings, _ map: PieceMap
    ) throws(DiskError) -> Bool {
        guard map.count > 0, findings.proven.isEmpty, findings.unreadable < map.count else {
            return false
        }
        let hasItsSize = identity.size == map.size
        // A single piece may well be the right one with a wrong bit.
        if hasItsSize, map.count == 1 { return false }
        // So may all pieces of a file that was once proven where it lies, and what is left of one that
        // is cut short: of a single piece that is none.
        if hasItsSize || map.count == 1,
            case .receipt(let receipt) = try data.receipts.load(file.name),
            receipt.identity.fileSystem == identity.fileSystem,
            receipt.identity.inode == identity.inode
        {
            return false
        }
        // A repair that was killed early: what stood there is kept.
        if try UndoFile.isKept(of: file.name, identity, in: data) { return false }
        return try !Self.isWorthless(try Self.open(path))
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
