import Disk
import Glibc
import Support
import Testing

@Suite(.waiting) struct ParquetCommandTests {
    private static let files = "s/parquet/imagenet-1k/data"
    private static let train = "ILSVRC2012_img_train"
    private static let val = "ILSVRC2012_img_val"

    private func world() throws -> ExportWorld {
        try ExportWorld("--classes", "4", "--per-class", "8", "--val", "9", "--test", "5")
    }

    private func rows(_ world: borrowing ExportWorld, _ split: String) throws -> [ParquetFile.Row] {
        try world.folder.names(in: Self.files).filter { $0.hasPrefix(split) }.flatMap {
            try ParquetFile(try world.folder.read("\(Self.files)/\($0)")).rows
        }
    }

    /// Name and SHA-1 of every member of an archive, as GNU tar and sha1sum see them.
    private func members(_ world: borrowing ExportWorld, _ archive: String) throws -> Set<String> {
        let script = """
            mkdir -p "$1" && cd "$1" && tar -xf "$0" && for inner in *.tar; do
                [ -e "$inner" ] && tar -xf "$inner" && rm "$inner"; done
            find . -type f -printf '%P\\n' | while read -r file; do
                echo "${file##*/} $(sha1sum <"$file" | cut -d ' ' -f 1)"; done
            """
        let result = try Support.run(
            "bash",
            [
                "-c", script, world.folder["s/tar/\(archive)"].description,
                world.folder["unpacked/\(archive)"].description,
            ])
        return Set(result.output.split(separator: "\n").map(String.init))
    }

    private func digests(
        _ world: borrowing ExportWorld, _ rows: [ParquetFile.Row]
    ) throws -> Set<String> {
        for row in rows { try world.folder.write(row.bytes, to: "rows/\(row.path)") }
        let result = try Support.run(
            "bash", ["-c", "cd '\(world.folder["rows"])' && sha1sum -- *"])
        try Folder(world.folder.path).removeTree("rows")
        return Set(
            result.output.split(separator: "\n").map { line in
                let words = line.split(separator: " ")
                return "\(words[1]) \(words[0])"
            })
    }

    @Test("all images of the archives are in the files, each with its label and the classes' names")
    func contents() throws {
        let world = try world()
        let made = try world.run("parquet", "--all", "--shards", "3", "--rows", "5")
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains("/parquet/imagenet-1k/data/train-*: done ("))
        #expect(made.errors.contains("load_dataset("))
        let names = ["test", "train", "validation"].flatMap { split in
            (0..<3).map { "\(split)-0000\($0)-of-00003.parquet" }
        }
        #expect(try world.folder.names(in: Self.files) == names)
        let wnids = try world.run("labels", "--format", "wnids").output.split(separator: "\n")
        let sorted = try Support.run(
            "tar", ["-tf", world.folder["s/tar/\(Self.train).tar"].description]
        ).output.split(separator: "\n").map { String($0.dropLast(4)) }.sorted()
        try #require(sorted.count == 4)
        let train = try rows(world, "train")
        #expect(try digests(world, train) == members(world, Self.train + ".tar"))
        #expect(train.allSatisfy { $0.path.hasPrefix(sorted[$0.label]) })
        #expect(train.map(\.path) != train.map(\.path).sorted())
        let val = try rows(world, "validation")
        #expect(try digests(world, val) == members(world, Self.val + ".tar"))
        #expect(val.map(\.path) == val.map(\.path).sorted())
        #expect(val.map { sorted[$0.label] } == wnids.map(String.init))
        let test = try rows(world, "test")
        #expect(test.count == 5 && test.allSatisfy { $0.label == -1 })
        for name in names {
            let file = try ParquetFile(try world.folder.read("\(Self.files)/\(name)"))
            #expect(file.groups.allSatisfy { (1...5).contains($0.rows) })
            let features = try #require(file.metadata["huggingface"])
            #expect(features.hasPrefix(#"{"info": {"features": {"image": {"_type": "Image"}, "#))
            #expect(features.split(separator: "\", \"").count == sorted.count)
        }
    }

    @Test("status and verify tell the splits of the shared folder apart, and mend one alone")
    func splits() throws {
        let world = try world()
        #expect(try world.run("parquet", "--shards", "2", "--quiet").status == 0)
        let again = try world.run("parquet", "--shards", "2")
        #expect(again.status == 0 && again.output.contains("already done"))
        let status = try world.run("status")
        for split in ["train", "validation"] {
            let line = status.output.split(separator: "\n").first {
                $0.contains("parquet/imagenet-1k/data/\(split)-*")
            }
            #expect(line?.contains("complete") == true, "\(status.output)")
        }
        let told = status.output.split(separator: "\n").filter { $0.contains("imagenet-1k") }
        #expect(told.count == 2, "\(status.output)")
        let shard = "\(Self.files)/train-00001-of-00002.parquet"
        let file = try FileDescriptor(world.folder[shard], .updating)
        let byte = try world.folder.read(shard)[1000]
        try file.write([byte ^ 1], at: 1000)
        for place in ["s/parquet", "s/parquet/imagenet-1k", Self.files] {
            let verified = try world.run("verify", world.folder[place].description)
            #expect(verified.status == 3)
            let lines = verified.output.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(
                lines.first?.hasPrefix("\(Self.train): FAILED (train-00001-of-00002.parquet: ")
                    == true, "\(verified.output)")
            #expect(lines.last?.hasPrefix("\(Self.val): OK (xxh64, 2 files") == true)
            #expect(verified.errors.contains("parquet --only-train --shards 2 --force"))
        }
        let val = try world.digests("s/parquet")
        let mended = try world.run("parquet", "--only-train", "--shards", "2", "--force")
        #expect(mended.status == 0, "\(mended.errors)")
        #expect(try world.digests("s/parquet") != val)
        #expect(try world.run("verify", world.folder["s/parquet"].description).status == 0)
    }

    @Test("killed at any moment it goes on, and the bytes are those of one straight run")
    func killed() throws {
        let world = try ExportWorld("--classes", "10", "--per-class", "60", "--val", "5")
        let options = ["--only-train", "--shards", "20"] + world.options
        let straight = try Support.run(
            Binary.path,
            ["parquet", "--output-dir", world.folder["straight"].description] + options)
        #expect(straight.status == 0)
        let command =
            ["parquet", "--workers", "1", "--output-dir", world.folder["killed"].description]
            + options
        for _ in 0..<4 {
            let process = try Background(Binary.path, command)
            usleep(120_000)
            process.send(SIGKILL)
            process.wait()
        }
        let last = try Support.run(Binary.path, command)
        #expect(last.status == 0, "\(last.errors)")
        #expect(
            try world.digests("killed/imagenet-1k") == world.digests("straight/imagenet-1k"))
        #expect(
            try world.folder.names(in: "killed") == ["\(Self.train).receipt.json", "imagenet-1k"])
    }

    @Test("--rows takes a number from 1 to what a reader can bear")
    func options() throws {
        let world = try world()
        for bad in ["0", "-1", "auto", "x"] {
            #expect(try world.run("parquet", "--rows", bad).status == 2, "\(bad)")
        }
        #expect(try world.run("parquet", "--only-val", "--rows", "99999999").status == 0)
        let receipt = try world.folder.text("s/parquet/\(Self.val).receipt.json")
        #expect(receipt.contains(#""rows":"100000""#) || receipt.contains(#""rows": "100000""#))
    }
}
