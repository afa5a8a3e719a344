import Disk
import Glibc
import Support
import Testing

@Suite(.waiting) struct ExportCommandTests {
    private func world() throws -> ExportWorld {
        try ExportWorld("--classes", "4", "--per-class", "8", "--val", "9", "--test", "5")
    }

    @Test("each format is made from the archives, told how to load, and done already the next time")
    func formats() throws {
        let world = try world()
        for (command, note) in [
            (["mds"], "StreamingDataset"), (["tfrecord"], "TFRecordDataset"),
            (["webdataset"], "wds.WebDataset"), (["parquet"], "load_dataset"),
        ] {
            let made = try Support.run(Binary.path, command + world.options)
            #expect(made.status == 0, "\(made.errors)")
            #expect(made.output.split(separator: "\n").count == 2)
            #expect(made.output.contains("done (9 images in "))
            #expect(made.errors.contains(note))
            #expect(made.errors.contains("by ascending WNID"))
            let before = try world.digests("s/\(command[0])")
            let again = try Support.run(Binary.path, command + world.options)
            #expect(again.status == 0 && again.output.contains("already done"))
            #expect(try world.digests("s/\(command[0])") == before)
            // Only shards and index files lie where a loader walks.
            let hidden = try Support.run(
                "bash",
                [
                    "-c",
                    "find '\(world.folder["s/\(command[0])"])' -name '.*' -o -name '*lock*' "
                        + "-o -name 'progress*'",
                ])
            #expect(hidden.output == "")
        }
        let names = try world.folder.names(in: "s/tfrecord/ILSVRC2012_img_val")
        // Nine images are far from 64 MiB.
        #expect(names == ["validation-00000-of-00001"])
        #expect(
            try world.folder.names(in: "s/tfrecord_idx") == [
                "ILSVRC2012_img_train", "ILSVRC2012_img_val",
            ])
        #expect(try world.folder.text("s/webdataset/_info.json").contains(#""num_samples": 9"#))
    }

    @Test("--json gives one object a split")
    func json() throws {
        let world = try world()
        let made = try world.run("mds", "--json", "--quiet")
        #expect(made.status == 0 && made.errors == "")
        let lines = made.output.split(separator: "\n")
        #expect(lines.count == 2)
        for line in lines {
            #expect(line.hasPrefix(#"{"schema":"imagenet-fetch.export/1","kind":"mds","#))
        }
        #expect(made.output.contains(#""what":"PNG""#))
    }

    @Test("killed at any moment it goes on, and the bytes are those of one straight run")
    func killed() throws {
        let world = try ExportWorld("--classes", "10", "--per-class", "60", "--val", "5")
        let options = ["--only-train", "--size-limit", "3mb"]
        let straight = try Support.run(
            Binary.path,
            ["mds", "--output-dir", world.folder["straight"].description] + options + world.options)
        #expect(straight.status == 0)
        let command =
            ["mds", "--workers", "1", "--output-dir", world.folder["killed"].description] + options
            + world.options
        for _ in 0..<4 {
            let process = try Background(Binary.path, command)
            usleep(120_000)
            process.send(SIGKILL)
            process.wait()
        }
        let last = try Support.run(Binary.path, command)
        #expect(last.status == 0, "\(last.errors)")
        #expect(
            try world.digests("killed/ILSVRC2012_img_train")
                == world.digests("straight/ILSVRC2012_img_train"))
        #expect(try world.folder.names(in: "killed").count == 2)
    }

    @Test("Ctrl-C ends it by the signal, and the same command goes on")
    func interrupted() throws {
        let world = try ExportWorld("--classes", "10", "--per-class", "60", "--val", "5")
        let command = ["webdataset", "--only-train", "--workers", "1"] + world.options
        let result = try Support.run(
            "timeout",
            ["--foreground", "--signal=INT", "--preserve-status", "0.3", Binary.path] + command)
        // A machine that is done by then has nothing to interrupt.
        #expect(result.status == 128 + SIGINT || result.status == 0)
        #expect(try Support.run(Binary.path, command).status == 0)
    }

    @Test("what is missing is said, with what to do, and one split of two is done all the same")
    func missing() throws {
        let world = try world()
        let tars = try Folder(world.folder["s/tar"])
        try tars.remove("ILSVRC2012_img_train.tar")
        let some = try world.run("mds")
        #expect(some.status == 13)
        #expect(some.output.contains("ILSVRC2012_img_val: done"))
        #expect(some.errors.contains("ILSVRC2012_img_train.tar"))
        #expect(some.errors.contains("hint: add --fetch"))
        #expect(try world.run("mds", "--only-train").status == 2)
        try tars.remove("ILSVRC2012_devkit_t12.tar.gz")
        try tars.remove("ILSVRC2012_bbox_val_v3.tgz")
        let labels = try world.run("tfrecord", "--only-val")
        #expect(labels.status == 3)
        #expect(labels.errors.contains("--val-labels"))
        #expect(try world.run("mds", "--only", "devkit").status == 2)
    }

    @Test("a damaged archive ends with 3 and its place, and nothing appears")
    func damaged() throws {
        let world = try world()
        let train = try FileDescriptor(
            world.folder["s/tar/ILSVRC2012_img_train.tar"], .updating)
        try train.truncate(to: train.size() / 3)
        let result = try world.run("webdataset", "--only-train")
        #expect(result.status == 3)
        #expect(result.errors.contains("byte"))
        #expect(try !world.folder.names(in: "s").contains("webdataset"))
    }

    @Test(
        "options that make no sense end with 2",
        arguments: [
            ["mds", "--compression", "br"], ["mds", "--compression", "zstd:99"],
            ["mds", "--hashes", "crc32"], ["mds", "--size-limit", "5gb"],
            ["mds", "--slice", "3/2"],
            ["webdataset", "--shards", "2", "--max-size", "1M"], ["tfrecord", "--images", "drop"],
            ["bbox", "--only-test"], ["mds", "extra"],
        ])
    func usage(words: [String]) throws {
        let result = try Support.run(Binary.path, words + ["--data", "/nonexistent"])
        #expect(result.status == 2, "\(result.errors)")
    }

    @Test("slices on one file system, then merge: the bytes of one machine")
    func slices() throws {
        let world = try world()
        let straight = try world.run(
            "mds", "--only-train", "--size-limit", "600kb", "--output-dir",
            world.folder["straight"].description)
        #expect(straight.status == 0)
        for slice in ["2/2", "1/2"] {
            let part = try world.run(
                "mds", "--only-train", "--size-limit", "600kb", "--slice", slice)
            #expect(part.status == 0 && part.output.contains("part done"))
            let early = try world.run(
                "mds", "verify", world.folder["s/mds/ILSVRC2012_img_train"].description)
            #expect(early.status == 2)
        }
        let merged = try world.run(
            "mds", "merge", world.folder["s/mds/ILSVRC2012_img_train"].description)
        #expect(merged.status == 0, "\(merged.errors)")
        #expect(
            try world.digests("s/mds/ILSVRC2012_img_train")
                == world.digests("straight/ILSVRC2012_img_train"))
        let verify = try world.run(
            "mds", "verify", world.folder["s/mds/ILSVRC2012_img_train"].description)
        #expect(verify.status == 0)
        #expect(verify.output.contains("shard.00000.mds: OK"))
        try world.folder.write(#"{"shards": [], "version": 2}"#, to: "empty/index.json")
        let empty = try world.run("mds", "verify", world.folder["empty"].description)
        #expect(empty.status == 2 && empty.errors.contains("hint:"))
    }

    @Test("boxes become a CSV, to a file or to standard output")
    func boxes() throws {
        let world = try world()
        let made = try world.run("bbox")
        #expect(made.status == 0, "\(made.errors)")
        let csv = try world.folder.text("s/imagenet_2012_bounding_boxes.csv")
        #expect(try world.run("bbox", "--output", "-").output == csv)
        #expect(try world.run("bbox").output.contains("already done"))
        #expect(csv.split(separator: "\n").allSatisfy { $0.split(separator: ",").count == 5 })
        let mine = world.folder["mine.csv"].description
        try world.folder.write("mine", to: "mine.csv")
        #expect(try world.run("bbox", "--output", mine).status == 2)
        #expect(try world.folder.text("mine.csv") == "mine")
        #expect(try world.run("bbox", "--output", mine, "--force").status == 0)
        #expect(try world.folder.text("mine.csv") == csv)
        // One byte is another: that is no longer what was made.
        try world.folder.write("7" + csv.dropFirst(), to: "mine.csv")
        let changed = try world.run("bbox", "--output", mine)
        #expect(changed.status == 2 && changed.errors.contains("--force"))
        #expect(try world.run("bbox", "--output", mine, "--force").status == 0)
        #expect(try world.folder.text("mine.csv") == csv)
        // What it is called does not matter to those who read it.
        try world.folder.write(csv, to: "boxes.txt")
        let records = try world.run(
            "tfrecord", "--only-train", "--bbox", world.folder["boxes.txt"].description)
        #expect(records.status == 0, "\(records.errors)")
        let val = try world.run("bbox", "--only-val", "--json", "--quiet")
        #expect(val.output.hasPrefix(#"{"schema":"imagenet-fetch.bbox/1","#))
        // Parts without boxes are passed over, as in a config file for all commands.
        for choice in ["--all", "--only=val,train,devkit"] {
            let both = try world.run("bbox", "--force", choice)
            #expect(both.status == 0, "\(both.errors)")
            #expect(both.output.split(separator: "\n").count == 2, "\(both.output)")
        }
        #expect(try world.run("bbox", "--all", "--output", mine).status == 2)
        #expect(try world.run("bbox", "--json", "--output", "-").status == 2)
    }

    @Test("where there are no images at all, what is missing is said")
    func emptyInput() throws {
        let world = try world()
        try world.folder.write("x", to: "empty/readme")
        let result = try world.run(
            "mds", "--only-val", "--input-dir", world.folder["empty"].description)
        #expect(result.status == 2 && result.errors.contains("hint: add --fetch"))
        // The archive of the other split is none of this one.
        let wrong = try world.run(
            "mds", "--only-val", "--input-dir",
            world.folder["s/tar/ILSVRC2012_img_train.tar"].description, "--output-dir",
            world.folder["w"].description)
        #expect(wrong.status == 3 && wrong.errors.contains("hint:"))
        #expect(try !world.folder.names().contains("w"))
    }

    @Test("_info.json follows what is there, and no broken output keeps another from being told")
    func info() throws {
        let world = try world()
        let info = "s/webdataset/_info.json"
        #expect(try world.run("webdataset").status == 0)
        try world.folder.write("{}", to: "s/webdataset/ILSVRC2012_img_val/imagenet-validation.json")
        let train = try world.run("webdataset", "--only-train")
        #expect(train.status == 3 && train.output.contains("ILSVRC2012_img_train: already done"))
        #expect(train.errors.contains("ILSVRC2012_img_val") && train.errors.contains("hint:"))
        // Another format beside it, once the broken one is gone.
        try Folder(world.folder["s/webdataset"]).removeTree("ILSVRC2012_img_val")
        try Folder(world.folder["s/webdataset"]).remove("ILSVRC2012_img_val.receipt.json")
        #expect(try world.folder.text(info).contains("train"))
        let shards = try world.run(
            "mds", "--only-val", "--output-dir", world.folder["s/webdataset"].description)
        #expect(shards.status == 0, "\(shards.errors)")
        #expect(!(try world.folder.text(info).contains("validation")))
        #expect(try world.run("webdataset", "--only-train").status == 0)
        try world.folder.write("mine", to: info)
        let done = try world.run("webdataset", "--only-train")
        #expect(done.status == 0 && done.errors.contains("_info.json"))
        #expect(try world.run("webdataset", "--only-train", "--force").status == 2)
        #expect(try world.folder.text(info) == "mine")
    }

    @Test(
        "what does not fit with what is made of it is not fetched",
        .enabled(if: SmallDisk.isPossible))
    func fetchingTooMuch() throws {
        let world = try ExportWorld("--classes", "4", "--per-class", "40", "--val", "9")
        let size = try FileDescriptor(
            world.folder["s/tar/ILSVRC2012_img_train.tar"], .reading
        ).size()
        // Room for the archive and half of the shards.
        let disk = try SmallDisk(
            world.folder["disk"], image: world.folder["image"],
            mebibytes: Int((size * 3 / 2) >> 20) + 1)
        let result = try Support.run(
            Binary.path,
            [
                "mds", "--only-train", "--fetch", "-y", "--reserve", "0", "--data",
                world.folder["disk/d"].description, "--manifest",
                world.folder["s/manifest.json"].description, "--sources", "mirrors", "--mirror",
                world.folder["s/tar"].description + "/", "--torrent-dir",
                world.folder["s/torrents"].description, "--no-dht",
            ])
        #expect(result.status == 4, "\(result.errors)")
        #expect(result.errors.contains("for the outputs"))
        #expect(try !world.folder.names(in: "disk").contains("d"))
        withExtendedLifetime(disk) {}
    }

    @Test("--fetch gets what is missing first, in one command")
    func fetching() throws {
        let world = try world()
        let fetched = try Support.run(
            Binary.path,
            [
                "mds", "--fetch", "-y", "--data", world.folder["d"].description, "--manifest",
                world.folder["s/manifest.json"].description, "--sources", "mirrors", "--mirror",
                world.folder["s/tar"].description + "/", "--torrent-dir",
                world.folder["s/torrents"].description, "--no-dht",
            ])
        #expect(fetched.status == 0, "\(fetched.errors)")
        #expect(fetched.output.contains("ILSVRC2012_img_train: done"))
        // With --json only the result is on standard output.
        let json = try Support.run(
            Binary.path,
            [
                "mds", "--fetch", "-y", "--json", "--only-val", "--data",
                world.folder["j"].description, "--manifest",
                world.folder["s/manifest.json"].description, "--sources", "mirrors", "--mirror",
                world.folder["s/tar"].description + "/", "--torrent-dir",
                world.folder["s/torrents"].description, "--no-dht",
            ])
        #expect(json.status == 0 && json.errors.contains("ILSVRC2012_img_val.tar: verified"))
        #expect(json.output.split(separator: "\n").count == 1 && json.output.hasPrefix("{"))
        let straight = try world.run("mds")
        #expect(straight.status == 0)
        #expect(
            try world.digests("d/mds/ILSVRC2012_img_val")
                == world.digests("s/mds/ILSVRC2012_img_val"))
    }

    @Test(
        "what --fetch cannot get ends the command as fetch would, and no port is opened for it",
        arguments: ["mds", "untar"])
    func cannotFetch(_ command: String) throws {
        let world = try world()
        _ = try Folder.creating(world.folder["empty"])
        let refused = try Support.run(
            Binary.path,
            [
                command, "--fetch", "--only-train", "-y", "--data", world.folder["d"].description,
                "--manifest", world.folder["s/manifest.json"].description, "--mirror",
                world.folder["empty"].description + "/", "--sources", "mirrors",
            ])
        #expect(refused.status == 8, "\(refused.errors)")
        #expect(refused.errors.contains("ILSVRC2012_img_train.tar"), "\(refused.errors)")
    }
}
