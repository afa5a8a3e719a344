import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

@Suite struct ClassTarsTests {
    private static let name = "ILSVRC2012_img_train.tar"
    private let wnids = ["n01440764", "n01443537", "n01484850"].compactMap { WNID($0) }

    /// Class tars of some images each, and where they lie.
    private func archive(_ names: [String]) throws -> (bytes: [UInt8], index: ClassIndex) {
        var tar = TarBytes()
        var entries: [ClassIndex.Entry] = []
        for (number, name) in names.enumerated() {
            var inner = TarBytes()
            for image in 0..<3 {
                inner.add(
                    Array("\(name)_\(image).JPEG".utf8),
                    [UInt8](repeating: UInt8(number + 1), count: 3000))
            }
            inner.end()
            if let wnid = WNID(name) {
                entries.append(
                    ClassIndex.Entry(
                        wnid: wnid, offset: Int64(tar.bytes.count) + 512,
                        size: Int64(inner.bytes.count)))
            }
            tar.add(Array("\(name).tar".utf8), inner.bytes)
        }
        tar.end()
        return (tar.bytes, try ClassIndex(entries, archiveSize: Int64(tar.bytes.count)))
    }

    @Test("a whole archive gives the places of its class tars, with and without an index")
    func whole() throws {
        let folder = try TemporaryFolder()
        let (bytes, index) = try archive(wnids.map(\.description))
        try folder.write(bytes, to: Self.name)
        for hint in [nil, index] {
            let tars = try ClassTars([wnids[2], wnids[0]], in: folder[Self.name], index: hint)
            #expect(tars.found == [index[wnids[0]], index[wnids[2]]])
            #expect(tars.missing == [])
        }
    }

    @Test("a class counts only if all its bytes do")
    func partial() throws {
        let folder = try TemporaryFolder()
        let (bytes, index) = try archive(wnids.map(\.description))
        try folder.write(bytes, to: Self.name)
        let (second, third) = (try #require(index[wnids[1]]), try #require(index[wnids[2]]))
        // All of the second; the third without its last byte; nothing before them.
        let ranges = [second.range, third.range.lowerBound..<third.range.upperBound - 1]
        for hint in [nil, index] {
            let tars = try ClassTars(
                wnids, in: folder[Self.name], readable: ranges, index: hint)
            #expect(tars.found == [second])
            #expect(tars.missing == [wnids[0], wnids[2]])
        }
    }

    @Test("an index that lies costs a walk, and changes nothing")
    func lyingIndex() throws {
        let folder = try TemporaryFolder()
        let (bytes, index) = try archive(wnids.map(\.description))
        try folder.write(bytes, to: Self.name)
        let first = try #require(index[wnids[0]])
        let lies: [ClassIndex.Entry] = [
            .init(wnid: wnids[0], offset: first.offset + 512, size: first.size),
            .init(wnid: wnids[0], offset: first.offset, size: first.size - 512),
            .init(wnid: wnids[1], offset: first.offset, size: first.size),
            .init(wnid: wnids[0], offset: 1 << 40, size: 1 << 40),
            .init(wnid: wnids[0], offset: 512, size: 1 << 50),
        ]
        for lie in lies {
            let tars = try ClassTars(
                [wnids[0], wnids[1]], in: folder[Self.name],
                index: try ClassIndex([lie], archiveSize: nil))
            #expect(tars.found == [index[wnids[0]], index[wnids[1]]], "\(lie)")
        }
    }

    @Test("a class that the archive does not have, or only half, is missing")
    func absent() throws {
        let folder = try TemporaryFolder()
        let (bytes, index) = try archive(wnids.dropLast().map(\.description))
        let second = try #require(index[wnids[1]])
        try folder.write(Array(bytes[..<(Int(second.range.upperBound) - 100)]), to: Self.name)
        let tars = try ClassTars(wnids, in: folder[Self.name], index: index)
        #expect(tars.found == [index[wnids[0]]])
        #expect(tars.missing == [wnids[1], wnids[2]])
    }

    // MARK: The index as a file

    @Test("an index comes back from the state folder for the same archive alone")
    func store() throws {
        let folder = try TemporaryFolder()
        let data = DataFolder(folder["data"])
        let (bytes, index) = try archive(wnids.map(\.description))
        let size = Int64(bytes.count)
        #expect(try data.classIndexes.load(Self.name, size: size) == nil)
        try data.classIndexes.save(index, of: Self.name, size: size)
        #expect(try data.classIndexes.load(Self.name, size: size) == index)
        #expect(try data.classIndexes.load(Self.name, size: size + 1) == nil)
        #expect(try data.classIndexes.load("other.tar", size: size) == nil)
        let path = "data/tar/.imagenet-fetch/classes/\(Self.name).classes.json"
        let text = try folder.text(path)
        #expect(text.contains("\"schema\": \"imagenet-fetch.classes/1\""))
        try folder.write(text.replacing("\"size\"", with: "\"sise\""), to: path)
        #expect(try data.classIndexes.load(Self.name, size: size) == nil)
        try folder.write(text.replacing("classes/1", with: "classes/2"), to: path)
        #expect(try data.newerState() == folder[path])
    }

    // MARK: The proven bytes of a partial file

    @Test("the journal of a closed and unchanged file is believed, and that of another file is not")
    func partialFile() throws {
        let folder = try TemporaryFolder()
        let data = DataFolder(folder["data"])
        let path = data.staging("a.tar")
        #expect(try PartialFile(path, in: data) == nil)
        try folder.write([UInt8](repeating: 7, count: 2500), to: "data/tar/a.tar.part")
        #expect(try PartialFile(path, in: data)?.trust == .changed)
        var pieces = PieceSet(count: 3)
        pieces[0] = true
        pieces[2] = true
        let pin = String(repeating: "ab", count: 20)
        var journal = Journal(
            fileName: "a.tar", size: 2500, pieceLength: 1000, pieces: pieces, pin: pin,
            identity: try FileDescriptor(path, .reading).identity(), isClean: true, frontier: 0,
            states: [:])
        try data.journals().save(journal, .synced)
        let partial = try #require(try PartialFile(path, in: data))
        #expect(partial.trust == .proven)
        #expect(partial.verified == [0..<1000, 2000..<2500])
        #expect(partial.torrent == InfoHash(hex: pin))
        #expect(partial.fileName == "a.tar" && partial.size == 2500)

        // Written to in place: only the times differ.
        try FileDescriptor(path, .updating).write([1], at: 5)
        #expect(try PartialFile(path, in: data)?.trust == .changed)
        #expect(try PartialFile(path, in: data)?.verified == [])
        journal.isClean = false
        try data.journals().save(journal, .synced)
        #expect(try PartialFile(path, in: data)?.trust == .growing)
        #expect(try PartialFile(path, in: data)?.verified == [0..<1000, 2000..<2500])
        try folder.write([UInt8](repeating: 7, count: 2500), to: "data/tar/a.tar.part")
        #expect(try PartialFile(path, in: data)?.trust == .changed)
    }
}
