import Disk
import Support
import Testing

/// Trees that were whole, and have lost files since.
@Suite(.waiting) struct LostFilesTests {
    private static let tree = "data/untar/ILSVRC2012_img_train"

    private func run(_ words: [String], in rig: FetchRig) throws -> CommandResult {
        try Support.run(
            Binary.absolute, words + ["--data", "data", "--manifest", rig.manifest],
            in: rig.folder.path.description)
    }

    private func shell(_ script: String, in rig: FetchRig) throws -> String {
        let result = try Support.run(
            "bash", ["-euc", script], in: rig.folder.path.description)
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }

    private func made() throws -> FetchRig {
        let rig = try FetchRig()
        for name in [FetchRig.train, FetchRig.val, "ILSVRC2012_devkit_t12.tar.gz"] {
            try rig.folder.write(try rig.original(name), to: "data/tar/\(name)")
        }
        #expect(try run(["untar"], in: rig).status == 0)
        let chosen = ["status", "--check", "--only", "train,val"]
        #expect(try run(chosen, in: rig).status == 0)
        return rig
    }

    private static let losses = [
        "rm -r \(tree)/$(ls \(tree) | sed -n 2p)",
        "cd \(tree)/$(ls \(tree) | sed -n 3p); rm $(ls | head -1)",
        "cd \(tree); for n in $(ls | head -3); do rm $n/$(ls $n | tail -1); done",
        "cd data/untar/ILSVRC2012_img_val; n=$(ls | head -1); rm $n/$(ls $n | head -1)",
    ]

    @Test("lost folders and images are noticed and written again", arguments: losses)
    func lost(_ loss: String) throws {
        let rig = try made()
        let sums = "cd data/untar; find . -type f -name '*.JPEG' | sort | xargs sha1sum"
        let before = try shell(sums, in: rig)
        // Nothing of what is there is written again.
        let others = "cd data/untar; find . -type f -name '*.JPEG' -printf '%i %C@ %p\\n' | sort"
        _ = try shell(loss, in: rig)
        let kept = try shell(others, in: rig)
        let status = try run(["status", "--check", "--only", "train,val"], in: rig)
        #expect(status.status == 3)
        #expect(status.output.contains("broken: "), "\(status.output)")
        let layout = try run(["layout", "image-datasets", "laid"], in: rig)
        #expect(layout.status == 3, "\(layout.output)")
        #expect(
            layout.errors.contains("hint: `imagenet-fetch untar --manifest"), "\(layout.errors)")
        let untar = try run(["untar"], in: rig)
        #expect(untar.status == 0, "\(untar.errors)")
        #expect(untar.output.contains("restored missing files in "), "\(untar.output)")
        #expect(try shell(sums, in: rig) == before)
        let after = Set(try shell(others, in: rig).split(separator: "\n"))
        #expect(kept.split(separator: "\n").allSatisfy(after.contains))
        #expect(try run(["status", "--check", "--only", "train,val"], in: rig).status == 0)
        #expect(try !run(["untar"], in: rig).output.contains("refilled"))
    }

    @Test("without the archive a tree that has lost files is told of")
    func withoutArchive() throws {
        let rig = try made()
        #expect(try run(["untar", "--only-train", "--delete-source"], in: rig).status == 0)
        #expect(try run(["untar", "--only-train"], in: rig).status == 0)
        _ = try shell(Self.losses[0], in: rig)
        let untar = try run(["untar", "--only-train"], in: rig)
        #expect(untar.status == 3)
        #expect(untar.errors.contains("holds 0 files, not "), "\(untar.errors)")
    }

    @Test("a copied tree is counted once and stays whole, and a file too many is no loss")
    func copied() throws {
        let rig = try made()
        _ = try shell("cp -r data/untar x; rm -r data/untar; mv x data/untar", in: rig)
        #expect(try run(["status", "--check", "--only", "train,val"], in: rig).status == 0)
        _ = try shell("echo >\(Self.tree)/$(ls \(Self.tree) | head -1)/Thumbs.db", in: rig)
        let again = try run(["untar"], in: rig)
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.output.contains("already done"))
        #expect(try run(["status", "--check", "--only", "train,val"], in: rig).status == 0)
    }
}
