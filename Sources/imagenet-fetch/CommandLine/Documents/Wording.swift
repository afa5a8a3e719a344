/// What help and man page say beside the tables.
enum Wording {
    static let oneLine = "ImageNet from nothing to training-ready, every byte proven"
    static let description = """
        Gets the ImageNet challenge's data sets, proves every byte of them, and makes what training \
        needs. Everything lies below one data folder, and everything can be run again: what is done \
        and proven is not done twice.

        Results go to standard output; progress, notes and errors to standard error. Options may \
        stand anywhere; -- ends them.

        SIZE and RATE are numbers with K M G T or KiB MiB GiB TiB (1024) or KB MB GB TB (1000); a \
        RATE is a second's. DURATION is a number with s, m, h or d.
        """
    static let files: [(path: String, what: String)] = [
        ("$XDG_CONFIG_HOME/imagenet-fetch/config", "Options of your own, an option a line."),
        (
            "~/.config/imagenet-fetch/config",
            "The same, where XDG_CONFIG_HOME is not set."
        ),
        ("/etc/imagenet-fetch.conf", "Options for everybody on this machine."),
        ("data/tar", "The archives, below the data folder."),
    ]
    static let environment: [(name: String, what: String)] = [
        (
            "HTTPS_PROXY, ALL_PROXY, NO_PROXY",
            "Proxies for mirrors, as curl takes them; also in small letters, and http_proxy only so."
        ),
        (
            "IMAGENET_USERNAME, IMAGENET_ACCESS_KEY",
            "What --credentials would say, for image-net.org only."
        ),
        (
            "NO_COLOR",
            "Set to anything but nothing: no colours."
        ),
        (
            "SSL_CERT_FILE",
            "The certificates that TLS trusts; otherwise those of the system, wherever it has them."
        ),
        ("TERM", "Progress is redrawn unless it is dumb or not set."),
        ("XDG_CONFIG_HOME", "Where the config file is looked for."),
    ]
}

extension CommandTable {
    /// The variables that stand in for options.
    var variables: [(name: String, what: String)] {
        (Flag.common + shown.flatMap(\.flags)).compactMap { flag in
            flag.variable.map { ($0, "Stands in for --\(flag.long).") }
        }
    }
}

/// Text in lines of at most `width` columns; paragraphs keep an empty line between them.
func wrapped(_ text: String, to width: Int, indent: Int = 0) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
        var line = ""
        for word in paragraph.split(separator: " ") {
            if !line.isEmpty, indent + line.columns + 1 + String(word).columns > width {
                lines.append(margin + line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        lines.append(line.isEmpty ? "" : margin + line)
    }
    return lines.joined(separator: "\n")
}
