import Disk
import Support
import Testing

/// `check`, `merge-test` and `submission`, as a person would type them.
@Suite(.waiting) struct CheckCommandTests {
    private let folder: HeldFolder
    private let rig: FetchRig

    init() throws {
        folder = try HeldFolder()
        rig = try FetchRig()
    }

    private func shell(_ script: String) throws {
        let result = try run(
            "bash", ["-euc", script], in: folder.path.description,
            environment: ["TAR": rig.archives.description])
        try #require(result.status == 0, "\(result.errors)")
    }

    private func command(_ arguments: String...) throws -> CommandResult {
        try run(
            Binary.absolute, arguments + ["--manifest", rig.manifest], in: folder.path.description)
    }

    private func unpack() throws {
        try shell(
            """
            mkdir -p untar/train untar/val
            tar -xf $TAR/ILSVRC2012_img_train.tar -C untar/train
            for tar in untar/train/*.tar; do
                mkdir ${tar%.tar}; tar -xf $tar -C ${tar%.tar}; rm $tar
            done
            tar -xf $TAR/ILSVRC2012_img_val.tar -C untar/val
            """)
    }

    private func sortVal() throws {
        let labels = try command(
            "labels", "--format", "wnids", "--aux-dir", rig.archives.description)
        try #require(labels.status == 0)
        _ = try folder.file("labels.txt", Array(labels.output.utf8))
        try shell(
            """
            for file in untar/val/*; do
                read wnid <&3; mkdir -p untar/val/$wnid; mv $file untar/val/$wnid/
            done 3<labels.txt
            """)
    }

    @Test("a right tree ends with 0 and says so, a wrong one with 3 and what to do")
    func check() throws {
        try unpack()
        let flat = try command("check", "untar")
        #expect(flat.status == 3)
        let last = flat.output.split(separator: "\n").last
        #expect(last?.hasPrefix("untar: WRONG: val: the validation images lie flat") == true)
        #expect(flat.errors.hasPrefix("hint: sort them: `imagenet-fetch untar --manifest "))
        #expect(flat.errors.hasSuffix(" --only-val`\n"))
        try sortVal()
        let right = try command("check", "untar", "--decode", "--quiet")
        #expect(right.status == 0 && right.errors == "")
        #expect(right.output.hasSuffix("untar: OK (train, val)\n"))
        let json = try command("check", "untar", "--json")
        let lines = json.output.split(separator: "\n")
        #expect(json.status == 0 && lines.count == 3)
        #expect(
            lines.allSatisfy { $0.hasPrefix("{\"schema\":\"imagenet-fetch.check/1\",") })
        #expect(lines[1].contains("\"split\":\"val\",\"form\":\"class-folders\""))
        #expect(lines[1].contains("\"labels\":\"proven\",\"status\":\"right\",\"findings\":[]"))
        #expect(lines[2].contains("\"verdict\":\"right\""))
        // Names from a disk do nothing to a terminal.
        try shell("mkdir \"untar/val/$(printf 'x\\033[2Jy')\"")
        let stray = try command("check", "untar")
        #expect(stray.status == 3 && stray.output.contains("x\\x1b[2Jy"))
        #expect(!(stray.output + stray.errors).utf8.contains(0x1B))
    }

    /// Pastes the commands of a check's hints into a shell, and checks again.
    private func follow(_ tree: String) throws -> CommandResult {
        let labels = ["--aux-dir", rig.archives.description]
        let told = try command("check", tree, labels[0], labels[1])
        let commands = told.errors.split(separator: "\n").filter { $0.hasPrefix("hint: ") }
            .flatMap { $0.split(separator: "`").dropFirst().enumerated() }
            .filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        #expect(!commands.isEmpty, "\(told.output)\(told.errors)")
        for command in commands {
            #expect(!command.hasPrefix("imagenet-fetch"), "\(told.output)\(told.errors)")
            try shell(String(command))
        }
        return try command("check", tree, labels[0], labels[1])
    }

    @Test("the commands of hints repair the tree, whatever its name, and lose nothing")
    func mending() throws {
        let name = "it's \"a $HOME\" of data"
        let tree = "'it'\\''s \"a $HOME\" of data'"
        try unpack()
        try sortVal()
        try shell(
            """
            mv untar \(tree); cd \(tree)
            mkdir train/misc train/notes val/.ipynb_checkpoints 'val/.old stuff'
            mkdir "val/$(printf 'x\\033[2Jy')"; mkdir train/n99999999
            echo 1 > train/notes/a.txt; echo 2 > 'val/.old stuff/b'
            set -- train/n0*; a=$1; b=$2; c=$3
            cp $(ls $a/* | head -1) train/n99999999/n99999999_1.JPEG
            cp $(ls $a/* | head -1) $b/holiday.jpg
            mv $(ls $a/* | head -1) $b/
            for name in $(ls $b); do echo x > $b/._$name; done
            mkdir $c/x; mv $c/*.* $c/x/; mv $c/x $c/${c##*/}
            tar -cf $a.tar $a
            set -- val/n*; x=$(ls $1/* | head -1); y=$(ls $2/* | head -1)
            mv $x $2; mv $y $1
            find . -type f ! -name '._*' | wc -l > ../before
            """)
        let found = try follow(name)
        #expect(found.status == 0, "\(found.output)\(found.errors)")
        #expect(found.output.contains(": OK (train, val), by names and sizes;"))
        #expect(!found.errors.contains("hint"), "\(found.errors)")
        try shell("test $(find \(tree) \(tree).aside -type f | wc -l) = $(cat before)")
        // Folders in folders of the same name are only a remark.
        try shell(
            """
            cd \(tree); mkdir x; mv train x/; mv x train
            for d in train/train/n*; do mkdir $d/x; mv $d/*.* $d/x/; mv $d/x $d/${d##*/}; done
            """)
        let flat = try follow(name)
        #expect(flat.status == 0 && !flat.errors.contains("hint"), "\(flat.output)\(flat.errors)")
        try shell("cd \(tree); test $(ls train/n*/*.* | wc -l) -gt 10; test ! -e train/train")
    }

    @Test("where a command could overwrite or lose something, there is none")
    func noMending() throws {
        try unpack()
        try sortVal()
        try shell(
            """
            cd untar; set -- train/n*; one=$(ls $1/* | head -1)
            mkdir -p ../untar.aside/train/notes train/notes; echo 1 > train/notes/a.txt
            cp $one $2/; cp $one $1/.hidden.JPEG
            """)
        let told = try command("check", "untar")
        #expect(told.status == 3)
        let hints = told.errors.split(separator: "\n")
        #expect(hints.contains("hint: move notes out of untar/train"), "\(told.errors)")
        // The folder of the other split goes where it belongs.
        try shell("rm -r untar/train/notes untar/train/n*/.hidden.JPEG; mv untar/val untar/train/")
        let inside = try command("check", "untar")
        #expect(
            inside.errors.contains(
                "hint: take away what does not belong there: `mv -n untar/train/val untar/`"),
            "\(inside.errors)")
        #expect(!told.errors.contains("mv ") && !told.errors.contains("rm"), "\(told.errors)")
        #expect(told.errors.contains("`find -H untar/train -name '.*' -type f`"))
    }

    @Test("images that loaders show are right, and one that is cut is counted once")
    func images() throws {
        try unpack()
        try sortVal()
        let change = """
            import glob, struct, sys, zlib
            png = next(n for n in glob.glob("untar/train/*/*") if b"PNG" in open(n, "rb").read(9))
            if sys.argv[1] == "cut":
                open(png, "r+b").truncate(len(open(png, "rb").read()) - 4)
            else:
                def chunk(name, data):
                    sum = struct.pack(">I", zlib.crc32(name + data))
                    return struct.pack(">I", len(data)) + name + data + sum
                # One pixel of 16 bits a channel, interlaced.
                open(png, "wb").write(b"\\x89PNG\\r\\n\\x1a\\n"
                    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 1))
                    + chunk(b"IDAT", zlib.compress(bytes(7))) + chunk(b"IEND", b""))
                jpeg = sorted(glob.glob("untar/val/*/*"))[0]
                data = open(jpeg, "rb").read()
                end = 4 + int.from_bytes(data[4:6], "big")
                open(jpeg, "wb").write(data[:end] + b"stray" + data[end:] + bytes(100000))
            """
        try shell("python3 -c '\(change)' other")
        let other = try command("check", "untar", "--decode")
        #expect(other.status == 0, "\(other.output)")
        #expect(other.output.contains("2 images are not RGB JPEGs"))
        try shell("python3 -c '\(change)' cut")
        let cut = try command("check", "untar", "--decode")
        #expect(cut.status == 3)
        #expect(cut.output.contains("1 image is cut off"))
        #expect(cut.output.contains("1 image is not an RGB JPEG"))
    }

    @Test("the devkit beside the archives names what is wrong; labels that are named must be right")
    func labels() throws {
        try unpack()
        try sortVal()
        try shell(
            """
            a=$(ls -d untar/val/* | head -1); b=$(ls -d untar/val/* | tail -1)
            mv $(ls $a/* | head -1) $b/
            mkdir -p data; ln -s $TAR data/tar
            """)
        let told = try command("check", "untar")
        #expect(told.status == 3 && told.output.contains(" belongs in n"))
        _ = try folder.file("mine.txt", Array("n00000001\n".utf8))
        #expect(try command("check", "untar", "--val-labels", "mine.txt").status == 10)
    }

    @Test("what is no data set ends with 2")
    func nothing() throws {
        try shell("mkdir empty")
        #expect(try command("check", "empty").status == 2)
        #expect(try command("check", "gone").status == 2)
        #expect(try command("check").status == 2)
    }

    @Test("merge-test writes the archive once, and says how many images it has replaced")
    func mergeTest() throws {
        let names = [
            "ILSVRC2012_img_test_v10102019.tar", "ILSVRC2012_img_test_patch_v10102019.tar",
        ]
        let paths = names.map { rig.archives.appending($0).description }
        let first = try command("merge-test", paths[0], paths[1])
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.hasPrefix("data/tfds/ILSVRC2012_img_test.tar: "))
        #expect(first.output.contains(" replaced from the patch, "))
        let again = try command("merge-test", paths[0], paths[1], "--json")
        #expect(again.status == 0 && again.output.contains("\"alreadyDone\":true"))
        let other = try command("merge-test", paths[0])
        #expect(other.status == 2 && other.errors.contains("--force"))
        #expect(try command("merge-test", paths[0], "--force").status == 0)
        let wrong = try command("merge-test", paths[1], paths[0], "--output-dir", "new")
        #expect(wrong.status == 3 && wrong.errors.contains("does not belong to"))
        // ILSVRC2012 itself has more images.
        let real = try Binary.run(
            "merge-test", paths[0], "--output-dir", "new", "--no-verify",
            in: folder.path.description)
        #expect(real.status == 3 && real.errors.contains("instead of 100000"))
        #expect((try? Folder(folder.path.appending("new"))) == nil)
    }

    @Test("submission check tells faults with their places, submission write makes what it takes")
    func submission() throws {
        _ = try folder.file("bad.txt", Array("1 2\n3 3\n0\n".utf8))
        let bad = try command("submission", "check", "bad.txt", "--lines", "3")
        #expect(bad.status == 3)
        #expect(
            bad.output == """
                bad.txt:2:3: the label "3" is there twice
                bad.txt:3:1: "0" is not between 1 and \(classCount)
                bad.txt: INVALID (2 errors in 3 lines)

                """)
        #expect(bad.errors.contains("submission write"))
        _ = try folder.file("ranks.txt", Array("1 2\n0\n".utf8))
        let words = ["--aux-dir", rig.archives.description, "--lines", "2"]
        let printed = try run(
            Binary.absolute,
            ["submission", "write", "ranks.txt", "--manifest", rig.manifest] + words,
            in: folder.path.description)
        #expect(printed.status == 0 && printed.errors.contains("numbering: ILSVRC ids"))
        let made = try command(
            "submission", "write", "ranks.txt", "--output", "ids.txt", words[0], words[1],
            words[2], words[3])
        #expect(made.status == 0)
        let bytes = try FileDescriptor(folder.path.appending("ids.txt"), .reading)
            .contents(limit: 1000)
        #expect(String(decoding: bytes, as: UTF8.self) == printed.output)
        #expect(try command("submission", "check", "ids.txt", "--lines", "2").status == 0)
        let sorted = try command(
            "submission", "write", "ranks.txt", "--numbering", "alphabetical", words[0], words[1],
            words[2], words[3])
        #expect(sorted.output == "2 3\n1\n" && sorted.errors.contains("warning: the devkits ask"))
        let refused = try command(
            "submission", "write", "bad.txt", "--output", "none.txt", words[0], words[1], words[2],
            "3")
        #expect(refused.status == 3)
        #expect((try? FileDescriptor(folder.path.appending("none.txt"), .reading)) == nil)
        try shell("mkfifo pipe; ln -s pipe link")
        for name in ["pipe", "link"] {
            let refused = try command(
                "submission", "write", "ranks.txt", "--output", name, words[0], words[1],
                words[2], words[3])
            #expect(refused.status == 2)
            #expect(refused.errors.contains("error: cannot write \(name): it is a "))
        }
        try shell("test -p pipe; test -L link; test ! -e .pipe.new")
        // What comes from a pipe is a slip of whoever typed it, and no fault of a disk.
        #expect(try command("submission", "check", "pipe", "--lines", "2").status == 2)
        let piped = try run(
            "bash", ["-c", "cat ids.txt | \"$0\" submission check /dev/stdin", Binary.absolute],
            in: folder.path.description)
        #expect(piped.status == 2 && piped.errors.contains("hint: to read from a pipe"))
    }

    private var classCount: String {
        let labels = try? command(
            "labels", "--format", "synsets", "--aux-dir", rig.archives.description)
        return "\(labels?.output.split(separator: "\n").count ?? 0)"
    }
}
