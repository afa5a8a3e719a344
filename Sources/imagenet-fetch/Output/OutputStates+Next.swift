import DataFolder
import DatasetExport
import DatasetManifest
import Disk

// The commands that `status` suggests.
extension OutputStates {
    /// The command for an output; nil if there is nothing to do.
    func next(_ output: FoundOutput) -> String? {
        switch output.state {
        case .whole where output.replacement != nil: command(output, isForced: true)
        case .whole: nil
        case .partial: command(output, isForced: false)
        case .broken where output.receipt == nil:
            // Nothing without a receipt is replaced, but shards of others can be verified.
            output.kind == MDSFormat().name
                ? "imagenet-fetch mds verify \(output.path.quoted)" + arguments.optionsOfHints : nil
        case .broken: command(output, isForced: !output.canBeRefilled)
        case .unknown:
            output.kind == Unpacker.kind
                ? "imagenet-fetch check \(output.path.quoted)" + arguments.optionsOfHints : nil
        case .absent: source(output) == nil ? nil : command(output, isForced: false)
        }
    }

    /// What to do when all is downloaded: first what is unfinished or broken, else a first output.
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
        let options = arguments.optionsOfHints
        let formats = OutputFormats.all.map(\.name).joined(separator: ", ")
        return ["imagenet-fetch untar\(options)  # or \(formats)"]
    }

    /// The command that makes it, with its options.
    private func command(_ output: FoundOutput, isForced: Bool) -> String? {
        let wanted = output.receipt?.options ?? [:]
        var words = ["imagenet-fetch", output.kind]
        switch output.kind {
        case Layout.receiptKind:
            guard let layout = wanted["layout"] else { return nil }
            words += [layout, output.path.quoted]
        case BoundingBoxes.kind:
            if wanted["split"] == "val" { words.append("--only-val") }
            words += ["--output", output.path.quoted]
        case TestPatch.kind:
            words += output.receipt?.inputs.map { data.archive($0.name).quoted } ?? []
            words += ["--output-dir", output.path.parent.quoted]
        default:
            guard let folder = data.folder(ofOutputs: output.kind),
                let selection = selection(output, wanted["split"])
            else { return nil }
            words.append(selection)
            if wanted["flat"] == "true" { words.append("--flat") }
            if let classes = output.receipt?.chosenClasses {
                words.append("--classes " + name(of: classes))
                if let space = output.receipt?.labelSpace, space != ExportArguments().labelSpace {
                    words.append("--label-space \(space.rawValue)")
                }
            }
            if let format = OutputFormats.named(output.kind) {
                words += Self.unusual(wanted, format)
            }
            if output.parent != folder {
                words.append("--output-dir \(output.parent.quoted)")
            }
        }
        if isForced { words.append("--force") }
        return words.joined(separator: " ") + arguments.optionsOfHints
    }

    /// A named subset of the data set with exactly these classes, or else all of them.
    private func name(of classes: [WNID]) -> String {
        let subset = manifest.subsets.first { $0.wnids.sorted() == classes }
        return subset?.name ?? classes.map(\.description).joined(separator: ",")
    }

    /// The options in a receipt that differ from the usual ones.
    private static func unusual(_ wanted: [String: String], _ format: any OutputFormat) -> [String]
    {
        let split = wanted["split"].flatMap(SampleTable.Split.init(rawValue:)) ?? .val
        let common = ExportOptions().values(for: format)
        let usual = format.values(for: split).merging(common) { own, _ in own }
        return (common.keys.sorted() + format.options.map(\.name)).compactMap { name in
            guard let value = wanted[name], value != usual[name] else { return nil }
            return "--\(name) \(escaped(value))"
        }
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

}
