public import Disk

/// The name of one member of an archive: `n01440764.tar/n01440764_10026.JPEG`, or
/// `ILSVRC2012_val_00000293.JPEG`.
///
/// It becomes a path on this machine, so it leads nowhere else.
public struct MemberName: Sendable, Hashable, CustomStringConvertible {
    public let path: Path
    /// The tar inside the archive that holds it; nil for members of the archive itself.
    public let container: Path?
    /// Its name in the archive, or in the tar inside.
    public let name: Path

    /// - Returns: nil for a path that is absolute, or has parts such as `..`.
    public init?(_ path: Path) {
        let parts = path.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard path.bytes.count <= 4096,
            parts.allSatisfy({ part in
                !part.isEmpty && part.count <= 255 && part != [0x2E] && part != [0x2E, 0x2E]
            })
        else { return nil }
        self.path = path
        // A tar is entered by its name, and tars in that one are files like others.
        let holder = parts.dropLast().firstIndex { $0.suffix(4).elementsEqual(".tar".utf8) }
        if let holder {
            container = Path(bytes: parts[...holder].joined(separator: [UInt8(ascii: "/")]))
            name = Path(bytes: parts[(holder + 1)...].joined(separator: [UInt8(ascii: "/")]))
        } else {
            container = nil
            name = path
        }
    }

    public var description: String { path.description }
}
