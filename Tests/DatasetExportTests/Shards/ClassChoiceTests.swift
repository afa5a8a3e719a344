import DataFolder
import DatasetManifest
import Disk
import SampleData
import Support
import Testing

@testable import DatasetExport

/// Some classes of a data set: which images, and which labels.
@Suite struct ClassChoiceTests {
    private static let options = SampleDataset.Options(
        classes: 5, perClass: 8, val: 40, test: 6, seed: 3)

    private func labels(_ sample: borrowing MadeSample) throws -> ClassLabels {
        try LabelSource.file(Path(sample.tar("ILSVRC2012_devkit_t12.tar.gz"))).read()
    }

    private func selection(_ labels: ClassLabels, _ ranks: [Int]) throws -> ClassSelection {
        try #require(
            ClassSelection(title: "some", wnids: ranks.map { labels.classes[$0].wnid }))
    }

    private func archive(
        _ sample: borrowing MadeSample, _ split: SampleTable.Split = .train
    ) -> SampleInput {
        .archive(Path(sample.tar("ILSVRC2012_img_\(split.rawValue).tar")))
    }

    private func export(
        _ format: any OutputFormat, _ input: SampleInput, _ choice: ClassChoice?, to parent: Path,
        _ split: SampleTable.Split = .train
    ) -> ShardExport {
        var export = ShardExport(
            format: format, split: split, input: input,
            place: OutputPlace(parent: parent, name: "ILSVRC2012_img_\(split.rawValue)"))
        export.options.choice = choice
        return export
    }

    private func partial(
        _ sample: borrowing MadeSample, _ classes: ClassSelection, index: ClassIndex? = nil
    ) throws -> PartialArchive {
        let file = try sample.folder.partial(
            of: Path(sample.tar("ILSVRC2012_img_train.tar")), classes)
        return PartialArchive(
            file, verified: file.verified, digests: [], torrent: file.torrent, index: index)
    }

    // MARK: Images and labels

    /// Label, WNID and name of every image.
    private func rows(
        _ input: SampleInput, _ split: SampleTable.Split, _ labels: ClassLabels?,
        _ choice: ClassChoice?
    ) throws -> Set<String> {
        let table = try input.table(
            split, labels: labels, extensions: ExportOptions.usualExtensions, choice: choice
        ) { _ in }.table
        let rows = (0..<table.count).map { sample in
            let wnid = String(decoding: table.wnid(sample), as: UTF8.self)
            return "\(table.rank(sample)) \(wnid) "
                + String(decoding: table.name(sample), as: UTF8.self)
        }
        #expect(Set(rows).count == rows.count)
        return Set(rows)
    }

    /// What a run with chosen classes must give, from one with all.
    private func filtered(
        _ rows: Set<String>, _ labels: ClassLabels, _ ranks: [Int], _ space: LabelSpace
    ) -> Set<String> {
        Set(
            rows.compactMap { row in
                let words = row.split(separator: " ", maxSplits: 1)
                guard let rank = Int(words[0]), let place = ranks.firstIndex(of: rank) else {
                    return nil
                }
                return "\(space == .subset ? place : rank) \(words[1])"
            })
    }

    @Test(
        "images of the chosen classes alone, numbered as asked for", arguments: LabelSpace.allCases)
    func table(_ space: LabelSpace) throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let ranks = [1, 3, 4]
        let choice = ClassChoice(try selection(labels, ranks), space)
        for split in [SampleTable.Split.train, .val] {
            let input = archive(sample, split)
            let all = try rows(input, split, labels, nil)
            let wanted = filtered(all, labels, ranks, space)
            #expect(!wanted.isEmpty && wanted.count < all.count)
            #expect(try rows(input, split, labels, choice) == wanted)
        }
        let all = try rows(archive(sample), .train, labels, nil)
        let part = try partial(sample, choice.classes)
        #expect(
            try rows(.partial(part), .train, labels, choice)
                == filtered(all, labels, ranks, space))
        // Trees, with and without the other classes.
        for (name, classes) in [("all", nil), ("some", choice.classes)] {
            for split in [SampleTable.Split.train, .val] {
                var unpacker = Unpacker(
                    archive(sample, split).path,
                    split == .train ? .classTars : .validation(labels), in: sample.folder[name])
                unpacker.classes = classes
                try unpacker.run()
                let all = try rows(archive(sample, split), split, labels, nil)
                #expect(
                    try rows(.tree(unpacker.path), split, labels, choice)
                        == filtered(all, labels, ranks, space))
            }
        }
    }

    @Test("without labels the chosen classes are numbered among themselves, and only so")
    func withoutLabels() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let classes = try selection(labels, [0, 4])
        let all = try rows(archive(sample), .train, labels, nil)
        #expect(
            try rows(archive(sample), .train, nil, ClassChoice(classes))
                == filtered(all, labels, [0, 4], .subset))
        let error = try failure(ExportError.self) {
            _ = try rows(archive(sample), .train, nil, ClassChoice(classes, .full))
        }
        #expect(error.message.contains("no list of them"))
    }

    @Test("a class that is not there is named")
    func absent() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let stranger = try #require(WNID("n99999999"))
        let classes = try #require(
            ClassSelection(title: "x", wnids: [labels.classes[0].wnid, stranger]))
        var error = try failure(ExportError.self) {
            _ = try rows(archive(sample), .train, labels, ClassChoice(classes))
        }
        #expect(error.code == .badOption && error.message.contains("n99999999 is not among the 5"))
        error = try failure(ExportError.self) {
            _ = try rows(archive(sample), .train, nil, ClassChoice(classes))
        }
        #expect(error.code == .nothingThere && error.message.contains("n99999999 is not in "))
        // Of a partial archive, what to download is said.
        let part = try partial(sample, try selection(labels, [2]))
        error = try failure(ExportError.self) {
            _ = try rows(
                .partial(part), .train, labels, ClassChoice(try selection(labels, [2, 3])))
        }
        let missing = "\(labels.classes[3].wnid)"
        #expect(error.message.hasPrefix("\(missing) is not downloaded yet"))
        #expect(error.hint?.parts.contains(.run(.fetch, [.classes([missing])])) == true)
    }

    // MARK: Outputs

    private static func formats() throws -> [any OutputFormat] {
        [
            try MDSFormat(sizeLimit: 200_000), TFRecordFormat(shards: 4),
            WebDatasetFormat(shards: 3),
        ]
    }

    @Test("a whole archive, one of which only they are there, and a tree give the same bytes")
    func sameBytes() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let choice = ClassChoice(try selection(labels, [1, 2]))
        let part = try partial(sample, choice.classes)
        var unpacker = Unpacker(archive(sample).path, .classTars, in: sample.folder["untar"])
        unpacker.classes = choice.classes
        try unpacker.run()
        let count = try rows(archive(sample), .train, labels, choice).count
        for (number, format) in try Self.formats().enumerated() {
            var outputs: [[String: [UInt8]]] = []
            let inputs: [SampleInput] = [archive(sample), .partial(part), .tree(unpacker.path)]
            for (source, input) in inputs.enumerated() {
                let export = export(
                    format, input, choice, to: sample.folder["out\(number)-\(source)"])
                let summary = try export.run(labels: labels) { _ in }
                #expect(summary.images == count && summary.isWhole)
                #expect(summary.choice == choice)
                #expect(try export.run(labels: labels) { _ in }.isAlreadyDone)
                outputs.append(try Golden.files(export.place.path))
            }
            #expect(outputs[0] == outputs[1])
            #expect(outputs[0] == outputs[2])
        }
    }

    @Test("the receipt binds classes and numbering, and what the choice is called means nothing")
    func receipts() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let classes = try selection(labels, [1, 2])
        let place = sample.folder["mds"]
        func run(_ choice: ClassChoice?, forced: Bool = false) throws -> ShardExport.Summary {
            var export = export(MDSFormat(), archive(sample), choice, to: place)
            export.options.isForced = forced
            return try export.run(labels: labels) { _ in }
        }
        #expect(try !run(ClassChoice(classes)).isAlreadyDone)
        let renamed = try #require(ClassSelection(title: "other", wnids: classes.wnids))
        #expect(try run(ClassChoice(renamed)).isAlreadyDone)
        for other in [
            ClassChoice(classes, .full), ClassChoice(try selection(labels, [1])), nil,
        ] {
            let error = try failure(ExportError.self) { _ = try run(other) }
            #expect(error.code == .exists)
            #expect(error.hint?.parts.contains(.setting(.force, nil)) == true)
        }
        let error = try failure(ExportError.self) { _ = try run(nil) }
        #expect(error.message.contains("other classes: \(classes.wnids[0]) and 1 more"))
        #expect(
            try run(nil, forced: true).images == rows(archive(sample), .train, labels, nil).count)
        let receipt = try OutputReceipt.load("ILSVRC2012_img_train", in: Folder(place)).record
        #expect(receipt?.chosenClasses == nil && receipt?.labelSpace == nil)
        #expect(try !run(ClassChoice(classes), forced: true).isAlreadyDone)
        let chosen = try OutputReceipt.load("ILSVRC2012_img_train", in: Folder(place)).record
        #expect(chosen?.chosenClasses == classes.wnids && chosen?.labelSpace == .subset)
    }

    @Test(
        "an output of a partial archive is that of the whole one later, and unverified ones say so")
    func partialReceipts() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let choice = ClassChoice(try selection(labels, [1, 2]))
        let part = try partial(sample, choice.classes)
        let place = sample.folder["mds"]
        _ = try export(MDSFormat(), .partial(part), choice, to: place)
            .run(labels: labels) { _ in }
        let parent = try Folder(place)
        let receipt = try OutputReceipt.load("ILSVRC2012_img_train", in: parent).record
        #expect(receipt?.inputs.map(\.name) == ["ILSVRC2012_img_train.tar"])
        #expect(receipt?.inputs.first?.torrent == part.file.torrent)
        #expect(receipt?.isFromUnverified == false)
        var whole = export(MDSFormat(), archive(sample), choice, to: place)
        whole.known.torrent = part.file.torrent
        #expect(try whole.run(labels: labels) { _ in }.isAlreadyDone)
        // Of another torrent.
        whole.known.torrent = InfoHash(hex: String(repeating: "cd", count: 20))
        #expect(throws: ExportError.self) { try whole.run(labels: labels) { _ in } }

        let unverified = PartialArchive(
            part.file, verified: nil, digests: [], torrent: nil, index: nil)
        let other = sample.folder["other"]
        _ = try export(MDSFormat(), .partial(unverified), choice, to: other)
            .run(labels: labels) { _ in }
        let told = try OutputReceipt.load("ILSVRC2012_img_train", in: Folder(other)).record
        #expect(told?.isFromUnverified == true)
    }

    @Test("the indexes of webdataset list chosen classes")
    func indexes() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let classes = try selection(labels, [1, 2])
        let export = export(
            WebDatasetFormat(shards: 2), archive(sample), ClassChoice(classes, .full),
            to: sample.folder["wds"])
        _ = try export.run(labels: labels) { _ in }
        for _ in 0..<2 {
            #expect(try export.format.describe(export.place.parent, isOwn: true) == [])
        }
        let script = """
            import json, sys
            for path, pick in ((sys.argv[1], lambda d: d["splits"]["train"]), (sys.argv[2], lambda d: d)):
                part = pick(json.load(open(path)))
                print(part["label_space"], ",".join(part["classes"]))
            """
        let told = try lines(
            of: "python3",
            [
                "-c", script, sample.folder["wds/_info.json"].description,
                export.place.path.appending("imagenet-train.json").description,
            ])
        #expect(
            told == Array(repeating: "full \(classes.wnids[0]),\(classes.wnids[1])", count: 2))
    }

    @Test("a tree of chosen classes is not taken for the whole data set")
    func treeOfSome() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let classes = try selection(labels, [1, 2])
        var unpacker = Unpacker(archive(sample).path, .classTars, in: sample.folder["untar"])
        unpacker.classes = classes
        try unpacker.run()
        let error = try failure(ExportError.self) {
            _ = try export(MDSFormat(), .tree(unpacker.path), nil, to: sample.folder["mds"])
                .run(labels: labels) { _ in }
        }
        #expect(error.code == .nothingThere && error.message.contains("only 2 classes"))
        #expect(
            error.hint?.parts.contains(.setting(.classes, ClassChoice.text(classes.wnids))) == true)
        #expect(try !sample.folder.names().contains("mds"))
    }

    @Test("test images have no classes")
    func testImages() throws {
        let sample = try MadeSample(Self.options)
        let labels = try labels(sample)
        let export = export(
            MDSFormat(), .archive(Path(sample.tar("ILSVRC2012_img_test_v10102019.tar"))),
            ClassChoice(try selection(labels, [0])), to: sample.folder["mds"], .test)
        let error = try failure(ExportError.self) { _ = try export.run(labels: labels) { _ in } }
        #expect(error.code == .badOption)
    }
}
