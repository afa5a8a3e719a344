import Disk
import Glibc
import Support
import Testing

/// What a run leaves out, and how it says so: files to be got by hand, and those that are refused.
@Suite(.waiting) struct FetchPlanCommandTests {
    private final class Rig {
        let folder: TemporaryFolder

        init(_ files: String) throws {
            folder = try TemporaryFolder()
            try folder.write(
                "{\"schema\":\"imagenet-fetch.manifest/1\",\"name\":\"own\",\"files\":[\(files)]}",
                to: "own.json")
            try folder.write("0123456789", to: "mirror/a.bin")
        }

        /// One file that a mirror has, and two to be got by hand, one of them beside it.
        static func byHand() throws -> Rig {
            let md5 = "781e5e245d69b566979b86e28d23f2c7"
            return try Rig(
                """
                {"name":"a.bin","part":"a","size":10,"md5":"\(md5)"},
                {"name":"b.bin","part":"b","size":10,"md5":"\(md5)","source":"manual",
                "how":"ask them"},
                {"name":"c.bin","part":"a","source":"manual"}
                """)
        }

        func run(_ command: String, _ more: String...) throws -> CommandResult {
            let words = [
                "--manifest", folder["own.json"].description, "--data",
                folder["data"].description,
            ]
            return try Support.run(Binary.absolute, [command] + words + more)
        }

        func fetch(_ more: String...) throws -> CommandResult {
            let words = [
                "fetch", "--manifest", folder["own.json"].description, "--data",
                folder["data"].description, "--reserve", "0", "--sources", "mirrors", "--mirror",
                "\(folder["mirror"])/",
            ]
            return try Support.run(Binary.absolute, words + more)
        }
    }

    @Test("a file to be got by hand is missed when it was meant, and passed over when it was not")
    func byHand() throws {
        let rig = try Rig.byHand()
        let both = try rig.fetch("--only", "a.bin,b.bin", "--json")
        #expect(both.status == 13, "\(both.errors)")
        let failed = Events(both.output).events("failed")
        #expect(failed.count == 1 && failed[0].contains("\"file\":\"b.bin\""))
        #expect(both.errors.contains("b.bin: it must be downloaded by hand\nhint: ask them"))
        let alone = try rig.fetch("--only", "b")
        #expect(alone.status == 5, "\(alone.errors)")
        // Of a part that has others, and of all, it is only named.
        for words in [["--only", "a"], ["--all"], []] {
            let result = try Support.run(
                Binary.absolute,
                [
                    "fetch", "--manifest", rig.folder["own.json"].description, "--data",
                    rig.folder["data"].description,
                ] + words)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.errors.contains("c.bin must be downloaded by hand"))
            #expect(!result.errors.contains("error"))
        }
        #expect(try rig.run("status", "--all", "--check").status == 0)
        #expect(try rig.run("status", "--only", "a", "--check").status == 0)
        #expect(try rig.run("status", "--only", "b.bin", "--check").status == 3)
    }

    @Test("what lies in its place is looked at, its size first")
    func wrongByHand() throws {
        let rig = try Rig.byHand()
        #expect(try rig.fetch("--only", "a").status == 0)
        try rig.folder.write("01234", to: "data/tar/b.bin")
        let short = try rig.fetch("--only", "b.bin")
        #expect(short.status == 3, "\(short.errors)")
        #expect(
            short.errors.contains("b.bin has 5 bytes, not 10, and it must be downloaded by hand"))
        #expect(short.errors.contains("hint: ask them"))
        let all = try rig.fetch("--all")
        #expect(all.status == 0)
        #expect(all.errors.contains("by hand (the copy there has 5 bytes): ask them"))
        let status = try rig.run("status", "--all", "--check")
        #expect(status.status == 3)
        #expect(status.output.contains("wrong size (5 B), download it by hand"))
        #expect(try rig.run("status", "--json").output.contains("\"state\":\"wrong-size\""))

        try rig.folder.write("012345678X", to: "data/tar/b.bin")
        let wrong = try rig.fetch("--only", "b.bin")
        #expect(wrong.status == 3, "\(wrong.errors)")
        #expect(wrong.errors.contains("b.bin is not what the manifest says"))
        #expect(try rig.run("status", "--all", "--check").status == 3)

        try rig.folder.write("0123456789", to: "data/tar/b.bin")
        #expect(try rig.fetch("--only", "b.bin").output == "b.bin: verified (already there)\n")
        #expect(try rig.run("status", "--only", "b.bin", "--check").status == 0)
        #expect(try !rig.fetch("--all").errors.contains("b.bin"))
    }

    @Test("a dry run tells what is refused, why, and ends as the run would")
    func refused() throws {
        let rig = try Rig(#"{"name":"a.bin","part":"a"},{"name":"b.bin","part":"b","size":3}"#)
        for words in [["--only", "a"], ["--only", "a", "--json"], ["--all"]] {
            let run = { (more: [String]) in
                try Support.run(
                    Binary.absolute,
                    [
                        "fetch", "--manifest", rig.folder["own.json"].description, "--data",
                        rig.folder["data"].description, "--mirror", "\(rig.folder["mirror"])/",
                    ] + words + more)
            }
            let dry = try run(["--dry-run"])
            #expect(dry.status == 2, "\(dry.errors)")
            #expect(dry.errors.contains("refused a.bin: the manifest has neither"))
            #expect(dry.errors.contains("hint: --allow-unverified"))
            if words.last == "--json" {
                #expect(dry.output.contains("\"reason\":\"refused a.bin: "))
            } else {
                let count = words.count == 2 ? "1 file" : "2 files"
                #expect(dry.output.hasSuffix("nothing to do, \(count) refused\n"))
            }
            let real = try run([])
            #expect(real.status == dry.status)
            #expect(real.errors == dry.errors)
        }
        #expect(try rig.folder.names() == ["mirror", "own.json"])
    }

    @Test("without any source, and with some files that are there")
    func partly() throws {
        let rig = try Rig.byHand()
        let words = [
            "fetch", "--manifest", rig.folder["own.json"].description, "--data",
            rig.folder["data"].description,
        ]
        let none = try Support.run(Binary.absolute, words + ["--only", "a", "--dry-run"])
        #expect(none.status == 5)
        #expect(none.errors.contains("cannot fetch a.bin: the manifest has no mirror"))
        #expect(try rig.fetch("--only", "a").status == 0)
        let some = try rig.fetch("--only", "a,b", "--dry-run")
        #expect(some.status == 13)
        #expect(some.output.hasSuffix("nothing to do, 1 file refused\n"))
        #expect(try rig.fetch("--only", "a,b").status == 13)
    }
}
