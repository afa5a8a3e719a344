public import DataFolder
public import Disk

/// Something made of a data set, as it was found below a data folder: looked at, not walked through.
public struct FoundOutput: Sendable {
    /// How far the writing of it is.
    public struct Progress: Sendable, Hashable {
        /// Pieces of work: class tars, runs of members, shards.
        public var done: Int
        /// Nil where only the end tells.
        public var total: Int?
        /// Files that are written, where pieces are not known.
        public var files: Int?
        /// About how many bytes are written.
        public var bytes: Int64

        /// In whole hundredths, and 100 only for all of it.
        public var percent: Int? {
            total.flatMap { $0 > 0 ? Int(clamping: Int64(done) * 100 / Int64($0)) : nil }
        }
    }

    public enum State: Sendable, Hashable {
        /// There, as its receipt or its index says.
        case whole
        case partial(Progress)
        /// Something of it is gone or was changed.
        case broken(String)
        /// There, and nothing tells what it should be.
        case unknown
        case absent
    }

    /// `untar`, `mds`, …: the command that makes it.
    public var kind: String
    /// Of its folder or file.
    public var name: String
    public var path: Path
    public var state: State
    /// What its receipt says; of one that is not whole what the receipt will say.
    public var receipt: OutputReceipt?
    /// Images, or files of a tree that holds something else.
    public var images: Int64?
    public var shards: Int64?
    /// Bytes that it takes, the links of a layout being none.
    public var bytes: Int64 = 0
    /// Whether the command that made it writes again what it has lost, and nothing else.
    public var canBeRefilled = false
    /// Another one that is to stand in its place is being made.
    public var replacement: Progress?

    public init(kind: String, name: String, path: Path, state: State) {
        self.kind = kind
        self.name = name
        self.path = path
        self.state = state
    }
}
