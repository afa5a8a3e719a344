public import Disk

/// One member of an archive.
///
/// A view: names point into the memory of the walk or the reader, and are good until it goes on. To
/// keep a name, make a `Path` of it.
public struct ArchiveMember {
    public enum Kind: UInt8, Sendable {
        case file, folder, symbolicLink, hardLink, characterDevice, blockDevice, pipe
        /// A socket, the label of a volume.
        case other
    }

    /// The tar inside the archive that holds it; empty for members of the archive itself.
    public internal(set) var container: UnsafeRawBufferPointer
    /// The name as it stands in the header, byte for byte: it may be absolute or hold `..`.
    public let name: UnsafeRawBufferPointer
    /// What a link leads to: not checked, not resolved.
    public let link: UnsafeRawBufferPointer
    public let kind: Kind
    /// The bytes of data, those in holes among them; nil if a zip does not say it beforehand.
    public let size: Int64?
    /// Where the first data byte lies in the file; nil in archives that are compressed.
    public internal(set) var offset: Int64?
    /// Where what belongs to this member begins: its header, or the first of its headers.
    public internal(set) var headerOffset: Int64?
    /// The bytes of data that are in the archive: fewer than `size` for a sparse file, and for one
    /// that is cut.
    public let storedSize: Int64
    /// Whether the data is stored without its holes, after a map of them.
    public let isSparse: Bool
    /// Whether all of it is there, header and data, and can be believed. Of a compressed archive
    /// nobody knows that before its data was read.
    public internal(set) var isWhole: Bool
    /// Its data, where the archive can only be read from front to back.
    public internal(set) var stream: MemberStream?
    /// Whether it is a tar whose own members follow.
    public internal(set) var isContainer = false
    /// Whether it comes after damage and before the next inner tar: it may be a member of a tar
    /// whose header is lost.
    public internal(set) var isAdrift = false

    /// The permission bits.
    public let mode: UInt32
    /// Seconds since 1970, where it is said.
    public let modified: Int64?
    public let user: Int64
    public let group: Int64
    /// Empty where there are only numbers.
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
