import DatasetExport
import Disk

extension Command {
    /// The export command of a format.
    static func export(_ format: any OutputFormat) -> Command {
        let boxes = Flag(
            "bbox", .file("CSV"),
            help: "take the boxes from this CSV",
            detail: """
                Take the boxes from this file, as bbox writes it, or from an archive of XML files.
                """
        ) { $0.export.boxes = $1 }
        return Command(
            name: format.name, summary: format.summary, detail: format.detail,
            flags: Flag.selection + [.classes] + format.options.map { Flag($0, of: format) }
                + (format.hasLabels ? [.labelSpace] : []) + (format.takesBoxes ? [boxes] : [])
                + Flag.exporting.filter { format.takes($0) } + (howToImageNet[format.name] ?? []),
            examples: format.examples.map { Example($0, format.name) }, continues: true
        ) { arguments, context in
            let format = try format.with(arguments.export.formatOptions)
            for option in format.options {
                guard let other = option.excluded,
                    [option.name, other].allSatisfy({ arguments.export.formatOptions[$0] != nil })
                else { continue }
                throw UsageError(
                    .conflict, "--\(other) and --\(option.name) cannot be used together")
            }
            return try ExportCommand(arguments, context, format).run()
        }
    }

    /// How-to-imagenet's names for our options.
    private static let howToImageNet: [String: [Flag]] = [
        "mds": [
            .outputDir("mds-dir"), .inputDir("tar-dir"), .inputDir("untar-dir"),
            .workers("max-workers"),
        ]
    ]
}

extension Command.Example {
    fileprivate init(_ example: FormatExample, _ command: String) {
        var words = [command]
        if let split = example.split { words.append("--only-\(split.rawValue)") }
        words += example.options.map { "--\($0.name) \($0.value)" }
        if let folder = example.folder { words.append("--output-dir \(folder)") }
        self.init(words.joined(separator: " "), example.what)
    }
}

extension OutputFormat {
    /// Whether an option of all exporters means something here.
    fileprivate func takes(_ flag: Flag) -> Bool {
        switch flag.long {
        case "seed": isShuffled
        case "slice": hasSlices
        default: true
        }
    }
}
