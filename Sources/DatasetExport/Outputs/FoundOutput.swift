public import DataFolder
public import Disk

/// An output found below a data folder, without a walk through it.
public struct FoundOutput: Sendable {
    public struct Progress: Sendable, Hashable {
        /// Pieces of work: class tars, runs of members, shards.
        public var done: Int
        /// Nil if only the end will tell.
        public var total: Int?
        /// Files that are written, if pieces are not known.
        public var files: Int?
        /// Approximate.
        public var bytes: Int64

        /// Rounded down: 100 only when complete.
        public var percent: Int? {
            total.flatMap { $0 > 0 ? Int(clamping: Int64(done) * 100 / Int64($0)) : nil }
        }
    }

    public enum State: Sendable, Hashable {
        /// Complete, by its receipt or index.
        case whole
        case partial(Progress)
        /// Something is missing or was changed.
        case broken(String)
        /// There, but nothing says what it should be.
        case unknown
        case absent
    }

    /// The command that makes it: `untar`, `mds`, ….
    public var kind: String
    public var name: String
    public var path: Path
    /// The folder that contains its receipt.
    public var parent: Path
    var shared: OutputPlace.SharedFolder?
    public var state: State
    /// The receipt; while it is being made, the receipt that it will get.
    public var receipt: OutputReceipt?
    /// Images, or files of a tree without images.
    public var images: Int64?
    public var shards: Int64?
    /// Links of a layout count as nothing.
    public var bytes: Int64 = 0
    /// Whether its command can write what is missing, and nothing else.
    public var canBeRefilled = false
    /// A new one is being made that will replace it.
    public var replacement: Progress?

    public init(kind: String, name: String, path: Path, state: State) {
        self.kind = kind
        self.name = name
        self.path = path
        parent = path.parent
        self.state = state
    }

    public init(kind: String, place: OutputPlace, state: State) {
        self.init(kind: kind, name: place.name, path: place.path, state: state)
        parent = place.parent
        shared = place.shared
    }

    /// The path as people see it: outputs in a shared folder differ.
    public var shownPath: Path { OutputPlace.shown(path, shared) }

    /// What contains it in the folder with its receipt.
    var folderName: Path { shared?.path.components.first ?? path.lastComponent }
}
