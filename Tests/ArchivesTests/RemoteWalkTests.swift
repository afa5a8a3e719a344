import Disk
import Support
import Synchronization
import Testing

@testable import Archives

/// Bytes that are far away: each read is counted.
private final class FarBytes: RandomAccessBytes {
    struct Lost: Error {}

    let path = Path("far.tar")
    let size: Int64
    private let bytes: [UInt8]
    private let isExtra: Bool
    private let stop: StopCheck
    private let tally: Shared<Atomic<Int>>
    private let sum: Shared<Atomic<Int>>
    private let loses: @Sendable (Int64, Bool) -> Bool

    /// - Parameter loses: whether a read there fails, of a scout or not.
    convenience init(
        _ bytes: [UInt8], loses: @escaping @Sendable (Int64, Bool) -> Bool = { _, _ in false }
    ) {
        self.init(bytes, false, .never, Shared(Atomic(0)), Shared(Atomic(0)), loses)
    }

    private init(
        _ bytes: [UInt8], _ isExtra: Bool, _ stop: StopCheck, _ tally: Shared<Atomic<Int>>,
        _ sum: Shared<Atomic<Int>>, _ loses: @escaping @Sendable (Int64, Bool) -> Bool
    ) {
        self.bytes = bytes
        self.isExtra = isExtra
        self.stop = stop
        self.tally = tally
        self.sum = sum
        self.loses = loses
        size = Int64(bytes.count)
    }

    var reads: Int { tally.value.load(ordering: .relaxed) }
    var bytesRead: Int { sum.value.load(ordering: .relaxed) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        try stop()
        if loses(offset, isExtra) { throw Lost() }
        let part = bytes[Int(offset)...].prefix(buffer.count)
        buffer.copyBytes(from: part)
        tally.value.add(1, ordering: .relaxed)
        sum.value.add(part.count, ordering: .relaxed)
        return part.count
    }

    func another(stop: StopCheck) -> FarBytes { FarBytes(bytes, true, stop, tally, sum, loses) }
}

/// The members of an archive that is far away.
private func walked(
    far bytes: FarBytes, scouts: Int = 0, _ walk: MemberWalk = MemberWalk()
) throws -> (members: [Told], outcome: MemberWalk.Outcome) {
    var members: [Told] = []
    let outcome = try walk.run(bytes, scouts: scouts) {
        if !$0.isContainer { members.append(Told($0)) }
    }
    return (members, outcome)
}

@Suite struct RemoteWalkTests {
    /// A training archive of classes with images of about 20 KiB.
    private static func train(classes: Int, images: Int, damage: Bool = false) -> [UInt8] {
        var numbers = SeededNumbers(seed: 5)
        var outer = TarBytes()
        for number in 0..<classes {
            var inner = TarBytes()
            for image in 0..<images {
                let name = "n0000000\(number)_\(image).JPEG"
                inner.add(
                    Array(name.utf8), numbers.bytes(Int.random(in: 0..<40_000, using: &numbers)))
            }
            inner.end()
            outer.add(Array("n0000000\(number).tar".utf8), inner.bytes)
        }
        outer.end()
        return outer.bytes
    }

    @Test("an archive that is far away has the same members as a file", arguments: [0, 3])
    func same(scouts: Int) throws {
        let corpus = try Corpus()
        for name in ["ustar", "gnu", "pax", "none", "ustar-nested", "gnu-nested", "pax-nested"] {
            let path = corpus.folder[name + ".tar"]
            let bytes = try FileDescriptor(path, .reading).contents(limit: 64 << 20)
            for walk in [MemberWalk(), MemberWalk(entersTars: false)] {
                let near = try walked(path, walk)
                let far = try walked(far: FarBytes(bytes), scouts: scouts, walk)
                #expect(far.members == near.members, "\(name)")
                #expect(far.outcome.damage == nil && far.outcome.hasEndMark)
                #expect(far.outcome.hasOffsets)
            }
        }
    }

    @Test("only headers are read, and scouts read few bytes more", arguments: [0, 1, 3, 8])
    func headers(scouts: Int) throws {
        let folder = try TemporaryFolder()
        let contents = Self.train(classes: 4, images: 500)
        try folder.write(contents, to: "x.tar")
        let near = try walked(folder["x.tar"])
        #expect(near.members.count == 2000)
        let bytes = FarBytes(contents)
        let far = try walked(far: bytes, scouts: scouts)
        #expect(far.members == near.members)
        #expect(far.outcome.damage == nil)
        #expect(bytes.bytesRead < contents.count / 10)
        #expect(bytes.reads < 2400)
    }

    @Test("the walk itself reads next to nothing where scouts were before it")
    func scouted() throws {
        let contents = Self.train(classes: 3, images: 500)
        let own = Shared(Atomic(0))
        let bytes = FarBytes(contents) { _, isScout in
            if !isScout { own.value.add(1, ordering: .relaxed) }
            return false
        }
        #expect(try walked(far: bytes, scouts: 4).members.count == 1500)
        #expect(own.value.load(ordering: .relaxed) < 30)
    }

    @Test("what is damaged is passed over as in a file", arguments: [0, 3])
    func damaged(scouts: Int) throws {
        let folder = try TemporaryFolder()
        var contents = Self.train(classes: 3, images: 400)
        var numbers = SeededNumbers(seed: 9)
        for _ in 0..<20 {
            let place = Int.random(in: 0..<contents.count - 4096, using: &numbers) & ~511
            contents.replaceSubrange(place..<place + 4096, with: numbers.bytes(4096))
        }
        try folder.write(contents, to: "x.tar")
        let near = try walked(folder["x.tar"])
        let far = try walked(far: FarBytes(contents), scouts: scouts)
        #expect(far.members == near.members)
        #expect(far.outcome.damage?.offset == near.outcome.damage?.offset)
        #expect(far.outcome.damageCount == near.outcome.damageCount)
    }

    @Test("a lost header is not looked for in all of a large file", arguments: [0, 3])
    func lost(scouts: Int) throws {
        var tar = TarBytes()
        tar.add("a", "first")
        let bytes = FarBytes(tar.bytes + [UInt8](repeating: 7, count: 64 << 20))
        let far = try walked(far: bytes, scouts: scouts)
        #expect(far.members.map(\.path) == ["a"])
        #expect(far.outcome.damage != nil)
        #expect(bytes.bytesRead < 40 << 20)
    }

    @Test("scouts that fail are done without; a failure of the walk itself ends it")
    func fails() throws {
        let contents = Self.train(classes: 3, images: 400)
        let scoutless = FarBytes(contents) { offset, isScout in isScout && offset > 5_000_000 }
        #expect(try walked(far: scoutless, scouts: 3).members.count == 1200)
        for scouts in [0, 3] {
            let lost = FarBytes(contents) { offset, _ in offset > 12_000_000 }
            var count = 0
            #expect(throws: FarBytes.Lost.self) {
                try MemberWalk().run(lost, scouts: scouts) { _ in count += 1 }
            }
            #expect(count > 400 && count < 1200)
        }
    }

    @Test("one class is found by the outer headers, and the walk ends after it", arguments: [0, 2])
    func oneClass(scouts: Int) throws {
        let bytes = FarBytes(Self.train(classes: 5, images: 300))
        var walk = MemberWalk()
        walk.wantsTar = { $0.elementsEqual("n00000002.tar".utf8) }
        walk.mostTars = 1
        let far = try walked(far: bytes, scouts: scouts, walk)
        #expect(far.members.count == 300)
        #expect(far.members.allSatisfy { $0.path.bytes.starts(with: "n00000002.tar/".utf8) })
        #expect(far.outcome.damage == nil && far.outcome.hasEndMark)
        #expect(bytes.reads < 330)
    }

    @Test("what the visitor throws ends the scouts too")
    func visitor() throws {
        struct Enough: Error {}
        let bytes = FarBytes(Self.train(classes: 3, images: 400))
        var count = 0
        #expect(throws: Enough.self) {
            try MemberWalk().run(bytes, scouts: 3) { _ in
                count += 1
                if count == 10 { throw Enough() }
            }
        }
        #expect(bytes.reads < 1000)
    }

    @Test("only plain tars can be read from afar")
    func others() throws {
        var tar = TarBytes()
        tar.add("a", "x")
        tar.end()
        for (bytes, code) in [
            (tar.gzipped, ArchiveError.Code.unsupported),
            (Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 600), .unsupported),
            (Array("<html>".utf8), .notAnArchive), ([], .notAnArchive),
            ([UInt8](repeating: 1, count: 100_000), .notAnArchive),
        ] {
            let error = try #require(throws: ArchiveError.self) {
                try walked(far: FarBytes(bytes))
            }
            #expect(error.code == code)
        }
        #expect(try walked(far: FarBytes([UInt8](repeating: 0, count: 10240))).members.isEmpty)
    }
}
