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
            Accept a torrent for a file that no manifest pins: its own hashes are trusted then. \
            Without it only torrents with a pinned infohash are accepted.
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
        run: { (_, _) in throw InternalError(message: "torrents cannot be shown yet") })

    static let torrentAdd = Command(
        name: "torrent add",
        summary: "take a .torrent in, checked against the pin",
        detail: """
            Takes a .torrent into the data folder, from a file or a URL. It must hash to the \
            infohash that the manifest pins for its file, and describe exactly that file.
            """,
        positionals: [.init(name: "FILE|URL", completion: .files)],
        flags: [.trustTorrent],
        examples: [
            Example(
                line: "imagenet-fetch torrent add Downloads/ILSVRC2012_img_val.tar.torrent",
                what: "Use this .torrent from now on.")
        ],
        run: { (_, _) in throw InternalError(message: "torrents cannot be taken in yet") })
}
