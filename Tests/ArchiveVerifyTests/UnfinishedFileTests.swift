import ArchiveVerify
import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

/// Downloads that are not complete, among the files to verify.
@Suite final class UnfinishedFileTests {
    private let folder: TemporaryFolder
    private let known = KnownFiles([
        ManifestFile(name: "a.tar", part: "a", size: 1000, digests: []),
        ManifestFile(name: "b.tar", part: "b", size: 3, digests: []),
    ])

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(String(repeating: "x", count: 1000), to: "tar/a.tar.part")
    }

    /// A journal of a run that is over, with 3 of 4 pieces.
    private func journal() throws {
        var pieces = PieceSet(count: 4)
        for piece in [0, 1, 3] { pieces[piece] = true }
        let identity = try FileDescriptor(folder["tar/a.tar.part"], .reading).identity()
        let data = DataFolder(folder["tar"], state: folder["tar/.imagenet-fetch"])
        try data.journals().save(
            Journal(
                fileName: "a.tar", size: 1000, pieceLength: 256, pieces: pieces, pin: "",
                identity: identity, isClean: true, frontier: 0, states: [:]), .synced)
    }

    @Test("one beside other files is told, with what of it is verified")
    func beside() throws {
        try journal()
        try folder.write("abc", to: "tar/b.tar")
        let found = try TargetSearch(known: known).find([folder["tar"]])
        #expect(found.targets.map(\.file.name) == ["b.tar"])
        let unfinished = try #require(found.unfinished.first)
        #expect(unfinished.file.name == "a.tar" && !unfinished.isWanted)
        #expect(unfinished.bytesVerified == 256 * 2 + 232 && unfinished.size == 1000)
        #expect(found.allTargets.count == 1)
    }

    @Test("one that was named, selected or is alone is wanted, and not missing besides")
    func wanted() throws {
        let alone = try TargetSearch(known: known).find([folder.path])
        #expect(alone.targets.isEmpty && alone.unfinished.map(\.isWanted) == [true])
        #expect(alone.unfinished.first?.bytesVerified == nil)
        try folder.write("abc", to: "tar/b.tar")
        for path in ["tar/a.tar.part", "tar/a.tar"] {
            let named = try TargetSearch(known: known).find([folder["tar/b.tar"], folder[path]])
            #expect(named.targets.count == 1 && named.unfinished.map(\.isWanted) == [true])
        }
        let both = [known.file(named: "a.tar"), known.file(named: "b.tar")].compactMap { $0 }
        let selected = try TargetSearch(known: known, chosen: both, required: both)
            .find([folder["tar"]])
        #expect(selected.targets.count == 1 && selected.unfinished.map(\.isWanted) == [true])
        #expect(selected.allTargets.map(\.isMissing) == [false, true])
    }

    @Test("a complete file counts more than what was left of its download")
    func complete() throws {
        try folder.write(String(repeating: "x", count: 1000), to: "tar/a.tar")
        let found = try TargetSearch(known: known).find([folder["tar"]])
        #expect(found.targets.map(\.file.name) == ["a.tar"] && found.unfinished.isEmpty)
    }

    @Test("in a folder that was published no receipt is kept, unless it has a state of its own")
    func published() throws {
        try folder.write("abc", to: "tar/b.tar")
        func isRecorded() throws -> [Bool] {
            try [folder["tar"], folder["tar/b.tar"]].map { path in
                try #require(try TargetSearch(known: known).find([path]).targets.first).isRecorded
            }
        }
        #expect(try isRecorded() == [true, true])
        try folder.write("a film of 1986\n", to: "tar/TRACE")
        #expect(try isRecorded() == [true, true])
        try folder.write("\(UTCTime.now)\n", to: "tar/TRACE")
        #expect(try isRecorded() == [false, false])
        let elsewhere = TargetSearch(known: known, state: folder["state"])
        #expect(try elsewhere.find([folder["tar"]]).targets.map(\.isRecorded) == [true])
    }
}
