public import Disk

/// A temporary folder that a suite can hold.
public final class HeldFolder {
    private let folder: TemporaryFolder

    public init() throws { folder = try TemporaryFolder() }

    public var path: Path { folder.path }

    /// Writes a file and returns where.
    public func file(_ name: String, _ bytes: [UInt8]) throws -> Path {
        try Folder(folder.path).publish(Path(name), bytes)
        return folder.path.appending(name)
    }
}
