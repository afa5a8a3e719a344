internal import Archives
internal import Disk

/// Which members may become files: plain files and folders whose names stay below the target.
struct MemberRules: Sendable {
    /// Linux's limit.
    private static let longestName = 255

    /// Deeper than any archive. Each level costs a descriptor while a tree is counted, and programs
    /// must be able to open the path.
    private static let deepest = 64
    private static let longestPath = 4000

    let archive: Path
    /// No member can be larger.
    private let sizeLimit: Int64

    init(archive: Path, size: Int64, isPlain: Bool) {
        self.archive = archive
        sizeLimit = isPlain ? size : Decompressor.mostBytes(from: size)
    }

    func check(_ member: ArchiveMember) throws(ExportError) {
        if let fault = Self.fault(member.kind) ?? fault(member.name, size: member.size ?? 0) {
            throw .refused(member.name, in: archive, fault)
        }
        // The archive does not contain its bytes as the file would.
        if member.isSparse { throw .refused(member.name, in: archive, "it is a sparse file") }
    }

    // MARK: Parts

    private static func fault(_ kind: ArchiveMember.Kind) -> String? {
        switch kind {
        case .file, .folder: nil
        case .symbolicLink: "it is a symbolic link"
        case .hardLink: "it is a hard link"
        case .characterDevice, .blockDevice: "it is a device"
        case .pipe: "it is a pipe"
        case .other: "it is not a plain file"
        }
    }

    private func fault(_ name: UnsafeRawBufferPointer, size: Int64) -> String? {
        if name.isEmpty { return "the name is empty" }
        if name.first == UInt8(ascii: "/") { return "the name is absolute" }
        if name.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            return "the name has control characters"
        }
        if name.count > Self.longestPath { return "the name is too long for a file" }
        var (start, depth) = (0, 0)
        while start < name.count {
            let end = name[start...].firstIndex(of: UInt8(ascii: "/")) ?? name.count
            let component = UnsafeRawBufferPointer(rebasing: name[start..<end])
            if component.elementsEqual("..".utf8) { return "the name leads out of the folder" }
            if component.count > Self.longestName { return "the name is too long for a file" }
            start = end + 1
            depth += 1
            if depth > Self.deepest { return "it is nested too deep" }
        }
        if size > sizeLimit { return "it claims \(size) bytes, more than the archive can hold" }
        return nil
    }
}
