import Checksums
import DataFolder
import DatasetManifest
import Disk
import TorrentFetch

/// The options of `torrent add`.
struct TorrentArguments: Sendable, Equatable {
    var trustsUnpinned = false
}

extension Flag {
    /// A torrent that no manifest pins.
    static let trustTorrent = Flag(
        switch: "trust-torrent",
        help: "accept a torrent that no manifest pins",
        detail: """
            Accept a torrent of the file's name and size for a file that no manifest pins: its own \
            hashes are trusted then. Without it only torrents with a pinned infohash are accepted.
            """
    ) { $0.torrent.trustsUnpinned = $1 }
}

extension Command {
    static let torrentShow = Command(
        name: "torrent show",
        summary: "what a .torrent says",
        detail: """
            Shows what a .torrent file describes: name, size, pieces, infohash, trackers, and \
            whether it is the one that the manifest pins.
            """,
        positionals: [.init(name: "FILE", completion: .files)],
        examples: [
            Example(
                line: "imagenet-fetch torrent show bt/ILSVRC2012_img_val.tar.torrent",
                what: "What this .torrent says."),
            Example(
                line: "imagenet-fetch torrent show --json bt/ILSVRC2012_img_val.tar.torrent",
                what: "The same for programs."),
        ],
        run: TorrentCommands.show)

    static let torrentAdd = Command(
        name: "torrent add",
        summary: "take a .torrent in, checked against the pin",
        detail: """
            Takes a .torrent into the data folder, from a file or a URL. It must hash to the \
            infohash that the manifest pins for its file, and describe exactly that file. It is \
            used from then on.
            """,
        positionals: [.init(name: "FILE|URL", completion: .files)],
        flags: [.trustTorrent],
        examples: [
            Example(
                line: "imagenet-fetch torrent add Downloads/ILSVRC2012_img_val.tar.torrent",
                what: "Use this .torrent from now on.")
        ],
        run: TorrentCommands.add)
}

private enum TorrentCommands {
    static func show(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        guard let word = arguments.positionals.first else { return .usage }
        let (metainfo, _) = try read(word, context)
        let infoHash = InfoHash(metainfo.infoHash)
        let pin = try infoHash.flatMap { try arguments.pinning($0, context) }
        if arguments.isJSON {
            try context.console.result(json(metainfo, pin?.manifest.name))
            return .success
        }
        var lines: [(String, String)] = [
            ("name", escaped(metainfo.name)),
            ("infohash", hexText(metainfo.infoHash)),
            ("size", "\(Shown.count(metainfo.size)) bytes (\(Shown.bytes(metainfo.size)))"),
            (
                "pieces",
                "\(Shown.count(Int64(metainfo.pieceCount))) of "
                    + Shown.bytes(Int64(metainfo.pieceLength))
            ),
            ("private", metainfo.isPrivate ? "yes: peers come from its trackers alone" : "no"),
            ("pinned", pin.map { "yes, by \(escaped($0.manifest.name))" } ?? "no"),
        ]
        lines += metainfo.trackers.joined().map { ("tracker", escaped($0)) }
        lines += metainfo.webSeeds.map { ("web seed", escaped($0) + " (not used)") }
        if let comment = metainfo.comment { lines.append(("comment", escaped(comment))) }
        if let createdBy = metainfo.createdBy { lines.append(("made by", escaped(createdBy))) }
        for (name, value) in lines {
            try context.console.result("\((name + ":").padded(to: 10)) \(value)")
        }
        return .success
    }

    private static func json(_ metainfo: Metainfo, _ pinnedBy: String?) -> JSON {
        .line(
            schema: "imagenet-fetch.torrent/1",
            [
                "name": .string(metainfo.name), "infoHash": .string(hexText(metainfo.infoHash)),
                "size": .int(metainfo.size), "pieceLength": .int(Int64(metainfo.pieceLength)),
                "pieces": .int(Int64(metainfo.pieceCount)), "private": .bool(metainfo.isPrivate),
                "trackers": .array(metainfo.trackers.joined().map { .string($0) }),
                "webSeeds": .array(metainfo.webSeeds.map { .string($0) }),
                "comment": metainfo.comment.map { .string($0) },
                "createdBy": metainfo.createdBy.map { .string($0) },
                "creationDate": metainfo.creationDate.map { .int($0) },
                "pinnedBy": pinnedBy.map { .string($0) },
            ])
    }

    static func add(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        guard let word = arguments.positionals.first else { return .usage }
        let (metainfo, bytes) = try read(word, context)
        guard let infoHash = InfoHash(metainfo.infoHash) else { return .internalError }
        if let pin = try arguments.pinning(infoHash, context) {
            try metainfo.check(
                pinned: infoHash.bytes, name: pin.file.name, size: pin.file.size)
        } else if !arguments.torrent.trustsUnpinned {
            throw UnpinnedTorrent(metainfo, try arguments.chosenManifest(context))
        }
        let folder = arguments.folder(context)
        try folder.saveTorrent(bytes, infoHash)
        if arguments.isJSON {
            let pin = try arguments.pinning(infoHash, context)
            try context.console.result(json(metainfo, pin?.manifest.name))
        } else {
            try context.console.result("\(escaped(metainfo.name)): taken in")
        }
        return .success
    }

    private static func read(
        _ word: Word, _ context: Context
    ) throws -> (Metainfo, [UInt8]) {
        if let url = word.text, url.contains("://") {
            let bytes = try TorrentDownload.bytes(
                from: url, certificates: Certificates.named(in: context))
            return (try Metainfo(bytes, source: Path(url)), bytes)
        }
        let path = context.resolve(Path(bytes: word.bytes))
        let bytes = try FileDescriptor(path, .reading)
            .contents(limit: Metainfo.maximumByteCount + 1)
        return (try Metainfo(bytes, source: path), bytes)
    }
}

/// A .torrent that is sound and that nobody vouches for.
struct UnpinnedTorrent: Failure {
    let message: String
    let hint: Remedy?

    init(_ metainfo: Metainfo, _ manifest: Manifest) {
        let pinned = manifest.file(named: metainfo.name)?.torrent
        let why =
            pinned.map { "the pinned infohash of that file is \($0.hex)" }
            ?? "no manifest pins a file of that name"
        message =
            "refused the torrent \(metainfo.source): it is \(hexText(metainfo.infoHash)) of "
            + "\"\(escaped(metainfo.name))\" (\(why))"
        hint = pinned == nil ? "if you know it to be right: --trust-torrent" : nil
    }
}
