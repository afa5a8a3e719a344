import Disk
import Glibc
import Support
import Testing

/// `repair`, as a person would call it, and what `verify` says before.
@Suite(.waiting, .serialized) struct RepairCommandTests {
    /// An image in the training archive, as `list` knows it.
    private struct Image {
        let path: String
        let offset: Int64
    }

    private let rig: FetchRig

    init() throws { rig = try FetchRig() }

    private var name: String { FetchRig.train }
    private var there: Path { rig.folder["data/tar/\(name)"] }

    private func image() throws -> Image {
        let list = try run(
            Binary.absolute, ["list", "--json", rig.archives.appending(name).description])
        let lines = list.output.split(separator: "\n").filter { $0.contains(".JPEG\"") }
        let line = try #require(lines.dropFirst(lines.count / 2).first)
        let path = try #require(
            line.split(separator: "\"path\":\"", maxSplits: 1).last?.split(separator: "\"").first)
        let offset = try #require(
            line.split(separator: "\"offset\":", maxSplits: 1).last?.prefix { $0.isNumber })
        return Image(path: String(path), offset: try #require(Int64(offset)))
    }

    /// A copy of which bytes are others.
    private func damage(_ places: [Int64], in data: String = "data") throws {
        _ = try rig.damagedCopy(of: name, in: "\(data)/tar", at: places.map(Int.init))
    }

    private func words(_ command: String, _ more: [String], data: String = "data") -> [String] {
        [
            command, "--manifest", rig.manifest, "--torrent-dir", rig.torrents.description,
            rig.folder["\(data)/tar/\(name)"].description,
        ] + (command == "repair" ? ["--no-dht", "--reserve", "0"] : []) + more
    }

    private func repair(_ more: String..., data: String = "data") throws -> CommandResult {
        try run(Binary.absolute, words("repair", more, data: data))
    }

    private func keepCopy() throws {
        try #require(
            try run("cp", [there.description, rig.folder["before"].description]).status == 0)
    }

    private func isAsBefore() throws -> Bool {
        try run("cmp", [there.description, rig.folder["before"].description]).status == 0
    }

    private var hasUndo: Bool {
        let undo = rig.folder["data/tar/.imagenet-fetch/undo/\(name).undo"]
        return access(undo.description, F_OK) == 0
    }

    @Test("verify names the image in which a byte is wrong, and what to do about it")
    func named() throws {
        let image = try image()
        try damage([image.offset + 700])
        let shown = try run(Binary.absolute, words("verify", []))
        #expect(shown.status == 3)
        let member = "\(image.path.split(separator: "/")[0])/"
        #expect(shown.output.contains(": \(member)"), "\(shown.output)")
        #expect(shown.output.contains(".JPEG, "))
        let hint =
            "hint: `imagenet-fetch repair --manifest \(rig.manifest) --torrent-dir "
            + "\(rig.torrents) \(there)`"
        #expect(shown.errors.contains(hint), "\(shown.errors)")
        let json = try run(Binary.absolute, words("verify", ["--json"]))
        #expect(json.output.contains("\"badRanges\":[{\"offset\":"))
        #expect(json.output.contains("\"\(image.path)\""))
        // Only what lies in one piece.
        #expect(json.output.components("\"offset\":") == 1)
        #expect(json.output.components(".JPEG\"") < 120)
    }

    @Test("where the archive's first header is damaged, verify names what else lies there")
    func firstHeader() throws {
        try damage([20])
        let shown = try run(Binary.absolute, words("verify", []))
        #expect(shown.status == 3)
        #expect(shown.output.contains("; bytes 0 to "), "\(shown.output)")
        #expect(shown.output.contains(".JPEG, "), "\(shown.output)")
        #expect(shown.output.contains(" more"))
    }

    @Test("a dry run names it, and changes nothing")
    func dryRun() throws {
        let image = try image()
        try damage([image.offset + 700])
        try keepCopy()
        let result = try repair("--dry-run", "--mirror", "\(rig.archives)/")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.hasPrefix("\(name): 1 damaged piece, "))
        #expect(result.output.contains("\n  bytes "))
        #expect(result.output.contains("\n  sources: torrent, \(rig.archives)"))
        let json = try repair("--dry-run", "--json")
        #expect(json.status == 0)
        let events = Events(json.output)
        #expect(
            json.output.contains("{\"schema\":\"imagenet-fetch.repair/1\",\"event\":\"damage\""))
        #expect(events.number("damagedPieces", in: "damage") == 1)
        #expect(events.events("damage").first?.contains("\"\(image.path)\"") == true)
        #expect(events.events("done").isEmpty)
        #expect(try isAsBefore())
        #expect(!hasUndo)
        #expect(access(rig.folder["data/tar/.imagenet-fetch/receipts"].description, F_OK) != 0)
    }

    @Test(
        "the damaged pieces alone come, from wherever they can be had",
        arguments: ["folder", "nginx", "seed"])
    func mended(_ source: String) throws {
        let image = try image()
        try damage([100, image.offset])
        let server =
            source == "nginx"
            ? try NginxServer(serving: rig.archives, logs: rig.folder.path) : nil
        let seed = source == "seed" ? try rig.seed() : nil
        let where_ =
            seed.map { ["--sources", "swarm", "--peer", $0.peer] }
            ?? ["--sources", "mirrors", "--mirror", "\(server?.url ?? "\(rig.archives)")/"]
        let result = try run(Binary.absolute, words("repair", where_ + ["--json"]))
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(name))
        #expect(try rig.hasReceipt(name))
        #expect(!hasUndo)
        let events = Events(result.output)
        let wanted = try #require(events.number("bytesToFetch", in: "damage"))
        let came =
            try #require(events.number("fromSwarm", in: "done"))
            + (try #require(events.number("fromMirrors", in: "done")))
        #expect(came == wanted)
        #expect(wanted < Double(try rig.original(name).count) / 2)
        let again = try repair("--sources", "mirrors")
        #expect(again.status == 0)
        #expect(again.output == "\(name): not damaged, verified\n")
        let trusted = try run(Binary.absolute, words("verify", ["--max-age", "1h"]))
        #expect(trusted.output.contains("OK (receipt of "))
    }

    @Test("two damaged copies heal each other, a file that is cut and one that is too long")
    func eachOther() throws {
        let image = try image()
        try damage([100])
        try damage([image.offset], in: "other")
        let other = "\(rig.folder["other/tar"])/"
        for (data, from) in [("data", other), ("other", "\(rig.folder["data/tar"])/")] {
            let result = try repair("--sources", "mirrors", "--mirror", from, data: data)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.hasPrefix("\(name): repaired, verified"))
            #expect(try rig.isWhole(name, data: data))
        }
        let size = Int64(try rig.original(name).count)
        for length in [size - 1000, size + 1000] {
            try FileDescriptor(there, .updating).truncate(to: length)
            let result = try repair("--sources", "mirrors", "--mirror", other)
            #expect(result.status == 0, "\(result.errors)")
            #expect(try rig.isWhole(name))
        }
    }

    @Test("killed in the middle, the same command goes on")
    func killed() throws {
        let bytes = try rig.original(name)
        // The second half is lost.
        var half = bytes
        for index in bytes.count / 2..<bytes.count { half[index] = 0 }
        try rig.folder.write(half, to: "data/tar/\(name)")
        let from = ["--sources", "mirrors", "--mirror", "\(rig.archives)/"]
        let first = try Background(
            Binary.absolute, words("repair", from + ["--max-download", "2MiB"]),
            output: rig.folder["out"].description)
        #expect(eventually { hasUndo })
        // Some of it is mended.
        #expect(try eventually { try rig.folder.read("data/tar/\(name)") != half })
        first.send(SIGKILL)
        #expect(first.wait() == 128 + SIGKILL)
        #expect(hasUndo)
        #expect(try !rig.hasReceiptFolder || !rig.hasReceipt(name))
        let again = try run(Binary.absolute, words("repair", from + ["--json"]))
        #expect(again.status == 0, "\(again.errors)")
        #expect(try rig.isWhole(name))
        #expect(!hasUndo)
    }

    @Test("without a source, or with one that lies, nothing is worse")
    func noSource() throws {
        let image = try image()
        try damage([image.offset])
        try keepCopy()
        let none = try repair("--sources", "mirrors", "--stall-timeout", "2s")
        #expect(none.status == 5, "\(none.errors)")
        #expect(try isAsBefore())
        // A copy with the same damage.
        try damage([image.offset], in: "other")
        let lying = try repair(
            "--sources", "mirrors", "--mirror", "\(rig.folder["other/tar"])/", "--stall-timeout",
            "2s")
        #expect([5, 8].contains(lying.status), "\(lying.status) \(lying.errors)")
        #expect(try isAsBefore())
    }

    @Test("what a link leads to is mended where it lies, and the link stays one")
    func link() throws {
        let image = try image()
        try damage([image.offset], in: "big")
        let real = rig.folder["big/tar/\(name)"]
        try Folder.creating(there.parent).makeSymbolicLink(there.lastComponent, to: real)
        let verified = try run(Binary.absolute, words("verify", []))
        #expect(verified.status == 3)
        let mended = try repair("--sources", "mirrors", "--mirror", "\(rig.archives)/")
        #expect(mended.status == 0, "\(mended.errors)")
        #expect(mended.output.hasPrefix("\(name): repaired, verified"))
        #expect(try rig.isWhole(name, data: "big"))
        #expect(try Folder(there.parent).status(there.lastComponent)?.kind == .link)
        #expect(try rig.hasReceipt(name))
        let trusted = try run(Binary.absolute, words("verify", ["--max-age", "1h"]))
        #expect(trusted.output.contains("OK (receipt of "))
        unlink(there.description)
        try Folder(there.parent).makeSymbolicLink(there.lastComponent, to: "nowhere")
        let missing = try repair("--sources", "mirrors")
        #expect(missing.status == 3, "\(missing.status) \(missing.errors)")
        #expect(missing.errors.contains("it is missing"))
    }

    @Test("a link to something else entirely is not written through")
    func strayLink() throws {
        var numbers = SeededNumbers(seed: 9)
        let precious = numbers.bytes(70_000)
        try rig.folder.write(precious, to: "precious")
        try Folder.creating(there.parent).makeSymbolicLink(
            there.lastComponent, to: rig.folder["precious"])
        let result = try repair("--sources", "mirrors", "--mirror", "\(rig.archives)/")
        #expect(result.status == 3, "\(result.errors)")
        let error = "imagenet-fetch: error: refused to repair \(name): it is a symbolic link to "
        #expect(result.errors.hasPrefix(error), "\(result.errors)")
        #expect(result.errors.contains("hint: "))
        #expect(try rig.folder.read("precious") == precious)
        #expect(!hasUndo)
    }

    @Test("another file under this name is not written over")
    func otherFile() throws {
        try rig.folder.write(try rig.original(FetchRig.val), to: "data/tar/\(name)")
        try keepCopy()
        let result = try repair("--sources", "mirrors", "--mirror", "\(rig.archives)/")
        #expect(result.status == 3)
        #expect(result.errors.contains("it has the size of \(FetchRig.val)"))
        #expect(try isAsBefore())
    }

    @Test("an archive that a person has packed anew is left alone by repair, fetch and sync")
    func ownArchive() throws {
        let bytes = try rig.original(name)
        // All that it holds stands elsewhere in it.
        try rig.folder.write([UInt8](repeating: 7, count: 1024) + bytes, to: "data/tar/\(name)")
        try keepCopy()
        let from = ["--sources", "mirrors", "--mirror", "\(rig.archives)/"]
        let path = rig.folder["data/tar/\(name)"].description
        for command in ["repair", "fetch"] {
            for more in [[], ["--dry-run"]] {
                let words =
                    command == "repair"
                    ? words("repair", from + more)
                    : rig.words(
                        ["--only-train", "--torrent-dir", rig.torrents.description] + from + more)
                let result = try run(Binary.absolute, words)
                #expect(result.status == 3, "\(command) \(more): \(result.errors)")
                #expect(
                    result.errors.contains("refused to replace \(path): no piece of it is right"))
                #expect(result.errors.contains("hint: mv \(path) \(path).other"))
                #expect(try isAsBefore())
            }
        }
        #expect(!hasUndo)
        let sync = try run(
            Binary.absolute,
            ["sync"] + rig.words(["--only-train"] + from).dropFirst())
        #expect(sync.status == 3, "\(sync.status) \(sync.errors)")
        #expect(try isAsBefore())
    }
}

/// Files without a torrent, known from a checksum list alone.
@Suite final class RepairByOwnPiecesTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        var numbers = SeededNumbers(seed: 77)
        for (name, size) in [("a.tar", 5 << 20), ("b.bin", 3000)] {
            let bytes = numbers.bytes(size)
            try folder.write(bytes, to: "data/tar/\(name)")
            try folder.write(bytes, to: "other/\(name)")
        }
        let sums = try run("md5sum", ["a.tar", "b.bin"], in: folder["other"].description)
        try folder.write(sums.output, to: "MD5SUMS")
    }

    private func call(_ command: String, _ more: String...) throws -> CommandResult {
        try run(
            Binary.absolute, [command, "--manifest", "MD5SUMS"] + more,
            in: folder.path.description)
    }

    private func damage(_ name: String) throws {
        try FileDescriptor(folder["data/tar/\(name)"], .updating).write([1, 2, 3], at: 100)
    }

    @Test("the map of an earlier proof mends it, and what has none keeps nobody waiting")
    func ownPieces() throws {
        #expect(try call("verify").status == 0)
        try damage("a.tar")
        let mended = try call(
            "repair", "--sources", "mirrors", "--mirror", "other/", "--reserve", "0")
        #expect(mended.status == 0, "\(mended.errors)")
        #expect(mended.output.contains("a.tar: repaired, verified"))
        #expect(mended.output.contains("b.bin: not damaged, verified\n"))
        #expect(
            try run(
                "cmp", ["data/tar/a.tar", "other/a.tar"], in: folder.path.description
            ).status == 0)
    }

    @Test("what earlier proofs say of it stays, and so does its first use")
    func otherList() throws {
        let name = "a.tar"
        let sum = try run("sha256sum", [name], in: folder["other"].description)
        try folder.write(sum.output, to: "SHA256SUMS")
        #expect(try call("verify", "data/tar/\(name)").status == 0)
        func repair(_ list: String) throws -> CommandResult {
            try run(
                Binary.absolute,
                [
                    "repair", "--manifest", list, "--sources", "mirrors", "--mirror", "other/",
                    "--reserve", "0", "data/tar/\(name)",
                ], in: folder.path.description)
        }
        func isProven(_ list: String) throws -> Bool {
            try run(
                Binary.absolute,
                ["verify", "--max-age", "1h", "--manifest", list, "data/tar/\(name)"],
                in: folder.path.description
            ).output.contains("OK (receipt of ")
        }
        // The map of the earlier proof is of other digests, so that its digest alone decides.
        #expect(try repair("SHA256SUMS").output == "a.tar: not damaged, verified\n")
        #expect(try isProven("SHA256SUMS"))
        #expect(try isProven("MD5SUMS"))
        #expect(try repair("MD5SUMS").output == "a.tar: not damaged, verified\n")
        #expect(try isProven("SHA256SUMS"))
        #expect(try isProven("MD5SUMS"))
        // The map of its pieces is that of both, too.
        for list in ["MD5SUMS", "SHA256SUMS"] {
            let result = try run(
                Binary.absolute, ["verify", "--pieces", "--manifest", list, "data/tar/\(name)"],
                in: folder.path.description)
            #expect(result.output == "a.tar: OK (pieces)\n")
        }
    }

    @Test("a file that is whole is proven before anybody is asked for its torrent")
    func nobodyAsked() throws {
        let sum = try run("md5sum", ["other/b.bin"], in: folder.path.description).output.prefix(32)
        let manifest =
            #"{"schema":"imagenet-fetch.manifest/1","name":"m","files":[{"name":"b.bin","#
            + #""part":"b","size":3000,"md5":""# + sum
            + #"","torrent":"0000000000000000000000000000000000000001"}]}"#
        try folder.write(manifest, to: "m.json")
        let result = try run(
            Binary.absolute,
            ["repair", "--manifest", "m.json", "--no-dht", "data/tar/b.bin"],
            in: folder.path.description)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "b.bin: not damaged, verified\n")
        #expect(result.errors == "")
    }

    @Test("without pieces nothing can be mended: 3, and what to do; 13 where some was")
    func noPieces() throws {
        try damage("b.bin")
        let one = try call("repair", "data/tar/b.bin", "--sources", "mirrors")
        #expect(one.status == 3)
        #expect(one.errors.contains("there are no piece hashes for it"))
        #expect(one.errors.contains("hint: `imagenet-fetch fetch --manifest MD5SUMS --only b.bin`"))
        let both = try call("repair", "--sources", "mirrors")
        #expect(both.status == 13)
        #expect(both.output == "a.tar: not damaged, verified\n")
        unlink(folder["data/tar/a.tar"].description)
        let missing = try call("repair", "data/tar/a.tar")
        #expect(missing.status == 3)
        #expect(missing.errors.contains("--only a.tar` downloads it"))
    }
}

extension FetchRig {
    fileprivate var hasReceiptFolder: Bool {
        access(folder["data/tar/.imagenet-fetch/receipts"].description, F_OK) == 0
    }
}

extension String {
    /// How often a text stands in it.
    fileprivate func components(_ text: String) -> Int { ranges(of: text).count }
}
