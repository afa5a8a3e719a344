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
    static func settle(
        _ place: OutputPlace, publish: (borrowing Folder) throws -> Void
    ) throws {
        let parent = try Folder.nearest(to: place.parent)
        guard parent.path == place.parent, try parent.status(folderName(place)) != nil else {
            return
        }
        let state = try parent.folder(folderName(place))
        guard let receipt = try receipt(doneName, in: state) else { return }
        let lock = try FileLock(state.path.appending(lockName))
        if try parent.status(place.work) != nil { try publish(parent) }
        try receipt.save(in: parent)
        try parent.removeTree(folderName(place))
        withExtendedLifetime(lock) {}
    }

    private static func receipt(
        _ name: Path, in state: borrowing Folder
    ) throws(DiskError) -> OutputReceipt? {
        guard try state.status(name)?.kind == .file,
            case .receipt(let receipt) = OutputReceipt.read(
                try state.file(name, .readingNoLink).contents(limit: OutputReceipt.sizeLimit))
        else { return nil }
        return receipt
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
        try parent.syncFileSystem()
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

    private final class Box: Sendable {
        let file: FileDescriptor
        init(_ file: consuming FileDescriptor) { self.file = file }
    }

    private let box: Box
    private let start: Int64
    /// What an earlier run has left; zeros where there was none.
    let found: [UInt8]
    /// Whether that run was before the machine was started anew.
    let isFromEarlierBoot: Bool

    init(_ folder: borrowing Folder, _ name: Path, boot: String, length: Int) throws(DiskError) {
        let head = Array("\(Self.schema) \(boot)\n".utf8)
        var found = [UInt8](repeating: 0, count: length)
        var isEarlier = false
        if try folder.status(name)?.kind == .file {
            let bytes = try folder.file(name, .readingNoLink).contents(limit: length + 4096)
            let line = bytes.prefix { $0 != 0x0A }
            if line.starts(with: Self.schema.utf8), bytes.count == line.count + 1 + length {
                found = Array(bytes.suffix(length))
                isEarlier = !bytes.starts(with: head)
            }
        }
        try folder.publish(name, head + found, synced: false)
        box = Box(try folder.file(name, .updating))
        start = Int64(head.count)
        self.found = found
        isFromEarlierBoot = isEarlier
    }

    func set(_ bytes: [UInt8], at offset: Int) throws(DiskError) {
        try box.file.write(bytes, at: start + Int64(offset))
    }
}
