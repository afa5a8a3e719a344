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
    /// Accepts a torrent that no manifest pins.
    static let trustTorrent = Flag(
        switch: "trust-torrent",
        help: "accept a torrent that no manifest pins",
        detail: """
            For a file that no manifest pins, accept a torrent with its name and size, and trust \
            its hashes. By default only torrents with a pinned infohash are accepted.
            """
    ) { $0.torrent.trustsUnpinned = $1 }
}

extension Command {
    static let torrentShow = Command(
        name: "torrent show",
        summary: "show what a .torrent file or a magnet link describes",
        detail: """
            Shows name, size, pieces, infohash and trackers of a .torrent file, and whether the \
            manifest pins it. FILE may also hold a magnet link, or be one: it has no pieces.
            """,
        positionals: [.init(name: "FILE|MAGNET", completion: .files)],
        examples: [
            Example("torrent show bt/ILSVRC2012_img_val.tar.torrent", "What this .torrent says."),
            Example(
                "torrent show --json bt/ILSVRC2012_img_val.tar.torrent", "The same for programs."),
        ],
        run: TorrentCommands.show)

    static let torrentAdd = Command(
        name: "torrent add",
        summary: "add a .torrent file that matches a pinned infohash",
        detail: """
            Adds a .torrent to the data folder, from a file or a URL. It must have the infohash \
            that the manifest pins for its file, and describe exactly that file. It is used from \
            then on.
            """,
        positionals: [.init(name: "FILE|URL", completion: .files)],
        flags: [.trustTorrent],
        examples: [
            Example(
                "torrent add Downloads/ILSVRC2012_img_val.tar.torrent",
                "Use this .torrent from now on.")
        ],
        run: TorrentCommands.add)
}

private enum TorrentCommands {
    static func show(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        guard let word = arguments.positionals.first else { return .usage }
        if let link = try MagnetLink(naming: word, context) {
            return try show(link, arguments, context)
        }
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
            ("private", metainfo.isPrivate ? "yes: peers come only from its trackers" : "no"),
            ("pinned", pin.map { "yes, by \(escaped($0.manifest.name))" } ?? "no"),
        ]
        lines += metainfo.trackers.joined().map { ("tracker", escaped($0)) }
        lines += metainfo.webSeeds.map { ("web seed", escaped($0) + " (not used)") }
        if let comment = metainfo.comment { lines.append(("comment", escaped(comment))) }
        if let createdBy = metainfo.createdBy { lines.append(("made by", escaped(createdBy))) }
        try write(lines, context)
        return .success
    }

    private static func show(
        _ link: MagnetLink, _ arguments: Arguments, _ context: Context
    ) throws -> ExitStatus {
        let pin = try arguments.pinning(link.infoHash, context)
        if arguments.isJSON {
            try context.console.result(
                .line(
                    schema: "imagenet-fetch.torrent/1",
                    [
                        "name": link.name.map { .string($0) },
                        "infoHash": .string(link.infoHash.hex),
                        "size": link.size.map { .int($0) },
                        "trackers": .array(link.trackers.map { .string($0) }),
                        "webSeeds": .array(link.webSeeds.map { .string($0) }),
                        "peers": .array(link.peers.map { .string($0) }),
                        "pinnedBy": pin.map { .string($0.manifest.name) },
                    ]))
            return .success
        }
        var lines = [("name", link.name.map { escaped($0) } ?? "not in the link")]
        lines.append(("infohash", link.infoHash.hex))
        lines.append(
            (
                "size",
                link.size.map { "\(Shown.count($0)) bytes (\(Shown.bytes($0)))" }
                    ?? "not in the link"
            ))
        lines.append(("pinned", pin.map { "yes, by \(escaped($0.manifest.name))" } ?? "no"))
        lines += link.trackers.map { ("tracker", escaped($0)) }
        lines += link.webSeeds.map { ("web seed", escaped($0) + " (not used)") }
        lines += link.peers.map { ("peer", escaped($0)) }
        try write(lines, context)
        return .success
    }

    private static func write(_ lines: [(String, String)], _ context: Context) throws {
        for (name, value) in lines {
            try context.console.result("\((name + ":").padded(to: 10)) \(value)")
        }
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
        let pin = try arguments.pinning(infoHash, context)
        if let pin {
            try metainfo.check(
                pinned: infoHash.bytes, name: pin.file.name, size: pin.file.size)
        } else if !arguments.torrent.trustsUnpinned {
            throw UnpinnedTorrent(metainfo, try arguments.chosenManifest(context))
        }
        let folder = arguments.folder(context)
        try folder.saveTorrent(bytes, infoHash)
        if arguments.isJSON {
            try context.console.result(json(metainfo, pin?.manifest.name))
        } else {
            try context.console.result("\(escaped(metainfo.name)): added")
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

extension MagnetLink {
    /// The link that the word is, or that the file of this name holds; nil for anything else.
    fileprivate init?(naming word: Word, _ context: Context) throws {
        let scheme = Array("magnet:".utf8)
        if word.bytes.starts(with: scheme) {
            try self.init(word.bytes, source: "the magnet link")
            return
        }
        if word.text?.contains("://") == true { return nil }
        let path = context.resolve(Path(bytes: word.bytes))
        let bytes = try FileDescriptor(path, .reading).bytes(upTo: MagnetLink.sizeLimit + 1)
        let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard bytes.drop(while: isBlank).starts(with: scheme) else { return nil }
        try self.init(bytes, source: path.description)
    }
}

/// A valid .torrent that nobody vouches for.
struct UnpinnedTorrent: Failure {
    let message: String
    let hint: Remedy?

    init(_ metainfo: Metainfo, _ manifest: Manifest) {
        let pinned = manifest.file(named: metainfo.name)?.torrent
        let why =
            pinned.map { "the pinned infohash of that file is \($0.hex)" }
            ?? "no manifest pins a file of that name"
        message =
            "refused the torrent \(metainfo.source): it has the infohash \(hexText(metainfo.infoHash)), "
            + "for \"\(escaped(metainfo.name))\" (\(why))"
        hint = pinned == nil ? "if you trust it, add --trust-torrent" : nil
    }
}
