import Archives
import Disk
import Support
import Testing

/// A member as text, for comparing with what other programs say.
struct Told: Hashable, CustomStringConvertible {
    let path: Path
    let size: Int64?
    var offset: Int64?
    var kind: ArchiveMember.Kind
    let modified: Int64?
    var isWhole = true

    var description: String {
        "\(path) \(size ?? -1) at \(offset ?? -1), \(kind), \(modified ?? 0)\(isWhole ? "" : ", cut")"
    }

    init(_ member: ArchiveMember) {
        path = member.path
        size = member.size
        offset = member.offset
        kind = member.kind
        modified = member.modified
        isWhole = member.isWhole
    }

    /// A line of tars.py.
    init?(line: Substring) {
        let words = line.split(separator: " ")
        guard words.count == 5 else { return nil }
        let hex = Array(words[0])
        path = Path(
            bytes: stride(from: 0, to: hex.count - 1, by: 2).compactMap {
                UInt8(String(hex[$0...$0 + 1]), radix: 16)
            })
        size = Int64(words[1])
        offset = Int64(words[2])
        modified = Int64(words[4])
        switch words[3] {
        case "folder": kind = .folder
        case "symlink": kind = .symbolicLink
        case "hardlink": kind = .hardLink
        case "pipe": kind = .pipe
        case "device": kind = .characterDevice
        default: kind = .file
        }
    }
}

/// The members of an archive that are no entered tars.
func walked(
    _ path: Path, _ walk: MemberWalk = MemberWalk()
) throws -> (members: [Told], outcome: MemberWalk.Outcome) {
    var members: [Told] = []
    let outcome = try walk.run(path) { if !$0.isContainer { members.append(Told($0)) } }
    return (members, outcome)
}

/// The archives that Python's tarfile makes, in all of its formats.
final class Corpus {
    static let script = Path(#filePath).parent.parent.appending("Interop/tars.py").description
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let made = try run("python3", [Self.script, "make", folder.path.description])
        try #require(made.status == 0, "\(made.errors)")
    }

    func told(_ name: String, _ nested: String...) throws -> [Told] {
        let result = try run(
            "python3", [Self.script, "tell", folder[name].description] + nested)
        try #require(result.status == 0, "\(result.errors)")
        return result.output.split(separator: "\n").compactMap { Told(line: $0) }
    }
}

@Suite struct MemberWalkTests {
    @Test("names, sizes, offsets, types and times are those that Python's tarfile reads")
    func python() throws {
        let corpus = try Corpus()
        for name in ["ustar", "gnu", "pax", "big", "big-gnu", "none"] {
            let (ours, outcome) = try walked(corpus.folder[name + ".tar"])
            #expect(ours == (try corpus.told(name + ".tar")), "\(name)")
            #expect(outcome.damage == nil && outcome.hasEndMark && outcome.hasOffsets)
        }
        for name in ["ustar", "gnu", "pax"] {
            let file = name + "-nested.tar"
            let nested = try walked(corpus.folder[file])
            #expect(nested.members == (try corpus.told(file, "nested")), "\(name)")
            #expect(nested.outcome.damage == nil)
            let flat = try walked(corpus.folder[file], MemberWalk(entersTars: false))
            #expect(flat.members == (try corpus.told(file)), "\(name)")
        }
    }

    @Test(
        "a compressed tar gives the same without offsets",
        arguments: ["ustar", "gnu", "pax"], ["gz", "bz2", "xz"])
    func compressed(_ name: String, _ compression: String) throws {
        let corpus = try Corpus()
        let (ours, outcome) = try walked(corpus.folder["\(name).tar.\(compression)"])
        var expected = try corpus.told("\(name).tar")
        for index in expected.indices { expected[index].offset = nil }
        #expect(ours == expected)
        #expect(outcome.damage == nil && outcome.hasEndMark && !outcome.hasOffsets)
    }

    @Test("tars in a compressed tar are entered too")
    func nestedInCompressed() throws {
        let corpus = try Corpus()
        let file = corpus.folder["pax-nested.tar"].description
        _ = try run("gzip", ["-k", file])
        let (ours, outcome) = try walked(Path(file + ".gz"))
        var expected = try corpus.told("pax-nested.tar", "nested")
        for index in expected.indices { expected[index].offset = nil }
        #expect(ours == expected)
        #expect(outcome.damage == nil)
    }

    @Test("a zip gives names and sizes")
    func zip() throws {
        let corpus = try Corpus()
        let (ours, outcome) = try walked(corpus.folder["a.zip"])
        let expected = try corpus.told("a.zip")
        #expect(ours.map(\.path) == expected.map(\.path))
        #expect(ours.map(\.size) == expected.map(\.size))
        #expect(outcome.damage == nil && !outcome.hasOffsets)
    }

    @Test("an index has the same members, and every member's bytes are where it says")
    func index() throws {
        let corpus = try Corpus()
        let path = corpus.folder["pax-nested.tar"]
        let index = try ArchiveIndex(path)
        let told = try corpus.told("pax-nested.tar", "nested")
        #expect((0..<index.count).map { index.path(of: $0) } == told.map(\.path))
        #expect((0..<index.count).map { index[$0].offset } == told.map(\.offset))
        #expect((0..<index.count).map { index[$0].kind } == told.map(\.kind))
        #expect(index.containers.map(\.name.description) == (0..<5).map { "n0000000\($0).tar" })
        #expect(index.containers.map(\.members.count).reduce(0, +) == index.count - 2)
        #expect(index.container(of: 0)?.name == "n00000000.tar")
        #expect(index.container(of: index.count - 1) == nil)
        let file = try FileDescriptor(path, .reading)
        var last = [UInt8](repeating: 0, count: 5)
        for tar in index.containers {
            let number = try #require(
                tar.members.last { index.name(of: $0).hasSuffix("_last") })
            #expect(index[number].isData && index[number].size == 5)
            try last.withUnsafeMutableBytes { try file.readFully($0, at: index[number].offset) }
            #expect(last == Array("last\n".utf8))
        }
    }
}
