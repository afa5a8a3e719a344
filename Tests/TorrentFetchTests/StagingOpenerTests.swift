import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Synchronization
import Testing

@testable import TorrentFetch

@Suite struct StagingOpenerTests {
    private static let length = GrowingFile.pieceLength

    @Test("nothing there: a file of full size, with nothing proven")
    func begun() throws {
        let growing = try GrowingFile()
        let opened = try growing.grow()
        #expect(opened.trust == .begun)
        #expect(opened.proven.isEmpty && opened.proven.count == 41)
        #expect(opened.position.offset == 0)
        #expect(try opened.file.size() == growing.file.map.size)
        #expect(
            try growing.folder.names(in: "data/tar") == [".imagenet-fetch", growing.name + ".part"])
    }

    @Test("a clean journal of the very same file is believed without reading a byte of it")
    func clean() throws {
        let growing = try GrowingFile()
        try growing.write(Array(0..<10))
        try growing.save(
            try growing.journal(Array(0..<10), isClean: true, frontier: 5 * Self.length))
        let noReading = Fault(.pread, onPathsWith: growing.part.description, .failure(EIO))
        let opened = try Faults.during([noReading]) { try growing.grow { $0.reserves = false } }
        #expect(opened.trust == .journal)
        #expect(growing.members(opened.proven) == Array(0..<10))
        #expect(opened.position.offset == Int64(5 * Self.length))
        let prefix = Array(growing.file.bytes[..<(5 * Self.length)])
        #expect(opened.position.fan.digests == [Hasher.digest(.md5, prefix)])
        // Written to from now on: nobody may take its times for a proof any more.
        #expect(try growing.data.journal(of: growing.name, boot: "boot")?.isClean == false)
        #expect(try growing.data.journal(of: growing.name, boot: "other")?.isClean == false)
    }

    @Test("a file that was written to behind a clean journal is read again")
    func touched() throws {
        let growing = try GrowingFile()
        try growing.write(Array(0..<10))
        try growing.save(
            try growing.journal(
                Array(0..<10), isClean: true, frontier: 5 * Self.length, age: .milliseconds(20)))
        try growing.damage(growing.part, at: 3 * Self.length + 7)
        let opened = try growing.grow()
        #expect(opened.trust == .read(.changed))
        #expect(growing.members(opened.proven) == [0, 1, 2, 4, 5, 6, 7, 8, 9])
        #expect(opened.position.offset == Int64(3 * Self.length))
        #expect(opened.notes.count == 1)
        #expect(try growing.data.journal(of: growing.name, boot: "boot") == nil)
    }

    @Test("a killed run's journal is confirmed by some pieces, what it wrote last being new")
    func killed() throws {
        let growing = try GrowingFile()
        try growing.write(Array(0..<40))
        try growing.save(
            try growing.journal(
                Array(0..<38), isClean: false, frontier: 100, age: .milliseconds(20)),
            [.quick])
        try growing.write([39])
        let opened = try growing.grow()
        #expect(opened.trust == .confirmed(pieces: 32))
        #expect(opened.proven.members == 38)
        #expect(opened.position.offset == 100)
    }

    @Test("a piece that does not confirm the journal has everything read again")
    func notConfirmed() throws {
        let growing = try GrowingFile()
        try growing.write(Array(0..<30))
        try growing.save(
            try growing.journal(Array(0..<30), isClean: false, frontier: 100), [.quick])
        try growing.damage(growing.part, at: 29 * Self.length)
        let opened = try growing.grow()
        #expect(opened.trust == .read(.notConfirmed))
        #expect(growing.members(opened.proven) == Array(0..<29))
    }

    @Test("a journal speaks of one file in one place: a copy or a cut one is read again")
    func replaced() throws {
        let growing = try GrowingFile()
        try growing.write(Array(0..<5))
        try growing.save(try growing.journal(Array(0..<5), isClean: false), [.quick])
        let bytes = try growing.folder.read("data/tar/\(growing.name).part")
        try growing.folder.write(bytes, to: "data/tar/\(growing.name).part")
        do {
            let copied = try growing.grow()
            #expect(copied.trust == .read(.changed))
            #expect(growing.members(copied.proven) == Array(0..<5))
        }
        try growing.save(try growing.journal(Array(0..<5), isClean: false), [.quick])
        try FileDescriptor(growing.part, .updating).truncate(to: Int64(4 * Self.length + 1))
        let cut = try growing.grow()
        #expect(cut.trust == .read(.changed))
        #expect(growing.members(cut.proven) == Array(0..<4))
        #expect(try cut.file.size() == growing.file.map.size)
    }

    @Test("after the machine stopped only what was synced is believed")
    func otherBoot() throws {
        let growing = try GrowingFile()
        try growing.write(Array(0..<20))
        try growing.save(try growing.journal(Array(0..<8), isClean: false), [.synced])
        try growing.save(try growing.journal(Array(0..<20), isClean: false), [.quick])
        do {
            let after = try growing.grow(boot: "another")
            #expect(growing.members(after.proven) == Array(0..<8))
            #expect(after.trust == .confirmed(pieces: 8))
        }
        let same = try growing.grow()
        #expect(same.proven.members == 20)
    }

    @Test("a journal for another torrent or other pieces says nothing")
    func otherPin() throws {
        let growing = try GrowingFile()
        try growing.write([1, 2])
        var journal = try growing.journal([1, 2, 3], isClean: true)
        journal.pin = "another"
        try growing.save(journal)
        let opened = try growing.grow()
        #expect(opened.trust == .read(.otherPin))
        #expect(growing.members(opened.proven) == [1, 2])
    }

    @Test("digests of other libraries, of other kinds or beyond the pieces begin anew")
    func otherDigests() throws {
        for change: (inout Journal) -> Void in [
            { $0.stateFormat = "openssl-1" },
            { $0.states = HashFan([.sha256]).savedStates },
            { $0.frontier = Int64(6 * Self.length) },
        ] {
            let growing = try GrowingFile()
            try growing.write([0, 1, 2])
            var journal = try growing.journal([0, 1, 2], isClean: false, frontier: Self.length)
            change(&journal)
            try growing.save(journal)
            let opened = try growing.grow()
            #expect(opened.proven.members == 3)
            #expect(opened.position.offset == 0)
            #expect(opened.position.fan.algorithms == [.md5])
        }
    }

    @Test("without a journal what is there is read and adopted; the digests take the same read")
    func noJournal() throws {
        let growing = try GrowingFile()
        try growing.write([0, 1, 2, 7, 40])
        let opened = try growing.grow()
        #expect(opened.trust == .read(.noJournal))
        #expect(growing.members(opened.proven) == [0, 1, 2, 7, 40])
        #expect(opened.position.offset == Int64(3 * Self.length))
        #expect(
            opened.position.fan.digests
                == [Hasher.digest(.md5, Array(growing.file.bytes[..<(3 * Self.length)]))])
    }

    @Test("a whole staging file without a journal is proven to its last byte")
    func allThere() throws {
        let growing = try GrowingFile()
        try growing.write(Array(0..<41))
        let opened = try growing.grow()
        #expect(opened.proven.isComplete)
        #expect(opened.position.offset == growing.file.map.size)
        #expect(opened.position.fan.digests == [growing.md5])
    }

    @Test("without a piece map the digest tells of a whole file, and of a part of it in the end")
    func withoutMap() throws {
        let growing = try GrowingFile()
        try growing.write(Array(0..<41))
        do {
            let whole = try growing.grow(mapped: false)
            #expect(whole.proven.isComplete)
            #expect(whole.position.fan.digests == [growing.md5])
        }
        try growing.damage(growing.part, at: 0)
        do {
            let wrong = try growing.grow(mapped: false)
            #expect(wrong.proven.isEmpty && wrong.position.offset == 0)
        }
        try FileDescriptor(growing.part, .updating).truncate(to: 0)
        try growing.write([0, 1])
        do {
            let presumed = try growing.grow(mapped: false) { $0.reserves = false }
            #expect(presumed.trust == .presumed)
            #expect(growing.members(presumed.proven) == [0, 1])
            #expect(presumed.position.offset == 0)
        }
        // Where nothing tells in the end, nothing is presumed.
        #expect(
            try growing.grow(mapped: false) { ($0.reserves, $0.expected.digests) = (false, []) }
                .proven
                .isEmpty)
        try growing.save(try growing.journal([0, 1], isClean: false), [.quick])
        let journaled = try growing.grow(mapped: false) { $0.reserves = false }
        #expect(journaled.trust == .confirmed(pieces: 0))
        #expect(growing.members(journaled.proven) == [0, 1])
    }

    @Test("stops when it is told to, and the next run is none the worse")
    func stopped() throws {
        let growing = try GrowingFile()
        try growing.write(Array(0..<41))
        #expect(throws: CancellationError.self) {
            let read = Atomic<Int64>(0)
            _ = try growing.grow {
                $0.tell = { read.store($0, ordering: .relaxed) }
                $0.stop = StopCheck {
                    read.load(ordering: .relaxed) < Int64(10 * Self.length)
                        ? nil : CancellationError()
                }
            }
        }
        #expect(try growing.grow().proven.isComplete)
    }

    @Test("a full disk is found before the first byte, and nothing is left behind")
    func fullDisk() throws {
        let growing = try GrowingFile()
        let path = growing.part.description
        let error = #expect(throws: DiskError.self) {
            try Faults.during([Fault(.fallocate, onPathsWith: path, .failure(ENOSPC))]) {
                _ = try growing.grow()
            }
        }
        #expect(error?.code == .noSpace)
        #expect(try growing.folder.names(in: "data/tar") == [".imagenet-fetch"])
        // A file that is half there stays as it is, and its journal with it.
        try growing.write([0, 1])
        try growing.save(try growing.journal([0, 1], isClean: true))
        #expect(throws: DiskError.self) {
            try Faults.during([Fault(.fallocate, onPathsWith: path, .failure(ENOSPC))]) {
                _ = try growing.grow()
            }
        }
        #expect(try growing.grow().proven.members == 2)
    }

    @Test("where nothing can be reserved the file is sparse, and that is said")
    func noReserving() throws {
        let growing = try GrowingFile()
        let fault = Fault(
            .fallocate, onPathsWith: growing.part.description, .failure(EOPNOTSUPP))
        let opened = try Faults.during([fault]) { try growing.grow() }
        #expect(opened.reservation == .sparse)
        #expect(try opened.file.size() == growing.file.map.size)
    }

    @Test("pieces that the disk does not give are fetched again")
    func unreadable() throws {
        let growing = try GrowingFile()
        try growing.write(Array(0..<6))
        let fault = Fault(
            .pread, onPathsWith: growing.part.description, after: 2, times: 2, .failure(EIO))
        let opened = try Faults.during([fault]) { try growing.grow { $0.threads = 1 } }
        #expect(growing.members(opened.proven) == [0, 1, 4, 5])
        #expect(opened.notes.contains { $0.contains("2 pieces") })
    }

    @Test(
        "a fault of the disk ends the opening with its reason",
        arguments: [SystemCall.open, .fstat, .lseek, .fstatvfs])
    func faults(_ call: SystemCall) throws {
        let growing = try GrowingFile()
        try growing.write(Array(0..<6))
        let fault = Fault(call, onPathsWith: growing.part.description, .failure(EIO))
        let error = #expect(throws: DiskError.self) {
            try Faults.during([fault]) { _ = try growing.grow() }
        }
        #expect(error?.code == .io)
        #expect(try growing.grow().proven.members == 6)
    }

    @Test("a link where the staging file belongs is refused")
    func link() throws {
        let growing = try GrowingFile()
        try growing.folder.write("precious", to: "elsewhere")
        _ = try Folder.creating(growing.data.folder(.archives))
        symlink(growing.folder["elsewhere"].description, growing.part.description)
        let error = #expect(throws: DiskError.self) { _ = try growing.grow() }
        #expect(error?.code == .isALink)
        #expect(try growing.folder.text("elsewhere") == "precious")
    }

    @Test("an empty file is whole before its first byte", arguments: [true, false])
    func empty(_ mapped: Bool) throws {
        let growing = try GrowingFile(size: 0)
        let opened = try growing.grow(mapped: mapped)
        #expect(opened.proven.isComplete)
        #expect(opened.position.offset == 0)
        #expect(opened.position.fan.digests == [growing.md5])
        rename(growing.part.description, growing.final.description)
        guard case .whole = try growing.open(mapped: mapped) else {
            Issue.record("not whole")
            return
        }
    }
}
