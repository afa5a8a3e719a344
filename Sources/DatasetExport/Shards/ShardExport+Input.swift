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

    /// The summary of an output that is there already.
    ///
    /// - Returns: nil where there is work to do: always, where what is there is to be replaced.
    /// - Throws: `.exists` for another one, `.brokenOutput` where shards of it are gone.
    func existing(_ wanted: OutputReceipt) throws -> Summary? {
        if images == .list { return nil }
        try companionPlace.map(CompanionFolder.check)
        let parent = try Folder.nearest(to: place.parent)
        guard parent.path == place.parent, try place.exists(in: parent) else { return nil }
        try place.checkReplaceable(in: parent, by: format.kind)
        if isForced { return nil }
        guard case .receipt(let receipt) = try OutputReceipt.load(place.name, in: parent) else {
            return nil
        }
        guard receipt.isSame(as: wanted) else {
            throw ExportError.otherOutput(
                place.path, "it was made from other inputs or with other options")
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
        return summary
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
