public import DataFolder
public import DatasetManifest
public import Disk

/// A file to verify: where it lies, or should, and what it should be.
public struct Target: Sendable {
    public let path: Path
    public let file: ManifestFile
    /// Where its receipt is kept.
    public let data: DataFolder
    /// Its size when it was found; nil if it is missing.
    public let size: Int64?
    /// What its receipt says.
    public let receipt: Receipt?

    /// Whether a receipt may be left beside it: a published folder holds only what others are shown.
    public var isRecorded = true

    public var isMissing: Bool { size == nil }

    public init(
        _ path: Path, _ file: ManifestFile, data: DataFolder, size: Int64?, receipt: Receipt?
    ) {
        self.path = path
        self.file = file
        self.data = data
        self.size = size
        self.receipt = receipt
    }
}
