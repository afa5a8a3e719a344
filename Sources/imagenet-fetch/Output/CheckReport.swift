import ArchiveVerify
import Disk

/// The output of `check`: each split with its findings, then the verdict.
struct CheckReport {
    private static let schema = "imagenet-fetch.check/1"

    private let isJSON: Bool
    private let context: Context

    init(_ arguments: Arguments, _ context: Context) {
        isJSON = arguments.isJSON
        self.context = context
    }

    func tell(_ report: DatasetReport, _ path: Path) throws {
        let console = context.console
        for part in report.parts {
            if isJSON {
                try console.result(json(part))
                continue
            }
            try console.result(Self.line(part))
            for finding in part.findings { try console.result("  " + Self.line(finding)) }
        }
        for skipped in report.skipped { console.note("\(skipped): not checked") }
        if report.unknownImages > 0 {
            let images = Shown.counted(report.unknownImages, "image", "images")
            let rest =
                report.unknownImages == 1
                ? "has a name of another data set and was not checked"
                : "have names of another data set and were not checked"
            console.note("\(images) \(rest)")
        }
        if isJSON {
            return try console.result(verdict(report, path))
        }
        try console.result("\(path): \(Self.sentence(report))")
        // Each remedy once. A remark needs none, unless a command is all it takes.
        var told: Set<Remedy> = []
        for finding in report.parts.flatMap(\.findings) {
            guard let remedy = finding.remedy, finding.isFault || remedy.hasShell,
                told.insert(remedy).inserted
            else { continue }
            try console.flush()
            console.advise(remedy)
        }
    }

    // MARK: Lines

    private static func line(_ part: DatasetReport.Part) -> String {
        let images = "\(Shown.count(Int64(part.images))) \(name(part.split)) images"
        return "\(part.path): \(images)\(place(part)): \(part.isRight ? "OK" : "WRONG")"
            + labels(part)
    }

    private static func name(_ split: DatasetReport.Split) -> String {
        switch split {
        case .train: "training"
        case .val: "validation"
        case .test: "test"
        }
    }

    private static func place(_ part: DatasetReport.Part) -> String {
        return switch part.form {
        case .classFolders: " in \(Shown.counted(part.classes, "class folder", "class folders"))"
        case .numberedFolders:
            " in \(Shown.counted(part.classes, "numbered folder", "numbered folders"))"
        case .namedFolders: " in \(Shown.counted(part.classes, "named folder", "named folders"))"
        case .flat: ", flat"
        case .labelledFlat: " of \(Shown.counted(part.classes, "class", "classes")), flat"
        }
    }

    private static func labels(_ part: DatasetReport.Part) -> String {
        switch part.labels {
        case .proven: " (labels verified)"
        case .unproven: " (labels not verified)"
        case .wrong, .none: ""
        }
    }

    private static func line(_ finding: DatasetReport.Finding) -> String {
        var text = (finding.isFault ? "" : "note: ") + finding.sentence
        if !finding.examples.isEmpty {
            text += " (" + finding.examples.joined(separator: "; ")
            text += finding.hasMore ? "; …)" : ")"
        }
        return text
    }

    private static func sentence(_ report: DatasetReport) -> String {
        guard let worst = report.worst else {
            let names = Set(report.parts.map(\.split))
            let splits = DatasetReport.Split.allCases.filter(names.contains).map(\.rawValue)
            let seen =
                report.isDecoded
                ? ""
                : ", by names and sizes; contents were not read (see --decode)"
            return "OK (\(splits.joined(separator: ", ")))\(seen)"
        }
        let faults = report.parts.reduce(0) { $0 + $1.findings.count(where: \.isFault) }
        let more = faults > 1 ? ", and \(faults - 1) more" : ""
        return "WRONG: \(worst.part.split.rawValue): \(worst.finding.sentence)\(more)"
    }

    // MARK: JSON

    private func json(_ part: DatasetReport.Part) -> JSON {
        let findings = part.findings.map { finding in
            JSON.members([
                "kind": .string(finding.kind.rawValue), "fault": .bool(finding.isFault),
                "count": .int(Int64(finding.count)), "message": .string(finding.sentence),
                "examples": finding.examples.isEmpty
                    ? nil : .array(finding.examples.map { .string($0) }),
                "remedy": finding.remedy.map { .string(context.console.words($0)) },
            ])
        }
        return .line(
            schema: Self.schema,
            [
                "path": .path(part.path), "split": .string(part.split.rawValue),
                "form": .string(part.form.rawValue), "classes": .int(Int64(part.classes)),
                "images": .int(Int64(part.images)), "labels": .string(part.labels.rawValue),
                "status": .string(part.isRight ? "right" : "wrong"),
                "findings": .array(findings),
            ])
    }

    private func verdict(_ report: DatasetReport, _ path: Path) -> JSON {
        .line(
            schema: Self.schema,
            [
                "verdict": .string(report.isRight ? "right" : "wrong"), "path": .path(path),
                "message": .string(Self.sentence(report)), "decoded": .bool(report.isDecoded),
                "remedy": report.worst?.finding.remedy.map { .string(context.console.words($0)) },
                "skipped": report.skipped.isEmpty
                    ? nil : .array(report.skipped.map { .path($0) }),
                "unknownImages": .int(Int64(report.unknownImages)),
            ])
    }
}
