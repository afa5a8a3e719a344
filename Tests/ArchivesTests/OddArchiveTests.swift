import Archives
import Disk
import Support
import Testing

/// Files that other programs take for a tar or a zip, and that used to be taken for an empty one, or
/// for a login page.
@Suite struct OddArchiveTests {
    private let folder: HeldFolder

    init() throws { folder = try HeldFolder() }

    @Test(
        "a folder of old writers has a size and nothing behind it, or its data: nothing is swallowed",
        arguments: [0, 700])
    func folderWithSize(_ count: Int) throws {
        var tar = TarBytes()
        tar.add("a", "1")
        tar.add(
            Array("d/".utf8), [UInt8](repeating: 0x61, count: count), type: "\0",
            size: "00000001274")
        tar.add("c", "3")
        tar.end()
        for bytes in [tar.bytes, tar.gzipped] {
            let (members, outcome) = try walked(folder.file("v7.tar", bytes))
            #expect(members.map(\.path) == ["a", "d/", "c"])
            #expect(outcome.damage == nil && outcome.hasEndMark)
        }
    }

    @Test("rubbish behind the end mark is damage, in a file as in a stream")
    func padding() throws {
        var tar = TarBytes()
        tar.add("a", "1")
        tar.end()
        let zeros = [UInt8](repeating: 0, count: 9000)
        for (more, isSound) in [
            ([], true), (zeros, true), ([1], false), (zeros + [1], false),
            (zeros + [1] + zeros, false),
        ] {
            var whole = tar
            whole.append(more)
            for bytes in [whole.bytes, whole.gzipped] {
                let (members, outcome) = try walked(folder.file("p.tar", bytes))
                #expect(members.map(\.path) == ["a"])
                #expect((outcome.damage == nil) == isSound, "\(more.count)")
                #expect(outcome.hasEndMark)
            }
        }
    }

    @Test("zeros with something else behind them are no empty tar: an image of a disc, say")
    func zerosAndMore() throws {
        for count in [512, 32 << 10, 1 << 20] {
            let zeros = [UInt8](repeating: 0, count: count)
            let path = try folder.file("disc.iso", zeros + Array("\u{1}CD001".utf8) + zeros)
            let error = #expect(throws: ArchiveError.self) { try walked(path) }
            #expect(error?.code == .notAnArchive)
            #expect(throws: ArchiveError.self) { _ = try ArchiveReader(path) }
        }
        // A tar without members, as tar writes it.
        let (members, outcome) = try walked(
            folder.file("none.tar", [UInt8](repeating: 0, count: 10240)))
        #expect(members.isEmpty && outcome.damage == nil && outcome.hasEndMark)
    }

    @Test("a zip behind other bytes is called one, and how to unpack it is said")
    func selfExtracting() throws {
        for start in ["MZ", "#!/bin/sh\n", "\u{7F}ELF"] {
            let filler = Array((start + String(repeating: "x", count: 3000)).utf8)
            let path = try folder.file("setup.exe", filler + Golden.zip)
            let error = #expect(throws: ArchiveError.self) { try walked(path) }
            #expect(error?.code == .notAnArchive)
            #expect(error?.message.contains("before its zip") == true)
            #expect(error?.hint?.contains("python3 -m zipfile -e \(path) unpacked") == true)
        }
    }
}
