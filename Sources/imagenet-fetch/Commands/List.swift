import Archives
import Disk

/// The options of `list`.
struct ListArguments: Sendable, Equatable {
    var isLong = false
    var isSummary = false
    var entersTars = true
}

extension Command {
    static let list = Command(
        name: "list",
        summary: "show what is inside an archive, without extracting",
        detail: """
            Prints the path of every member, a line each. A tar inside the archive stands with its \
            members, as in n01440764.tar/n01440764_10026.JPEG. Of a tar only the headers are read, \
            not the images. Tars compressed with gzip, bzip2, xz or zstd and zip archives are read \
            too, from front to back.

            An archive that is still being fetched is listed as far as its pieces are proven, by its \
            final name or that of the unfinished file; what is missing is said on standard error. Of \
            one that is cut or damaged all is listed that can be found, also where its beginning is \
            lost; then it ends with status 3 and says where. Images of a class whose own header is \
            lost stand without its name.

            Control characters and bytes that are not UTF-8 are shown as \\xNN, a backslash as \\\\. \
            With --json the names are exact: in pathBytes, as base64, where they are not UTF-8.
            """,
        positionals: [.init(name: "ARCHIVE", repeats: true, completion: .files)],
        flags: [
            Flag(
                switch: "long",
                help: "mode, owner, size and time, as tar -tv",
                detail: "Show mode, owner, size and time of each member too, as tar -tv does."
            ) { $0.list.isLong = $1 },
            Flag(
                switch: "summary",
                help: "counts and bytes by class",
                detail: """
                    Show how many files there are and how many bytes, for each class: the tar inside \
                    the archive, or the folder, that holds them.
                    """
            ) { $0.list.isSummary = $1 },
            Flag(
                switch: "nested", negated: "no-nested",
                help: "enter tars inside the archive (yes)",
                detail: """
                    Show the members of tars inside the archive; with --no-nested, such a tar is a \
                    file as others. One more level down they always are.
                    """
            ) { $0.list.entersTars = $1 },
        ],
        examples: [
            Example(
                line: "imagenet-fetch list data/tar/ILSVRC2012_img_train.tar",
                what: "The path of every training image."),
            Example(
                line: "imagenet-fetch list --summary data/tar/ILSVRC2012_img_train.tar",
                what: "How many images each class has."),
            Example(
                line: "imagenet-fetch list --json data/tar/ILSVRC2012_img_val.tar",
                what: "Sizes and offsets too, for programs."),
        ],
        run: ListCommand.run)
}

private enum ListCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        var status = ExitStatus.success
        for word in arguments.positionals {
            do {
                try list(word, arguments, context)
            } catch let error as ArchiveError where arguments.positionals.count > 1 {
                // One that cannot be read keeps nobody from the others.
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
        let archive = try ListedArchive(Path(bytes: word.bytes), arguments, context)
        let walk = MemberWalk(
            entersTars: arguments.list.entersTars, readable: archive.readable)
        let named = arguments.positionals.count > 1 ? archive.shown : nil
        var lines = MemberLines(
            arguments.isJSON ? .json : arguments.list.isLong ? .long : .path, archive: named)
        var summary = ListSummary()
        var progress = Pace(archive.size, arguments, context)
        var partial: Int64 = 0
        var isEmpty = true
        let outcome = try walk.run(archive.path) { member in
            isEmpty = false
            progress.show(member.offset)
            if !member.isWhole { partial += 1 }
            if member.isContainer || !member.isWhole { return }
            if arguments.list.isSummary { return summary.add(member) }
            lines.add(member)
            if lines.isFull { try context.console.write(lines.take()) }
        }
        progress.end()
        try context.console.write(lines.take())
        if arguments.list.isSummary { try summary.tell(named, arguments, context) }
        try archive.tellMissing(outcome, partial, arguments, context)
        if let damage = outcome.damage { throw damage }
        guard outcome.missing == nil else { return }
        if isEmpty { context.console.warn("\(archive.shown) has no members") }
        let open = outcome.openTar.map { "\($0) in \(archive.shown)" }
        if let name = outcome.hasEndMark ? open : "\(archive.shown)" {
            context.console.warn(
                "\(name) has no end mark: it may have been cut between two members")
        }
    }
}

/// Shows how far a listing is, once it has taken a second.
private struct Pace {
    /// Members between two looks at the clock.
    private static let stride = 1024

    private let size: Int64
    private let arguments: Arguments
    private let context: Context
    private let start: Duration
    private var progress: Progress?
    private var count = 0

    init(_ size: Int64, _ arguments: Arguments, _ context: Context) {
        self.size = size
        self.arguments = arguments
        self.context = context
        start = context.clock.now()
    }

    mutating func show(_ offset: Int64?) {
        count += 1
        guard count % Self.stride == 0 else { return }
        if progress == nil, context.clock.now() - start >= .seconds(1) {
            progress = context.progress(arguments)
        }
        progress?.update(
            ProgressSnapshot(
                stage: "listing", done: offset ?? Int64(count), total: offset == nil ? nil : size,
                unit: offset == nil ? .items : .bytes, source: nil))
    }

    func end() { progress?.end() }
}
