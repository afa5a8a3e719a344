import Disk
import TorrentFetch

/// The options of `fetch`, and of what fetches on its way.
struct FetchArguments: Sendable {
    /// What is as it was said, and the defaults of all the rest.
    var options = FetchOptions()
    // What means something only together with the folder, the network or the files of a run.
    var mirrors: [String] = []
    var peers: [String] = []
    var ports: String?
    var headers: [String] = []
    var credentials: Path?
    var isDryRun = false
    var acceptsTerms = false
}

extension Flag {
    private static let usual = FetchOptions()

    /// The options of everything that fetches.
    static let fetching: [Flag] = [
        Flag(
            "sources", .choice as ValueKind<FetchOptions.Sources>,
            help: "where from (\(usual.sources.rawValue))",
            detail: """
                Where the bytes may come from. auto: the swarm first; mirrors join when it stalls \
                or is slower than they are. both: together from the start. swarm: no HTTP for \
                payload. mirrors: no torrent port is opened at all. It is \
                \(usual.sources.rawValue) if not said.
                """
        ) { $0.fetch.options.sources = $1 },
        Flag(
            "max-peers", .count("N", atLeast: 2),
            help: "connections to peers, at the most (\(usual.maxPeers))",
            detail: """
                Connect to this many peers at the most (\(usual.maxPeers) if not said), and never to \
                more.
                """
        ) { $0.fetch.options.maxPeers = Int(clamping: $1) },
        Flag(
            "seed-time", .count("MINUTES"),
            help: "give back for so many minutes (0)",
            detail: """
                Go on giving for this many minutes after a file is whole, before the next file \
                begins. Usually the swarm is left the moment that it is.
                """
        ) { $0.fetch.options.seedTime = .seconds(60 * min($1, 1 << 40)) },
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
        ) { $0.fetch.options.usesDHT = $1 },
        Flag(
            switch: "lsd", negated: "no-lsd",
            help: "find peers in the local network",
            detail: "Look for peers in the local network by multicast."
        ) { $0.fetch.options.usesLSD = $1 },
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
            "connections",
            .count("N", atLeast: 1, atMost: Int64(MirrorOptions.mostConnections)),
            help: "connections to a mirror (\(MirrorOptions.usualConnections))",
            detail: """
                Keep this many connections to each mirror, \(MirrorOptions.mostConnections) at the \
                most. Without it \(MirrorOptions.usualConnections), and \
                \(MirrorOptions.connectionsToImageNet) to image-net.org.
                """
        ) { $0.fetch.options.mirrorOptions.connections = Int(clamping: $1) },
        Flag(
            "stall-timeout", .duration,
            help: "how long no progress may be made (\(stallTimeout))",
            detail: """
                Give up when a file has made no progress for this long; \(stallTimeout) if not said. \
                Other sources are tried long before. Less than \
                \(FetchOptions.leastRate >> 10) KiB/s is no progress, nor is a rate at which the whole \
                file would take more than a month.
                """
        ) { $0.fetch.options.stallTimeout = $1 },
        Flag(
            "max-download", .rate,
            help: "bytes a second to take, at the most",
            detail: "Take this many bytes a second at the most, from all sources together."
        ) { $0.fetch.options.maxDownload = $1 },
        Flag(
            "max-upload", .rate,
            help: "bytes a second to give, at the most",
            detail: "Give this many bytes a second to peers at the most."
        ) { $0.fetch.options.maxUpload = $1 },
        Flag(
            "header", .text("'NAME: VALUE'"), isRepeatable: true,
            help: "a header for the mirrors",
            detail: "Send this header with every request to a mirror. May be given again."
        ) { $0.fetch.headers.append($1) },
        Flag(
            switch: "netrc", negated: "no-netrc",
            help: "take names and passwords from ~/.netrc",
            detail: "Take the mirrors' user names and passwords from ~/.netrc, as curl does."
        ) { $0.fetch.options.mirrorOptions.usesNetrc = $1 },
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
        ) { $0.fetch.options.mirrorOptions.allowsInsecureHTTP = $1 },
        Flag(
            "reserve", .size,
            help: "space to leave free (\(reserve))",
            detail: "Leave this much space free on the disk; \(reserve) if not said."
        ) { $0.fetch.options.reserve = $1 },
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
        ) { $0.fetch.options.allowsUnverified = $1 },
        trustTorrent,
    ]

    /// As they would be typed.
    private static var stallTimeout: String { "\(usual.stallTimeout.components.seconds)s" }
    private static var reserve: String { "\(usual.reserve >> 30)GiB" }
}
