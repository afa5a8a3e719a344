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
        help: "expected number of lines (100000)",
        detail: """
            Expect this many lines, one per image. Default: the number of test images of the data \
            set, 100000.
            """
    ) { $0.submission.lines = $1 }
}

extension Command {
    static let submissionCheck = Command(
        name: "submission check",
        summary: "check a classification submission",
        detail: """
            Checks a submission to the classification task as the evaluation server expects it: \
            one line per test image, in the order of their names, each with 1 to 5 different \
            labels separated by blanks, the most likely first. Labels are ILSVRC ids, 1 to 1000.

            The first ten errors are shown with line and column, then the verdict; the exit status \
            is 3 if there are any. A file of class indexes looks the same as one of ids unless one \
            of them is 0; submission write converts class indexes to ids.
            """,
        positionals: [.init(name: "FILE", completion: .files)],
        flags: [.submissionLines],
        examples: [
            Example("submission check submission.txt", "The test set: 100,000 lines."),
            Example(
                "submission check val.txt --lines 50000",
                "Predictions for the validation images, in the same form."),
        ],
        run: SubmissionCommand.check)

    static let submissionWrite = Command(
        name: "submission write",
        summary: "make a submission from WNIDs or class indexes",
        detail: """
            Makes a submission from predictions: one line per test image, in the order of their \
            names, each with 1 to 5 WNIDs, or class indexes from 0 as in PyTorch and Keras, the \
            most likely first. The first label of the file decides which. The labels come from the \
            devkit, as for the labels command.

            ILSVRC ids are written, which is what the devkits ask for. The TFDS page says \
            otherwise: the line of the class in the sorted list of WNIDs. --numbering alphabetical \
            writes those. Standard error says which numbering was written.

            If anything is wrong with the predictions, the first ten errors are shown, nothing is \
            written, and the exit status is 3.
            """,
        positionals: [.init(name: "FILE", completion: .files)],
        flags: [
            Flag(
                "output", .file(),
                help: "the file to write (- for standard output)",
                detail: "Write to this file, and overwrite it. Default: standard output."
            ) { $0.export.output = $1 },
            Flag(
                "numbering", .choice as ValueKind<Submission.Numbering>,
                help: "how to number the labels (ids)",
                detail: "Write ILSVRC ids, or lines of the sorted list of WNIDs (alphabetical)."
            ) { $0.submission.numbering = $1 },
            .submissionLines, .validationLabels, .auxFolder,
        ],
        examples: [
            Example(
                "submission write predictions.txt --output submission.txt",
                "From WNIDs or class indexes to ILSVRC ids."),
            Example(
                "submission write top5.txt --numbering alphabetical",
                "In the numbering of the TFDS page, to standard output."),
        ],
        run: SubmissionCommand.write)
}

private enum SubmissionCommand {
    private static let schema = "imagenet-fetch.submission/1"

    static func check(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let path = arguments.path
        let manifest = try arguments.chosenManifest(context)
        let submission = Submission(
            lines: lines(arguments, manifest), classes: Int(clamping: manifest.classes ?? 1000))
        let report = try submission.check(context.resolve(path))
        try tell(report, path, nil, arguments, context)
        if report.isValid {
            context.console.note(
                "labels are read as \(Submission.Numbering.ids.text); class indexes look the same")
        } else if report.hasZero || report.hasWNIDs {
            context.console.advise(
                "these are \(report.hasWNIDs ? "WNIDs" : "class indexes"), not ILSVRC ids; "
                    + "\(run: .submissionWrite, .path(path)) converts them")
        }
        return report.isValid ? .success : .verificationFailed
    }

    static func write(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let path = arguments.path
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
                "the devkits ask for ILSVRC ids; a server that expects ids scores this as wrong")
        }
        return report.isValid ? .success : .verificationFailed
    }

    private static func write(
        _ submission: Submission, _ input: Path, _ labels: ClassLabels,
        _ numbering: Submission.Numbering, to output: Path
    ) throws -> SubmissionReport {
        let target = try NamedFile(output)
        // Wrong predictions produce nothing, not even an empty file.
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
                // The file was changed in the meantime.
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
                schema: schema,
                [
                    "file": .path(path), "status": report.isValid ? "valid" : "invalid",
                    "lines": .int(Int64(report.lines)),
                    "numbering": report.isValid
                        ? .string((numbering ?? .ids).rawValue) : nil,
                    "faultCount": .int(Int64(report.faultCount)),
                    "faults": .array(faults),
                ])
        }
        for fault in report.faults {
            try context.console.result("\(path):\(fault.line):\(fault.column): \(fault.sentence)")
        }
        let lines = Shown.counted(report.lines, "line", "lines")
        guard report.isValid else {
            let errors = Shown.counted(report.faultCount, "error", "errors")
            return try context.console.result("\(path): INVALID (\(errors) in \(lines))")
        }
        let range = report.labels
        let each =
            range.lowerBound == range.upperBound
            ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
        try context.console.result(
            "\(path): valid (\(lines), \(each) \(range == 1...1 ? "label" : "labels") each)")
    }
}
