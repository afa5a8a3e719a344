import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@Suite struct DataFolderTests {
    @Test("everything has its place, and an archive grows beside where it will lie")
    func places() {
        let data = DataFolder("data")
        #expect(data.folder(.archives) == "data/tar")
        #expect(data.folder(.unpacked) == "data/untar")
        #expect(data.archive("a.tar") == "data/tar/a.tar")
        #expect(data.staging("a.tar") == "data/tar/a.tar.part")
        #expect(data.state == "data/tar/.imagenet-fetch")
        let elsewhere = DataFolder("data", state: "/var/state")
        #expect(elsewhere.staging("a.tar") == "data/tar/a.tar.part")
        #expect(elsewhere.torrents == "/var/state/torrents")
    }

    @Test("looking makes nothing, not even where there is nothing")
    func lookingOnly() throws {
        let folder = try TemporaryFolder()
        let data = DataFolder(folder["no/such/data"])
        #expect(try data.look(for: "a.tar") == FoundFile())
        #expect(try data.freeSpace().bytes > 0)
        #expect(try data.journal(of: "a.tar") == nil)
        #expect(try data.receipts.list().isEmpty)
        #expect(try folder.names().isEmpty)
        #expect(try DataFolder("no-such-folder").freeSpace().bytes > 0)
    }

    @Test("says what there is: final, growing, aria2's, a link, a receipt, a journal")
    func found() throws {
        let folder = try TemporaryFolder()
        let data = DataFolder(folder["data"])
        try folder.write("12345", to: "data/tar/a")
        try folder.write("123", to: "data/tar/a.part")
        try folder.write("", to: "data/tar/a.aria2")
        try folder.write("1234567", to: "elsewhere")
        #expect(symlink(folder["elsewhere"].description, data.archive("b").description) == 0)
        #expect(symlink("nowhere", data.archive("c").description) == 0)
        let identity = try FileDescriptor(data.archive("a"), .reading).identity()
        let receipt = Receipt(
            fileName: "a", digests: [], identity: identity, proof: .pieces)
        try data.receipts.save(receipt)
        let journal = Journal(
            fileName: "a", size: 5, pieceLength: 5, pieces: PieceSet(count: 1), pin: "p",
            identity: identity, isClean: true, frontier: 0, states: [:])
        try data.journals().save(journal, .synced)
        let a = try data.look(for: "a")
        #expect(a.final?.identity == identity)
        #expect(a.staging?.size == 3)
        #expect(a.journal == journal)
        #expect(a.receipt == .receipt(receipt))
        #expect(a.hasAria2File)
        let b = try data.look(for: "b")
        #expect(b.final?.size == 7)
        #expect(b.final?.isLink == true)
        #expect(try data.look(for: "c") == FoundFile())
    }

    @Test("one run at a time, and the lock goes with its holder")
    func lock() throws {
        let folder = try TemporaryFolder()
        let data = DataFolder(folder["data"])
        do {
            let held = try data.lock()
            let error = #expect(throws: DiskError.self) { _ = try data.lock() }
            #expect(error?.code == .busy)
            _ = consume held
        }
        _ = try data.lock()
    }

    @Test("a link in the place of a folder of ours is refused: nothing is written behind it")
    func links() throws {
        let folder = try TemporaryFolder()
        let data = DataFolder(folder["data"])
        let identity = FileIdentity(
            fileSystem: 1, inode: 2, size: 3, modified: Timestamp(seconds: 4, nanoseconds: 5),
            changed: Timestamp(seconds: 4, nanoseconds: 5))
        let receipt = Receipt(fileName: "a", digests: [], identity: identity, proof: .pieces)
        let map = try PieceMap(pieceLength: 4, size: 4, hashes: [UInt8](repeating: 1, count: 20))
        let pieces = ProvenPieces(fileName: "a", digests: [], map: map)
        let hash = try #require(InfoHash([UInt8](repeating: 0xAB, count: 20)))
        let uses: [(String, () throws -> Void)] = [
            ("receipts", { try data.receipts.save(receipt) }),
            ("receipts", { try data.receipts.remove("a") }),
            ("pieces", { try data.pieces.save(pieces) }),
            ("journals", { _ = try data.journals() }),
            ("damage", { try DamageStore(data).save([0..<1], of: "a") }),
            ("damage", { try DamageStore(data).save([], of: "a") }),
            ("torrents", { try data.saveTorrent([1], hash) }),
        ]
        try folder.write("theirs", to: "elsewhere/a")
        _ = try Folder.creating(data.state)
        for (name, use) in uses {
            let link = data.state.appending(name).description
            #expect(symlink(folder["elsewhere"].description, link) == 0)
            let error = #expect(throws: DiskError.self) { try use() }
            #expect(error?.code == .isALink, "\(name)")
            #expect(error?.message.contains(link) == true && error?.hint != nil)
            #expect(try folder.names(in: "elsewhere") == ["a"])
            unlink(link)
        }
        // The state folder itself was named by a person, and may be one.
        let linked = DataFolder(folder["data"], state: folder["linked"])
        #expect(symlink(folder["elsewhere"].description, linked.state.description) == 0)
        try linked.receipts.save(receipt)
        #expect(try linked.receipts.load("a") == .receipt(receipt))
    }

    @Test("the lock is on the archives too, whatever state folders others have, where that works")
    func archivesLock() throws {
        let folder = try TemporaryFolder()
        let (data, other) = (
            DataFolder(folder["data"]), DataFolder(folder["data"], state: folder["state"])
        )
        // Nothing is made for it.
        _ = try other.lock()
        #expect(try folder.names() == ["state"])
        let held = try data.lock()
        let error = #expect(throws: DiskError.self) { _ = try other.lock() }
        #expect(error?.code == .busy)
        // Its owner is known from the usual state.
        #expect(error?.message.contains("/lock: another run is using it (process ") == true)
        // The state of a file system without locks lies elsewhere, as ever.
        let archives = data.folder(.archives).description
        try Faults.during([Fault(.flock, onPathsWith: archives, .failure(ENOLCK))]) {
            _ = try other.lock()
        }
        withExtendedLifetime(held) {}
    }

    @Test("nothing is written behind a link that stands where the state should be")
    func linkedState() throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "elsewhere/kept")
        _ = try Folder.creating(folder["data/tar"])
        let data = DataFolder(folder["data"])
        #expect(symlink(folder["elsewhere"].description, data.state.description) == 0)
        let hash = try #require(InfoHash([UInt8](repeating: 0xAB, count: 20)))
        let identity = try FileDescriptor(folder["elsewhere/kept"], .reading).identity()
        let receipt = Receipt(fileName: "a", digests: [], identity: identity, proof: .pieces)
        for write in [
            { _ = try data.lock() }, { _ = try data.journals() },
            { try data.saveTorrent([1], hash) }, { try data.receipts.save(receipt) },
            { try DamageStore(data).save([0..<1], of: "a") },
        ] as [() throws -> Void] {
            let error = #expect(throws: DiskError.self) { try write() }
            #expect(error?.code == .isALink)
        }
        #expect(try folder.names(in: "elsewhere") == ["kept"])
        // Where a person has said so it may be one.
        let named = DataFolder(folder["data"], state: folder["link"])
        #expect(symlink(folder["elsewhere"].description, named.state.description) == 0)
        _ = try named.lock()
        #expect(try folder.names(in: "elsewhere") == ["kept", "lock"])
    }

    @Test("a saved torrent lies under its infohash")
    func torrents() throws {
        let folder = try TemporaryFolder()
        let data = DataFolder(folder["data"], state: folder["state"])
        let hash = try #require(InfoHash([UInt8](repeating: 0xAB, count: 20)))
        try data.saveTorrent([1, 2, 3], hash)
        #expect(try folder.read("state/torrents/\(hash.hex).torrent") == [1, 2, 3])
        #expect(try folder.names() == ["state"])
    }
}
