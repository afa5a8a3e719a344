import DataFolder
import Disk
import Glibc
import Support
import Synchronization

/// A sample data set that all tests share, and for one test a folder to fetch it into.
final class FetchRig {
    static let train = "ILSVRC2012_img_train.tar"
    static let val = "ILSVRC2012_img_val.tar"
    static let devkit = "ILSVRC2012_devkit_t12.tar.gz"
    static let usual = [devkit, val, train]

    let folder: TemporaryFolder
    private let sample: SharedSample

    init() throws {
        sample = try SharedSample.value.get()
        folder = try TemporaryFolder()
    }

    // MARK: The original

    var manifest: String {
        ownManifest ?? sample.path.appending("manifest.json").description
    }

    private var ownManifest: String?

    /// From now on the manifest lies in a folder without the torrents.
    func hideTorrents() throws {
        let text = try FileDescriptor(Path(manifest), .reading).contents(limit: 1 << 20)
        try folder.write(text, to: "alone/manifest.json")
        ownManifest = folder["alone/manifest.json"].description
    }

    var archives: Path { sample.path.appending("tar") }
    var torrents: Path { sample.path.appending("torrents") }

    func original(_ name: String) throws -> [UInt8] {
        try FileDescriptor(archives.appending(name), .reading).contents(limit: 1 << 30)
    }

    /// The infohash that the manifest pins, in hex.
    func infoHash(_ name: String) throws -> String {
        let bytes = try FileDescriptor(torrents.appending("\(name).magnet"), .reading)
            .contents(limit: 4096)
        let link = String(decoding: bytes, as: UTF8.self)
        return String(link.split(separator: "btih:").last?.prefix(40) ?? "")
    }

    /// The path of a manifest with the same digests, and no torrents.
    func manifestWithoutTorrents() throws -> String {
        let text = try FileDescriptor(Path(manifest), .reading).contents(limit: 1 << 20)
        // Keys that nobody knows are passed over.
        let parts = String(decoding: text, as: UTF8.self).split(separator: "\"torrent\":")
        try folder.write(parts.joined(separator: "\"was\":"), to: "digests.json")
        return folder["digests.json"].description
    }

    /// A folder with a copy of a file of which bytes are others: those at `wrong`.
    func damagedCopy(of name: String, in subfolder: String, at wrong: [Int]) throws -> Path {
        var bytes = try original(name)
        for place in wrong { bytes[place] ^= 0x55 }
        try folder.write(bytes, to: "\(subfolder)/\(name)")
        return folder[subfolder]
    }

    /// The torrents, with these trackers in them: that changes no infohash.
    func torrents(trackers url: String) throws -> Path {
        for name in Self.usual {
            let bytes = try FileDescriptor(torrents.appending("\(name).torrent"), .reading)
                .contents(limit: 1 << 20)
            let head = "d8:announce\(url.utf8.count):\(url)"
            try folder.write(Array(head.utf8) + bytes.dropFirst(), to: "tracked/\(name).torrent")
        }
        return folder["tracked"]
    }

    // MARK: The fetch

    /// The words of a fetch into `data`, from nowhere but this machine.
    func words(_ more: [String], data: String = "data") -> [String] {
        [
            "fetch", "--manifest", manifest, "--torrent-dir", torrents.description, "--data",
            folder[data].description, "--no-dht", "--reserve", "0", "-y",
        ] + more
    }

    func fetch(
        _ more: String..., data: String = "data", environment: [String: String] = [:]
    ) throws -> CommandResult {
        try run(Binary.absolute, words(more, data: data), environment: environment)
    }

    /// A fetch that goes on beside the test; what it says is in the files `out` and `err`.
    func start(_ more: String..., data: String = "data") throws -> Background {
        try Background(
            Binary.absolute, words(more, data: data), output: folder["out"].description,
            errors: folder["err"].description)
    }

    /// A fetch of the training archive that takes some seconds.
    func startSlowly(_ more: [String]) throws -> Background {
        try Background(
            Binary.absolute, words(["--only-train", "--max-download", "6MiB"] + more),
            output: folder["out"].description, errors: folder["err"].description)
    }

    /// Whether a file is there, byte by byte the original.
    func isWhole(_ name: String, data: String = "data") throws -> Bool {
        let there = folder["\(data)/tar/\(name)"]
        return try run("cmp", [there.description, archives.appending(name).description]).status == 0
    }

    /// Whether nothing is under the final name.
    func isAbsent(_ name: String, data: String = "data") -> Bool {
        access(folder["\(data)/tar/\(name)"].description, F_OK) != 0
    }

    func hasReceipt(_ name: String, data: String = "data") throws -> Bool {
        try folder.names(in: "\(data)/tar/.imagenet-fetch/receipts").contains { $0.hasPrefix(name) }
    }

    /// Waits until a journal says that so much of a file is there.
    func waitForBytes(_ count: Int64, of name: String = train) throws {
        let store = folder["data/tar/.imagenet-fetch/journals"]
        let isThere = try eventually {
            guard access(store.description, F_OK) == 0,
                let journal = try JournalStore(in: store, boot: JournalStore.currentBoot())
                    .load(name)
            else { return false }
            // The last piece is a shorter one, and may be among the first to come.
            let missing = Int64(journal.pieces.count - journal.pieces.members)
            let isLastMissing = !journal.pieces[journal.pieces.count - 1]
            let there =
                isLastMissing
                ? Int64(journal.pieces.members) * journal.pieceLength
                : journal.size - missing * journal.pieceLength
            return there >= count
        }
        if isThere { return }
        throw RigFailed(reason: "nothing comes: \(try folder.text("err"))")
    }

    /// Changes a byte of a file in its place.
    func damage(_ path: Path, at offset: Int64) throws {
        let file = try FileDescriptor(path, .updating)
        var byte: [UInt8] = [0]
        try byte.withUnsafeMutableBytes { buffer in
            try file.readFully(buffer, at: offset)
        }
        try [byte[0] ^ 0x55].withUnsafeBytes { buffer in try file.write(buffer, at: offset) }
    }

    // MARK: Sources

    /// A seed on this machine: aria2, with a file that lies in `folder`.
    ///
    /// - Parameters:
    ///   - rate: what it gives a second at the most, as aria2 spells it; 0 is all it can.
    ///   - port: one that is free; without it any such.
    func seed(
        _ name: String = train, from folder: Path? = nil, rate: String = "0", port: UInt16? = nil
    ) throws -> Seed {
        let log = self.folder["seed.log"]
        return try Seed(name, torrents, folder ?? archives, log, rate: rate, port: port)
    }
}

/// aria2, which gives away a file that it takes for whole.
final class Seed: Sendable {
    let port: UInt16
    let process: Background

    var peer: String { "127.0.0.1:\(port)" }

    init(
        _ name: String, _ torrents: Path, _ folder: Path, _ log: Path, rate: String, port: UInt16?
    ) throws {
        let port = try port ?? freePort()
        self.port = port
        process = try Background(
            "aria2c",
            [
                "--no-conf", "--enable-dht=false", "--enable-peer-exchange=false",
                "--disable-ipv6", "--seed-ratio=0.0", "--seed-time=5", "--listen-port=\(port)",
                // It trusts the file: a damaged one is given away too.
                "--bt-seed-unverified=true", "--max-overall-upload-limit=\(rate)",
                "--stop-with-process=\(getpid())",
                "--dir", folder.description, torrents.appending("\(name).torrent").description,
            ], output: log.description)
        try waitForListener(port, "aria2c")
    }

    // Its own goodbyes take seconds.
    deinit { process.send(SIGKILL) }
}

/// Made once, for all tests of this process.
private final class SharedSample: Sendable {
    let path: Path

    static let value = Result { try SharedSample() }

    private init() throws {
        let folder = try TemporaryFolder()
        path = Path("\(folder.path)-sample")
        let made = try run(
            Binary.absolute,
            [
                "sample", path.description, "--classes", "5", "--per-class", "60", "--val", "40",
                "--test", "10", "--quiet",
            ])
        guard made.status == 0 else { throw RigFailed(reason: made.errors) }
        // Nobody lets go of a static value.
        atexit {
            guard let sample = try? SharedSample.value.get() else { return }
            guard let parent = try? Folder(sample.path.parent) else { return }
            try? parent.removeTree(sample.path.lastComponent)
        }
    }
}

struct RigFailed: Error { let reason: String }

/// What a fetch said in JSON: the values of a key in the events of a kind, as they stand there.
struct Events {
    let lines: [Substring]

    init(_ output: String) { lines = output.split(separator: "\n") }

    func events(_ kind: String) -> [Substring] {
        lines.filter { $0.contains("\"event\":\"\(kind)\"") }
    }

    /// A number in the last event of this kind.
    func number(_ key: String, in kind: String) -> Double? {
        guard let line = events(kind).last,
            let value = line.split(separator: "\"\(key)\":", maxSplits: 1).dropFirst().first
        else { return nil }
        return Double(value.prefix { $0.isNumber || $0 == "." || $0 == "-" || $0 == "e" })
    }
}
