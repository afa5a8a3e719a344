import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@testable import TorrentFetch

@Suite(.timeLimit(.minutes(1))) struct SeedStoreTests {
    private static let pieceLength = 1 << 19
    private static let blockLength = 16 << 10

    /// A file with a receipt, offered by a store.
    private final class Giving {
        let folder: TemporaryFolder
        let file: TorrentedFile
        let path: Path
        let store: SeedStore
        private let readers = SeedReaders(threads: 2)
        let failures = Monitor(0)

        init() throws {
            folder = try TemporaryFolder()
            file = try TorrentedFile(size: 1_300_000, pieceLength: pieceLength)
            let data = DataFolder(folder["data"])
            try data.openArchives().publish(Path(file.name), file.bytes)
            try folder.write(file.torrent.bytes, to: "file.torrent")
            path = data.archive(file.name)
            try data.receipts.save(
                Receipt(
                    fileName: file.name, digests: [], torrent: file.torrent.infoHash,
                    identity: try FileDescriptor(path, .reading).identity(), proof: .pieces))
            var options = FetchOptions()
            options.torrentFolders = [folder.path]
            var known = ManifestFile(name: file.name, part: "val")
            known.torrent = file.torrent.infoHash
            let offer = try Seeder(options).offer(known, at: path, in: data)
            store = SeedStore(offer, readers) { [failures] in failures.update { $0 += 1 } }
        }

        deinit { readers.close(waits: true) }

        /// What libtorrent gets: the errno, and the block if that is 0.
        func read(_ piece: Int, _ offset: Int, count: Int = blockLength) -> (Int32, [UInt8]) {
            let block = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
            defer { block.deallocate() }
            let answer = Monitor<Int32?>(nil)
            store.read(piece, offset, into: block) { number in answer.update { $0 = number } }
            let number = answer.wait { $0 }
            return (number, number == 0 ? Array(block) : [])
        }

        func write(_ byte: UInt8, at offset: Int) throws {
            try FileDescriptor(path, .updating).write([byte], at: Int64(offset))
        }
    }

    @Test("every block is the file's, whether its piece is hashed for it or was before")
    func blocks() throws {
        let giving = try Giving()
        // Also blocks that lie across two reads of the hash.
        for first in [0, 10_000] {
            for piece in 0..<giving.file.map.count {
                let range = giving.file.map.range(of: piece)
                for offset in stride(from: first, to: range.count, by: Self.blockLength) {
                    let count = min(Self.blockLength, range.count - offset)
                    let (number, block) = giving.read(piece, offset, count: count)
                    let start = Int(range.lowerBound) + offset
                    #expect(number == 0)
                    #expect(block.elementsEqual(giving.file.bytes[start..<start + count]))
                }
            }
        }
        #expect(giving.store.fault == nil)
    }

    @Test("pieces are hashed again when the file has changed, and the first wrong one ends it")
    func change() throws {
        let giving = try Giving()
        let bytes = giving.file.bytes
        #expect(giving.read(0, 0).0 == 0)
        // The same byte again changes the times alone.
        try giving.write(bytes[5], at: 5)
        #expect(giving.read(0, 0).0 == 0)
        try giving.write(~bytes[400_000], at: 400_000)
        #expect(giving.read(0, 0).0 == EIO)
        #expect(giving.store.fault?.piece == 0)
        #expect((giving.store.fault?.error as? FetchError)?.code == .mismatch)
        #expect(giving.read(1, 0).0 == EIO)
        #expect(giving.failures.read { $0 } == 1)
    }

    @Test("a file that has become shorter is an error of the disk")
    func short() throws {
        let giving = try Giving()
        try FileDescriptor(giving.path, .updating).truncate(to: 600_000)
        #expect(giving.read(0, 0).0 == 0)
        #expect(giving.read(1, 0).0 == EIO)
        #expect(giving.store.fault?.error is DiskError && giving.store.fault?.piece == nil)
    }

    @Test("what is not there is not read")
    func outside() throws {
        let giving = try Giving()
        #expect(giving.read(3, 0).0 == EINVAL)
        #expect(giving.read(2, 230_000).0 == 0)
        #expect(giving.read(2, 240_000).0 == EINVAL)
        #expect(giving.store.fault == nil)
    }
}
