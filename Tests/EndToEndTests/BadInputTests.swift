import Disk
import Glibc
import Support
import Testing

/// Archives that were made to take all memory, and folders that are called like archives.
@Suite(.waiting) struct BadInputTests {
    private let folder: HeldFolder

    init() throws { folder = try HeldFolder() }

    /// Makes `bomb.tar.gz` from `SCRIPT`, which writes a tar to `out`.
    private func bomb(_ script: String) throws -> Path {
        let path = folder.path.appending("bomb.tar.gz")
        let whole = """
            import gzip, tarfile
            out = gzip.open("\(path)", "wb", 1)
            \(script)
            out.close()
            """
        let made = try run("python3", ["-c", whole])
        try #require(made.status == 0, "\(made.errors)")
        return path
    }

    /// Runs `list`, and tells how much memory it took at the most.
    private func list(
        _ path: Path, _ words: String...
    ) throws -> (result: CommandResult, mebibytes: Int) {
        let script = """
            import resource, subprocess, sys
            status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
            sys.exit(status)
            """
        let result = try run(
            "python3", ["-c", script, Binary.absolute, "list", path.description] + words)
        let last = result.output.split(separator: "\n").last.flatMap { Int($0) }
        return (result, try #require(last))
    }

    @Test("a member of a gibibyte of zeros in a mebibyte takes no memory")
    func zeros() throws {
        let path = try bomb(
            """
            info = tarfile.TarInfo("zeros"); info.size = 1 << 30
            out.write(info.tobuf())
            block = bytes(1 << 20)
            for _ in range(1 << 10): out.write(block)
            out.write(bytes(1024))
            """)
        #expect(try FileDescriptor(path, .reading).size() < 8 << 20)
        let (result, mebibytes) = try list(path)
        #expect(result.status == 0, "\(result.errors)")
        #expect(mebibytes < 96)
    }

    @Test(
        "neither do a hundred thousand members, nor headers without an end",
        .disabled(if: Binary.isWatched), arguments: [0, 1, 2])
    func headers(_ kind: Int) throws {
        let scripts = [
            """
            one = tarfile.TarInfo("n" * 99).tobuf()
            for _ in range(100000): out.write(one)
            out.write(bytes(1024))
            """,
            // Names of 60 KiB each, of members that never come.
            """
            info = tarfile.TarInfo("x"); info.type = b"L"; info.size = 60 << 10
            one = info.tobuf() + b"n" * (60 << 10)
            for _ in range(5000): out.write(one)
            """,
            // The map of a sparse file that goes on and on.
            """
            info = tarfile.TarInfo("x"); info.type = b"S"
            head = bytearray(info.tobuf(tarfile.GNU_FORMAT)); head[482] = 1
            head[148:156] = b" " * 8
            head[148:156] = b"%06o\\0 " % sum(head)
            out.write(head)
            block = bytearray(512); block[504] = 1
            for _ in range(200): out.write(block * 2000)
            """,
        ]
        let (result, mebibytes) = try list(try bomb(scripts[kind]), "--json")
        #expect(result.status == (kind == 0 ? 0 : 3), "\(result.errors)")
        #expect(mebibytes < 96)
    }

    @Test("a checksum list with a byte-order mark and an odd name is good for its other lines")
    func oddList() throws {
        let folder = try TemporaryFolder()
        try folder.write("a", to: "tar/a.tar")
        let digest = "0cc175b9c0f1b6a831c399e269772661"
        try folder.write("\u{FEFF}\(digest)  a.tar\n\(digest)  ../b.tar\n", to: "MD5SUMS")
        let list = folder["MD5SUMS"]
        let result = try run(
            Binary.absolute,
            ["verify", "--manifest", list.description, "--data", folder[""].description])
        #expect(result.status == 0 && result.output == "a.tar: OK (md5)\n")
        let line =
            "imagenet-fetch: warning: ignored line 2 of \(list): the name ../b.tar leads "
        #expect(result.errors == line + "out of the folder\n")
    }

    @Test("an archive without members is said to have none")
    func empty() throws {
        let path = try folder.file("none.tar", [UInt8](repeating: 0, count: 10240))
        let result = try run(Binary.absolute, ["list", path.description])
        #expect(result.status == 0 && result.output.isEmpty)
        #expect(result.errors == "imagenet-fetch: warning: \(path) is empty\n")
    }

    @Test(
        "a folder called like an archive is no crash and one line",
        arguments: ["list", "verify", "repair", "untar"])
    func folderAsArchive(_ command: String) throws {
        let path = folder.path.appending("tar/ILSVRC2012_img_val.tar")
        _ = try Folder.creating(path)
        for target in [path, path.parent] where command != "untar" || target == path {
            let words = command == "repair" ? ["--no-dht", "--sources", "mirrors"] : []
            let result = try run(
                Binary.absolute,
                [command, target.description, "--data", folder.path.description] + words)
            #expect([2, 3].contains(result.status), "\(result.status) \(result.errors)")
            let lines = result.errors.split(separator: "\n")
            #expect(lines.count { $0.hasPrefix("imagenet-fetch: error: ") } == 1)
            #expect(lines.allSatisfy { $0.hasPrefix("imagenet-fetch: ") || $0.hasPrefix("hint: ") })
        }
        #expect(try Folder(path).entries().isEmpty)
    }
}
