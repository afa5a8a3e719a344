internal import CLinux
internal import Glibc

// Files with several names: a write through one name would change all the others.
extension Folder {
    /// Copies a file that has other names, and gives this name the copy. The other names keep the old
    /// file.
    ///
    /// - Parameters:
    ///   - name: one component; a link there is an error.
    ///   - stop: is asked while it copies.
    /// - Returns: whether the file had other names.
    /// - Throws: `DiskError`, `.noSpace` among them; then the name is still that of the old file.
    ///   What `stop` gives.
    @discardableResult
    public func separate(_ name: Path, stop: StopCheck = .never) throws -> Bool {
        let file = try file(name, .readingNoLink)
        let status = try file.status()
        guard status.links > 1 else { return false }
        let copyName = Path(".").appending(name).lastComponent.appendingSuffix(".separate")
        // Left by a killed run.
        try remove(copyName)
        let copy = try self.file(copyName, .creating, mode: 0o600)
        do {
            try copy.fill(from: file, stop: stop)
            try copy.setMode(status.mode)
            try copy.sync()
            try rename(copyName, to: name)
        } catch {
            try? remove(copyName)
            throw error
        }
        try sync()
        return true
    }
}

extension FileDescriptor {
    /// Bytes that are copied between two stop checks.
    private static let copiedAtOnce = 64 << 20

    /// Fills an empty file with the bytes of another: the kernel copies them, or lets both files
    /// share them where the file system can (`copy_file_range(2)`).
    func fill(from other: borrowing FileDescriptor, stop: StopCheck) throws {
        let size = try other.size()
        var done: Int64 = 0
        do {
            while done < size {
                let moved = try copied(from: other, at: done)
                if moved == 0 { break }
                done += Int64(moved)
                try stop()
            }
        } catch let error as DiskError
            where done == 0 && (error.code == .unsupported || error.code == .crossDevice)
        {
            try write(allOf: other, stop: stop)
        }
        try truncate(to: size)
    }

    private func copied(
        from other: borrowing FileDescriptor, at offset: Int64
    ) throws(DiskError) -> Int {
        var (from, to) = (off_t(offset), off_t(offset))
        let (source, target) = (other.raw, raw)
        return try calling(.copyFileRange, path) {
            copy_file_range(source, &from, target, &to, Self.copiedAtOnce, 0)
        }
    }

    private func write(allOf other: borrowing FileDescriptor, stop: StopCheck) throws {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 4096)
        defer { memory.deallocate() }
        var offset: Int64 = 0
        while true {
            let count = try other.readUpTo(memory, at: offset)
            if count == 0 { return }
            try write(UnsafeRawBufferPointer(rebasing: memory[..<count]), at: offset)
            offset += Int64(count)
            try stop()
        }
    }
}
