import Archives
import Disk
import Glibc
import Support
import Testing

@Suite struct HostileTarTests {
    private let folder: HeldFolder

    init() throws { folder = try HeldFolder() }

    /// A header whose size field holds these very bytes.
    private func tar(size field: [UInt8]) -> [UInt8] {
        var tar = TarBytes()
        tar.add("first", "1")
        let start = tar.bytes.count
        tar.add("second", "2")
        tar.end()
        var bytes = tar.bytes
        bytes.replaceSubrange(start + 124..<start + 136, with: field)
        bytes.replaceSubrange(start + 148..<start + 156, with: repeatElement(0x20, count: 8))
        let sum = bytes[start..<start + 512].reduce(0) { $0 + Int($1) }
        let digits = Array(String(sum, radix: 8).utf8)
        bytes.replaceSubrange(
            start + 148..<start + 155,
            with: [UInt8](repeating: 0x30, count: 6 - digits.count) + digits + [0])
        return bytes
    }

    private static func field(_ value: Int64) -> [UInt8] {
        [value < 0 ? 0xFF : 0x80, value < 0 ? 0xFF : 0, value < 0 ? 0xFF : 0, value < 0 ? 0xFF : 0]
            + (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * (7 - $0))) }
    }

    @Test(
        "a size beyond all bounds, or below zero, is an error with its place",
        arguments: [
            field(.max), field(.max - 511), field(.max - 1024), field(.min), field(-1),
            [UInt8](repeating: 0xFF, count: 12),
            [0x80, 0x7F] + [UInt8](repeating: 0xFF, count: 10),
            [0xBF] + [UInt8](repeating: 0xFF, count: 11), Array("777777777777".utf8),
            Array("12x4567890 \u{0}".utf8),
        ])
    func sizes(_ field: [UInt8]) throws {
        for compressed in [false, true] {
            let bytes = tar(size: field)
            var stream = TarBytes()
            stream.append(bytes)
            let path = try folder.file("a.tar", compressed ? stream.gzipped : bytes)
            let (members, outcome) = try walked(path)
            // A stream's end is met only where it comes.
            let certain = compressed ? Array(members.prefix(1)) : members.filter(\.isWhole)
            #expect(certain.map(\.path) == ["first"], "\(field)")
            #expect(outcome.damage?.code == .damaged)
            #expect(outcome.damage?.offset != nil)
            if !compressed {
                let index = try ArchiveIndex(path)
                #expect(index.members(touching: [0..<Int64.max]).first == "first")
            }
        }
    }

    @Test("a file as long as numbers are has an end like others")
    func longestFile() throws {
        // Files in memory may have holes up to there; elsewhere there is nothing to test.
        let path = "/dev/shm/imagenet-fetch-longest-\(getpid()).tar"
        defer { unlink(path) }
        for gap: Int64 in [0, 1, 511, 512, 513, 1024] {
            let bytes = Array(tar(size: Self.field(.max - 1536 - gap)).prefix(1536))
            let file = try FileDescriptor(Path(path), .openingOrCreating)
            try file.write(bytes, at: 0)
            guard truncate(path, .max) == 0 else { return }
            let (members, outcome) = try walked(Path(path))
            #expect(members.map(\.path) == ["first", "second"])
            #expect(members.allSatisfy(\.isWhole) && members[1].size == .max - 1536 - gap)
            // What is left is half a block, or none.
            #expect(outcome.damageCount <= 1 && outcome.damage?.code != .disk)
            #expect(try ArchiveIndex(Path(path)).members(touching: [5000..<5001]) == ["second"])
        }
    }

    @Test("a sparse member near the end of the longest file is an error like others")
    func longestSparse() throws {
        let path = "/dev/shm/imagenet-fetch-longest-sparse-\(getpid()).tar"
        defer { unlink(path) }
        let gap = Int64.max & ~511 - (1 << 20)
        let file = try FileDescriptor(Path(path), .openingOrCreating)
        try file.write(Array(tar(size: Self.field(gap - 1536)).prefix(1536)), at: 0)
        guard truncate(path, .max) == 0 else { return }
        var tar = TarBytes()
        tar.add(
            "PaxHeaders/x",
            "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=9\n", type: "x")
        tar.add(Array("holes".utf8), Array("1\n0\n5\n".utf8), size: "77777777777\u{0}")
        try file.write(tar.bytes, at: gap)
        let (members, outcome) = try walked(Path(path))
        #expect(members.map(\.path) == ["first", "second", "holes"])
        #expect(members.last?.isWhole == false && outcome.damage?.code == .damaged)
    }

    @Test("a size in base 256 that fits is a size")
    func soundBase256() throws {
        let (members, outcome) = try walked(folder.file("a.tar", tar(size: Self.field(1))))
        #expect(members.map(\.size) == [1, 1] && outcome.damage == nil)
    }

    private func pax(_ records: String) throws -> (members: [Told], outcome: MemberWalk.Outcome) {
        var tar = TarBytes()
        tar.add("PaxHeaders/x", records, type: "x")
        tar.add("short", String(repeating: "d", count: 600))
        tar.add("next", "n")
        tar.end()
        return try walked(folder.file("pax.tar", tar.bytes))
    }

    @Test("pax records set path, size, time and link, and the last one counts")
    func paxRecords() throws {
        let both = try pax("12 path=one\n12 path=two\n15 mtime=-12.5\n16 mtime=1234.9\n")
        #expect(both.members.map(\.path) == ["two", "next"])
        #expect(both.members.first?.modified == 1234)
        let early = try pax("15 mtime=-12.5\n")
        #expect(early.members.first?.modified == -13)
        // 88 more bytes: one block less than there is, so what follows is no header.
        let shorter = try pax("11 size=88\n")
        #expect(shorter.members.first?.size == 88)
        #expect(shorter.outcome.damage?.offset == 2048)
        #expect(shorter.members.last?.path == "next")
        let longer = try pax("13 size=1536\n")
        #expect(longer.members.map(\.path) == ["short"])
        #expect(longer.members.first?.size == 1536)
    }

    @Test(
        "pax records that make no sense are damage",
        arguments: [
            "11 size=-1\n", "29 size=99999999999999999999\n", "12 size=abc\n", "5 a=b\n",
            "99 a=b\n",
            "path=x\n", "6 a=bc", "3 \n\n", "999999999999999999999999 a=b\n", "0 a=b\n", " 6 a=b\n",
            "25 GNU.sparse.realsize=-\n", "26 GNU.sparse.realsize=-9\n",
        ])
    func paxNonsense(_ records: String) throws {
        let (members, outcome) = try pax(records)
        #expect(outcome.damage?.code == .damaged)
        #expect(members.last?.path == "next")
    }

    @Test("names may have 64 KiB and no more, extended headers 1 MiB")
    func longNames() throws {
        for (count, isFine) in [(64 << 10, true), ((64 << 10) + 1, false), (2 << 20, false)] {
            for isPax in [false, true] {
                var tar = TarBytes()
                let name = [UInt8](repeating: UInt8(ascii: "n"), count: count)
                if isPax { tar.addPax(name, "x") } else { tar.addGNU(name, "x") }
                tar.end()
                let (members, outcome) = try walked(folder.file("long.tar", tar.bytes))
                #expect((members.first?.path.bytes == name) == isFine)
                #expect(outcome.damage?.code == (isFine ? nil : .tooLarge))
            }
        }
    }

    @Test("names that lead elsewhere or hold control bytes are told as they are")
    func names() throws {
        let names: [[UInt8]] = [
            Array("../x".utf8), Array("/etc/passwd".utf8), [0x1B, 0x5B, 0x32, 0x4A], [0xFF, 0xFE],
            Array("a\nb".utf8), [],
        ]
        var tar = TarBytes()
        for name in names { tar.add(name, [1]) }
        tar.end()
        let (members, outcome) = try walked(folder.file("a.tar", tar.bytes))
        #expect(members.map(\.path.bytes) == names && outcome.damage == nil)
    }

    @Test("a hard link with a size has no data, unless no header follows it")
    func hardLinks() throws {
        for hasData in [false, true] {
            var tar = TarBytes()
            tar.add("a", "1")
            tar.add(
                Array("b".utf8), hasData ? Array(repeating: 0x61, count: 700) : [], type: "1",
                link: "a", size: "00000001274")
            tar.add("c", "3")
            tar.end()
            let (members, outcome) = try walked(folder.file("a.tar", tar.bytes))
            #expect(members.map(\.path) == ["a", "b", "c"])
            #expect(members[1].size == (hasData ? 700 : 0))
            #expect(outcome.damage == nil)
        }
    }

    @Test("an extended header without a member, at the end or before it, is damage")
    func loneHeader() throws {
        for hasMark in [false, true] {
            var tar = TarBytes()
            tar.add("a", "1")
            tar.add("././@LongLink", "name", type: "L")
            if hasMark { tar.end() }
            let (members, outcome) = try walked(folder.file("a.tar", tar.bytes))
            #expect(members.map(\.path) == ["a"])
            #expect(outcome.damage?.code == .damaged)
        }
    }

    @Test("a tar in a tar in a tar is a file, however deep it goes")
    func depth() throws {
        var bytes: [UInt8] = []
        for level in 0..<6 {
            var tar = TarBytes()
            if level == 0 { tar.add("x", "1") } else { tar.add(Array("t.tar".utf8), bytes) }
            tar.end()
            bytes = tar.bytes
        }
        let (members, outcome) = try walked(folder.file("a.tar", bytes))
        #expect(members.map(\.path) == ["t.tar/t.tar"])
        #expect(outcome.damage == nil)
    }

    @Test("what is no archive is refused", arguments: ["", "<html>", "PK", "\u{0}", "#mtree\na\n"])
    func notAnArchive(text: String) throws {
        for filler in [0, 3000] {
            let bytes = Array(text.utf8) + [UInt8](repeating: UInt8(ascii: "z"), count: filler)
            let path = try folder.file("x.tar", bytes)
            let error = #expect(throws: ArchiveError.self) { try walked(path) }
            #expect(error?.code == .notAnArchive, "\(text) \(filler)")
        }
        let compressed = try folder.file("x.gz", compressedText)
        #expect(throws: ArchiveError.self) { try walked(compressed) }
        let error = #expect(throws: ArchiveError.self) { try walked(folder.path) }
        #expect(error?.disk?.code == .isAFolder)
    }

    private var compressedText: [UInt8] {
        var text = TarBytes()
        text.append(Array(repeating: 0x61, count: 5000))
        return text.gzipped
    }

    @Test("a compressed tar that is cut gives what came before, and always an error")
    func cutCompressed() throws {
        var tar = TarBytes()
        for number in 0..<20 { tar.add("m\(number)", String(repeating: "x", count: 20_000)) }
        tar.add(Array("in.tar".utf8), ClassTars(perClass: 1, size: 100).bytes)
        tar.end()
        let whole = tar.gzipped
        let all = try walked(folder.file("a.tgz", whole)).members
        for cut in stride(from: 30, to: whole.count - 8, by: 6007) {
            let path = try folder.file("cut.tgz", Array(whole.prefix(cut)))
            do {
                let (members, outcome) = try walked(path)
                #expect(outcome.damage?.code == .damaged, "\(cut)")
                #expect((1...Int64(cut)).contains(outcome.damage?.offset ?? 0), "\(cut)")
                #expect(all.starts(with: members), "\(cut)")
                // libarchive gives 64 KiB at a time, or nothing.
                #expect(members.count >= (cut - (64 << 10)) / 20_992)
            } catch let error as ArchiveError {
                // Nothing came before the end.
                #expect(error.code == .damaged && cut < 64 << 10, "\(cut)")
            }
        }
    }

    @Test("archives that hold themselves come to an end")
    func quines() throws {
        let seeds = Path(#filePath).parent.parent.parent.appending("Fuzz/Seeds/FuzzArchive")
        let entries = try Folder(seeds).entries()
        #expect(entries.count >= 4)
        for entry in entries {
            var count = 0
            _ = try? MemberWalk().run(seeds.appending(entry.name)) { _ in count += 1 }
            #expect(count <= 100)
        }
    }

    @Test(
        "sparse members have their size with holes, and the place behind the map",
        arguments: [
            ["--format=gnu"], ["--format=posix", "--sparse-version=0.0"],
            ["--format=posix", "--sparse-version=0.1"], ["--format=posix", "--sparse-version=1.0"],
        ])
    func sparse(_ options: [String]) throws {
        // Sixty holes: more than a header has room for.
        let script = """
            for i in $(seq 60); do
                printf data | dd of=sparse bs=1 seek=$((i * 40960)) conv=notrunc status=none
            done
            truncate -s 5000000 sparse; printf x > after
            tar -S \(options.joined(separator: " ")) -cf s.tar sparse after
            """
        let made = try run("bash", ["-ec", script], in: folder.path.description)
        try #require(made.status == 0, "\(made.errors)")
        let path = folder.path.appending("s.tar")
        let (members, outcome) = try walked(path)
        let told = try run("python3", [Corpus.script, "tell", path.description])
        #expect(members == told.output.split(separator: "\n").compactMap { Told(line: $0) })
        #expect(members.map(\.size) == [5_000_000, 1])
        #expect(outcome.damage == nil)
        let index = try ArchiveIndex(path)
        #expect(index[0].isSparse && !index[0].isData && index[0].size < 400_000)
        #expect(index[1].isData)
        for cut in stride(from: 513, to: Int(index[1].headerOffset), by: 509) {
            let whole = try FileDescriptor(path, .reading).contents(limit: 1 << 20)
            let part = try walked(folder.file("cut.tar", Array(whole.prefix(cut))))
            #expect(part.outcome.damage != nil, "\(cut)")
        }
    }

    @Test(
        "what tar and bsdtar write is read as they read it",
        arguments: ["tar", "bsdtar"], ["v7", "ustar", "gnu", "pax", "oldgnu"])
    func writers(_ program: String, _ format: String) throws {
        if program == "bsdtar" && format == "oldgnu" { return }
        let name = program == "bsdtar" && format == "gnu" ? "gnutar" : format
        let script = """
            mkdir -p t/d; cd t
            for n in 0 1 511 512 513 10240; do head -c $n /dev/zero | tr '\\0' x > d/f$n; done
            ln -sf f1 d/s; ln -f d/f1 d/h
            [ \(format) = v7 ] || mkfifo d/p
            [ \(format) = v7 ] || touch d/\(String(repeating: "l", count: 90))
            \(program) --format=\(name) -cf ../w.tar d
            bsdtar -tf ../w.tar
            """
        let listed = try run("bash", ["-ec", script], in: folder.path.description)
        try #require(listed.status == 0, "\(listed.errors)")
        let path = folder.path.appending("w.tar")
        let (members, outcome) = try walked(path)
        #expect(
            members.map(\.path.description) == listed.output.split(separator: "\n").map(String.init)
        )
        #expect(outcome.damage == nil && outcome.hasEndMark)
        let told = try run("python3", [Corpus.script, "tell", path.description])
        #expect(members == told.output.split(separator: "\n").compactMap { Told(line: $0) })
    }
}
