/// The parts of help and man page that come from no table.
enum Wording {
    static let oneLine = "ImageNet from nothing to training-ready, every byte verified"
    static let description = """
        Downloads the data sets of the ImageNet challenge, verifies every byte, and makes what \
        training needs. Everything is kept in one data folder, and every command can be run again: \
        work that is done and verified is not repeated.

        Results go to standard output; progress, notes and errors go to standard error. Options \
        may appear anywhere; -- ends them.

        SIZE and RATE are numbers with K M G T or KiB MiB GiB TiB (1024) or KB MB GB TB (1000); a \
        RATE is per second. DURATION is a number with s, m, h or d; a bare number is seconds.
        """
    static let files: [(path: String, what: String)] = [
        ("$XDG_CONFIG_HOME/imagenet-fetch/config", "Your own options, one per line."),
        ("~/.config/imagenet-fetch/config", "The same, if XDG_CONFIG_HOME is not set."),
        ("/etc/imagenet-fetch.conf", "Options for all users of this machine."),
        ("data/tar", "The archives, in the data folder."),
    ]
    static let environment: [(name: String, what: String)] = [
        (
            "HTTPS_PROXY, ALL_PROXY, NO_PROXY",
            "Proxies for mirrors, as for curl; also in lower case, and http_proxy only in lower case."
        ),
        (
            "IMAGENET_USERNAME, IMAGENET_ACCESS_KEY",
            "User name and access key for image-net.org, instead of --credentials."
        ),
        ("NO_COLOR", "If set and not empty: no colours."),
        ("SSL_CERT_FILE", "The certificates that TLS trusts; by default those of the system."),
        ("TERM", "Progress is redrawn on one line unless TERM is dumb or not set."),
        ("XDG_CONFIG_HOME", "The folder of the config file."),
    ]
}

extension CommandTable {
    /// The environment variables: those that can replace options first.
    var variables: [(name: String, what: String)] {
        (Flag.common + shown.flatMap(\.flags)).compactMap { flag in
            flag.variable.map { ($0, "The same as --\(flag.long).") }
        } + Wording.environment
    }
}

/// Text wrapped to `width` columns; paragraphs stay separated by an empty line.
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
