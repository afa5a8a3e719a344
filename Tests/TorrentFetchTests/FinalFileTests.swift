import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@testable import TorrentFetch

@Suite struct FinalFileTests {
    private static let length = GrowingFile.pieceLength

    private func receipt(_ result: consuming StagingOpener.Result) -> (Receipt, [String])? {
        switch consume result {
        case .whole(let receipt, let notes): (receipt, notes)
        case .growing: nil
        }
    }

    private func put(_ bytes: [UInt8], _ growing: GrowingFile) throws {
        try growing.folder.write(bytes, to: "data/tar/\(growing.name)")
    }

    @Test("a right file without a receipt is proven by one read and fetched by none")
    func right() throws {
        for mapped in [true, false] {
            let growing = try GrowingFile()
            try put(growing.file.bytes, growing)
            try growing.write([1])
            try growing.save(try growing.journal([1], isClean: true))
            let (receipt, _) = try #require(receipt(try growing.open(mapped: mapped)))
            #expect(receipt.proof == .digests)
            #expect(receipt.digests == [growing.md5])
            #expect(receipt.holds(for: try FileDescriptor(growing.final, .reading).identity()))
            #expect(try growing.data.receipts.load(growing.name) == .receipt(receipt))
            #expect(try growing.data.look(for: growing.name).staging == nil)
            #expect(try growing.data.journal(of: growing.name, boot: "boot") == nil)
        }
    }

    @Test("pieces alone prove a file that has no digests, and a first use one that has nothing")
    func otherProofs() throws {
        let growing = try GrowingFile()
        try put(growing.file.bytes, growing)
        let pieces = try #require(receipt(try growing.open { $0.expected.digests = [] })).0
        #expect(pieces.proof == .pieces)
        #expect(pieces.torrent == growing.file.torrent.infoHash)
        let first = try #require(
            receipt(try growing.open(mapped: false) { $0.expected.digests = [] })
        ).0
        #expect(first.proof == .firstUse)
        #expect(first.torrent == nil)
    }

    @Test("of a damaged file the right pieces stay, and it is said where it went")
    func damaged() throws {
        let growing = try GrowingFile()
        try put(growing.file.bytes, growing)
        try growing.damage(growing.final, at: 12 * Self.length + 1)
        let opened = try growing.grow()
        #expect(opened.trust == .read(.moved))
        #expect(opened.proven.members == 40 && !opened.proven[12])
        #expect(opened.position.offset == Int64(12 * Self.length))
        #expect(opened.notes.contains { $0.contains("40 of its 41 pieces are right") })
        let found = try growing.data.look(for: growing.name)
        #expect(found.final == nil)
        #expect(found.staging?.size == growing.file.map.size)
    }

    @Test("a file that another run mends where it lies is not moved away from it")
    func mended() throws {
        let growing = try GrowingFile()
        try put(growing.file.bytes, growing)
        try growing.damage(growing.final, at: 5)
        let other = try FileDescriptor(growing.final, .updating)
        try other.claim()
        #expect(throws: DiskError.busy(growing.final)) { _ = try growing.grow() }
        #expect(try growing.data.look(for: growing.name).final != nil)
        try other.close()
        #expect(try growing.grow().trust == .read(.moved))
    }

    @Test("too short and too long files are taken over as well")
    func sizes() throws {
        let growing = try GrowingFile()
        try put(Array(growing.file.bytes[..<(7 * Self.length + 3)]), growing)
        let short = try growing.grow()
        #expect(growing.members(short.proven) == Array(0..<7))
        #expect(try short.file.size() == growing.file.map.size)
        let other = try GrowingFile()
        try put(other.file.bytes + [1, 2, 3], other)
        let long = try other.grow()
        #expect(long.proven.isComplete)
    }

    @Test("without pieces a wrong file of ours is kept until a complete copy replaces it")
    func withoutMap() throws {
        for isShort in [true, false] {
            let growing = try GrowingFile()
            try put(isShort ? [1, 2, 3] : growing.file.bytes, growing)
            if !isShort {
                #expect(receipt(try growing.open(mapped: false)) != nil)
                try growing.damage(growing.final, at: 5)
            }
            let before = try growing.folder.read("data/tar/\(growing.name)")
            let opened = try growing.grow(mapped: false)
            #expect(opened.trust == .begun)
            #expect(opened.notes.contains { $0.contains("kept until a complete copy") })
            #expect(try growing.folder.read("data/tar/\(growing.name)") == before)
        }
    }

    /// A file that is not the archive, which somebody has under another name as well.
    private func putForeign(_ count: Int, _ growing: GrowingFile) throws -> [UInt8] {
        var numbers = SeededNumbers(seed: 7)
        let bytes = numbers.bytes(count)
        try put(bytes, growing)
        #expect(link(growing.final.description, growing.folder["mine"].description) == 0)
        return bytes
    }

    @Test(
        "somebody's file is left alone under all its names, with and without pieces",
        arguments: [true, false], [0, -512, 10240])
    func foreign(_ isMapped: Bool, _ more: Int) throws {
        let growing = try GrowingFile()
        let bytes = try putForeign(growing.file.bytes.count + more, growing)
        var notes: [String] = []
        let refusal = try growing.opener(mapped: isMapped).refusal(&notes)
        #expect(notes.isEmpty)
        let error = #expect(throws: FetchError.self) { _ = try growing.grow(mapped: isMapped) }
        #expect(error?.code == .foreign)
        #expect(error == refusal)
        #expect(try growing.folder.read("mine") == bytes)
        #expect(try growing.folder.read("data/tar/\(growing.name)") == bytes)
        #expect(try growing.data.look(for: growing.name).staging == nil)
    }

    @Test("a damaged file with another name is copied, and only the copy is written to")
    func linked() throws {
        let growing = try GrowingFile()
        try put(growing.file.bytes, growing)
        try growing.damage(growing.final, at: 12 * Self.length + 1)
        #expect(link(growing.final.description, growing.folder["mine"].description) == 0)
        let before = try growing.folder.read("mine")
        // A dry run says so too.
        var notes: [String] = []
        #expect(try growing.opener().refusal(&notes) == nil)
        #expect(notes.count == 1 && notes[0].contains("has other names"))
        let opened = try growing.grow()
        #expect(opened.trust == .read(.moved))
        #expect(opened.proven.members == 40)
        #expect(opened.notes.contains { $0.contains("has other names") })
        try opened.file.write([9, 9, 9], at: Int64(12 * Self.length))
        #expect(try growing.folder.read("mine") == before)
    }

    @Test("an unfinished file with another name is copied, too")
    func linkedPart() throws {
        let growing = try GrowingFile()
        try growing.write([0, 1, 5])
        try growing.save(try growing.journal([0, 1, 5], isClean: true))
        #expect(link(growing.part.description, growing.folder["mine"].description) == 0)
        let before = try growing.folder.read("mine")
        let opened = try growing.grow()
        #expect(growing.members(opened.proven) == [0, 1, 5])
        try opened.file.write([9, 9, 9], at: 0)
        #expect(try growing.folder.read("mine") == before)
    }

    @Test("what is growing already is not overwritten by a wrong file")
    func both() throws {
        let growing = try GrowingFile()
        try put(growing.file.bytes, growing)
        try growing.damage(growing.final, at: 0)
        try growing.write([0, 1])
        try growing.save(try growing.journal([0, 1], isClean: true))
        let opened = try growing.grow()
        #expect(opened.trust == .journal)
        #expect(growing.members(opened.proven) == [0, 1])
        #expect(try growing.data.look(for: growing.name).final != nil)
    }

    @Test("right pieces and wrong digests contradict each other, and nothing is moved")
    func contradiction() throws {
        let growing = try GrowingFile()
        try put(growing.file.bytes, growing)
        let other = Hasher.digest(.md5, [1])
        let error = #expect(throws: FetchError.self) {
            _ = try growing.open { $0.expected.digests = [other] }
        }
        #expect(error?.code == .mismatch)
        #expect(error?.message.contains(other.hex) == true)
        #expect(try growing.data.look(for: growing.name).final != nil)
    }

    @Test("a linked file is read, and never moved or written")
    func links() throws {
        let growing = try GrowingFile()
        try growing.folder.write(growing.file.bytes, to: "lab")
        _ = try Folder.creating(growing.data.folder(.archives))
        symlink(growing.folder["lab"].description, growing.final.description)
        #expect(receipt(try growing.open()) != nil)
        try growing.damage(growing.folder["lab"], at: 9)
        do {
            let opened = try growing.grow()
            #expect(opened.trust == .begun)
            #expect(try growing.data.look(for: growing.name).final?.isLink == true)
        }
        unlink(growing.folder["lab"].description)
        #expect(try growing.grow().trust == .read(.noJournal))
    }

    @Test("a receipt that cannot be kept is told, and the file is whole all the same")
    func readOnly() throws {
        let growing = try GrowingFile()
        try put(growing.file.bytes, growing)
        let path = growing.data.receipts.path.description
        let fault = Fault(.mkdirat, onPathsWith: path, .failure(EROFS))
        let (_, notes) = try #require(
            receipt(try Faults.during([fault]) { try growing.open() }))
        #expect(notes.contains { $0.contains("cannot save a receipt") })
    }

    @Test("on a disk that cannot be written a right file is proven, the state being elsewhere")
    func readOnlyDisk() throws {
        let growing = try GrowingFile()
        try put(growing.file.bytes, growing)
        let archives = growing.data.folder(.archives).description
        let state = growing.folder["state"]
        let faults = [SystemCall.unlinkat, .mkdirat, .renameat, .pwrite].map {
            Fault($0, onPathsWith: archives, times: 1000, .failure(EROFS))
        }
        var opener = growing.opener()
        let elsewhere = DataFolder(growing.data.path, state: state)
        opener = StagingOpener(data: elsewhere, expected: opener.expected, pin: opener.pin)
        let result = try Faults.during(faults) { try opener.open(try elsewhere.journals()) }
        let outcome = receipt(result)
        let (kept, notes) = try #require(outcome)
        #expect(notes.isEmpty)
        #expect(try elsewhere.receipts.load(growing.name) == .receipt(kept))
    }

    @Test("aria2's half of a file is read and adopted, its whole one too")
    func aria2ByHand() throws {
        let growing = try GrowingFile()
        try put(growing.file.bytes, growing)
        try growing.folder.write("control", to: "data/tar/\(growing.name).aria2")
        #expect(receipt(try growing.open()) != nil)
        #expect(try growing.data.look(for: growing.name).hasAria2File == false)
        // Full size, half of it never written, as aria2's reserving leaves it.
        let half = try GrowingFile()
        try half.write([0, 1, 2, 30])
        rename(half.part.description, half.final.description)
        try half.folder.write("control", to: "data/tar/\(half.name).aria2")
        let opened = try half.grow()
        #expect(half.members(opened.proven) == [0, 1, 2, 30])
        // Nothing would tell half a file from a whole one here.
        let unpinned = try GrowingFile()
        try put(unpinned.file.bytes, unpinned)
        try unpinned.folder.write("control", to: "data/tar/\(unpinned.name).aria2")
        let begun = try unpinned.grow(mapped: false) { $0.expected.digests = [] }
        #expect(begun.trust == .begun)
    }
}
