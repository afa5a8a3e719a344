public import Checksums
public import DatasetManifest
public import Disk

/// The record beside an output (shards, an unpacked tree): its inputs, options and results.
///
///     let made = OutputReceipt(kind: "mds", name: "ILSVRC2012_img_train", …)
///     try made.save(in: folder)                       // ILSVRC2012_img_train.receipt.json
///     if case .receipt(let old) = try OutputReceipt.load("ILSVRC2012_img_train", in: folder),
///         old.isSame(as: wanted) { print("already done") }
///
/// It is written last: an output without a receipt is unfinished, or somebody else's.
public struct OutputReceipt: Hashable, Sendable {
    /// Something that the output was made from: an archive, or a tree of files.
    public struct Input: Hashable, Sendable {
        public var name: String
        public var size: Int64
        /// The archive as it was; nil for a tree.
        public var identity: FileIdentity?
        /// Those in an archive's receipt; for a tree, one over its listing.
        public var digests: [Digest]
        /// Whose pieces proved the used part of an archive that was not whole yet.
        public var torrent: InfoHash?
        /// It was proven and used, and then removed because the user asked for it.
        public var isRetired: Bool

        public init(
            name: String, size: Int64, identity: FileIdentity? = nil, digests: [Digest] = [],
            torrent: InfoHash? = nil, isRetired: Bool = false
        ) {
            self.name = name
            self.size = size
            self.identity = identity
            self.digests = digests
            self.torrent = torrent
            self.isRetired = isRetired
        }

        /// Whether both are the same bytes, judged without reading them: the same
        /// file untouched, the same digest of some kind, or the pieces of the same torrent.
        func isSame(as other: Input) -> Bool {
            guard name == other.name, size == other.size else { return false }
            if identity != nil, identity == other.identity { return true }
            let shared = digests.filter { digest in
                other.digests.contains { $0.algorithm == digest.algorithm }
            }
            if !shared.isEmpty { return shared.allSatisfy(other.digests.contains) }
            return torrent != nil && torrent == other.torrent
        }
    }

    /// One file of the output.
    public struct File: Hashable, Sendable {
        public var name: String
        public var size: Int64
        public var digest: Digest

        public init(name: String, size: Int64, digest: Digest) {
            self.name = name
            self.size = size
            self.digest = digest
        }
    }

    /// A folder of a tree as it was left: adding or removing a name changes its time.
    public struct TreeFolder: Hashable, Sendable {
        /// Below the tree; empty for the tree itself.
        public var path: String
        /// Nil while it is being written.
        public var files: Int?
        public var inode: UInt64
        public var modified: Timestamp

        public init(path: String, files: Int?, inode: UInt64, modified: Timestamp) {
            self.path = path
            self.files = files
            self.inode = inode
            self.modified = modified
        }
    }

    public static let schema = "imagenet-fetch.output/1"

    /// What it is: `mds`, `tfrecord`, `webdataset`, `untar`.
    public var kind: String
    /// The name of the output's folder.
    public var name: String
    /// Everything that decides the bytes of the output, by option.
    public var options: [String: String]
    public var inputs: [Input]
    /// Counts: `images`, `classes`, `files`, `bytes`.
    public var counts: [String: Int64]
    /// The files, if they are few; a tree of a million files has only `counts` and `treeDigest`.
    public var files: [File]
    /// SHA-256 over the listing of a tree.
    public var treeDigest: Digest?
    /// The folders of a tree; empty in receipts of older versions.
    public var folders: [TreeFolder] = []
    public var when: UTCTime

    public init(
        kind: String, name: String, options: [String: String], inputs: [Input],
        counts: [String: Int64] = [:], files: [File] = [], treeDigest: Digest? = nil,
        when: UTCTime = .now
    ) {
        self.kind = kind
        self.name = name
        self.options = options
        self.inputs = inputs
        self.counts = counts
        self.files = files
        self.treeDigest = treeDigest
        self.when = when
    }

    /// Whether it was made from an archive that was not verified.
    public var isFromUnverified: Bool {
        guard let input = inputs.first, input.identity != nil else { return false }
        return input.digests.isEmpty && input.torrent == nil && !input.isRetired
    }

    /// The receipt with digests of unchanged inputs that have become known since; nil if there is
    /// nothing to add.
    public func learning(from wanted: OutputReceipt) -> OutputReceipt? {
        var known = self
        for index in known.inputs.indices where known.inputs[index].digests.isEmpty {
            let input = known.inputs[index]
            guard input.identity != nil,
                let same = wanted.inputs.first(where: {
                    $0.name == input.name && $0.identity == input.identity
                })
            else { continue }
            known.inputs[index].digests = same.digests
        }
        return known == self ? nil : known
    }

    /// Whether an output with this receipt is what a run with these inputs and options would make.
    /// An input that was removed after use may be missing.
    public func isSame(as wanted: OutputReceipt) -> Bool {
        guard kind == wanted.kind, name == wanted.name, options == wanted.options else {
            return false
        }
        let there = Dictionary(wanted.inputs.map { ($0.name, $0) }) { first, _ in first }
        guard Set(there.keys).isSubset(of: inputs.map(\.name)) else { return false }
        return inputs.allSatisfy { input in
            guard let other = there[input.name] else { return input.isRetired }
            return input.isSame(as: other)
        }
    }
}
