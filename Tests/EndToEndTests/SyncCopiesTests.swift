import DataFolder
import Disk
import Glibc
import Support
import Testing

/// A published file may be the last whole copy: what is proven is never deleted, and mends the archive.
@Suite(.waiting, .serialized, .timeLimit(.minutes(15))) struct SyncCopiesTests {
    /// A mirror that publishes, and nobody to ask but what it has published.
    private final class Rig {
        let rig: FetchRig
        /// Holds the other disk, where there is one.
        let disk: OtherDisk?
        let www: Path
        let words: [String]

        init(onOtherDisk: Bool) throws {
            rig = try FetchRig()
            disk = onOtherDisk ? try OtherDisk(than: rig.folder.path) : nil
            www = disk?.path ?? rig.folder["www"]
            words = ["--publish", www.description]
            #expect(try rig.sync(rig.fromFolder + words).status == 0)
        }

        var archive: Path { rig.folder["data/tar/\(FetchRig.val)"] }
        var published: Path { www.appending(FetchRig.val) }

        func inode(_ path: Path) throws -> UInt64 {
            try FileDescriptor(path, .reading).identity().inode
        }

        func isPublished() throws -> Bool {
            let same = try run(
                "cmp", [published.description, rig.archives.appending(FetchRig.val).description])
            return try same.status == 0 && isListed()
        }

        func isListed() throws -> Bool {
            let list = try FileDescriptor(www.appending("MD5SUMS"), .reading)
            return String(decoding: try list.contents(limit: 4096), as: UTF8.self)
                .contains(FetchRig.val)
        }

        func retire() throws {
            let unpacked = try Binary.run(
                "untar", "--manifest", rig.manifest, "--data", rig.folder["data"].description,
                "--only-val", "--delete-source")
            #expect(unpacked.status == 0, "\(unpacked.errors)")
            #expect(rig.isAbsent(FetchRig.val))
        }
    }

    @Test("a copy on another disk mends its archive, and stays where it is")
    func mends() throws {
        let rig = try Rig(onOtherDisk: true)
        guard rig.disk != nil else { return print("skipped: there is no other file system") }
        let first = try rig.inode(rig.published)
        try rig.rig.damage(rig.archive, at: 5000)
        let healed = try rig.rig.sync(rig.words)
        #expect(healed.status == 0, "\(healed.errors)")
        #expect(healed.errors.isEmpty)
        #expect(try rig.rig.isWhole(FetchRig.val))
        #expect(try rig.isPublished() && rig.inode(rig.published) == first)
        #expect(try rig.rig.folder.text("log").contains("\(FetchRig.val): repaired, 1 piece"))
        // And when the archive is gone altogether.
        unlink(rig.archive.description)
        let back = try rig.rig.sync(rig.words)
        #expect(back.status == 0, "\(back.errors)")
        #expect(try rig.rig.isWhole(FetchRig.val))
        #expect(try rig.isPublished() && rig.inode(rig.published) == first)
    }

    @Test("a damaged copy mends what it can; the rest comes from elsewhere")
    func damagedCopy() throws {
        let rig = try Rig(onOtherDisk: true)
        guard rig.disk != nil else { return print("skipped: there is no other file system") }
        let train = rig.www.appending(FetchRig.train)
        let archive = rig.rig.folder["data/tar/\(FetchRig.train)"]
        try rig.rig.damage(archive, at: 3_000_000)
        try rig.rig.damage(archive, at: 9_000_000)
        try rig.rig.damage(train, at: 9_000_000)
        let half = try rig.rig.sync(rig.words)
        #expect(half.status == 13, "\(half.errors)")
        #expect(half.errors.split(separator: "\n").count == 1)
        let names = try Folder(rig.www).entries().map(\.name.description)
        #expect(!names.contains(FetchRig.train) && names.contains(FetchRig.val))
        // What it had right is in the archive.
        let differing = try run(
            "cmp",
            [
                "-l", archive.description,
                rig.rig.archives.appending(FetchRig.train).description,
            ])
        #expect(differing.output.split(separator: "\n").count == 1)
        let healed = try rig.rig.sync(rig.rig.fromFolder + rig.words)
        #expect(healed.status == 0, "\(healed.errors)")
        #expect(try rig.rig.isWhole(FetchRig.train))
        #expect(try Folder(rig.www).status(Path(FetchRig.train))?.kind == .file)
    }

    @Test(
        "what is published stays when its archive was unpacked and removed, until it is damaged",
        arguments: [true, false])
    func retired(_ onOtherDisk: Bool) throws {
        let rig = try Rig(onOtherDisk: onOtherDisk)
        if onOtherDisk, rig.disk == nil {
            return print("skipped: there is no other file system")
        }
        try rig.retire()
        for _ in 0..<2 {
            let result = try rig.rig.sync(rig.words)
            #expect(result.status == 0, "\(result.errors)")
            #expect(try rig.isPublished())
        }
        #expect(rig.rig.isAbsent(FetchRig.val))
        // Proven once more at the most: nothing is read when nothing is due.
        if !Binary.isWatched {
            let trace = rig.rig.folder["trace"].description
            let idle = try run(
                "strace",
                ["-f", "-y", "-e", "trace=pread64,read", "-o", trace, Binary.absolute]
                    + rig.rig.syncWords(rig.words))
            #expect(idle.status == 0)
            #expect(try !rig.rig.folder.text("trace").contains("\(FetchRig.val)>"))
        }
        try rig.rig.damage(rig.published, at: 5000)
        let found = try rig.rig.sync(rig.words)
        #expect(found.status == 0, "\(found.errors)")
        #expect(try Folder(rig.www).status(Path(FetchRig.val)) == nil)
        #expect(try !rig.isListed())
        #expect(try rig.rig.folder.text("log").contains("\(FetchRig.val): not published until"))
    }

    @Test("a copy that rots in silence is found when its proof is due, its archive being retired")
    func rots() throws {
        let rig = try Rig(onOtherDisk: false)
        try rig.retire()
        #expect(try rig.rig.sync(rig.words).status == 0)
        try rig.rig.damage(rig.published, at: 5000)
        let store = ReceiptStore(rig.rig.folder["data/tar/.imagenet-fetch/published"])
        guard case .receipt(var receipt) = try store.load(FetchRig.val) else {
            return _ = Issue.record("what is published has no receipt")
        }
        receipt.identity = try FileDescriptor(rig.published, .reading).identity()
        try store.save(receipt)
        #expect(try rig.rig.sync(rig.words).status == 0)
        #expect(try rig.isListed())
        #expect(try rig.rig.sync(rig.words + ["--scrub-every", "0s"]).status == 0)
        #expect(try Folder(rig.www).status(Path(FetchRig.val)) == nil)
        #expect(try !rig.isListed())
    }

    @Test("an archive that is gone gets its name back from the published one on the same disk")
    func restores() throws {
        let rig = try Rig(onOtherDisk: false)
        let first = try rig.inode(rig.archive)
        unlink(rig.archive.description)
        let result = try rig.rig.sync(rig.words)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.rig.isWhole(FetchRig.val))
        #expect(try rig.inode(rig.archive) == first && rig.inode(rig.published) == first)
        #expect(try rig.isPublished())
        #expect(try rig.rig.folder.text("log").contains("\(FetchRig.val): verified again"))
    }

    @Test("what somebody else has put there stays, whatever its name, and is told of")
    func foreign() throws {
        let rig = try FetchRig()
        let mine = [FetchRig.val, "MD5SUMS", "TRACE", "\(FetchRig.train).torrent"]
        for name in mine { try rig.folder.write("mine\n", to: "www/\(name)") }
        // Of the right length, too.
        let size = try rig.original(FetchRig.devkit).count
        try rig.folder.write([UInt8](repeating: 7, count: size), to: "www/\(FetchRig.devkit)")
        symlink("elsewhere", rig.folder["www/SHA256SUMS"].description)
        let words = rig.fromFolder + ["--publish", rig.folder["www"].description]
        for _ in 0..<2 {
            let result = try rig.sync(words)
            #expect(result.status == 13, "\(result.errors)")
            for name in mine {
                #expect(try rig.folder.text("www/\(name)") == "mine\n")
                #expect(result.errors.contains("www/\(name): sync did not create it"))
            }
            #expect(result.errors.contains("www/SHA256SUMS: sync did not create it"))
            #expect(try Folder(rig.folder["www"]).status("SHA256SUMS")?.kind == .link)
            #expect(try rig.folder.read("www/\(FetchRig.devkit)").allSatisfy { $0 == 7 })
        }
        for name in FetchRig.usual { #expect(try rig.isWhole(name)) }
        #expect(try rig.folder.names(in: "www").contains(FetchRig.train))
        for name in mine + ["SHA256SUMS", FetchRig.devkit] {
            unlink(rig.folder["www/\(name)"].description)
        }
        let clear = try rig.sync(words)
        #expect(clear.status == 0, "\(clear.errors)")
        #expect(try rig.folder.text("www/MD5SUMS").count(of: "\n") == 3)
    }

    @Test("the right bytes stay whoever has brought them, and lists are ours without our state")
    func adopted() throws {
        let rig = try FetchRig()
        let words = [
            "--publish", rig.folder["www"].description, "--publish-url", "http://127.0.0.1:9/",
        ]
        _ = try Folder.creating(rig.folder["www"])
        _ = try run(
            "cp",
            [rig.archives.appending(FetchRig.val).description, rig.folder["www"].description])
        #expect(try rig.sync(rig.fromFolder + words).status == 0)
        #expect(try rig.folder.text("www/MD5SUMS").contains(FetchRig.val))
        // All that is remembered is lost, and what is shown is another than before.
        try Folder(rig.folder["data/tar"]).removeTree(".imagenet-fetch")
        try rig.damage(rig.folder["data/tar/\(FetchRig.train)"], at: 5000)
        let failed = try rig.sync(words)
        #expect(failed.status == 13, "\(failed.errors)")
        #expect(failed.errors.split(separator: "\n").count == 1)
        #expect(try !rig.folder.text("www/MD5SUMS").contains(FetchRig.train))
        #expect(try !rig.folder.text("www/sample.json").contains(FetchRig.train))
        let healed = try rig.sync(rig.fromFolder + words)
        #expect(healed.status == 0, "\(healed.errors)")
    }

    @Test("what somebody else has brought is theirs, also when its bytes were right once")
    func witnessed() throws {
        let rig = try FetchRig()
        let words = rig.fromFolder + ["--publish", rig.folder["www"].description]
        let theirs = rig.folder["www/\(FetchRig.val)"]
        _ = try Folder.creating(rig.folder["www"])
        _ = try run(
            "cp", [rig.archives.appending(FetchRig.val).description, theirs.description])
        let inode = try FileDescriptor(theirs, .reading).identity().inode
        for _ in 0..<3 {
            let result = try rig.sync(words)
            #expect(result.status == 0, "\(result.errors)")
            #expect(try FileDescriptor(theirs, .reading).identity().inode == inode)
        }
        // Its owner writes something else, where it lies.
        try rig.damage(theirs, at: 1000)
        let mine = try rig.folder.read("www/\(FetchRig.val)")
        for _ in 0..<2 {
            let told = try rig.sync(words)
            #expect(told.status == 13, "\(told.errors)")
            #expect(told.errors.contains("www/\(FetchRig.val): sync did not create it"))
            #expect(try rig.folder.read("www/\(FetchRig.val)").elementsEqual(mine))
        }
        // And when the archive is gone on purpose.
        let unpacked = try Binary.run(
            "untar", "--manifest", rig.manifest, "--data", rig.folder["data"].description,
            "--only-val", "--delete-source")
        #expect(unpacked.status == 0, "\(unpacked.errors)")
        #expect(try rig.sync(words).status == 0)
        #expect(try FileDescriptor(theirs, .reading).identity().inode == inode)
        #expect(try rig.folder.read("www/\(FetchRig.val)").elementsEqual(mine))
    }

    @Test("lists are ours after another choice of data sets, and somebody else's when written to")
    func lists() throws {
        let rig = try FetchRig()
        let words = rig.fromFolder + ["--publish", rig.folder["www"].description]
        #expect(try rig.sync(words).status == 0)
        // The same files under another name, and one fewer.
        let text = try run("cat", [rig.manifest]).output
        let train = FetchRig.train.dropLast(".tar".count)
        try rig.folder.write(text.replacing(train, with: "another"), to: "other.json")
        let other = try rig.sync(
            words + ["--manifest", rig.folder["other.json"].description, "--only", "val,devkit"])
        #expect(other.status == 0, "\(other.errors)")
        let lists = try rig.folder.text("www/MD5SUMS")
        #expect(lists.count(of: "\n") == 2)
        try rig.folder.write(lists + "mine\n", to: "www/MD5SUMS")
        let told = try rig.sync(words)
        #expect(told.errors.contains("www/MD5SUMS: sync did not create it"), "\(told.errors)")
        #expect(try rig.folder.text("www/MD5SUMS") == lists + "mine\n")
    }

    @Test("a torrent of an earlier pin is replaced, or taken away")
    func torrents() throws {
        let rig = try FetchRig()
        let words = ["--publish", rig.folder["www"].description]
        #expect(try rig.sync(rig.fromFolder + words).status == 0)
        let published = "www/\(FetchRig.val).torrent"
        let right = try rig.folder.read(published)
        // As if the pin had been that of the other one: it was right once, for somebody.
        try rig.folder.write(try rig.folder.read("www/\(FetchRig.train).torrent"), to: published)
        let result = try rig.sync(words)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.folder.read(published).elementsEqual(right))
        // Where nobody knows the new one, none is better.
        try rig.folder.write(try rig.folder.read("www/\(FetchRig.train).torrent"), to: published)
        let kept = rig.folder["data/tar/.imagenet-fetch/torrents"]
        for entry in try Folder(kept).entries() {
            let path = kept.appending(entry.name)
            if try FileDescriptor(path, .reading).contents(limit: 1 << 24) == right {
                unlink(path.description)
            }
        }
        try rig.hideTorrents()
        #expect(
            try rig.sync(words + ["--torrent-dir", rig.folder["none"].description]).status == 0)
        #expect(try Folder(rig.folder["www"]).status(Path("\(FetchRig.val).torrent")) == nil)
    }
}
