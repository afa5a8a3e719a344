public import Disk

/// What was found inside an archive.
public struct DeepReport: Sendable {
    public struct Finding: Sendable, Hashable {
        public enum Kind: String, Sendable {
            /// There are fewer or more than there should be.
            case count
            /// The archive is invalid somewhere, or cannot be read.
            case archive
            /// A name that appeared before.
            case duplicate
            /// Something that does not belong there.
            case stray
            case empty
            /// Its end is missing.
            case cut
            /// Not an image, despite its name.
            case foreign
            /// It cannot be decoded.
            case broken
            /// An image that loaders do not expect: a PNG, a CMYK JPEG. The originals have some.
            case odd
        }

        public let kind: Kind
        /// The member; nil for the archive as a whole.
        public let member: Path?
        /// What is wrong, safe for a terminal.
        public let message: String

        /// Whether it makes the archive wrong, or is only a remark.
        public var isFault: Bool { kind != .odd }
    }

    /// This many are kept with their names; the others are counted.
    public static let most = 1 << 16
    /// The most bytes of all names together: a name can have 64 KiB.
    private static let mostBytes = 32 << 20

    /// Files and links, without tars that were entered.
    public internal(set) var members = 0
    public internal(set) var images = 0
    /// Tars inside the archive.
    public internal(set) var classes = 0
    /// Whether every image was decoded.
    public internal(set) var isDecoded = false
    /// Whether it is an archive at all.
    public internal(set) var isArchive = true
    /// In the order of the archive; findings about the whole come last.
    public private(set) var findings: [Finding] = []
    public private(set) var faults = 0
    public private(set) var oddities = 0
    private var nameBytes = 0

    public var isRight: Bool { faults == 0 }

    mutating func add(_ finding: Finding) {
        if finding.isFault { faults += 1 } else { oddities += 1 }
        guard findings.count < Self.most, nameBytes < Self.mostBytes else { return }
        nameBytes += finding.member?.bytes.count ?? 0
        findings.append(finding)
    }

    mutating func add(_ kind: Finding.Kind, _ member: Path? = nil, _ message: String) {
        add(Finding(kind: kind, member: member, message: message))
    }
}
