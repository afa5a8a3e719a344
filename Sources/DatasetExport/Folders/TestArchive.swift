internal import Archives
internal import Checksums
internal import Disk

/// The images of a test archive with their offsets, sorted by name.
struct TestArchive {
    struct Member {
        let name: [UInt8]
        let offset: Int64
        let size: Int64
        /// It is in the patch, not in the archive.
        var isPatched = false
    }

    /// The test set has 100,000.
    private static let mostMembers = 1_000_000
    /// Of a tar header.
    private static let longestName = 100

    private(set) var members: [Member] = []
    /// Hidden files, which other systems add.
    private(set) var leftOut = 0

    /// Reads the headers of a tar, and refuses what no test archive contains.
    init(_ path: Path) throws {
        var members: [Member] = []
        var leftOut = 0
        let outcome = try MemberWalk(entersTars: false, endsAtDamage: true).run(path) { member in
            let name = Path(bytes: member.name)
            if let reason = Self.refusal(member, name) {
                throw ExportError.unsafeMember(name, in: path, reason)
            }
            guard member.kind == .file else { return }
            let base = name.lastComponent
            if base.bytes.first == UInt8(ascii: ".") {
                leftOut += 1
                return
            }
            guard Self.isImage(base) else {
                throw ExportError.noTestImage(name, in: path)
            }
            // Damage is reported below.
            guard let offset = member.offset, member.isWhole else { return }
            guard members.count < Self.mostMembers else {
                throw ExportError.badInput("refused \(path): it has more images than any test set")
            }
            members.append(Member(name: base.bytes, offset: offset, size: member.storedSize))
        }
        if let damage = outcome.damage { throw damage }
        guard outcome.hasOffsets else { throw ExportError.compressedTest(path) }
        guard outcome.hasEndMark else {
            throw ExportError.badInput(
                "\(path) is cut off: it has no end mark",
                hint: "verify it, and download it again if it is damaged")
        }
        if members.isEmpty {
            throw ExportError.badInput("there are no test images in \(path)")
        }
        members.sort { $0.name.lexicographicallyPrecedes($1.name) }
        for (one, next) in zip(members, members.dropFirst()) where one.name == next.name {
            throw ExportError.badInput(
                "refused \(path): \(Path(bytes: one.name)) is in it twice")
        }
        (self.members, self.leftOut) = (members, leftOut)
    }

    private static func refusal(_ member: ArchiveMember, _ name: Path) -> String? {
        switch member.kind {
        case .file, .folder: break
        case .symbolicLink, .hardLink: return "it is a link"
        case .characterDevice, .blockDevice, .pipe, .other:
            return "it is neither a file nor a folder"
        }
        if name.isAbsolute { return "its name is absolute" }
        if name.components.contains("..") { return "its name leads out of the folder" }
        if member.name.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            return "its name has control characters"
        }
        if name.lastComponent.bytes.count > longestName { return "its name is too long" }
        return member.isSparse ? "it is a sparse file" : nil
    }

    private static func isImage(_ name: Path) -> Bool {
        let text = name.description.lowercased()
        return text.hasSuffix(".jpeg") || text.hasSuffix(".jpg")
    }
}

extension [TestArchive.Member] {
    /// The members are sorted by name.
    func firstIndex(named name: [UInt8]) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].name.lexicographicallyPrecedes(name) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < count && self[low].name == name ? low : nil
    }
}

/// Writes a tar of members of two others: each byte is read once and written once.
struct TestArchiveWriter {
    private static let attributes = TarWriter.Attributes()
    private static let bufferSize = 4 << 20

    let members: [TestArchive.Member]

    private static func padding(_ size: Int64) -> Int {
        let block = Int64(TarWriter.blockSize)
        return Int((block - size % block) % block)
    }

    /// Of the whole tar.
    var size: Int64 {
        let data = members.reduce(Int64(0)) {
            $0 + Int64(TarWriter.blockSize) + $1.size + Int64(Self.padding($1.size))
        }
        return data + Int64(TarWriter.ending(after: data).count)
    }

    /// - Returns: the XXH64 of what was written.
    func write(
        to file: borrowing FileDescriptor, _ archive: borrowing FileDescriptor,
        _ patch: borrowing FileDescriptor, _ progress: (Int64, Int64) throws -> Void
    ) throws -> Digest? {
        let total = size
        var fan = HashFan([.xxh64])
        var written: Int64 = 0
        var filled = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.bufferSize, alignment: 4096)
        defer { buffer.deallocate() }

        func flush(_ file: borrowing FileDescriptor) throws {
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<filled])
            fan.update(bytes)
            try file.write(bytes, at: written)
            written += Int64(filled)
            filled = 0
            try progress(written, total)
        }
        func append(_ bytes: [UInt8], _ file: borrowing FileDescriptor) throws {
            if filled + bytes.count > buffer.count { try flush(file) }
            buffer[filled..<filled + bytes.count].copyBytes(from: bytes)
            filled += bytes.count
        }
        for member in members {
            try append(
                TarWriter.header(
                    Path(bytes: member.name), size: member.size, Self.attributes), file)
            var done: Int64 = 0
            while done < member.size {
                if filled == buffer.count { try flush(file) }
                let count = Int(min(member.size - done, Int64(buffer.count - filled)))
                let room = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count])
                if member.isPatched {
                    try patch.readFully(room, at: member.offset + done)
                } else {
                    try archive.readFully(room, at: member.offset + done)
                }
                filled += count
                done += Int64(count)
            }
            try append([UInt8](repeating: 0, count: Self.padding(member.size)), file)
        }
        try append(TarWriter.ending(after: written + Int64(filled)), file)
        try flush(file)
        return fan.digests.first
    }
}
