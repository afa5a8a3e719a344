import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

@testable import DatasetExport

/// Which labels make an output another one.
@Suite struct ShardLabelsTests {
    private func labels(_ sample: borrowing MadeSample) throws -> ClassLabels {
        try LabelSource.file(Path(sample.tar("ILSVRC2012_devkit_t12.tar.gz"))).read()
    }

    private func export(
        _ sample: borrowing MadeSample, _ format: any OutputFormat, _ split: SampleTable.Split
    ) throws -> ShardExport {
        let manifest = try Manifest(
            json: try sample.folder.read("sample/manifest.json"), source: "m")
        let name = "ILSVRC2012_img_\(split.rawValue)"
        var export = ShardExport(
            format: format, split: split, input: .archive(Path(sample.tar(name + ".tar"))),
            place: OutputPlace(parent: sample.folder[format.name], name: name))
        export.known.classPin = manifest.labels?.wnids
        return export
    }

    /// Gives the labels in an output's receipt another name.
    private func rename(_ export: ShardExport, _ name: String) throws {
        let parent = try Folder(export.place.parent)
        guard
            case .receipt(var receipt) = try OutputReceipt.load(export.place.name, in: parent)
        else { return #expect(Bool(false), "there is no receipt") }
        receipt.options["labels"] = name
        try receipt.save(in: parent)
    }

    /// As versions before this one hashed them.
    private func olderName(_ labels: ClassLabels) -> String {
        var text = ""
        for item in labels.classes {
            text += "\(item.wnid) \(item.words.joined(separator: ", "))\n"
        }
        for rank in labels.validation ?? [] { text += "\(rank)\n" }
        return Hasher.digest(.sha256, Array(text.utf8)).hex
    }

    @Test("training shards without words are the same with the devkit and without")
    func devkitAdded() throws {
        let sample = try MadeSample()
        let labels = try labels(sample)
        for format in [MDSFormat(), WebDatasetFormat(shards: 2)] as [any OutputFormat] {
            let export = try export(sample, format, .train)
            _ = try export.run(labels: nil) { _ in }
            #expect(try export.run(labels: labels) { _ in }.isAlreadyDone)
            #expect(try export.run(labels: nil) { _ in }.isAlreadyDone)
        }
        // Here the words are in the examples.
        let records = try export(sample, TFRecordFormat(shards: 2), .train)
        _ = try records.run(labels: nil) { _ in }
        let error = #expect(throws: ExportError.self) { try records.run(labels: labels) { _ in } }
        #expect(error?.code == .exists)
    }

    @Test("receipts of older versions are believed where they were true")
    func olderReceipts() throws {
        let sample = try MadeSample()
        let labels = try labels(sample)
        for format in [MDSFormat(), TFRecordFormat(shards: 2)] as [any OutputFormat] {
            for split in [SampleTable.Split.train, .val] {
                let export = try export(sample, format, split)
                _ = try export.run(labels: labels) { _ in }
                try rename(export, olderName(labels))
                #expect(try export.run(labels: labels) { _ in }.isAlreadyDone)
                try rename(export, "0123")
                #expect(throws: ExportError.self) { try export.run(labels: labels) { _ in } }
            }
        }
        let train = try export(sample, MDSFormat(), .train)
        for given in [labels, nil] {
            try rename(train, "from the input")
            #expect(try train.run(labels: given) { _ in }.isAlreadyDone)
        }
        // Nobody knows what classes these were.
        var unpinned = train
        unpinned.known.classPin = nil
        #expect(throws: ExportError.self) { try unpinned.run(labels: labels) { _ in } }
    }

    @Test("shards that an older version has left are gone on with")
    func olderShards() throws {
        let sample = try MadeSample()
        let labels = try labels(sample)
        var export = try export(sample, WebDatasetFormat(shards: 4), .train)
        export.options.share = .slice(try #require(ShardSlice(index: 1, count: 2)))
        _ = try export.run(labels: labels) { _ in }
        let work = try Folder(export.place.parent.appending(export.place.work))
        var receipt = try #require(try ShardState.receipt(in: work))
        receipt.options["labels"] = olderName(labels)
        try work.publish(ShardState.receiptName, receipt.encoded)
        export.options.share = .whole
        #expect(try export.run(labels: labels) { _ in }.keptShards == 2)
    }
}
