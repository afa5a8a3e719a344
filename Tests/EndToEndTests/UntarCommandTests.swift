import DataFolder
import Disk
import Glibc
import Support
import Testing

/// `untar` and `layout` as people and scripts run them.
@Suite(.waiting) struct UntarCommandTests {
    private struct Rig: ~Copyable {
        let folder: TemporaryFolder

        init(perClass: Int = 12) throws {
            let folder = try TemporaryFolder()
            let made = try Binary.run(
                "sample", folder["s"].description, "--classes", "8", "--per-class", "\(perClass)",
                "--val", "60", "--test", "10", "--quiet")
            try #require(made.status == 0)
            self.folder = folder
        }

        /// The words of a command that works on the sample.
        func words(_ more: [String]) -> [String] {
            more + [
                "--data", folder["s"].description, "--manifest",
                folder["s/manifest.json"].description, "--quiet",
            ]
        }

        func run(_ more: String...) throws -> CommandResult {
            try Support.run(Binary.absolute, words(more))
        }

        /// An archive of 2017 with 3000 images and their annotations, and its path.
        func make2017() throws -> String {
            var tar = TarBytes()
            for number in 1...3000 {
                let name = "CLS-LOC/val/ILSVRC2012_val_\(number)"
                tar.add("ILSVRC/Data/\(name).JPEG", "image \(number)")
                tar.add("ILSVRC/Annotations/\(name).xml", "<\(number)>")
            }
            tar.end()
            try folder.write(tar.gzipped, to: "ILSVRC2017_CLS-LOC.tar.gz")
            return folder["ILSVRC2017_CLS-LOC.tar.gz"].description
        }

        func outputs() throws -> [String] { try folder.names(in: "s/untar") }

        func compareImages(at place: SourceLocation = #_sourceLocation) throws {
            let script = Path(#filePath).parent.parent.appending("Interop/trees.py").description
            let result = try Support.run(
                "python3",
                [script, "images", folder["s"].description, folder["s/untar"].description])
            #expect(result.status == 0, "\(result.errors)", sourceLocation: place)
        }
    }

    private static let train = "ILSVRC2012_img_train"

    @Test("everything, then again, then counted and told in JSON")
    func all() throws {
        let rig = try Rig()
        let first = try rig.run("untar", "--all")
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.split(separator: "\n").count == 7)
        try rig.compareImages()
        let again = try rig.run("unpack", "--verify", "--json")
        #expect(again.status == 0)
        let lines = again.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(
            lines.allSatisfy {
                $0.contains("\"schema\":\"imagenet-fetch.untar/1\"")
                    && $0.contains("\"alreadyDone\":true") && $0.contains("\"verified\":true")
            })
    }

    /// `make soak` does this twenty times each.
    @Test("killed three times at random, it comes through with the same files", arguments: parts)
    func killed(_ part: String) throws {
        let rig = try Rig(perClass: part == "train" ? 60 : 2)
        var words = ["untar", "--only-\(part)"]
        var tree = "ILSVRC2012_img_\(part)"
        if part == "2017" {
            tree = "ILSVRC2017"
            // No data set knows these bytes.
            words = ["untar", try rig.make2017(), "--no-verify"]
        }
        var random = SeededNumbers(seed: 20)
        for _ in 0..<3 {
            let run = try Background(Binary.absolute, rig.words(words))
            usleep(UInt32(20_000 + random.next() % 120_000))
            run.send(SIGKILL)
            run.wait()
            let names = try rig.folder.names(in: "s").contains("untar") ? rig.outputs() : []
            let receipt = names.first { $0.hasSuffix(".receipt.json") }
            if receipt != nil { #expect(names.contains(tree)) }
            if receipt != nil || (names.contains(tree) && part != "2017") {
                // Whatever has the name is whole, also where the receipt is still missing.
                let check = try Support.run(Binary.absolute, rig.words(words + ["--verify"]))
                #expect(check.status == 0, "\(check.errors)")
                #expect(
                    try Support.run("rm", ["-r", rig.folder["s/untar"].description]).status == 0)
            }
        }
        let last = try Support.run(Binary.absolute, rig.words(words + ["--verify"]))
        #expect(last.status == 0, "\(last.errors)")
        if part == "2017" {
            #expect(try rig.folder.names(in: "s/untar/ILSVRC2017/Data/CLS-LOC/val").count == 3000)
        } else {
            #expect(try rig.run("untar", "--only", "train,val,test").status == 0)
            try rig.compareImages()
        }
        #expect(try rig.outputs().allSatisfy { !$0.hasPrefix(".") })
    }

    private static let parts = ["train", "val", "2017"]

    @Test("Ctrl-C ends it by the signal, and the next run goes on")
    func interrupted() throws {
        let rig = try Rig(perClass: 100)
        let work = rig.folder["s/untar/.\(Self.train).new"]
        var status: CInt = 0
        // On a busy machine it may be done before the signal comes.
        for _ in 0..<10 where status == 0 {
            _ = try Support.run("rm", ["-rf", rig.folder["s/untar"].description])
            let run = try Background(Binary.absolute, rig.words(["untar", "--only-train"]))
            for _ in 0..<1000 where (try? Folder(work).entries().count) ?? 0 < 2 { usleep(2000) }
            run.send(SIGINT)
            status = run.wait()
        }
        #expect(status == 128 + SIGINT)
        #expect(try rig.outputs() == [".\(Self.train).new", ".\(Self.train).state"])
        #expect(try rig.run("untar", "--only", "train,val,test").status == 0)
        try rig.compareImages()
    }

    @Test("--delete-source removes only what is proven, and leaves what says so")
    func deleteSource() throws {
        let rig = try Rig()
        let archive = "s/tar/\(Self.train).tar"
        let bytes = try rig.folder.read(archive)
        var damaged = bytes
        damaged[bytes.count / 2] ^= 1
        try rig.folder.write(damaged, to: archive)
        let refused = try rig.run("untar", "--only-train", "--delete-source")
        #expect(refused.status == 3)
        #expect(refused.errors.contains("failed verification"))
        #expect(try rig.folder.names(in: "s/tar").contains("\(Self.train).tar"))
        #expect(try !rig.folder.names(in: "s").contains("untar"))

        try rig.folder.write(bytes, to: archive)
        let done = try rig.run("untar", "--only-train", "--delete-source")
        #expect(done.status == 0, "\(done.errors)")
        #expect(try !rig.folder.names(in: "s/tar").contains("\(Self.train).tar"))
        let again = try rig.run("untar", "--only-train")
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.output.contains("already done"))
        #expect(try rig.run("status").output.contains("retired"))
        let flat = try rig.run("untar", "--only-train", "--flat")
        #expect(flat.status == 0, "\(flat.errors)")
        #expect(flat.output.contains("linked"))
    }

    @Test("a tree that --verify finds damaged is made anew by --force, as its hint says")
    func forcedAgain() throws {
        let rig = try Rig()
        #expect(try rig.run("untar", "--only", "train,val,test").status == 0)
        let wnid = try rig.folder.names(in: "s/untar/\(Self.train)")[0]
        let name = try rig.folder.names(in: "s/untar/\(Self.train)/\(wnid)")[0]
        try rig.folder.write("x", to: "s/untar/\(Self.train)/\(wnid)/\(name)")
        let found = try rig.run("untar", "--only-train", "--verify")
        #expect(found.status == 3)
        #expect(found.errors.contains("--force"))
        let again = try rig.run("untar", "--only-train", "--force")
        #expect(again.status == 0, "\(again.errors)")
        try rig.compareImages()
    }

    @Test("--delete-source removes no link, which would free nothing")
    func deleteLink() throws {
        let rig = try Rig()
        let archive = rig.folder["s/tar/\(Self.train).tar"].description
        #expect(rename(archive, archive + ".elsewhere") == 0)
        #expect(symlink(archive + ".elsewhere", archive) == 0)
        let result = try rig.run("untar", "--only-train", "--delete-source")
        #expect(result.status == 2 && result.errors.contains("symbolic link"))
        #expect(try rig.folder.names(in: "s/tar").contains("\(Self.train).tar"))
        #expect(try rig.run("untar", "--only-train").status == 0)
    }

    @Test("--delete-source waits for nobody: another run that has the folder ends it with 9")
    func deleteBusy() throws {
        let rig = try Rig()
        let data = DataFolder(rig.folder["s"])
        let lock = try data.lock()
        let busy = try rig.run("untar", "--only-train", "--delete-source")
        #expect(busy.status == 9, "\(busy.errors)")
        #expect(try rig.folder.names(in: "s/tar").contains("\(Self.train).tar"))
        #expect(try !rig.folder.names(in: "s").contains("untar"))
        // Who removes nothing disturbs nobody.
        #expect(try rig.run("untar", "--only-train").status == 0)
        withExtendedLifetime(lock) {}
    }

    @Test("--delete-source leaves an archive whose tree was changed")
    func changedTree() throws {
        let rig = try Rig()
        #expect(try rig.run("untar", "--only-train").status == 0)
        let wnid = try rig.folder.names(in: "s/untar/\(Self.train)")[0]
        let name = try rig.folder.names(in: "s/untar/\(Self.train)/\(wnid)")[0]
        // What is missing would be written again.
        let image = try FileDescriptor(
            rig.folder["s/untar/\(Self.train)/\(wnid)/\(name)"], .updating)
        try image.write([1, 2, 3], at: 100)
        #expect(try rig.run("untar", "--only-train", "--delete-source").status == 3)
        #expect(try rig.folder.names(in: "s/tar").contains("\(Self.train).tar"))
    }

    @Test(
        "--delete-source holds a tree that was there against the archive first",
        arguments: ["empty", "renamed", "changed", "flat", "linked"])
    func damagedTree(_ damage: String) throws {
        let rig = try Rig()
        let flat = damage == "flat" || damage == "linked" ? ["--flat"] : []
        let first = damage == "linked" ? [] : flat
        let words = rig.words(["untar", "--only-val"])
        #expect(try Support.run(Binary.absolute, words + first).status == 0)
        let script = """
            cd "$1"; file=$(find untar -name '*.JPEG' | sort | head -1)
            case $2 in
                empty) : >"$file" ;;
                renamed) mv "$file" "${file%.JPEG}.jpeg" ;;
                *) printf X | dd of="$file" bs=1 seek=100 conv=notrunc status=none ;;
            esac
            """
        let made = try Support.run(
            "bash", ["-euc", script, "bash", rig.folder["s"].description, damage])
        try #require(made.status == 0, "\(made.errors)")
        let result = try Support.run(Binary.absolute, words + flat + ["--delete-source"])
        #expect(result.status == 3, "\(result.errors)")
        #expect(result.errors.contains("is damaged"))
        #expect(result.errors.contains("--force"))
        #expect(try rig.folder.names(in: "s/tar").contains("ILSVRC2012_img_val.tar"))
        #expect(!(try rig.run("status").output.contains("retired")))
    }

    @Test("when the archive is removed after one tree of it, the other is done as well")
    func bothTrees() throws {
        let rig = try Rig()
        #expect(try rig.run("untar", "--only-val").status == 0)
        let flat = try rig.run("untar", "--only-val", "--flat", "--delete-source")
        #expect(flat.status == 0 && flat.output.contains("linked"), "\(flat.errors)")
        #expect(try !rig.folder.names(in: "s/tar").contains("ILSVRC2012_img_val.tar"))
        for words in [["--flat"], [], ["--verify"]] {
            let again = try Support.run(
                Binary.absolute, rig.words(["untar", "--only-val"] + words))
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.output.contains("already done"))
        }
    }

    @Test("class tars of Python and of GNU tar come through, one cut between members does not")
    func classTars() throws {
        let rig = try Rig()
        let script = """
            import io, sys, tarfile
            kind, archive = sys.argv[1:]
            with tarfile.open(archive) as tar:
                inner = {m.name: tar.extractfile(m).read() for m in tar}
            first = sorted(inner)[0]
            with tarfile.open(fileobj=io.BytesIO(inner[first])) as tar:
                images = [(m, tar.extractfile(m).read()) for m in tar]
            if kind == "dropped":
                del inner[first]
            elif kind == "cut":
                inner[first] = inner[first][:images[5][0].offset]
            else:
                held = io.BytesIO()
                with tarfile.open(fileobj=held, mode="w") as tar:
                    for member, data in images:
                        tar.addfile(member, io.BytesIO(data))
                inner[first] = held.getvalue()
                if kind == "open":
                    last = images[-1][0]
                    end = last.offset_data + (last.size + 511) // 512 * 512
                    inner[first] = inner[first][:end]
            with tarfile.open(archive, "w") as tar:
                for name, data in inner.items():
                    member = tarfile.TarInfo(name)
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))
            """
        let archive = rig.folder["s/tar/\(Self.train).tar"].description
        let whole = try rig.folder.read("s/tar/\(Self.train).tar")
        // One without an end mark is as many images as the manifest says.
        for kind in ["python", "open"] {
            #expect(try Support.run("python3", ["-c", script, kind, archive]).status == 0)
            let result = try rig.run(
                "untar", "--only-train", "--verify", "--force", "--no-verify")
            #expect(result.status == 0, "\(kind): \(result.errors)")
            #expect(try rig.run("untar", "--only", "val,test").status == 0)
            try rig.compareImages()
        }
        #expect(
            try Support.run("rm", ["-r", rig.folder["s/untar"].description]).status == 0)
        let gnu = """
            cd "$1"; mkdir x; cd x; tar -xf "$2"
            for tar in *.tar; do
                mkdir one; tar -xf $tar -C one; (cd one; tar -cf ../$tar *); rm -r one
            done
            tar -cf "$2" *.tar; cd ..; rm -r x
            """
        let made = try Support.run(
            "bash", ["-euc", gnu, "bash", rig.folder.path.description, archive])
        #expect(made.status == 0, "\(made.errors)")
        #expect(try rig.run("untar", "--only", "train,val,test", "--no-verify").status == 0)
        try rig.compareImages()
        #expect(
            try Support.run("rm", ["-r", rig.folder["s/untar"].description]).status == 0)
        for kind in ["cut", "dropped"] {
            try rig.folder.write(whole, to: "s/tar/\(Self.train).tar")
            #expect(try Support.run("python3", ["-c", script, kind, archive]).status == 0)
            let result = try rig.run("untar", "--only-train", "--verify", "--no-verify")
            #expect(result.status == 3, "\(kind): \(result.errors)")
            #expect(result.errors.contains("is incomplete: "))
            #expect(try !rig.folder.names(in: "s").contains("untar"))
        }
    }

    @Test("an archive whose first header is damaged is refused with the place of the damage")
    func firstHeader() throws {
        let rig = try Rig()
        let archive = "s/tar/\(Self.train).tar"
        var bytes = try rig.folder.read(archive)
        bytes[20] ^= 4
        try rig.folder.write(bytes, to: archive)
        for words in [["untar", "--only-train"], ["untar", rig.folder[archive].description]] {
            let refused = try Support.run(Binary.absolute, rig.words(words + ["--no-verify"]))
            #expect(refused.status == 3, "\(refused.errors)")
            #expect(
                refused.errors.contains("\(Self.train).tar beyond byte 0: "), "\(refused.errors)")
            #expect(refused.errors.contains("hint: "))
        }
        #expect(try !rig.folder.names(in: "s").contains("untar") || rig.outputs().isEmpty)
    }

    @Test("what is not there, and a hostile archive by its path")
    func failures() throws {
        let rig = try Rig()
        unlink(rig.folder["s/tar/\(Self.train).tar"].description)
        let missing = try rig.run("untar", "--only-train")
        #expect(missing.status == 2)
        #expect(missing.errors.contains("hint: "))
        var tar = TarBytes()
        tar.add("link", type: "2", link: "/etc")
        tar.end()
        try rig.folder.write(tar.bytes, to: "bad.tar")
        let bad = try rig.run("untar", rig.folder["bad.tar"].description)
        #expect(bad.status == 3)
        #expect(bad.errors.contains("symbolic link"))
        #expect(try !rig.folder.names(in: "s").contains("untar"))
        #expect(try rig.run("untar").status == 13)
    }

    @Test("a folder that cannot be written", .enabled(if: getuid() == 0))
    func readOnly() throws {
        let rig = try Rig()
        let script = """
            mkdir "$1/ro"; mount -t tmpfs -o ro none "$1/ro" || exit 77
            "$2" untar "${@:3}" --only-train --output-dir "$1/ro"; s=$?; umount "$1/ro"; exit $s
            """
        let result = try Support.run(
            "bash",
            ["-c", script, "bash", rig.folder.path.description, Binary.absolute] + rig.words([]))
        if result.status == 77 { return print("no mounting here: not tested") }
        #expect(result.status == 11)
        #expect(result.errors.contains("read-only"))
    }

    @Test("a disk that fills up ends it with 4, and with more room it goes on")
    func fullDisk() throws {
        let rig = try Rig()
        // Zeros: nobody can know before how much they come to.
        let script = """
            set -e; cd "$1"; mkdir big disk
            for n in $(seq 40); do head -c 1M /dev/zero >big/$n; done
            tar -czf ILSVRC2012_devkit_t12.tar.gz big; rm -r big
            mount -t tmpfs -o size=8m none disk 2>mount.log || exit 77
            trap 'umount disk' EXIT
            run() { "$2" untar ILSVRC2012_devkit_t12.tar.gz --no-verify --output-dir disk "${@:3}"; }
            status=0; run "$@" 2>errors || status=$?; cat errors >&2
            [ $status = 4 ]; [ -z "$(ls disk)" ]
            mount -o remount,size=80m disk
            run "$@"; ls -A disk; ls disk/ILSVRC2012_devkit_t12/big | wc -l
            """
        let result = try Support.run(
            "bash",
            ["-c", script, "bash", rig.folder.path.description, Binary.absolute] + rig.words([]))
        if result.status == 77 { return print("no mounting here: not tested") }
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("no space left"))
        #expect(
            result.output.hasSuffix(
                "ILSVRC2012_devkit_t12\nILSVRC2012_devkit_t12.receipt.json\n40\n"),
            "\(result.output)")
    }

    @Test("a disk that is too small is refused first", .enabled(if: SmallDisk.isPossible))
    func smallDisk() throws {
        let rig = try Rig()
        let disk = try SmallDisk(rig.folder["disk"], image: rig.folder["image"], mebibytes: 4)
        let result = try rig.run(
            "untar", "--only-train", "--output-dir", rig.folder["disk"].description)
        #expect(result.status == 4)
        #expect(result.errors.contains("MiB more"))
        #expect(try rig.folder.names(in: "disk") == ["lost+found"])
        withExtendedLifetime(disk) {}
    }

    @Test("a disk without room for so many files", .enabled(if: SmallDisk.isPossible))
    func fewInodes() throws {
        let rig = try Rig(perClass: 200)
        // 24 MiB have about six thousand files' room at most, and fewer by far are left here.
        let disk = try SmallDisk(rig.folder["disk"], image: rig.folder["image"], mebibytes: 400)
        let place = rig.folder["disk"].description
        let fill = """
            cd "$1"; mkdir f; free=$(df --output=iavail . | tail -1)
            seq $((free - 500)) | (cd f; xargs touch)
            """
        #expect(try Support.run("bash", ["-ec", fill, "bash", place]).status == 0)
        let result = try rig.run("untar", "--only-train", "--output-dir", place)
        #expect(result.status == 4)
        #expect(result.errors.contains("files and folders"))
        withExtendedLifetime(disk) {}
    }

    // MARK: Layouts

    private static let receipt = [".imagenet-fetch.layout.json"]

    @Test("the tfds layout has the test archive that merge-test has made")
    func mergedLayout() throws {
        let rig = try Rig()
        let test = rig.folder["s/tar/ILSVRC2012_img_test_v10102019.tar"].description
        #expect(try rig.run("merge-test", test).status == 0)
        let result = try rig.run("layout", "tfds", rig.folder["manual"].description)
        #expect(result.status == 0, "\(result.errors)")
        let names = ["test", "train", "val"].map { "ILSVRC2012_img_\($0).tar" }
        #expect(try rig.folder.names(in: "manual") == Self.receipt + names)
        #expect(
            try rig.folder.read("manual/\(names[0])") == rig.folder.read("s/tfds/\(names[0])"))
    }

    @Test("a layout that has lost a part is not done, and --force makes it again")
    func lostPart() throws {
        let rig = try Rig()
        #expect(try rig.run("untar").status == 0)
        let place = rig.folder["l"].description
        #expect(try rig.run("layout", "torchvision", place).status == 0)
        #expect(unlink(place + "/val") == 0)
        let lost = try rig.run("layout", "torchvision", place)
        #expect(lost.status == 2 && lost.errors.contains("val is missing"))
        #expect(try rig.run("layout", "torchvision", place, "--force").status == 0)
        #expect(try rig.folder.names(in: "l").contains("val"))
    }

    @Test("a layout takes its receipt along, and one of version 0.2, beside it, is known too")
    func movedLayout() throws {
        let rig = try Rig()
        #expect(try rig.run("untar").status == 0)
        let (old, new) = (rig.folder["a/old"].description, rig.folder["a/new"].description)
        #expect(try rig.run("layout", "torchvision", old).status == 0)
        #expect(rename(old, new) == 0)
        #expect(try rig.run("verify", new).output.contains("new: OK (links)\n"))
        let all = try rig.run("verify", rig.folder["a"].description)
        #expect(all.output.contains("new: OK (links)\n"))
        #expect(try rig.run("layout", "torchvision", new).output.contains("already done"))
        let beside = rig.folder["a/old.receipt.json"].description
        #expect(rename(new, old) == 0)
        #expect(rename("\(old)/\(Self.receipt[0])", beside) == 0)
        #expect(try rig.run("verify", old).output.contains("old: OK (links)\n"))
        #expect(try rig.run("layout", "torchvision", old).output.contains("already done"))
        #expect(try rig.run("layout", "tfds", old).status == 2)
        #expect(try rig.run("layout", "tfds", old, "--force").status == 0)
        #expect(try rig.folder.names(in: "a") == ["old"])
    }

    @Test("a layout is never made in place of what it links", arguments: ["s", "s/untar", "s/tar"])
    func layoutOverItself(_ place: String) throws {
        let rig = try Rig()
        #expect(try rig.run("untar", "--only-train").status == 0)
        let before = try rig.outputs()
        let result = try rig.run("layout", "torchvision", rig.folder[place].description, "--force")
        #expect(result.status != 0)
        #expect(result.errors.contains("would be replaced"))
        #expect(try rig.outputs() == before)
        #expect(try rig.folder.names(in: "s/tar").contains("\(Self.train).tar"))
    }

    @Test("a layout never takes the place of a folder that it has not made")
    func layoutOverOthers() throws {
        let rig = try Rig()
        #expect(try rig.run("untar").status == 0)
        try rig.folder.write("mine", to: "mine/notes")
        let archives = try rig.folder.names(in: "s/tar")
        // The data folder's own, full, empty or not there, and anybody's.
        _ = try Folder.creating(rig.folder["s/mds"])
        for place in ["s/tar", "mine", "s/mds", "s/webdataset"] {
            for force in [["--force"], []] {
                let result = try Support.run(
                    Binary.absolute,
                    rig.words(["layout", "image-datasets", rig.folder[place].description] + force))
                #expect(result.status == 2, "\(place): \(result.errors)")
                #expect(!result.errors.contains("--force replaces it"))
            }
        }
        #expect(try rig.folder.names(in: "s/tar") == archives)
        #expect(try rig.folder.names(in: "mine") == ["notes"])
        // Nor does a tree.
        #expect(
            try Support.run("rm", [rig.folder["s/untar/\(Self.train).receipt.json"].description])
                .status == 0)
        for force in [["--force"], []] {
            let result = try Support.run(
                Binary.absolute, rig.words(["untar", "--only-train"] + force))
            #expect(result.status == 2 && result.errors.contains("move it away"))
        }
        _ = try Folder.creating(rig.folder["empty"])
        #expect(try rig.run("layout", "tfds", rig.folder["empty"].description).status == 0)
        #expect(
            try rig.run("layout", "image-datasets", rig.folder["empty"].description, "--force")
                .status == 0)
        #expect(try rig.folder.names(in: "empty") == Self.receipt + ["train", "val"])
    }

    @Test("layouts link what is there, and name what is not")
    func layouts() throws {
        let rig = try Rig()
        let nothing = try rig.run("layout", "image-datasets", rig.folder["x"].description)
        #expect(nothing.status == 3)
        #expect(nothing.errors.contains(" --only-train` makes it"))
        #expect(try rig.run("untar", "--all").status == 0)
        let names = [
            "torchvision": ["ILSVRC2012_devkit_t12.tar.gz", "meta.bin", "train", "val"],
            "tfds": ["ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar"],
            "deep-vision": [
                "bbox_train", "bbox_val", "synsets.txt", "test", "train", "train_flatten", "val",
                "val_flatten",
            ],
            "image-datasets": ["test", "train", "val"],
        ]
        for (name, parts) in names {
            let place = rig.folder["l/\(name)"].description
            let result = try rig.run("layout", name, place)
            #expect(result.status == 0, "\(result.errors)")
            #expect(try rig.folder.names(in: "l/\(name)") == Self.receipt + parts)
            #expect(try rig.run("layout", name, place).output.contains("already done"))
        }
        #expect(try rig.folder.names(in: "l") == names.keys.sorted())
        let wnid = try rig.folder.names(in: "l/torchvision/train")[0]
        #expect(try rig.folder.names(in: "l/image-datasets/val").contains(wnid))
        let flat = try rig.folder.names(in: "l/deep-vision/val_flatten")
        #expect(flat.count == 60)
        #expect(flat[0].hasPrefix("\(wnid)_ILSVRC2012_val_"))
        let one = try Folder(rig.folder["l/deep-vision/val_flatten"]).status(Path(flat[0]))
        #expect(one?.kind == .file && one?.links == 2)
        let script = Path(#filePath).parent.parent.appending("Interop/trees.py").description
        let said = try rig.run("labels", wnid, "--json").output
        let list = try #require(
            said.split(separator: "\"words\":[").last?.split(separator: "]").first)
        let words = list.split(separator: "\",\"").joined(separator: "|")
            .filter { $0 != "\"" }
        let meta = try Support.run(
            "python3",
            [
                script, "meta", rig.folder["l/torchvision/meta.bin"].description, wnid,
                words, "60",
            ])
        #expect(meta.status == 0, "\(meta.errors)")
        #expect(try rig.run("layout", "torchvison", "x").status == 2)
    }
}
