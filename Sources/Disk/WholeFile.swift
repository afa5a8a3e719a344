internal import Glibc

/// Files that appear whole or not at all.
extension Folder {
    /// Writes a file under another name in this folder, brings it to the disk and gives it its
    /// name: readers see the old file or the new one, whatever happens in between.
    ///
    /// `body` writes to the descriptor it is given. When it throws, nothing is left behind.
    ///
    /// - Parameter synced: false for what may be lost, though never halved, when the machine stops.
    public func publish(
        _ name: Path, mode: UInt32 = 0o644, synced: Bool = true,
        _ body: (borrowing FileDescriptor) throws -> Void
    ) throws {
        // One name a file: what a killed run has left is overwritten by the next one.
        let staging = Self.staging(name)
        try remove(staging)
        let file = try self.file(staging, .creating, mode: mode)
        do {
            try body(file)
            if synced { try file.sync() }
            try file.close()
            try rename(staging, to: name)
            if synced { try sync() }
        } catch {
            try? remove(staging)
            throw error
        }
    }

    public func publish(
        _ name: Path, _ contents: [UInt8], mode: UInt32 = 0o644, synced: Bool = true
    ) throws(DiskError) {
        do {
            try publish(name, mode: mode, synced: synced) { try $0.write(contents, at: 0) }
        } catch let error as DiskError {
            throw error
        } catch {
            throw DiskError(.other, "cannot write \(path.appending(name)): \(error)")
        }
    }

    private static func staging(_ name: Path) -> Path {
        Path(bytes: Array(".".utf8) + name.bytes + Array(".new".utf8))
    }
}

extension Folder {
    /// All the bytes of a small file in this folder; nil where there is no plain file of this name,
    /// or one that is longer than `limit`.
    package func contents(ifPresent name: Path, limit: Int) throws(DiskError) -> [UInt8]? {
        guard try status(name)?.kind == .file else { return nil }
        let file = try self.file(name, .readingNoLink)
        return try file.size() <= Int64(limit) ? file.contents(limit: limit) : nil
    }
}

extension FileDescriptor {
    /// `count` bytes from `offset` on, or fewer where the file ends before.
    package func bytes(upTo count: Int, at offset: Int64 = 0) throws(DiskError) -> [UInt8] {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { memory.deallocate() }
        return Array(memory[..<(try readUpTo(memory, at: offset))])
    }

    /// All the bytes of a small file.
    ///
    /// - Throws: `.other` when it is longer than `limit`, before any of it is read.
    public func contents(limit: Int) throws(DiskError) -> [UInt8] {
        let size = try size()
        if size > Int64(limit) {
            throw DiskError(
                .other,
                "refused \(path): it has \(size) bytes, and such a file may have \(limit)")
        }
        // Some files, those of /proc for one, say 0 and have bytes all the same.
        var result: [UInt8] = []
        let wanted = max(Int(size), 4096) + 1
        while true {
            let part = try bytes(upTo: wanted, at: Int64(result.count))
            result += part
            if part.count < wanted { return result }
            if result.count > limit {
                throw DiskError(.other, "refused \(path): it is longer than \(limit) bytes")
            }
        }
    }
}
