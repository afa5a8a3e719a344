import Checksums
import DataFolder
import DatasetManifest
import Disk
import TorrentFetch

extension Command {
    static let fetch = Command(
        name: "fetch",
        aliases: ["download"],
        summary: "get the chosen files, proven",
        detail: """
            Gets the archives that are chosen, and the usual ones (train, val and the devkit) when \
            nothing is: from the swarm and from HTTP mirrors, piece by piece, with the digests of \
            the whole file computed as it arrives. A file gets its name only when all its digests \
            are right.

            What is there already is not fetched again, whoever fetched it: files are read and \
            proven, half-finished ones are gone on with. Stop it at any time; the same command goes \
            on.
            """,
        flags: Flag.selection + Flag.fetching + [
            Flag(
                switch: "dry-run",
                help: "only say what would be done",
                detail: "Print the plan: what is missing, from where, and whether it fits."
            ) { $0.fetch.isDryRun = $1 }
        ],
        examples: [
            Example(
                line: "imagenet-fetch --only-val --dry-run",
                what: "What it would take to get the validation archive."),
            Example(
                line: "imagenet-fetch fetch --only devkit,val --sources mirrors --dry-run",
                what: "The same for two parts, without the swarm."),
        ],
        run: FetchCommand.run)
}

enum FetchCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        try run(arguments, context, nil)
    }

    /// - Parameter listening: what signals ask, where a command that fetches on its way has begun to
    ///   listen to them.
    static func run(
        _ arguments: Arguments, _ context: Context, _ listening: StopRequest?
    ) throws -> ExitStatus {
        let manifest = try arguments.chosenManifest(context)
        let data = arguments.folder(context)
        let fetcher = Fetcher(data, try options(arguments, context))
        let selected = try manifest.select(arguments.selection.forManifest)
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
            if arguments.isJSON { try? report.show(plan) } else { report.summarize(plan) }
            try ask(manifest, plan, arguments, context)
        }
        // Before any thread starts: they inherit what signals are blocked.
        let stop = listening ?? context.listenForSignals()
        let outcomes = try fetcher.run(
            plan, stop: stop.asCheck, report: report.tell)
        report.end()
        return try status(outcomes, report, context)
    }

    /// Gets what another command needs, before that begins.
    ///
    /// - Parameter bytes: what that takes on the same disk afterwards.
    static func runFirst(
        _ names: [String], for arguments: Arguments, _ context: Context, _ listening: StopRequest,
        beside bytes: Int64 = 0
    ) throws -> ExitStatus {
        var fetching = arguments
        fetching.selection = Selection()
        try fetching.selection.choose(only: names)
        fetching.positionals = []
        // What is told of the fetching is not the result.
        fetching.isJSON = false
        fetching.fetch.options.furtherBytes = bytes
        let context = arguments.isJSON ? context.with(context.console.forNotesOnly()) : context
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
        options.trustsTorrents = arguments.torrent.trustsUnpinned
        options.torrentFolders =
            (arguments.torrentFolder.map { [$0] } ?? []).map(context.resolve)
            + [context.resolve("bt")]
        try complete(&options.mirrorOptions, wanted, context)
        // What a person has named and is never asked is a mistake, told before anything begins.
        for text in options.mirrors where options.sources != .swarm {
            _ = try Mirror(
                text, fileName: "file",
                allowsInsecureHTTP: options.mirrorOptions.allowsInsecureHTTP)
        }
        return options
    }

    /// Adds what comes from files and from the environment.
    private static func complete(
        _ options: inout MirrorOptions, _ wanted: FetchArguments, _ context: Context
    ) throws {
        options.maximumRate = wanted.options.maxDownload
        for header in wanted.headers { try options.add(header: header) }
        // To curl, too, an empty variable is none.
        let exact = { (name: String) in
            context.environment(name)?.text.flatMap { $0.isEmpty ? nil : $0 }
        }
        let variable = { (name: String) in exact(name) ?? exact(name.uppercased()) }
        options.proxies = Proxies(
            // curl does not look at HTTP_PROXY either: a CGI program gets it from outside.
            https: variable("https_proxy"), http: exact("http_proxy"),
            all: variable("all_proxy"), exceptions: variable("no_proxy"))
        options.certificates = Certificates.named(in: context)
        options.credentials = try credentials(wanted, context)
    }

    private static func credentials(
        _ wanted: FetchArguments, _ context: Context
    ) throws -> ImageNetCredentials? {
        if let path = wanted.credentials.map(context.resolve) {
            let file = try FileDescriptor(path, .reading)
            guard try file.status().mode & 0o077 == 0 else {
                throw UsageError(
                    .badValue, "refused \(path): others may read it", hint: "chmod 600 \(path)")
            }
            let lines = String(decoding: try file.contents(limit: 4096), as: UTF8.self)
                .split(whereSeparator: \.isNewline)
            guard lines.count == 2 else {
                throw UsageError(
                    .badValue,
                    "refused \(path): a line for the user name and one for the access "
                        + "key are needed")
            }
            return ImageNetCredentials(
                userName: String(lines[0]), accessKey: String(lines[1]))
        }
        guard let name = context.environment("IMAGENET_USERNAME")?.text,
            let key = context.environment("IMAGENET_ACCESS_KEY")?.text
        else { return nil }
        return ImageNetCredentials(userName: name, accessKey: key)
    }

    /// How the run would end, with the words for it, as far as that can be known.
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
        let wrong = found.map { " (the one there has \($0) bytes)" } ?? ""
        context.console.note(
            "\(escaped(item.file.name)) can only be got by hand\(wrong)\(hint)")
    }

    /// Names the terms once, and asks before much is fetched, where there is somebody to ask.
    private static func ask(
        _ manifest: Manifest, _ plan: FetchPlan, _ arguments: Arguments, _ context: Context
    ) throws {
        let data = arguments.folder(context)
        let mark = data.state.appending("terms-\(manifest.name)")
        let isNamed = (try? FileDescriptor(mark, .reading)) != nil
        if let terms = manifest.terms, !isNamed {
            context.console.note("terms of this data set: \(escaped(terms))")
            if arguments.fetch.acceptsTerms || arguments.asksNothing || context.canAsk {
                try DataFolder.creatingState(data.state).publish(mark.lastComponent, [])
            }
        }
        guard isWanted(plan.bytesMissing, arguments, context) else {
            throw UsageError(.conflict, "nothing was fetched: it was not wanted")
        }
    }

    /// Asks before much is fetched, where there is somebody to ask.
    static func isWanted(_ bytes: Int64, _ arguments: Arguments, _ context: Context) -> Bool {
        guard context.canAsk, !arguments.asksNothing, bytes > 1 << 30 else { return true }
        context.console.explain("Fetch \(Shown.bytes(bytes))? [y/N] ")
        return readLine().map { ["y", "yes"].contains($0.lowercased()) } ?? false
    }

    /// What failed has failed also where nobody reads the results any more: the console keeps that
    /// error for the end of the run.
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
