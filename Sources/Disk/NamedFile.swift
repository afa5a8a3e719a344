/// A file to write whose path a person has named.
///
/// A file that appears whole gets its name by `rename(2)`, which takes the place of a device, a
/// pipe or a link just as well: `/dev/null` would be a plain file from then on. So only a plain
/// file is ever replaced. Of a link we cannot know whether it or what it leads to is meant, and
/// `/dev/stdout` is one; it is refused wherever it leads.
///
///     try NamedFile("status.html").publish(bytes)
public struct NamedFile: Sendable {
    public let path: Path

    /// Checks the path at once, so that a run can refuse before it has done anything.
    ///
    /// - Throws: `.notAFile` if that is neither nothing nor a plain file.
    public init(_ path: Path) throws(DiskError) {
        self.path = path
        try check()
    }

    /// Writes the file beside its place and renames it, making the folders above it where they
    /// are missing: see `Folder.publish`.
    public func publish(
        synced: Bool = true, _ body: (borrowing FileDescriptor) throws -> Void
    ) throws {
        // It may have been long since this was made.
        try check()
        try Folder.creating(path.parent).publish(path.lastComponent, synced: synced, body)
    }

    public func publish(_ contents: [UInt8], synced: Bool = true) throws(DiskError) {
        try check()
        try Folder.creating(path.parent).publish(path.lastComponent, contents, synced: synced)
    }

    private func check() throws(DiskError) {
        switch try kind() {
        case .file, nil: return
        case .folder: throw .notAFile(path, "it is a folder")
        case .link: throw .notAFile(path, "it is a symbolic link")
        case .other: throw .notAFile(path, "it is a device, a pipe or a socket")
        }
    }

    private func kind() throws(DiskError) -> FileStatus.Kind? {
        try ifPresent(Folder(path.parent))?.status(path.lastComponent)?.kind
    }
}
