import Archives
import DatasetManifest
import Disk
import TorrentFetch

/// The options of `list`.
struct ListArguments: Sendable, Equatable {
    var isLong = false
    var isSummary = false
    var entersTars = true
    var onlyClass: WNID?
}

extension Command {
    static let list = Command(
        name: "list",
        summary: "list an archive's contents without extracting it",
        detail: """
            Prints the path of every member, one per line. The members of a tar inside the archive \
            are listed under its name, as in n01440764.tar/n01440764_10026.JPEG. Of a tar only the \
            headers are read, not the images. Zip archives and tars compressed with gzip, bzip2, \
            xz or zstd are read from front to back.

            Of an archive that is still being downloaded the verified part is listed, by its final \
            name or that of the partial file; standard error says what is missing. Of a truncated \
            or damaged archive everything that can be found is listed, even if its beginning is \
            lost. The exit status is then 3, and the error says where the damage is. Images of a \
            class whose own header is lost are listed without the class.

            With a URL, as in list --only-class n01440764 \
            https://mirror.example/ILSVRC2012_img_train.tar, a tar on a web server is listed \
            without downloading it: only the headers are requested, over several connections. \
            That takes a request for each member, so --classes, --only-class and --no-nested, which \
            pass over the members of other classes, are much faster. The server must know byte \
            ranges.

            Control characters and bytes that are not UTF-8 are shown as \\xNN, a backslash as \
            \\\\. With --json the names are exact: those that are not UTF-8 are in pathBytes, as \
            base64.
            """,
        positionals: [.init(name: "ARCHIVE|URL", repeats: true, completion: .files)],
        flags: [
            .classes,
            Flag(
                "only-class", .wnid,
                help: "only the members of this class's tar",
                detail: """
                    List only the members of the tar of this class, and read no headers of other \
                    classes.
                    """
            ) { $0.list.onlyClass = $1 },
            Flag(
                switch: "long",
                help: "mode, owner, size and time, as tar -tv",
                detail: "Show mode, owner, size and time of each member too, as tar -tv does."
            ) { $0.list.isLong = $1 },
            Flag(
                switch: "summary",
                help: "counts and bytes by class",
                detail: """
                    Show the number of files and bytes of each class, which is a tar inside the \
                    archive, or a folder.
                    """
            ) { $0.list.isSummary = $1 },
            Flag(
                switch: "nested", negated: "no-nested",
                help: "enter tars inside the archive (yes)",
                detail: """
                    List the members of tars inside the archive. With --no-nested such a tar is \
                    listed as a file. Tars inside those are always listed as files.
                    """
            ) { $0.list.entersTars = $1 },
        ] + Flag.asking,
        examples: [
            Example("list data/tar/ILSVRC2012_img_train.tar", "The path of every training image."),
            Example(
                "list --summary data/tar/ILSVRC2012_img_train.tar",
                "How many images each class has."),
            Example(
                "list --json data/tar/ILSVRC2012_img_val.tar",
                "Sizes and offsets too, for programs."),
        ],
        run: ListCommand.run)
}

private enum ListCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        var status = ExitStatus.success
        for word in arguments.positionals {
            do {
                try list(word, arguments, context)
            } catch let error as any Failure where arguments.positionals.count > 1 {
                guard error is ArchiveError || error is FetchError else { throw error }
                // One unreadable archive does not stop the others.
                try context.console.flush()
                _ = Report(console: context.console).tell(error)
                if status == .success { status = Report.status(of: error) }
            }
        }
        return status
    }

    private static func list(
        _ word: Word, _ arguments: Arguments, _ context: Context
    ) throws {
        let archive = try Listed(word, arguments, context)
        let classes = try ListedClasses(arguments, context)
        let named = arguments.positionals.count > 1 ? archive.shown : nil
        var lines = MemberLines(
            arguments.isJSON ? .json : arguments.list.isLong ? .long : .path, archive: named)
        var summary = ListSummary()
        let progress = context.progress(arguments, after: .seconds(1))
        var pace = Pace(archive.size, progress)
        var partial: Int64 = 0
        var isEmpty = true
        let outcome: ListingOutcome
        do {
            outcome = try archive.walk(entersTars: arguments.list.entersTars, classes) { member in
                isEmpty = false
                pace.show(member.offset)
                if !member.isWhole { partial += 1 }
                if member.isContainer || !member.isWhole { return }
                if arguments.list.isSummary { return summary.add(member) }
                lines.add(member)
                if lines.isFull { try context.console.write(lines.take()) }
            }
        } catch {
            progress.end()
            try context.console.write(lines.take())
            throw error
        }
        progress.end()
        try context.console.write(lines.take())
        if arguments.list.isSummary { try summary.tell(named, arguments, context) }
        try archive.tellMissing(outcome, partial, arguments, context)
        if let damage = outcome.damage { throw damage }
        if let absent = outcome.absent.first {
            if classes?.isOnly == true, !archive.isPartial { throw lacks(absent, archive) }
            let names = outcome.absent.map(\.description).joined(separator: ", ")
            context.console.warn(
                "not in \(archive.shown)\(archive.isPartial ? " yet" : ""): \(names)")
        }
        guard outcome.missing == nil else { return }
        if isEmpty, classes == nil { context.console.warn("\(archive.shown) is empty") }
        if let name = outcome.openTar {
            context.console.warn(
                "\(name) has no end mark: it may be truncated")
        }
    }

    private static func lacks(_ wnid: WNID, _ archive: Listed) -> UsageError {
        UsageError(
            .badValue,
            "\(archive.shown) has no \(wnid).tar: it is no archive of classes, or has other classes",
            hint: "see which tars it has: \(run: .listTars, .path(archive.shown))")
    }
}

/// Shows how far a listing is.
private struct Pace {
    /// Members between two looks at the clock.
    private static let stride = 1024

    let size: Int64
    let progress: Progress
    private var count = 0

    init(_ size: Int64, _ progress: Progress) {
        self.size = size
        self.progress = progress
    }

    mutating func show(_ offset: Int64?) {
        count += 1
        guard count % Self.stride == 0 else { return }
        progress.update(
            ProgressSnapshot(
                stage: "listing", done: offset ?? Int64(count), total: offset == nil ? nil : size,
                unit: offset == nil ? .items : .bytes))
    }
}
