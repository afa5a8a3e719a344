import Checksums
import DataFolder
import Disk
import Glibc
import Support
import Testing

@Suite struct JournalTests {
    private func journal(pieces members: Int, name: String = "a b.tar") throws -> Journal {
        var pieces = PieceSet(count: 20)
        for piece in 0..<members { pieces[piece] = true }
        var fan = HashFan([.md5, .sha256, .xxh64])
        fan.update([UInt8](repeating: 1, count: 1000))
        let folder = try TemporaryFolder()
        try folder.write("x", to: "x")
        return Journal(
            fileName: name, size: 1999, pieceLength: 100, pieces: pieces, pin: "abc",
            identity: try FileDescriptor(folder["x"], .reading).identity(), isClean: false,
            frontier: 1000, states: fan.savedStates)
    }

    @Test("comes back as it was, and its digests go on")
    func roundTrip() throws {
        let before = try journal(pieces: 12)
        let after = try #require(Journal.decode(before.encoded(boot: "b")))
        #expect(after.journal == before)
        #expect(after.boot == "b")
        #expect(try #require(Journal.decode(before.encoded(boot: nil))).boot == nil)
        var hashes = try #require(after.journal.hashes)
        hashes.update([UInt8](repeating: 1, count: 999))
        #expect(hashes.digests.first == Hasher.digest(.md5, [UInt8](repeating: 1, count: 1999)))
    }

    @Test("states of other libraries are not gone on with")
    func otherLibrary() throws {
        var other = try journal(pieces: 1)
        other.stateFormat = "openssl-1 xxhash-1 le 1,2,3,4"
        #expect(other.hashes == nil)
    }

    @Test("half of one, or one changed anywhere, is none")
    func damaged() throws {
        let good = try journal(pieces: 3).encoded(boot: "b")
        for count in 0..<good.count { #expect(Journal.decode(Array(good[..<count])) == nil) }
        for index in good.indices {
            var bad = good
            bad[index] ^= 0x01
            #expect(Journal.decode(bad) == nil)
        }
    }

    @Test("numbers that do not fit together are refused, though the CRC is right")
    func inconsistent() throws {
        var bad = try journal(pieces: 3)
        bad.frontier = 2000
        #expect(Journal.decode(bad.encoded(boot: nil)) == nil)
        bad = try journal(pieces: 3)
        bad.pieceLength = 0
        #expect(Journal.decode(bad.encoded(boot: nil)) == nil)
        bad = try journal(pieces: 3)
        bad.size = .max
        bad.pieceLength = 1
        #expect(Journal.decode(bad.encoded(boot: nil)) == nil)
    }

    @Test("the quick one is believed within a boot, the synced one always")
    func tiers() throws {
        let folder = try TemporaryFolder()
        let (quick, synced) = (try journal(pieces: 12), try journal(pieces: 5))
        let store = try JournalStore(in: folder["state"], boot: "one")
        #expect(try store.load("a b.tar") == nil)
        try store.save(synced, .synced)
        try store.save(quick, .quick)
        #expect(try store.load("a b.tar") == quick)
        #expect(try JournalStore(in: folder["state"], boot: "two").load("a b.tar") == synced)
        #expect(try JournalStore(in: folder["state"], boot: "").load("a b.tar") == synced)
        // A machine that cannot tell its boots apart must not believe its own quick journals either.
        let blind = try JournalStore(in: folder["blind"], boot: "")
        try blind.save(quick, .quick)
        #expect(try blind.load("a b.tar") == nil)
        try store.remove("a b.tar")
        #expect(try store.load("a b.tar") == nil)
        #expect(try folder.names(in: "state").isEmpty)
    }

    @Test("a damaged tier leaves the other one")
    func damagedTier() throws {
        let folder = try TemporaryFolder()
        let store = try JournalStore(in: folder.path, boot: "one")
        let (quick, synced) = (try journal(pieces: 12), try journal(pieces: 5))
        try store.save(synced, .synced)
        try store.save(quick, .quick)
        try folder.write("", to: "a b.tar.journal")
        #expect(try store.load("a b.tar") == synced)
        try store.save(quick, .quick)
        try folder.write(Array(synced.encoded(boot: nil).dropLast(5)), to: "a b.tar.journal-synced")
        #expect(try store.load("a b.tar") == quick)
    }

    @Test("a full disk leaves the journal that was there")
    func fullDisk() throws {
        let folder = try TemporaryFolder()
        let store = try JournalStore(in: folder.path, boot: "one")
        let first = try journal(pieces: 5)
        try store.save(first, .synced)
        let next = try journal(pieces: 9)
        let fault = Fault(.pwrite, onPathsWith: folder.path.description, .failure(ENOSPC))
        #expect(throws: DiskError.self) {
            try Faults.during([fault]) { try store.save(next, .synced) }
        }
        #expect(try store.load("a b.tar") == first)
    }

    @Test("this boot has a name")
    func boot() {
        #expect(JournalStore.currentBoot().count == 36)
    }
}
