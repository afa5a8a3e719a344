public import Checksums

/// One file of a data set: what it is called, what it holds, how it is proven, where it comes from.
///
/// A plain value to be filled in; `Manifest.init` checks it.
public struct ManifestFile: Sendable, Equatable {
    /// What an archive holds.
    public enum Role: String, Sendable, CaseIterable {
        /// A tar of class tars.
        case trainImages = "train-images"
        case valImages = "val-images"
        case testImages = "test-images"
        case devkit
        case trainBoxes = "train-boxes"
        case valBoxes = "val-boxes"
        case testPatch = "test-patch"
        /// `ILSVRC/{Annotations,Data,ImageSets}/CLS-LOC`, all in one.
        case tree2017 = "tree-2017"
        case other
    }

    /// Whether a server may ask who is there: what to say on 401, 403 or a login page.
    public enum Account: String, Sendable, CaseIterable {
        case none, maybe, required
    }

    /// Who can get the file.
    public enum Source: Sendable, Equatable {
        /// A program, from the torrent and the mirrors.
        case mirrors
        /// Only a person; `how` tells them what to do.
        case manual(how: String?)
        /// Not needed: the file named `by` replaces it.
        case superseded(by: String?)
    }

    /// Where the SHA-1 of each piece of the file stands.
    public struct Pieces: Sendable, Equatable {
        /// The bytes of every piece but the last, which may be shorter.
        public var length: Int
        /// A file of raw SHA-1 values, 20 bytes a piece, relative to the sources of the program.
        public var sha1: String

        public init(length: Int, sha1: String) {
            self.length = length
            self.sha1 = sha1
        }

        /// What the file of hashes is called, whatever folder it is in.
        var fileName: String { sha1.split(separator: "/").last.map(String.init) ?? sha1 }
    }

    /// The file's bare name: also that of the file on disk.
    public var name: String
    public var title: String?
    /// What `--only` selects.
    public var part: String
    public var role: Role
    /// Whether it is fetched when nothing is selected.
    public var isDefault: Bool
    /// The exact number of bytes, where it is known.
    public var size: Int64?
    /// A published, rounded number of bytes: for planning, never for proof.
    public var sizeAbout: Int64?
    /// One of an algorithm at most, in the order of the algorithms once it is in a manifest.
    public var digests: [Digest]
    public var torrent: InfoHash?
    /// The piece hashes that travel with the program; together with the name and the size they give
    /// the infohash.
    public var pieces: Pieces?
    /// URLs of the file and local folders that hold it, in the order in which to try them.
    public var mirrors: [String]
    public var account: Account?
    /// How many images the archive holds.
    public var images: Int64?
    /// Where the class tars of a train archive lie; nil where nobody has looked.
    public var classIndex: ClassIndex?
    public var source: Source

    public init(
        name: String, part: String, role: Role = .other, isDefault: Bool = false,
        size: Int64? = nil, digests: [Digest] = [], torrent: InfoHash? = nil,
        mirrors: [String] = []
    ) {
        self.name = name
        self.part = part
        self.role = role
        self.isDefault = isDefault
        self.size = size
        self.digests = digests
        self.torrent = torrent
        self.mirrors = mirrors
        source = .mirrors
    }

    public func digest(_ algorithm: DigestAlgorithm) -> Digest? {
        digests.first { $0.algorithm == algorithm }
    }

    /// Whether anything pins the contents: without, the first use does.
    public var isPinned: Bool { !digests.isEmpty || torrent != nil }

    package var isManual: Bool {
        if case .manual = source { true } else { false }
    }

    public var isSuperseded: Bool {
        if case .superseded = source { true } else { false }
    }
}
