import Checksums
import Disk
import SampleData
import Support
import Testing

@testable import DatasetExport

@Suite struct MDSFolderTests {
    /// A copy of a golden folder, to be damaged.
    private func copy(_ name: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (file, bytes) in try Golden.files(Golden.path("shards/\(name)")) {
            try folder.write(bytes, to: "d/\(file)")
        }
        return folder
    }

    private func faults(_ folder: borrowing TemporaryFolder) throws -> [String: String] {
        var found: [String: String] = [:]
        try MDSFolder(folder["d"]).verify { found[$0.file] = $0.fault }
        return found
    }

    @Test("what MDSWriter wrote is right", arguments: ["mds-limit", "mds-single", "mds-packed"])
    func right(name: String) throws {
        let folder = try copy(name)
        #expect(try faults(folder).isEmpty)
    }

    @Test("every flipped bit, cut and missing shard is found")
    func wrong() throws {
        for name in ["mds-limit", "mds-packed"] {
            let folder = try copy(name)
            let file = try #require(try folder.names(in: "d").last)
            let whole = try folder.read("d/\(file)")
            for place in [0, 5, 40, whole.count - 1] {
                var bytes = whole
                bytes[place] ^= 4
                try folder.write(bytes, to: "d/\(file)")
                #expect(try faults(folder).keys.sorted() == [file], "\(place)")
            }
            try folder.write(Array(whole.dropLast()), to: "d/\(file)")
            #expect(try faults(folder)[file]?.contains("bytes") == true)
            try Folder(folder["d"]).remove(Path(file))
            #expect(try faults(folder).count == 1)
            try folder.write(whole, to: "d/\(file)")
            try folder.write(whole, to: "d/shard.00077.mds")
            #expect(try faults(folder)["shard.00077.mds"]?.contains("index") == true)
        }
    }

    @Test(
        "a lost index comes back byte for byte",
        arguments: ["mds-limit", "mds-single", "mds-packed"])
    func reindexed(name: String) throws {
        let folder = try copy(name)
        let index = try folder.read("d/index.json")
        #expect(throws: ExportError.self) {
            try MDSFolder(folder["d"]).reindex(force: false) { _ in }
        }
        try Folder(folder["d"]).remove("index.json")
        #expect(throws: ExportError.self) { try MDSFolder(folder["d"]).verify { _ in } }
        let made = try MDSFolder(folder["d"]).reindex(force: false) { _ in }
        #expect(made.samples == 9)
        #expect(try folder.read("d/index.json") == index)
    }

    @Test("a compressed shard that is damaged, or compressed otherwise than it says, is refused")
    func notUnpacked() throws {
        let folder = try copy("mds-packed")
        try Folder(folder["d"]).remove("index.json")
        let shard = try folder.read("d/shard.00001.mds.bz2")
        for (name, bytes) in [
            ("shard.00001.mds.bz2", Array(shard.dropLast(9))),
            ("shard.00001.mds.bz2", Array("no shard".utf8)), ("shard.00001.mds.gz", shard),
        ] {
            try Folder(folder["d"]).remove("shard.00001.mds.bz2")
            try folder.write(bytes, to: "d/\(name)")
            #expect(throws: (any Error).self) {
                try MDSFolder(folder["d"]).reindex(force: true) { _ in }
            }
            let names = try folder.names(in: "d")
            #expect(names == ["shard.00000.mds.bz2", name, "shard.00002.mds.bz2"])
        }
    }

    @Test("an index whose numbers are absurd is no index")
    func absurd() throws {
        let folder = try TemporaryFolder()
        for part in ["a", "b"] {
            for (file, bytes) in try Golden.files(Golden.path("shards/mds-single")) {
                try folder.write(bytes, to: "d/\(part)/\(file)")
            }
            let text = try folder.text("d/\(part)/index.json")
            let other = text.split(separator: #""samples": 9"#)
                .joined(separator: #""samples": \#(Int64.max)"#)
            #expect(other != text)
            try folder.write(other, to: "d/\(part)/index.json")
        }
        #expect(throws: ExportError.self) { try MDSFolder(folder["d"]).merge(force: false) }
    }

    @Test("a gap and a damaged head are refused, and no index appears")
    func notReindexed() throws {
        let gap = try copy("mds-limit")
        try Folder(gap["d"]).remove("shard.00001.mds")
        try Folder(gap["d"]).remove("index.json")
        for place in 0..<30 {
            let folder = try copy("mds-limit")
            try Folder(folder["d"]).remove("index.json")
            var bytes = try folder.read("d/shard.00000.mds")
            bytes[place] ^= 0x81
            try folder.write(bytes, to: "d/shard.00000.mds")
            // Offsets between the first and the last may only be out of order.
            guard place < 8 else { continue }
            #expect(throws: (any Error).self) {
                try MDSFolder(folder["d"]).reindex(force: false) { _ in }
            }
            #expect(try !folder.names(in: "d").contains("index.json"))
        }
        #expect(throws: ExportError.self) { try MDSFolder(gap["d"]).reindex(force: true) { _ in } }
    }

    // MARK: What proves a shard

    /// Our own shards, in the folder `out/t`.
    private func made(
        _ sample: borrowing MadeSample, hashes: [DigestAlgorithm] = [.sha1, .xxh64]
    ) throws -> MDSFolder {
        let export = ShardExport(
            format: try MDSFormat(hashes: hashes, sizeLimit: 400_000), split: .train,
            input: .archive(Path(sample.tar("ILSVRC2012_img_train.tar"))),
            place: OutputPlace(parent: sample.folder["out"], name: "t"))
        _ = try export.run(labels: nil) { _ in }
        return MDSFolder(export.place.path)
    }

    /// Changes some bytes in the middle of a shard's images.
    private func damage(_ sample: borrowing MadeSample) throws {
        let shard = try Folder(sample.folder["out/t"]).file("shard.00000.mds", .updating)
        try shard.write([1, 2, 3, 4, 5, 6], at: shard.size() / 2)
    }

    private func faults(_ folder: MDSFolder) throws -> [String: String] {
        var found: [String: String] = [:]
        try folder.verify { found[$0.file] = $0.fault }
        return found
    }

    @Test("without a digest in the index our receipt proves a shard, and without that nothing does")
    func unproven() throws {
        let sample = try MadeSample(.init(classes: 3, perClass: 8, val: 4, test: 0, seed: 5))
        let folder = try made(sample, hashes: [])
        let shards = try sample.folder.names(in: "out/t").count - 1
        #expect(!(try sample.folder.text("out/t/index.json").contains("xxh64")))
        #expect(try faults(folder).isEmpty)
        try sample.folder.write("", to: "out/t/x")
        #expect(try faults(MDSFolder(sample.folder["out/t/."])).isEmpty)
        try damage(sample)
        #expect(try faults(folder)["shard.00000.mds"]?.contains("its receipt") == true)
        try Folder(sample.folder["out"]).remove("t.receipt.json")
        let unproven = try faults(folder)
        #expect(
            unproven.count == shards && unproven.values.allSatisfy { $0.contains("unverified") })
    }

    @Test("a digest that this program lacks proves nothing")
    func unknownDigest() throws {
        let folder = try copy("mds-limit")
        let text = try folder.text("d/index.json")
        var other = text
        for name in ["sha1", "xxh64", "md5", "sha256"] {
            other = other.replacing(#""\#(name)": "#, with: #""blake2b": "#)
        }
        #expect(other != text)
        try folder.write(other, to: "d/index.json")
        let found = try faults(folder)
        #expect(!found.isEmpty && found.values.allSatisfy { $0.contains("unverified") })
    }

    @Test("an index is not made anew of shards that are not what the receipt says")
    func blessed() throws {
        let sample = try MadeSample(.init(classes: 3, perClass: 8, val: 4, test: 0, seed: 5))
        let folder = try made(sample)
        let index = try sample.folder.text("out/t/index.json")
        try Folder(sample.folder["out/t"]).remove("index.json")
        _ = try folder.reindex(force: false) { _ in }
        #expect(try sample.folder.text("out/t/index.json") == index)
        try damage(sample)
        #expect(try faults(folder)["shard.00000.mds"] != nil)
        let error = #expect(throws: ExportError.self) { try folder.reindex(force: true) { _ in } }
        #expect(error?.code == .brokenOutput && error?.message.contains("shard.00000.mds") == true)
        #expect(try sample.folder.text("out/t/index.json") == index)
        // Its last shard.
        let names = try sample.folder.names(in: "out/t").filter { $0.hasPrefix("shard") }
        try Folder(sample.folder["out/t"]).remove(Path(try #require(names.last)))
        let gone = #expect(throws: ExportError.self) { try folder.reindex(force: true) { _ in } }
        #expect(gone?.message.contains(names.last ?? "") == true)
    }

    @Test("an index of another version is refused, and one without shards has nothing to verify")
    func foreignIndexes() throws {
        let folder = try copy("mds-limit")
        let text = try folder.text("d/index.json")
        try folder.write(
            text.replacing(#""version": 2}"#, with: #""version": 99}"#), to: "d/index.json")
        // The last is that of the index, behind those of the shards.
        let other = #expect(throws: ExportError.self) { try faults(folder) }
        #expect(other?.code == .brokenOutput && other?.message.contains("99") == true)
        try folder.write(#"{"shards": [], "version": 2}"#, to: "e/index.json")
        let empty = #expect(throws: ExportError.self) {
            try MDSFolder(folder["e"]).verify { _ in }
        }
        #expect(empty?.code == .nothingThere)
        // With shards beside it the index is wrong.
        try folder.write(#"{"shards": [], "version": 2}"#, to: "d/index.json")
        #expect(try faults(folder).count > 1)
    }

    @Test("shards are counted by number, however many there are")
    func many() throws {
        let names = (0...100_001).map { Path(MDSShards.name(of: $0)) }
        let sorted = names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        #expect(sorted != names)
        #expect(try MDSFolder.inOrder(sorted, of: "d") == names)
        // A reader has unpacked one, and left both.
        let packed: [Path] = ["shard.00001.mds.bz2", "shard.00000.mds.bz2", "shard.00000.mds"]
        #expect(
            try MDSFolder.inOrder(packed, of: "d") == [
                "shard.00000.mds.bz2", "shard.00001.mds.bz2",
            ])
        #expect(throws: ExportError.self) { try MDSFolder.inOrder(Array(names[1...3]), of: "d") }
    }

    @Test("folders of shards get one index, as merge_index writes it")
    func mergedFolders() throws {
        let folder = try TemporaryFolder()
        for part in ["a", "b"] {
            for (file, bytes) in try Golden.files(Golden.path("shards/mds-single")) {
                try folder.write(bytes, to: "d/\(part)/\(file)")
            }
        }
        #expect(try MDSFolder(folder["d"]).merge(force: false) == (2, 18))
        let text = try folder.text("d/index.json")
        #expect(text.hasPrefix(#"{"version": 2, "shards": [{"column_encodings": ["#))
        #expect(text.contains(#""basename": "a/shard.00000.mds""#))
        #expect(text.contains(#""basename": "b/shard.00000.mds""#))
        #expect(try faults(folder).isEmpty)
        #expect(throws: ExportError.self) { try MDSFolder(folder["d"]).merge(force: false) }
    }

    @Test("slices are put together when all are there, and not before")
    func mergedSlices() throws {
        let sample = try MadeSample(.init(classes: 3, perClass: 8, val: 4, test: 0, seed: 5))
        var export = ShardExport(
            format: try MDSFormat(sizeLimit: 400_000), split: .train,
            input: .archive(Path(sample.tar("ILSVRC2012_img_train.tar"))),
            place: OutputPlace(parent: sample.folder["one"], name: "t"))
        _ = try export.run(labels: nil) { _ in }
        let expected = try Golden.files(export.place.path)
        export.place = OutputPlace(parent: sample.folder["many"], name: "t")
        export.options.share = .slice(try #require(ShardSlice(index: 2, count: 2)))
        _ = try export.run(labels: nil) { _ in }
        let folder = MDSFolder(export.place.path)
        let error = #expect(throws: ExportError.self) { try folder.merge(force: false) }
        #expect(error?.message.hasSuffix("missing, of slice 1 of 2") == true)
        export.options.share = .slice(try #require(ShardSlice(index: 1, count: 2)))
        _ = try export.run(labels: nil) { _ in }
        #expect(try folder.merge(force: false).shards == expected.count - 1)
        #expect(try Golden.files(export.place.path) == expected)
        export.options.share = .whole
        #expect(try export.run(labels: nil) { _ in }.isAlreadyDone)
    }
}
