public import DataFolder
public import DatasetManifest
public import Disk

/// A download that is not complete, beside the files to verify.
public struct UnfinishedFile: Sendable {
    /// Ends in `.part`.
    public let path: Path
    public let file: ManifestFile
    /// Nil where the journal cannot be believed.
    public let bytesVerified: Int64?
    public let size: Int64?
    public let data: DataFolder
    /// Whether it was named or selected, or was complete before.
    public let isWanted: Bool

    init(_ path: Path, _ file: ManifestFile, data: DataFolder, isWanted: Bool) {
        self.path = path
        self.file = file
        self.data = data
        self.isWanted = isWanted
        let partial = try? PartialFile(path, in: data)
        let isKnown = partial.map { $0.journal != nil && $0.trust != .changed } ?? false
        // No overflow: the pieces of a journal make up its size.
        bytesVerified = isKnown ? partial?.verified.reduce(0) { $0 + Int64($1.count) } : nil
        size = file.size ?? partial?.journal?.size
    }
}
