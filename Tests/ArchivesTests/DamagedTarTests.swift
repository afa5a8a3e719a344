import Archives
import Disk
import Glibc
import Support
import Testing

/// A tar of three class tars, as the training archive is one.
struct ClassTars {
    let bytes: [UInt8]
    /// Where each class's header lies, and where its data.
    let headers: [Int]
    /// Where each image's header lies, class by class.
    let images: [[Int]]

    init(perClass: Int = 4, size: Int = 3000) {
        var outer = TarBytes()
        var (headers, images): ([Int], [[Int]]) = ([], [])
        for number in 1...3 {
            var inner = TarBytes()
            var places: [Int] = []
            for image in 1...perClass {
                places.append(inner.bytes.count)
                inner.add(
                    "n0000000\(number)_\(image).JPEG", String(repeating: "\(image)", count: size))
            }
            inner.end()
            headers.append(outer.bytes.count)
            images.append(places.map { $0 + outer.bytes.count + 512 })
            outer.add(Array("n0000000\(number).tar".utf8), inner.bytes)
        }
        outer.end()
        (bytes, self.headers, self.images) = (outer.bytes, headers, images)
    }

    static func path(_ number: Int, _ image: Int) -> Path {
        Path("n0000000\(number).tar/n0000000\(number)_\(image).JPEG")
    }
}

@Suite struct DamagedTarTests {
    private let folder: HeldFolder
    private let whole = ClassTars()

    init() throws { folder = try HeldFolder() }

    @Test("a cut archive gives all that is whole, and the offset where it ends")
    func cut() throws {
        let all = try walked(folder.file("a.tar", whole.bytes)).members
        #expect(all.count == 12)
        for cut in stride(from: 513, to: whole.bytes.count, by: 97) {
            let path = try folder.file("cut.tar", Array(whole.bytes.prefix(cut)))
            let (members, outcome) = try walked(path)
            let expected = all.filter { $0.offset! + $0.size! <= Int64(cut) }
            #expect(members.filter(\.isWhole) == expected, "\(cut)")
            #expect(members.filter { !$0.isWhole }.count <= 1)
            if cut < whole.bytes.count - 1024 {
                #expect(outcome.damage?.offset == Int64(cut), "\(cut)")
                #expect(outcome.damage?.message.contains("cut.tar") == true)
            } else {
                // Cut within the end mark: as between two members, nothing is lost.
                #expect(!outcome.hasEndMark || cut >= whole.bytes.count - 512, "\(cut)")
            }
        }
    }

    @Test("a tar cut between two members is told by its missing end mark")
    func noEndMark() throws {
        let (members, outcome) = try walked(
            folder.file("cut.tar", Array(whole.bytes.prefix(whole.headers[1]))))
        #expect(members.count == 4 && outcome.damage == nil && !outcome.hasEndMark)
    }

    @Test("a destroyed header loses its own member, and no other")
    func innerHeader() throws {
        var bytes = whole.bytes
        let place = whole.images[1][1]
        bytes[place + 5] ^= 0x55
        let path = try folder.file("a.tar", bytes)
        let (members, outcome) = try walked(path)
        #expect(members.count == 11)
        #expect(!members.contains { $0.path == ClassTars.path(2, 2) })
        #expect(outcome.damage?.code == .damaged)
        #expect(outcome.damage?.offset == Int64(place))
        #expect(outcome.damageCount == 1)
        let index = try ArchiveIndex(path)
        #expect(index.damage?.offset == Int64(place))
        #expect(index.members(touching: [Int64(place)..<Int64(place + 1)]) == ["n00000002.tar"])
    }

    @Test("a destroyed header of a class loses the class's name, and none of its images")
    func outerHeader() throws {
        for number in [2, 3] {
            var bytes = whole.bytes
            let header = whole.headers[number - 1]
            bytes.replaceSubrange(header..<header + 512, with: [UInt8](repeating: 0, count: 512))
            bytes[header + 7] = number == 2 ? 0 : 9
            let path = try folder.file("a.tar", bytes)
            let (members, outcome) = try walked(path)
            let expected = (1...3).flatMap { one in
                (1...4).map { image in
                    one == number
                        ? Path("n0000000\(number)_\(image).JPEG") : ClassTars.path(one, image)
                }
            }
            #expect(members.map(\.path) == expected)
            #expect(members.allSatisfy(\.isWhole) && outcome.hasEndMark)
            #expect(outcome.damage?.offset == Int64(header))
            #expect(outcome.damageCount == 1)
            // Damage there is named by them.
            let index = try ArchiveIndex(path)
            #expect(index.containers.count == 2)
            let place = Int64(whole.images[number - 1][2])
            #expect(index.members(touching: [place..<place + 1]) == [expected[4 * number - 2]])
        }
    }

    @Test("bytes that are not proven hide what they belong to, and nothing else")
    func missing() throws {
        let path = try folder.file("a.tar", whole.bytes)
        let image = Int64(whole.images[1][1])
        // In the data; in the header; over a header and the data before it.
        let data = try walked(
            path, MemberWalk(readable: .except([image + 600..<image + 601])))
        #expect(data.members.count == 12)
        #expect(data.members.filter { !$0.isWhole }.map(\.path) == [ClassTars.path(2, 2)])
        #expect(data.outcome.missing == nil && data.outcome.damage == nil)
        let header = try walked(path, MemberWalk(readable: .except([image + 1..<image + 2])))
        #expect(header.members.count == 11 && header.members.allSatisfy(\.isWhole))
        #expect(header.outcome.missing?.offset == image && header.outcome.damage == nil)
        let both = try walked(path, MemberWalk(readable: .except([image - 700..<image + 2])))
        #expect(both.members.filter(\.isWhole).count == 10)
        let outer = Int64(whole.headers[1])
        let tar = try walked(path, MemberWalk(readable: .except([outer..<outer + 1])))
        #expect(tar.members.count == 8 && tar.outcome.missing?.offset == outer)
        let first = try walked(path, MemberWalk(readable: .except([0..<1])))
        #expect(first.members.isEmpty && first.outcome.missing?.offset == 0)
        let nothing = try walked(path, MemberWalk(readable: ReadableRanges([])))
        #expect(nothing.members.isEmpty && nothing.outcome.missing?.code == .missing)
    }

    @Test("damage is named by the members that it touches, headers and class tars included")
    func touching() throws {
        let index = try ArchiveIndex(folder.file("a.tar", whole.bytes))
        func touched(_ range: Range<Int>) -> [Path] {
            index.members(touching: [Int64(range.lowerBound)..<Int64(range.upperBound)])
        }
        let image = whole.images[1][1]
        #expect(touched(image..<image + 1) == [ClassTars.path(2, 2)])
        #expect(touched(image + 511..<image + 512) == [ClassTars.path(2, 2)])
        #expect(touched(image + 512 + 2999..<image + 512 + 3000) == [ClassTars.path(2, 2)])
        // 3000 bytes are 5 blocks and 440 bytes: the rest is padding.
        #expect(touched(image + 512 + 3000..<image + 512 + 3072) == [])
        #expect(
            touched(image + 600..<whole.images[1][3] + 1)
                == (2...4).map { ClassTars.path(2, $0) })
        #expect(
            touched(whole.headers[1]..<whole.headers[1] + 513)
                == ["n00000002.tar", ClassTars.path(2, 1)])
        #expect(touched(whole.headers[1] - 1..<whole.headers[1]) == [])
        #expect(touched(0..<whole.bytes.count).count == 15)
        #expect(touched(whole.bytes.count - 1024..<whole.bytes.count) == [])
        #expect(
            index.members(touching: [9_000_000..<9_000_001, 0..<1, 1..<2]) == ["n00000001.tar"])
        #expect(index.members(touching: []) == [])
    }

    @Test("a long name's own header belongs to its member")
    func touchingLongName() throws {
        var tar = TarBytes()
        tar.add("a", "1")
        let start = Int64(tar.bytes.count)
        let name = [UInt8](repeating: UInt8(ascii: "n"), count: 300)
        tar.addGNU(name, "two")
        tar.addPax(name, "three")
        tar.end()
        let index = try ArchiveIndex(folder.file("a.tar", tar.bytes))
        #expect(index.members(touching: [start..<start + 1]) == [Path(bytes: name)])
        #expect(index[1].headerOffset == start)
        #expect(index[1].offset == start + 3 * 512)
        #expect(index[2].headerOffset == start + 4 * 512)
        #expect((0..<3).map { index.name(of: $0).bytes.count } == [1, 300, 300])
        index.withName(of: 1) { #expect($0.elementsEqual(name)) }
    }

    @Test("a file that shrinks while it is read is an error with the offset")
    func shrinking() throws {
        let path = try folder.file("a.tar", ClassTars(perClass: 40, size: 20_000).bytes)
        var count = 0
        let outcome = try MemberWalk().run(path) { _ in
            count += 1
            if count == 10 { _ = truncate(path.description, 300_000) }
        }
        #expect(count < 20)
        #expect(outcome.damage != nil)
        // Where the next header would have been, less than a member behind the new end.
        #expect((299_488...321_000).contains(outcome.damage?.offset ?? 0))
    }

    @Test("an unreadable sector under a header is the disk's error, and the next class is read")
    func readError() throws {
        let path = try folder.file("faulty.tar", ClassTars(perClass: 4, size: 20_000).bytes)
        // 1: what kind it is; 2: the first header; 3: the first image; 4 to 6: images.
        let fault = Fault(.pread, onPathsWith: path.description, after: 4, times: 3, .failure(EIO))
        let (members, outcome) = try Faults.during([fault]) { try walked(path) }
        #expect(outcome.damage?.code == .disk)
        #expect(outcome.damage?.disk?.code == .io)
        #expect(outcome.damage?.offset != nil)
        #expect(
            members.suffix(8).map(\.path)
                == (2...3).flatMap { number in
                    (1...4).map { ClassTars.path(number, $0) }
                })
        #expect(members.count == 11)
    }

    @Test("short reads make no difference")
    func shortReads() throws {
        let path = try folder.file("slow.tar", whole.bytes)
        let fault = Fault(.pread, onPathsWith: path.description, times: 100_000, .short(7))
        let (members, outcome) = try Faults.during([fault]) { try walked(path) }
        #expect(members.count == 12 && outcome.damage == nil)
    }

    @Test("zeros in the middle are no end: what was never written must not look whole")
    func zeros() throws {
        let large = ClassTars(perClass: 40, size: 20_000)
        var bytes = large.bytes
        for place in large.headers[1]..<large.headers[1] + 300_000 { bytes[place] = 0 }
        let path = try folder.file("holes.tar", bytes)
        let (members, outcome) = try walked(path)
        #expect(outcome.damage?.offset == Int64(large.headers[1]))
        #expect(members.filter { $0.path.hasSuffix("_40.JPEG") }.count == 3)
        let nothing = try folder.file("nothing.tar", [UInt8](repeating: 0, count: 2 << 20))
        let error = #expect(throws: ArchiveError.self) { try walked(nothing) }
        #expect(error?.code == .notAnArchive)
    }

    @Test("random damage never traps, always ends, and the index stands it too")
    func flippedBytes() throws {
        var random = SeededNumbers(seed: 11)
        var tar = TarBytes()
        tar.addPax(Array("pax".utf8), "some data")
        tar.addGNU(Array("gnu".utf8), "more")
        tar.add(Array("inner.tar".utf8), ClassTars(perClass: 2, size: 100).bytes)
        tar.end()
        for _ in 0..<400 {
            var bytes = tar.bytes
            for _ in 0..<4 { bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << 5 }
            let path = try folder.file("f.tar", bytes)
            guard let (members, _) = try? walked(path) else { continue }
            #expect(members.count <= 40)
            let index = try ArchiveIndex(path)
            #expect(index.count == members.count)
            let end = Int64(bytes.count)
            let start = Int64.random(in: 0..<end, using: &random)
            _ = index.members(touching: [start..<end, 0..<start])
            for number in 0..<index.count {
                #expect(index[number].offset + index[number].size <= end || !index[number].isWhole)
            }
        }
    }
}
