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
