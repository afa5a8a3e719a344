import Disk

extension Flag {
    /// The options of every command.
    static let common: [Flag] = [
        Flag(
            "dataset", .text("NAME"), in: .places,
            help: "the data set (ilsvrc2012, ilsvrc2017)",
            detail: """
                The data set that is meant, by the name of its manifest: ilsvrc2012 (the usual one) \
                or ilsvrc2017.
                """
        ) { (arguments, name) throws(UsageError) in
            guard arguments.manifest == nil else { throw Self.twoDataSets }
            arguments.dataset = name
        },
        Flag(
            "manifest", .file(), in: .places,
            help: "a manifest or checksum list of your own",
            detail: """
                Take the data set from this file: a manifest in JSON, or a list as md5sum, sha1sum \
                and sha256sum write it. Which of them it is shows in what it holds.
                """
        ) { (arguments, path) throws(UsageError) in
            guard arguments.dataset == nil else { throw Self.twoDataSets }
            arguments.manifest = path
        },
        Flag(
            "data", .folder(), in: .places, variable: "IMAGENET_FETCH_DATA",
            help: "the folder that holds everything (data)",
            detail: """
                The folder below which everything lies: archives in tar/, unpacked files in untar/, \
                shards in mds/, tfrecord/ and webdataset/. Without it: data, in the current folder.
                """
        ) { $0.data = $1 },
        Flag(
            "state", .folder(), in: .places,
            help: "the folder for receipts and journals",
            detail: """
                Keep receipts and journals here and not beside the archives, for archives that lie \
                where nothing may be written.
                """
        ) { $0.state = $1 },
        Flag(
            "torrent-dir", .folder(), in: .places,
            help: "a folder with .torrent files",
            detail: """
                Look for .torrent files here too. One counts by what it describes, whatever it is \
                called.
                """
        ) { $0.torrentFolder = $1 },
        Flag(
            "config", .file(), in: .places, action: .config,
            help: "read options from this file",
            detail: """
                Read options from this file and from no other: an option a line, as on the command \
                line or without its dashes. Lines that begin with # are passed over, and so are \
                options that the command at hand does not take. The command line goes first, the \
                environment second.
                """
        ) { (_, _) in },
        Flag(
            switch: "yes", short: "y", negated: "no-yes", in: .other,
            help: "ask nothing",
            detail: "Ask nothing: every question is answered with yes."
        ) { $0.asksNothing = $1 },
        Flag(
            switch: "json", negated: "no-json", in: .output,
            help: "results as JSON, one object a line",
            detail: """
                Print results as JSON, one object a line, each with its schema. Nothing else is \
                written to standard output then.
                """
        ) { $0.isJSON = $1 },
        Flag(
            switch: "quiet", negated: "no-quiet", in: .output,
            help: "say nothing but results and errors",
            detail: "Show no progress and no notes, only results and errors."
        ) { $0.verbosity = $1 ? .quiet : .normal },
        Flag(
            switch: "verbose", negated: "no-verbose", in: .output,
            help: "say more of what is done",
            detail: "Say more of what is done and why."
        ) { $0.verbosity = $1 ? .verbose : .normal },
        Flag(
            "progress", .choice as ValueKind<ProgressChoice>, in: .output,
            help: "when to show progress",
            detail: """
                Show progress on standard error: always (--quiet notwithstanding), never, or auto, \
                which is always unless --quiet was said. On a terminal it is a line that is drawn \
                again and again, elsewhere a line every 30 seconds.
                """
        ) { $0.progress = $1 },
        Flag(
            switch: "debug", in: .output, isHidden: true,
            help: "show what led to an error",
            detail: "Show the errors that led to an error."
        ) { $0.isDebugging = $1 },
        Flag(
            switch: "help", short: "h", in: .other, action: .help,
            help: "show help: -h in short, --help in full",
            detail: "Show help and do nothing else: -h in short, --help in full."
        ) { (_, _) in },
        Flag(
            switch: "version", in: .other, action: .version,
            help: "show the version",
            detail: """
                Show the version and do nothing else; with --verbose also the versions of the \
                libraries.
                """
        ) { (_, _) in },
    ]

    private static let twoDataSets = UsageError(
        .conflict, "--dataset and --manifest exclude each other",
        hint: "a manifest is a data set of its own")

    /// Which files of the data set a command works on.
    static let selection: [Flag] = [
        onlyPart("train", "the training images"),
        onlyPart("val", "the validation images"),
        onlyPart("test", "the test images"),
        Flag(
            "only", .list(), in: .selection, isRepeatable: true,
            help: "only these parts or files",
            detail: """
                Only these parts (train, val, test, devkit, bbox and what else the data set has) or \
                files, with commas between them.
                """
        ) { (arguments, names) throws(UsageError) in try arguments.selection.choose(only: names) },
        Flag(
            switch: "all", in: .selection,
            help: "all files of the data set",
            detail: """
                All files of the data set. Files that were superseded are passed over, and those \
                that no program can fetch are named with what to do.
                """
        ) { (arguments, _) throws(UsageError) in try arguments.selection.chooseAll() },
    ]

    private static func onlyPart(_ part: String, _ what: String) -> Flag {
        Flag(
            switch: "only-" + part, in: .selection, help: "only \(what)",
            detail: "Only \(what). For several parts at once there is --only."
        ) { (arguments, _) throws(UsageError) in try arguments.selection.choose(onlyPart: part) }
    }
}
