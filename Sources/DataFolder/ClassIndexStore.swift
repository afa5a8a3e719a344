public import DatasetManifest
public import Disk

/// Where the class tars of archives lie, one small JSON file an archive: found once by walking over
/// its headers, or taken from a mirror. A hint like every class index, so a file that cannot be read
/// is the same as none.
public struct ClassIndexStore: Sendable {
    public let path: Path

    /// - Parameter path: the folder of the indexes alone.
    public init(_ path: Path) { self.path = path }

    /// Replaces the index of an archive.
    ///
    /// - Parameter size: the bytes of the whole archive.
    public func save(
        _ index: ClassIndex, of fileName: String, size: Int64
    ) throws(DiskError) {
        try DataFolder.creating(inState: path).publish(
            Self.name(fileName), ClassIndexFile(index, of: fileName, size: size).encoded,
            synced: false)
    }

    /// The index of an archive of this size; nil if it is missing, damaged, or of another archive.
    public func load(_ fileName: String, size: Int64) throws(DiskError) -> ClassIndex? {
        guard let folder = try ifPresent(Folder.own(path)),
            let bytes = try folder.contents(
                ifPresent: Self.name(fileName), limit: ClassIndexFile.longestFile),
            let file = try? ClassIndexFile(json: bytes, source: fileName),
            file.fileName == fileName, file.size == size
        else { return nil }
        return file.index
    }

    private static func name(_ fileName: String) -> Path {
        Path(ClassIndexFile.name(for: fileName))
    }
}

extension DataFolder {
    /// Where the class tars of archives lie.
    public var classIndexes: ClassIndexStore { ClassIndexStore(state.appending("classes")) }
}
