import DataFolder
import Disk
import Glibc
import Support
import Testing

/// Files that neither a digest nor a torrent pins: their first use does.
@Suite(.waiting) struct FetchUnpinnedTests {
    /// Two mirrors that have different files under the same name.
    private final class Rig {
        let folder: TemporaryFolder
        let name = "a.bin"
        let first = "0123456789"

        init() throws {
            folder = try TemporaryFolder()
            try folder.write(
                """
                {"schema":"imagenet-fetch.manifest/1","name":"own","files":[{"name":"a.bin",
                "part":"a"}]}
                """, to: "own.json")
            try folder.write(first, to: "first/a.bin")
            try folder.write("9876543210", to: "other/a.bin")
        }

        func run(_ command: String, _ more: String...) throws -> CommandResult {
            try Support.run(
                Binary.absolute,
                [
                    command, "--manifest", folder["own.json"].description, "--data",
                    folder["data"].description,
                ] + more)
        }

        func fetch(from mirror: String, _ more: String...) throws -> CommandResult {
            try Support.run(
                Binary.absolute,
                [
                    "fetch", "--manifest", folder["own.json"].description, "--data",
                    folder["data"].description, "--reserve", "0", "--no-dht", "--mirror",
                    "\(folder[mirror])/",
                ] + more)
        }

        func there() throws -> String { try folder.text("data/tar/a.bin") }

        func receipt() throws -> String {
            try folder.text("data/tar/.imagenet-fetch/receipts/a.bin.receipt.json")
        }
    }

    @Test("what changed since its first use is no more proven, and comes again as it was")
    func damaged() throws {
        let rig = try Rig()
        #expect(try rig.fetch(from: "first").status == 2)
        #expect(try rig.fetch(from: "first", "--allow-unverified").status == 0)
        #expect(try rig.run("status", "--check").status == 0)
        let receipt = try rig.receipt()
        for options in [[], ["--allow-unverified"]] {
            try rig.folder.write("0123X56789", to: "data/tar/a.bin")
            #expect(try rig.run("status", "--check").status == 3)
            let wrong =
                options.isEmpty
                ? try rig.fetch(from: "other") : try rig.fetch(from: "other", options[0])
            #expect(wrong.status == 3, "\(wrong.errors)")
            #expect(wrong.errors.contains("is not what it was at its first use: sha256 is"))
            #expect(try rig.there() == "0123X56789")
            #expect(try rig.receipt() == receipt)
            #expect(try rig.run("status", "--check").status == 3)
        }
        let right = try rig.fetch(from: "first")
        #expect(right.status == 0, "\(right.errors)")
        #expect(right.errors.contains("is not the right file"))
        #expect(try rig.there() == rig.first)
        #expect(try rig.receipt().contains("\"proof\": \"first-use\""))
        #expect(try rig.run("status", "--check").status == 0)
        #expect(try rig.run("verify").status == 0)
        // As it was, and of no known identity any more: read, and right.
        try rig.folder.write(rig.first, to: "data/tar/a.bin")
        let again = try rig.fetch(from: "other")
        #expect(again.status == 0)
        #expect(again.output == "a.bin: verified (already there)\n")
    }

    @Test("what was lost since its first use comes again as it was, or not at all")
    func lost() throws {
        let rig = try Rig()
        #expect(try rig.fetch(from: "first", "--allow-unverified").status == 0)
        let receipt = try rig.receipt()
        unlink(rig.folder["data/tar/a.bin"].description)
        for _ in 0..<2 {
            let wrong = try rig.fetch(from: "other", "--allow-unverified")
            #expect(wrong.status == 3, "\(wrong.errors)")
            #expect(try rig.receipt() == receipt)
            #expect(try rig.folder.names(in: "data/tar") == [".imagenet-fetch"])
        }
        #expect(try rig.fetch(from: "first").status == 0)
        #expect(try rig.there() == rig.first)
    }

    @Test("a torrent that is not at hand proves nothing, and nothing else is taken for a proof")
    func torrentAway() throws {
        let rig = try Rig()
        let pin = String(repeating: "5", count: 40)
        try rig.folder.write(
            """
            {"schema":"imagenet-fetch.manifest/1","name":"own","files":[{"name":"a.bin",
            "part":"a","torrent":"\(pin)"}]}
            """, to: "own.json")
        for isThere in [false, true] {
            if isThere { try rig.folder.write(rig.first, to: "data/tar/a.bin") }
            let result = try rig.fetch(
                from: "first", "--allow-unverified", "--sources", "mirrors")
            #expect(result.status == 5, "\(result.errors)")
            #expect(result.errors.contains("only its torrent can verify it"))
            #expect(try rig.run("status", "--check").status == 3)
        }
    }
}
