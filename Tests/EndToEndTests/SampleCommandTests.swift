import Disk
import Glibc
import Support
import Testing

@Suite(.waiting) struct SampleCommandTests {
    private func make(_ folder: borrowing TemporaryFolder, _ more: String...) throws
        -> CommandResult
    {
        let size = ["--classes", "3", "--per-class", "4", "--val", "6", "--test", "4"]
        return try Support.run(
            try #require(realpathOf(Binary.path)),
            ["sample", folder["s"].description] + size + more)
    }

    private func realpathOf(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    @Test("the digests of a sample are what the system's programs say, through a list of ours")
    func digests() throws {
        let folder = try TemporaryFolder()
        #expect(try make(folder).status == 0)
        let manifest = folder["s/manifest.json"].description
        for (kind, program) in [
            ("md5", "md5sum"), ("sha1", "sha1sum"), ("sha256", "sha256sum"), ("xxh64", "xxh64sum"),
        ] {
            let list = try Binary.run(
                "manifest", "show", "--manifest", manifest, "--checksums", kind)
            #expect(list.status == 0)
            try folder.write(list.output, to: "list")
            let check = try run(
                program, ["-c", folder["list"].description], in: folder["s/tar"].description)
            #expect(check.status == 0)
            #expect(check.output.split(separator: "\n").count { $0.hasSuffix(": OK") } == 7)
        }
    }

    @Test("again it is there already, and other options are refused without touching it")
    func again() throws {
        let folder = try TemporaryFolder()
        #expect(try make(folder).output.contains("made (7 archives"))
        let before = try folder.read("s/manifest.json")
        #expect(try make(folder).output.contains("already there"))
        let other = try make(folder, "--seed", "7")
        #expect(other.status == 2)
        #expect(other.errors.contains("hint: "))
        #expect(try folder.read("s/manifest.json") == before)
    }

    @Test("Ctrl-C ends it by the signal and leaves nothing")
    func interrupted() throws {
        let folder = try TemporaryFolder()
        let result = try run(
            "timeout",
            [
                "--foreground", "--signal=INT", "0.3", Binary.path, "sample",
                folder["s"].description,
                "--classes", "50", "--per-class", "100", "--quiet",
            ])
        // timeout(1) says 124 when it had to send the signal; without --foreground it sends it twice,
        // and the second one ends everything at once.
        #expect(result.status == 124)
        #expect(try !folder.names().contains("s") || folder.names(in: "s").isEmpty)
    }

    // 150 GiB of pictures: no test for a machine that has the room.
    private static let isSmallDisk = ((try? Folder("/tmp").freeSpace().bytes) ?? 0) < 150 << 30

    @Test("a disk too small is refused before the first byte", .enabled(if: isSmallDisk))
    func noSpace() throws {
        let folder = try TemporaryFolder()
        let result = try Binary.run(
            "sample", folder["s"].description, "--classes", "1000", "--per-class", "1300",
            "--val", "50000", "--test", "100000")
        #expect(result.status == 4)
        #expect(result.errors.contains("GiB"))
        #expect(try folder.names().isEmpty)
    }

    @Test("what another program cannot hear is no error: a closed pipe")
    func closedPipe() throws {
        let folder = try TemporaryFolder()
        let result = try run(
            "bash",
            [
                "-c",
                "set -o pipefail; '\(Binary.path)' manifest show --json | head -n 1 >/dev/null",
            ])
        #expect(result.status == 0)
        #expect(result.errors == "")
        _ = folder
    }
}
