internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

// What an output is made of: whether the one that is there was made of it too.
extension ShardExport {
    /// All that decides the bytes, for the receipt.
    func options(_ labels: ClassLabels?) -> [String: String] {
        var options = [
            "split": split.rawValue, "seed": "\(seed)", "images": images.rawValue,
            "extensions": extensions.joined(separator: ","),
            "labels": labels.map(Self.digest) ?? "from the input",
        ]
        switch format {
        case .mds(let config):
            options["compression"] = config.compression?.spelling ?? ""
            options["hashes"] = config.hashes.map(\.rawValue).joined(separator: ",")
            options["size-limit"] = config.sizeLimit.map { "\($0)" } ?? ""
        case .tfrecord(let shards, let boxes):
            options["shards"] = "\(shards)"
            options["boxes"] = boxes == nil ? "none" : "given"
        case .webdataset(let shards): options["shards"] = "\(shards)"
        case .webdatasetBySize(let size): options["max-size"] = "\(size)"
        }
        return options
    }

    private static func digest(_ labels: ClassLabels) -> String {
        var hasher = Hasher(.sha256)
        for item in labels.classes {
            let words = item.words.joined(separator: ", ")
            hasher.update(Array("\(item.wnid) \(words)\n".utf8))
        }
        for rank in labels.validation ?? [] { hasher.update(Array("\(rank)\n".utf8)) }
        return hasher.digest.hex
    }

    /// An output that is there already, and is the one that is wanted.
    struct Existing {
        let summary: Summary
        let receipt: OutputReceipt
        /// Whether there is nothing left to do: no image that is to be decoded first.
        let isEnough: Bool
    }

    /// - Returns: nil where there is work to do: always, where what is there is to be replaced.
    /// - Throws: `.exists` for another one, `.brokenOutput` where shards of it are gone.
    func existing(_ wanted: OutputReceipt) throws -> Existing? {
        if images == .list || isForced { return nil }
        let parent = try Folder.nearest(to: place.parent)
        guard parent.path == place.parent, try place.exists(in: parent) else { return nil }
        guard case .receipt(let receipt) = try OutputReceipt.load(place.name, in: parent) else {
            throw ExportError.otherOutput(place.path, "something else is there, without a receipt")
        }
        guard receipt.isSame(as: wanted) else {
            throw ExportError.otherOutput(
                place.path, "it was made from other inputs or with other options")
        }
        if let name = try missingCompanion(receipt, in: parent.folder(Path(place.name))) {
            throw ExportError.brokenOutput(
                place.path, "\(name) is missing",
                hint: name == "\(MDSIndex.fileName)"
                    ? "`mds reindex` makes it from the shards" : "--force makes the output again")
        }
        if let fault = try receipt.missingFile(in: parent.folder(Path(place.name))) {
            throw ExportError.brokenOutput(
                place.path, fault, hint: "--force makes it again")
        }
        var summary = Summary(place: place, split: split)
        summary.isAlreadyDone = true
        summary.images = Int(clamping: receipt.counts["images"] ?? 0)
        summary.shards = Int(clamping: receipt.counts["shards"] ?? 0)
        summary.bytes = receipt.counts["bytes"] ?? 0
        return Existing(
            summary: summary, receipt: receipt,
            isEnough: !validates || receipt.counts[OutputReceipt.decoded] != nil)
    }

    /// A file that goes with the shards and is not there: loaders need it as they need those, and
    /// receipts name the shards alone, or did so once.
    private func missingCompanion(
        _ receipt: OutputReceipt, in folder: borrowing Folder
    ) throws -> String? {
        switch format {
        case .mds:
            let name = MDSIndex.fileName
            return try folder.status(name) == nil ? "\(name)" : nil
        case .webdataset, .webdatasetBySize:
            let index = WebDatasetShards.indexName(split)
            if try folder.status(Path(index)) == nil { return index }
            for shard in receipt.files where shard.name.hasSuffix(".tar") {
                let name = shard.name.dropLast(4) + ".idx"
                if try folder.status(Path(String(name))) == nil { return escaped(name.utf8) }
            }
        case .tfrecord:
            guard let companions = companionPlace() else { return nil }
            let holder = try Folder.nearest(to: companions.path)
            guard holder.path == companions.path else { return "\(companions.path)" }
            for shard in receipt.files {
                let name = shard.name + ".idx"
                if try holder.status(Path(name)) == nil { return escaped(name.utf8) }
            }
        }
        return nil
    }

    /// Decodes the images of an output that is there, and notes that in its receipt.
    func decode(
        _ there: Existing, _ samples: SampleSequence, _ reader: SampleReader,
        _ progress: @escaping @Sendable (Progress) throws -> Void
    ) throws -> Summary {
        let decoded = Counter()
        let total = samples.count
        try ImageDecoding.check(samples, [0..<total], reader, threads: threads) { count in
            let images = decoded.add(count)
            try progress(Progress(stage: .looking, images: images, total: total, bytes: 0))
        }
        let parent = try Folder(place.parent)
        // Another run may have replaced it meanwhile.
        if try OutputReceipt.load(place.name, in: parent) == .receipt(there.receipt) {
            var receipt = there.receipt
            receipt.counts[OutputReceipt.decoded] = Int64(total)
            try receipt.save(in: parent)
        }
        return there.summary
    }

    /// Ranks come from the classes that were found; where the data set pins those, they must be
    /// all of them, or every label would be another.
    func checkClasses(_ table: SampleTable) throws(ExportError) {
        guard let classPin else { return }
        var hasher = Hasher(classPin.algorithm)
        hasher.update(table.classes.flatMap { Array("\($0)\n".utf8) })
        if hasher.digest == classPin { return }
        throw .badInput(
            "the \(table.classes.count) classes in \(input.path) are not those of the data set, so "
                + "that their ranks cannot be told",
            hint: "put ILSVRC2012_devkit_t12.tar.gz beside the archives: it says which there are")
    }
}

extension OutputReceipt {
    /// The key of how many images were decoded before the output got its name: not there where they
    /// were taken as they are.
    static let decoded = "decoded"
}
