import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

/// `--classes` in the commands that use archives, from whole ones and from one that is not completely
/// downloaded.
@Suite(.waiting) struct ClassesExportTests {
    private static let script = Path(#filePath).parent.parent.appending("Interop/classes.py")
        .description
    private static let train = "ILSVRC2012_img_train"

    private func world() throws -> ExportWorld {
        try ExportWorld("--classes", "5", "--per-class", "7", "--val", "40", "--test", "0")
    }

    /// The WNIDs of the data set, ascending.
    private func wnids(_ world: borrowing ExportWorld) throws -> [String] {
        let told = try world.run("list", "--no-nested", "\(Self.train).tar")
        try #require(told.status == 0, "\(told.errors)")
        return told.output.split(separator: "\n").map { String($0.dropLast(4)) }.sorted()
    }

    private func compare(
        _ world: borrowing ExportWorld, _ format: String, _ space: String, _ wnids: [String]
    ) throws {
        for part in ["train", "val"] {
            let name = "ILSVRC2012_img_\(part)"
            let result = try Support.run(
                "python3",
                [
                    Self.script, format, world.folder["all/\(name)"].description,
                    world.folder["some/\(name)"].description, space,
                    wnids.joined(separator: ","),
                ])
            #expect(result.status == 0, "\(result.errors)")
        }
    }

    @Test(
        "an export of classes is that of all without the others",
        arguments: ["mds", "tfrecord", "webdataset"], ["subset", "full"])
    func filtered(_ format: String, _ space: String) throws {
        let world = try world()
        let wnids = try wnids(world)
        let chosen = [wnids[1], wnids[4]]
        let classes = chosen.reversed().joined(separator: ",")
        let (all, some) = (world.folder["all"].description, world.folder["some"].description)
        let whole = try world.run(format, "--output-dir", all)
        #expect(whole.status == 0, "\(whole.errors)")
        let words = [format, "--output-dir", some, "--label-space", space, "--classes"]
        let made = try Support.run(Binary.path, words + [classes] + world.options)
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.errors.contains(space == "subset" ? "numbered among" : "ranks among all"))
        try compare(world, format, space, chosen)

        let again = try Support.run(Binary.path, words + [classes] + world.options)
        #expect(again.status == 0 && again.output.contains("already done"))
        let other = try Support.run(
            Binary.path, words + [wnids[0], "--only-train"] + world.options)
        #expect(other.status == 2)
        #expect(other.errors.contains("it has other classes: \(chosen[0]) and 1 more"))
        #expect(other.errors.contains("--force"))
        let unknown = try Support.run(Binary.path, words + ["n00000000"] + world.options)
        #expect(unknown.status == 2)
        let test = try Support.run(Binary.path, words + [classes, "--only-test"] + world.options)
        #expect(test.status == 2)
    }

    @Test("untar makes, extends and completes a tree, and layout, check, status and verify know it")
    func untar() throws {
        let world = try world()
        let wnids = try wnids(world)
        let tree = "s/untar/\(Self.train)"
        let first = try world.run("untar", "--classes", wnids[3])
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.errors.contains("only 1 class of the data set"))
        #expect(try world.folder.names(in: tree) == [wnids[3]])
        #expect(try world.folder.names(in: "s/untar/ILSVRC2012_img_val") == [wnids[3]])
        let layout = try world.run("layout", "torchvision", world.folder["vision"].description)
        #expect(layout.status == 0, "\(layout.errors)")
        #expect(!layout.errors.contains("train is missing"))

        let second = try world.run("untar", "--classes", "\(wnids[0]),\(wnids[3])")
        #expect(second.status == 0 && second.output.contains("added 1 class"), "\(second.output)")
        #expect(try world.folder.names(in: tree) == [wnids[0], wnids[3]])
        let status = try world.run("status")
        #expect(status.output.contains("of 2 chosen classes"))
        #expect(!status.output.contains("broken"))
        let verified = try world.run("verify", world.folder["s/untar"].description)
        #expect(verified.status == 0, "\(verified.output)")
        #expect(verified.output.contains("the same as in its archive"))
        let linked = try world.run(
            "layout", "image-datasets", world.folder["one"].description, "--classes", wnids[0])
        #expect(linked.status == 0, "\(linked.errors)")
        #expect(try world.folder.names(in: "one/train") == [wnids[0]])
        let missing = try world.run(
            "layout", "image-datasets", world.folder["two"].description, "--classes", wnids[1])
        #expect(missing.status == 2 && missing.errors.contains("\(wnids[1]) is not in "))

        let path = world.folder["s/untar"].description
        let checked = try world.run("check", path, "--classes", "\(wnids[0]),\(wnids[3])")
        #expect(checked.status == 0, "\(checked.output)")
        let unchosen = try world.run("check", path)
        #expect(unchosen.status == 3)
        #expect(unchosen.errors.contains("--classes \(wnids[0]),\(wnids[3])"))

        // A tree of some is no input for all.
        let moved = world.folder["s/tar/\(Self.train).tar"]
        try Folder(moved.parent).rename(moved.lastComponent, to: "away")
        let refused = try world.run("mds", "--only-train")
        #expect(refused.status == 2 && refused.errors.contains("has only 2 classes"))
        #expect(refused.errors.contains("--classes \(wnids[0]),\(wnids[3])"))
        try Folder(moved.parent).rename("away", to: moved.lastComponent)

        let completed = try world.run("untar")
        #expect(completed.status == 0 && completed.output.contains("added 3 classes"))
        #expect(try world.folder.names(in: tree) == wnids)
        #expect(try world.run("check", path).status == 0)
    }

    @Test("--delete-source and archives without classes are refused")
    func conflicts() throws {
        let world = try world()
        let wnid = try wnids(world)[0]
        for words in [
            ["untar", "--delete-source"], ["untar", "--only", "devkit"],
            ["layout", "tfds", world.folder["manual"].description],
        ] {
            let told = try Support.run(
                Binary.path, words + ["--classes", wnid] + world.options)
            #expect(told.status == 2, "\(words): \(told.errors)")
        }
        #expect(try world.folder.names(in: "s").contains("untar") == false)
    }

    @Test("list shows the members of the classes alone")
    func list() throws {
        let world = try world()
        let wnids = try wnids(world)
        let all = try world.run("list", "\(Self.train).tar").output.split(separator: "\n")
        let some = try world.run(
            "list", "--classes", "\(wnids[2]),\(wnids[0])", "\(Self.train).tar")
        #expect(some.status == 0 && some.errors == "")
        let shown = some.output.split(separator: "\n")
        #expect(!shown.isEmpty)
        #expect(
            shown == all.filter { $0.hasPrefix(wnids[0]) || $0.hasPrefix(wnids[2]) })
        let flat = try world.run("list", "--no-nested", "--classes", wnids[2], "\(Self.train).tar")
        #expect(flat.output == "\(wnids[2]).tar\n")
        // Validation images by their labels.
        _ = try world.run("untar", "--only-val")
        let names = try world.folder.names(in: "s/untar/ILSVRC2012_img_val/\(wnids[1])")
        let val = try world.run("list", "--classes", wnids[1], "ILSVRC2012_img_val.tar")
        #expect(val.output.split(separator: "\n").map(String.init).sorted() == names)
    }

    // MARK: A partial archive

    /// Replaces the train archive by one that has only some classes, as `fetch --classes` leaves it.
    private func cut(
        _ world: borrowing ExportWorld, to wnids: [String], isClean: Bool = true,
        savesIndex: Bool = true
    ) throws {
        let data = DataFolder(world.folder["s"])
        let name = "\(Self.train).tar"
        let manifest = try Manifest.read(
            world.folder.read("s/manifest.json"), source: "manifest.json")
        let file = try #require(manifest.file(named: name))
        let pin = try #require(file.torrent)
        let tars = try ClassTars(wnids.compactMap { WNID($0) }, in: data.archive(name))
        var bytes = try world.folder.read("s/tar/\(name)")
        let length = 256 << 10
        var pieces = PieceSet(count: (bytes.count + length - 1) / length)
        for range in tars.found.map(\.range) {
            for piece in Int(range.lowerBound) / length...Int(range.upperBound - 1) / length {
                pieces[piece] = true
            }
        }
        for piece in 0..<pieces.count where !pieces[piece] {
            let range = piece * length..<min((piece + 1) * length, bytes.count)
            bytes.replaceSubrange(range, with: repeatElement(0, count: range.count))
        }
        try world.folder.write(bytes, to: "s/tar/\(name).part")
        try Folder(data.folder(.archives)).remove(Path(name))
        try data.receipts.remove(name)
        let journal = Journal(
            fileName: name, size: Int64(bytes.count), pieceLength: Int64(length), pieces: pieces,
            pin: pin.hex,
            identity: try FileDescriptor(data.staging(name), .reading).identity(),
            isClean: isClean, frontier: 0, states: [:])
        try data.journals().save(journal, .synced)
        if savesIndex {
            try data.classIndexes.save(
                ClassIndex(tars.found, archiveSize: nil), of: name, size: Int64(bytes.count))
        }
    }

    @Test("a partial archive gives the same shards as the whole one", arguments: [true, false])
    func partial(_ savesIndex: Bool) throws {
        let world = try ExportWorld("--classes", "5", "--per-class", "20", "--val", "40")
        let wnids = try wnids(world)
        let chosen = "\(wnids[1]),\(wnids[3])"
        let words = ["--only-train", "--classes", chosen]
        for format in ["mds", "tfrecord", "webdataset"] {
            let made = try Support.run(Binary.path, [format] + words + world.options)
            #expect(made.status == 0, "\(made.errors)")
        }
        let archive = try world.folder.read("s/tar/\(Self.train).tar")
        try cut(world, to: [wnids[1], wnids[3]], savesIndex: savesIndex)
        for format in ["mds", "tfrecord", "webdataset"] {
            let before = try world.digests("s/\(format)/\(Self.train)")
            // What was made of the whole archive is the same.
            let again = try Support.run(Binary.path, [format] + words + world.options)
            #expect(again.status == 0 && again.output.contains("already done"), "\(again.errors)")
            let forced = try Support.run(
                Binary.path, [format, "--force"] + words + world.options)
            #expect(forced.status == 0 && forced.output.contains(": done"), "\(forced.errors)")
            #expect(try world.digests("s/\(format)/\(Self.train)") == before)
        }
        let untarred = try Support.run(Binary.path, ["untar"] + words + world.options)
        #expect(untarred.status == 0, "\(untarred.errors)")
        let verified = try world.run("verify", world.folder["s/untar"].description)
        #expect(
            verified.status == 0 && verified.output.contains("the same as in its archive"),
            "\(verified.output)")
        let status = try world.run("status")
        #expect(status.status == 0 && status.output.contains("of 2 chosen classes"))
        let listed = try world.run("list", "--classes", wnids[3], "\(Self.train).tar")
        #expect(listed.status == 0)
        let lines = listed.output.split(separator: "\n")
        #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("\(wnids[3]).tar/") })

        // The class that is not there, by its name, and nothing is changed.
        for command in ["mds", "untar"] {
            let refused = try world.run(
                command, "--only-train", "--force", "--classes", "\(wnids[3]),\(wnids[0])")
            #expect(refused.status == 2)
            #expect(refused.errors.contains("\(wnids[0]) is not downloaded yet"))
            #expect(refused.errors.contains("imagenet-fetch fetch"))
            #expect(refused.errors.contains("--classes \(wnids[0])"))
            let all = try world.run(command, "--only-train", "--force", "--output-dir", "x")
            #expect(all.status == 2)
        }
        // Completed, the tree is too.
        try world.folder.write(archive, to: "s/tar/\(Self.train).tar")
        let completed = try world.run("untar", "--only-train")
        #expect(completed.status == 0, "\(completed.errors)")
        #expect(completed.output.contains("added 3 classes"))
    }

    @Test("pieces of a killed download are read again, and damaged ones do not count")
    func unclean() throws {
        let world = try ExportWorld("--classes", "5", "--per-class", "20", "--val", "40")
        let wnids = try wnids(world)
        try cut(world, to: [wnids[1], wnids[3]], isClean: false)
        let torrents = world.folder["s/torrents"]
        try Folder(torrents.parent).rename("torrents", to: "hidden")
        let unproven = try world.run("mds", "--only-train", "--classes", wnids[1])
        #expect(unproven.status == 3 && unproven.errors.contains("cannot be verified"))
        try Folder(torrents.parent).rename("hidden", to: "torrents")
        let made = try world.run("mds", "--only-train", "--classes", wnids[1])
        #expect(made.status == 0, "\(made.errors)")
        // A byte in the middle of the other class.
        let part = world.folder["s/tar/\(Self.train).tar.part"]
        let wnid = try #require(WNID(wnids[3]))
        let tar = try #require(try ClassTars([wnid], in: part).found.first)
        let file = try FileDescriptor(part, .updating)
        try file.write([1, 2, 3, 4], at: tar.offset + tar.size / 2)
        let refused = try world.run("untar", "--only-train", "--classes", wnids[3])
        #expect(refused.status == 2)
        #expect(refused.errors.contains("\(wnids[3]) is not downloaded yet"))
        let unverified = try world.run(
            "untar", "--only-train", "--no-verify", "--classes", wnids[3])
        #expect(unverified.status == 0, "\(unverified.errors)")
        #expect(try world.run("status").output.contains("from unverified bytes"))
    }

    @Test("what fetch --classes leaves is enough, and --fetch downloads what is missing")
    func fetched() throws {
        let world = try ExportWorld("--classes", "5", "--per-class", "20", "--val", "40")
        let wnids = try wnids(world)
        let here = [
            "--data", world.folder["d"].description, "--manifest",
            world.folder["s/manifest.json"].description,
        ]
        let mirror = [
            "--mirror", world.folder["s/tar"].description + "/", "--sources", "mirrors", "-y",
        ]
        func run(_ words: [String]) throws -> CommandResult {
            try Support.run(Binary.path, words + here)
        }
        let classes = ["--only-train", "--classes"]
        let fetched = try run(["fetch"] + classes + [wnids[3]] + mirror)
        #expect(fetched.status == 0, "\(fetched.errors)")
        #expect(
            try world.folder.names(in: "d/tar").filter { !$0.hasPrefix(".") }
                == ["\(Self.train).tar.part"])
        let made = try run(["mds"] + classes + [wnids[3]])
        #expect(made.status == 0, "\(made.errors)")
        let whole = try world.run("mds", "--only-train", "--classes", wnids[3])
        #expect(whole.status == 0)
        #expect(
            try world.digests("d/mds/\(Self.train)") == world.digests("s/mds/\(Self.train)"))

        let refused = try run(["untar"] + classes + ["\(wnids[0]),\(wnids[3])"])
        #expect(refused.status == 2)
        #expect(refused.errors.contains("\(wnids[0]) is not downloaded yet"))
        for _ in 0..<2 {
            let both = try run(
                ["untar", "--fetch"] + classes + ["\(wnids[0]),\(wnids[3])"] + mirror)
            #expect(both.status == 0, "\(both.errors)")
            #expect(
                try world.folder.names(in: "d/untar/\(Self.train)") == [wnids[0], wnids[3]])
        }
        #expect(
            try world.folder.names(in: "d/tar").filter { !$0.hasPrefix(".") }
                == ["\(Self.train).tar.part"])
        // Everything is verified and the same.
        let verified = try run(["verify", world.folder["d/untar"].description])
        #expect(verified.status == 0 && verified.output.contains("the same as in its archive"))
        #expect(!verified.output.contains("unverified"))
        let completed = try run(["untar", "--fetch", "--only-train"] + mirror)
        #expect(completed.status == 0, "\(completed.errors)")
        #expect(try world.folder.names(in: "d/untar/\(Self.train)") == wnids)
    }
}
