import Disk

extension Flag {
    /// The options of every command.
    static let common: [Flag] = [
        Flag(
            "dataset", .text("NAME"), in: .places,
            help: "the data set (ilsvrc2012, ilsvrc2017)",
            detail: "The data set to work on: ilsvrc2012 (the default) or ilsvrc2017."
        ) { (arguments, name) throws(UsageError) in
            guard arguments.manifest == nil else { throw Self.twoDataSets }
            arguments.dataset = name
        },
        Flag(
            "manifest", .file(), in: .places,
            help: "your own manifest or checksum list",
            detail: """
                Read the data set from this file: a manifest in JSON, or a checksum list as \
                md5sum, sha1sum and sha256sum write it. The content decides which.
                """
        ) { (arguments, path) throws(UsageError) in
            guard arguments.dataset == nil else { throw Self.twoDataSets }
            arguments.manifest = path
        },
        Flag(
            "data", .folder(), in: .places, variable: "IMAGENET_FETCH_DATA",
            help: "the folder that holds everything (data)",
            detail: """
                The folder that holds everything: archives in tar/, unpacked files in untar/, \
                each format in a folder of its name (mds/, tfrecord/). Default: data, in the \
                current folder.
                """
        ) { $0.data = $1 },
        Flag(
            "state", .folder(), in: .places,
            help: "the folder for receipts and journals",
            detail: """
                Keep receipts and journals in this folder instead of beside the archives, for \
                archives in a read-only place.
                """
        ) { $0.state = $1 },
        Flag(
            "torrent-dir", .folder(), in: .places,
            help: "a folder with .torrent files",
            detail: """
                Look for .torrent files in this folder too. A file is recognised by its infohash, \
                whatever its name.
                """
        ) { $0.torrentFolder = $1 },
        Flag(
            "config", .file(), in: .places, action: .config,
            help: "read options from this file",
            detail: """
                Read options from this file and no other: one option per line, with or without its \
                dashes. Lines that begin with # are comments, and options that the command does \
                not have are ignored. The command line overrides the environment, and the \
                environment overrides the file.
                """
        ) { (_, _) in },
        Flag(
            switch: "yes", short: "y", negated: "no-yes", in: .other,
            help: "answer yes to every question",
            detail: "Answer yes to every question."
        ) { $0.asksNothing = $1 },
        Flag(
            switch: "json", negated: "no-json", in: .output,
            help: "results as JSON, one object per line",
            detail: """
                Print results as JSON, one object per line, each with its schema. Nothing else is \
                written to standard output.
                """
        ) { $0.isJSON = $1 },
        Flag(
            switch: "quiet", short: "q", negated: "no-quiet", in: .output,
            help: "show only results and errors",
            detail: "Show only results and errors: no progress, no notes."
        ) { $0.verbosity = $1 ? .quiet : .normal },
        Flag(
            switch: "verbose", short: "v", negated: "no-verbose", in: .output,
            help: "show more of what is done",
            detail: "Show more of what is done and why."
        ) { $0.verbosity = $1 ? .verbose : .normal },
        Flag(
            "progress", .choice as ValueKind<ProgressChoice>, in: .output,
            help: "when to show progress",
            detail: """
                Show progress on standard error: always (even with --quiet), never, or auto \
                (always, unless --quiet is given). A terminal shows one line that is redrawn; \
                elsewhere a line is printed when a stage begins and ends, and every \
                \(PlainLines.interval.components.seconds) seconds in between. json: an object per \
                line for programs, at most 10 a second; of several files, done and total count \
                all, and file says which one it is.
                """
        ) { $0.progress = $1 },
        Flag(
            switch: "debug", in: .output, isHidden: true,
            help: "show the causes of an error",
            detail: "Show the errors that caused an error."
        ) { $0.isDebugging = $1 },
        Flag(
            switch: "help", short: "h", in: .other, action: .help,
            help: "show help (-h: short, --help: full)",
            detail: "Show help and exit: -h for a short list, --help for the full text."
        ) { (_, _) in },
        Flag(
            switch: "version", short: "V", in: .other, action: .version,
            help: "show the version",
            detail: "Show the version and exit; with --verbose also the versions of the libraries."
        ) { (_, _) in },
    ]

    private static let twoDataSets = UsageError(
        .conflict, "--dataset and --manifest cannot be used together",
        hint: "leave --dataset out: the manifest names the data set")

    /// Which files of the data set a command works on.
    static let selection: [Flag] = [
        onlyPart("train", "the training images"),
        onlyPart("val", "the validation images"),
        onlyPart("test", "the test images"),
        Flag(
            "only", .list(completing: .parts), in: .selection, isRepeatable: true,
            help: "only these parts or files",
            detail: """
                Only these parts (train, val, test, devkit, bbox and others that the data set has) \
                or files, separated by commas.
                """
        ) { (arguments, names) throws(UsageError) in try arguments.selection.choose(only: names) },
        Flag(
            switch: "all", in: .selection,
            help: "all files of the data set",
            detail: """
                All files of the data set. Superseded files are skipped. For files that must be \
                downloaded by hand, the instructions are shown.
                """
        ) { (arguments, _) throws(UsageError) in try arguments.selection.chooseAll() },
    ]

    private static func onlyPart(_ part: String, _ what: String) -> Flag {
        Flag(
            switch: "only-" + part, in: .selection, help: "only \(what)",
            detail: "Only \(what). To choose several parts, use --only."
        ) { (arguments, _) throws(UsageError) in try arguments.selection.choose(onlyPart: part) }
    }
}
