import DatasetExport
import DatasetManifest
import Disk

/// The options of `submission check` and `submission write`.
struct SubmissionArguments: Sendable, Equatable {
    var lines: Int64?
    var numbering = Submission.Numbering.ids
}

extension Flag {
    fileprivate static let submissionLines = Flag(
        "lines", .count("N", atLeast: 1),
        help: "how many lines there must be (100000)",
        detail: """
            There must be this many lines, one for each image; if not said, as many as the data \
            set has test images: 100000.
            """
    ) { $0.submission.lines = $1 }
}

extension Command {
    static let submissionCheck = Command(
        name: "submission check",
        summary: "is this a valid classification submission",
        detail: """
            Reads a submission to the classification task as the evaluation server takes it: a \
            line for each test image, in the order of their names, and on each 1 to 5 labels with \
            blanks between them, the likeliest first, none of them twice. Labels are ILSVRC ids, 1 \
            to 1000.

            The first ten faults are told with line and column, then the verdict; the run ends \
            with status 3 if there are any. That labels are class indexes and not ids cannot be seen in \
            a file, unless one of them is 0: submission write makes ids of them.
            """,
        positionals: [.init(name: "FILE", completion: .files)],
        flags: [.submissionLines],
        examples: [
            Example(
                line: "imagenet-fetch submission check submission.txt",
                what: "The test set: 100,000 lines."),
            Example(
                line: "imagenet-fetch submission check val.txt --lines 50000",
                what: "Predictions for the validation images, in the same form."),
        ],
        run: SubmissionCommand.check)

    static let submissionWrite = Command(
        name: "submission write",
        summary: "make a submission of WNIDs or class indexes",
        detail: """
            Makes a submission of predictions: a line for each test image, in the order of their \
            names, and on each 1 to 5 WNIDs, or class indexes from 0 as PyTorch and Keras have \
            them, the likeliest first. The first label of the file decides which they are. The \
            labels come from the devkit, as for labels.

            ILSVRC ids are written, which is what the devkits ask for. The page of TFDS says \
            otherwise: the line of the class in the sorted list of WNIDs; --numbering alphabetical \
            writes those. Which numbering was written is told on standard error.

            If anything is wrong with the predictions, the first ten faults are told, nothing is \
            written, and the run ends with status 3.
            """,
        positionals: [.init(name: "FILE", completion: .files)],
        flags: [
            Flag(
                "output", .file(),
                help: "the file to write; - for standard output",
                detail: "Write this file, over what has its name. Without it: standard output."
            ) { $0.export.output = $1 },
            Flag(
                "numbering", .choice as ValueKind<Submission.Numbering>,
                help: "how to number the labels (ids)",
                detail: """
                    Write ILSVRC ids, or the lines of the sorted list of WNIDs (alphabetical).
                    """
            ) { $0.submission.numbering = $1 },
            .submissionLines, .validationLabels, .auxFolder,
        ],
        examples: [
            Example(
                line: "imagenet-fetch submission write predictions.txt --output submission.txt",
                what: "From WNIDs or class indexes to ILSVRC ids."),
            Example(
                line: "imagenet-fetch submission write top5.txt --numbering alphabetical",
                what: "As the page of TFDS has it, to standard output."),
        ],
        run: SubmissionCommand.write)
}

private enum SubmissionCommand {
    private static let schema = "imagenet-fetch.submission/1"

    static func check(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        guard let word = arguments.positionals.first else { return .usage }
        let path = Path(bytes: word.bytes)
        let manifest = try arguments.chosenManifest(context)
        let submission = Submission(
            lines: lines(arguments, manifest), classes: Int(clamping: manifest.classes ?? 1000))
        let report = try submission.check(context.resolve(path))
        try tell(report, path, nil, arguments, context)
        if report.isValid {
            context.console.note(
                "labels are taken for \(Submission.Numbering.ids.text); class indexes look the "
                    + "same")
        } else if report.hasZero || report.hasWNIDs {
            context.console.explain(
                "hint: these are \(report.hasWNIDs ? "WNIDs" : "class indexes") and no ILSVRC ids: "
                    + "`imagenet-fetch submission write` converts them")
        }
        return report.isValid ? .success : .verificationFailed
    }

    static func write(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        guard let word = arguments.positionals.first else { return .usage }
        let path = Path(bytes: word.bytes)
        let labels = try arguments.readLabels(context)
        let numbering = arguments.submission.numbering
        let submission = Submission(
            lines: lines(arguments, try arguments.chosenManifest(context)),
            classes: labels.classes.count)
        let input = context.resolve(path)
        let report: SubmissionReport
        if let output = arguments.export.output, output != "-" {
            report = try write(submission, input, labels, numbering, to: context.resolve(output))
        } else {
            if arguments.isJSON {
                throw UsageError(
                    .conflict, "--json and the submission cannot both go to standard output",
                    hint: "name a file with --output")
            }
            report = try submission.write(input, labels: labels, numbering: numbering) {
                try context.console.write($0)
            }
            try context.console.flush()
        }
        let wasPrinted = arguments.export.output.map { $0 == "-" } ?? true
        if report.isValid, wasPrinted {
            context.console.note(Shown.counted(report.lines, "line", "lines"))
        } else {
            let shown = report.isValid ? arguments.export.output ?? path : path
            try tell(report, shown, numbering, arguments, context)
        }
        if report.isValid { context.console.note("numbering: \(numbering.text)") }
        if numbering == .alphabetical {
            context.console.warn(
                "the devkits ask for ILSVRC ids: a server that expects these gives no accuracy")
        }
        return report.isValid ? .success : .verificationFailed
    }

    private static func write(
        _ submission: Submission, _ input: Path, _ labels: ClassLabels,
        _ numbering: Submission.Numbering, to output: Path
    ) throws -> SubmissionReport {
        let target = try NamedFile(output)
        // Nothing is made for predictions that are wrong, not even an empty file.
        let first = try submission.checkPredictions(input, labels)
        guard first.isValid else { return first }
        struct NotValid: Error { let report: SubmissionReport }
        var report = first
        do {
            try target.publish { file in
                var offset: Int64 = 0
                report = try submission.write(input, labels: labels, numbering: numbering) {
                    try file.write($0, at: offset)
                    offset += Int64($0.count)
                }
                // Somebody has changed it since.
                if !report.isValid { throw NotValid(report: report) }
            }
        } catch let error as NotValid {
            return error.report
        }
        return report
    }

    private static func lines(_ arguments: Arguments, _ manifest: Manifest) -> Int {
        let images = manifest.files.first { $0.role == .testImages && !$0.isSuperseded }?.images
        return Int(clamping: arguments.submission.lines ?? images ?? 100_000)
    }

    // MARK: Words

    private static func tell(
        _ report: SubmissionReport, _ path: Path, _ numbering: Submission.Numbering?,
        _ arguments: Arguments, _ context: Context
    ) throws {
        if arguments.isJSON {
            let faults = report.faults.map {
                JSON.members([
                    "line": .int(Int64($0.line)), "column": .int(Int64($0.column)),
                    "message": .string($0.sentence),
                ])
            }
            return try context.console.result(
                .line(
                    schema: schema,
                    [
                        "file": .path(path), "status": report.isValid ? "valid" : "invalid",
                        "lines": .int(Int64(report.lines)),
                        "numbering": report.isValid
                            ? .string((numbering ?? .ids).rawValue) : nil,
                        "faultCount": .int(Int64(report.faultCount)),
                        "faults": .array(faults),
                    ]))
        }
        for fault in report.faults {
            try context.console.result("\(path):\(fault.line):\(fault.column): \(fault.sentence)")
        }
        let lines = Shown.counted(report.lines, "line", "lines")
        guard report.isValid else {
            let count = Shown.count(Int64(report.faultCount))
            let faults = report.faultCount == 1 ? "1 fault" : "\(count) faults"
            return try context.console.result("\(path): INVALID (\(faults) in \(lines))")
        }
        let range = report.labels
        let each =
            range.lowerBound == range.upperBound
            ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
        try context.console.result(
            "\(path): valid (\(lines), \(each) \(range == 1...1 ? "label" : "labels") on each)")
    }
}
