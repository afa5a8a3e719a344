import ArchiveVerify
import Checksums
import DatasetManifest
import Disk

/// What `verify` tells: a line a file, and progress while it takes long.
final class VerifyReport: Sendable {
    private struct State {
        var isFine = true
        var count = 0
        var bytes: Int64 = 0
        var hints: [String] = []
    }

    /// As many ranges, and members of each, as a line can bear.
    private static let mostShown = 3
    private static let schema = "imagenet-fetch.verify/1"

    private let context: Context
    private let isJSON: Bool
    private let progress: Progress
    private let stage: String
    private let start: Duration
    /// Names that stand for several files: these are told by their paths.
    private let ambiguous: Set<String>
    private let state = Monitor(State())

    init(_ targets: [Target], _ arguments: Arguments, _ context: Context) {
        self.context = context
        isJSON = arguments.isJSON
        progress = context.progress(arguments)
        start = context.clock.now()
        stage =
            targets.count == 1
            ? "verifying \(escaped(targets[0].file.name))" : "verifying \(targets.count) files"
        ambiguous = Set(
            Dictionary(grouping: targets, by: \.file.name).filter { $0.value.count > 1 }.keys)
    }

    // MARK: While it goes on

    func show(_ now: Verifier.Progress) {
        // What is over in a moment needs no progress.
        guard context.clock.now() - start >= .seconds(1) else { return }
        progress.update(ProgressSnapshot(stage: stage, done: now.done, total: now.total))
    }

    func end() { progress.end() }

    func tell(_ result: Verification) {
        state.update { state in
            state.count += 1
            if result.status == .ok {
                state.bytes += result.bytes ?? 0
            } else {
                state.isFine = false
            }
            if let hint = result.diagnosis?.hint, !state.hints.contains(hint) {
                state.hints.append(hint)
            }
        }
        let name = shownName(result.target)
        // A line that cannot be written is told where the run ends.
        try? context.console.result(isJSON ? Self.json(result).text : Self.line(name, result))
        // Somebody may wait for it, however long the next file takes; of many that need no reading
        // nobody reads one at a time.
        if result.proof != .receipt { try? context.console.flush() }
        for digest in result.digests {
            guard let expected = digest.expected, let actual = digest.actual, expected != actual
            else { continue }
            context.console.detail(
                "\(name): \(digest.algorithm.rawValue) is \(actual.hex), not \(expected.hex)")
        }
        for note in result.notes { context.console.detail("\(name): \(note)") }
    }

    /// - Returns: whether all that was told was OK.
    func conclude() throws -> Bool {
        progress.end()
        try context.console.flush()
        let state = state.read { $0 }
        if state.count > 1, state.isFine, !isJSON {
            context.console.note("\(state.count) files, \(Shown.bytes(state.bytes)): all proven")
        }
        for hint in state.hints { context.console.note("hint: \(hint)") }
        return state.isFine
    }

    private func shownName(_ target: Target) -> String {
        ambiguous.contains(target.file.name)
            ? target.path.description : escaped(target.file.name)
    }

    // MARK: Lines

    private static func line(_ name: String, _ result: Verification) -> String {
        switch result.status {
        case .ok: "\(name): OK (\(proof(result)))"
        case .missing: "\(name): MISSING"
        case .failed, .unreadable: "\(name): FAILED (\(reason(result)))"
        }
    }

    private static func proof(_ result: Verification) -> String {
        let names = result.actual.map(\.algorithm.rawValue).joined(separator: ", ")
        switch result.proof {
        case .receipt: return "receipt of \(result.provenAt.map { "\($0)" } ?? "an earlier proof")"
        case .pieces: return "pieces"
        case .firstUse:
            return result.expected.isEmpty ? "first use, \(names)" : "as at its first use, \(names)"
        case .digests, nil: return names
        }
    }

    private static func reason(_ result: Verification) -> String {
        let sentence = result.diagnosis?.sentence ?? "it is not what it should be"
        // What is wrong with a length is said already.
        switch result.diagnosis {
        case .damaged, .unreadable: break
        default: return sentence
        }
        var places = result.damage.prefix(mostShown).map(place)
        let more = result.damage.count - places.count
        if more > 0 { places.append("and \(more) more places") }
        return ([sentence] + places).joined(separator: "; ")
    }

    private static func place(_ damage: Damage) -> String {
        let bytes = "bytes \(damage.range.lowerBound) to \(damage.range.upperBound - 1)"
        if damage.members.isEmpty { return bytes }
        let names = damage.members.prefix(mostShown).map(\.description).joined(separator: ", ")
        let more = damage.members.count - mostShown
        return "\(bytes): \(names)" + (more > 0 ? " and \(more) more" : "")
    }

    private static func json(_ result: Verification) -> JSON {
        let digests = result.digests.map { digest in
            JSON.Member(
                key: digest.algorithm.rawValue,
                value: .members([
                    "expected": digest.expected.map { .string($0.hex) },
                    "actual": digest.actual.map { .string($0.hex) },
                ]))
        }
        let ranges = result.damage.map { damage in
            JSON.members([
                "offset": .int(damage.range.lowerBound),
                "length": .int(damage.range.upperBound - damage.range.lowerBound),
                "members": .array(damage.members.map { .path($0) }),
            ])
        }
        return .line(
            schema: schema,
            [
                "file": .string(result.target.file.name), "path": .path(result.target.path),
                "status": .string(result.status.rawValue), "bytes": result.bytes.map { .int($0) },
                "digests": digests.isEmpty ? nil : .object(digests),
                "badRanges": ranges.isEmpty ? nil : .array(ranges),
                "proof": result.proof.map { .string($0.rawValue) },
                "provenAt": result.provenAt.map { .string("\($0)") },
                "reason": result.diagnosis.map { .string($0.sentence) },
            ])
    }
}
