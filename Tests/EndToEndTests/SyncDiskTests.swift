import Disk
import Glibc
import Support
import Testing

/// A full disk in every phase: one sentence, nothing worse than before, and the next run goes on.
@Suite(.waiting, .serialized, .timeLimit(.minutes(15))) struct SyncDiskTests {
    /// A mirror on a disk of its own, that can be filled to the last byte.
    private final class Small {
        let rig: FetchRig
        let disk: SmallDisk
        let path: Path

        init() throws {
            rig = try FetchRig()
            path = rig.folder["disk"]
            disk = try SmallDisk(path, image: rig.folder["image"], mebibytes: 64)
        }

        var archive: Path { path.appending("data/tar/\(FetchRig.train)") }

        func fill() throws {
            for size in ["64k", "1k"] {
                let file = path.appending("fill-\(size)")
                _ = try run("dd", ["if=/dev/zero", "of=\(file)", "bs=\(size)"])
            }
        }

        func free() {
            for size in ["64k", "1k"] { unlink(path.appending("fill-\(size)").description) }
        }

        func sync(_ more: [String] = []) throws -> CommandResult {
            try rig.sync(rig.fromFolder + more, data: "disk/data")
        }

        func isWhole(_ name: String) throws -> Bool {
            try rig.isWhole(name, data: "disk/data")
        }
    }

    @Test("while it fetches", .enabled(if: SmallDisk.isPossible))
    func fetching() throws {
        let small = try Small()
        _ = try Folder.creating(small.path.appending("data/tar"))
        try small.fill()
        let full = try small.sync()
        #expect(full.status == 4, "\(full.errors)")
        small.free()
        let result = try small.sync()
        #expect(result.status == 0, "\(result.errors)")
        for name in FetchRig.usual { #expect(try small.isWhole(name)) }
    }

    @Test(
        "while it proves: a proof that cannot be kept is a failure",
        .enabled(if: SmallDisk.isPossible))
    func proving() throws {
        let small = try Small()
        _ = try Folder.creating(small.path.appending("data/tar"))
        for name in FetchRig.usual {
            let from = small.rig.archives.appending(name).description
            let to = small.path.appending("data/tar").description
            #expect(try run("cp", [from, to]).status == 0)
        }
        try small.fill()
        let full = try small.sync()
        #expect(full.status == 11 || full.status == 4, "\(full.errors)")
        #expect(full.errors.contains("no space left on device"))
        small.free()
        let result = try small.sync()
        #expect(result.status == 0, "\(result.errors)")
        for name in FetchRig.usual { #expect(try small.isWhole(name)) }
    }

    @Test("while it mends: the file is as it was", .enabled(if: SmallDisk.isPossible))
    func repairing() throws {
        let small = try Small()
        #expect(try small.sync().status == 0)
        try small.rig.damage(small.archive, at: 3_000_000)
        let before = try FileDescriptor(small.archive, .reading).contents(limit: 1 << 30)
        try small.fill()
        let full = try small.sync()
        #expect(full.status == 13, "\(full.errors)")
        #expect(full.errors.split(separator: "\n").count == 1)
        #expect(full.errors.contains("not enough disk space"))
        let after = try FileDescriptor(small.archive, .reading).contents(limit: 1 << 30)
        #expect(after == before)
        small.free()
        let result = try small.sync()
        #expect(result.status == 0, "\(result.errors)")
        #expect(try small.isWhole(FetchRig.train))
    }

    @Test(
        "while it publishes: nothing half-done is there, and the mirror is kept all the same",
        .enabled(if: SmallDisk.isPossible))
    func publishing() throws {
        let small = try Small()
        let www = small.path.appending("www")
        let shown = ["--publish", www.description]
        try small.fill()
        // The mirror itself lies elsewhere, where there is room.
        let full = try small.rig.sync(small.rig.fromFolder + shown)
        #expect(full.status == 4, "\(full.errors)")
        for name in FetchRig.usual { #expect(try small.rig.isWhole(name)) }
        small.free()
        _ = try Folder.creating(www)
        _ = try run("dd", ["if=/dev/zero", "of=\(small.path)/fill-64k", "bs=1M", "count=30"])
        let half = try small.rig.sync(shown)
        #expect(half.status == 13, "\(half.errors)")
        #expect(half.errors.contains(FetchRig.train))
        #expect(half.errors.split(separator: "\n").count == 1)
        var names = try Folder(www).entries().map(\.name.description)
        #expect(names.contains(FetchRig.val) && !names.contains(FetchRig.train))
        #expect(!names.contains { $0.hasSuffix(".new") })
        small.free()
        let result = try small.rig.sync(shown)
        #expect(result.status == 0, "\(result.errors)")
        names = try Folder(www).entries().map(\.name.description)
        #expect(names.contains(FetchRig.train))
    }

    @Test(
        "while something is withdrawn: no list names it any more",
        .enabled(if: SmallDisk.isPossible))
    func withdrawing() throws {
        let small = try Small()
        let www = small.path.appending("www")
        let shown = ["--publish", www.description]
        #expect(try small.sync(shown).status == 0)
        try small.rig.damage(small.archive, at: 3_000_000)
        try small.fill()
        // With nobody to ask, and no byte free.
        let full = try small.rig.sync(shown, data: "disk/data")
        #expect(full.status != 0)
        #expect(try Folder(www).status(Path(FetchRig.train)) == nil)
        for name in ["MD5SUMS", "SHA256SUMS"] {
            let list = try run("cat", [www.appending(name).description])
            #expect(!list.output.contains(FetchRig.train))
        }
        small.free()
        let healed = try small.sync(shown)
        #expect(healed.status == 0, "\(healed.errors)")
        let list = try FileDescriptor(www.appending("MD5SUMS"), .reading).contents(limit: 4096)
        #expect(String(decoding: list, as: UTF8.self).contains(FetchRig.train))
    }

    @Test(
        "log, metrics and page: each is told of, and none keeps the hook from running",
        .enabled(if: SmallDisk.isPossible))
    func telling() throws {
        let small = try Small()
        #expect(try small.rig.sync(small.rig.fromFolder).status == 0)
        try small.fill()
        let result = try small.rig.sync([
            "--metrics", small.path.appending("metrics").description, "--html",
            small.path.appending("page").description, "--on-failure",
            "echo $IMAGENET_FETCH_STATUS >\(small.rig.folder["hook"])",
        ])
        #expect(result.status == 4)
        #expect(result.errors.split(separator: "\n").count == 2, "\(result.errors)")
        #expect(try small.rig.folder.text("hook") == "4\n")
        #expect(try Folder(small.path).status("metrics") == nil)
    }
}
