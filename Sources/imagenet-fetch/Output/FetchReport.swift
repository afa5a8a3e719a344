import Checksums
import DatasetManifest
import Disk
import TorrentFetch

/// The output of `fetch`: a plan, progress, a line per file and a summary, or events for programs.
final class FetchReport: Sendable {
    private let context: Context
    private let schema: String
    /// The word for a finished file.
    private let doneWord: String
    private let isJSON: Bool
    private let progress: Progress
    private let run = Monitor(FetchRun())

    init(
        _ context: Context, _ arguments: Arguments, schema: String = "imagenet-fetch.fetch/1",
        done: String = "verified", progressAfter delay: Duration = .zero
    ) {
        self.context = context
        self.schema = schema
        doneWord = done
        isJSON = arguments.isJSON
        progress = context.progress(arguments, after: delay)
    }

    // MARK: The plan

    /// The plan, for `--dry-run`.
    func show(_ plan: FetchPlan) throws {
        if isJSON { return try context.console.result(json(plan)) }
        var table = Table(["file", "state", "missing", "sources"], rightAligned: [2])
        for item in plan.items {
            table.add([
                escaped(item.file.name), Self.words(item),
                item.isToFetch ? Self.size(item.bytesMissing, isAbout: !item.isMissingExact) : "",
                Self.sources(item),
            ])
        }
        for line in table.lines { try context.console.result(line) }
        for item in plan.items {
            if let note = item.note { try context.console.result(note) }
            if let classes = Self.classes(item) { try context.console.result(classes) }
        }
        try context.console.result(Self.sum(plan))
    }

    /// The plan in one line, before it is carried out.
    func summarize(_ plan: FetchPlan) {
        for line in plan.items.compactMap(Self.classes) { context.console.note(line) }
        context.console.note(Self.sum(plan))
    }

    /// What the chosen classes of an archive come to; nil for a whole file.
    private static func classes(_ item: FetchPlan.Item) -> String? {
        guard let work = item.classes, item.isToDo else { return nil }
        let there = work.verified == 0 ? "" : ", \(work.verified) already verified"
        let about = work.isExact ? "" : "about "
        let pieces = work.piecesMissing.map {
            " (\(Shown.counted($0, "piece", "pieces")) to download)"
        }
        let search = work.isExact ? "" : "; where they lie will be looked up first"
        return "\(escaped(item.file.name)): \(Shown.classes(work.classes))\(there), "
            + "\(about)\(Shown.bytes(work.bytes))\(pieces ?? "")\(search)"
    }

    private static func sum(_ plan: FetchPlan) -> String {
        let count = plan.items.count { $0.isToDo }
        let refused = plan.refusals.count
        let end = refused == 0 ? "" : ", \(Shown.counted(refused, "file", "files")) refused"
        if count == 0 { return "nothing to do\(end)" }
        let files = Shown.counted(count, "file", "files")
        let bytes = plan.bytesMissing
        let space =
            plan.bytesNeeded == 0
            ? "disk space is already reserved"
            : "needs \(Shown.bytes(plan.bytesNeeded)) of \(Shown.bytes(plan.space.bytes)) free"
        // A mirror may report any length, up to the largest number.
        let (whole, rest) = bytes.quotientAndRemainder(dividingBy: 100_000_000)
        let tenths = whole + (rest >= 50_000_000 ? 1 : 0)
        // Disks are sold in decimal gigabytes.
        let decimal = tenths < 10 ? "" : " (\(tenths / 10).\(tenths % 10) GB)"
        let most =
            plan.bytesAtMost > bytes
            ? " (\(Shown.bytes(plan.bytesAtMost)) if the existing bytes are wrong)" : ""
        let amount = "\(size(bytes, isAbout: !plan.isExact))\(decimal) to download"
        return "\(files), \(amount)\(most); \(space)\(end)"
    }

    /// Of a file that is there in its full length, nothing is known before it is read.
    private static func size(_ bytes: Int64, isAbout: Bool) -> String {
        if bytes == 0 { return isAbout ? "only what is wrong" : "nothing" }
        return (isAbout ? "about " : "") + Shown.bytes(bytes)
    }

    /// The state for people; programs know it by older words.
    private static func words(_ item: FetchPlan.Item) -> String {
        switch state(item) {
        case "proven": "verified"
        case "to be proven": "to be verified"
        case "to be looked at": "to be checked"
        case let state: state
        }
    }

    private static func state(_ item: FetchPlan.Item) -> String {
        if case .manual = item.state { return "by hand" }
        if item.refusal != nil { return "refused" }
        switch item.state {
        case .whole, .classesThere: return "proven"
        case .unproven: return "to be proven"
        case .wrongSize: return "wrong size"
        case .partial: return "partial"
        case .candidate, .halfFinished: return "to be looked at"
        case .absent: return "absent"
        case .retired: return "retired"
        case .manual: return "by hand"
        case .superseded: return "superseded"
        }
    }

    private static func sources(_ item: FetchPlan.Item) -> String {
        guard item.isToFetch else { return "" }
        let mirrors = Shown.counted(item.mirrors, "mirror", "mirrors")
        let parts = [item.hasTorrent ? "torrent" : nil, item.mirrors > 0 ? mirrors : nil]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    private func json(_ plan: FetchPlan) -> JSON {
        .line(
            schema: schema,
            [
                "event": "plan", "bytesMissing": .int(plan.bytesMissing),
                "bytesAtMost": .int(plan.bytesAtMost),
                "bytesOnDisk": .int(plan.bytesOnDisk), "inodes": .int(plan.inodes),
                "free": .int(plan.space.bytes), "reserve": .int(plan.reserve),
                "exact": .bool(plan.isExact), "fits": .bool(plan.refusal == nil),
                "files": .array(
                    plan.items.map { item in
                        .members([
                            "file": .string(item.file.name), "state": .string(Self.state(item)),
                            "reason": item.refusal.map { .string($0.message) },
                            "size": item.size.map { .int($0) },
                            "bytesMissing": .int(item.bytesMissing),
                            "classes": item.classes.map { .classes($0) },
                            "torrent": .bool(item.hasTorrent), "mirrors": .int(Int64(item.mirrors)),
                        ])
                    }),
            ])
    }

    // MARK: Events

    /// The plan is carried out from here on.
    func begin(_ plan: FetchPlan) { run.update { $0 = FetchRun(plan) } }

    func tell(_ event: FetchEvent) {
        switch event {
        case .started(let file):
            run.update { $0.start(file.name) }
            send(file, "started", [:])
        case .reading(let file, let done):
            progress.update(
                ProgressSnapshot(
                    stage: "verifying \(escaped(file.name))", done: done, total: file.size))
        case .progress(let now):
            progress.update(snapshot(now))
        case .note(let file, let text):
            if isJSON {
                send(file, "note", ["text": .string(text)])
            } else {
                context.console.note("\(escaped(file.name)): \(text)")
            }
        case .done(let file, let result):
            run.update { $0.end(file.name) }
            tellDone(file, result)
        case .failed(let file, let error):
            run.update { $0.end(file.name) }
            let message = (error as? any Failure)?.message ?? escaped("\(error)")
            send(
                file, "failed",
                [
                    "error": .string(message),
                    "exitStatus": .int(Int64(Report.status(of: error).rawValue)),
                ])
        }
    }

    func end() { progress.end() }

    private func snapshot(_ now: FetchProgress) -> ProgressSnapshot {
        var shown = run.update { $0.snapshot(now) }
        shown.source = Self.origin(now)
        return shown
    }

    private static func origin(_ now: FetchProgress) -> String? {
        var parts: [String] = []
        if now.peers > 0 { parts.append(Shown.counted(now.peers, "peer", "peers")) }
        let mirrors = now.activeMirrors.count
        if mirrors > 0 { parts.append(Shown.counted(mirrors, "mirror", "mirrors")) }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private func tellDone(_ file: ManifestFile, _ result: FetchResult) {
        if isJSON {
            return send(
                file, "done",
                [
                    "bytes": .int(result.bytes), "fromSwarm": .int(result.fromSwarm),
                    "fromMirrors": .int(result.mirrorBytes),
                    "discarded": .int(result.discardedBytes),
                    "peakPeers": .int(Int64(result.peakPeers)), "seconds": .number(result.seconds),
                    "proofDelay": .number(result.proofDelay),
                    "digests": .object(
                        result.digests.map {
                            JSON.Member(key: $0.algorithm.rawValue, value: .string($0.hex))
                        }),
                    "classes": result.classes.map { .int(Int64($0.count)) },
                ])
        }
        progress.end()
        // Files that needed no reading are counted at the end.
        if result.wasThere, result.seconds == 0 { return }
        // A failed write is reported at the end of the run.
        try? context.console.result(line(file, result))
        try? context.console.flush()
    }

    private func line(_ file: ManifestFile, _ result: FetchResult) -> String {
        var parts: [String] = []
        if result.fromSwarm > 0 {
            parts.append("\(Shown.bytes(result.fromSwarm)) from the swarm")
        }
        for (mirror, bytes) in result.fromMirrors.sorted(by: { $0.value > $1.value }) {
            parts.append("\(Shown.bytes(bytes)) from \(escaped(mirror))")
        }
        if result.discardedBytes > 0 {
            let why = result.discarded.sorted { $0.value > $1.value }
                .map { "\(Shown.bytes($0.value)) \($0.key)" }
            parts.append("discarded: \(why.joined(separator: ", "))")
        }
        if result.peakPeers > 0 {
            parts.append("up to \(Shown.counted(result.peakPeers, "peer", "peers"))")
        }
        if result.wasThere {
            parts = ["already there"]
        } else if result.seconds > 0 {
            let fetched = result.fromSwarm + result.mirrorBytes
            parts.append(Shown.rate(Double(fetched) / result.seconds))
        }
        if !result.wasThere, result.proofDelay > 1 {
            parts.append("verified \(Int(result.proofDelay)) s after the last byte")
        }
        let what = result.classes.map { "\(Shown.classes($0)) " } ?? ""
        return "\(escaped(file.name)): \(what)\(doneWord) (\(parts.joined(separator: ", ")))"
    }

    private func send(_ file: ManifestFile, _ event: String, _ more: KeyValuePairs<String, JSON?>) {
        guard isJSON else { return }
        guard case .object(let members) = JSON.members(more) else { return }
        let head = JSON.line(
            schema: schema, ["event": .string(event), "file": .string(file.name)])
        guard case .object(let first) = head else { return }
        try? context.console.result(JSON.object(first + members))
        // Somebody may be waiting for it, however long the file takes.
        try? context.console.flush()
    }

    // MARK: The end

    /// The summary at the end.
    func conclude(_ outcomes: [Fetcher.Outcome]) throws {
        if isJSON { return try context.console.flush() }
        let there = outcomes.count { outcome in
            (try? outcome.result.get()).map { $0.wasThere && $0.seconds == 0 } ?? false
        }
        if there > 0 {
            try context.console.result(
                "\(Shown.counted(there, "file was", "files were")) already there, verified")
        }
    }
}

extension JSON {
    /// What chosen classes of an archive come to.
    static func classes(_ work: ClassWork) -> JSON {
        .members([
            "chosen": .int(Int64(work.classes.count)), "verified": .int(Int64(work.verified)),
            "bytes": .int(work.bytes), "bytesMissing": .int(work.bytesMissing),
            "piecesMissing": work.piecesMissing.map { .int(Int64($0)) },
            "exact": .bool(work.isExact),
        ])
    }
}
