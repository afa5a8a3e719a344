import Disk
import Support
import Testing

@Suite(.waiting) struct TFDSCommandTests {
    private static let inside = "s/tfds/imagenet2012/5.1.0"

    private func world() throws -> ExportWorld {
        try ExportWorld("--classes", "4", "--per-class", "8", "--val", "9", "--test", "5")
    }

    @Test("all splits are in the folder of TFDS, and status and verify know each")
    func together() throws {
        let world = try world()
        let made = try world.run("tfds")
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains("validation.*: done (9 images in 1 shard"))
        #expect(made.errors.contains("tfds.load(\"imagenet2012\", split=\"train\", data_dir="))
        #expect(made.errors.contains("written as JPEGs in RGB"))
        let test = try world.run("tfds", "--only-test")
        #expect(test.status == 0 && test.errors.contains("label is -1"), "\(test.errors)")
        #expect(
            try world.folder.names(in: Self.inside) == [
                "dataset_info.json", "features.json", "imagenet2012-test.tfrecord-00000-of-00001",
                "imagenet2012-train.tfrecord-00000-of-00001",
                "imagenet2012-validation.tfrecord-00000-of-00001", "label.labels.txt",
            ])
        let before = try world.digests("s/tfds")
        let whole = try world.digests(Self.inside)
        let again = try world.run("tfds", "--all")
        #expect(again.status == 0 && again.output.split(separator: "\n").count == 3)
        #expect(again.output.split(separator: "\n").allSatisfy { $0.contains("already done") })
        #expect(try world.digests("s/tfds") == before)
        let status = try world.run("status")
        for split in ["test", "train", "validation"] {
            let line = status.output.split(separator: "\n")
                .first { $0.contains("tfds/imagenet2012/5.1.0/imagenet2012-\(split).*") }
            #expect(line?.contains("complete") == true, "\(status.output)")
        }
        for place in ["s/tfds", Self.inside] {
            let verified = try world.run("verify", world.folder[place].description)
            #expect(verified.status == 0, "\(verified.output)")
            #expect(verified.output.split(separator: "\n").count == 3)
        }
        try world.folder.write(
            "x", to: Self.inside + "/imagenet2012-validation.tfrecord-00000-of-00001")
        try world.folder.write("{}", to: Self.inside + "/features.json")
        let broken = try world.run("verify", world.folder[Self.inside].description)
        #expect(broken.status == 3)
        #expect(broken.output.contains("features.json: it is missing, or was changed"))
        // What the hint says helps; the files that describe all splits are written again.
        let repaired = try world.run("tfds", "--only-val", "--force")
        #expect(repaired.status == 0, "\(repaired.errors)")
        #expect(try world.digests(Self.inside) == whole)
        #expect(try world.run("verify", world.folder[Self.inside].description).status == 0)
    }

    @Test("another format takes the place of the first only by force")
    func formats() throws {
        let world = try world()
        #expect(try world.run("tfds").status == 0)
        let before = try world.digests("s/tfds")
        let refused = try world.run("tfds", "--format", "array_record")
        #expect(refused.status == 2 && refused.errors.contains("--force"), "\(refused.errors)")
        #expect(try world.digests("s/tfds") == before)
        let forced = try world.run("tfds", "--format", "array_record", "--force")
        #expect(forced.status == 0, "\(forced.errors)")
        #expect(forced.errors.contains("tfds.data_source("))
        let shards = try world.folder.names(in: Self.inside).filter { $0.contains("-of-") }
        #expect(
            shards
                == ["train", "validation"].map {
                    "imagenet2012-\($0).array_record-00000-of-00001"
                })
        let info = try world.folder.text(Self.inside + "/dataset_info.json")
        #expect(info.contains("\"fileFormat\": \"array_record\"") && info.contains("validation"))
        let bad = try world.run("tfds", "--format", "parquet")
        #expect(bad.status == 2 && bad.errors.contains("neither tfrecord nor array_record"))
    }

    @Test("any number of workers and slices gives the same bytes")
    func stable() throws {
        let world = try world()
        for format in ["tfrecord", "array_record"] {
            let one = world.folder["one-\(format)"].description
            let more = world.folder["more-\(format)"].description
            let made = try world.run(
                "tfds", "--format", format, "--workers", "1", "--output-dir", one)
            #expect(made.status == 0, "\(made.errors)")
            for slice in ["2/2", "1/2"] {
                let part = try world.run(
                    "tfds", "--format", format, "--slice", slice, "--output-dir", more)
                #expect(part.status == 0, "\(part.errors)")
            }
            let merged = try world.run("tfds", "--format", format, "--output-dir", more)
            #expect(merged.status == 0, "\(merged.errors)")
            #expect(
                try world.digests("one-\(format)/imagenet2012")
                    == world.digests("more-\(format)/imagenet2012"))
        }
    }
}
