import Disk
import TorrentFetch

/// The options of `fetch`, and of what fetches on its way.
struct FetchArguments: Sendable, Equatable {
    var sources = FetchOptions.Sources.auto
    var maxPeers: Int64 = 256
    var seedMinutes: Int64 = 0
    var peers: [String] = []
    var ports: String?
    var usesDHT = true
    var usesLSD = false
    var mirrors: [String] = []
    var connections: Int64?
    var stallTimeout: Duration = .seconds(60)
    var maxDownload: Int64 = 0
    var maxUpload: Int64 = 0
    var headers: [String] = []
    var usesNetrc = false
    var credentials: Path?
    var allowsInsecureHTTP = false
    var reserve: Int64 = 1 << 30
    /// What an exporter that fetches makes of the files, at the most.
    var furtherBytes: Int64 = 0
    var isDryRun = false
    var acceptsTerms = false
    var allowsUnverified = false
}

extension Flag {
    /// The options of everything that fetches.
    static let fetching: [Flag] = [
        Flag(
            "sources", .choice as ValueKind<FetchOptions.Sources>,
            help: "where from (auto)",
            detail: """
                Where the bytes may come from. auto: the swarm first; mirrors join when it stalls \
                or is slower than they are. both: together from the start. swarm: no HTTP for \
                payload. mirrors: no torrent port is opened at all. It is auto if not said.
                """
        ) { $0.fetch.sources = $1 },
        Flag(
            "max-peers", .count("N", atLeast: 2),
            help: "connections to peers, at the most (256)",
            detail: "Connect to this many peers at the most (256 if not said), and never to more."
        ) { $0.fetch.maxPeers = $1 },
        Flag(
            "seed-time", .count("MINUTES"),
            help: "give back for so many minutes (0)",
            detail: """
                Go on giving for this many minutes after a file is whole, before the next file \
                begins. Usually the swarm is left the moment that it is.
                """
        ) { $0.fetch.seedMinutes = $1 },
        Flag(
            "peer", .text("HOST:PORT"), isRepeatable: true,
            help: "a peer to connect to",
            detail: "Connect to this peer too. May be given again."
        ) { $0.fetch.peers.append($1) },
        Flag(
            "port", .text("N[-M]"),
            help: "the ports to listen on (any)",
            detail: """
                Take connections of peers on this port, or on the first free one of a range. \
                Without it the system chooses one.
                """
        ) { $0.fetch.ports = $1 },
        Flag(
            switch: "dht", negated: "no-dht",
            help: "find peers without a tracker (yes)",
            detail: "Find peers through the distributed hash table of BitTorrent; --no-dht: do not."
        ) { $0.fetch.usesDHT = $1 },
        Flag(
            switch: "lsd", negated: "no-lsd",
            help: "find peers in the local network",
            detail: "Look for peers in the local network by multicast."
        ) { $0.fetch.usesLSD = $1 },
        Flag(
            "mirror", .url("URL|FOLDER"), isRepeatable: true,
            help: "another place to get the files from",
            detail: """
                Take the files from this URL or folder too, before the manifest's mirrors. With a \
                slash at its end it is the folder of the file, else the file itself. May be given \
                again.
                """
        ) { $0.fetch.mirrors.append($1) },
        Flag(
            "connections", .count("N", atLeast: 1, atMost: 64),
            help: "connections to a mirror (4)",
            detail: """
                Keep this many connections to each mirror, 64 at the most. Without it four, and two \
                to image-net.org.
                """
        ) { $0.fetch.connections = $1 },
        Flag(
            "stall-timeout", .duration,
            help: "how long no progress may be made (60s)",
            detail: """
                Give up when a file has made no progress for this long; 60s if not said. Other \
                sources are tried long before. Less than 4 KiB/s is no progress, nor is a rate at \
                which the whole file would take more than a month.
                """
        ) { $0.fetch.stallTimeout = $1 },
        Flag(
            "max-download", .rate,
            help: "bytes a second to take, at the most",
            detail: "Take this many bytes a second at the most, from all sources together."
        ) { $0.fetch.maxDownload = $1 },
        Flag(
            "max-upload", .rate,
            help: "bytes a second to give, at the most",
            detail: "Give this many bytes a second to peers at the most."
        ) { $0.fetch.maxUpload = $1 },
        Flag(
            "header", .text("'NAME: VALUE'"), isRepeatable: true,
            help: "a header for the mirrors",
            detail: "Send this header with every request to a mirror. May be given again."
        ) { $0.fetch.headers.append($1) },
        Flag(
            switch: "netrc", negated: "no-netrc",
            help: "take names and passwords from ~/.netrc",
            detail: "Take the mirrors' user names and passwords from ~/.netrc, as curl does."
        ) { $0.fetch.usesNetrc = $1 },
        Flag(
            "credentials", .file(),
            help: "a file with ImageNet's user name and key",
            detail: """
                Take ImageNet's user name and access key from this file, a line each, which nobody \
                else may read (mode 0600). They are sent to image-net.org only and never shown. \
                Without it they come from IMAGENET_USERNAME and IMAGENET_ACCESS_KEY.
                """
        ) { $0.fetch.credentials = $1 },
        Flag(
            switch: "insecure-http",
            help: "allow http beyond this machine",
            detail: "Allow mirrors with plain http, which anybody on the way can read and change."
        ) { $0.fetch.allowsInsecureHTTP = $1 },
        Flag(
            "reserve", .size,
            help: "space to leave free (1GiB)",
            detail: "Leave this much space free on the disk; 1GiB if not said."
        ) { $0.fetch.reserve = $1 },
        Flag(
            switch: "accept-terms",
            help: "the data set's terms are accepted",
            detail: """
                Say that the terms of the data set are known and accepted; -y implies it. They are \
                named once for a data folder.
                """
        ) { $0.fetch.acceptsTerms = $1 },
        Flag(
            switch: "allow-unverified",
            help: "take files that nobody has a digest of",
            detail: """
                Take files for which the manifest has neither digest nor torrent: the first copy is \
                trusted, and later ones are held against it.
                """
        ) { $0.fetch.allowsUnverified = $1 },
        trustTorrent,
    ]
}
