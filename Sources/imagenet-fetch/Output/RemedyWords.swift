import Disk

// The one place where a library's setting or task becomes a flag or command.

extension Remedy {
    /// - Parameter options: the options of this run that every command line repeats.
    func words(_ options: String) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .setting(let setting, let value):
                setting.flag + (value.map { " " + $0 } ?? "")
            case .run(let task, let words):
                "`\(Version.name) \(task.command)\(options)"
                    + words.map { " " + $0.spelling }.joined() + "`"
            case .shell(let words):
                "`" + words.map(\.spelling).joined(separator: " ") + "`"
            }
        }.joined()
    }
}

extension Remedy.Word {
    fileprivate var spelling: String {
        switch self {
        case .path(let path): path.quoted
        case .only(let names):
            if names.count == 1, ["train", "val", "test"].contains(names[0]) {
                "--only-\(names[0])"
            } else {
                Remedy.Setting.selection.flag + " "
                    + names.map { Path($0).quoted }.joined(separator: ",")
            }
        case .classes(let wnids):
            Remedy.Setting.classes.flag + " " + wnids.joined(separator: ",")
        case .set(let setting): setting.flag
        }
    }
}

extension Remedy.ShellWord {
    fileprivate var spelling: String {
        switch self {
        case .plain(let word): word
        case .path(let path, let then): path.quoted + then
        }
    }
}

extension Remedy.Setting {
    var flag: String {
        switch self {
        case .allowUnverified: "--allow-unverified"
        case .auxFolder: "--aux-dir"
        case .classes: "--classes"
        case .credentials: "--credentials"
        case .dataFolder: "--data"
        case .decode: "--decode"
        case .fetchFirst: "--fetch"
        case .force: "--force"
        case .header: "--header"
        case .images: "--images"
        case .inputFolder: "--input-dir"
        case .insecureHTTP: "--insecure-http"
        case .labels: "--val-labels"
        case .labelSpace: "--label-space"
        case .manifest: "--manifest"
        case .maxSize: "--max-size"
        case .mirror: "--mirror"
        case .netrc: "--netrc"
        case .onlyTrain: "--only-train"
        case .onlyVal: "--only-val"
        case .outputFolder: "--output-dir"
        case .peer: "--peer"
        case .rows: "--rows"
        case .selection: "--only"
        case .sizeLimit: "--size-limit"
        case .slice: "--slice"
        case .sources: "--sources"
        case .stateFolder: "--state"
        case .torrentFolder: "--torrent-dir"
        }
    }
}

extension Remedy.Task {
    var command: String {
        switch self {
        case .listTars: "list --no-nested"
        case .mdsReindex: "mds reindex"
        case .mdsVerify: "mds verify"
        case .mergeTest: "merge-test"
        case .submissionWrite: "submission write"
        case .torrentAdd: "torrent add"
        case .untarFlat: "untar --flat"
        case .check, .fetch, .labels, .repair, .tfrecord, .untar, .verify, .webdataset: rawValue
        }
    }
}

extension Path {
    /// Quoted for a shell, and safe for a terminal.
    var quoted: String {
        // It would be read as an option.
        if bytes.first == UInt8(ascii: "-") { return Path("./").appending(self).quoted }
        if bytes.isEmpty { return "''" }
        if bytes.allSatisfy(Self.isPlain) { return String(decoding: bytes, as: UTF8.self) }
        // Nothing in it does anything to a terminal.
        if let string, escaped(string) == string.replacing("\\", with: "\\\\") {
            return shellQuoted(string)
        }
        return "$'" + bytes.map(Self.inDollarQuotes).joined() + "'"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "/._-+=:,@%".utf8.contains(byte)
        }
    }

    private static func inDollarQuotes(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
        case 0x20..<0x7F: String(UnicodeScalar(byte))
        // Three digits, so that a digit after it stays one.
        default:
            "\\" + [byte >> 6, byte >> 3 & 7, byte & 7].map { "\($0)" }.joined()
        }
    }
}

func shellQuoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

extension Arguments {
    /// The options of this run that name the data set and its place.
    var optionsOfHints: String {
        var parts: [String] = []
        func add(_ setting: Remedy.Setting, _ path: Path?) {
            if let path { parts.append(" \(setting.flag) \(path.quoted)") }
        }
        add(.manifest, manifest)
        if let dataset { parts.append(" --dataset \(escaped(dataset))") }
        add(.dataFolder, data)
        add(.stateFolder, state)
        add(.torrentFolder, torrentFolder)
        return parts.joined()
    }
}
