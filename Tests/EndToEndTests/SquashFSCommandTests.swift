import Disk
import Glibc
import Support
import Testing

/// `squashfs`, as a cluster uses it.
@Suite struct SquashFSCommandTests {
    private static let train = "ILSVRC2012_img_train"
    private static let val = "ILSVRC2012_img_val"
    private static let splits = [train, val]

    private func world() throws -> ExportWorld {
        try ExportWorld("--classes", "4", "--per-class", "6", "--val", "9", "--test", "5")
    }

    private func shell(_ line: String, in world: borrowing ExportWorld) throws -> CommandResult {
        try Support.run("bash", ["-c", line], in: "\(world.folder["s"])")
    }

    @Test("unsquashfs and tar find the tree of untar in the images")
    func sameTree() throws {
        let world = try world()
        #expect(try world.run("untar", "--quiet").status == 0)
        let made = try world.run("squashfs")
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains("\(Self.train).squashfs: done (24 images in one file, "))
        #expect(made.errors.contains("mount -o loop,ro ") && made.errors.contains("ImageFolder("))
        for name in Self.splits {
            let unpacked = try shell(
                "unsquashfs -q -n -d \(name) squashfs/\(name).squashfs && diff -r \(name) untar/\(name)",
                in: world)
            #expect(unpacked.status == 0, "\(unpacked.output)\(unpacked.errors)")
            let tars = try shell(
                """
                set -o pipefail
                list() { tar -t | grep -v '/$' | sed 's,^[.]/,,' | sort; }
                diff <(sqfs2tar squashfs/\(name).squashfs | list) <(tar -C untar/\(name) -c . | list)
                """, in: world)
            #expect(tars.status == 0, "\(tars.output)\(tars.errors)")
        }
        let again = try world.run("squashfs")
        #expect(again.status == 0 && again.output.contains("already done"))
    }

    /// Only root may mount, and not in every container.
    private static func mount(_ image: Path, on folder: Path) throws -> Bool {
        guard getuid() == 0 else {
            print("squashfs: not mounted: only root may")
            return false
        }
        let result = try Support.run(
            "mount", ["-t", "squashfs", "-o", "loop,ro", "\(image)", "\(folder)"])
        if result.status != 0 { print("squashfs: not mounted: \(result.errors)") }
        return result.status == 0
    }

    @Test("Linux mounts the images and finds the tree of untar", arguments: ["none", "zstd"])
    func mounted(_ compression: String) throws {
        let world = try world()
        #expect(try world.run("untar", "--quiet").status == 0)
        #expect(
            try world.run("squashfs", "--compression", compression, "--quiet").status == 0)
        for name in Self.splits {
            let mount = world.folder["m"]
            try Folder.creating(mount).sync()
            guard try Self.mount(world.folder["s/squashfs/\(name).squashfs"], on: mount) else {
                return
            }
            defer { _ = try? Support.run("umount", ["\(mount)"]) }
            let same = try shell("diff -r \(mount) untar/\(name)", in: world)
            #expect(same.status == 0, "\(same.output)\(same.errors)")
        }
    }

    @Test("verify finds a changed byte, status names it, and --force makes the image again")
    func damaged() throws {
        let world = try world()
        #expect(try world.run("squashfs", "--only-val", "--quiet").status == 0)
        let image = "s/squashfs/\(Self.val).squashfs"
        let right = try world.folder.read(image)
        for path in ["s/squashfs", image] {
            let verified = try world.run("verify", "\(world.folder[path])")
            #expect(verified.status == 0 && verified.output == "\(Self.val): OK (xxh64)\n")
        }
        let file = try FileDescriptor(world.folder[image], .updating)
        try file.write([right[9000] ^ 1], at: 9000)
        let verified = try world.run("verify", "\(world.folder[image])")
        #expect(verified.status == 3 && verified.output.contains("FAILED"))
        #expect(verified.errors.contains("imagenet-fetch squashfs --only-val --force"))
        try file.truncate(to: 9000)
        let status = try world.run("status")
        #expect(status.output.contains("squashfs/\(Self.val).squashfs"))
        #expect(status.output.contains("broken: it has another size"))
        #expect(try world.run("squashfs", "--only-val", "--quiet").status != 0)
        #expect(try world.run("squashfs", "--only-val", "--quiet", "--force").status == 0)
        #expect(try world.folder.read(image) == right)
    }

    @Test("chosen classes alone are in the image")
    func classes() throws {
        let world = try world()
        let made = try world.run("squashfs", "--classes", "n01440764,n01443537", "--quiet")
        #expect(made.status == 0, "\(made.errors)")
        for name in Self.splits {
            let listed = try shell("unsquashfs -l -max 1 squashfs/\(name).squashfs", in: world)
            #expect(listed.output.contains("n01440764") && listed.output.contains("n01443537"))
            #expect(!listed.output.contains("n01484850"))
        }
    }

    @Test("slices are refused once, before anything is downloaded, and options that mean nothing")
    func refused() throws {
        let world = try world()
        for options in [
            ["--slice", "1/2", "--fetch"], ["--seed", "7"],
            ["--classes", "n01440764", "--label-space", "full"],
        ] {
            let refused = try Support.run(
                Binary.path, ["squashfs"] + options + world.options)
            #expect(refused.status == 2)
            #expect(refused.errors.contains("is an option of "), "\(refused.errors)")
        }
        #expect(try !world.folder.names(in: "s").contains("squashfs"))
    }
}
