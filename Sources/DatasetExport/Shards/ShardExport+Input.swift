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
            OutputReceipt.labels: name(of: labels),
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

    // MARK: Labels

    private static let fromInput = "from the input"

    private var hasWords: Bool {
        if case .tfrecord = format { true } else { false }
    }

    /// What of the labels enters the bytes: the classes, what they are called in TFRecord files, and
    /// the labels of validation images.
    private func name(of labels: ClassLabels?) -> String {
        guard let labels else {
            // Those that are found must be the pinned ones: see `checkClasses`.
            guard split == .train, !hasWords, let classPin else { return Self.fromInput }
            return classPin.hex
        }
        return Self.digest(
            labels, classPin?.algorithm ?? .sha256, hasWords: hasWords,
            hasValidation: split == .val)
    }

    /// What older versions called the same labels: they took in the words and the validation labels
    /// for every output, and did not know that classes from the input were the pinned ones.
    func olderNames(of labels: ClassLabels?) -> Set<String> {
        var names: Set<String> = []
        if let labels {
            names.insert(Self.digest(labels, .sha256, hasWords: true, hasValidation: true))
        }
        // A tree's digest in a receipt covers the ranks; an archive of validation images says none.
        guard split == .train || input.archive == nil, !hasWords, let classPin else { return names }
        let isPinned =
            labels.map {
                Self.digest($0, classPin.algorithm, hasWords: false, hasValidation: false)
                    == classPin.hex
            } ?? true
        if isPinned { names.insert(Self.fromInput) }
        return names
    }

    private static func digest(
        _ labels: ClassLabels, _ algorithm: DigestAlgorithm, hasWords: Bool, hasValidation: Bool
    ) -> String {
        var hasher = Hasher(algorithm)
        for item in labels.classes {
            let words = hasWords ? " " + item.words.joined(separator: ", ") : ""
            hasher.update(Array("\(item.wnid)\(words)\n".utf8))
        }
        for rank in hasValidation ? labels.validation ?? [] : [] {
            hasher.update(Array("\(rank)\n".utf8))
        }
        return hasher.digest.hex
    }

    // MARK: What is there

    /// An output that is there already, and is the one that is wanted.
    struct Existing {
        let summary: Summary
        let receipt: OutputReceipt
        /// Whether there is nothing left to do: no image that is to be decoded first.
        let isEnough: Bool
    }

    /// - Parameter olderLabels: what older versions called the same labels in receipts.
    /// - Returns: nil where there is work to do: always, where what is there is to be replaced.
    /// - Throws: `.exists` for another one, `.brokenOutput` where shards of it are gone.
    func existing(_ wanted: OutputReceipt, _ olderLabels: Set<String>) throws -> Existing? {
        if images == .list { return nil }
        let parent = try Folder.nearest(to: place.parent)
        guard parent.path == place.parent, try place.exists(in: parent) else { return nil }
        try place.checkReplaceable(in: parent, by: format.kind)
        if isForced { return nil }
        guard case .receipt(let receipt) = try OutputReceipt.load(place.name, in: parent) else {
            return nil
        }
        guard receipt.naming(olderLabels, as: wanted).isSame(as: wanted) else {
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
        if let known = receipt.learning(from: wanted) { try known.save(in: parent) }
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

    /// The option that says which labels an output has.
    static let labels = "labels"

    /// The receipt with these names of labels as the other one has it, which means the same.
    func naming(_ olderLabels: Set<String>, as other: OutputReceipt) -> OutputReceipt {
        guard let said = options[Self.labels], olderLabels.contains(said) else { return self }
        var receipt = self
        receipt.options[Self.labels] = other.options[Self.labels]
        return receipt
    }
}
