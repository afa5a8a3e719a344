public import Disk

/// One member of an archive, as its header describes it.
public struct ArchiveEntry: Sendable, Hashable {
    /// What a member is. Targets are bytes as they stand in the archive: not checked, not resolved.
    public enum Kind: Sendable, Hashable {
        case file
        case folder
        case symbolicLink(target: Path)
        case hardLink(target: Path)
        /// A device, a socket or a pipe.
        case other
    }

    /// The name as it stands in the archive, byte for byte: it may be absolute or hold `..`.
    public let path: Path
    public let kind: Kind
    /// The bytes of data, where the header says it (a streamed zip member may not).
    public let size: Int64?
    /// Seconds since 1970, where the header says it.
    public let modified: Int64?
    /// The permission bits.
    public let mode: UInt32
    /// Where the member's first data byte lies in the archive after decompression.
    public let dataOffset: Int64
    /// Whether it is a file with holes that were left out; its data cannot be read here.
    public let isSparse: Bool
}
