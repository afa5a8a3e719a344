import Archives
import Disk
import Glibc
import Support
import Testing

/// What bsdtar reads in the archives that Python's tarfile and zipfile make.
@Suite struct OtherReadersTests {
    /// Lines of `bsdtar -tvf`, of files alone: size and name.
    private static func told(_ path: Path) throws -> [(size: Int64, name: String)] {
        let listed = try run("bsdtar", ["-tvf", path.description])
        try #require(listed.status == 0, "\(listed.errors)")
        return listed.output.split(separator: "\n").filter { $0.first == "-" }.compactMap { line in
            // Mode, links, owner, group, size, month, day, time or year, name.
            let words = line.split(separator: " ", maxSplits: 8)
            guard words.count == 9, let size = Int64(words[4]) else { return nil }
            return (size, String(words[8]))
        }
    }

    @Test(
        "names and sizes are those that bsdtar reads, in tars of all formats, gzip and zip",
        arguments: [
            "ustar.tar", "gnu.tar", "pax.tar", "ustar.tar.gz", "gnu.tar.gz", "pax.tar.gz", "a.zip",
        ])
    func sizes(_ name: String) throws {
        let corpus = try Corpus()
        let path = corpus.folder[name]
        let ours = try walked(path).members.filter { $0.kind == .file && $0.size != nil }
        let theirs = try Self.told(path)
        #expect(ours.map(\.size) == theirs.map(\.size))
        // bsdtar shows what is not ASCII in its own way.
        let plain = zip(ours, theirs).filter { $0.0.path.bytes.allSatisfy { $0 < 0x80 } }
        #expect(plain.count >= 9)
        #expect(plain.allSatisfy { $0.0.path.description == $0.1.name })
    }

    @Test(
        "at its offset every member has the bytes that bsdtar extracts",
        arguments: ["ustar.tar", "gnu.tar", "pax.tar"])
    func contents(_ name: String) throws {
        let corpus = try Corpus()
        let path = corpus.folder[name]
        let index = try ArchiveIndex(path)
        let file = try FileDescriptor(path, .reading)
        var count = 0
        for number in 0..<index.count where index[number].isData && index[number].size > 0 {
            let member = index.path(of: number)
            guard member.bytes.allSatisfy({ $0 < 0x80 }) else { continue }
            var bytes = [UInt8](repeating: 0, count: Int(index[number].size))
            try bytes.withUnsafeMutableBytes { buffer in
                try file.readFully(buffer, at: index[number].offset)
            }
            try corpus.folder.write(bytes, to: "ours")
            let script = "bsdtar -xOf '\(path)' '\(member)' | cmp - ours"
            let compared = try run("bash", ["-c", script], in: corpus.folder.path.description)
            #expect(compared.status == 0, "\(member): \(compared.output) \(compared.errors)")
            count += 1
        }
        #expect(count >= 9)
    }
}

/// Archives in clothes that came to harm.
@Suite struct HostileClothesTests {
    private let corpus: Corpus

    init() throws { corpus = try Corpus() }

    @Test(
        "cut anywhere or changed anywhere: never a crash, and never more than there was",
        arguments: ["a.zip", "pax.tar.gz", "gnu.tar.bz2", "ustar.tar.xz"])
    func damaged(_ name: String) throws {
        let whole = try corpus.folder.read(name)
        let all = try walked(corpus.folder[name]).members.count
        var numbers = SeededNumbers(seed: 21)
        for round in 0..<60 {
            var bytes = whole
            if round.isMultiple(of: 2) {
                bytes = Array(bytes.prefix(Int(numbers.next() % UInt64(bytes.count))))
            } else {
                for _ in 0..<3 { bytes[Int(numbers.next() % UInt64(bytes.count))] ^= 0x10 }
            }
            try corpus.folder.write(bytes, to: "x")
            do {
                let (members, outcome) = try walked(corpus.folder["x"])
                #expect(members.count <= all + 1, "\(round)")
                if let damage = outcome.damage { #expect(damage.message.contains("/x")) }
            } catch let error as ArchiveError {
                #expect(error.message.contains("/x") && error.hint != nil, "\(error)")
            }
        }
    }

    /// What `xz` and its like make of these bytes, under the name that they give it.
    private func packed(_ bytes: [UInt8], by program: String, _ suffix: String) throws -> Path {
        try corpus.folder.write(bytes, to: "p.tar")
        let packed = try run(program, ["-kqf", corpus.folder["p.tar"].description])
        try #require(packed.status == 0, "\(packed.errors)")
        return corpus.folder["p.tar.\(suffix)"]
    }

    @Test(
        "zeros between members are no end of a compressed tar, nor of one inside it",
        arguments: [("gzip", "gz"), ("xz", "xz"), ("zstd", "zst"), ("bzip2", "bz2")])
    func zerosBetween(_ program: String, _ suffix: String) throws {
        var tar = TarBytes()
        tar.add("a", "1")
        for count in [512, 1024] {
            tar.append([UInt8](repeating: 0, count: count))
            tar.add("b\(count)", "2")
        }
        var outer = TarBytes()
        tar.end()
        outer.add(Array("n.tar".utf8), tar.bytes)
        outer.add("last", "3")
        outer.end()
        let flat = try walked(packed(tar.bytes, by: program, suffix))
        #expect(flat.members.map(\.path) == ["a", "b512", "b1024"])
        #expect(flat.outcome.damage?.code == .damaged && flat.outcome.damageCount == 2)
        #expect(flat.outcome.hasEndMark)
        let nested = try walked(packed(outer.bytes, by: program, suffix))
        #expect(nested.members.map(\.path) == ["n.tar/a", "n.tar/b512", "n.tar/b1024", "last"])
        #expect(nested.outcome.damage?.message.contains("more bytes follow") == true)
        // Padding is none, up to the records of a tape.
        var padded = TarBytes()
        padded.add("a", "1")
        padded.append([UInt8](repeating: 0, count: 300_000))
        let whole = try walked(packed(padded.bytes, by: program, suffix))
        #expect(whole.members.count == 1 && whole.outcome.damage == nil)
    }

    @Test("a gzip with another checksum at its end, or without all of it, is damaged")
    func gzipEnd() throws {
        var tar = TarBytes()
        var numbers = SeededNumbers(seed: 23)
        for number in 0..<9 { tar.add(Array("m\(number)".utf8), numbers.bytes(50_000)) }
        tar.end()
        func gzipped(_ bytes: [UInt8]) throws -> [UInt8] {
            try corpus.folder.read(packed(bytes, by: "gzip", "gz").lastComponent.description)
        }
        func damage(_ bytes: [UInt8], isCut: Bool = false) throws -> String? {
            try corpus.folder.write(bytes, to: "g.tar.gz")
            let (members, outcome) = try walked(corpus.folder["g.tar.gz"])
            // libarchive keeps the last block for itself.
            #expect(members.count >= (isCut ? 7 : 9))
            return outcome.damage?.message
        }
        let whole = try gzipped(tar.bytes)
        #expect(try damage(whole) == nil)
        // Parts behind each other, as some programs write them, and an empty one.
        let half = tar.bytes.count / 2
        let parts = try gzipped(Array(tar.bytes[..<half])) + gzipped(Array(tar.bytes[half...]))
        #expect(try damage(parts) == nil)
        #expect(try damage(whole + gzipped([])) == nil)
        var wrong = whole
        wrong[whole.count - 7] ^= 1
        #expect(try damage(wrong)?.hasSuffix("its checksum is wrong") == true)
        for count in 1...8 {
            let cut = try damage(Array(whole.dropLast(count)), isCut: true)
            #expect(cut?.hasSuffix(": it ends too early") == true, "\(count): \(cut ?? "-")")
        }
    }

    @Test("a zip without its list of members, or with half of it, is damaged")
    func zipEnd() throws {
        let whole = try corpus.folder.read("a.zip")
        let all = try walked(corpus.folder["a.zip"])
        #expect(all.outcome.damage == nil)
        for count in [1, 21, 22, 30] {
            try corpus.folder.write(Array(whole.dropLast(count)), to: "cut.zip")
            let (members, outcome) = try walked(corpus.folder["cut.zip"])
            #expect(members.count == all.members.count, "\(count)")
            #expect(outcome.damage?.code == .damaged, "\(count)")
            #expect(outcome.damage?.offset == Int64(whole.count - count))
        }
    }

    @Test(
        "a compressed archive that shrinks while it is read is an error", arguments: ["gz", "bz2"])
    func shrinking(_ compression: String) throws {
        var tar = TarBytes()
        var numbers = SeededNumbers(seed: 22)
        // Longer than what libarchive reads at a time.
        for number in 0..<40 { tar.add(Array("m\(number)".utf8), numbers.bytes(100_000)) }
        tar.end()
        try corpus.folder.write(tar.bytes, to: "s.tar")
        let program = compression == "gz" ? "gzip" : "bzip2"
        let packed = try run(program, [corpus.folder["s.tar"].description])
        try #require(packed.status == 0)
        let path = corpus.folder["s.tar.\(compression)"]
        var count = 0
        let outcome = try MemberWalk().run(path) { _ in
            count += 1
            if count == 1 { _ = truncate(path.description, 1000) }
        }
        #expect(count < 40)
        #expect(outcome.damage?.code == .damaged && outcome.damage?.hint != nil)
    }
}
