import DataFolder
import DatasetExport
import DatasetManifest
import Disk
import MirrorSync
import TorrentFetch

/// The options of `status`.
struct StatusArguments: Sendable, Equatable {
    var asksSources = false
    var checks = false
    var isForNagios = false
    var maxAge: Duration?
    /// Also for `sync`.
    var page: Path?
}

extension Command {
    static let status = Command(
        name: "status",
        summary: "show what is here, what is verified, and what to do next",
        detail: """
            Shows every file of the data set: absent, partial (and how far), there but not \
            verified, or verified (when and how). Then the outputs made from them: trees, shards \
            and layouts, with counts, whether they are complete, and their size. This comes from \
            receipts, indexes and shard sizes; no tree is walked. The last lines show which \
            commands to run next.

            Archives that are there and were not chosen are shown too, and count as used space.

            With --check the last line is the verdict, and so is the exit status: 0 if everything \
            chosen is complete and verified (with --max-age: that recently), else 3. With --nagios \
            only the verdict is printed, and the exit status is that of a Nagios plugin: 0, 1 \
            (verification is due), 2 (broken or missing) or 3 (cannot tell).
            """,
        flags: Flag.selection + [.classes] + [
            Flag(
                switch: "sources",
                help: "ask trackers and mirrors who has the files",
                detail: """
                    Ask the trackers how many seeds there are, and each mirror whether it has the \
                    file. Useful before a long download.
                    """
            ) { $0.status.asksSources = $1 },
            Flag(
                switch: "check",
                help: "exit with 3 unless all is complete and verified",
                detail: """
                    Print a verdict at the end, and exit with status 3 unless everything chosen is \
                    complete and verified.
                    """
            ) { $0.status.checks = $1 },
            Flag(
                switch: "nagios",
                help: "print only a verdict, as a Nagios plugin",
                detail: """
                    Print only a verdict and exit as a Nagios plugin: 0 if everything chosen is \
                    complete and verified, 1 if it is not verified or longer ago than --max-age, 2 \
                    if something is broken or missing, 3 if that cannot be told.
                    """
            ) { $0.status.isForNagios = $1 },
            Flag(
                "max-age", .duration,
                help: "how old a verification may be",
                detail: "With --check or --nagios: an older verification does not count."
            ) { $0.status.maxAge = $1 },
            .page,
        ] + Flag.surveying,
        examples: [
            Example("status", "What is in the data folder."),
            Example("status --all --json", "All files, for programs."),
        ],
        run: StatusCommand.run)
}

extension Flag {
    static let page = Flag(
        "html", .file(),
        help: "write a status page in HTML to this file",
        detail: """
            Write the state of every file, the last runs and what to do next to this file: one \
            self-contained HTML page.
            """
    ) { $0.status.page = $1 }
}

enum StatusCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        guard arguments.status.isForNagios else { return try show(arguments, context) }
        do {
            return try show(arguments, context)
        } catch {
            return try StatusVerdict(error).tell(arguments, context)
        }
    }

    private static func show(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let manifest = try arguments.chosenManifest(context)
        let data = arguments.folder(context)
        try NamedTargets.check(data, [manifest], context, [arguments.status.page])
        // To look at a folder makes none, for the page neither.
        if let page = arguments.status.page { _ = try Folder(context.resolve(page).parent) }
        let selected = try manifest.select(arguments.selection.forManifest)
        let section = try section(manifest, selected, arguments, context)
        let (plan, outputs) = (section.plan, section.outputs)
        let others = try others(manifest, beside: plan, arguments, context)
        if arguments.isJSON, !arguments.status.isForNagios {
            for item in plan.items { try context.console.result(json(item)) }
            for item in others { try context.console.result(json(item, isChosen: false)) }
            for output in outputs.outputs { try context.console.result(outputs.json(output)) }
            try context.console.result(disk(plan, others, outputs, data))
            try StatusUpstreams(data, context.console).tellAsJSON()
        } else if !arguments.status.isForNagios {
            try show(section, others, arguments, context)
        }
        if arguments.status.asksSources {
            try askSources(selected, data, arguments, context)
        }
        if let path = arguments.status.page {
            try writePage(path, [section], arguments, context)
        }
        guard arguments.status.checks || arguments.status.isForNagios else { return .success }
        let isNamed = !arguments.selection.isAll && !arguments.selection.isDefault
        return try StatusVerdict(
            section, data, maxAge: arguments.status.maxAge, isNamed: isNamed
        ).tell(arguments, context)
    }

    /// The files that nobody chose and that are there all the same.
    private static func others(
        _ manifest: Manifest, beside plan: FetchPlan, _ arguments: Arguments, _ context: Context
    ) throws -> [FetchPlan.Item] {
        guard arguments.selection.isDefault else { return [] }
        let data = arguments.folder(context)
        let chosen = Set(plan.items.map(\.file.name))
        let names = try manifest.files.map(\.name).filter { name in
            if chosen.contains(name) { return false }
            let found = try data.look(for: name)
            return found.final != nil || found.staging != nil
        }
        if names.isEmpty { return [] }
        let wanted = Set(names)
        return try Fetcher(data).survey(try manifest.select(.parts(names))).items
            .filter { wanted.contains($0.file.name) }
    }

    /// The state of a data set and its outputs.
    static func section(
        _ manifest: Manifest, _ selected: SelectedFiles, _ arguments: Arguments,
        _ context: Context
    ) throws -> StatusPage.Section {
        let data = arguments.folder(context)
        var options = FetchOptions()
        options.allowsUnverified = arguments.fetch.options.allowsUnverified
        // Archives that were unpacked and removed on purpose are not missing.
        options.fetchesRetired = false
        options.classes = try arguments.chosenClasses(context)
        let outputs = OutputStates(
            try OutputSurvey(data).outputs(), selected.files, manifest, arguments, context)
        return StatusPage.Section(
            manifest: manifest, plan: try Fetcher(data, options).survey(selected),
            outputs: outputs)
    }

    static func writePage(
        _ path: Path, _ sections: [StatusPage.Section], _ arguments: Arguments, _ context: Context
    ) throws {
        let data = arguments.folder(context)
        let page = StatusPage(
            data: data, sections: sections, runs: SyncHistory(data).runs,
            interval: arguments.sync.scrubInterval, now: .now,
            next: sections.flatMap { next($0, arguments) })
        try NamedFile(context.resolve(path)).publish(Array(page.html.utf8), synced: false)
    }

    /// Whether `fetch` and `sync` skip a file because nothing can verify it.
    static func isLeftOut(_ item: FetchPlan.Item) -> Bool {
        item.refusal?.code == .unverified
    }

    private static func show(
        _ section: StatusPage.Section, _ others: [FetchPlan.Item], _ arguments: Arguments,
        _ context: Context
    ) throws {
        let (plan, outputs) = (section.plan, section.outputs)
        try context.console.result("\(arguments.dataFolder.appending("tar")):")
        var table = Table(["  file", "size", "state"], rightAligned: [1])
        for item in plan.items + others {
            let size = item.size.map { (item.isSizeAbout ? "about " : "") + Shown.bytes($0) }
            let leftOut =
                isLeftOut(item)
                ? ", skipped: no digest and no torrent (see --allow-unverified)" : ""
            let state = state(item, section, arguments.folder(context)) + leftOut
            table.add(["  \(escaped(item.file.name))", size ?? "unknown", state])
        }
        for line in table.lines { try context.console.result(line) }
        let lines = outputs.lines
        if !lines.isEmpty { try context.console.result("\(arguments.dataFolder):") }
        for line in lines { try context.console.result(line) }
        let (archives, made) = (archiveBytes(plan.items + others), outputs.bytes)
        try context.console.result(
            "used: \(Shown.bytes(archives)) by archives, \(Shown.bytes(made)) by outputs")
        try context.console.result("free: \(Shown.bytes(plan.space.bytes))")
        try StatusUpstreams(arguments.folder(context), context.console).tell()
        for next in next(section, arguments) { try context.console.result("next: \(next)") }
    }

    private static func next(_ section: StatusPage.Section, _ arguments: Arguments) -> [String] {
        let fetching = next(section.plan, arguments)
        // Work on outputs can go on during the download.
        let begun = section.outputs.next.filter { _ in
            fetching == nil || section.outputs.outputs.contains { $0.state != .absent }
        }
        return [fetching].compactMap { $0 } + begun
    }

    /// The bytes of these archives on the disk.
    private static func archiveBytes(_ items: [FetchPlan.Item]) -> Int64 {
        items.map { item in
            switch item.state {
            case .whole(let receipt): receipt.identity.size
            case .unproven, .wrongSize: item.bytesThere
            case .partial, .candidate, .halfFinished, .classesThere:
                max((item.classes?.bytes ?? item.size ?? 0) - item.bytesMissing, 0)
            case .manual(_, let found): found ?? 0
            case .absent, .retired, .superseded: 0
            }
        }.limitedSum
    }

    private static func disk(
        _ plan: FetchPlan, _ others: [FetchPlan.Item], _ outputs: OutputStates,
        _ data: DataFolder
    ) -> JSON {
        .line(
            schema: "imagenet-fetch.disk/1",
            [
                "path": .path(data.path), "archiveBytes": .int(archiveBytes(plan.items + others)),
                "outputBytes": .int(outputs.bytes), "freeBytes": .int(plan.space.bytes),
                "freeFiles": plan.space.inodes.map { .int($0) },
            ])
    }

    /// The classes of a partial archive that are verified; nil where nobody knows where they lie.
    private static func classes(
        _ item: FetchPlan.Item, _ section: StatusPage.Section, _ data: DataFolder
    ) -> String? {
        let total = section.manifest.classes.map { Int(clamping: $0) }
        guard let work = item.classes ?? Fetcher(data).knownClasses(of: item.file, total: total)
        else { return nil }
        return item.classes == nil
            ? Shown.classes(work.verified, of: total)
            : "\(Shown.count(Int64(work.verified))) of \(Shown.counted(work.classes.count, "chosen class", "chosen classes"))"
    }

    static func state(
        _ item: FetchPlan.Item, _ section: StatusPage.Section, _ data: DataFolder
    ) -> String {
        switch item.state {
        case .whole(let receipt): return "verified \(receipt.when) (\(receipt.proof.rawValue))"
        case .unproven where data.receipts.isRevoked(item.file.name):
            return "damaged"
        case .unproven: return "there, not verified"
        case .wrongSize(let size): return "wrong size (\(Shown.bytes(size)))"
        case .classesThere, .partial:
            guard let size = item.size, size > 0 else { return "partial" }
            let done = max((item.classes?.bytes ?? size) - item.bytesMissing, 0)
            let classes = classes(item, section, data).map { ", \($0) verified" } ?? ""
            return
                "partial, \(Shown.percent(done, of: size)) (\(Shown.bytes(done)))\(classes)"
        case .candidate, .halfFinished: return "partial, not checked yet"
        case .absent: return "absent"
        case .retired: return "retired: unpacked and removed"
        case .manual(_, let found?):
            return "wrong size (\(Shown.bytes(found))), download it by hand"
        case .manual: return "absent, download it by hand"
        case .superseded: return "superseded"
        }
    }

    private static func next(_ plan: FetchPlan, _ arguments: Arguments) -> String? {
        plan.items.contains(where: \.isToDo)
            ? "imagenet-fetch fetch" + arguments.optionsOfHints : nil
    }

    private static func json(_ item: FetchPlan.Item, isChosen: Bool = true) -> JSON {
        var proven: Receipt?
        let state: String
        switch item.state {
        case .whole(let receipt): (state, proven) = ("proven", receipt)
        case .unproven: state = "unproven"
        case .wrongSize: state = "wrong-size"
        case .partial: state = "partial"
        case .classesThere: state = "proven"
        case .candidate, .halfFinished: state = "candidate"
        case .absent: state = "absent"
        case .retired(let receipt): (state, proven) = ("retired", receipt)
        case .manual(_, let found): state = found == nil ? "manual" : "wrong-size"
        case .superseded: state = "superseded"
        }
        return .line(
            schema: "imagenet-fetch.status/1",
            [
                "file": .string(item.file.name), "state": .string(state),
                "size": item.size.map { .int($0) }, "bytesMissing": .int(item.bytesMissing),
                "provenAt": proven.map { .string("\($0.when)") },
                "proof": proven.map { .string($0.proof.rawValue) },
                "classes": item.classes.map { .classes($0) },
                "leftOut": isLeftOut(item) ? .string("unverifiable") : nil,
                "chosen": isChosen ? nil : .bool(false),
            ])
    }
}
