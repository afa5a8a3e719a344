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
        var candidates = [(path, Self.data(beside: path, arguments, context))]
        if !named.isAbsolute, named.components.count == 1, let name = named.string {
            candidates.append((data.archive(name), data))
        }
        for (candidate, data) in candidates {
            if let size = Self.size(candidate) {
                // Another program's file may be called `.part` too, and has no journal.
                let partial = try PartialFile(candidate, in: data)
                self.init(
                    candidate, size, partial?.journal == nil ? nil : partial, shown: named)
                return
            }
            let unfinished = candidate.parent.appending(
                DataFolder.stagingName("\(candidate.lastComponent)"))
            if let size = Self.size(unfinished) {
                let partial = try PartialFile(unfinished, in: data)
                self.init(unfinished, size, partial, shown: named)
                return
            }
        }
        self.init(path, 0, nil, shown: named)
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

    private init(_ path: Path, _ size: Int64, _ partial: PartialFile?, shown: Path) {
        self.path = path
        self.size = partial?.size ?? size
        self.shown = shown
        readable = partial.map { ReadableRanges($0.verified) } ?? .all
        proven = partial.map { $0.verified.reduce(0) { $0 + Int64($1.count) } }
    }

    /// Nil if there is nothing; 0 if it cannot be read, and opening it says why.
    private static func size(_ path: Path) -> Int64? {
        do throws(DiskError) {
            return try FileDescriptor(path, .reading).size()
        } catch {
            return error.code == .notFound ? nil : 0
        }
    }

    private static func data(
        beside path: Path, _ arguments: Arguments, _ context: Context
    ) -> DataFolder {
        DataFolder(
            path.parent.parent,
            state: arguments.state.map(context.resolve)
                ?? path.parent.appending(DataFolder.stateName))
    }
}
