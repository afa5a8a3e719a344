internal import DataFolder
internal import Disk

/// What stands beside a tree that is not whole, in a folder of its own so that nothing of it is ever
/// in the tree: a lock, what is being made, how far it is, and in the end the receipt to be.
///
/// All of it is gone once the tree has its name and its receipt.
struct TreeState {
    let place: OutputPlace
    let wanted: OutputReceipt
    let boot: String

    /// Whether the work goes into a tree with that of others, so that nothing is replaced as a whole.
    private var isShared: Bool { wanted.options["form"] == UnpackForm.tree2017.name }

    private static let lockName: Path = "lock"
    private static let wantedName: Path = "wanted.json"
    private static let doneName: Path = "done.json"
    private static let progressName: Path = "progress"

    private var folderName: Path { Self.folderName(place) }
    private static func folderName(_ place: OutputPlace) -> Path { Path(".\(place.name).state") }

    // MARK: What an earlier run has left

    /// Brings to its end what a run was killed in that had everything written.
    ///
    /// - Parameter publish: gives the work its name, as far as that is still to be done.
    /// - Returns: whether there was such a run.
    @discardableResult
    static func settle(
        _ place: OutputPlace, publish: (borrowing Folder) throws -> Void
    ) throws -> Bool {
        let parent = try Folder.nearest(to: place.parent)
        guard parent.path == place.parent, try parent.status(folderName(place)) != nil else {
            return false
        }
        let state = try parent.folder(folderName(place))
        guard let receipt = try receipt(doneName, in: state), receipt.name == place.name else {
            return false
        }
        let lock = try FileLock(state.path.appending(lockName))
        if try parent.status(place.work) != nil { try publish(parent) }
        try place.settle(parent)
        try receipt.save(in: parent)
        try parent.removeTree(folderName(place))
        withExtendedLifetime(lock) {}
        return true
    }

    private static func receipt(
        _ name: Path, in state: borrowing Folder
    ) throws(DiskError) -> OutputReceipt? {
        try state.contents(ifPresent: name, limit: OutputReceipt.sizeLimit)
            .flatMap { OutputReceipt.read($0).record }
    }

    /// How far a tree is that has not got its name yet, and the receipt that it will have; nil where
    /// none is being made.
    static func look(
        _ place: OutputPlace, in parent: borrowing Folder
    ) throws -> (progress: FoundOutput.Progress, receipt: OutputReceipt?)? {
        guard try parent.status(folderName(place))?.kind == .folder else { return nil }
        let state = try parent.folder(folderName(place))
        if let done = try receipt(doneName, in: state) {
            let files = Int(clamping: done.counts["files"] ?? 0)
            return (
                FoundOutput.Progress(
                    done: 1, total: 1, files: files, bytes: done.counts["bytes"] ?? 0), done
            )
        }
        guard let wanted = try receipt(wantedName, in: state) else { return nil }
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

    /// A run that is under way: nobody else is at it while this is held.
    struct Begun: ~Copyable {
        let lock: FileLock
        /// Whether an earlier run has left work to go on with.
        let goesOn: Bool
    }

    /// Takes the work over from an earlier run with the same inputs and options, or begins it anew.
    ///
    /// - Throws: `.busy` while another run is at it.
    func begin(in parent: borrowing Folder) throws -> Begun {
        let state = try parent.folder(folderName, creating: true)
        let lock = try FileLock(state.path.appending(Self.lockName))
        let left = try Self.receipt(Self.wantedName, in: state)
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

    /// How far the work is: what the file of it says, and from here on what is written into it.
    func progress(in parent: borrowing Folder, length: Int) throws -> TreeProgress {
        try TreeProgress(
            try parent.folder(folderName), Self.progressName, boot: boot, length: length)
    }

    // MARK: Ending

    /// Brings everything to the disk, then gives the tree its name and its receipt.
    func finish(
        in parent: borrowing Folder, _ receipt: OutputReceipt,
        publish: (borrowing Folder) throws -> Void
    ) throws {
        do throws(DiskError) {
            try parent.syncFileSystem()
        } catch {
            // Which of its files the disk has lost nobody can tell: the cache still has them all.
            try? abandon(in: parent)
            throw error
        }
        if !isShared { try place.checkReplaceable(in: parent, by: wanted.kind) }
        // From here on a run that is killed is brought to its end by the next one.
        try parent.folder(folderName).publish(Self.doneName, receipt.encoded)
        try parent.remove(OutputReceipt.fileName(receipt.name))
        try publish(parent)
        try receipt.save(in: parent)
        try parent.removeTree(folderName)
    }

    /// Takes everything away that was made.
    func abandon(in parent: borrowing Folder) throws(DiskError) {
        try parent.removeTree(place.work)
        try parent.removeTree(folderName)
    }
}

/// How far a tree in the making is: bytes of the caller's choice behind a line that says which start
/// of the machine they belong to.
///
/// Written without a sync: what a killed run has written is in the page cache. After a power loss
/// the boot is another, and what the bytes say is not believed unseen.
final class TreeProgress: Sendable {
    private static let schema = "imagenet-fetch.tree/1"
    /// A byte a piece of work, of which no archive has so many.
    private static let longest = 64 << 20

    private let file: FileDescriptor
    private let start: Int64
    /// What an earlier run has left; zeros where there was none.
    let found: [UInt8]
    /// Whether that run was before the machine was started anew.
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

    /// What a run has left of its progress.
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
