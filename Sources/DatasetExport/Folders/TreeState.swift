internal import DataFolder
internal import Disk

/// The contents of the folder beside an unfinished tree, so that none of it is in the tree: a lock,
/// the future receipt, the progress, and in the end the note.
struct TreeState {
    let place: OutputPlace
    let wanted: OutputReceipt
    let boot: String

    private static let lockName: Path = "lock"
    private static let wantedName: Path = "wanted.json"
    private static let doneName: Path = "done.json"
    private static let progressName: Path = "progress"

    private var folderName: Path { Self.folderName(place) }
    private static func folderName(_ place: OutputPlace) -> Path { Path(".\(place.name).state") }

    // MARK: What an earlier run has left

    static func end(_ place: OutputPlace) -> OutputEnd {
        let folder = folderName(place)
        return OutputEnd(
            place: place, note: folder.appending(doneName), beside: folder,
            lock: folder.appending(lockName))
    }

    /// The progress of an unfinished tree and its future receipt; nil if there is none.
    static func look(
        _ place: OutputPlace, in parent: borrowing Folder
    ) throws -> (progress: FoundOutput.Progress, receipt: OutputReceipt?)? {
        guard try parent.status(folderName(place))?.kind == .folder else { return nil }
        let state = try parent.folder(folderName(place))
        guard let wanted = try OutputReceipt.left(wantedName, in: state) else { return nil }
        var progress = FoundOutput.Progress(done: 0, total: nil, files: nil, bytes: 0)
        let bytes = try TreeProgress.read(state, progressName)?.bytes ?? []
        if let pieces = wanted.counts["pieces"] {
            let total = max(Int(clamping: pieces), 0)
            progress.total = total
            progress.done = min(TarUnpacking.done(bytes), total)
            let whole = Int128(wanted.counts["bytes"] ?? 0) * Int128(progress.done)
            progress.bytes = Int64(clamping: whole / Int128(max(total, 1)))
        } else if bytes.count == StreamUnpacking.progressLength {
            progress.files = StreamUnpacking.written(bytes)
        }
        return (progress, wanted)
    }

    // MARK: Beginning

    /// A run; its lock keeps others out.
    struct Begun: ~Copyable {
        let lock: FileLock
        /// Whether it resumes an earlier run.
        let goesOn: Bool
    }

    /// Resumes an earlier run with the same inputs and options, or begins again.
    ///
    /// - Throws: `.busy` while another run works there.
    func begin(in parent: borrowing Folder) throws -> Begun {
        let state = try parent.folder(folderName, creating: true)
        let lock = try FileLock(state.path.appending(Self.lockName))
        let left = try OutputReceipt.left(Self.wantedName, in: state)
        let hasWork = try parent.status(place.work) != nil
        let goesOn = hasWork && left?.isSame(as: wanted) == true
        if !goesOn {
            try parent.removeTree(place.work)
            try state.remove(Self.progressName)
            try state.publish(Self.wantedName, wanted.encoded, synced: false)
        }
        _ = try parent.folder(place.work, creating: true)
        return Begun(lock: lock, goesOn: goesOn)
    }

    func progress(in parent: borrowing Folder, length: Int) throws -> TreeProgress {
        try TreeProgress(
            try parent.folder(folderName), Self.progressName, boot: boot, length: length)
    }

    // MARK: Ending

    /// Syncs everything, then gives the tree its name and receipt.
    func finish(
        in parent: borrowing Folder, _ receipt: OutputReceipt,
        publish: (borrowing Folder) throws -> Void
    ) throws {
        // Nobody can tell which files the disk lost: the cache has them all.
        try Self.end(place).finish(
            receipt, in: parent, isLocked: true, distrust: { try abandon(in: parent) },
            check: {
                if !wanted.isShared { try place.checkReplaceable(in: parent, by: wanted.kind) }
            }, publish: { folder, _ in try publish(folder) })
    }

    func abandon(in parent: borrowing Folder) throws(DiskError) {
        try parent.removeTree(place.work)
        try parent.removeTree(folderName)
    }
}

/// The progress of a tree: the caller's bytes after a line that identifies the start of the
/// machine.
///
/// Written without a sync: after a kill it is in the page cache. After a power loss the start
/// differs, and the bytes are not trusted.
final class TreeProgress: Sendable {
    private static let schema = "imagenet-fetch.tree/1"
    /// A byte per job; no archive has so many.
    private static let longest = 64 << 20

    private let file: FileDescriptor
    private let start: Int64
    /// Of an earlier run, or zeros.
    let found: [UInt8]
    /// Whether the machine has restarted since.
    let isFromEarlierBoot: Bool

    init(_ folder: borrowing Folder, _ name: Path, boot: String, length: Int) throws(DiskError) {
        let head = Array("\(Self.schema) \(boot)\n".utf8)
        var found = [UInt8](repeating: 0, count: length)
        var isEarlier = false
        if let left = try Self.read(folder, name), left.bytes.count == length {
            found = left.bytes
            isEarlier = left.boot != boot
        }
        try folder.publish(name, head + found, synced: false)
        file = try folder.file(name, .updating)
        start = Int64(head.count)
        self.found = found
        isFromEarlierBoot = isEarlier
    }

    static func read(
        _ folder: borrowing Folder, _ name: Path
    ) throws(DiskError) -> (boot: String, bytes: [UInt8])? {
        guard let bytes = try folder.contents(ifPresent: name, limit: longest),
            let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
        else { return nil }
        let words = bytes[..<end].split(separator: UInt8(ascii: " "), maxSplits: 1)
        guard words.count == 2, words[0].elementsEqual(schema.utf8) else { return nil }
        return (String(decoding: words[1], as: UTF8.self), Array(bytes[(end + 1)...]))
    }

    func set(_ bytes: [UInt8], at offset: Int) throws(DiskError) {
        try file.write(bytes, at: start + Int64(offset))
    }
}
