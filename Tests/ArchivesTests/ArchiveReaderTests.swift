import Archives
import Disk
import Glibc
import Support
import Testing

@Suite struct ArchiveReaderTests {
    private let folder: HeldFolder

    init() throws { folder = try HeldFolder() }

    @Test("a tar gives names, kinds, sizes, times and data in order")
    func readsTar() throws {
        var tar = TarBytes()
        tar.add("d/", type: "5")
        tar.add("d/a.txt", "hello\n")
        tar.add("d/b", type: "2", link: "../x")
        tar.add("d/c", type: "1", link: "d/a.txt")
        tar.add("d/p", type: "6")
        tar.end()
        var reader = try ArchiveReader(folder.file("a.tar", tar.bytes))
        var names: [Path] = []
        var kinds: [ArchiveMember.Kind] = []
        var links: [String] = []
        var contents: [String] = []
        while let entry = try reader.next() {
            names.append(entry.path)
            kinds.append(entry.kind)
            links.append(String(decoding: entry.link, as: UTF8.self))
            if entry.kind == .file {
                #expect(entry.size == 6)
                #expect(entry.modified == 1000)
                #expect(entry.mode == 0o644)
            }
            contents.append(String(decoding: try reader.contents(limit: 100), as: UTF8.self))
        }
        #expect(names == ["d/", "d/a.txt", "d/b", "d/c", "d/p"])
        #expect(kinds == [.folder, .file, .symbolicLink, .hardLink, .pipe])
        #expect(links == ["", "", "../x", "d/a.txt", ""])
        #expect(contents == ["", "hello\n", "", "", ""])
        #expect(try reader.next() == nil)
    }

    @Test("a member's data has an offset in a tar as it is, and none in a compressed one")
    func dataOffset() throws {
        var tar = TarBytes()
        tar.add("one", String(repeating: "x", count: 700))
        tar.addGNU(Array(repeating: UInt8(ascii: "n"), count: 300), "two")
        tar.end()
        var reader = try ArchiveReader(folder.file("a.tar", tar.bytes))
        #expect(try reader.next()?.offset == 512)
        let second = try reader.next()?.offset
        // one: header, two blocks; long name: header, one block; two: header
        #expect(second == 3072)
        #expect(Array(tar.bytes[(512 * 6)..<(512 * 6 + 3)]) == Array("two".utf8))

        var compressed = try ArchiveReader(folder.file("a.tgz", Golden.gzip))
        let member = try compressed.next()
        #expect(member != nil && member?.offset == nil)
    }

    @Test(
        "every compression is read", arguments: ["gzip", "bzip2", "xz", "zstd", "none"])
    func compressions(name: String) throws {
        var reader = try ArchiveReader(folder.file("a.\(name)", Golden.compressed(name)))
        #expect(try reader.next()?.path == "d/a.txt")
        #expect(try reader.contents(limit: 6) == Array("hello\n".utf8))
        #expect(try reader.next() == nil)
    }

    @Test("a zip is read, with a name that is not ASCII")
    func zip() throws {
        var reader = try ArchiveReader(folder.file("a.zip", Golden.zip))
        let entry = try reader.next()
        #expect(entry?.path == "d/ü.txt")
        #expect(entry?.size == 18)
        #expect(try reader.contents(limit: 18) == Array("hello hello hello\n".utf8))
        #expect(try reader.next() == nil)
    }

    @Test("names come through byte for byte: UTF-8, decomposed accents, Latin-1, nonsense")
    func rawNames() throws {
        let names: [[UInt8]] = [
            Array("caf\u{e9}".utf8), Array("cafe\u{301}".utf8), [0x66, 0xE9, 0x2E], [0xFF, 0xFE],
            Array("日本".utf8), Array(repeating: 0xE4, count: 300),
        ]
        for name in names {
            var tar = TarBytes()
            tar.add(name, Array("1".utf8))
            tar.addGNU(name, "2")
            tar.addPax(name, "3")
            tar.end()
            var reader = try ArchiveReader(folder.file("names.tar", tar.bytes))
            for (index, expected) in [Array(name.prefix(100)), name, name].enumerated() {
                let entry = try reader.next()
                #expect(entry?.path.bytes == expected)
                #expect(try reader.contents(limit: 9) == Array("\(index + 1)".utf8))
            }
        }
    }

    @Test("names are the same bytes whatever locale the thread has")
    func rawNamesInOtherLocales() throws {
        let other = try #require(newlocale(1 << LC_CTYPE, "C.UTF-8", nil))
        let previous = uselocale(other)
        defer {
            uselocale(previous)
            freelocale(other)
        }
        // Under UTF-8, libarchive would compose the accent.
        let name = Array("cafe\u{301}".utf8)
        var tar = TarBytes()
        tar.addPax(name, "1")
        tar.end()
        var reader = try ArchiveReader(folder.file("names.tar", tar.bytes))
        #expect(try reader.next()?.path.bytes == name)
        #expect(uselocale(nil) == other)
    }

    @Test("the pax names that Python's tarfile writes come through unharmed")
    func pythonPax() throws {
        var reader = try ArchiveReader(folder.file("pax.tgz", Golden.pax))
        #expect(try reader.next()?.path.bytes == Array("cafe\u{301}-\u{e9}.txt".utf8))
        #expect(try reader.contents(limit: 9) == Array("ok".utf8))
    }

    @Test("names may have 64 KiB, and no more", arguments: [true, false])
    func longNames(pax: Bool) throws {
        for (count, isFine) in [(64 << 10, true), ((64 << 10) + 1, false), (3 << 20, false)] {
            var tar = TarBytes()
            let name = [UInt8](repeating: UInt8(ascii: "n"), count: count)
            if pax { tar.addPax(name, "x") } else { tar.addGNU(name, "x") }
            tar.end()
            var reader = try ArchiveReader(folder.file("long.tar", tar.bytes))
            if isFine {
                #expect(try reader.next()?.path.bytes == name)
            } else {
                #expect(throws: ArchiveError.self) { _ = try reader.next() }
                #expect(try reader.next() == nil)
            }
        }
    }

    @Test("a member longer than the limit is refused, at exactly one byte more")
    func limit() throws {
        var tar = TarBytes()
        tar.add("big", String(repeating: "x", count: 200_000))
        tar.end()
        let path = try folder.file("a.tar", tar.bytes)
        var reader = try ArchiveReader(path)
        _ = try reader.next()
        #expect(try reader.contents(limit: 200_000).count == 200_000)
        var second = try ArchiveReader(path)
        _ = try second.next()
        let error = #expect(throws: ArchiveError.self) { _ = try second.contents(limit: 199_999) }
        #expect(error?.code == .tooLarge)
        #expect(error?.message.contains("big") == true)
    }

    @Test("what is no archive is refused", arguments: ["", "<html>", "PK", "\u{0}", "#mtree\na\n"])
    func notAnArchive(text: String) throws {
        for filler in [0, 3000] {
            let bytes = Array(text.utf8) + [UInt8](repeating: UInt8(ascii: "z"), count: filler)
            let path = try folder.file("x", bytes)
            let error = #expect(throws: ArchiveError.self) { _ = try ArchiveReader(path) }
            #expect(error?.code == .notAnArchive, "\(text) \(filler)")
        }
    }

    @Test("a cut tar gives what is whole, then an error with the offset", arguments: [true, false])
    func truncated(reading: Bool) throws {
        var tar = TarBytes()
        tar.add("one", "1")
        tar.add("two", String(repeating: "2", count: 5000))
        tar.end()
        // In the header of the second, in its data, right at the end of its data less one byte.
        for cut in [1024 + 100, 1024 + 512 + 1000, 1024 + 512 + 4999] {
            let path = try folder.file("cut.tar", Array(tar.bytes.prefix(cut)))
            var reader = try ArchiveReader(path)
            #expect(try reader.next()?.path == "one")
            let error = #expect(throws: ArchiveError.self) {
                while try reader.next() != nil {
                    if reading { _ = try reader.contents(limit: 10_000) }
                }
            }
            #expect(error?.code == .damaged)
            #expect((1024...Int64(cut)).contains(error?.offset ?? -1), "\(cut)")
            #expect(error?.message.contains("cut.tar") == true)
        }
    }

    @Test("a compressed archive cut at any byte is an error, never a short list in silence")
    func truncatedCompressed() throws {
        for name in ["gzip", "bzip2", "xz", "zstd"] {
            let whole = Golden.compressed(name)
            // The trailer of gzip and the like is not data.
            for cut in stride(from: 1, to: whole.count - 30, by: 3) {
                let path = try folder.file("cut", Array(whole.prefix(cut)))
                #expect(throws: ArchiveError.self, "\(name) \(cut)") {
                    var reader = try ArchiveReader(path)
                    guard try reader.next() != nil else { return }
                    _ = try reader.contents(limit: 100)
                    _ = try reader.next()
                }
            }
        }
    }

    @Test("a member of a size beyond all bounds is an error, not a hang")
    func absurdSize() throws {
        for size in ["77777777777", "\u{80}\u{7f}"] {
            var tar = TarBytes()
            tar.add(Array("a".utf8), [], size: size)
            let path = try folder.file("a.tar", tar.bytes)
            #expect(throws: ArchiveError.self) {
                var reader = try ArchiveReader(path)
                while try reader.next() != nil {}
            }
        }
    }

    @Test("random damage never traps and always ends")
    func flippedBytes() throws {
        var tar = TarBytes()
        for index in 0..<3 {
            tar.addPax(Array("name-\(index)".utf8), "some data")
            tar.addGNU(Array("name-\(index)".utf8), "more")
        }
        tar.end()
        var random = SeededNumbers(seed: 7)
        for _ in 0..<500 {
            var bytes = tar.bytes
            for _ in 0..<3 { bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << 5 }
            let path = try folder.file("f.tar", bytes)
            var members = 0
            do throws(ArchiveError) {
                var reader = try ArchiveReader(path)
                while try reader.next() != nil {
                    _ = try reader.contents(limit: 1 << 16)
                    members += 1
                }
            } catch {
                #expect(!error.message.isEmpty)
            }
            #expect(members <= 24)
        }
    }

    @Test("a read error is the disk's, with its cause")
    func readError() throws {
        var tar = TarBytes()
        tar.add("one", "1")
        tar.end()
        let path = try folder.file("faulty.tar", tar.bytes)
        for count in 0...1 {
            let fault = Fault(
                .pread, onPathsWith: path.description, after: count, times: .max, .failure(5))
            Faults.during([fault]) {
                let error = #expect(throws: ArchiveError.self) {
                    var reader = try ArchiveReader(path)
                    _ = try reader.next()
                }
                #expect(error?.code == .disk)
                #expect(error?.disk?.code == .io)
            }
        }
        let missing = #expect(throws: ArchiveError.self) { _ = try ArchiveReader("/no/such") }
        #expect(missing?.disk?.code == .notFound)
    }

    @Test("short reads make no difference")
    func shortReads() throws {
        var tar = TarBytes()
        tar.add("one", String(repeating: "x", count: 3000))
        tar.end()
        let path = try folder.file("slow.tar", tar.bytes)
        let fault = Fault(.pread, onPathsWith: path.description, times: 10_000, .short(7))
        try Faults.during([fault]) {
            var reader = try ArchiveReader(path)
            _ = try reader.next()
            #expect(try reader.contents(limit: 3000).count == 3000)
            #expect(try reader.next() == nil)
        }
    }

    @Test("listing passes over data without reading it")
    func skips() throws {
        var tar = TarBytes()
        for index in 0..<20 { tar.add("m\(index)", String(repeating: "x", count: 100_000)) }
        tar.end()
        let path = try folder.file("sparse.tar", tar.bytes)
        // 20 headers and the end take less than 100 blocks; all of it would take 4000.
        let fault = Fault(
            .pread, onPathsWith: path.description, after: 100, times: 10_000, .failure(5))
        try Faults.during([fault]) {
            var reader = try ArchiveReader(path)
            var count = 0
            while try reader.next() != nil { count += 1 }
            #expect(count == 20)
        }
    }
}
