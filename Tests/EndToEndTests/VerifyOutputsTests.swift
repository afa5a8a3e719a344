import Checksums
import DataFolder
import Disk
import Glibc
import Support
import Testing

/// `verify` of what this program has made.
@Suite final class VerifyOutputsTests {
    private static let val = "ILSVRC2012_img_val"
    private static let train = "ILSVRC2012_img_train"

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let made = try Binary.run(
            "sample", folder["s"].description, "--classes", "3", "--per-class", "4", "--val", "12",
            "--test", "6", "--quiet")
        try #require(made.status == 0)
    }

    private func call(_ words: [String]) throws -> CommandResult {
        try run(
            Binary.absolute, words + ["--manifest", "s/manifest.json"],
            in: folder.path.description)
    }

    /// Makes an output of the sample.
    private func make(_ words: String...) throws {
        let result = try call(words + ["--data", "s", "--quiet"])
        try #require(result.status == 0, "\(result.errors)")
    }

    private func verify(_ words: String...) throws -> CommandResult { try call(["verify"] + words) }

    /// Changes one byte in the middle of a file.
    private func damage(_ name: String) throws {
        let file = try FileDescriptor(folder[name], .updating)
        let place = try file.size() / 2
        let old = try folder.read(name)[Int(place)]
        try file.write([old ^ 0x20], at: place)
    }

    private func firstFile(in name: String, _ suffix: String) throws -> String {
        "\(name)/" + (try #require(try folder.names(in: name).first { $0.hasSuffix(suffix) }))
    }

    @Test(
        "shards are held against their receipt, also from the folder above, and are made anew",
        arguments: [
            ("mds", ".mds", ["--size-limit", "20000"]),
            ("mds", ".zstd", ["--compression", "zstd", "--size-limit", "20000"]),
            ("tfrecord", "of-00003", ["--shards", "3"]),
            ("webdataset", ".tar", ["--shards", "3"]),
        ] as [(String, String, [String])])
    func shards(_ kind: String, _ suffix: String, _ options: [String]) throws {
        try #require(
            try call([kind, "--only-val", "--data", "s", "--quiet"] + options).status == 0)
        let place = "s/\(kind)/\(Self.val)"
        for path in [place, "\(place)/", "s/\(kind)"] {
            let result = try verify(path)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.hasPrefix("\(Self.val): OK ("), "\(result.output)")
            #expect(result.output.hasSuffix(" files)\n"))
        }
        let json = try verify("--json", place)
        #expect(
            json.output.hasPrefix(
                "{\"schema\":\"imagenet-fetch.verify/1\",\"file\":\"\(Self.val)\",\"kind\":\"\(kind)\","
                    + "\"path\":\"\(place)\",\"status\":\"ok\","), "\(json.output)")
        #expect(json.output.contains("\"proof\":\"digests\""))
        let shard = try firstFile(in: place, suffix)
        try damage(shard)
        let bad = try verify(place)
        #expect(bad.status == 3)
        let name = try #require(shard.split(separator: "/").last)
        #expect(bad.output.hasPrefix("\(Self.val): FAILED (\(name): its "), "\(bad.output)")
        let lines = bad.errors.split(separator: "`")
        let again = try #require(lines.first { $0.hasPrefix("imagenet-fetch ") })
        #expect(again.contains(" \(kind) --only-val ") && again.contains(" --force"), "\(again)")
        unlink(folder[shard].description)
        let missing = try verify("--json", place)
        #expect(missing.status == 3)
        #expect(
            missing.output.contains(
                "\"faults\":[{\"file\":\"\(name)\",\"reason\":\"it is missing\"}]"),
            "\(missing.output)")
        // What is hinted mends it.
        let mended = try run(
            "bash", ["-c", "\"$0\" \(again.dropFirst(15)) --quiet", Binary.absolute],
            in: folder.path.description)
        #expect(mended.status == 0, "\(again): \(mended.errors)")
        #expect(try verify(place).status == 0)
        #expect(try verify("s/\(kind)/\(Self.val)/../\(Self.val)").status == 0)
    }

    @Test("an index that is gone, or of other shards, is damage", arguments: ["mds", "webdataset"])
    func index(_ kind: String) throws {
        try make(kind, "--only-val")
        let place = "s/\(kind)/\(Self.val)"
        let index = try firstFile(in: place, ".json")
        let text = String(decoding: try folder.read(index), as: UTF8.self)
        let other = text.replacing(
            "\"basename\": \"shard.00000", with: "\"basename\": \"shard.00009")
        for bytes in [nil, Array("{}".utf8), kind == "mds" ? Array(other.utf8) : nil] {
            if let bytes {
                try folder.write(bytes, to: index)
            } else {
                unlink(folder[index].description)
            }
            let result = try verify(place)
            #expect(result.status == 3, "\(result.output)")
            #expect(result.output.contains("FAILED ("))
        }
    }

    @Test("a raw shard in place of the packed one counts, as loaders leave it")
    func unpackedShard() throws {
        try make("mds", "--only-val", "--compression", "zstd")
        let place = "s/mds/\(Self.val)"
        let shard = try firstFile(in: place, ".zstd")
        let script = "zstd -q -d --rm \(shard) -o \(shard.dropLast(5))"
        guard try run("bash", ["-c", script], in: folder.path.description).status == 0 else {
            return
        }
        #expect(try verify(place).status == 0)
        try damage(String(shard.dropLast(5)))
        #expect(try verify(place).status == 3)
    }

    @Test("trees are held against their archive, and counted where it is gone")
    func trees() throws {
        try make("untar")
        let whole = try verify("s/untar")
        #expect(whole.status == 0, "\(whole.errors)")
        #expect(
            whole.output == """
                \(Self.train): OK (12 files, the same as in its archive)
                \(Self.val): OK (12 files, the same as in its archive)

                """)
        #expect(whole.errors.contains("2 files, "))
        let wnid = try #require(try folder.names(in: "s/untar/\(Self.val)").first)
        let image = try firstFile(in: "s/untar/\(Self.val)/\(wnid)", ".JPEG")
        try damage(image)
        let bad = try verify("s/untar/\(Self.val)")
        #expect(bad.status == 3)
        #expect(bad.output.hasPrefix("\(Self.val): FAILED ("), "\(bad.output)")
        #expect(bad.output.contains("\(wnid)/"), "\(bad.output)")
        #expect(bad.errors.contains("imagenet-fetch untar --only-val --force"), "\(bad.errors)")
        // Another archive in its place proves nothing of it.
        let archive = folder["s/tar/\(Self.val).tar"].description
        #expect(rename(archive, archive + ".away") == 0)
        let counted = try verify("s/untar/\(Self.val)", "--json")
        #expect(counted.status == 0)
        #expect(counted.output.contains("\"proof\":\"listing\""), "\(counted.output)")
        let line = try verify("s/untar/\(Self.val)").output
        #expect(line == "\(Self.val): OK (12 files, only counted: its archive is missing)\n")
        unlink(folder[image].description)
        let short = try verify("s/untar/\(Self.val)")
        #expect(short.status == 3)
        #expect(short.output == "\(Self.val): FAILED (it holds 11 files, not 12)\n")
        // All of it gone.
        #expect(try run("rm", ["-r", folder["s/untar/\(Self.val)"].description]).status == 0)
        for path in ["s/untar/\(Self.val)", "s/untar"] {
            let gone = try verify(path)
            #expect(gone.status == 3)
            #expect(gone.output.hasSuffix("\(Self.val): MISSING\n"), "\(gone.output)")
        }
    }

    @Test("a flat tree by links, and trees of other archives")
    func otherTrees() throws {
        try make("untar", "--all")
        try make("untar", "--only-val", "--flat")
        let result = try verify("s/untar", "--data", "s")
        #expect(result.status == 0, "\(result.output)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 8)
        #expect(result.errors.hasSuffix(": all verified\n"), "\(result.errors)")
        #expect(lines.allSatisfy { $0.hasSuffix(", the same as in its archive)") }, "\(lines)")
        // A tree on another disk, with a link in its place.
        let tree = folder["s/untar/\(Self.train)"]
        #expect(rename(tree.description, folder["moved"].description) == 0)
        try Folder(tree.parent).makeSymbolicLink(tree.lastComponent, to: folder["moved"])
        let linked = try verify("s/untar/\(Self.train)")
        #expect(linked.output == "\(Self.train): OK (12 files, the same as in its archive)\n")
        let chosen = try verify("s/untar", "--only-val")
        #expect(chosen.output.split(separator: "\n").count == 2, "\(chosen.output)")
    }

    @Test("single files and layouts, and archives beside them")
    func others() throws {
        try make("untar")
        try make("bbox", "--output", "s/b/boxes.csv")
        let paths = ["ILSVRC2012_img_test_v10102019", "ILSVRC2012_img_test_patch_v10102019"]
            .map { "s/tar/\($0).tar" }
        try make("merge-test", paths[0], paths[1])
        try make("layout", "torchvision", "t")
        let merged = "ILSVRC2012_img_test.tar"
        let all = try verify("s/b/boxes.csv", "s/tfds", "t")
        #expect(all.status == 0, "\(all.output) \(all.errors)")
        let lines = all.output.split(separator: "\n")
        #expect(lines.contains("boxes.csv: OK (xxh64)"), "\(lines)")
        #expect(lines.contains("t: OK (links)"), "\(lines)")
        #expect(lines.contains { $0.hasPrefix("\(merged): OK (") }, "\(lines)")
        try damage("s/b/boxes.csv")
        try damage("s/tfds/\(merged)")
        #expect(rename(folder["s/untar"].description, folder["s/u"].description) == 0)
        let bad = try verify("s/b", "s/tfds/\(merged)", "t")
        #expect(bad.status == 3)
        #expect(bad.output.split(separator: "\n").count { $0.contains(": FAILED (") } == 3)
        for hint in ["bbox --output s/b/boxes.csv --force", "merge-test ", "layout torchvision t "]
        {
            #expect(bad.errors.contains("imagenet-fetch \(hint)"), "\(bad.errors)")
        }
        let mixed = try verify("s/tar", "s/b")
        #expect(mixed.output.contains("\(Self.val).tar: OK ("))
        #expect(mixed.output.contains("boxes.csv: FAILED (boxes.csv: its xxh64 is "))
    }

    @Test("archives are not missed among outputs, and are found beside a table of boxes")
    func list() throws {
        try make("mds", "--only-val")
        try make("bbox", "--output", "s/boxes.csv")
        try #require(
            try run(
                "bash", ["-c", "cd s/tar && md5sum *.tar > ../../L"], in: folder.path.description
            )
            .status == 0)
        func verify(_ place: String) throws -> CommandResult {
            try run(
                Binary.absolute, ["verify", "--manifest", "L", place],
                in: folder.path.description)
        }
        let shards = try verify("s/mds")
        #expect(shards.status == 0)
        #expect(shards.output.split(separator: "\n").count == 1, "\(shards.output)")
        unlink(folder["s/tar/\(Self.val).tar"].description)
        let data = try verify("s")
        #expect(data.status == 3)
        #expect(data.output.contains("\(Self.val).tar: MISSING\n"), "\(data.output)")
        #expect(data.output.contains("boxes.csv: OK (xxh64)\n"))
        // Without PATH it is the archives alone.
        let usual = try run(
            Binary.absolute, ["verify", "--manifest", "s/manifest.json", "--data", "s"],
            in: folder.path.description)
        #expect(!usual.output.contains("boxes.csv") && !usual.output.contains("\(Self.val): "))
    }

    @Test("the tree that archives of 2017 share is held against them, or not proven")
    func shared() throws {
        var tar = TarBytes()
        for number in 1...30 {
            tar.add("ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_\(number).JPEG", "image \(number)")
        }
        tar.end()
        let name = "ILSVRC2017_CLS-LOC"
        try folder.write(tar.gzipped, to: "d/tar/\(name).tar.gz")
        func call(_ words: String...) throws -> CommandResult {
            try run(
                Binary.absolute, words + ["--dataset", "ilsvrc2017", "--data", "d"],
                in: folder.path.description)
        }
        try #require(try call("untar", "d/tar/\(name).tar.gz", "--no-verify").status == 0)
        for path in ["d/untar", "d/untar/ILSVRC2017"] {
            let whole = try call("verify", path)
            #expect(whole.status == 0, "\(whole.output) \(whole.errors)")
            #expect(
                whole.output == "\(name): OK (30 files, the same as in its archive; made from "
                    + "unverified bytes)\n")
        }
        unlink(folder["d/tar/\(name).tar.gz"].description)
        let alone = try call("verify", "d/untar/ILSVRC2017")
        #expect(alone.status == 3)
        #expect(alone.output.hasPrefix("\(name): FAILED (its archive is missing"))
    }

    @Test("Ctrl-C ends it by the signal, also within one file")
    func interrupted() throws {
        let size: Int64 = 40 << 30
        let name = "ILSVRC2012_img_test.tar"
        _ = try Folder.creating(folder["tfds"])
        try FileDescriptor(folder["tfds/\(name)"], .creating).truncate(to: size)
        try OutputReceipt(
            kind: "merge-test", name: name, options: [:], inputs: [], counts: ["bytes": size],
            files: [.init(name: name, size: size, digest: Hasher.digest(.sha256, []))]
        ).save(in: try Folder(folder["tfds"]))
        let result = try run(
            "timeout",
            [
                "--foreground", "--signal=INT", "1.5", Binary.absolute, "verify", "--progress",
                "always", folder["tfds"].description,
            ])
        #expect(result.status == 124)
        #expect(result.output == "")
        #expect(result.errors.contains("verifying \(name)"), "\(result.errors)")
    }
}
