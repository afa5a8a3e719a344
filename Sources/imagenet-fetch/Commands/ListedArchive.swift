import Archives
import DataFolder
import Disk
import TorrentFetch

/// What is listed: a file, or an archive that stays where it is.
enum Listed {
    case file(ListedArchive)
    case remote(RemoteFile, scouts: Int)

    init(_ word: Word, _ arguments: Arguments, _ context: Context) throws {
        guard let url = word.text, url.contains("://") else {
            self = .file(try ListedArchive(Path(bytes: word.bytes), arguments, context))
            return
        }
        let options = try FetchCommand.mirrorOptions(arguments, context)
        let name = Path(url).lastComponent.description
        if url.hasSuffix("/") {
            throw UsageError(.badValue, "\(word) is a folder, and not the address of an archive")
        }
        let mirror = try Mirror(
            url, fileName: name, allowsInsecureHTTP: options.allowsInsecureHTTP)
        let file = try RemoteFile(
            mirror, options: options, patience: arguments.fetch.options.stallTimeout)
        self = .remote(file, scouts: options.connections(to: mirror) - 1)
    }

    /// The name for messages.
    var shown: Path {
        switch self {
        case .file(let archive): archive.shown
        case .remote(let file, _): file.path
        }
    }

    var size: Int64 {
        switch self {
        case .file(let archive): archive.size
        case .remote(let file, _): file.size
        }
    }

    func run(
        _ walk: MemberWalk, _ visit: (ArchiveMember) throws -> Void
    ) throws -> MemberWalk.Outcome {
        switch self {
        case .file(let archive):
            var walk = walk
            walk.readable = archive.readable
            return try walk.run(archive.path, visit)
        case .remote(let file, let scouts): return try walk.run(file, scouts: scouts, visit)
        }
    }

    /// Reports what is not listed of a partial file.
    func tellMissing(
        _ outcome: MemberWalk.Outcome, _ partial: Int64, _ arguments: Arguments, _ context: Context
    ) throws {
        guard case .file(let archive) = self else { return }
        try archive.tellMissing(outcome, partial, arguments, context)
    }
}

/// A named archive: complete, or still being downloaded.
struct ListedArchive {
    /// The name for messages.
    let shown: Path
    let size: Int64
    let readable: ReadableRanges
    let path: Path
    /// The verified bytes of a partial file.
    private let proven: Int64?

    /// If there is no such file, opening it says so.
    init(_ named: Path, _ arguments: Arguments, _ context: Context) throws {
        let path = context.resolve(named)
        let data = arguments.folder(context)
        var candidates = [(path, Self.state(beside: path, arguments, context))]
        if !named.isAbsolute, named.components.count == 1, let name = named.string {
            candidates.append((data.archive(name), data.state))
        }
        for (candidate, state) in candidates {
            if let size = Self.size(candidate) {
                let journal = try Self.journal(of: candidate, isUnfinished: false, state)
                self.init(candidate, size, journal, shown: named)
                return
            }
            let unfinished = Path(bytes: candidate.bytes + Array(Self.suffix.utf8))
            if let size = Self.size(unfinished) {
                let journal = try Self.journal(of: unfinished, isUnfinished: true, state)
                self.init(unfinished, size, journal, shown: named)
                return
            }
        }
        self.init(path, 0, .none, shown: named)
    }

    /// Reports what is not listed of a partial file.
    func tellMissing(
        _ outcome: MemberWalk.Outcome, _ partial: Int64, _ arguments: Arguments, _ context: Context
    ) throws {
        guard let proven, proven < size else { return }
        if arguments.isJSON {
            try context.console.result(
                schema: "imagenet-fetch.list-missing/1",
                [
                    "archive": .path(shown), "bytes": .int(size),
                    "bytesMissing": .int(size - proven), "membersPartial": .int(partial),
                    "firstMissing": outcome.missing?.offset.map { .int($0) },
                ])
        }
        let members = Shown.counted(Int(clamping: partial), "partial member", "partial members")
        context.console.warn(
            "\(shown) is still being downloaded: \(Shown.bytes(proven)) of \(Shown.bytes(size)) "
                + "verified; \(partial == 0 ? "" : "\(members) and ")members in the rest are not listed"
        )
    }

    // MARK: Parts

    private enum Journalled {
        case none
        case pieces(ReadableRanges, Int64)
    }

    private static var suffix: String { DataFolder.stagingName("").description }

    private init(_ path: Path, _ size: Int64, _ journal: Journalled, shown: Path) {
        self.path = path
        self.size = size
        self.shown = shown
        switch journal {
        case .none: (readable, proven) = (.all, nil)
        case .pieces(let ranges, let bytes): (readable, proven) = (ranges, bytes)
        }
    }

    /// Nil if there is nothing; 0 if it cannot be read, and opening it says why.
    private static func size(_ path: Path) -> Int64? {
        do throws(DiskError) {
            return try FileDescriptor(path, .reading).size()
        } catch {
            return error.code == .notFound ? nil : 0
        }
    }

    private static func state(
        beside path: Path, _ arguments: Arguments, _ context: Context
    ) -> Path {
        arguments.state.map(context.resolve) ?? path.parent.appending(".imagenet-fetch")
    }

    /// The verified ranges of a partial file, from its journal.
    ///
    /// - Parameter isUnfinished: whether the file was found by its final name; then nothing counts
    ///   without a journal. Another program's file may be called `.part` too.
    private static func journal(
        of path: Path, isUnfinished: Bool, _ state: Path
    ) throws -> Journalled {
        guard path.hasSuffix(suffix), let name = path.lastComponent.string?.dropLast(suffix.count)
        else { return .none }
        let nothing: Journalled = isUnfinished ? .pieces(ReadableRanges([]), 0) : .none
        // The file is examined before the journal is read, so it holds all that the journal lists.
        let identity = try FileDescriptor(path, .reading).identity()
        let data = DataFolder(path.parent.parent, state: state)
        guard let journal = try data.journal(of: String(name)) else { return nothing }
        guard holds(journal, identity) else { return .pieces(ReadableRanges([]), 0) }
        let ranges = presentRanges(journal)
        let bytes = ranges.reduce(Int64(0)) { $0 + Int64($1.count) }
        return .pieces(ReadableRanges(ranges), bytes)
    }

    /// Whether a journal belongs to this file. A running download changes the times, so they count
    /// only after its end.
    private static func holds(_ journal: Journal, _ identity: FileIdentity) -> Bool {
        if journal.isClean { return journal.identity == identity }
        return journal.identity.fileSystem == identity.fileSystem
            && journal.identity.inode == identity.inode && journal.identity.size == identity.size
    }

    private static func presentRanges(_ journal: Journal) -> [Range<Int64>] {
        var ranges: [Range<Int64>] = []
        var start = journal.pieces.firstPresent()
        while start < journal.pieces.count {
            let end = journal.pieces.firstMissing(from: start)
            let last = end == journal.pieces.count ? journal.size : Int64(end) * journal.pieceLength
            ranges.append(Int64(start) * journal.pieceLength..<last)
            start = journal.pieces.firstPresent(from: end)
        }
        return ranges
    }
}
