import DataFolder
import DatasetExport
import DatasetManifest
import Disk

/// What `status` reports of trees, shards and layouts.
struct OutputStates {
    /// Commands that make outputs, in the order of the page.
    static let usual = [Unpacker.kind] + OutputFormats.all.map(\.name)

    let manifest: Manifest
    let arguments: Arguments
    let data: DataFolder
    /// What there is, and what could be made of the chosen archives.
    let outputs: [FoundOutput]

    init(
        _ found: [FoundOutput], _ selected: [ManifestFile], _ manifest: Manifest,
        _ arguments: Arguments, _ context: Context
    ) {
        self.manifest = manifest
        self.arguments = arguments
        data = arguments.folder(context)
        var outputs = found
        if !arguments.selection.isDefault, !arguments.selection.isAll {
            outputs = found.filter { Self.isMade($0, of: selected) }
        }
        for kind in Self.usual {
            for file in selected {
                for (name, split) in Self.names(file, kind)
                where !outputs.contains(where: { $0.kind == kind && $0.name == name }) {
                    guard let folder = data.folder(ofOutputs: kind) else { continue }
                    let place =
                        OutputFormats.named(kind)?.place(in: folder, name: name, split)
                        ?? OutputPlace(parent: folder, name: name)
                    outputs.append(FoundOutput(kind: kind, place: place, state: .absent))
                }
            }
        }
        let order = Self.usual
        self.outputs = outputs.enumerated().sorted { a, b in
            let x = order.firstIndex(of: a.element.kind) ?? order.count
            let y = order.firstIndex(of: b.element.kind) ?? order.count
            return x == y ? a.offset < b.offset : x < y
        }.map(\.element)
    }

    /// The outputs that a command without options makes of an archive.
    private static func names(
        _ file: ManifestFile, _ kind: String
    ) -> [(name: String, split: SampleTable.Split)] {
        let stem = Unpacker.stem(file.name)
        switch file.role {
        case .trainImages: return [(stem, .train)]
        case .valImages: return [(stem, .val)]
        case .testImages: return kind == Unpacker.kind ? [(stem, .test)] : []
        case .tree2017:
            return kind == Unpacker.kind
                ? [(stem, .train)]
                : [SampleTable.Split.train, .val].map { ("\(stem)_\($0.rawValue)", $0) }
        default: return []
        }
    }

    private static func isMade(_ output: FoundOutput, of files: [ManifestFile]) -> Bool {
        let inputs = output.receipt?.inputs.map(\.name) ?? []
        return files.contains { file in
            inputs.contains(file.name) || output.name.hasPrefix(Unpacker.stem(file.name))
        }
    }

    /// The bytes of all outputs that are known without a walk.
    var bytes: Int64 { Self.bytes(outputs) }

    static func bytes(_ outputs: [FoundOutput]) -> Int64 {
        outputs.reduce(0) { sum, output in
            let (one, a) = output.bytes.addingReportingOverflow(output.replacement?.bytes ?? 0)
            let (all, b) = sum.addingReportingOverflow(one)
            return a || b ? .max : all
        }
    }

    func source(_ output: FoundOutput) -> ManifestFile? {
        if let name = output.receipt?.inputs.first?.name, let file = manifest.file(named: name) {
            return file
        }
        return manifest.files.first { Unpacker.stem($0.name) == output.name }
    }

    /// The number of images in the data set.
    private func expected(_ output: FoundOutput) -> Int64? {
        if output.receipt?.chosenClasses != nil { return nil }
        return data.folder(ofOutputs: output.kind) == nil ? nil : source(output)?.images
    }

    /// Whether it contains images, not the files of boxes, a devkit or a layout.
    private func holdsImages(_ output: FoundOutput) -> Bool {
        output.receipt?.counts["images"] != nil || output.receipt?.chosenClasses != nil
            || output.shards != nil || expected(output) != nil
    }

    // MARK: Words

    /// A line per output; missing ones only if there are others of their kind.
    var lines: [String] {
        let told = told
        var table = Table(["  output", "state"])
        for output in told { table.add(["  \(shown(output.shownPath))", text(output)]) }
        return told.isEmpty ? [] : table.lines
    }

    var told: [FoundOutput] {
        let kinds = Set(outputs.filter { $0.state != .absent }.map(\.kind))
        return outputs.filter { kinds.contains($0.kind) }
    }

    /// Below the data folder, which was named above.
    func shown(_ path: Path) -> String {
        let (whole, start) = ("\(path)", "\(data.path)/")
        return whole.hasPrefix(start) ? String(whole.dropFirst(start.count)) : whole
    }

    func text(_ output: FoundOutput) -> String {
        var text: String
        switch output.state {
        case .whole:
            text = (["complete"] + counts(output)).joined(separator: ", ")
            if let receipt = output.receipt {
                text += ", made \(receipt.when)"
                if receipt.isFromUnverified { text += " from unverified bytes" }
            } else {
                text += ", by its index; it was not made here, or its receipt is missing"
            }
        case .partial(let progress): text = "partial, " + self.text(progress)
        case .broken(let fault): text = "broken: \(fault)"
        case .unknown: text = "there, but its contents are unknown"
        case .absent: text = "absent"
        }
        if let replacement = output.replacement {
            text += "; a new one is being made, " + self.text(replacement)
        }
        return text
    }

    private func text(_ progress: FoundOutput.Progress) -> String {
        if let percent = progress.percent { return "\(percent) %" }
        return progress.files.map { "\(Shown.count(Int64($0))) files so far" } ?? "just begun"
    }

    private func counts(_ output: FoundOutput) -> [String] {
        var parts: [String] = []
        let counts = output.receipt?.counts ?? [:]
        if let images = output.images {
            let expected = expected(output)
            let noun = holdsImages(output) ? "images" : "files"
            var part = "\(Shown.count(images)) \(noun)"
            if let expected, expected != images {
                part = "\(Shown.count(images)) of \(Shown.count(expected)) \(noun)"
            }
            if let classes = output.receipt?.chosenClasses {
                part += " of " + Shown.counted(classes.count, "chosen class", "chosen classes")
            } else if let folders = counts["folders"], folders > 0 {
                part += " in " + Shown.counted(Int(clamping: folders), "folder", "folders")
            }
            if let shards = output.shards {
                part += " in " + Shown.counted(Int(clamping: shards), "shard", "shards")
            }
            parts.append(part)
        } else if let shards = output.shards {
            parts.append(Shown.counted(Int(clamping: shards), "shard", "shards"))
        }
        if let boxes = counts["boxes"] {
            parts.append(Shown.counted(Int(clamping: boxes), "box", "boxes"))
        }
        if output.receipt?.counts["linked"] != nil || output.kind == Layout.receiptKind {
            parts.append("by links")
        } else {
            parts.append(Shown.bytes(output.bytes))
        }
        return parts
    }

    // MARK: For programs

    func json(_ output: FoundOutput) -> JSON {
        let state: String
        var fault: String?
        var progress: FoundOutput.Progress?
        switch output.state {
        case .whole: state = "whole"
        case .partial(let found): (state, progress) = ("partial", found)
        case .broken(let found): (state, fault) = ("broken", found)
        case .unknown: state = "unknown"
        case .absent: state = "absent"
        }
        let receipt = progress == nil ? output.receipt : nil
        let images = holdsImages(output) ? output.images : nil
        let files = images == nil ? output.images : nil
        return .line(
            schema: "imagenet-fetch.output/1",
            [
                "output": .string(output.name), "kind": .string(output.kind),
                "path": .path(output.path), "state": .string(state),
                "fault": fault.map { .string($0) },
                "images": images.map { .int($0) },
                "files": (files ?? progress?.files.map(Int64.init)).map { .int($0) },
                "expectedImages": expected(output).map { .int($0) },
                "folders": (receipt?.counts["folders"]).map { .int($0) },
                "shards": output.shards.map { .int($0) },
                "classes": (receipt?.chosenClasses).map { .array($0.map { .string("\($0)") }) },
                "labelSpace": (receipt?.labelSpace).map { .string($0.rawValue) },
                "bytes": output.state == .absent || output.state == .unknown
                    ? nil : .int(output.bytes),
                "linked": receipt?.counts["linked"] != nil ? .bool(true) : nil,
                "madeAt": receipt.map { .string("\($0.when)") },
                "fromUnverified": receipt?.isFromUnverified == true ? .bool(true) : nil,
                "from": receipt.map { .array($0.inputs.map { .string($0.name) }) },
                "done": progress.map { .int(Int64($0.done)) },
                "total": (progress?.total).map { .int(Int64($0)) },
                "next": next(output).map { .string($0) },
            ])
    }
}
