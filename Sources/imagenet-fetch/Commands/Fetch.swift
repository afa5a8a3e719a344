import Checksums
import DataFolder
import DatasetManifest
import Disk
import TorrentFetch

extension Command {
    static let fetch = Command(
        name: "fetch",
        aliases: ["download"],
        summary: "download the chosen files, verified",
        detail: """
            Downloads the chosen archives, or the default ones (train, val and the devkit), from \
            the swarm and from HTTP mirrors, piece by piece. The digests of the whole file are \
            computed while it arrives. A file gets its final name only when all its digests are \
            right.

            What is already there is not downloaded again, whoever downloaded it: complete files \
            are verified, and partial files are resumed. Stop it at any time; the same command \
            resumes.
            """,
        flags: Flag.selection + [.classes] + Flag.fetching + [
            Flag(
                "class-index", .file(),
                help: "where the classes lie, as a mirror publishes it",
                detail: """
                    With --classes: a file that says where the classes lie in the archive, such as \
                    the NAME.classes.json of a published mirror. Without it the mirrors are asked, \
                    and then the archive itself. A wrong one costs some bytes, nothing else.
                    """
            ) { $0.fetch.classIndex = $1 },
            Flag(
                switch: "dry-run",
                help: "only show the plan",
                detail: """
                    Print the plan: what is missing, where it comes from, and whether it fits on \
                    the disk.
                    """
            ) { $0.fetch.isDryRun = $1 },
            Flag(
                "time-limit", .duration,
                help: "how long the run may take",
                detail: """
                    Stop after this long, and exit with status 12. What has come is kept, and the \
                    same command continues.
                    """
            ) { $0.fetch.timeLimit = $1 },
            Flag(
                "member", .file("PATH"), isRepeatable: true,
                help: "only this member of an archive",
                detail: """
                    Download only this member of an archive, such as \
                    n01440764.tar/n01440764_10026.JPEG or ILSVRC2012_val_00000293.JPEG, into \
                    DATA/members. It is read from the archive that is here, or from mirrors; the \
                    pieces around it are verified first. Which archive has it follows from the \
                    name, or from --only-…. May be repeated.
                    """
            ) { $0.fetch.members.append($1) },
        ],
        examples: [
            Example("--only-val --dry-run", "What it takes to download the validation archive."),
            Example(
                "fetch --only devkit,val --sources mirrors --dry-run",
                "The same for two parts, without the swarm."),
        ],
        continues: true,
        run: FetchCommand.run)
}

enum FetchCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        try run(arguments, context, nil)
    }

    /// - Parameter listening: the stop request of the command that downloads first.
    static func run(
        _ arguments: Arguments, _ context: Context, _ listening: StopRequest?
    ) throws -> ExitStatus {
        if !arguments.fetch.members.isEmpty {
            return try FetchMembers(arguments, context).run(listening)
        }
        if arguments.fetch.options.isLab, !arguments.fetch.options.usesSwarm {
            throw UsageError(
                .conflict,
                "--lab and --sources mirrors cannot be used together: neighbours share "
                    + "what comes from the swarm")
        }
        let manifest = try arguments.chosenManifest(context)
        let data = arguments.folder(context)
        let fetcher = Fetcher(data, try options(arguments, context))
        let selected = try manifest.select(arguments.selection.forManifest)
        if arguments.classes != nil, listening == nil { try checkClasses(selected.files) }
        let plan = try fetcher.plan(selected)
        for item in plan.items where item.refusal == nil { tellManual(item, context) }
        let report = FetchReport(context, arguments)
        if arguments.fetch.isDryRun {
            try? report.show(plan)
            let foreign = try fetcher.refusals(of: plan, report: report.tell)
            report.end()
            return dryStatus(plan, plan.refusals + foreign, context)
        }
        if let refusal = plan.refusal { throw refusal }
        if !plan.isNothingToDo {
            // Before anything is said or asked.
            try data.checkIsFree()
            if arguments.isJSON { try? report.show(plan) } else { report.summarize(plan) }
            try ask(manifest, plan, arguments, context)
        }
        let stop = listening ?? context.listenForSignals()
        let limit = TimeLimit(arguments.fetch.timeLimit, stop, context.clock)
        report.begin(plan)
        do {
            let outcomes = try fetcher.run(plan, stop: limit.asCheck, report: report.tell)
            report.end()
            // Whoever ends the seeding of the last file has ended the run, too.
            try stop.asCheck()
            return try status(outcomes, report, context)
        } catch let over as TimeLimit.Over {
            report.end()
            try? context.console.flush()
            context.console.tellStop(over.message, continues: true)
            return .stopped
        }
    }

    /// Refuses chosen classes where all files would be downloaded whole.
    private static func checkClasses(_ files: [ManifestFile]) throws(UsageError) {
        guard let file = files.first, !files.contains(where: { $0.role == .trainImages }) else {
            return
        }
        throw UsageError(
            .conflict,
            "--classes cannot be used with \(escaped(file.name)): it is not a tar of class tars, and "
                + "can only be downloaded whole",
            hint: "leave --classes out here, and give it to the command that uses the archive")
    }

    /// Downloads what another command needs.
    ///
    /// - Parameter bytes: the space that this command needs afterwards on the same disk.
    static func runFirst(
        _ names: [String], for arguments: Arguments, _ context: Context, _ listening: StopRequest,
        beside bytes: Int64 = 0
    ) throws -> ExitStatus {
        var fetching = arguments
        fetching.selection = Selection()
        try fetching.selection.choose(only: names)
        fetching.positionals = []
        // The output of the download is not the result.
        fetching.isJSON = false
        fetching.fetch.options.furtherBytes = bytes
        var context = context
        if arguments.isJSON { context.console = context.console.forNotesOnly() }
        return try run(fetching, context, listening)
    }

    static func options(
        _ arguments: Arguments, _ context: Context
    ) throws -> FetchOptions {
        let wanted = arguments.fetch
        var options = wanted.options
        options.mirrors = wanted.mirrors.map { text in
            text.contains("://") ? text : context.resolve(Path(text)).string ?? text
        }
        options.peers = try wanted.peers.flatMap(PeerAddress.resolve)
        options.ports = try PeerAddress.ports(wanted.ports)
        options.classes = try arguments.chosenClasses(context)
        if let path = wanted.classIndex.map(context.resolve) {
            let bytes = try FileDescriptor(path, .reading)
                .contents(limit: ClassIndexFile.longestFile)
            options.classIndex = try ClassIndexFile(json: bytes, source: path.description).index
        }
        options.trustsTorrents = arguments.torrent.trustsUnpinned
        options.torrentFolders = arguments.torrentFolders(context)
        options.mirrorOptions = try mirrorOptions(arguments, context)
        // A bad mirror is reported before anything begins, even if it would never be used.
        for text in options.mirrors where options.sources != .swarm {
            _ = try Mirror(
                text, fileName: "file",
                allowsInsecureHTTP: options.mirrorOptions.allowsInsecureHTTP)
        }
        return options
    }

    /// How to ask mirrors, with settings from files and the environment.
    static func mirrorOptions(
        _ arguments: Arguments, _ context: Context
    ) throws -> MirrorOptions {
        let wanted = arguments.fetch
        var options = wanted.options.mirrorOptions
        options.maximumRate = wanted.options.maxDownload
        for header in wanted.headers { try options.add(header: header) }
        // As in curl, an empty variable does not count.
        let exact = { (name: String) in
            context.environment(name)?.text.flatMap { $0.isEmpty ? nil : $0 }
        }
        let variable = { (name: String) in exact(name) ?? exact(name.uppercased()) }
        options.proxies = Proxies(
            // curl ignores HTTP_PROXY too: a CGI program gets it from outside.
            https: variable("https_proxy"), http: exact("http_proxy"),
            all: variable("all_proxy"), exceptions: variable("no_proxy"))
        options.certificates = Certificates.named(in: context)
        options.credentials = try credentials(wanted, context)
        return options
    }

    private static func credentials(
        _ wanted: FetchArguments, _ context: Context
    ) throws -> ImageNetCredentials? {
        if let path = wanted.credentials.map(context.resolve) {
            let file = try FileDescriptor(path, .reading)
            guard try file.status().mode & 0o077 == 0 else {
                throw UsageError(
                    .badValue, "refused \(path): others may read it",
                    hint: "\(shell: [.plain("chmod 600"), .path(path)])")
            }
            let lines = String(decoding: try file.contents(limit: 4096), as: UTF8.self)
                .split(whereSeparator: \.isNewline)
            guard lines.count == 2 else {
                throw UsageError(
                    .badValue,
                    "refused \(path): it must have two lines, the user name and the access key")
            }
            return ImageNetCredentials(
                userName: String(lines[0]), accessKey: String(lines[1]))
        }
        guard let name = context.environment("IMAGENET_USERNAME")?.text,
            let key = context.environment("IMAGENET_ACCESS_KEY")?.text
        else { return nil }
        return ImageNetCredentials(userName: name, accessKey: key)
    }

    /// The status with which the run would end, and its messages.
    private static func dryStatus(
        _ plan: FetchPlan, _ refusals: [FetchError], _ context: Context
    ) -> ExitStatus {
        let report = Report(console: context.console)
        if let refusal = plan.refusal {
            _ = report.tell(refusal)
            return Report.status(of: refusal)
        }
        for refusal in refusals { _ = report.tell(refusal) }
        return Report.status(of: refusals, among: plan.items.count { $0.isMeant })
    }

    private static func tellManual(_ item: FetchPlan.Item, _ context: Context) {
        guard case .manual(let how, let found) = item.state else { return }
        let hint = how.map { ": \(escaped($0))" } ?? ""
        let wrong = found.map { " (the copy there has \($0) bytes)" } ?? ""
        context.console.note(
            "\(escaped(item.file.name)) must be downloaded by hand\(wrong)\(hint)")
    }

    /// Shows the terms once, and asks before a large download if somebody can answer.
    private static func ask(
        _ manifest: Manifest, _ plan: FetchPlan, _ arguments: Arguments, _ context: Context
    ) throws {
        let terms = Terms(manifest, arguments, context)
        terms.show()
        guard isWanted(plan.bytesMissing, arguments, context) else {
            throw UsageError(.conflict, "cancelled; nothing was downloaded")
        }
        // Only now: whoever said no has not agreed to them.
        try terms.remember()
    }

    /// Asks before a large download if somebody can answer.
    static func isWanted(_ bytes: Int64, _ arguments: Arguments, _ context: Context) -> Bool {
        guard context.canAsk, !arguments.asksNothing, bytes > 1 << 30 else { return true }
        context.console.explain("Download \(Shown.bytes(bytes))? [y/N] ")
        return readLine().map { ["y", "yes"].contains($0.lowercased()) } ?? false
    }

    /// Failures count even if nobody reads the results any more: the console keeps that error for
    /// the end of the run.
    private static func status(
        _ outcomes: [Fetcher.Outcome], _ report: FetchReport, _ context: Context
    ) throws -> ExitStatus {
        let failures = outcomes.compactMap { outcome in
            if case .failure(let error) = outcome.result { error } else { nil }
        }
        if outcomes.isEmpty || failures.isEmpty {
            try? report.conclude(outcomes)
            return .success
        }
        if outcomes.count == 1, let only = failures.first { throw only }
        for failure in failures { _ = Report(console: context.console).tell(failure) }
        try? report.conclude(outcomes)
        return Report.status(of: failures, among: outcomes.count)
    }
}
