import Archives
import DataFolder
import DatasetManifest
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

    /// Hands the members to `visit`, those of chosen classes alone.
    func walk(
        entersTars: Bool, _ classes: ListedClasses?, _ visit: (ArchiveMember) throws -> Void
    ) throws -> ListingOutcome {
        switch self {
        case .file(let archive):
            let walk = MemberWalk(entersTars: entersTars, readable: archive.readable)
            if let tars = try archive.classTars(classes) {
                return try ListingOutcome(walk, tars, of: archive, visit)
            }
            return try ListingOutcome(
                walk, classes, of: shown, { try $0.run(archive.path, $1) }, visit)
        case .remote(let file, let scouts):
            return try ListingOutcome(
                MemberWalk(entersTars: entersTars), classes, of: shown,
                { try $0.run(file, scouts: scouts, $1) }, visit)
        }
    }

    var isPartial: Bool {
        if case .file(let archive) = self { archive.isPartial } else { false }
    }

    /// Reports what is not listed of a partial file.
    func tellMissing(
        _ outcome: ListingOutcome, _ partial: Int64, _ arguments: Arguments, _ context: Context
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
    private let partial: PartialFile?
    /// Where the class tars of a partial file lie, as a hint.
    private let index: ClassIndex?

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
                try self.init(
                    candidate, size, partial?.journal == nil ? nil : partial, data, shown: named)
                return
            }
            let unfinished = candidate.parent.appending(
                DataFolder.stagingName("\(candidate.lastComponent)"))
            if let size = Self.size(unfinished) {
                let partial = try PartialFile(unfinished, in: data)
                try self.init(unfinished, size, partial, data, shown: named)
                return
            }
        }
        try self.init(path, 0, nil, data, shown: named)
    }

    var isPartial: Bool { proven != nil }

    /// Reports what is not listed of a partial file.
    func tellMissing(
        _ outcome: ListingOutcome, _ partial: Int64, _ arguments: Arguments, _ context: Context
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

    /// The class tars to list of a partial file: the chosen ones; without a choice all of the index
    /// if the beginning is missing, from where a walk would start. Nil for a walk.
    func classTars(_ classes: ListedClasses?) throws -> ClassTars? {
        guard let partial else { return nil }
        let start = Int64(0)..<min(size, ClassIndex.headerSize)
        var wanted = classes?.selection.wnids
        if wanted == nil, !readable.contains(start) { wanted = index?.entries.map(\.wnid) }
        return try wanted.map { wnids in
            try ClassTars(wnids, in: path, readable: partial.verified, index: index)
        }
    }

    // MARK: Parts

    private init(
        _ path: Path, _ size: Int64, _ partial: PartialFile?, _ data: DataFolder, shown: Path
    ) throws {
        self.path = path
        self.partial = partial
        index = try partial.flatMap { try data.classIndexes.load($0.fileName, size: $0.size) }
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
