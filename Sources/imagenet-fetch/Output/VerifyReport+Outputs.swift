import Checksums
import DataFolder
import DatasetExport
import Disk

// Verified outputs get a line each, like archives.
extension VerifyReport {
    /// The most faults in a line; the JSON has all.
    private static let mostInLine = 3

    func show(_ output: OutputCheck.Output, _ now: OutputCheck.Progress) {
        show(
            ProgressSnapshot(
                stage: "verifying \(escaped(output.name))", done: now.done, total: now.total,
                unit: now.isInFiles ? .items : .bytes))
    }

    /// - Parameter again: the command that makes the output again.
    func tell(_ output: OutputCheck.Output, _ verdict: OutputCheck.Verdict, again: String?) {
        let name = shownName(output.name, output.shownPath)
        var hint = verdict.hint
        if hint == nil, !verdict.isRight, let again { hint = "`\(again)` makes it again" }
        tell(
            isJSON ? Self.json(output, verdict).text : "\(name): \(Self.state(output, verdict))",
            isFine: verdict.isRight,
            isProven: verdict.proof == .digests || verdict.proof == .archive,
            bytes: output.receipt.counts["bytes"] ?? 0, hint: hint)
        if isJSON || verdict.faults.count <= Self.mostInLine { return }
        for fault in verdict.faults.dropFirst(Self.mostInLine) {
            note("\(name): \(Self.sentence(fault))")
        }
    }

    private static func state(
        _ output: OutputCheck.Output, _ verdict: OutputCheck.Verdict
    ) -> String {
        if verdict.isMissing { return "MISSING" }
        if !verdict.isRight {
            var parts = verdict.faults.prefix(mostInLine).map(sentence)
            let more = verdict.faults.count - parts.count
            if more > 0 { parts.append("and \(more) more") }
            return "FAILED (\(parts.joined(separator: "; ")))"
        }
        let counts = output.receipt.counts
        let files = Shown.counted(
            Int(clamping: counts["files"] ?? Int64(output.receipt.files.count)), "file", "files")
        let proof =
            switch verdict.proof {
            case .digests, nil: digests(output)
            case .archive: "\(files), the same as in its archive"
            case .listing: "\(files), only counted: \(verdict.note ?? "nothing else is known")"
            case .links: "links"
            }
        let source = output.receipt.isFromUnverified ? "; made from unverified bytes" : ""
        return "OK (\(proof)\(source))"
    }

    /// `xxh64, 12 files`.
    private static func digests(_ output: OutputCheck.Output) -> String {
        let files = output.receipt.files
        let names = Set(files.map(\.digest.algorithm)).sorted().map(\.rawValue)
        let count = files.count > 1 ? [Shown.counted(files.count, "file", "files")] : []
        return (names + count).joined(separator: ", ")
    }

    private static func sentence(_ fault: OutputCheck.Fault) -> String {
        (fault.file.map { "\(escaped($0)): " } ?? "") + fault.reason
    }

    private static func json(
        _ output: OutputCheck.Output, _ verdict: OutputCheck.Verdict
    ) -> JSON {
        let status = verdict.isMissing ? "missing" : verdict.isRight ? "ok" : "failed"
        return .line(
            schema: schema,
            [
                "file": .string(output.name), "kind": .string(output.receipt.kind),
                "path": .path(output.path), "status": .string(status),
                "bytes": output.receipt.counts["bytes"].map { .int($0) },
                "proof": verdict.isMissing ? nil : verdict.proof.map { .string($0.rawValue) },
                "reason": verdict.faults.first.map { .string(sentence($0)) },
                "note": verdict.note.map { .string($0) },
                "fromUnverified": output.receipt.isFromUnverified ? .bool(true) : nil,
                "faults": verdict.faults.isEmpty
                    ? nil
                    : .array(
                        verdict.faults.map { fault in
                            .members([
                                "file": fault.file.map { .string($0) },
                                "reason": .string(fault.reason),
                            ])
                        }),
            ])
    }
}
