import DataFolder
import Disk
import Glibc
import Support
import Testing

/// What others see of a mirror, where the folder is not just an empty one beside the archives.
@Suite(.waiting, .serialized, .timeLimit(.minutes(15))) struct SyncPublishTests {
    @Test("the archives' own folder is refused, by whatever path: what is damaged is taken away")
    func intoArchives() throws {
        let rig = try FetchRig()
        #expect(try rig.sync(rig.fromFolder).status == 0)
        try rig.damage(rig.folder["data/tar/\(FetchRig.val)"], at: 1000)
        symlink("data/tar", rig.folder["also"].description)
        for name in ["data/tar", "also"] {
            let refused = try rig.sync(["--publish", rig.folder[name].description])
            #expect(refused.status == 2)
            #expect(refused.errors.contains("the archives themselves are there"))
        }
        #expect(!rig.isAbsent(FetchRig.val))
    }

    @Test("an archive behind a link is shown as a file, once")
    func linked() throws {
        let rig = try FetchRig()
        _ = try Folder.creating(rig.folder["data/tar"])
        _ = try run(
            "cp", [rig.archives.appending(FetchRig.val).description, rig.folder["val"].description])
        symlink("../../val", rig.folder["data/tar/\(FetchRig.val)"].description)
        let words = [
            "--publish", rig.folder["www"].description, "--on-change",
            "echo x >>\(rig.folder["hook"])",
        ]
        for _ in 0..<2 { #expect(try rig.sync(rig.fromFolder + words).status == 0) }
        #expect(try rig.folder.text("hook") == "x\n")
        #expect(try Folder(rig.folder["www"]).status(Path(FetchRig.val))?.kind == .file)
        // It goes when it is damaged, too, and comes back when it is mended where it lies.
        try rig.damage(rig.folder["val"], at: 1000)
        #expect(try rig.sync(words).status == 13)
        #expect(try Folder(rig.folder["www"]).status(Path(FetchRig.val)) == nil)
        #expect(try rig.sync(rig.fromFolder + words).status == 0)
        #expect(try rig.isWhole(FetchRig.val))
        #expect(try Folder(rig.folder["www"]).status(Path(FetchRig.val))?.kind == .file)
    }

    @Test(
        "an archive that breaks under its published name as well is mended in a copy, and shown anew"
    )
    func damagedTogether() throws {
        let rig = try FetchRig()
        let words = rig.fromFolder + ["--publish", rig.folder["www"].description]
        #expect(try rig.sync(words).status == 0)
        let (archive, shown) = (
            rig.folder["data/tar/\(FetchRig.val)"], rig.folder["www/\(FetchRig.val)"]
        )
        let mine = rig.folder["mine"]
        #expect(link(archive.description, mine.description) == 0)
        try rig.damage(archive, at: 1000)
        let damaged = try rig.folder.read("mine")
        let dry = try run(
            Binary.absolute,
            [
                "repair", archive.description, "--dry-run", "--manifest", rig.manifest, "--data",
                rig.folder["data"].description, "--torrent-dir", rig.torrents.description,
            ])
        #expect(dry.errors.contains("has other names (hard links): it is copied first"))
        #expect(try rig.sync(words).status == 0)
        #expect(try rig.isWhole(FetchRig.val))
        // What somebody else has linked is as it was.
        #expect(try rig.folder.read("mine") == damaged)
        let identities = try [archive, shown].map { try FileDescriptor($0, .reading).identity() }
        #expect(identities[0] == identities[1])
    }

    @Test("everybody may read what is shown")
    func mode() throws {
        let rig = try FetchRig()
        #expect(try rig.sync(rig.fromFolder).status == 0)
        chmod(rig.folder["data/tar/\(FetchRig.val)"].description, 0o600)
        #expect(try rig.sync(["--publish", rig.folder["www"].description]).status == 0)
        #expect(try Folder(rig.folder["www"]).status(Path(FetchRig.val))?.mode == 0o644)
        // That was us: the proof goes on to hold.
        #expect(try rig.sync().status == 0)
        #expect(try rig.folder.text("log").count(of: ": verified again") == 1)
    }

    @Test("everybody may read copies, lists and torrents, whatever the umask")
    func umask() throws {
        let rig = try FetchRig()
        guard let other = try OtherDisk(than: rig.folder.path) else {
            return print("skipped: there is no other file system to publish on")
        }
        let words = [
            "--publish", other.path.description, "--publish-url", "http://127.0.0.1:9/",
        ]
        let shell = ["-c", "umask 077; exec \"$@\"", "sh", Binary.absolute]
        let result = try run("sh", shell + rig.syncWords(rig.fromFolder + words))
        #expect(result.status == 0, "\(result.errors)")
        let folder = try Folder(other.path)
        let names = try folder.entries().map(\.name)
        #expect(names.count > 6)
        for name in names { #expect(try folder.status(name)?.mode == 0o644, "\(name)") }
    }

    @Test("a copy on another disk is proven like the archive, and made anew when it rots")
    func copies() throws {
        let rig = try FetchRig()
        guard let other = try OtherDisk(than: rig.folder.path) else {
            return print("skipped: there is no other file system to publish on")
        }
        let words = rig.fromFolder + ["--publish", other.path.description]
        #expect(try rig.sync(words).status == 0)
        let copy = other.path.appending(FetchRig.val)
        let inode = { try FileDescriptor(copy, .reading).identity().inode }
        // As a disk rots: with a receipt that still fits.
        try rig.damage(copy, at: 1000)
        let store = ReceiptStore(rig.folder["data/tar/.imagenet-fetch/published"])
        guard case .receipt(var receipt) = try store.load(FetchRig.val) else {
            return _ = Issue.record("the copy has no receipt")
        }
        receipt.identity = try FileDescriptor(copy, .reading).identity()
        try store.save(receipt)
        #expect(try rig.sync(words).status == 0)
        #expect(
            try run("cmp", [copy.description, rig.archives.appending(FetchRig.val).description])
                .status == 1)
        #expect(try rig.sync(words + ["--scrub-every", "0s"]).status == 0)
        #expect(
            try run("cmp", [copy.description, rig.archives.appending(FetchRig.val).description])
                .status == 0)
        // Its receipt is lost: it is read, and stays.
        let last = try inode()
        try Folder(rig.folder["data/tar/.imagenet-fetch"]).removeTree("published")
        #expect(try rig.sync(words).status == 0)
        #expect(try inode() == last)
    }
}
