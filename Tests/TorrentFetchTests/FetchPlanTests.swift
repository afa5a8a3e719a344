import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

@testable import TorrentFetch

@Suite struct FetchPlanTests {
    private static let gib: Int64 = 1 << 30
    private let pin = InfoHash([UInt8](repeating: 7, count: 20))
    private let md5 = Hasher.digest(.md5, [1])
    private let plenty = FreeSpace(bytes: 1 << 50, inodes: 1 << 30)

    private func identity(_ size: Int64, inode: UInt64 = 1) -> FileIdentity {
        FileIdentity(
            fileSystem: 1, inode: inode, size: size,
            modified: Timestamp(seconds: 1, nanoseconds: 2),
            changed: Timestamp(seconds: 3, nanoseconds: 4))
    }

    private func copy(_ size: Int64, allocated: Int64? = nil, isLink: Bool = false)
        -> FoundFile.Copy
    {
        FoundFile.Copy(
            identity: identity(size), allocated: allocated ?? size, isLink: isLink)
    }

    private func file(_ name: String = "a.tar", size: Int64? = 1000) -> ManifestFile {
        ManifestFile(
            name: name, part: "train", size: size, digests: [md5], torrent: pin,
            mirrors: ["https://example.org/a.tar"])
    }

    private func plan(
        _ file: ManifestFile, _ found: FoundFile = FoundFile(), space: FreeSpace? = nil,
        _ change: (inout FetchOptions) -> Void = { _ in }
    ) throws -> FetchPlan.Item {
        var options = FetchOptions()
        change(&options)
        let plan = FetchPlan(
            SelectedFiles(files: [file]), found: [file.name: found], space: space ?? plenty, options
        )
        return try #require(plan.items.first)
    }

    private func receipt(_ proof: Receipt.Proof = .digests, size: Int64 = 1000) -> Receipt {
        Receipt(fileName: "a.tar", digests: [md5], identity: identity(size), proof: proof)
    }

    private func journal(_ pieces: [Int], size: Int64 = 1000) -> Journal {
        var set = PieceSet(count: 4)
        for piece in pieces { set[piece] = true }
        return Journal(
            fileName: "a.tar", size: size, pieceLength: 300, pieces: set, pin: "p",
            identity: identity(size), isClean: true, frontier: 0, states: [:])
    }

    @Test("nothing there: everything is missing")
    func absent() throws {
        let item = try plan(file())
        #expect(item.state == .absent)
        #expect((item.bytesMissing, item.bytesOnDisk, item.inodes) == (1000, 1000, 4))
        #expect(item.isToDo && item.isToFetch && item.isMissingExact)
        #expect(item.hasTorrent)
        #expect(item.mirrors == 1)
    }

    @Test("whole and receipted: nothing to do")
    func whole() throws {
        let found = FoundFile(final: copy(1000), receipt: .receipt(receipt()))
        let item = try plan(file(), found)
        #expect(item.state == .whole(receipt()))
        #expect((item.bytesMissing, item.bytesOnDisk, item.inodes) == (0, 0, 0))
        #expect(!item.isToDo)
    }

    @Test("a receipt of other bytes, of another file or of a newer version proves nothing")
    func receiptsThatDoNotHold() throws {
        let other = FoundFile.Copy(identity: identity(1000, inode: 2), allocated: 1000)
        let replaced = FoundFile(final: other, receipt: .receipt(receipt()))
        #expect(try plan(file(), replaced).state == .unproven)
        var changed = file()
        changed.digests = [Hasher.digest(.md5, [2])]
        let found = FoundFile(final: copy(1000), receipt: .receipt(receipt()))
        #expect(try plan(changed, found).state == .unproven)
        let newer = FoundFile(final: copy(1000), receipt: .newer("imagenet-fetch.receipt/2"))
        let item = try plan(file(), newer)
        #expect(item.state == .unproven)
        #expect(item.note?.contains("imagenet-fetch.receipt/2") == true)
    }

    @Test("right size without a receipt: read, not fetched, also without a source")
    func unproven() throws {
        let found = FoundFile(final: copy(1000))
        var file = file()
        file.mirrors = []
        let item = try plan(file, found) { $0.sources = .mirrors }
        #expect(item.state == .unproven)
        #expect((item.bytesMissing, item.bytesOnDisk, item.inodes) == (0, 0, 1))
        #expect(item.isToDo && !item.isToFetch)
        #expect(item.refusal == nil)
    }

    @Test("half there with a journal: the missing pieces are counted, the short last one too")
    func partial() throws {
        let sparse = FoundFile(staging: copy(1000, allocated: 600), journal: journal([0, 2]))
        let item = try plan(file(), sparse)
        #expect(item.state == .partial)
        #expect((item.bytesMissing, item.bytesOnDisk) == (400, 400))
        let reserved = FoundFile(staging: copy(1000, allocated: 4096), journal: journal([0, 1]))
        let other = try plan(file(), reserved)
        #expect((other.bytesMissing, other.bytesOnDisk) == (400, 0))
        #expect(other.isMissingExact)
    }

    @Test("half there without a journal, or with one of another size: as much as it has holes")
    func candidate() throws {
        let found = FoundFile(staging: copy(1000, allocated: 512))
        let item = try plan(file(), found)
        #expect(item.state == .candidate)
        #expect((item.bytesMissing, item.bytesOnDisk) == (488, 488))
        #expect(!item.isMissingExact)
        let foreign = FoundFile(
            staging: copy(1000, allocated: 512), journal: journal([0], size: 999))
        #expect(try plan(file(), foreign).state == .candidate)
    }

    @Test("half there in its full length: nothing is missing for sure, and at most all")
    func allocatedCandidate() throws {
        let item = try plan(file(), FoundFile(staging: copy(1000)))
        #expect((item.bytesMissing, item.bytesAtMost) == (0, 1000))
        #expect(!item.isMissingExact)
        // The last block of a cut file is whole on the disk.
        let cut = try plan(file(), FoundFile(staging: copy(900, allocated: 1024)))
        #expect((cut.bytesMissing, cut.bytesAtMost) == (100, 1000))
        let final = try plan(file(), FoundFile(final: copy(900, allocated: 1024)))
        #expect((final.bytesMissing, final.bytesAtMost) == (100, 1000))
    }

    @Test("aria2's half: known by the file beside it, though its size is right")
    func halfFinished() throws {
        let found = FoundFile(final: copy(1000, allocated: 512), hasAria2File: true)
        let item = try plan(file(), found)
        #expect(item.state == .halfFinished)
        #expect((item.bytesMissing, item.bytesOnDisk) == (488, 488))
    }

    @Test("a wrong size: with a torrent its pieces are kept, without one it needs a second place")
    func wrongSize() throws {
        let found = FoundFile(final: copy(700))
        let item = try plan(file(), found)
        #expect(item.state == .wrongSize(700))
        #expect(item.bytesOnDisk == 300)
        var other = file()
        other.torrent = nil
        #expect(try plan(other, found).bytesOnDisk == 1000)
        let link = FoundFile(final: copy(700, isLink: true))
        #expect(try plan(file(), link).bytesOnDisk == 1000)
    }

    @Test("retired: fetched again when it is meant, left alone where nobody asks")
    func retired() throws {
        let found = FoundFile(receipt: .receipt(receipt(.retired)))
        #expect(try plan(file(), found).state == .absent)
        let item = try plan(file(), found) { $0.fetchesRetired = false }
        #expect(item.state == .retired(receipt(.retired)))
        #expect(!item.isToDo)
    }

    @Test("by-hand and superseded files are named, not fetched, unless they are there")
    func notForPrograms() throws {
        var manual = file("m.tar")
        manual.source = .manual(how: "ask them")
        var superseded = file("s.tar")
        superseded.source = .superseded(by: "a.tar")
        let selected = SelectedFiles(files: [], manual: [manual], superseded: [superseded])
        let plan = FetchPlan(selected, found: [:], space: plenty)
        #expect(
            plan.items.map(\.state) == [
                .manual(how: "ask them", found: nil), .superseded(by: "a.tar"),
            ])
        #expect(plan.isNothingToDo)
        #expect(plan.bytesOnDisk == 0)
        let there = FetchPlan(
            selected, found: ["m.tar": FoundFile(final: copy(1000))], space: plenty)
        #expect(there.items[0].state == .unproven)
        #expect(!there.isNothingToDo)
    }

    @Test("what nothing pins needs leave, once")
    func unverified() throws {
        var file = file()
        file.digests = []
        file.torrent = nil
        let item = try plan(file)
        #expect(item.refusal?.code == .unverified)
        #expect(item.refusal?.hint?.names(.allowUnverified) == true)
        #expect(!item.isToDo)
        #expect(try plan(file) { $0.allowsUnverified = true }.refusal == nil)
        // Known since its first use, and lost since.
        let found = FoundFile(receipt: .receipt(receipt(.firstUse)))
        #expect(try plan(file, found).refusal == nil)
    }

    @Test("a file from nowhere is refused alone")
    func noSource() throws {
        #expect(try plan(file()) { $0.sources = .mirrors }.refusal == nil)
        #expect(try plan(file()) { $0.sources = .swarm }.refusal == nil)
        var lonely = file()
        lonely.mirrors = []
        #expect(try plan(lonely) { $0.sources = .mirrors }.refusal?.code == .noSource)
        #expect(
            try plan(lonely) {
                $0.sources = .mirrors
                $0.mirrors = ["other/"]
            }.refusal == nil)
        let plan = FetchPlan(
            SelectedFiles(files: [lonely, file("b.tar")]), found: [:], space: plenty,
            {
                var options = FetchOptions()
                options.sources = .mirrors
                return options
            }())
        #expect(plan.refusal == nil)
        #expect(plan.bytesMissing == 1000)
    }

    @Test("a file that would grow over another one is refused", arguments: [".part", ".aria2"])
    func collision(_ suffix: String) throws {
        let files = [file("a.tar"), file("a.tar" + suffix)]
        let plan = FetchPlan(SelectedFiles(files: files), found: [:], space: plenty)
        #expect(plan.items.map(\.refusal?.code) == [.nameTaken, nil])
    }

    @Test("small files come first, those of unknown size last, equal ones as they stand")
    func order() throws {
        var about = file("about", size: nil)
        about.sizeAbout = 500
        let files = [
            file("unknown", size: nil), file("big", size: 3000), file("x", size: 10), about,
            file("a", size: 10),
        ]
        let plan = FetchPlan(SelectedFiles(files: files), found: [:], space: plenty)
        #expect(plan.items.map(\.file.name) == ["x", "a", "about", "big", "unknown"])
        #expect(plan.items[2].isSizeAbout)
        #expect(plan.items[2].bytesOnDisk == 500)
        #expect(!plan.isExact)
    }

    @Test("what does not fit is refused with what is lacking, to the byte")
    func space() throws {
        var options = FetchOptions()
        options.reserve = Self.gib
        let big = file(size: 10 * Self.gib)
        func plan(_ free: Int64, _ found: FoundFile = FoundFile()) -> FetchPlan {
            FetchPlan(
                SelectedFiles(files: [big]), found: [big.name: found],
                space: FreeSpace(bytes: free, inodes: nil), options)
        }
        #expect(plan(11 * Self.gib).refusal == nil)
        let short = plan(11 * Self.gib - 1)
        #expect(short.shortfall == 1)
        #expect(short.refusal?.code == .noSpace)
        #expect(plan(4 * Self.gib).refusal?.message.contains("7.0 GiB more needed") == true)
        #expect(short.refusal?.message.contains("1 B more needed") == true)
        // What is allocated needs no room twice.
        let half = FoundFile(staging: copy(10 * Self.gib, allocated: 8 * Self.gib))
        #expect(plan(3 * Self.gib, half).refusal == nil)
        // A full disk is no reason to refuse when there is nothing to write.
        let whole = FoundFile(final: copy(10 * Self.gib))
        #expect(plan(0, whole).refusal == nil)
    }

    @Test("what is made of the files afterwards must fit too")
    func further() throws {
        var options = FetchOptions()
        options.reserve = Self.gib
        options.furtherBytes = 4 * Self.gib
        func plan(_ free: Int64, _ found: FoundFile = FoundFile()) -> FetchPlan {
            let big = file(size: 10 * Self.gib)
            return FetchPlan(
                SelectedFiles(files: [big]), found: [big.name: found],
                space: FreeSpace(bytes: free, inodes: nil), options)
        }
        #expect(plan(15 * Self.gib).refusal == nil)
        let short = plan(15 * Self.gib - 1)
        #expect(short.shortfall == 1 && short.bytesNeeded == 14 * Self.gib)
        #expect(short.refusal?.message.contains("up to 4.0 GiB for the outputs") == true)
        // There is nothing to fetch, and the room for the rest is not there either.
        #expect(plan(4 * Self.gib, FoundFile(final: copy(10 * Self.gib))).shortfall == Self.gib)
        options.furtherBytes = .max
        #expect(plan(15 * Self.gib).refusal?.code == .noSpace)
    }

    @Test("a disk without inodes is refused too")
    func inodes() throws {
        let space = FreeSpace(bytes: 1 << 50, inodes: 3)
        let plan = FetchPlan(SelectedFiles(files: [file()]), found: [:], space: space)
        #expect(plan.refusal?.code == .noSpace)
        #expect(plan.refusal?.message.contains("3 more files") == true)
    }

    @Test("absurd sizes add up to a refusal, not to a trap")
    func absurd() throws {
        let files = ["a", "b", "c"].map { file($0, size: .max) }
        let plan = FetchPlan(
            SelectedFiles(files: files), found: [:], space: FreeSpace(bytes: 1, inodes: 1))
        #expect(plan.bytesMissing == .max)
        #expect(plan.refusal?.code == .noSpace)
    }

    @Test("a survey of a real folder says the same, and makes nothing")
    func survey() throws {
        let folder = try TemporaryFolder()
        let data = DataFolder(folder["data"])
        let selected = SelectedFiles(files: [file("a.tar", size: 3), file("b.tar", size: 4)])
        let empty = try FetchPlan.survey(selected, in: data)
        #expect(empty.items.map(\.state) == [.absent, .absent])
        #expect(try folder.names().isEmpty)
        try folder.write("123", to: "data/tar/a.tar")
        try folder.write("123", to: "data/tar/b.tar")
        let plan = try FetchPlan.survey(selected, in: data)
        #expect(plan.items.map(\.state) == [.unproven, .wrongSize(3)])
    }
}
