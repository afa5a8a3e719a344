import DataFolder
import DatasetManifest
import Disk

/// The options of `labels`.
struct LabelsArguments: Sendable, Equatable {
    var format: LabelFormat?
    var validationLabels: Path?
    var auxFolder: Path?
}

extension Flag {
    /// The user's own validation labels.
    static let validationLabels = Flag(
        "val-labels", .file(),
        help: "take the validation labels from this file",
        detail: """
            Take the validation labels from this file: one WNID or number per line, in the order \
            of the image names. For ILSVRC2012 they must be the known labels.
            """
    ) { $0.labels.validationLabels = $1 }

    static let auxFolder = Flag(
        "aux-dir", .folder(),
        help: "a folder with how-to-imagenet's text files",
        detail: """
            Look in this folder too for the label files of how-to-imagenet or for TensorFlow's \
            list.
            """
    ) { $0.labels.auxFolder = $1 }
}

extension Command {
    static let labels = Command(
        name: "labels",
        summary: "look up classes: ILSVRC id, WNID, rank and words",
        detail: """
            Prints all classes, or those that a query names: a number (an ILSVRC id or a rank: \
            both are shown), a WNID (n02099601), a validation image or words of the name. \
            Frameworks number the classes in different ways, so the output always says which \
            numbering it uses.

            The labels of ILSVRC2012 are built in. What is in the data folder goes first: the \
            devkit (packed or unpacked), the text files of how-to-imagenet, TensorFlow's synset \
            list, or the validation boxes. All are checked against the same pins, so they cannot \
            differ.

            With --classes, the classes of a subset are printed, with their numbers in the subset.
            """,
        positionals: [.init(name: "QUERY", isOptional: true, repeats: true)],
        flags: [
            Flag(
                "format", .choice as ValueKind<LabelFormat>,
                help: "print the list in another program's format",
                detail: """
                    Print the whole list in a format that other programs read: ids (the ILSVRC id \
                    of each validation image), wnids (the WNID of each validation image), synsets \
                    (the WNID of each class, by rank), gist (rank and words, as a Python \
                    dictionary), keras (imagenet_class_index.json) or json (everything).
                    """
            ) { $0.labels.format = $1 },
            .classes,
            .validationLabels,
            .auxFolder,
        ],
        examples: [
            Example("labels 207", "The class with the ILSVRC id 207, and the one of rank 207."),
            Example("labels n02099601", "The class with this WNID, and its numbers."),
            Example("labels --classes imagenette", "The ten classes of Imagenette."),
            Example("labels --format synsets", "All WNIDs, in the order of torchvision's labels."),
        ],
        run: LabelsCommand.run)
}

extension Arguments {
    /// The labels of the chosen data set from the first source, checked against its pins.
    func readLabels(_ context: Context) throws -> ClassLabels {
        if let found = try findLabels(context) { return found }
        let manifest = try chosenManifest(context)
        let devkit = manifest.files.contains { $0.role == .devkit && $0.source == .mirrors }
        throw UsageError(
            .missingArgument,
            "there are no labels of \(escaped(manifest.name)) in \(folder(context).folder(.archives))",
            hint: devkit
                ? "\(run: .fetch, .only("devkit")) downloads the devkit, or name a label file with "
                    + "\(.labels)"
                : "name a label file with \(.labels), such as one with the WNID of each validation "
                    + "image")
    }

    /// The same, or nil without a source: what the user names or has beside the data goes first,
    /// then what is built in for these pins.
    func findLabels(_ context: Context) throws -> ClassLabels? {
        let folder = folder(context)
        let places = [
            labels.auxFolder.map(context.resolve), export.inputDir.map(context.resolve),
            folder.folder(.archives), folder.folder(.unpacked), folder.path,
        ].compactMap { $0 }
        let sources = LabelSource.find(in: places)
        let manifest = try chosenManifest(context)
        let pins = labelPins(manifest)
        var found: ClassLabels?
        if let own = labels.validationLabels {
            // A file of bare ids needs classes, and any file can use the words.
            let classes = try sources.first.map { try $0.read() } ?? BuiltIn.classes(for: pins)
            found = try LabelSource.file(context.resolve(own)).read(classes: classes)
        } else {
            found = try sources.first?.read()
        }
        guard let found else { return BuiltIn.labels(for: pins) }
        if let pins = manifest.labels {
            try found.check(valWNIDs: pins.valWNIDs, wnids: pins.wnids)
        }
        return try BuiltIn.classes(for: pins).map { try found.completed(by: $0) } ?? found
    }

    /// The classes of a data set, if anything here lists them. Labels that cannot be read fail where
    /// they are needed, not here.
    func knownClasses(_ manifest: Manifest, _ context: Context) -> ClassLabels? {
        BuiltIn.classes(for: labelPins(manifest)) ?? (try? findLabels(context))
    }

    /// What the labels of a data set must be. The classification data of 2017 is that of 2012, but
    /// its manifest has no pins.
    func labelPins(_ chosen: Manifest) -> Manifest.LabelPins? {
        guard chosen.labels == nil, manifest == nil,
            chosen.files.contains(where: { $0.role == .tree2017 })
        else {
            return chosen.labels
        }
        return try? BuiltIn.manifest(named: "ilsvrc2012").labels
    }
}

private enum LabelsCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        if arguments.isJSON, arguments.labels.format != nil {
            throw UsageError(
                .conflict, "--format and --json cannot be used together",
                hint: "--json has all the numbers of every class")
        }
        if arguments.labels.format != nil, let query = arguments.positionals.first {
            throw UsageError(
                .conflict, "--format prints the whole list and takes no query (\"\(query)\")",
                hint: "leave one of them out, or use --json for the classes of a query")
        }
        let labels = try arguments.readLabels(context)
        context.console.detail("labels from \(labels.source)")
        if let chosen = try arguments.chosenClasses(context) {
            return try show(chosen, labels, arguments, context)
        }
        if let format = arguments.labels.format {
            context.console.note("numbering: \(format.numbering)")
            for line in try labels.lines(as: format) { try context.console.result(line) }
            return .success
        }
        let matches = try found(arguments.positionals, in: labels)
        if arguments.isJSON {
            for match in matches { try context.console.result(json(match)) }
            return .success
        }
        try table(matches, arguments.positionals.isEmpty ? nil : "found by", context) { $0.query }
        context.console.note(numberings)
        return .success
    }

    private static let numberings =
        "ILSVRC ids count from 1 in the devkit's order; ranks count from 0 by ascending WNID, "
        + "as in PyTorch, Keras and the shards"

    private struct Row {
        var query: String?
        /// The label of the class in the chosen subset.
        var subsetRank: Int?
        let found: ClassLabels.Class
    }

    /// - Parameter head: the head of the first column, which shows what `first` says.
    private static func table(
        _ rows: [Row], _ head: String?, _ context: Context, _ first: (Row) -> String?
    ) throws {
        var table = Table([head].compactMap { $0 } + ["ILSVRC id", "WNID", "rank", "words"])
        for row in rows {
            table.add(
                [head == nil ? nil : first(row) ?? ""].compactMap { $0 } + [
                    row.found.id.map { "\($0)" } ?? "-", "\(row.found.wnid)",
                    "\(row.found.rank)", escaped(row.found.words.joined(separator: ", ")),
                ])
        }
        for line in table.lines { try context.console.result(line) }
    }

    // MARK: A subset

    private static func show(
        _ chosen: ClassSelection, _ labels: ClassLabels, _ arguments: Arguments, _ context: Context
    ) throws -> ExitStatus {
        if let query = arguments.positionals.first {
            throw UsageError(
                .conflict, "--classes prints its own classes and takes no query (\"\(query)\")",
                hint: "leave one of them out")
        }
        let rows = try chosen.wnids.enumerated().map { rank, wnid in
            guard let found = labels.class(wnid) else {
                throw UsageError(.badValue, "the labels have no class \(wnid) (\(labels.source))")
            }
            return Row(subsetRank: rank, found: found)
        }
        switch arguments.labels.format {
        case nil: break
        case .synsets:
            for row in rows { try context.console.result("\(row.found.wnid)") }
            return .success
        case let format?:
            throw UsageError(
                .conflict, "--format \(format.rawValue) prints all classes, not those of --classes",
                hint: "--format synsets prints the WNIDs of a subset, --json all numbers")
        }
        if arguments.isJSON {
            for row in rows { try context.console.result(json(row)) }
            return .success
        }
        try table(rows, "label in subset", context) { $0.subsetRank.map { "\($0)" } }
        let subsets = arguments.subsets(of: try arguments.chosenManifest(context))
        if let subset = subsets.first(where: { $0.name == chosen.title }) {
            let origin = subset.origin.map { ", as listed by \(escaped($0))" } ?? ""
            let title = escaped(subset.title ?? subset.name)
            context.console.note(
                "\(title)\(origin)" + (subset.note.map { "; \(escaped($0))" } ?? ""))
        }
        context.console.note("labels in a subset count from 0 by ascending WNID; " + numberings)
        return .success
    }

    private static func found(_ queries: [Word], in labels: ClassLabels) throws -> [Row] {
        if queries.isEmpty { return labels.classes.map { Row(found: $0) } }
        return try queries.flatMap { query in
            let matches = labels.lookup(query.text ?? "")
            if matches.isEmpty {
                throw UsageError(
                    .badValue, "no class matches \"\(query)\" (\(labels.source))",
                    hint: "a query is a number from 0 to \(labels.classes.count), a WNID such as "
                        + "\(labels.classes[0].wnid), or words")
            }
            return matches.map {
                Row(query: "\($0.numbering.rawValue) \(query)", found: $0.found)
            }
        }
    }

    private static func json(_ row: Row) -> JSON {
        .line(
            schema: "imagenet-fetch.label/1",
            [
                "foundBy": row.query.map { .string($0) },
                "subsetRank": row.subsetRank.map { .int(Int64($0)) },
                "id": row.found.id.map { .int(Int64($0)) },
                "wnid": .string("\(row.found.wnid)"), "rank": .int(Int64(row.found.rank)),
                "words": .array(row.found.words.map { .string($0) }),
                "gloss": row.found.gloss.map { .string($0) },
                "trainImages": row.found.trainImages.map { .int(Int64($0)) },
            ])
    }
}
