import DataFolder
import DatasetExport
import DatasetManifest
import Disk

// The command that `status` names for what was begun, broke, or could be made.
extension OutputStates {
    /// What to type for one of them; nil where nothing is to be done.
    func next(_ output: FoundOutput) -> String? {
        switch output.state {
        case .whole where output.replacement != nil: command(output, isForced: true)
        case .whole: nil
        case .partial: command(output, isForced: false)
        case .broken where output.receipt == nil:
            // What has no receipt is not replaced; MDS folders of others can be looked into.
            output.kind == "mds" ? "imagenet-fetch mds verify \(quoted(output.path))" : nil
        case .broken: command(output, isForced: !output.canBeRefilled)
        case .unknown:
            output.kind == Unpacker.kind ? "imagenet-fetch check \(quoted(output.path))" : nil
        case .absent: source(output) == nil ? nil : command(output, isForced: false)
        }
    }

    /// What comes next where nothing is left to fetch: what was begun or broke first; a first
    /// output, where there is none.
    var next: [String] {
        let urgent = outputs.filter { output in
            switch output.state {
            case .partial, .broken, .unknown: true
            case .whole: output.replacement != nil
            case .absent: false
            }
        }.compactMap(next)
        if !urgent.isEmpty { return urgent }
        guard outputs.allSatisfy({ $0.state == .absent }), !outputs.isEmpty else { return [] }
        let options = StatusCommand.options(arguments)
        return ["imagenet-fetch untar\(options), or mds, tfrecord, webdataset for shards"]
    }

    /// The command that makes it, with the options that it was made with.
    private func command(_ output: FoundOutput, isForced: Bool) -> String? {
        let wanted = output.receipt?.options ?? [:]
        var words = ["imagenet-fetch", output.kind]
        switch output.kind {
        case Layout.receiptKind:
            guard let layout = wanted["layout"] else { return nil }
            words += [layout, quoted(output.path)]
        case "bbox":
            if wanted["split"] == "val" { words.append("--only-val") }
            words += ["--output", quoted(output.path)]
        case "merge-test":
            words += output.receipt?.inputs.map { quoted(data.archive($0.name)) } ?? []
            words += ["--output-dir", quoted(output.path.parent)]
        case Unpacker.kind, "mds", "tfrecord", "webdataset":
            guard let selection = selection(output, wanted["split"]) else { return nil }
            words.append(selection)
            if wanted["flat"] == "true" { words.append("--flat") }
            words += Self.usualOptions(output.kind, wanted["split"]).compactMap { name, usual in
                guard let value = wanted[name], value != usual else { return nil }
                return "--\(name) \(escaped(value))"
            }
            if let usual = Self.usual.first(where: { Self.command($0) == output.kind }),
                output.path.parent != data.folder(usual)
            {
                words.append("--output-dir \(quoted(output.path.parent))")
            }
        default: return nil
        }
        if isForced { words.append("--force") }
        return words.joined(separator: " ") + StatusCommand.options(arguments)
    }

    /// Options that decide the bytes, under their names in the receipt, with what they usually are.
    private static func usualOptions(_ kind: String, _ split: String?) -> [(String, String?)] {
        guard let kind = DataFolder.Kind(rawValue: kind) else { return [] }
        var options: [(String, String?)] = [
            ("images", ImageMode.keep.rawValue),
            ("extensions", UsualShards.extensions.joined(separator: ",")),
            ("seed", "\(UsualShards.seed(kind))"),
        ]
        let shards = "\(UsualShards.count(kind, isTrain: split == "train"))"
        switch kind {
        case .mds:
            options += [
                ("compression", ""), ("hashes", UsualShards.spelledHashes),
                ("size-limit", "\(UsualShards.sizeLimit)"),
            ]
        case .tfrecord: options.append(("shards", shards))
        case .webdataset: options += [("shards", shards), ("max-size", nil)]
        case .archives, .unpacked: return []
        }
        return options
    }

    private func selection(_ output: FoundOutput, _ split: String?) -> String? {
        guard let file = source(output) else { return nil }
        if file.role == .tree2017, output.kind != Unpacker.kind {
            return split.map { "--only-\($0)" }
        }
        switch file.role {
        case .trainImages where file.part == "train": return "--only-train"
        case .valImages where file.part == "val": return "--only-val"
        default: return "--only \(escaped(file.name))"
        }
    }

    private func quoted(_ path: Path) -> String { StatusCommand.quoted(path) }
}
