import Disk
import TorrentFetch

/// The options of `fetch` and of other commands that download.
struct FetchArguments: Sendable {
    /// Settings that need nothing else, with all defaults.
    var options = FetchOptions()
    // Settings that are resolved with the folder, the network or files of a run.
    var mirrors: [String] = []
    var peers: [String] = []
    var ports: String?
    var headers: [String] = []
    var credentials: Path?
    var classIndex: Path?
    var isDryRun = false
    var timeLimit: Duration?
    var members: [Path] = []
    var acceptsTerms = false
}

extension Flag {
    private static let usual = FetchOptions()

    /// The options of everything that downloads.
    static let fetching: [Flag] = [
        Flag(
            "sources", .choice as ValueKind<FetchOptions.Sources>,
            help: "where to download from (\(usual.sources.rawValue))",
            detail: """
                Where to download from. auto: the swarm first; mirrors join when it stalls or is \
                slower than they are. both: swarm and mirrors together from the start. swarm: no \
                HTTP for payload. mirrors: no torrent port is opened. Default: \
                \(usual.sources.rawValue).
                """
        ) { $0.fetch.options.sources = $1 },
        Flag(
            "max-peers", .count("N", atLeast: 2),
            help: "maximum number of peers (\(usual.maxPeers))",
            detail: "Connect to at most this many peers. Default: \(usual.maxPeers)."
        ) { $0.fetch.options.maxPeers = Int(clamping: $1) },
        Flag(
            "seed-time", .count("MINUTES"),
            help: "minutes to seed after each file (0)",
            detail: """
                Keep seeding for this many minutes after each file is complete, before the next \
                file begins. By default the swarm is left at once.
                """
        ) { $0.fetch.options.seedTime = .seconds(60 * min($1, 1 << 40)) },
        Flag(
            "peer", .text("HOST:PORT"), isRepeatable: true,
            help: "a peer to connect to",
            detail: "Connect to this peer too. May be repeated."
        ) { $0.fetch.peers.append($1) },
        Flag(
            "port", .text("N[-M]"),
            help: "the ports to listen on (any)",
            detail: """
                Accept peers on this port, or on the first free port of a range. Default: any free \
                port.
                """
        ) { $0.fetch.ports = $1 },
        Flag(
            switch: "dht", negated: "no-dht",
            help: "find peers without a tracker (yes)",
            detail: "Find peers through BitTorrent's distributed hash table; --no-dht turns it off."
        ) { $0.fetch.options.usesDHT = $1 },
        Flag(
            switch: "lsd", negated: "no-lsd",
            help: "find peers in the local network",
            detail: "Find peers in the local network by multicast."
        ) { $0.fetch.options.usesLSD = $1 },
        Flag(
            switch: "lab", negated: "no-lab",
            help: "share one download among the machines of the local network",
            detail: """
                Start the same command with this option on all machines of a local network: one of \
                them downloads from outside, and all others from it and from each other. If it \
                fails, another one continues. Implies --lsd. A machine that is done gives to its \
                neighbours until they are done too. Peers with a private address count as neighbours.
                """
        ) { $0.fetch.options.isLab = $1 },
        Flag(
            "mirror", .url("URL|FOLDER"), isRepeatable: true,
            help: "another mirror: a URL or a folder",
            detail: """
                Download from this URL or folder too, before the manifest's mirrors. A URL that \
                does not end in the name of a file is the folder that holds it. In a folder on \
                this machine the file may also lie in tar/. May be repeated.
                """
        ) { $0.fetch.mirrors.append($1) },
        .connections,
        .stallTimeout,
        Flag(
            "max-download", .rate,
            help: "maximum download rate, per second",
            detail: "Download at most this many bytes per second, from all sources together."
        ) { $0.fetch.options.maxDownload = $1 },
        Flag(
            "max-upload", .rate,
            help: "maximum upload rate, per second",
            detail: "Upload at most this many bytes per second to peers."
        ) { $0.fetch.options.maxUpload = $1 },
        .header,
        .netrc,
        .credentials,
        .insecureHTTP,
        Flag(
            "reserve", .size,
            help: "disk space to leave free (\(reserve))",
            detail: "Leave this much disk space free. Default: \(reserve)."
        ) { $0.fetch.options.reserve = $1 },
        Flag(
            switch: "accept-terms",
            help: "accept the data set's terms",
            detail: """
                Accept the terms of the data set; -y implies it. The terms are shown once per data \
                folder.
                """
        ) { $0.fetch.acceptsTerms = $1 },
        Flag(
            switch: "allow-unverified",
            help: "download files that have no known digest",
            detail: """
                Download files for which the manifest has neither a digest nor a torrent. The \
                first copy is trusted, and later copies are compared with it.
                """
        ) { $0.fetch.options.allowsUnverified = $1 },
        trustTorrent,
    ]

    /// How to ask who has a file, without the rest of a download.
    static let surveying: [Flag] = fetching.filter { flag in
        [
            "peer", "port", "dht", "lsd", "mirror", "stall-timeout", "header", "netrc",
            "credentials", "insecure-http", "allow-unverified",
        ].contains(flag.long)
    }

    /// How to take part in a swarm without downloading.
    static let seeding: [Flag] = fetching.filter { flag in
        ["max-peers", "max-upload", "peer", "port", "dht", "lsd"].contains(flag.long)
    }

    /// How to ask a web server, without the rest of a download.
    static let asking: [Flag] = [
        .connections, .stallTimeout, .header, .netrc, .credentials, .insecureHTTP,
    ]

    private static let connections = Flag(
        "connections",
        .count("N", atLeast: 1, atMost: Int64(MirrorOptions.mostConnections)),
        help: "connections to each mirror (\(MirrorOptions.usualConnections))",
        detail: """
            Open this many connections to each mirror, at most \
            \(MirrorOptions.mostConnections). Default: \(MirrorOptions.usualConnections), and \
            \(MirrorOptions.connectionsToImageNet) to image-net.org.
            """
    ) { $0.fetch.options.mirrorOptions.connections = Int(clamping: $1) }
    private static let stallTimeout = Flag(
        "stall-timeout", .duration,
        help: "give up after this long without progress (\(usualTimeout))",
        detail: """
            Give up when a file has made no progress for this long. Default: \(usualTimeout). \
            Other sources are tried long before that. A rate below \
            \(FetchOptions.leastRate >> 10) KiB/s is not progress, nor is one at which the \
            whole file would take more than a month.
            """
    ) { $0.fetch.options.stallTimeout = $1 }
    private static let header = Flag(
        "header", .text("'NAME: VALUE'"), isRepeatable: true,
        help: "an extra HTTP header for mirrors",
        detail: "Send this header with every request to a mirror. May be repeated."
    ) { $0.fetch.headers.append($1) }
    private static let netrc = Flag(
        switch: "netrc", negated: "no-netrc",
        help: "read logins from ~/.netrc",
        detail: "Read the mirrors' user names and passwords from ~/.netrc, as curl does."
    ) { $0.fetch.options.mirrorOptions.usesNetrc = $1 }
    private static let credentials = Flag(
        "credentials", .file(),
        help: "a file with your ImageNet user name and key",
        detail: """
            Read your ImageNet user name and access key from this file, one per line. Nobody \
            else may have access to it (mode 0600). They are sent to image-net.org only and \
            never shown. Default: the variables IMAGENET_USERNAME and IMAGENET_ACCESS_KEY.
            """
    ) { $0.fetch.credentials = $1 }
    private static let insecureHTTP = Flag(
        switch: "insecure-http",
        help: "allow plain http beyond this machine",
        detail: """
            Allow mirrors with plain http, which anyone on the network can read and change.
            """
    ) { $0.fetch.options.mirrorOptions.allowsInsecureHTTP = $1 }

    /// Spelled as on the command line.
    private static var usualTimeout: String { "\(usual.stallTimeout.components.seconds)s" }
    private static var reserve: String { "\(usual.reserve >> 30)GiB" }
}
