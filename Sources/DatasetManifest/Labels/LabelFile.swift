internal import Disk

/// Whole small files, with errors of this room's kind.
enum LabelFile {
    static func bytes(_ path: Path, limit: Int) throws(LabelError) -> [UInt8] {
        try LabelError.catching(FileDescriptor(path, .reading).contents(limit: limit))
    }

    /// Whether there is a file, or a link that may lead to one.
    static func isThere(_ relative: Path, in folder: borrowing Folder) -> Bool {
        guard let kind = try? folder.status(relative)?.kind else { return false }
        return kind == .file || kind == .link
    }
}
