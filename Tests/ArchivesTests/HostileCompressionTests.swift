import Archives
import Disk
import Support
import Testing

/// Compressed archives that were made to take all time and memory there is, and what is sound though
/// it looks odd.
@Suite(.timeLimit(.minutes(2))) struct HostileCompressionTests {
    private let folder: HeldFolder

    init() throws { folder = try HeldFolder() }

    /// Runs Python, which writes `a`; `tar` is a tar of two members, `head(N)` the header of one with
    /// so many bytes, and `gz(FLAGS, FIELDS, DATA)` a gzip with what its header may hold.
    private func made(_ script: String) throws -> Path {
        let path = folder.path.appending("a")
        let whole = """
            import bz2, gzip, io, lzma, struct, subprocess, tarfile, zipfile, zlib
            def head(size):
                info = tarfile.TarInfo("m"); info.size = size
                return info.tobuf(tarfile.GNU_FORMAT)
            tar = head(3) + b"one".ljust(512, b"\\0") + head(3) + b"two".ljust(512, b"\\0") + bytes(1024)
            def gz(flags, fields, data):
                start = b"\\x1f\\x8b\\x08" + bytes([flags]) + bytes(6) + fields
                if flags & 2: start += struct.pack("<H", zlib.crc32(start) & 0xffff)
                c = zlib.compressobj(9, zlib.DEFLATED, -15)
                return (start + c.compress(data) + c.flush()
                    + struct.pack("<II", zlib.crc32(data), len(data)))
            out = open("\(path)", "wb")
            \(script)
            out.close()
            """
        let result = try run("python3", ["-c", whole])
        try #require(result.status == 0, "\(result.errors)")
        return path
    }

    @Test(
        "names, comments and other fields of a gzip's header are passed over, as are empty parts",
        arguments: [
            "gz(4, struct.pack('<H', 65535) + b'e' * 65535, tar)",
            "gz(8, b'name\\0', tar)", "gz(16, b'comment' * 100000 + b'\\0', tar)",
            "gz(2, b'', tar)", "gz(30, struct.pack('<H', 1) + b'e' + b'n\\0' + b'c\\0', tar)",
            "gz(0, b'', b'') * 10000 + gz(8, b'n\\0', tar)",
            "gz(0, b'', tar[:700]) + gz(8, b'n\\0', tar[700:])",
            "gz(0, b'', tar) + bytes(5000)", "gz(0, b'', tar) + b'something else'",
            "bz2.compress(tar[:700]) + bz2.compress(tar[700:])",
            "lzma.compress(tar[:700]) + bytes(8) + lzma.compress(tar[700:])",
            "b'\\x50\\x2a\\x4d\\x18\\2\\0\\0\\0ab' + subprocess.run(['zstd', '-c'], input=tar, "
                + "capture_output=True).stdout",
        ])
    func odd(_ script: String) throws {
        let path = try made("out.write(\(script))")
        let (members, outcome) = try walked(path)
        #expect(members.count == 2 && outcome.damage == nil && outcome.hasEndMark)
        var reader = try ArchiveReader(path)
        _ = try reader.next()
        #expect(try reader.contents(limit: 9) == Array("one".utf8))
        _ = try reader.next()
        #expect(try reader.contents(limit: 9) == Array("two".utf8))
        #expect(try reader.next() == nil && reader.hasEndMark)
    }

    @Test(
        "what is compressed twice, in whatever ways, is no archive: only one is undone",
        arguments: ["gzip", "bz2", "lzma"], ["gzip", "bz2", "lzma"])
    func twice(_ outer: String, _ inner: String) throws {
        let path = try made("out.write(\(outer).compress(\(inner).compress(tar)))")
        let error = #expect(throws: ArchiveError.self) { try walked(path) }
        #expect(error?.code == .notAnArchive && error?.message.contains("holds no tar") == true)
        #expect(throws: try #require(error)) { _ = try ArchiveReader(path) }
    }

    @Test("a gzip whose header does not end is damaged", arguments: [8, 16])
    func endlessHeader(_ flags: Int) throws {
        let path = try made(
            "out.write(b'\\x1f\\x8b\\x08' + bytes([\(flags)]) + bytes(6)); "
                + "out.write(b'A' * (40 << 20))")
        let error = #expect(throws: ArchiveError.self) { try walked(path) }
        #expect(error?.code == .damaged && error?.message.hasSuffix("header has no end") == true)
        #expect((error?.offset ?? .max) < 32 << 20)
    }

    @Test(
        "a thousand times as much as there is comes out of no archive",
        arguments: ["bz2.BZ2Compressor()", "lzma.LZMACompressor(preset=0)"])
    func bombs(_ compressor: String) throws {
        let path = try made(
            "c = \(compressor); out.write(c.compress(head(1 << 40))); "
                + "out.writelines(c.compress(bytes(10 << 20)) for _ in range(20)); "
                + "out.write(c.flush())")
        let (members, outcome) = try walked(path)
        #expect(members.count == 1 && outcome.damage?.code == .tooLarge)
        #expect(outcome.damage?.message.contains("a thousand times as many") == true)
        var reader = try ArchiveReader(path)
        _ = try reader.next()
        let error = #expect(throws: ArchiveError.self) { _ = try reader.contents(limit: 1 << 40) }
        #expect(error?.code == .tooLarge)
    }

    @Test(
        "a window that takes more memory than an archive may is refused",
        arguments: [
            "lzma.compress(tar, filters=[{'id': lzma.FILTER_LZMA2, 'dict_size': 1 << 30}])",
            "subprocess.run(['zstd', '-c', '--ultra', '--long=31'], input=bytes(1 << 20), "
                + "capture_output=True).stdout",
        ])
    func window(_ script: String) throws {
        let path = try made("out.write(\(script))")
        let error = #expect(throws: ArchiveError.self) { try walked(path) }
        #expect(error?.code == .tooLarge && error?.message.contains("more memory") == true)
    }

    @Test("a member of a zip that comes to a thousand times the archive is refused")
    func zip() throws {
        let path = try made(
            "z = zipfile.ZipFile(out, 'w', zipfile.ZIP_BZIP2); z.writestr('m', bytes(200 << 20)); "
                + "z.close()")
        #expect(try walked(path).members.count == 1)
        var reader = try ArchiveReader(path)
        _ = try reader.next()
        let error = #expect(throws: ArchiveError.self) { _ = try reader.contents(limit: 1 << 40) }
        #expect(error?.code == .tooLarge)
    }

    @Test("a file with holes is told, and its data not read")
    func holes() throws {
        let script = "truncate -s 1M s; tar -S -cf s.tar s"
        let result = try run("bash", ["-ec", script], in: folder.path.description)
        try #require(result.status == 0, "\(result.errors)")
        var reader = try ArchiveReader(folder.path.appending("s.tar"))
        let entry = try reader.next()
        #expect(entry?.isSparse == true && entry?.size == 1 << 20)
        let error = #expect(throws: ArchiveError.self) { _ = try reader.contents(limit: 9) }
        #expect(error?.code == .unsupported)
    }
}
