public import Disk

/// One member of an archive.
///
/// A view: names point into the memory of the walk or the reader, and are valid until the next member.
/// To keep a name, make a `Path` of it.
public struct ArchiveMember {
    public enum Kind: UInt8, Sendable {
        case file, folder, symbolicLink, hardLink, characterDevice, blockDevice, pipe
        /// A socket, the label of a volume.
        case other
    }

    /// The tar inside the archive that holds it; empty for members of the archive itself.
    public internal(set) var container: UnsafeRawBufferPointer
    /// The name in the header, byte for byte: it may be absolute or contain `..`.
    public let name: UnsafeRawBufferPointer
    /// The target of a link: not checked, not resolved.
    public let link: UnsafeRawBufferPointer
    public let kind: Kind
    /// The bytes of data, including holes; nil if a zip does not say it beforehand.
    public let size: Int64?
    /// Where the data begins in the file; nil in compressed archives.
    public internal(set) var offset: Int64?
    /// Where its first header begins.
    public internal(set) var headerOffset: Int64?
    /// The bytes of data in the archive: fewer than `size` for a sparse or a cut file.
    public let storedSize: Int64
    /// Whether the data is stored without its holes, after a map of them.
    public let isSparse: Bool
    /// Whether header and data are complete and trusted. In a compressed archive that is unknown until
    /// the data is read.
    public internal(set) var isWhole: Bool
    /// Its data, if the archive can only be read from front to back.
    public internal(set) var stream: MemberStream?
    /// Whether it is a tar whose members follow.
    public internal(set) var isContainer = false
    /// Whether it comes after damage and before the next inner tar: it may be a member of a tar
    /// whose header is lost.
    public internal(set) var isAdrift = false

    /// The permission bits.
    public let mode: UInt32
    /// Seconds since 1970.
    public let modified: Int64?
    public let user: Int64
    public let group: Int64
    /// Empty if there are only numbers.
    public let userName: UnsafeRawBufferPointer
    public let groupName: UnsafeRawBufferPointer
    /// The numbers of a device.
    public let device: (major: Int64, minor: Int64)

    /// The name, with that of the tar which holds it in front: `n01440764.tar/n01440764_10026.JPEG`.
    public var path: Path {
        container.isEmpty
            ? Path(bytes: name) : Path(bytes: Array(container) + [UInt8(ascii: "/")] + name)
    }
}
