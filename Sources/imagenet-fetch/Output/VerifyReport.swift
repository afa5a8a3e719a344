import ArchiveVerify
import Checksums
import DataFolder
import DatasetExport
import DatasetManifest
import Disk

/// The output of `verify`: a line per file, and progress if it takes long.
final class VerifyReport: Sendable {
    private struct State {
        var isFine = true
        /// Whether every byte was compared with something.
        var isProven = true
        var count = 0
        var bytes: Int64 = 0
    }

    /// The most findings of an archive that are shown; ImageNet's own odd images are 23.
    private static let mostFindings = 25
    static let schema = "imagenet-fetch.verify/1"

    private let context: Context
    let isJSON: Bool
    private let progress: Progress
    private let stage: String
    /// Names of several files, which are shown by path.
    private let ambiguous: Set<String>
    private let arguments: Arguments
    private let state = Monitor(State())

    init(
        _ targets: [Target], _ outputs: [OutputCheck.Output], _ arguments: Arguments,
        _ context: Context
    ) {
        self.context = context
        isJSON = arguments.isJSON
        progress = context.progress(arguments, after: .seconds(1))
        self.arguments = arguments
        stage =
            targets.count == 1
            ? "verifying \(escaped(targets[0].file.name))" : "verifying \(targets.count) files"
        let names = targets.map(\.file.name) + outputs.map(\.name)
        ambiguous = Set(Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys)
    }

    // MARK: While it goes on

    func show(_ now: Verifier.Progress) {
        show(ProgressSnapshot(stage: stage, done: now.done, total: now.total))
    }

    func show(_ now: ProgressSnapshot) { progress.update(now) }

    /// Progress inside an archive.
    func show(_ target: Target, _ done: Int64, of size: Int64, isDecoding: Bool) {
        let what = isDecoding ? "decoding" : "looking inside"
        show(
            ProgressSnapshot(
                stage: "\(what) \(escaped(target.file.name))", done: done, total: size))
    }

    func end() { progress.end() }

    /// Reports a prepared line.
    func tell(_ line: String, isFine: Bool, isProven: Bool, bytes: Int64, hint: Remedy?) {
        state.update { state in
            state.count += 1
            if isFine { state.bytes += bytes } else { state.isFine = false }
            if !isProven { state.isProven = false }
        }
        try? context.console.result(line)
        try? context.console.flush()
        advise(hint)
    }

    func note(_ line: String) { context.console.note(line) }

    func tell(_ result: Verification, _ inside: DeepReport? = nil) {
        state.update { state in
            state.count += 1
            if result.status == .ok, inside?.isRight ?? true {
                state.bytes += result.bytes ?? 0
            } else {
                state.isFine = false
            }
        }
        let name = shownName(result.target.file.name, result.target.path)
        // A failed write is reported at the end: the console remembers it.
        try? context.console.result(
            isJSON ? Self.json(result, inside).text : Self.line(name, result, inside))
        // Flushed at once, because the next file may take long; not for receipts, which need no
        // reading.
        if result.proof != .receipt { try? context.console.flush() }
        if !isJSON, let inside { tellFindings(name, inside) }
        for digest in result.digests {
            guard let expected = digest.expected, let actual = digest.actual, expected != actual
            else { continue }
            context.console.detail(
                "\(name): \(digest.algorithm.rawValue) is \(actual.hex), not \(expected.hex)")
        }
        for note in result.notes { context.console.detail("\(name): \(note)") }
        let hints = hints(result)
        // Under its own line, also where the two go to one place.
        if !hints.isEmpty { try? context.console.flush() }
        for hint in hints { advise(hint) }
    }

    private func advise(_ hint: Remedy?) {
        if let hint { context.console.note("hint: \(context.console.words(hint))") }
    }

    private func hints(_ result: Verification) -> [Remedy] {
        var hints = [result.diagnosis?.hint].compactMap { $0 }
        if result.classes != nil, !result.badPieces.isEmpty {
            let names = result.damage.flatMap(\.members).map { "\($0)".dropLast(4) }
            hints.append(
                "\(run: .fetch, .classes(names.map(String.init))) downloads the damaged pieces again"
            )
        }
        guard Self.isOfValue(result) else { return hints }
        let name = result.target.file.name
        if case .cutShort = result.diagnosis, result.hasPieces, isPlaceOfFetch(result.target) {
            hints.append("\(run: .fetch, .only(name)) downloads the rest")
        } else if result.hasPieces {
            hints.append(
                "\(run: .repair, .path(result.target.path)) downloads only the damaged pieces")
        } else if isKnown(result.target.file) {
            // Without pieces, good parts cannot be told from bad ones.
            hints.append(
                "\(run: .fetch, .only(name)) downloads the whole file again; first move away any "
                    + "file that was never verified here")
        }
        return hints
    }

    /// Whether `fetch`, with the same options, would put the file there.
    private func isPlaceOfFetch(_ target: Target) -> Bool {
        isKnown(target.file)
            && context.resolve(target.path)
                == arguments.folder(context).folder(.archives).appending(target.file.name)
    }

    /// Reports a download that is not complete.
    func tell(_ unfinished: UnfinishedFile) {
        let name = shownName(unfinished.file.name, unfinished.path)
        let done = unfinished.bytesVerified.flatMap { bytes in
            unfinished.size.flatMap { $0 > 0 ? Shown.percent(bytes, of: $0) : nil }
        }
        let json = JSON.line(
            schema: Self.schema,
            [
                "file": .string(unfinished.file.name), "path": .path(unfinished.path),
                "status": .string("unfinished"),
                "bytes": unfinished.bytesVerified.map { .int($0) },
                "size": unfinished.size.map { .int($0) },
                "reason": .string("it is not completely downloaded"),
            ])
        tell(
            isJSON ? json.text : "\(name): UNFINISHED (\(done ?? "not checked yet"))",
            isFine: !unfinished.isWanted, isProven: false, bytes: 0,
            hint: isKnown(unfinished.file)
                ? "\(run: .fetch, .only(unfinished.file.name)) resumes it" : nil)
    }

    func conclude() -> Bool {
        progress.end()
        try? context.console.flush()
        let state = state.read { $0 }
        if state.count > 1, state.isFine, state.isProven, !isJSON {
            context.console.note("\(state.count) files, \(Shown.bytes(state.bytes)): all verified")
        }
        return state.isFine
    }

    private func tellFindings(_ name: String, _ inside: DeepReport) {
        for finding in inside.findings.prefix(Self.mostFindings) {
            context.console.note("\(name): \(Self.sentence(finding))")
        }
        let more = inside.faults + inside.oddities - Self.mostFindings
        if more > 0 {
            context.console.note("\(name): and \(Shown.count(Int64(more))) more (see --json)")
        }
    }

    /// Whether the undamaged rest of the file is worth keeping.
    private static func isOfValue(_ result: Verification) -> Bool {
        switch result.diagnosis {
        case .damaged, .cutShort, .tooLong, .unreadable: true
        default: false
        }
    }

    /// Whether `fetch` knows the file; a receipt alone is not enough.
    private func isKnown(_ file: ManifestFile) -> Bool {
        arguments.manifest != nil || BuiltIn.file(named: file.name) != nil
    }

    func shownName(_ name: String, _ path: Path) -> String {
        ambiguous.contains(name) ? path.description : escaped(name)
    }

    // MARK: Lines

    private static func line(
        _ name: String, _ result: Verification, _ inside: DeepReport?
    ) -> String {
        let contents = inside.map { "; \(sentence($0))" } ?? ""
        return switch result.status {
        case .ok where inside?.isRight == false:
            "\(name): FAILED (verified by \(proof(result))\(contents))"
        case .ok: "\(name): OK (\(classes(result))\(proof(result))\(contents))"
        case .missing: "\(name): MISSING"
        case .failed, .unreadable: "\(name): FAILED (\(reason(result))\(contents))"
        }
    }

    /// `300 images in 5 classes, all decoded; 2 faults`.
    private static func sentence(_ inside: DeepReport) -> String {
        var text =
            inside.images > 0
            ? Shown.counted(inside.images, "image", "images")
            : Shown.counted(inside.members, "member", "members")
        if inside.classes > 0 { text += " in " + Shown.counted(inside.classes, "class", "classes") }
        if inside.isDecoded { text += ", all decoded" }
        if inside.faults > 0 {
            text += "; inside " + Shown.counted(inside.faults, "fault", "faults")
            // A log should have the first one.
            if let first = inside.findings.first(where: \.isFault) {
                text += ": \(sentence(first))"
            }
        }
        if inside.oddities > 0 {
            text += "; \(Shown.counted(inside.oddities, "odd image", "odd images"))"
        }
        return text
    }

    private static func sentence(_ finding: DeepReport.Finding) -> String {
        (finding.member.map { "\($0): " } ?? "") + finding.message
    }

    private static func proof(_ result: Verification) -> String {
        let names = result.actual.map(\.algorithm.rawValue).joined(separator: ", ")
        switch result.proof {
        case .receipt:
            return "receipt of \(result.provenAt.map { "\($0)" } ?? "an earlier verification")"
        case .pieces: return "pieces"
        case .firstUse:
            return result.expected.isEmpty
                ? "first use, \(names)" : "same as at first use, \(names)"
        case .digests, nil: return names
        }
    }

    private static func classes(_ result: Verification) -> String {
        result.classes.map { "\(Shown.classes($0)), \(Shown.bytes(result.bytes ?? 0)), " } ?? ""
    }

    private static func reason(_ result: Verification) -> String {
        let sentence = result.diagnosis?.sentence ?? "its content is wrong"
        // The sentence already says what is wrong with a length.
        switch result.diagnosis {
        case .damaged, .unreadable: break
        default: return sentence
        }
        return ([sentence] + result.damage.places).joined(separator: "; ")
    }

    private static func json(_ result: Verification, _ inside: DeepReport?) -> JSON {
        let digests = result.digests.map { digest in
            JSON.Member(
                key: digest.algorithm.rawValue,
                value: .members([
                    "expected": digest.expected.map { .string($0.hex) },
                    "actual": digest.actual.map { .string($0.hex) },
                ]))
        }
        let isFailed = result.status == .ok && inside?.isRight == false
        let status: Verification.Status = isFailed ? .failed : result.status
        return .line(
            schema: schema,
            [
                "file": .string(result.target.file.name), "path": .path(result.target.path),
                "status": .string(status.rawValue), "bytes": result.bytes.map { .int($0) },
                "digests": digests.isEmpty ? nil : .object(digests),
                "badRanges": result.damage.isEmpty ? nil : .array(result.damage.map(\.json)),
                "proof": result.proof.map { .string($0.rawValue) },
                "provenAt": result.provenAt.map { .string("\($0)") },
                "reason": (result.diagnosis?.sentence ?? (isFailed ? inside.map(sentence) : nil))
                    .map { .string($0) },
                "classes": result.classes.map { .int(Int64($0.count)) },
                "inside": inside.map(json),
            ])
    }

    private static func json(_ inside: DeepReport) -> JSON {
        .members([
            "members": .int(Int64(inside.members)), "images": .int(Int64(inside.images)),
            "classes": .int(Int64(inside.classes)),
            "looked": .bool(inside.isArchive), "decoded": .bool(inside.isDecoded),
            "faults": .int(Int64(inside.faults)), "oddities": .int(Int64(inside.oddities)),
            "findings": .array(
                inside.findings.map { finding in
                    .members([
                        "kind": .string(finding.kind.rawValue),
                        "member": finding.member.map { .path($0) },
                        "message": .string(finding.message), "fault": .bool(finding.isFault),
                    ])
                }),
        ])
    }
}
