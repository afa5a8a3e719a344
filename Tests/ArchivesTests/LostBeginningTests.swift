import Archives
import Disk
import Glibc
import Support
import Testing

/// Archives of which the first bytes are lost: the rest of them is there, and is shown.
@Suite struct LostBeginningTests {
    private let folder: HeldFolder
    private let tars = ClassTars()

    init() throws { folder = try HeldFolder() }

    /// What stands in place of the first bytes of an archive.
    enum Loss: String, CaseIterable, Sendable {
        case oneBit, header, page, zeros, manyZeros

        func done(to bytes: [UInt8], at place: Int = 0) -> [UInt8] {
            var bytes = bytes
            var numbers = SeededNumbers(seed: 3)
            func put(_ new: [UInt8]) { bytes.replaceSubrange(place..<place + new.count, with: new) }
            switch self {
            case .oneBit: bytes[place + 5] ^= 1
            case .header: put(numbers.bytes(512))
            case .page: put(Array("<!DOCTYPE html>".utf8) + numbers.bytes(1300))
            case .zeros: put([UInt8](repeating: 0, count: 512))
            case .manyZeros: put([UInt8](repeating: 0, count: 1700))
            }
            return bytes
        }
    }

    private func images(_ count: Int, of size: Int) -> [UInt8] {
        var tar = TarBytes()
        for number in 1...count {
            tar.add("val_\(number).JPEG", String(repeating: "\(number)", count: size))
        }
        tar.end()
        return tar.bytes
    }

    @Test("a tar whose first header is lost shows all other members", arguments: Loss.allCases)
    func images(_ loss: Loss) throws {
        // The second is longer than what is padding.
        for size in [2000, 800_000] {
            let bytes = images(4, of: size)
            let all = try walked(folder.file("whole.tar", bytes)).members
            let path = try folder.file("val.tar", loss.done(to: bytes))
            let (members, outcome) = try walked(path)
            #expect(members == Array(all.dropFirst()))
            #expect(outcome.hasOffsets)
            #expect(outcome.damage?.code == .damaged && outcome.damage?.offset == 0)
            #expect(outcome.damage?.message.contains("val.tar beyond byte 0: ") == true)
            #expect(outcome.damageCount == 1)
        }
    }

    @Test("of class tars, those behind the lost header, and the first one's images by their names")
    func classes() throws {
        for loss in Loss.allCases {
            let path = try folder.file("train.tar", loss.done(to: tars.bytes))
            let (members, outcome) = try walked(path)
            // The longest loss takes the first image's header too.
            let first = [.page, .manyZeros].contains(loss) ? 2 : 1
            let expected =
                (first...4).map { Path("n00000001_\($0).JPEG") }
                + (2...3).flatMap { number in (1...4).map { ClassTars.path(number, $0) } }
            #expect(members.map(\.path) == expected, "\(loss)")
            #expect(outcome.damage?.offset == 0)
            let flat = try walked(path, MemberWalk(entersTars: false)).members.map(\.path)
            #expect(flat.suffix(2) == ["n00000002.tar", "n00000003.tar"])
            let index = try ArchiveIndex(path)
            #expect(index.damage?.offset == 0)
            let place = Int64(tars.images[0][2])
            #expect(index.members(touching: [0..<place + 1]).last == "n00000001_3.JPEG")
        }
    }

    @Test(
        "a class tar whose own first header is lost is one all the same", arguments: Loss.allCases)
    func inside(_ loss: Loss) throws {
        let place = tars.images[1][0]
        let path = try folder.file("train.tar", loss.done(to: tars.bytes, at: place))
        let (members, outcome) = try walked(path)
        #expect(members.count == 11)
        #expect(!members.contains { $0.path == ClassTars.path(2, 1) || $0.path.hasSuffix(".tar") })
        #expect(outcome.damage?.offset == Int64(place))
        let index = try ArchiveIndex(path)
        #expect(index.containers.map(\.members.count) == [4, 3, 4])
        let lost = Int64(place)..<Int64(place + 1)
        #expect(index.members(touching: [lost]) == ["n00000002.tar"])
    }

    @Test("a header of a class that is lost gives no images to the archive itself")
    func flat() throws {
        var bytes = tars.bytes
        bytes[tars.headers[1] + 5] ^= 1
        let path = try folder.file("train.tar", bytes)
        let (members, outcome) = try walked(path, MemberWalk(entersTars: false))
        #expect(members.map(\.path) == ["n00000001.tar", "n00000003.tar"])
        #expect(outcome.damage?.offset == Int64(tars.headers[1]))
    }

    @Test("a sector that cannot be read hides what is in it, at the beginning and elsewhere")
    func sectors() throws {
        let bytes = images(6, of: 20_000)
        let path = try folder.file("faulty.tar", bytes)
        let first = Fault(
            .pread, onPathsWith: path.description, times: .max, in: 0..<4096, .failure(EIO))
        let begun = try Faults.during([first]) { try walked(path) }
        #expect(begun.outcome.damage?.disk?.code == .io && begun.outcome.damage?.offset == 0)
        #expect(begun.members.map(\.path) == (2...6).map { Path("val_\($0).JPEG") })
        let header = Int64(3 * (512 + 20_480))
        let later = Fault(
            .pread, onPathsWith: path.description, times: .max, in: header..<header + 4096,
            .failure(EIO))
        let (members, outcome) = try Faults.during([later]) { try walked(path) }
        #expect(outcome.damage?.disk?.code == .io && outcome.damage?.offset == header)
        #expect(members.map(\.path) == [1, 2, 3, 5, 6].map { Path("val_\($0).JPEG") })
        // What is read ahead, and lies on such a sector, costs nothing of what is before it.
        let data = Fault(
            .pread, onPathsWith: path.description, times: .max, in: header + 512..<header + 4096,
            .failure(EIO))
        let ahead = try Faults.during([data]) { try walked(path) }
        #expect(ahead.members.count == 6 && ahead.outcome.damage == nil)
        // A disk that gives nothing any more does not keep anybody for ever.
        let dead = Fault(
            .pread, onPathsWith: path.description, times: .max, in: 512..<Int64.max, .failure(EIO))
        let end = try Faults.during([dead]) { try walked(path) }
        #expect(end.members.count == 1 && end.outcome.damage?.disk?.code == .io)
        let nothing = Fault(.pread, onPathsWith: path.description, times: .max, .failure(EIO))
        let error = Faults.during([nothing]) {
            #expect(throws: ArchiveError.self) { try walked(path) }
        }
        #expect(error?.disk?.code == .io)
    }

    @Test("what neither looks like a tar nor is called one is refused as before")
    func others() throws {
        var old = TarBytes()
        for number in 1...3 { old.add(Array("m\(number)".utf8), [1], magic: "") }
        old.end()
        let lost = Loss.header.done(to: old.bytes)
        #expect(try walked(folder.file("old.tar", lost)).members.map(\.path) == ["m2", "m3"])
        let error = #expect(throws: ArchiveError.self) { try walked(folder.file("old.bin", lost)) }
        #expect(error?.code == .notAnArchive)
        var numbers = SeededNumbers(seed: 4)
        for noise in [numbers.bytes(300_000), Array("<html>".utf8) + numbers.bytes(900)] {
            let error = #expect(throws: ArchiveError.self) {
                try walked(folder.file("noise.tar", noise))
            }
            #expect(error?.code == .notAnArchive)
        }
        // A lone member's header: nothing can be shown, and it is a tar.
        let (members, outcome) = try walked(
            folder.file("one.dat", Loss.oneBit.done(to: images(1, of: 700))))
        #expect(members.isEmpty && outcome.damage?.offset == 0)
    }

    @Test("a tar whose first name begins as a zip does is a tar")
    func zipName() throws {
        var tar = TarBytes()
        tar.add("PKG-INFO", "1")
        tar.add("caf\u{65}\u{301}", "2")
        tar.end()
        let (members, outcome) = try walked(folder.file("p.tar", tar.bytes))
        #expect(members.map(\.path) == ["PKG-INFO", "caf\u{65}\u{301}"])
        #expect(outcome.hasOffsets && members.allSatisfy { $0.offset != nil })
        var reader = try ArchiveReader(folder.file("p.tar", tar.bytes))
        #expect(try reader.next()?.path == "PKG-INFO")
        #expect(try reader.next()?.path == "caf\u{65}\u{301}")
    }
}
