import DataFolder
import DatasetExport
import DatasetManifest
import Disk

/// The outputs among the paths given to `verify`, and the paths left for the archive search.
struct VerifyOutputs {
    /// Outputs whose folders hold nothing else; a table of boxes can be anywhere.
    private static let kinds = Set(OutputFormats.all.map(\.name) + [Unpacker.kind, TestPatch.kind])

    private(set) var outputs: [OutputCheck.Output] = []
    /// Paths that may hold archives.
    private(set) var places: [Word] = []
    /// Whether all are folders of outputs, in which no archive can be missing.
    private(set) var holdNothingElse = true

    init(_ arguments: Arguments, _ context: Context) throws {
        var known: Set<String> = []
        let chosen = try arguments.chosenFiles(try arguments.chosenManifest(context))
        for word in arguments.positionals {
            let found = try OutputCheck.outputs(at: context.resolve(Path(bytes: word.bytes)))
            let wanted = found.outputs.filter { output in
                found.isOutput || chosen.map { Self.isMade(output, of: $0) } ?? true
            }
            for output in wanted where known.insert("\(output.path) \(output.name)").inserted {
                outputs.append(output)
            }
            // A layout may link to archives.
            if found.isOutput, found.outputs.allSatisfy({ $0.receipt.kind != Layout.receiptKind }) {
                continue
            }
            places.append(word)
            if !found.outputs.contains(where: { Self.kinds.contains($0.receipt.kind) }) {
                holdNothingElse = false
            }
        }
    }

    private static func isMade(_ output: OutputCheck.Output, of files: [ManifestFile]) -> Bool {
        let inputs = output.receipt.inputs.map(\.name)
        return files.contains { file in
            inputs.contains(file.name) || output.name.hasPrefix(Unpacker.stem(file.name))
        }
    }

    // MARK: Holding them against their receipts

    func check(
        _ arguments: Arguments, _ context: Context, _ stop: StopRequest, _ report: VerifyReport
    ) throws {
        if !outputs.isEmpty, arguments.verify.isDeep || arguments.verify.decodes {
            let tree = outputs.first { $0.receipt.kind == Unpacker.kind }
            let remedy: Remedy =
                tree.map { "; for a tree: \(run: .check, .path($0.path), .set(.decode))" } ?? ""
            context.console.note(
                "--deep and --decode look inside archives\(context.console.words(remedy))")
        }
        for output in outputs {
            var check = OutputCheck(output)
            let home = output.parent.parent
            check.archives = [
                arguments.folder(context).folder(.archives),
                home.appending(DataFolder.Kind.archives.rawValue), home,
            ]
            check.inputDigests = { archive in
                (try? ArchiveProof(archive, nil, arguments, context).holding()?.digests) ?? []
            }
            let places = check.archives
            check.partialArchive = { name, classes in
                let file = (try? arguments.knownManifests(context))?
                    .compactMap { $0.file(named: name) }.first
                return try? PartialInput(arguments, context)
                    .find(name, file, classes, stop, in: places)
            }
            if output.receipt.options["labels"] != nil {
                check.labels = Self.labels(home, arguments, context)
            }
            let verdict = try check.run { now in
                try stop.check()
                report.show(output, now)
            }
            report.tell(output, verdict, again: again(output, arguments, context))
        }
    }

    /// The labels of the data set, else those of the output's data folder. Without them a tree is
    /// only counted, and the line says so.
    private static func labels(
        _ home: Path, _ arguments: Arguments, _ context: Context
    ) -> ClassLabels? {
        if let labels = try? arguments.findLabels(context) { return labels }
        var there = arguments
        there.data = home
        return try? there.findLabels(context)
    }

    /// The command that makes an output again.
    private func again(
        _ output: OutputCheck.Output, _ arguments: Arguments, _ context: Context
    ) -> String? {
        let first = output.receipt.inputs.first?.name ?? ""
        guard let manifests = try? arguments.knownManifests(context),
            let manifest = manifests.first(where: { $0.file(named: first) != nil })
                ?? manifests.first
        else { return nil }
        var told = arguments
        if arguments.manifest == nil, arguments.dataset == nil, manifest.name != "ilsvrc2012" {
            told.dataset = manifest.name
        }
        // If it is in a data folder, that is where its archive is expected.
        let home = DataFolder(output.parent.parent)
        if arguments.data == nil, home.usualFolders.contains(output.parent) {
            told.data = home.path
        }
        var found = FoundOutput(
            kind: output.receipt.kind, name: output.name, path: output.path, state: .broken(""))
        found.parent = output.parent
        found.receipt = output.receipt
        return OutputStates([], [], manifest, told, context).next(found)
    }
}
