import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support

@testable import TorrentFetch

/// A data folder of its own, and one file that is to come into it.
final class GrowingFile {
    static let pieceLength = 16384
    let folder: TemporaryFolder
    let data: DataFolder
    let file: TorrentedFile
    let md5: Digest

    init(size: Int = 40 * GrowingFile.pieceLength + 5000, seed: UInt64 = 1) throws {
        file = try TorrentedFile(size: size, pieceLength: Self.pieceLength, seed: seed)
        md5 = Hasher.digest(.md5, file.bytes)
        folder = try TemporaryFolder()
        data = DataFolder(folder["data"])
    }

    var name: String { file.name }
    var count: Int { file.map.count }
    var part: Path { data.staging(name) }
    var final: Path { data.archive(name) }

    func opener(mapped: Bool = true, data other: DataFolder? = nil) -> StagingOpener {
        StagingOpener(
            data: other ?? data, expected: expected(mapped: mapped), pin: "pin", threads: 2)
    }

    func expected(mapped: Bool = true) -> Expectation {
        Expectation(
            name: name, size: file.map.size, pieceLength: Self.pieceLength,
            map: mapped ? file.map : nil, algorithms: [.md5], digests: [md5],
            torrent: mapped ? file.torrent.infoHash : nil)
    }

    func open(
        mapped: Bool = true, boot: String = "boot", data other: DataFolder? = nil,
        _ change: (inout StagingOpener) -> Void = { _ in }
    ) throws -> StagingOpener.Result {
        var opener = opener(mapped: mapped, data: other)
        change(&opener)
        return try opener.open(try (other ?? data).journals(boot: boot))
    }

    /// The same where something is left to fetch.
    func grow(
        mapped: Bool = true, boot: String = "boot", data other: DataFolder? = nil,
        _ change: (inout StagingOpener) -> Void = { _ in }
    ) throws -> StagingOpener.Opened {
        switch try open(mapped: mapped, boot: boot, data: other, change) {
        case .growing(let opened): return opened
        case .whole: throw Unexpected(what: "whole")
        }
    }

    struct Unexpected: Error { let what: String }

    /// Puts a staging file there that has these pieces, the others being holes.
    func write(_ pieces: [Int]) throws {
        _ = try Folder.creating(data.folder(.archives))
        let staging = try FileDescriptor(part, .openingOrCreating)
        try staging.truncate(to: file.map.size)
        for piece in pieces {
            let range = file.map.range(of: piece)
            let bytes = Array(file.bytes[Int(range.lowerBound)..<Int(range.upperBound)])
            try staging.write(bytes, at: range.lowerBound)
        }
    }

    /// The journal that a run would have left, of the file as it is now.
    ///
    /// - Parameter age: how long before its last write the run left it.
    func journal(
        _ pieces: [Int], isClean: Bool, frontier: Int = 0, age: Duration = .zero
    ) throws -> Journal {
        var set = PieceSet(count: count)
        for piece in pieces { set[piece] = true }
        var fan = HashFan([.md5])
        fan.update(Array(file.bytes[..<frontier]))
        return Journal(
            fileName: name, size: file.map.size, pieceLength: Int64(Self.pieceLength), pieces: set,
            pin: "pin", identity: try FileDescriptor(part, .reading).identity().aged(by: age),
            isClean: isClean,
            frontier: Int64(frontier), states: fan.savedStates)
    }

    func save(_ journal: Journal, _ tiers: [JournalStore.Tier] = [.quick, .synced]) throws {
        let store = try data.journals(boot: "boot")
        for tier in tiers { try store.save(journal, tier) }
    }

    /// Changes one byte, as anybody could.
    func damage(_ path: Path, at offset: Int) throws {
        let file = try FileDescriptor(path, .updating)
        try file.write([self.file.bytes[offset] ^ 1], at: Int64(offset))
    }

    func members(_ set: PieceSet) -> [Int] { (0..<set.count).filter { set[$0] } }
}

extension FileIdentity {
    /// As the file was so long ago.
    func aged(by age: Duration) -> FileIdentity {
        FileIdentity(
            fileSystem: fileSystem, inode: inode, size: size, modified: modified.earlier(by: age),
            changed: changed.earlier(by: age))
    }
}

extension Timestamp {
    fileprivate func earlier(by age: Duration) -> Timestamp {
        let time = Duration.seconds(seconds) + .nanoseconds(nanoseconds) - age
        let (seconds, attoseconds) = time.components
        return Timestamp(seconds: seconds, nanoseconds: attoseconds / 1_000_000_000)
    }
}
