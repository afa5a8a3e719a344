import Disk
import Support
import Testing

@testable import DatasetExport

@Suite struct TarWriterTests {
    private static let attributes = TarWriter.Attributes(
        mode: 0o640, owner: 12, group: 34, modified: 1_339_632_000)

    /// What GNU tar makes of the files of a folder, in ustar form.
    private func gnuTar(_ folder: borrowing TemporaryFolder, _ names: [String]) throws -> [UInt8] {
        let path = folder.path.description
        _ = try lines(
            of: "tar",
            [
                "--format=ustar", "--owner=12", "--group=34", "--numeric-owner", "--mode=640",
                "--mtime=@1339632000", "--no-recursion", "-C", "\(path)/in",
                "-cf", "\(path)/out.tar",
            ] + names)
        return try folder.read("out.tar")
    }

    @Test(
        "a tar has the bytes that GNU tar writes, whatever the sizes",
        arguments: [[0], [1], [511, 512, 513], [10240 - 1536], [10240 - 1535, 7], [70_000]])
    func sameAsGNU(sizes: [Int]) throws {
        let folder = try TemporaryFolder()
        var tar = TarWriter(Self.attributes)
        for (index, size) in sizes.enumerated() {
            let bytes = [UInt8](repeating: UInt8(65 + index), count: size)
            try folder.write(bytes, to: "in/\(index)")
            try tar.append(Path("\(index)"), bytes)
        }
        tar.finish()
        let length = tar.length
        let written = tar.take()
        #expect(Int64(written.count) == length)
        #expect(written == (try gnuTar(folder, sizes.indices.map(String.init))))
    }

    @Test("a template writes the same headers, long names included")
    func template() throws {
        let template = try TarWriter.HeaderTemplate(Self.attributes)
        for (stem, size) in [
            ("a", 0), ("n01440764_10026", 511), (String(repeating: "b", count: 96), 1 << 33 - 1),
            (String(repeating: "c", count: 60) + "/" + String(repeating: "d", count: 60), 8),
        ] {
            // After something else, as in a shard.
            var bytes: [UInt8] = [1, 2, 3]
            try template.append(ArraySlice(Array(stem.utf8)), ".jpg", size: size, to: &bytes)
            let whole = try TarWriter.header(
                Path(stem + ".jpg"), size: Int64(size), Self.attributes)
            #expect(Array(bytes.dropFirst(3)) == whole)
        }
    }

    @Test("a long path goes into two fields as GNU tar splits it", arguments: [99, 100, 101, 200])
    func longNames(length: Int) throws {
        let folder = try TemporaryFolder()
        let name =
            String(repeating: "a", count: 90) + "/" + String(repeating: "b", count: length - 91)
        guard length - 91 <= 100 else {
            #expect(throws: ExportError.self) { try TarWriter.header(Path(name), size: 1, .init()) }
            return
        }
        try folder.write("x", to: "in/\(name)")
        var tar = TarWriter(Self.attributes)
        try tar.append(Path(name), Array("x".utf8))
        tar.finish()
        #expect(tar.take() == (try gnuTar(folder, [name])))
    }

    @Test("a folder has a slash, no data and a mode that lets people in")
    func folders() throws {
        var tar = TarWriter(Self.attributes)
        try tar.appendFolder("test")
        let block = tar.take()
        #expect(block.count == 512)
        #expect(block.starts(with: Array("test/\0".utf8)))
        #expect(block[156] == UInt8(ascii: "5"))
        #expect(block[100..<107].elementsEqual("0000751".utf8))
    }

    @Test("names and numbers for which ustar has no room are refused")
    func refusals() {
        for name in [
            "", String(repeating: "x", count: 101), "/" + String(repeating: "x", count: 100),
        ] {
            #expect(throws: ExportError.self) { try TarWriter.header(Path(name), size: 0, .init()) }
        }
        for size in [-1, 1 << 33, .max] as [Int64] {
            #expect(throws: ExportError.self) { try TarWriter.header("a", size: size, .init()) }
        }
        #expect(throws: Never.self) { try TarWriter.header("a", size: 1 << 33 - 1, .init()) }
    }

    @Test("taking bytes away does not change what follows")
    func taking() throws {
        var whole = TarWriter()
        var parts = TarWriter()
        var taken: [UInt8] = []
        for index in 0..<40 {
            let bytes = [UInt8](repeating: 1, count: index * 37)
            try whole.append(Path("m\(index)"), bytes)
            try parts.append(Path("m\(index)"), bytes)
            if index % 3 == 0 { taken += parts.take() }
        }
        whole.finish()
        parts.finish()
        #expect(taken + parts.take() == whole.take())
    }
}
